//! How letters follow each other in the words that people write.

use std::sync::LazyLock;

/// How likely the second letter follows the first inside a word, whatever their cases.
pub(super) fn follows(first: u8, second: u8) -> f64 {
    let index = |letter: u8| usize::from(letter.to_ascii_lowercase() - b'a');
    LIKELIHOODS[index(first)][index(second)]
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
