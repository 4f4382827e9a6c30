//! Reads `fixtures/detection`: the files, what is expected of them, and the bar.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use leeward::finding::Confidence;
use serde::Deserialize;

use crate::encode;
use crate::template::{self, Rendered};

/// Everything in `fixtures/detection`.
pub(crate) struct Corpus {
    pub(crate) bar: Bar,
    /// Sorted: `negative/…` before `positive/…`.
    pub(crate) categories: Vec<Category>,
}

/// What the categories that are judged must reach together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bar {
    /// Least share of keys that are found at their place.
    pub(crate) recall: f64,
    /// Largest share of negative files with a report, and of reports in positive files that are no expected key.
    pub(crate) false_positives: f64,
}

/// The files of one directory below `positive` or `negative`.
pub(crate) struct Category {
    /// `positive/dotenv`.
    pub(crate) name: String,
    /// Shown, and not judged.
    pub(crate) later: bool,
    pub(crate) cases: Vec<Case>,
}

/// One file, made ready to scan.
pub(crate) struct Case {
    /// Relative to the top of the repository.
    pub(crate) file: String,
    /// What the detector is told: nothing of the corpus' own directories.
    pub(crate) path: String,
    /// Files with the same are scanned together.
    pub(crate) scan: Option<String>,
    pub(crate) content: Rendered,
    /// The rule that is to report its keys.
    pub(crate) rule: String,
    /// None: the specification leaves it open.
    pub(crate) confidence: Option<Confidence>,
}

/// `corpus.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    bar: Bar,
    category: BTreeMap<String, CategoryEntry>,
    file: BTreeMap<String, FileEntry>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryEntry {
    #[serde(default)]
    later: bool,
    confidence: Option<Expected>,
    rule: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    confidence: Option<Expected>,
    rule: Option<String>,
    transform: Option<Transform>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    High,
    Medium,
    Any,
}

#[derive(Clone, Copy, Deserialize)]
enum Transform {
    #[serde(rename = "crlf")]
    Crlf,
    #[serde(rename = "cr")]
    Cr,
    #[serde(rename = "bom")]
    Bom,
    #[serde(rename = "bom-crlf")]
    BomCrlf,
    #[serde(rename = "no-final-newline")]
    NoFinalNewline,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16le-bom")]
    Utf16LeBom,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "utf-16be-bom")]
    Utf16BeBom,
    #[serde(rename = "base64")]
    Base64,
    #[serde(rename = "base64-76")]
    Base64Lines,
}

/// Loads the whole corpus: the one in `DETECTION_CORPUS` where that is set. Panics where it contradicts itself: an entry without a file, a positive without a key.
pub(crate) fn load() -> Corpus {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/detection");
    let top = std::env::var_os("DETECTION_CORPUS").map_or_else(own, PathBuf::from);
    let text = fs::read_to_string(top.join("corpus.toml")).expect("corpus.toml in the corpus");
    let manifest: Manifest = toml::from_str(&text).unwrap_or_else(|error| panic!("corpus.toml: {error}"));

    let mut names = BTreeSet::new();
    let mut by_category: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sign in ["negative", "positive"] {
        for path in files(&top.join(sign)) {
            let name =
                path.strip_prefix(&top).expect("below it").to_str().expect("UTF-8 names").replace('\\', "/");
            let category = name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
            by_category.entry(category).or_default().push(name.clone());
            names.insert(name);
        }
    }
    for entry in manifest.file.keys() {
        assert!(names.contains(entry), "corpus.toml: there is no file {entry}");
    }
    for entry in manifest.category.keys() {
        assert!(by_category.contains_key(entry), "corpus.toml: there is no category {entry}");
    }
    let categories = by_category
        .into_iter()
        .map(|(name, files)| {
            let entry = manifest.category.get(&name).cloned().unwrap_or_default();
            let case = |file: &String| {
                case(&top, file, &entry, manifest.file.get(file).cloned().unwrap_or_default())
            };
            Category { later: entry.later, cases: files.iter().map(case).collect(), name }
        })
        .collect();
    Corpus { bar: manifest.bar, categories }
}

/// All files below a directory, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the corpus") {
            let path = entry.expect("an entry of the corpus").path();
            if path.is_dir() { pending.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn case(top: &Path, file: &str, category: &CategoryEntry, entry: FileEntry) -> Case {
    let mut parts = file.split('/');
    let positive = parts.next() == Some("positive");
    // The files of a case that spans several share their values, and the case's directory is their top.
    let shared = parts.next().is_some_and(|category| category.starts_with("binding-"));
    let inner = file.splitn(if shared { 4 } else { 3 }, '/').last().expect("never empty").to_owned();
    let seed = if shared { file.strip_suffix(&inner).expect("its end") } else { file };

    let template = fs::read(top.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let template = String::from_utf8(template).unwrap_or_else(|_| panic!("{file} is not UTF-8"));
    let run = std::env::var("DETECTION_SEED").unwrap_or_default();
    let content = transform(&template, &format!("{run}{seed}"), entry.transform);
    if positive && !shared {
        assert!(!content.slots.is_empty(), "{file}: no key is expected");
    } else if !positive {
        assert!(content.slots.is_empty(), "{file}: holds a key");
    }
    Case {
        file: format!("fixtures/detection/{file}"),
        scan: shared.then(|| seed.to_owned()),
        path: inner,
        content,
        rule: entry
            .rule
            .clone()
            .or_else(|| category.rule.clone())
            .unwrap_or_else(|| "mistral-api-key".to_owned()),
        confidence: match entry.confidence.or(category.confidence) {
            Some(Expected::High) => Some(Confidence::High),
            Some(Expected::Medium) => Some(Confidence::Medium),
            Some(Expected::Any) | None => None,
        },
    }
}

/// Renders a file. Changes of line ends and byte order marks come before, encodings of the whole file after.
fn transform(template: &str, seed: &str, transform: Option<Transform>) -> Rendered {
    let before = match transform {
        Some(Transform::Crlf) => template.replace('\n', "\r\n"),
        Some(Transform::Cr) => template.replace('\n', "\r"),
        Some(Transform::BomCrlf) => format!("\u{feff}{}", template.replace('\n', "\r\n")),
        Some(Transform::Bom | Transform::Utf16LeBom | Transform::Utf16BeBom) => format!("\u{feff}{template}"),
        Some(Transform::NoFinalNewline) => template.trim_end_matches('\n').to_owned(),
        _ => template.to_owned(),
    };
    let plain = template::render(&before, seed);
    match transform {
        Some(Transform::Utf16Le | Transform::Utf16LeBom) => utf16(plain, u16::to_le_bytes),
        Some(Transform::Utf16Be | Transform::Utf16BeBom) => utf16(plain, u16::to_be_bytes),
        Some(Transform::Base64) => base64(plain, usize::MAX),
        Some(Transform::Base64Lines) => base64(plain, 76),
        _ => plain,
    }
}

/// Keys stand at exactly their characters.
fn utf16(mut plain: Rendered, order: fn(u16) -> [u8; 2]) -> Rendered {
    for slot in &mut plain.slots {
        let before = encode::utf16(&plain.bytes[..slot.span.start], order).len();
        let inside = encode::utf16(&plain.bytes[slot.span.clone()], order).len();
        slot.span = before..before + inside;
    }
    Rendered { bytes: encode::utf16(&plain.bytes, order), slots: plain.slots }
}

/// Keys stand somewhere in the one run.
fn base64(mut plain: Rendered, width: usize) -> Rendered {
    let bytes = encode::base64_lines(&plain.bytes, width);
    for slot in &mut plain.slots {
        slot.span = 0..bytes.len();
        slot.plain = false;
    }
    Rendered { bytes, slots: plain.slots }
}
