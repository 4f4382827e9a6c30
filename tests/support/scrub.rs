//! Takes out of a program's output what differs from run to run: times, durations, the version, the temporary directory.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// What is replaced, and by what.
static VOLATILE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let version = regex::escape(env!("CARGO_PKG_VERSION"));
    [
        (r#"("(?:started_at|finished_at|startTimeUtc|endTimeUtc)": ?)"[^"]*""#.to_owned(), r#"${1}"{time}""#),
        (format!(r#"("(?:version|semanticVersion)": ?)"{version}""#), r#"${1}"{version}""#),
        (format!(r"(?m)^(leeward ){version}$"), "${1}{version}"),
        // The line that ends a text report.
        (r"(?m)^(leeward: .*), [0-9.]+ s(;|$)".to_owned(), "${1}, {seconds}${2}"),
        (r"(?m)^(leeward: .*), [0-9]+ min [0-9]+ s(;|$)".to_owned(), "${1}, {seconds}${2}"),
    ]
    .into_iter()
    .map(|(pattern, by)| (Regex::new(&pattern).expect("a plain pattern"), by))
    .collect()
});

/// The output without what is volatile; `directory` becomes `{dir}`.
pub(crate) fn scrub(text: &str, directory: &Path) -> String {
    let mut text = text.to_owned();
    for shown in [directory.to_owned(), std::fs::canonicalize(directory).unwrap_or_default()] {
        let shown = shown.to_string_lossy();
        if !shown.is_empty() {
            text = text.replace(&*shown, "{dir}");
        }
    }
    VOLATILE.iter().fold(text, |text, (pattern, by)| pattern.replace_all(&text, *by).into_owned())
}

#[test]
fn only_what_is_volatile_goes() {
    let version = env!("CARGO_PKG_VERSION");
    let before = format!(
        "/tmp/x/work/a.py\nleeward: 1 finding (1 high) in 2 files, 3 B, 0.03 s; 1 suppressed\nleeward {version}\n\
         {{\"version\": \"{version}\", \"started_at\": \"2026-01-01T00:00:00Z\"}}\n\"version\": \"2.1.0\"\nlasts 3 s"
    );
    let after = "{dir}/work/a.py\nleeward: 1 finding (1 high) in 2 files, 3 B, {seconds}; 1 suppressed\nleeward {version}\n\
         {\"version\": \"{version}\", \"started_at\": \"{time}\"}\n\"version\": \"2.1.0\"\nlasts 3 s";
    assert_eq!(scrub(&before, Path::new("/tmp/x")), after);
}
