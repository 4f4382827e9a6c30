//! What detection costs a byte of text that holds no candidate, look-alikes, or keys, and what the shape of one costs.
//!
//! Takes nothing but what it generates, prints times and throughput: `cargo bench --bench detect`. Reading files and
//! packs is not in these figures; `benches/history.rs` and `benches/compare.sh` are for that.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use leeward::detect::runs::{Class, runs};
use leeward::detect::{Detector, shape};
use leeward::rule::{RuleSet, builtin};

/// Bytes of the texts that hold candidates: a long source file, and a data file. What a candidate costs should not
/// depend on the length of its file, so the throughput of both should be alike.
const SIZES: [usize; 2] = [32 << 10, 512 << 10];

/// Bytes of the text that holds none: more than a processor's second cache does.
const LARGE: usize = 4 << 20;

/// How many lines stand between two that are special.
const PLAIN_LINES: usize = 40;

fn main() {
    divan::main();
}

/// A small deterministic generator (xorshift64*), so that every run measures the same text.
struct Draws(u64);

impl Draws {
    fn new(seed: u64) -> Self {
        Draws(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).expect("31 bits fit") % bound
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    /// So many characters of an alphabet.
    fn string(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

const WORDS: [&str; 16] = [
    "buffer", "index", "return", "count", "self", "value", "parse", "node", "if", "for", "length", "error",
    "config", "stream", "map", "while",
];

/// A line as sources have them: indentation, words, signs.
fn plain_line(draws: &mut Draws, text: &mut String) {
    text.push_str(&" ".repeat(4 * draws.below(4)));
    for _ in 0..2 + draws.below(7) {
        text.push_str(draws.pick(&WORDS));
        text.push_str(draws.pick(&[" ", ".", "(", ") ", " = ", ", ", "->", "_"]));
    }
    text.push_str(draws.pick(&[";\n", "\n", " {\n", "}\n"]));
}

/// Source-like text of about `size` bytes with a `special` line after every [`PLAIN_LINES`] others.
fn text(size: usize, special: fn(&mut Draws) -> String) -> String {
    let mut draws = Draws::new(7);
    let mut text = String::with_capacity(size + (8 << 10));
    while text.len() < size {
        for _ in 0..PLAIN_LINES {
            plain_line(&mut draws, &mut text);
        }
        text.push_str(&special(&mut draws));
    }
    text
}

/// Nothing special: no run is long enough.
fn plain(_: &mut Draws) -> String {
    String::new()
}

/// Runs of exactly 32 that people and machines make: an identifier in camel case, a digest.
fn look_alike(draws: &mut Draws) -> String {
    if draws.below(2) == 0 {
        let digest = draws.string(b"0123456789abcdef", 32);
        return format!("  checksum = \"{digest}\"\n");
    }
    let mut name = String::new();
    while name.len() < 32 {
        let word = draws.pick(&WORDS);
        name.push_str(&word[..1].to_uppercase());
        name.push_str(&word[1..]);
    }
    name.truncate(32);
    format!("  call {name}();\n")
}

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A value drawn at random, bound to the provider's name.
fn key(draws: &mut Draws) -> String {
    format!("MISTRAL_API_KEY = \"{}\"\n", draws.string(ALPHABET, 32))
}

fn detector() -> Detector {
    Detector::new(RuleSet::new(builtin::rules().expect("the embedded rules parse")).expect("ids are unique"))
}

/// Finding the runs, and nothing else.
#[divan::bench]
fn runs_of_plain_text(bencher: Bencher<'_, '_>) {
    let text = text(LARGE, plain);
    let class = Class::new(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]).expect("three ranges");
    bencher.counter(BytesCount::of_str(&text)).bench(|| runs(black_box(text.as_bytes()), class, 32).count());
}

fn scan(bencher: Bencher<'_, '_>, size: usize, special: fn(&mut Draws) -> String, found: bool) {
    let (text, detector) = (text(size, special), detector());
    // A benchmark of the wrong thing is worse than none.
    assert_eq!(found, !detector.scan(text.as_bytes(), None).is_empty(), "what the text should hold");
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| detector.scan(black_box(text.as_bytes()), None).len());
}

/// What nearly every file is.
#[divan::bench]
fn scan_of_plain_text(bencher: Bencher<'_, '_>) {
    scan(bencher, LARGE, plain, false);
}

/// An identifier or a digest of 32 characters on every 41st line: each is a candidate until its shape is known.
#[divan::bench(args = SIZES, max_time = 2)]
fn scan_with_look_alikes(bencher: Bencher<'_, '_>, size: usize) {
    scan(bencher, size, look_alike, false);
}

/// A key on every 41st line: each costs a look at its surroundings.
#[divan::bench(args = SIZES, max_time = 2)]
fn scan_with_keys(bencher: Bencher<'_, '_>, size: usize) {
    scan(bencher, size, key, true);
}

fn shape_of(bencher: Bencher<'_, '_>, draw: impl Fn(&mut Draws) -> String) {
    let mut draws = Draws::new(11);
    let values: Vec<String> = (0..1000).map(|_| draw(&mut draws)).collect();
    bencher
        .counter(ItemsCount::new(values.len()))
        .bench(|| black_box(&values).iter().map(|value| shape::derived_bits(value.as_bytes())).sum::<f64>());
}

/// The shape of values drawn at random: every explanation has to be tried.
#[divan::bench]
fn shape_of_random_values(bencher: Bencher<'_, '_>) {
    shape_of(bencher, |draws| draws.string(ALPHABET, 32));
}

/// The shape of digests, the commonest look-alikes.
#[divan::bench]
fn shape_of_digests(bencher: Bencher<'_, '_>) {
    shape_of(bencher, |draws| draws.string(b"0123456789abcdef", 32));
}
