//! Values that match a rule's pattern, made when they are needed, so that no file of ours holds one.
//!
//! Deterministic: the same rule and number give the same value. Used by `rules check` and by tests.

use regex_syntax::hir::{Class as HirClass, Hir, HirKind};

use super::{Pattern, Rule};
use crate::detect::shape;

/// A small deterministic generator (xorshift64*), good enough to draw characters.
struct Draws(u64);

impl Draws {
    fn new(seed: &str, number: u64) -> Self {
        // FNV-1a over the seed.
        let hash = seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut draws = Draws((hash ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1);
        (0..8).for_each(|_| {
            draws.below(2);
        });
        draws
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).expect("31 bits fit") % bound.max(1)
    }
}

/// A value that matches the rule's pattern; for a random one, also one that looks drawn at random.
pub(super) fn secret(rule: &Rule, number: u64) -> String {
    (0..)
        .map(|attempt| draw(rule, number + attempt * 1_000_003))
        .find(|value| !rule.random || shape::derived_bits(value.as_bytes()) < 0.0)
        .expect("an endless iterator")
}

fn draw(rule: &Rule, number: u64) -> String {
    let mut draws = Draws::new(&rule.id, number);
    match &rule.pattern {
        Pattern::Run { class, length } => {
            let alphabet: Vec<u8> = class.bytes().collect();
            (0..*length).map(|_| char::from(alphabet[draws.below(alphabet.len())])).collect()
        }
        Pattern::Regex { source, .. } => {
            let mut out = String::new();
            if let Ok(hir) = regex_syntax::parse(source) {
                expand(&hir, &mut draws, &mut out);
            }
            out
        }
    }
}

/// So many lower-case hex digits.
pub(super) fn hex(rule: &Rule, number: u64) -> String {
    let mut draws = Draws::new(&rule.id, number ^ 0xdead);
    (0..32).map(|_| char::from(b"0123456789abcdef"[draws.below(16)])).collect()
}

/// A text that the expression matches. Look-arounds are passed over.
fn expand(hir: &Hir, draws: &mut Draws, out: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(HirClass::Unicode(class)) => {
            let printable: Vec<char> = class
                .iter()
                .flat_map(|range| (range.start()..=range.end()).take(128))
                .filter(|c| c.is_ascii_graphic() || *c == ' ')
                .collect();
            out.extend(printable.get(draws.below(printable.len())));
        }
        HirKind::Class(HirClass::Bytes(class)) => {
            let bytes: Vec<u8> = class.iter().flat_map(|range| range.start()..=range.end()).collect();
            out.extend(bytes.get(draws.below(bytes.len())).map(|&b| char::from(b)));
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + 4).min(repetition.min + 8);
            let extra = draws.below((most - repetition.min + 1) as usize);
            for _ in 0..repetition.min as usize + extra {
                expand(&repetition.sub, draws, out);
            }
        }
        HirKind::Capture(capture) => expand(&capture.sub, draws, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| expand(part, draws, out)),
        HirKind::Alternation(parts) => expand(&parts[draws.below(parts.len())], draws, out),
    }
}
