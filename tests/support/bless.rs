//! Files that are generated or expected: `BLESS=1 cargo test` writes them anew, a plain run tells how they are stale.

use std::fs;
use std::path::Path;

use similar::TextDiff;

/// Whether files are to be written rather than compared.
pub(crate) fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Compares a file with what it should hold, or writes it.
pub(crate) fn compare(path: &Path, actual: &str) -> Result<(), String> {
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == actual && path.exists() {
        return Ok(());
    }
    if blessing() {
        return fs::write(path, actual).map_err(|error| format!("{}: {error}", path.display()));
    }
    let name = path.strip_prefix(super::top()).unwrap_or(path).display().to_string();
    let diff = TextDiff::from_lines(&expected, actual);
    let diff = diff.unified_diff().context_radius(3).header(&name, "what it would be now").to_string();
    Err(format!("{name} is stale. If the change is meant, write it with BLESS=1 cargo test.\n{diff}"))
}

#[test]
fn a_stale_file_is_told_with_the_difference() {
    if blessing() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("expected");
    assert!(compare(&path, "").is_err(), "a missing file is stale, even when nothing is expected");
    fs::write(&path, "one\ntwo\n").expect("a file of ours");
    assert_eq!(compare(&path, "one\ntwo\n"), Ok(()));
    let told = compare(&path, "one\nthree\n").expect_err("stale");
    assert!(told.contains("BLESS=1") && told.contains("-two\n+three\n"), "{told}");
}
