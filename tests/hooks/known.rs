//! What was known before: a key that was a finding where it stands is not new, and a value that becomes one is, wherever it
//! stood.

use super::{Repo, line};
use crate::support::values::key;

/// A program that reads a key by a name that says nothing, and what it does with it.
const READER: &str = "\
import os
from mistralai import Mistral
client = Mistral(api_key=os.environ['LLM_KEY'])
";

impl Repo {
    /// Commits everything without asking anybody.
    fn put(&mut self, files: &[(&str, &str)]) {
        self.stage(files);
        self.git(&["commit", "--quiet", "--no-verify", "--message", "before"]);
    }

    fn stage(&mut self, files: &[(&str, &str)]) {
        for (path, content) in files {
            self.write(path, content);
        }
        self.git(&["add", "--all"]);
    }
}

#[test]
fn a_value_that_gets_a_name_is_new() {
    let mut repo = Repo::new();
    let bare = format!("id {}\n", key(2));
    repo.put(&[("n.txt", &bare)]);
    repo.stage(&[("n.txt", &line(2))]);
    repo.stops(&["commit", "-m", "named"], "n.txt:1:17");
    // Now it stands there by that name, and stops nothing more.
    repo.put(&[]);
    repo.stage(&[("n.txt", &(line(2) + "MORE=1\n"))]);
    repo.passes(&["commit", "-m", "more"]);
    // Bare again and named again.
    repo.stage(&[("n.txt", &bare)]);
    repo.passes(&["commit", "-m", "bare"]);
    repo.stage(&[("n.txt", &line(2))]);
    repo.stops(&["commit", "-m", "named once more"], "n.txt:1:17");
}

#[test]
fn a_value_whose_file_becomes_a_providers_is_new() {
    let mut repo = Repo::new();
    let generic = format!("API_KEY = '{}'\n", key(2));
    for (path, first, then) in [
        (
            "import.py",
            generic.clone(),
            format!("from mistralai import Mistral\n{generic}c = Mistral(api_key=API_KEY)\n"),
        ),
        ("host.py", generic.clone(), format!("{generic}URL = 'https://api.mistral.ai/v1/models'\n")),
        ("packed.txt", format!("{}\n", hex(&key(2))), format!("mistral_api_key = {}\n", hex(&key(2)))),
    ] {
        repo.put(&[(path, &first)]);
        repo.stage(&[(path, &then)]);
        repo.stops(&["commit", "-m", "told"], path);
        repo.put(&[]);
        repo.stage(&[(path, &format!("{then}\n"))]);
        repo.passes(&["commit", "-m", "a line more"]);
    }
}

/// Hex of a text: what stands encoded is judged where it is decoded.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_renamed_file_is_judged_by_what_it_was_and_where() {
    let mut repo = Repo::new();
    let rest = "ONE=1\nTWO=2\nTHREE=3\nFOUR=4\nFIVE=5\nSIX=6\nSEVEN=7\n";
    repo.put(&[("id.txt", &format!("X={}\n{rest}", key(2)))]);
    repo.git(&["mv", "id.txt", "s.env"]);
    repo.stage(&[("s.env", &(line(2) + rest))]);
    repo.stops(&["commit", "-m", "named"], "s.env:1:17");
    repo.put(&[]);
    repo.git(&["mv", "s.env", "t.env"]);
    repo.stage(&[("t.env", &(line(2) + rest + "EIGHT=8\n"))]);
    repo.passes(&["commit", "-m", "moved"]);
}

#[test]
fn a_comment_that_is_taken_away_leaves_a_new_key() {
    let mut repo = Repo::new();
    let accepted = format!("MISTRAL_API_KEY={} # leeward:ignore a sample\n", key(2));
    repo.put(&[("ig.sh", &accepted)]);
    repo.stage(&[("ig.sh", &(accepted.clone() + "X=1\n"))]);
    repo.passes(&["commit", "-m", "still accepted"]);
    repo.stage(&[("ig.sh", &line(2))]);
    repo.stops(&["commit", "-m", "no longer"], "ig.sh:1:17");
    // Nor does one help that gives no reason any more, or that moved to another value.
    repo.stage(&[("ig.sh", &format!("MISTRAL_API_KEY={} # leeward:ignore\n", key(2)))]);
    repo.stops(&["commit", "-m", "no reason"], "ig.sh:1:17");
    repo.stage(&[("ig.sh", &format!("{}MISTRAL_API_KEY={} # leeward:ignore a sample\n", line(2), key(3)))]);
    repo.stops(&["commit", "-m", "another one's"], "ig.sh:1:17");
    // One that is added to what stood there is heeded.
    repo.put(&[("ig.sh", &line(2))]);
    repo.stage(&[("ig.sh", &accepted)]);
    repo.attempt(&["commit", "-m", "accepted now"]).ends_with(0).says("1 accepted");
}

#[test]
fn a_file_that_moves_out_of_what_is_left_out_is_new() {
    let mut repo = Repo::new();
    repo.put(&[
        ("leeward.toml", "exclude = ['vendor/']\n"),
        ("vendor/k.env", &line(2)),
        ("vendor/sub/l.env", &line(3)),
    ]);
    repo.git(&["mv", "vendor/k.env", "k.env"]);
    repo.stops(&["commit", "-m", "moved"], "  k.env:1:17");
    repo.stage(&[("k.env", &(line(2) + "X=1\n"))]);
    repo.stops(&["commit", "-m", "moved and changed"], "  k.env:1:17");
    repo.git(&["reset", "--quiet", "--hard"]);
    repo.git(&["mv", "vendor", "ours"]);
    repo.stops(&["commit", "-m", "all of it"], "ours/sub/l.env:1:17");
    repo.git(&["reset", "--quiet", "--hard"]);
    repo.git(&["mv", "vendor/k.env", "vendor/m.env"]);
    repo.attempt(&["commit", "-m", "within"]).ends_with(0);
}

#[test]
fn code_that_arrives_makes_a_key_of_what_a_changed_file_held() {
    let mut repo = Repo::new();
    let settings = format!("LLM_KEY={}\n", key(2));
    repo.put(&[(".env", &settings), ("app.py", "import os\n")]);
    repo.stage(&[(".env", &(settings.clone() + "A=1\n")), ("app.py", READER)]);
    repo.stops(&["commit", "-m", "read"], ".env:1:9");
    // Both stood there: neither is new, whatever else changes in them, or in one of them.
    repo.put(&[]);
    repo.stage(&[(".env", &(settings.clone() + "B=1\n")), ("app.py", &format!("{READER}\nprint()\n"))]);
    repo.passes(&["commit", "-m", "both changed"]);
    repo.stage(&[(".env", &(settings.clone() + "C=1\n"))]);
    repo.passes(&["commit", "-m", "one changed"]);
    // A further value under that name is, and so is the same one under another that is read.
    repo.stage(&[(".env", &format!("LLM_KEY={}\n", key(3))), ("app.py", &format!("{READER}\nprint(1)\n"))]);
    repo.stops(&["commit", "-m", "another key"], ".env:1:9");
    repo.stage(&[
        (".env", &format!("{settings}OTHER_KEY={}\n", key(4))),
        ("app.py", &format!("{READER}\nsecond = Mistral(api_key=os.environ['OTHER_KEY'])\n")),
    ]);
    repo.stops(&["commit", "-m", "another name"], ".env:2:11");
}

#[test]
fn what_is_bound_in_code_that_changes_too_was_known() {
    let mut repo = Repo::new();
    let config = format!("LLM_TOKEN = '{}'\n", key(2));
    let app = "from mistralai import Mistral\nfrom config import LLM_TOKEN\nc = Mistral(api_key=LLM_TOKEN)\n";
    repo.put(&[("config.py", &config), ("app.py", app)]);
    repo.place.run(&["scan"]).ends_with(1).says("config.py:1:14");
    repo.stage(&[("config.py", &(config.clone() + "A = 1\n")), ("app.py", &format!("{app}print()\n"))]);
    repo.passes(&["commit", "-m", "both changed"]);
    // A further copy of it is new.
    repo.stage(&[
        ("config.py", &(config + "B = 1\n")),
        ("app.py", &format!("{app}print(1)\n")),
        ("copy.txt", &format!("{}\n", key(2))),
    ]);
    repo.stops(&["commit", "-m", "and a copy"], "copy.txt:1:1");
}

#[test]
fn a_copy_of_an_old_key_is_new_by_whatever_name() {
    let mut repo = Repo::new();
    let bare = format!("id {}\n", key(1));
    repo.put(&[("stood.txt", &bare)]);
    repo.stage(&[("base.env", &(line(1) + "A=1\n")), ("stood.txt", &(bare.clone() + "more\n"))]);
    repo.passes(&["commit", "-m", "both are known"]);
    repo.stage(&[("base.env", &(line(1) + "B=1\n")), ("stood.txt", &bare), ("copy.txt", &bare)]);
    repo.stops(&["commit", "-m", "a copy"], "  copy.txt:1:4");
    assert!(!repo.place.run(&["staged"]).out().contains("stood.txt:"), "it was there");
}

#[test]
fn a_merge_brings_nothing_new_that_a_parent_was_found_with() {
    let mut repo = Repo::new();
    let (bare, rest) = (format!("X={}\n", key(2)), "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    repo.put(&[("n.env", &format!("{bare}{rest}"))]);
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.put(&[("n.env", &format!("{}{rest}", line(2)))]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.put(&[("n.env", &format!("{bare}{rest}10\n"))]);
    repo.passes(&["merge", "--no-edit", "side"]);
    // What comes together only there, is.
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let generic = |first: &str, last: &str| format!("{first}{rest}{last}");
    repo.put(&[("m.py", &generic("import os\n", "pass\n"))]);
    repo.git(&["checkout", "--quiet", "-b", "import"]);
    repo.put(&[("m.py", &generic("from mistralai import Mistral\n", "pass\n"))]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.put(&[("m.py", &generic("import os\n", &format!("API_KEY = '{}'\n", key(3))))]);
    repo.stops(&["merge", "--no-edit", "import"], "m.py:11:12");
}
