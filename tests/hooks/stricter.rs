//! A change of what is judged, together with a change of files: what was no finding before, because nobody looked for it or
//! something accepted it, is new where the change brings it out.

use std::io::Write as _;

use super::line;
use super::moves::{commit, pushed, with_contents};
use crate::support::values::{key, secret};

/// Settings before and after, and the content of a file that those before say nothing of, with more text below it.
type Case = (&'static str, &'static str, fn(&str) -> Vec<u8>);

fn plain(more: &str) -> Vec<u8> {
    (line(2) + more).into_bytes()
}

/// A finding of medium confidence.
fn likely(more: &str) -> Vec<u8> {
    format!("from mistralai import Mistral\napi_key = '{}'\n{more}", key(2)).into_bytes()
}

fn commented(more: &str) -> Vec<u8> {
    format!("{} # leeward:ignore a sample\n{more}", line(2).trim()).into_bytes()
}

fn packed(more: &str) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&plain(more)).expect("memory");
    gzip.finish().expect("memory")
}

fn of_azure(more: &str) -> Vec<u8> {
    format!("AZURE_MISTRAL_API_KEY={}\n{more}", secret("azure-mistral-api-key", 2)).into_bytes()
}

/// What only a rule of one's own finds.
fn of_ones_own(more: &str) -> Vec<u8> {
    format!("acme_{}\n{more}", &key(2)[..20]).into_bytes()
}

const CASES: &[Case] = &[
    ("[rules]\ndisable = ['mistral-api-key']\n", "", plain),
    ("[rules]\nonly = ['mistral-api-key']\n", "[limits]\nmax-file-size = '1MB'\n", of_azure),
    ("[rules]\nfiles = ['narrow.toml']\n", "[rules]\nfiles = ['wide.toml']\n", of_ones_own),
    ("confidence = 'high'\n", "", likely),
    ("confidence = 'high'\n", "confidence = 'low'\n", likely),
    ("", "inline-ignores = false\n", commented),
    ("[limits]\nmax-file-size = '40B'\n", "", plain),
    ("[limits]\nmax-archive-depth = 0\n", "[limits]\nmax-archive-depth = 2\n", packed),
];

/// Files with a rule: what it finds by the first one is nowhere.
fn rules() -> [(&'static str, Vec<u8>); 2] {
    [("narrow.toml", "acme_no_[0-9]{20}"), ("wide.toml", "acme_[A-Za-z0-9]{20}")].map(|(file, pattern)| {
        let said = "id = 'acme'\ndescription = 'ours'\nseverity = 'high'\nconfidence = 'high'\n";
        (file, format!("[[rule]]\n{said}pattern = '{pattern}'\n").into_bytes())
    })
}

#[test]
fn what_was_not_judged_is_new_where_the_change_of_settings_brings_it_out() {
    for (before, after, content) in CASES {
        let text = |more: &str| content(more);
        let [narrow, wide] = rules();
        let settings = ("leeward.toml", before.as_bytes().to_vec());
        let mut repo = with_contents(&[settings, narrow, wide, ("k.env", text(""))]);
        repo.write("leeward.toml", after);
        repo.git(&["add", "--all"]);
        // What is not touched is for a scan.
        repo.attempt(&["hook", "run", "pre-commit"]).ends_with(0);
        repo.write("k.env", text("X=1\n"));
        repo.git(&["add", "--all"]);
        repo.stops(&["commit", "--message", "changed"], "  k.env");
        repo.write("k.env", text(""));
        repo.git(&["mv", "k.env", "moved.env"]);
        repo.git(&["add", "--all"]);
        repo.stops(&["commit", "--message", "moved"], "  moved.env");
        commit(&mut repo);
        // A server goes by what it has, which does not look for it yet.
        let [range, push, _] = pushed(&repo, &["main"]);
        assert_eq!([range, push], [Some(1); 2], "{before} {after}");
        repo.git(&["mv", "moved.env", "again.env"]);
        repo.passes(&["commit", "--message", "known by now"]);
    }
}

#[test]
fn what_only_other_files_tell_is_new_where_a_rule_comes_into_force() {
    let off = "[rules]\ndisable = ['mistral-api-key']\n";
    let names = format!("TOKEN = '{}'\n", key(2));
    let reads = "from mistralai import Mistral\nimport names\nclient = Mistral(api_key=names.TOKEN)\n";
    for (before, stopped) in [(off, 1), ("", 0)] {
        let mut repo = with_contents(&[("leeward.toml", before), ("names.py", &names), ("app.py", reads)]);
        repo.write("leeward.toml", "# nothing\n");
        repo.write("names.py", names.clone() + "X = 1\n");
        repo.write("app.py", reads.to_owned() + "x = 1\n");
        repo.git(&["add", "--all"]);
        repo.attempt(&["hook", "run", "pre-commit"]).ends_with(stopped);
        commit(&mut repo);
        let [range, push, _] = pushed(&repo, &["main"]);
        assert_eq!([range, push], [Some(stopped); 2], "{before}");
    }
}

#[test]
fn what_was_reported_before_stays_known_whatever_else_a_change_of_settings_asks_for() {
    let [narrow, wide] = rules();
    for (before, after) in [
        ("", "[rules]\nfiles = ['narrow.toml']\n"),
        ("[rules]\nfiles = ['narrow.toml']\n", "[rules]\nfiles = ['wide.toml']\n"),
        ("confidence = 'low'\n", "confidence = 'medium'\n"),
        ("confidence = 'high'\n", "confidence = 'low'\n"),
        ("[limits]\nmax-file-size = '1KB'\n", ""),
        ("inline-ignores = false\n", "[limits]\nmax-archive-depth = 9\n"),
        ("[rules]\nfiles = ['none.toml']\n", ""),
    ] {
        let settings = ("leeward.toml", before.as_bytes().to_vec());
        let mut repo = with_contents(&[settings, narrow.clone(), wide.clone(), ("k.env", plain(""))]);
        repo.write("leeward.toml", after);
        repo.write("base.env", line(1) + "X=1\n");
        repo.git(&["mv", "k.env", "moved.env"]);
        repo.git(&["add", "--all"]);
        repo.passes(&["commit", "--message", "moved"]);
        let [range, push, _] = pushed(&repo, &["main"]);
        assert_eq!([range, push], [Some(0); 2], "{before} {after}");
    }
}
