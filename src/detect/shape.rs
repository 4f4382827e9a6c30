//! Could this run have been drawn at random, or did people or machines derive it from something?
//!
//! Takes the letters and digits of a candidate, gives the number of bits by which *derived* explains it better than
//! *drawn at random*. Knows nothing of where the candidate stands.
//!
//! # Why this can be trusted
//!
//! Each explanation is a probability distribution over strings: it predicts each character from those before it.
//! Their mixture is one as well. By Markov's inequality a string drawn at random is explained `t` bits better by any
//! such distribution with probability at most `2^-t`, whatever the distribution is. So the loss is bounded before any
//! measurement: at [`DERIVED_BITS`] = 11, at most `2^-11` = 0.049 % of random keys are taken for something else.
//! Explanations can be added without touching that bound; a better one only catches more look-alikes.

use super::letters::{foreign_word, word};

/// From this many bits on, a run counts as derived. Its power of two bounds the share of random keys that are lost.
pub const DERIVED_BITS: f64 = 11.0;

/// Characters a random key is drawn from.
pub(super) const ALPHABET: f64 = 62.0;

/// Chance that the explanation changes from one character to the next, as in `mistral` followed by `00000000`.
const SWITCH: f64 = 0.06;

/// Bits by which *derived* explains `run` better than *drawn at random from `[A-Za-z0-9]`*. Negative for nearly every
/// random string, far above [`DERIVED_BITS`] for identifiers, words, digests, sequences, repetitions, padding and
/// base64 of text. Bytes outside the alphabet are passed over.
pub fn derived_bits(run: &[u8]) -> f64 {
    let run: Vec<u8> = run.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let random = -(run.len() as f64) * ALPHABET.log2();
    let simple = [classes(&run), base64_of_text(&run)];
    let so_far = mix(&[simple[0], simple[1], f64::NEG_INFINITY]) - random;
    if so_far >= DERIVED_BITS {
        // A further explanation can only add to it; digests are the common case.
        return so_far;
    }
    mix(&[simple[0], simple[1], switching(&run)]) - random
}

/// Log2 of the even mixture of distributions whose log2 probabilities are given.
fn mix(logs: &[f64]) -> f64 {
    let best = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if best == f64::NEG_INFINITY {
        return best;
    }
    let sum: f64 = logs.iter().map(|log| (log - best).exp2()).sum();
    best + (sum / logs.len() as f64).log2()
}

/// Explanations that predict one character from those before it.
const EXPERTS: [fn(&[u8], u8) -> f64; 8] =
    [uniform, word, foreign_word, placeholder, sequence, keyboard, repetition, hexadecimal];

/// What the explanations of [`EXPERTS`] are called, the first of which is none.
const NAMES: [&str; EXPERTS.len()] = [
    "",
    "words",
    "words",
    "a placeholder",
    "a sequence",
    "neighbours on a keyboard",
    "a repetition",
    "hex digits",
];

/// What a run was most likely derived from, in words; none if it could have been drawn at random.
pub(crate) fn derivation(run: &[u8]) -> Option<&'static str> {
    if derived_bits(run) < DERIVED_BITS {
        return None;
    }
    let (switched, shares) = predicted(run);
    let others =
        [(classes(run), "characters of a smaller alphabet"), (base64_of_text(run), "text in base64")];
    let best = (1..EXPERTS.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]));
    let expert = (switched, best.map_or("", |best| NAMES[best]));
    let all = others.into_iter().chain([expert]);
    let likeliest = all.reduce(|best, next| if next.0 > best.0 { next } else { best });
    likeliest.map(|(_, name)| if run.iter().all(u8::is_ascii_hexdigit) { "hex digits" } else { name })
}

/// Log2 probability of the run under a mixture of [`EXPERTS`] that may change from character to character.
fn switching(run: &[u8]) -> f64 {
    predicted(run).0
}

/// The same, and how many characters each expert was believed (fixed-share prediction: weights follow how well each
/// predicted so far).
fn predicted(run: &[u8]) -> (f64, [f64; EXPERTS.len()]) {
    let mut weights = [1.0 / EXPERTS.len() as f64; EXPERTS.len()];
    let mut shares = [0.0; EXPERTS.len()];
    let mut log = 0.0;
    for (at, &next) in run.iter().enumerate() {
        let mut total = 0.0;
        for (weight, expert) in weights.iter_mut().zip(EXPERTS) {
            *weight *= expert(&run[..at], next);
            total += *weight;
        }
        log += total.log2();
        for (weight, share) in weights.iter_mut().zip(&mut shares) {
            *share += *weight / total;
            *weight = *weight / total * (1.0 - SWITCH) + SWITCH / EXPERTS.len() as f64;
        }
    }
    (log, shares)
}

/// Every character as likely as any other.
fn uniform(_: &[u8], _: u8) -> f64 {
    1.0 / ALPHABET
}

/// The words that people put where a secret belongs.
fn placeholder(before: &[u8], next: u8) -> f64 {
    const WORDS: [&[u8]; 22] = [
        b"example",
        b"sample",
        b"placeholder",
        b"changeme",
        b"change",
        b"dummy",
        b"fake",
        b"test",
        b"secret",
        b"token",
        b"your",
        b"here",
        b"insert",
        b"replace",
        b"redacted",
        b"password",
        b"apikey",
        b"key",
        b"value",
        b"null",
        b"none",
        b"invalid",
    ];
    let begun = |word: &[u8]| {
        (1..word.len()).rev().find(|&length| {
            before.len() >= length && before[before.len() - length..].eq_ignore_ascii_case(&word[..length])
        })
    };
    let expected = WORDS.iter().filter_map(|word| begun(word).map(|length| (length, word[length])));
    match expected.max_by_key(|&(length, _)| length) {
        // The case of the letter before is kept, hardly ever changed.
        Some((_, letter)) if letter.eq_ignore_ascii_case(&next) => {
            let same_case =
                before.last().is_some_and(|b| b.is_ascii_uppercase() == next.is_ascii_uppercase());
            if same_case { 0.9 } else { 0.05 }
        }
        _ => 0.05 / ALPHABET,
    }
}

/// Hex digits of one case; which one shows in the letters so far.
fn hexadecimal(before: &[u8], next: u8) -> f64 {
    let upper = before.iter().rev().find(|b| b.is_ascii_alphabetic()).is_some_and(u8::is_ascii_uppercase);
    let digit = match next {
        b'0'..=b'9' => true,
        b'a'..=b'f' => !upper,
        b'A'..=b'F' => upper,
        _ => false,
    };
    if digit { 1.0 / 16.0 } else { 0.0 }
}

/// Counting up or down, or standing still: `0123`, `dcba`, `aaaa`, `a1b2c3`, `Ab1Cd2`.
fn sequence(before: &[u8], next: u8) -> f64 {
    let step = |distance: usize| {
        let Some(last) = before.len().checked_sub(distance).map(|at| before[at]) else { return 0.0 };
        let case = if last.is_ascii_uppercase() == next.is_ascii_uppercase() { 0.7 } else { 0.3 };
        case * match i16::from(next.to_ascii_lowercase()) - i16::from(last.to_ascii_lowercase()) {
            1 => 0.5,
            -1 => 0.2,
            0 => 0.25,
            _ => 0.0,
        }
    };
    0.5 * step(1) + 0.3 * step(2) + 0.15 * step(3) + 0.05 / ALPHABET
}

/// Neighbours on a keyboard's rows: `qwertz`, `asdf`.
fn keyboard(before: &[u8], next: u8) -> f64 {
    const ROWS: [&[u8]; 5] = [b"1234567890", b"qwertyuiop", b"qwertz", b"asdfghjkl", b"zxcvbnm"];
    let Some(&last) = before.last() else { return uniform(before, next) };
    let (from, to) = (last.to_ascii_lowercase(), next.to_ascii_lowercase());
    let neighbours =
        ROWS.iter().any(|row| row.windows(2).any(|pair| pair == [from, to] || pair == [to, from]));
    // At most four keys are next to one, in two cases each.
    if neighbours { 0.95 / 8.0 } else { 0.05 / ALPHABET }
}

/// The same as some characters ago: `abcabcabc`. The distance is the one that predicted best so far.
fn repetition(before: &[u8], next: u8) -> f64 {
    let matched = |distance: usize| {
        before.iter().rev().zip(before.iter().rev().skip(distance)).take_while(|(a, b)| a == b).count()
    };
    let best = (1..before.len()).max_by_key(|&distance| (matched(distance), before.len() - distance));
    match best {
        Some(distance) if before[before.len() - distance] == next && matched(distance) > 0 => 0.9,
        _ => 0.1 / ALPHABET,
    }
}

/// Log2 probability under an even choice of smaller alphabets: digests, numbers, one case only.
fn classes(run: &[u8]) -> f64 {
    /// Which bytes a class has, and how many they are.
    type Alphabet = (fn(u8) -> bool, f64);
    const CLASSES: [Alphabet; 9] = [
        (|b| b.is_ascii_digit(), 10.0),
        (|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'), 16.0),
        (|b| b.is_ascii_digit() || matches!(b, b'A'..=b'F'), 16.0),
        (|b| b.is_ascii_hexdigit(), 22.0),
        (|b| b.is_ascii_lowercase(), 26.0),
        (|b| b.is_ascii_uppercase(), 26.0),
        (|b| b.is_ascii_lowercase() || b.is_ascii_digit(), 36.0),
        (|b| b.is_ascii_uppercase() || b.is_ascii_digit(), 36.0),
        (|b| b.is_ascii_alphanumeric(), ALPHABET),
    ];
    let logs: Vec<f64> = CLASSES
        .iter()
        .map(|(has, size)| {
            let all = run.iter().all(|&b| has(b));
            if all { -(run.len() as f64) * size.log2() } else { f64::NEG_INFINITY }
        })
        .collect();
    mix(&logs)
}

/// Log2 probability of a piece of base64 whose content is text, in the likeliest of its four alignments.
fn base64_of_text(run: &[u8]) -> f64 {
    /// Of all byte strings, those that are printable UTF-8 are this share for each byte: the root of
    /// `97/x + 1920/x² + 61440/x³ + 1048576/x⁴ = 1`, rounded up, over 256.
    const TEXT: f64 = 120.0 / 256.0;
    let sextets: Vec<u32> = run.iter().map(|&b| u32::from(sextet(b))).collect();
    // Random base64, whose two further characters a run of letters and digits cannot hold.
    let random = -(run.len() as f64) * 6.0;
    let logs: Vec<f64> = (0..4)
        .map(|skip| {
            let bytes: Vec<u8> = sextets
                .get(skip..)
                .unwrap_or(&[])
                .chunks_exact(4)
                .flat_map(|four| {
                    let group = four.iter().fold(0, |group, six| group << 6 | six);
                    [group >> 16, group >> 8, group].map(|byte| (byte & 0xff) as u8)
                })
                .collect();
            text_bytes(&bytes).map_or(f64::NEG_INFINITY, |count| random - f64::from(count) * TEXT.log2())
        })
        .collect();
    mix(&logs)
}

/// How many bytes are whole characters of printable text, if all are but those of a character cut at either end.
fn text_bytes(bytes: &[u8]) -> Option<u32> {
    let start = bytes.iter().take(3).take_while(|&&b| b & 0xc0 == 0x80).count();
    let bytes = &bytes[start..];
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || matches!(c, '\t' | '\n');
    whole.chars().all(printable).then(|| u32::try_from(whole.len()).unwrap_or(u32::MAX))
}

/// The value of a base64 character that is a letter or a digit.
fn sextet(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        _ => byte.wrapping_sub(b'0').wrapping_add(52) & 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values drawn from `alphabet`, the same in every run.
    fn drawn(alphabet: &[u8], number: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        (0..number).map(move |_| {
            let mut draw = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                alphabet[(state >> 11) as usize % alphabet.len()]
            };
            (0..32).map(|_| draw()).collect()
        })
    }

    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const ALL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn share_lost(alphabet: &[u8], number: usize) -> f64 {
        let lost = drawn(alphabet, number).filter(|key| derived_bits(key) >= DERIVED_BITS).count();
        lost as f64 / number as f64
    }

    #[test]
    fn hardly_a_random_key_is_lost() {
        assert!(share_lost(ALL, 10_000) < 0.0005);
    }

    #[test]
    fn letters_only_keys_are_found() {
        assert!(share_lost(LETTERS, 4_000) < 0.005);
    }

    /// The bound holds because each expert is a distribution: over all next characters it adds up to one at most.
    #[test]
    fn no_expert_promises_more_than_everything() {
        for before in
            ["", "a", "Q", "7", "ab", "exam", "REPLACE", "12", "qwer", "abcabc", "a1b2", "fF", "xxxx"]
        {
            for expert in EXPERTS {
                let total: f64 = ALL.iter().map(|&next| expert(before.as_bytes(), next)).sum();
                assert!(total <= 1.0 + 1e-9, "{before}: {total}");
            }
        }
    }

    #[test]
    fn what_people_write_and_machines_derive_is_told_apart() {
        for derived in [
            "getMistralChatCompletionResponse",
            "TestWorkflowExecutionListWithTag",
            "yourmistralapikeygoeshereplease1",
            "VlozSvujKlicKMistraluSemProsimmm",
            "IdeIrjaBeAMistralKulcsatKerjukaa",
            "d41d8cd98f00b204e9800998ecf8427e",
            "D41D8CD98F00B204E9800998ECF8427E",
            "abcdefghijklmnopqrstuvwxyz123456",
            "12345678901234567890123456789012",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "AbCdEfGhIjKlMnOpQrStUvWxYz012345",
            "qwertyuiopasdfghjklzxcvbnm123456",
            "abc123abc123abc123abc123abc123ab",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpX",
            "6eb6586f508a786a2ba4f56c1EXAMPLE",
            "44O844Oe44O844Oe44O844Oe44O844Oe",
        ] {
            assert_eq!(derived.len(), 32, "{derived}");
            let bits = derived_bits(derived.as_bytes());
            assert!(bits >= DERIVED_BITS, "{derived}: {bits}");
        }
    }

    #[test]
    fn what_a_run_was_derived_from_is_said() {
        for (derived, from) in [
            ("getMistralChatCompletionResponse", "words"),
            ("d41d8cd98f00b204e9800998ecf8427e", "hex digits"),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "a repetition"),
            ("qwertyuiopasdfghjklzxcvbnmqwerty", "neighbours on a keyboard"),
            ("abZ12qabZ12qabZ12qabZ12qabZ12qab", "a repetition"),
            ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpX", "text in base64"),
            ("k7x2m9q4w1z8p5r3t6v0n2b7c4d1f8g5", "characters of a smaller alphabet"),
        ] {
            assert_eq!(derivation(derived.as_bytes()), Some(from), "{derived}");
        }
    }
}
