//! How letters follow each other in the words that people write.
//!
//! Takes what stands before a character, gives how likely that comes next.

use std::sync::LazyLock;

use super::shape::ALPHABET;

/// Words and identifiers: letters follow letters as in written words, capitals begin them, digits come in groups.
pub(super) fn word(before: &[u8], next: u8) -> f64 {
    written(before, next, follows)
}

/// The same in any language that has vowels and consonants.
pub(super) fn foreign_word(before: &[u8], next: u8) -> f64 {
    written(before, next, alternates)
}

/// The same with letters that follow each other as `follows` says.
fn written(before: &[u8], next: u8, follows: fn(u8, u8) -> f64) -> f64 {
    let Some(&last) = before.last() else { return 1.0 / ALPHABET };
    if last.is_ascii_digit() {
        return if next.is_ascii_digit() { 0.4 / 10.0 } else { 0.6 / 52.0 };
    }
    if next.is_ascii_digit() {
        return 0.04 / 10.0;
    }
    let previous = before.len().checked_sub(2).map(|at| before[at]);
    let same_case = last.is_ascii_lowercase() == next.is_ascii_lowercase();
    let case = match (last.is_ascii_lowercase(), previous.is_some_and(|b| b.is_ascii_uppercase())) {
        // Inside a word: it goes on, or the next one begins with a capital.
        (true, _) => {
            if same_case {
                0.88
            } else {
                0.12
            }
        }
        // After two capitals, or after a first one.
        (false, true) => {
            if same_case {
                0.7
            } else {
                0.3
            }
        }
        (false, false) => {
            if same_case {
                0.25
            } else {
                0.75
            }
        }
    };
    // A capital after a small letter begins a new word: any letter does.
    let letter =
        if last.is_ascii_lowercase() && next.is_ascii_uppercase() { 1.0 / 26.0 } else { follows(last, next) };
    0.96 * case * letter
}

/// How likely the second letter follows the first inside a word, whatever their cases.
fn follows(first: u8, second: u8) -> f64 {
    let index = |letter: u8| usize::from(letter.to_ascii_lowercase() - b'a');
    LIKELIHOODS[index(first)][index(second)]
}

/// How likely the second letter follows the first inside a word of any language, whatever their cases: vowels and consonants
/// take turns, and some are rare everywhere.
fn alternates(first: u8, second: u8) -> f64 {
    /// Of a hundred vowels or consonants of a European language, about.
    const SHARES: [f64; 26] = [
        30.0, 3.0, 5.0, 6.0, 29.0, 2.0, 3.0, 3.0, 18.0, 2.0, 5.0, 8.0, 5.0, 11.0, 15.0, 5.0, 0.5, 10.0, 10.0,
        8.0, 8.0, 3.0, 3.0, 0.5, 2.0, 5.0,
    ];
    let is_vowel = |letter: u8| b"aeiou".contains(&letter.to_ascii_lowercase());
    let turn = match (is_vowel(first), is_vowel(second)) {
        (true, true) => 0.18,
        (true, false) => 0.82,
        (false, true) => 0.55,
        (false, false) => 0.45,
    };
    turn * SHARES[usize::from(second.to_ascii_lowercase() - b'a')] / 100.0
}

/// [`FOLLOWS`] as probabilities.
static LIKELIHOODS: LazyLock<[[f64; 26]; 26]> = LazyLock::new(|| {
    FOLLOWS.map(|row| {
        let weights = row.map(|code| (-f64::from(code - b'a') / 2.0).exp2());
        let total: f64 = weights.iter().sum();
        weights.map(|weight| weight / total)
    })
});

/// For each letter, how rarely each other follows it in the words of program sources and their documentation:
/// `a` = always, each further letter half a bit rarer. Counted over the distinct words of several source trees.
const FOLLOWS: [[u8; 26]; 26] = [
    *b"ljijpnkqksngjhsjrgiflmoomp",
    *b"gkjlhlnohmpgmnhmqiimhppqlr",
    *b"gokmhnohjtijnofmsjlhkprsns",
    *b"hlljelmpfpqklnimqjjlknopmr",
    *b"jnihlllpntqjkgnlnfgiplnjor",
    *b"hmklhgmpfrqinnhnrijjjpppmr",
    *b"hnmneojjhspjljjlsgiljppqoq",
    *b"fnmlfopogromlngnrjljkpnskq",
    *b"klhjkljrqrqjjehkskhhqktnul",
    *b"glllfmmmiljlmlgkomilhnknln",
    *b"imllemmmgpnjlkjlplhkknlpmp",
    *b"gnmkenprftnhnpgmtojjjorsks",
    *b"fkmmfopqgspmjnhgrojmjqqqns",
    *b"ioihhlgpirmnolinsohfllqspq",
    *b"mljjomlqmrmiiekjugjjilkoqs",
    *b"golmgnokiuphnohjqgjikoprlt",
    *b"kmklkmmmlonjlmnlljikcmmnno",
    *b"gokkenlrgummklhmqkiilnpqlt",
    *b"joinfnojhtmlmnjjonhfipnrls",
    *b"goknfnpjfurmnohmshikkqopkq",
    *b"jikkjmlqjsqhignithhgqprosq",
    *b"fmlmdlnofqqmloilqmlmooopop",
    *b"fmllgmnjgpnkmihmqiimoonnpq",
    *b"ilhkhjomhpolkmlgomkfnnohko",
    *b"iljkimmojoojihkgqlgimnlnjl",
    *b"gommennmgonmmnjmonmmmonmlg",
];
