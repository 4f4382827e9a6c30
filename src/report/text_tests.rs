//! The text report, as it is read.

use super::Report;
use super::sample;
use super::text::{TextOptions, write};
use crate::finding::{Confidence, Containment, LocationKind, Presence, Severity, State};
use crate::source::Issue;

fn text(report: &Report, options: TextOptions) -> String {
    let mut out = Vec::new();
    write(report, &options, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("reports are UTF-8")
}

fn plain(report: &Report) -> String {
    text(report, TextOptions::default())
}

/// The report of [`sample::full`].
const EVERYTHING: &str = r#"config/settings.py:112:20: mistral-api-key (critical severity, high confidence)
  112 | MISTRAL_API_KEY = "yP3S…ROMj"  # prod
      |                    ^^^^^^^^^
      = assigned to MISTRAL_API_KEY
      = the file imports the provider's client
      = asked the provider: active (it lists models)
      = in HEAD:
          first in 1a2b3c4d1a, 2025-11-20, Jo Field: Add the client
      = also in 12 more places:
          deploy/01.env:1:20
          deploy/02.env:2:20
          deploy/03.env:3:20
          deploy/04.env:4:20
          deploy/05.env:5:20
          deploy/06.env:6:20
          deploy/07.env:7:20
          deploy/08.env:8:20
          deploy/09.env:9:20
          deploy/10.env:10:20
          and 2 more

src/client.py:7:19: mistral-api-key in commit 1a2b3c4d1a (critical severity, high confidence)
  7 | client = Mistral("iwuT…LxRv")
    |                   ^^^^^^^^^
    = handed to the provider's constructor
    = not in HEAD any more:
        first in   1a2b3c4d1a, 2025-11-20, Jo Field: Add the client
        last in    9f8e7d6c9f, 2025-12-02, Jo Field: Format \x1b[2Jeverything
        removed in 0c1d2e3f0c, 2025-12-03, Jo Field: Read the key from the environment
    = exposed for 13 days, from 2025-11-20 to 2025-12-03
    = in main, origin/main and 3 more refs; pushed: known to be at origin
    = also in 2 more places:
        dist/app.zip > app/.env:2:1 in commit 1a2b3c4d1a
        demo.ipynb:31:1 in blob 7878787878, in cell 3, as base64

commit message of 5e4d3c2b5e:3:19: mistral-api-key (high severity, medium confidence)
  3 | key for the demo: eQz3…rvtc
    |                   ^^^^^^^^^
    = called a key of the provider
    = not in HEAD

What to do about mistral-api-key:
  1. Revoke the key in the provider's console: whoever saw it can still use it.
  2. Create a new one and keep it out of the repository.

Pushed, or handed on: iwuT…LxRv
  First delete the key at its provider, as said above: who has it keeps it, whatever is rewritten here.
  Then, if it shall go from the history too: every commit since gets another id, and everybody clones anew; push first what is only here and holds no other key. This takes git-filter-repo (pip install git-filter-repo):
      work=$(mktemp -d) && git -C "$(git rev-parse --show-cdup)" -c clone.defaultRemoteName=origin clone --mirror --no-local "$(git remote get-url --push origin)" "$work/copy.git"
      url=$(git --git-dir "$work/copy.git" remote get-url origin) && git --git-dir "$work/copy.git" for-each-ref --format='%(objectname)%09%(refname)' refs/heads refs/tags refs/notes >"$work/refs.txt"
      leeward history --quiet --write-expressions "$work/expressions.txt" --write-blobs "$work/blobs.txt" "$work/copy.git"
  In binary data and in archives nothing can be replaced: there, the version of the file goes whole.
      GIT_NO_REPLACE_OBJECTS=1 git -c safe.bareRepository=all -C "$work/copy.git" filter-repo --prune-empty never --replace-text "$work/expressions.txt" --replace-message "$work/expressions.txt" --strip-blobs-with-ids "$work/blobs.txt"
      rm "$work/expressions.txt"
  What `git replace` shows in place of something else goes by the old ids, and refs/replace/* are not kept: what is still needed of that is made anew by hand.
  Notes stay with the old ids. Where there are any, this gives them to the new commits, too:
      for notes in $(git --git-dir "$work/copy.git" for-each-ref --format='%(refname)' refs/notes/); do tail -n +2 "$work/copy.git/filter-repo/commit-map" | git --git-dir "$work/copy.git" notes --ref="$notes" copy --force --stdin; done
  When `leeward history "$work/copy.git"` finds nothing any more:
  Nobody may push from the first of these commands to the last: it would be overwritten. So this looks whether branches, tags and notes are still what was copied. If it shows any, nothing more is done: begin anew, with another copy.
      unchanged() { git --git-dir "$work/copy.git" for-each-ref --format='%(objectname)%09%(refname)' refs/heads refs/tags refs/notes >>"$work/refs.txt" && git ls-remote --refs "$url" 'refs/heads/*' 'refs/tags/*' 'refs/notes/*' >"$work/now.txt" && ! grep -vxF -f "$work/refs.txt" "$work/now.txt"; }
      unchanged && git --git-dir "$work/copy.git" push --force --prune "$url" 'refs/replace/*:refs/replace/*' && git --git-dir "$work/copy.git" push --force "$url" 'refs/*:refs/*'
  A forge refuses refs/pull/* (GitHub and others) or refs/merge-requests/* (GitLab), `! [remote rejected]`: they stay as they are. Where it refuses a branch or a tag, allow forced pushes to that for a while (it is protected, or receive.denyNonFastForwards is set, or it is checked out there). This sends what is left, and removes the copy once all of it went through:
      unchanged && git --git-dir "$work/copy.git" push --force "$url" 'refs/*:refs/*' '^refs/pull/*' '^refs/merge-requests/*' && rm -rf "$work"
  Forks, and what a forge keeps of pull and merge requests, have the key until those who run it drop them: ask its support.

Suppressed:
  docs/example.md:8:6: mistral-api-key, by the baseline: the example of the provider's own documentation

note: 2 entries matched nothing

Not scanned, or not wholly:
  object 9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a: named by a tree and not stored (missing-object)
  secret/dir: permission denied (unreadable)

leeward: INCOMPLETE: 3 findings (2 critical, 1 high) in 1,234 files, 87 commits, 5.2 MB, 0.03 s; 1 suppressed; 4 below medium confidence; 3 skipped (2 larger than 1 MB, 1 not a regular file); 2 issues; this is not the whole result
"#;

#[test]
fn everything_at_once() {
    assert_eq!(plain(&sample::full()), EVERYTHING);
}

#[test]
fn what_holds_it_is_named() {
    use Presence::{Gone, Head, Index};
    let stated = |state| Some(Containment { state: Some(state), ..Containment::default() });
    let table = [
        (Some(Head), stated(State::Pushed), Some("in HEAD")),
        (Some(Head), None, Some("in HEAD")),
        (Some(Index), None, Some("in the index, not in HEAD")),
        (Some(Index), stated(State::Pushed), Some("in the index, not in HEAD")),
        (Some(Index), stated(State::Staged), Some("in the index, and in no commit")),
        (Some(Gone), stated(State::Unpushed), Some("not in HEAD")),
        (Some(Gone), stated(State::Staged), Some("in the index of another work tree, and in no commit")),
        (None, None, None),
    ];
    for (presence, containment, expected) in table {
        let case = format!("{presence:?} {containment:?}");
        let mut report = sample::clean(1);
        let mut finding = sample::full().findings.swap_remove(2);
        finding.evidence.clear();
        (finding.presence, finding.containment) = (presence, containment);
        report.findings = vec![finding];
        let text = plain(&report);
        let said = text.lines().find_map(|line| line.trim_start().strip_prefix("= "));
        assert_eq!(said, expected, "{case}");
    }
}

#[test]
fn quiet_is_first_lines_and_says_nothing_of_a_clean_result() {
    let quiet = TextOptions { quiet: true, ..TextOptions::default() };
    assert_eq!(text(&sample::clean(3), quiet), "");
    let mut report = sample::full();
    report.findings.truncate(1);
    let all = text(&report, quiet);
    let lines: Vec<_> = all.lines().collect();
    assert_eq!(lines[0], "config/settings.py:112:20: mistral-api-key (critical severity, high confidence)");
    assert_eq!(lines[1], "Not scanned, or not wholly:");
    assert!(lines[4].starts_with("leeward: INCOMPLETE: 1 finding (1 critical) in"), "{all}");
    assert_eq!(lines.len(), 5, "{all}");
}

#[test]
fn the_last_line() {
    type Change = fn(&mut Report);
    let table: [(Change, &str); 8] = [
        (|_| {}, "no findings in 1 file, 4.2 kB, 0.03 s"),
        (|report| report.scan.coverage.files = 0, "no findings, nothing to scan, 0.03 s"),
        (
            |report| {
                report.scan.coverage.files = 0;
                report.scan.coverage.blobs = 12_000;
                report.scan.coverage.tags = 1;
                report.scan.coverage.refs = 2;
                report.scan.seconds = 61.0;
            },
            "no findings in 12,000 blobs, 1 tag, 2 refs, 4.2 kB, 1 min 1 s",
        ),
        (
            |report| report.scan.complete = false,
            "INCOMPLETE: no findings in 1 file, 4.2 kB, 0.03 s; this is not a clean result",
        ),
        (
            |report| {
                report.scan.complete = false;
                report.issues = vec![Issue::new("shallow", "a shallow clone")];
            },
            "INCOMPLETE: no findings in 1 file, 4.2 kB, 0.03 s; 1 issue; this is not a clean result",
        ),
        (
            |report| report.suppressed = sample::full().suppressed,
            "no findings in 1 file, 4.2 kB, 0.03 s; 1 suppressed",
        ),
        (
            |report| {
                report.scan.coverage.skipped = sample::full().scan.coverage.skipped;
                report.scan.coverage.skipped.truncate(1);
                report.scan.confidence = Confidence::High;
                report.scan.below_confidence = 1;
            },
            "no findings in 1 file, 4.2 kB, 0.03 s; 1 below high confidence; 2 skipped (larger than 1 MB)",
        ),
        (
            |report| {
                report.findings = sample::full().findings;
                report.findings[0].severity = Severity::Low;
            },
            "3 findings (1 critical, 1 high, 1 low) in 1 file, 4.2 kB, 0.03 s",
        ),
    ];
    for (change, expected) in table {
        let mut report = sample::clean(1);
        change(&mut report);
        let text = plain(&report);
        assert_eq!(text.lines().last(), Some(format!("leeward: {expected}").as_str()));
    }
}

#[test]
fn every_kind_of_place_has_a_name() {
    use LocationKind as Kind;
    let table = [
        (Kind::File, "a.py", "a.py:4:3: mistral-api-key ("),
        (Kind::Blob, "a.py", "a.py:4:3: mistral-api-key in blob abababab"),
        (Kind::Blob, "", "blob ababababab:4:3: mistral-api-key ("),
        (Kind::Index, "a.py", "a.py:4:3: mistral-api-key in the index ("),
        (Kind::Stdin, "", "<stdin>:4:3: mistral-api-key ("),
        (Kind::Path, "a/b", "a/b: mistral-api-key in the name ("),
        (Kind::Path, "", "file name in tree ababababab: mistral-api-key ("),
        (Kind::Symlink, "a/b", "a/b: mistral-api-key in the target of the link ("),
        (Kind::CommitMessage, "", "commit message of ababababab:4:3: mistral-api-key ("),
        (Kind::TagMessage, "", "message of tag ababababab:4:3: mistral-api-key ("),
        (Kind::Author, "", "author of ababababab: mistral-api-key ("),
        (Kind::Committer, "", "committer of ababababab: mistral-api-key ("),
        (Kind::Tagger, "", "tagger of tag ababababab: mistral-api-key ("),
        (Kind::Note, "", "note ababababab:4:3: mistral-api-key ("),
        (Kind::RefName, "refs/heads/x", "ref name refs/heads/x: mistral-api-key ("),
        (Kind::RefName, "", "ref name: mistral-api-key ("),
    ];
    for (kind, path, expected) in table {
        let mut location = sample::location(kind, path, 4, ["k=", "Ab…yz", ""]);
        location.blob = Some("ab".repeat(20));
        let mut report = sample::clean(1);
        report.findings = vec![sample::finding(&sample::secret(1), &[], location)];
        let text = plain(&report);
        assert!(text.starts_with(expected), "{kind:?}: {text}");
        let numbered = text.contains("\n  4 | k=Ab…yz\n    |   ^^^^^\n");
        assert!(numbered || text.contains("\n   | k=Ab…yz\n   |   ^^^^^\n"), "{text}");
        assert_eq!(numbered, expected.contains(":4:3"), "{text}");
    }
}

#[test]
fn a_path_is_shown_as_typed_and_a_repository_where_there_are_more() {
    let mut report = sample::clean(1);
    let mut location = sample::location(LocationKind::File, "a.py", 4, ["", "…", ""]);
    location.target = "../one".into();
    location.commit = Some(sample::commit("ab", "2026-01-01", ""));
    report.findings = vec![sample::finding(&sample::secret(1), &[], location)];
    report.scan.targets = vec!["../one".into(), "../two".into()];
    assert!(plain(&report).starts_with("a.py:4:1: mistral-api-key in commit ababababab, of ../one ("));
    report.findings[0].locations[0].shown = Some("../one/a.py".into());
    assert!(plain(&report).starts_with("../one/a.py:4:1: mistral-api-key in commit ababababab ("));
}

#[test]
fn the_line_fits_the_terminal_and_the_carets_its_mask() {
    let (long, wide) = ("x".repeat(100), "漢".repeat(30));
    // Before, after, cut on the left and right, width; the two lines without their gutters.
    let table = [
        ("k = ", " # b", false, false, Some(40), "k = Ab…yz # b", "    ^^^^^"),
        ("k = ", " # b", true, true, Some(40), "...k = Ab…yz # b...", "       ^^^^^"),
        (&long, "", false, false, Some(25), "...xxxxxxxxxxxAb…yz", "              ^^^^^"),
        ("", &long, false, false, Some(25), "Ab…yzxxxxxxxxxxx...", "^^^^^"),
        (&long, &long, false, false, Some(25), "...xxxxAb…yzxxxx...", "       ^^^^^"),
        ("k = ", &long, false, false, Some(25), "k = Ab…yzxxxxxxx...", "    ^^^^^"),
        (&wide, "", false, false, Some(25), "...漢漢漢漢漢Ab…yz", "             ^^^^^"),
        ("漢 = ", "", false, false, None, "漢 = Ab…yz", "     ^^^^^"),
        ("e\u{301} = ", "", false, false, None, "e\u{301} = Ab…yz", "    ^^^^^"),
        (&long, &long, true, true, Some(1), "Ab…yz", "^^^^^"),
    ];
    for (before, after, cut_left, cut_right, width, line, carets) in table {
        let mut location = sample::location(LocationKind::File, "a", 4, [before, "Ab…yz", after]);
        (location.excerpt.cut_left, location.excerpt.cut_right) = (cut_left, cut_right);
        let mut report = sample::clean(1);
        report.findings = vec![sample::finding(&sample::secret(1), &[], location)];
        let text = text(&report, TextOptions { width, ..TextOptions::default() });
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], format!("  4 | {line}"));
        assert_eq!(lines[2], format!("    | {carets}"));
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let coloured = text(&sample::full(), TextOptions { color: true, ..TextOptions::default() });
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain(&sample::full()));
}

#[test]
fn long_lists_end_with_a_count() {
    for (issues, listed, more) in [(20, 20, None), (21, 21, None), (22, 20, Some("  and 2 more"))] {
        let mut report = sample::clean(1);
        report.scan.complete = false;
        report.issues =
            (0..issues).map(|_| Issue::new("unreadable", "permission denied").at_path("a")).collect();
        let text = plain(&report);
        assert_eq!(text.matches("  a: permission denied (unreadable)\n").count(), listed);
        assert_eq!(text.lines().find(|line| line.contains("more")), more);
    }
}
