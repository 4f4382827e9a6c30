//! Scanning only what deltas change finds what scanning everything finds: packs of random deltas, which join halves of
//! values and of what encodes them, compared with the same objects stored loose, which are scanned whole.

use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::super::delta::{Delta, apply};
use super::big::history_with;
use crate::detect::Detector;
use crate::pipeline::Outcome;
use crate::rule::{RuleSet, file};
use crate::source::scratch_repo::{Repo, Scratch};

/// Objects in each pack.
const OBJECTS: usize = 600;

/// Numbers that look random and are always the same.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 20) % limit as u64) as usize
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// Letters and digits.
    fn value(&mut self, length: usize) -> String {
        const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(*self.one(ALNUM))).collect()
    }
}

/// How many forms there are.
const FORMS: usize = 14;

/// A value as it may stand in a file, in one of its forms. Narrower lines than these are not: see below.
fn form(value: &str, form: usize) -> Vec<u8> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let each = |one: &dyn Fn(u8) -> String| value.bytes().map(one).collect::<String>().into_bytes();
    let base64 = STANDARD.encode(format!("key={value};"));
    let lines = |width: usize, end: &str| {
        let lines: Vec<&[u8]> = base64.as_bytes().chunks(width).collect();
        lines.join(end.as_bytes())
    };
    match form {
        0..3 => format!("\"{value}\"").into_bytes(),
        3 => base64.clone().into_bytes(),
        4 => STANDARD.encode(&base64).into_bytes(),
        5 => lines(36, "\n        "),
        6 => lines(40, "\\n\" \\\n    \""),
        7 => each(&|byte| format!("{byte:02x}")),
        8 => each(&|byte| format!("\\x{byte:02x}")),
        9 => each(&|byte| format!("\\u00{byte:02x}")),
        10 => each(&|byte| format!("0x{byte:02X}, ")),
        11 => each(&|byte| format!("\\\\\\\\\\\\\\\\u00{byte:02x}")),
        12 => value.bytes().flat_map(|byte| [byte, 0]).collect(),
        _ => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(value.as_bytes()).expect("memory");
            STANDARD.encode(packed.finish().expect("memory")).into_bytes()
        }
    }
}

/// Some text in which nothing is found.
fn filler(random: &mut Random, length: usize) -> Vec<u8> {
    const WORDS: [&str; 8] =
        ["return value;", "\n    ", "if (entry == NULL)", "\u{f6}", "0x12, ", "\n\n", "// see above", "++"];
    let mut text = Vec::new();
    while text.len() < length {
        text.extend(random.one(&WORDS).bytes());
        text.push(b' ');
    }
    text
}

/// An object, and how it is stored: as a delta of another, if it is one.
struct Object {
    content: Vec<u8>,
    delta: Option<(usize, Vec<u8>)>,
    /// The parts that make a value, were they one after the other.
    halves: Vec<[Range<usize>; 2]>,
}

/// Something with values, or with halves of what would make some, far from each other.
fn root(random: &mut Random) -> Object {
    let mut content = filler(random, 1500);
    let mut halves = Vec::new();
    let whole = random.below(3) == 0;
    for _ in 0..1 + random.below(2) {
        let (value, number) = (random.value(32), random.below(FORMS));
        let form = form(&value, number);
        // The first half alone is not to be a value, whatever else it is.
        let cut = if whole { 0 } else { form.len() / 4 + random.below(form.len() / 2) };
        let mut put = |part: &[u8]| {
            let start = content.len();
            content.extend_from_slice(part);
            let end = content.len();
            // Close enough to be an interruption and no more, or far away.
            let gap = if random.below(3) == 0 { 3 } else { 1500 };
            content.extend(filler(random, gap));
            start..end
        };
        let second = put(&form[cut..]);
        let first = put(&form[..cut]);
        halves.push([first, second]);
    }
    Object { content, delta: None, halves }
}

/// A delta of something, and what it makes.
fn version(random: &mut Random, number: usize, base: &Object) -> Object {
    let steps = match base.halves.is_empty() || random.below(3) == 0 {
        true => edits(random, &base.content),
        false => {
            let [first, second] = random.one(&base.halves).clone();
            let glue = if random.below(4) == 0 { b"+".to_vec() } else { Vec::new() };
            vec![
                Step::Copy(random.below(first.start)..first.end),
                Step::Insert(glue),
                Step::Copy(second.start..base.content.len()),
            ]
        }
    };
    let (mut content, mut instructions) = (Vec::new(), Vec::new());
    for step in &steps {
        step.write(&base.content, &mut instructions, &mut content);
    }
    let mut delta = [size(base.content.len()), size(content.len())].concat();
    delta.extend(instructions);
    Object { content, delta: Some((number, delta)), halves: Vec::new() }
}

/// Random pieces, most of them long.
fn edits(random: &mut Random, base: &[u8]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = 0;
    // A few edits from the beginning to the end, or pieces from anywhere.
    let ordered = random.below(3) > 0;
    for _ in 0..1 + random.below(4) {
        let from = if ordered { at } else { random.below(base.len()) };
        let to = from + random.below(base.len() - from + 1);
        steps.push(Step::Copy(from..to));
        at = to + random.below(40).min(base.len() - to);
        let (value, number) = (random.value(32), random.below(FORMS));
        let mut inserted = form(&value, number);
        if random.below(2) == 0 {
            inserted.drain(..random.below(inserted.len()));
        }
        if random.below(2) == 0 {
            inserted = b" ".to_vec();
        }
        steps.push(Step::Insert(inserted));
    }
    steps.push(Step::Copy(at..base.len()));
    steps
}

enum Step {
    Copy(Range<usize>),
    Insert(Vec<u8>),
}

impl Step {
    fn write(&self, base: &[u8], delta: &mut Vec<u8>, content: &mut Vec<u8>) {
        match self {
            Step::Copy(range) if range.is_empty() => {}
            Step::Copy(range) => {
                // At most so many are copied at a time.
                for start in range.clone().step_by(0xffff) {
                    let end = range.end.min(start + 0xffff);
                    let (from, length) = ((start as u32).to_le_bytes(), ((end - start) as u16).to_le_bytes());
                    delta.push(0b1011_1111);
                    delta.extend([from, [length[0], length[1], 0, 0]].concat()[..6].iter());
                    content.extend_from_slice(&base[start..end]);
                }
            }
            Step::Insert(bytes) => {
                for bytes in bytes.chunks(0x7f) {
                    delta.push(bytes.len() as u8);
                    delta.extend_from_slice(bytes);
                    content.extend_from_slice(bytes);
                }
            }
        }
    }
}

/// A size as deltas have it.
fn size(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A pack of blobs.
fn pack(objects: &[Object]) -> Vec<u8> {
    let mut pack = [&b"PACK\0\0\0\x02"[..], &(objects.len() as u32).to_be_bytes()].concat();
    let mut offsets: Vec<usize> = Vec::new();
    for Object { content, delta, .. } in objects {
        let offset = pack.len();
        let (kind, stored) = match delta {
            Some((_, delta)) => (6, delta),
            None => (3, content),
        };
        let mut left = stored.len() >> 4;
        let mut byte = kind << 4 | (stored.len() & 15) as u8;
        while left > 0 {
            pack.push(byte | 0x80);
            byte = (left & 0x7f) as u8;
            left >>= 7;
        }
        pack.push(byte);
        if let Some((base, _)) = delta {
            let mut distance: usize = offset - offsets[*base];
            let mut bytes = vec![(distance & 0x7f) as u8];
            while distance > 0x7f {
                distance = (distance >> 7) - 1;
                bytes.push((distance & 0x7f) as u8 | 0x80);
            }
            pack.extend(bytes.iter().rev());
        }
        offsets.push(offset);
        let mut deflated = ZlibEncoder::new(pack, Compression::fast());
        deflated.write_all(stored).expect("memory");
        pack = deflated.finish().expect("memory");
    }
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&pack);
    pack.extend(hasher.try_finalize().expect("no collision").as_slice());
    pack
}

/// A repository with a pack, and one with the same objects loose.
fn repositories(scratch: &Scratch, number: u64, pack: &[u8]) -> [Repo; 2] {
    let path = scratch.path("objects.pack");
    std::fs::write(&path, pack).expect("a file");
    let both = ["packed", "loose"].map(|name| scratch.empty(&format!("{name}{number}"), &[]));
    let stored = both[0].git_dir().join("objects/pack/pack-of-ours.pack");
    std::fs::copy(&path, &stored).expect("a file");
    both[0].git(&["index-pack".as_ref(), stored.as_os_str()]);
    let unpack = format!("git unpack-objects -q < '{}'", path.display());
    both[1].git(&["-c", &format!("alias.unpack=!{unpack}"), "unpack"]);
    both
}

/// Every value of 32 letters and digits is found by one rule; the others are ours.
fn detector() -> Detector {
    let any = "[[rule]]\nid = \"any\"\ndescription = \"any value\"\nseverity = \"low\"\nconfidence = \"low\"\n\
               pattern = '[A-Za-z0-9]{32}'\n";
    let mut rules = file::parse("any", any).expect("a rule");
    rules.extend(crate::rule::builtin::rules().expect("ours"));
    Detector::new(RuleSet::new(rules).expect("ids differ"))
}

/// Values, objects and where in them they are.
fn places(outcome: &Outcome) -> Vec<String> {
    let each = outcome.findings.iter().flat_map(|finding| {
        let value = finding.secret.sha256();
        finding.locations.iter().map(move |at| {
            let blob = at.blob.as_deref().unwrap_or_default();
            format!("{value} {blob} {:?} {:?} {:?}", at.region, at.bytes, at.decoded)
        })
    });
    let mut places: Vec<String> = each.collect();
    places.sort();
    places
}

#[test]
fn what_deltas_change_is_enough_to_look_at() {
    let scratch = Scratch::new();
    let detector = detector();
    let mut kinds = String::new();
    for seed in 1..3 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let mut objects: Vec<Object> = Vec::new();
        for number in 0..OBJECTS {
            let object = if number % 12 == 0 {
                root(&mut random)
            } else {
                let base = number - 1 - random.below(number % 12).max(random.below(number % 12));
                version(&mut random, base, &objects[base])
            };
            // No object is stored twice.
            let known = objects.iter().any(|other| other.content == object.content);
            objects.push(if known { root(&mut random) } else { object });
        }
        let [packed, loose] = repositories(&scratch, seed, &pack(&objects));
        assert_eq!(packed.blobs(), loose.blobs());
        let (by_deltas, whole) = (history_with(&packed, &detector), history_with(&loose, &detector));
        let expected = places(&whole);
        assert!(expected.len() > 50, "{}", expected.len());
        assert_eq!(places(&by_deltas), expected, "{seed}");
        assert_eq!(by_deltas.below_confidence, whole.below_confidence);
        assert_eq!(by_deltas.coverage.bytes, whole.coverage.bytes);
        expected.iter().for_each(|place| write!(kinds, "{place}").expect("memory"));
    }
    for kind in ["base64", "hex", "hex-escape", "unicode-escape", "utf-16", "gzip"] {
        assert!(kinds.contains(&format!("\"{kind}\"")), "no {kind}");
    }
}

/// Why no form has narrower lines: where they begin decides whether they are seen, with or without deltas.
#[test]
fn only_of_narrow_lines_it_depends_on_where_they_begin() {
    use base64::Engine as _;
    let mut random = Random(11);
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("key={};", random.value(32)));
    let seen = |width: usize| {
        let lines: Vec<&[u8]> = encoded.as_bytes().chunks(width).collect();
        let text = [b" ".repeat(16), lines.join(&b'\n'), b"\n".to_vec()].concat();
        (0..16).filter(|&from| crate::decode::may_hold_encoded(&text[from..])).count()
    };
    for width in 31..=encoded.len() {
        assert_eq!(seen(width), 16, "{width}");
    }
    assert!((18..31).any(|width| (1..16).contains(&seen(width))));
}

#[test]
fn a_delta_makes_what_it_says_and_tells_where_it_differs() {
    let mut random = Random(7);
    for _ in 0..2000 {
        let mut base = filler(&mut random, 300);
        base.extend(random.value(40).bytes());
        let object = Object { content: base, delta: None, halves: Vec::new() };
        let base = &object.content;
        let Object { content, delta, .. } = version(&mut random, 0, &object);
        let (_, delta) = delta.expect("it is one");
        let (mut out, mut fresh) = (Vec::new(), Vec::new());
        let instructions = Delta::new(&delta, base.len(), 1 << 20).expect("ours");
        apply(base, instructions, &mut out, &mut fresh).expect("ours");
        assert_eq!(out, content);
        // What is between, with a byte of what is not, stands so in the base.
        let starts = fresh.iter().map(|fresh| (fresh.span.end, fresh.then));
        let ends = fresh.iter().map(|fresh| fresh.span.start).chain([out.len()]);
        for ((start, then), end) in [(0, 0)].into_iter().chain(starts).zip(ends) {
            assert_eq!(out[start..end], base[then..][..end - start]);
        }
        assert!(fresh.windows(2).all(|two| two[0].span.end < two[1].span.start), "{fresh:?}");
        let last = fresh.last().map_or(out.len(), |last| last.then + out.len() - last.span.end);
        assert_eq!(last, base.len(), "it ends as the base does, or it is said");
    }
}

#[test]
fn damaged_deltas_are_refused() {
    let base = b"something";
    let cases: [(&str, &[u8]); 9] = [
        ("no sizes", b""),
        ("no second size", b"\x09"),
        ("an endless size", &[0xff; 12]),
        ("another base", b"\x08\x01\x01x"),
        ("instruction zero", b"\x09\x01\0x"),
        ("an insertion that is cut off", b"\x09\x03\x03ab"),
        ("a copy that is cut off", b"\x09\x03\x91\x01"),
        ("a copy from behind the end", b"\x09\x04\x91\x06\x04"),
        ("more than it says", b"\x09\x01\x02ab"),
    ];
    for (what, delta) in cases {
        let (mut out, mut fresh) = (Vec::new(), Vec::new());
        let applied =
            Delta::new(delta, base.len(), 100).and_then(|delta| apply(base, delta, &mut out, &mut fresh));
        assert!(applied.is_err(), "{what}");
    }
    assert!(Delta::new(b"\x09\x7f", base.len(), 100).is_err(), "more than there is room for");
}
