//! The house rules, kept: what a reviewer would otherwise have to look for in every change.

mod dependencies;
mod rule_docs;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use leeward::rule::builtin;

use crate::support::top;

/// Longest file under `src/`, in lines.
const LONGEST: usize = 400;

/// Every Rust file under `src/` and `tests/`, by its path from the top with `/` as separator.
static FILES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    for directory in ["src", "tests"] {
        collect(&top().join(directory), directory, &mut files);
    }
    assert!(files.len() > 50, "the files are elsewhere");
    files
});

fn collect(directory: &Path, name: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).expect("a directory of ours") {
        let path = entry.expect("readable").path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &name, files);
        } else if name.ends_with(".rs") {
            files.insert(name, fs::read_to_string(&path).expect("text"));
        }
    }
}

/// The files under `src/` that are part of the program, without comments and without what only tests are made of.
fn shipped() -> BTreeMap<&'static str, String> {
    let tests_only: Vec<String> = FILES.iter().flat_map(|(path, text)| test_modules(path, text)).collect();
    let ours = |path: &str| {
        path.starts_with("src/")
            && !tests_only.iter().any(|m| path == format!("{m}.rs") || path.starts_with(&format!("{m}/")))
    };
    let code = |text: &str| -> String {
        let end = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        let lines = text[..end].lines();
        lines.filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
    };
    FILES.iter().filter(|(path, _)| ours(path)).map(|(path, text)| (path.as_str(), code(text))).collect()
}

/// Where the modules are that a file declares for its tests alone, without their ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let (directory, file) = path.rsplit_once('/').expect("below a directory");
    let base = match file {
        "mod.rs" | "lib.rs" | "main.rs" => directory.to_owned(),
        file => format!("{directory}/{}", file.trim_end_matches(".rs")),
    };
    let declared = text.split("#[cfg(test)]\nmod ").skip(1);
    let names = declared.filter_map(|rest| rest.split_once(';')).map(|(name, _)| name);
    names.filter(|name| !name.contains(char::is_whitespace)).map(|name| format!("{base}/{name}")).collect()
}

/// Fails with everything that is wrong, not only the first.
#[track_caller]
fn none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = FILES.iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path.clone());
    none("these files do not open with //!", &silent.collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    let long = FILES.iter().map(|(path, text)| (path, text.lines().count()));
    let long = long.filter(|(path, lines)| path.starts_with("src/") && *lines > LONGEST);
    let long: Vec<String> = long.map(|(path, lines)| format!("{path}: {lines} lines")).collect();
    none("these files are longer than 400 lines, so they are about more than one thing", &long);
}

#[test]
fn nothing_is_left_for_later() {
    // In parts, or this file would be found.
    let marks = [
        ["todo", "!("],
        ["dbg", "!("],
        ["unimplemented", "!("],
        ["FIX", "ME"],
        ["TO", "DO"],
        ["#[ign", "ore"],
    ];
    let mut left = Vec::new();
    for (path, text) in FILES.iter() {
        for (number, line) in (1..).zip(text.lines()) {
            for mark in marks.iter().map(|parts| parts.concat()).filter(|mark| line.contains(mark)) {
                left.push(format!("{path}:{number}: {mark}"));
            }
        }
    }
    none("these are left for later", &left);
}

#[test]
fn no_code_names_a_provider() {
    let rules = builtin::rules().expect("the embedded rules parse");
    let names: Vec<&str> = rules
        .iter()
        .filter_map(|rule| rule.provider.as_ref())
        .flat_map(|p| &p.names)
        .map(String::as_str)
        .collect();
    assert!(!names.is_empty());
    let mut wrong = Vec::new();
    for (path, code) in shipped() {
        // The list of embedded files is named for the providers, and is no more than that.
        let code = builtin::file_names().fold(code, |code, file| code.replace(file, ""));
        for line in code.lines() {
            if names.iter().any(|name| line.to_lowercase().contains(name)) {
                wrong.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    none("what is known of a provider belongs in rules/", &wrong);
}

#[test]
fn every_rule_file_is_embedded() {
    let mut there = Vec::new();
    for entry in fs::read_dir(top().join("rules")).expect("rules/ is there") {
        let path = entry.expect("readable").path();
        let text = fs::read_to_string(&path).expect("text");
        if path.extension().is_some_and(|ending| ending == "toml") && text.contains("\n[[rule]]") {
            there.push(format!("rules/{}", path.file_name().unwrap_or_default().to_string_lossy()));
        }
    }
    there.sort();
    let missing = there.iter().filter(|name| !builtin::file_names().any(|known| known == name.as_str()));
    let missing: Vec<String> =
        missing.map(|name| format!("(\"{name}\", include_str!(\"../../{name}\")),")).collect();
    none("these lines are missing in FILES of src/rule/builtin.rs", &missing);
    assert_eq!(builtin::file_names().collect::<Vec<_>>(), there, "FILES of src/rule/builtin.rs is sorted");
}
