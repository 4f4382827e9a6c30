//! What is read of a configuration, and what is said of one that cannot be.

use std::path::PathBuf;

use super::Located;
use super::file::parse;
use crate::finding::Confidence;

#[test]
fn a_file_with_everything_is_read() {
    let hash = "Ab".repeat(32);
    let text = format!(
        "exclude = ['vendor/', '*.lock']\nconfidence = 'high'\ninline-ignores = false\nbaseline = 'b.txt'\n\
         [rules]\nbuiltin = false\nfiles = ['r.toml']\nonly = ['a']\ndisable = ['b']\n\
         [limits]\nmax-file-size = '10MB'\nmax-archive-depth = 1\n\
         [[allow]]\nsha256 = '{hash}'\nreason = ' a sample '\n[[allow]]\nsha256 = '{hash}'\nreason = 'x'\nrule = 'a'\n"
    );
    let config = parse("c", &text).expect("well-formed");
    assert!(config.exclude.matches("vendor/a/b".into()) && config.exclude.matches("x/uv.lock".into()));
    assert_eq!(config.confidence, Some(Located { value: Confidence::High, line: 2 }));
    assert_eq!(config.inline_ignores, Some(Located { value: false, line: 3 }));
    assert_eq!(config.baseline, Some(Located { value: "b.txt".into(), line: 4 }));
    assert_eq!(config.builtin_rules, Some(Located { value: false, line: 6 }));
    assert_eq!(config.rule_files, [Located { value: PathBuf::from("r.toml"), line: 7 }]);
    assert_eq!(config.only_rules, [Located { value: "a".to_owned(), line: 8 }]);
    assert_eq!(config.disabled_rules, [Located { value: "b".to_owned(), line: 9 }]);
    assert_eq!(config.max_file_size, Some(Located { value: 10_000_000, line: 11 }));
    assert_eq!(config.max_archive_depth, Some(Located { value: 1, line: 12 }));
    assert_eq!(config.allow[0].sha256, hash.to_lowercase());
    assert_eq!((config.allow[0].reason.as_str(), config.allow[0].line), ("a sample", 14));
    assert_eq!(config.allow[1].rule.as_deref(), Some("a"));
    assert_eq!(
        parse("c", "limits.max-file-size = 512").expect("a number").max_file_size.map(|s| s.value),
        Some(512)
    );
    assert!(parse("c", "").expect("nothing is said").allow.is_empty());
}

#[test]
fn mistakes_are_named_with_their_place() {
    let hash = "ab".repeat(32);
    for (text, expected) in [
        ("\nexlude = []", "c:2:1: unknown key 'exlude', did you mean 'exclude'?"),
        ("[rules]\n built-in = true", "c:2:2: unknown key 'built-in', did you mean 'builtin'?"),
        ("[limits]\nmax_file_size = 1", "c:2:1: unknown key 'max_file_size', did you mean 'max-file-size'?"),
        ("[allows]\n", "c:1:2: unknown key 'allows', did you mean 'allow'?"),
        ("qqq = 1", "c:1:1: unknown key; there are exclude, confidence,"),
        ("confidence = 'hihg'", "c:1:14: unknown word 'hihg', did you mean 'high'?"),
        ("confidence = 'zzz'", "c:1:14: unknown word; there are low, medium, high"),
        ("exclude = ['a', 'b{c']", "c:1:17: 'exclude' has a pattern that cannot be used: unclosed alternate"),
        ("exclude = ['[a']", "c:1:12: 'exclude' has a pattern that cannot be used: unclosed character class"),
        ("exclude = ['']", "c:1:12: 'exclude' has a pattern that cannot be used: it is empty"),
        ("exclude = ['# a']", "c:1:12: 'exclude' has a pattern that cannot be used: it is a comment"),
        ("exclude = ['../a']", "c:1:12: 'exclude' has a pattern that cannot be used: it leads"),
        ("baseline = ' '", "c:1:12: 'baseline' takes the name of a file"),
        ("limits.max-file-size = -1", "c:1:24: a number of bytes is not negative"),
        ("limits.max-file-size = 'lots'", "c:1:24: it is a number of bytes with an optional unit"),
        ("limits.max-file-size = true", "c:1:24: this should be a number of bytes, or a text such as"),
        ("limits.max-file-size = 0", "c:1:24: 'max-file-size': it would leave out every file"),
        ("[limits]\nmax-file-size = '0MB'", "c:2:17: 'max-file-size': it would leave out every file"),
        ("[[allow]]\nsha256 = 'abc'\nreason = 'x'", "c:2:10: 'sha256' takes the SHA-256 of the value"),
        ("a = 1\n\n[[allow]]\nreason = 'x'", "c:1:1: unknown key"),
        ("baseline = 'b'\n\n[[allow]]\nreason = 'x'", "c:3:1: this [[allow]] has no 'sha256'"),
        (
            &format!("\n[[allow]]\nsha256 = '{hash}'\nreason = 'x'\n\n[[allow]]\nsha256 = '{hash}'\n"),
            "c:6:1: this [[allow]] has no 'reason'",
        ),
        ("allow = [{ sha256 = 'a' }]", "c:1:10: this [[allow]] has no 'reason'"),
        (&format!("[[allow]]\nsha256 = '{hash}'\nreason = ' '"), "c:3:10: 'reason' says why, and is empty"),
        ("exclude = [", "c:1:"),
        ("a = 1\na = 2", "c:2:1: duplicate key"),
    ] {
        let error = parse("c", text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
        assert!(!error.contains('\n'), "{text:?}: {error}");
    }
}

#[test]
fn values_of_another_kind_are_told_what_they_should_be() {
    for (text, expected) in [
        ("confidence = 3", "c:1:14: this should be a text in quotes"),
        ("confidence = ['high']", "c:1:14: this should be a text in quotes"),
        ("inline-ignores = 'yes'", "c:1:18: this should be true or false"),
        ("baseline = 1", "c:1:12: this should be a text in quotes"),
        ("rules = 1", "c:1:9: this should be a table"),
        ("rules = []", "c:1:9: this should be a table"),
        ("limits = 'x'", "c:1:10: this should be a table"),
        ("allow = 1", "c:1:9: this should be a list in brackets"),
        ("allow = [1]", "c:1:10: this should be a table"),
        ("exclude = [1]", "c:1:12: this should be a text in quotes"),
        ("[rules]\ndisable = 'a'", "c:2:11: this should be a list in brackets"),
        ("[rules]\nonly = []", "c:2:8: 'only' names no rule"),
        ("[rules]\nonly = 'a'", "c:2:8: this should be a list in brackets"),
        ("exclude = 'vendor'", "c:1:11: this should be a list in brackets, such as [\"a\", \"b\"]"),
        ("limits.max-archive-depth = 256", "c:1:28: this should be a whole number from 0 to 255"),
        ("limits.max-archive-depth = -1", "c:1:28: this should be a whole number from 0 to 255"),
        ("limits.max-archive-depth = 1.5", "c:1:28: this should be a whole number from 0 to 255"),
        ("limits.max-archive-depth = '3'", "c:1:28: this should be a whole number from 0 to 255"),
    ] {
        let error = parse("c", text).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
}

#[test]
fn what_was_written_is_not_repeated() {
    // Not of the form that is masked on the way to a terminal.
    let secret = "s3cr-t-w0rd-xyz";
    for text in [
        format!("{secret} = 1"),
        format!("[{secret}]"),
        format!("confidence = '{secret}'"),
        format!("confidence = 'high{secret}'"),
        format!("inline-ignores = '{secret}'"),
        format!("exclude = '{secret}'"),
        format!("exclude = ['{secret}[']"),
        format!("baseline = ['{secret}']"),
        format!("rules = '{secret}'"),
        format!("rules.{secret} = 1"),
        format!("limits.max-file-size = '{secret}'"),
        format!("limits.max-archive-depth = '{secret}'"),
        format!("[[allow]]\nsha256 = '{secret}'\nreason = 'x'"),
        format!("exclude = [{secret}]"),
        format!("exclude = '{secret}"),
        secret.to_owned(),
        format!("'{secret}' = 1\n'{secret}' = 2"),
    ] {
        let error = parse("c", &text).expect_err(&text).to_string();
        assert!(!error.contains(secret), "{text:?}: {error}");
    }
}
