//! What git hands to `pre-push` and `pre-receive`.

use std::path::PathBuf;

use super::{Repo, git_in, line, put_hook};
use crate::support::{Ran, run};

/// A repository with a remote, `origin`, that has its `main`.
pub(super) struct Both {
    pub(super) repo: Repo,
    server: PathBuf,
}

impl Both {
    pub(super) fn new() -> Both {
        let mut repo = Repo::new();
        let server = repo.place.top().join("server.git");
        let path = server.to_str().expect("a plain path").to_owned();
        repo.git(&["init", "--quiet", "--bare", "--initial-branch=main", &path]);
        repo.git(&["remote", "add", "origin", &path]);
        repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
        Both { repo, server }
    }

    /// Commits a file without asking anybody.
    pub(super) fn commit(&mut self, path: &str, content: &str) {
        self.repo.write(path, content);
        self.repo.git(&["add", "--all"]);
        self.repo.git(&["commit", "--quiet", "--no-verify", "--message", path]);
    }

    /// The refs of the server.
    fn refs(&self) -> String {
        let home = self.repo.place.top().join("home");
        run(&mut git_in(&self.server, &home, &["for-each-ref"]), None).ends_with(0).out()
    }

    #[track_caller]
    pub(super) fn stops(&self, args: &[&str], place: &str) -> Ran {
        let before = self.refs();
        let ran = self.repo.attempt(args).ends_with(1).says("stopped this push").says(place);
        assert_eq!(self.refs(), before, "something was pushed");
        ran
    }

    #[track_caller]
    pub(super) fn passes(&self, args: &[&str], says: &str) {
        let before = self.refs();
        self.repo.attempt(args).ends_with(0).says(says);
        assert_ne!(self.refs(), before, "nothing was pushed");
    }
}

#[test]
fn a_push_is_judged_by_what_the_remote_lacks() {
    let mut both = Both::new();
    both.commit("a.txt", "a\n");
    both.passes(&["push", "origin", "main"], "no new keys in 1 blob, 1 commit");
    both.commit("b.env", &line(2));
    both.commit("b.env", "taken out again\n");
    both.stops(&["push", "origin", "main"], "b.env:1:17 in commit");
    // The remote has it now: it stops nothing any more.
    both.repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    both.commit("c.txt", "c\n");
    both.passes(&["push", "origin", "main"], "no new keys");
}

#[test]
fn a_value_that_becomes_a_key_on_the_way_is_not_sent() {
    let mut both = Both::new();
    put_hook(&both.server, "pre-receive");
    both.commit("n.txt", &format!("id {}\n", crate::support::values::key(2)));
    both.commit("n.txt", &line(2));
    both.stops(&["push", "origin", "main"], "n.txt:1:17");
    both.stops(&["push", "--no-verify", "origin", "main"], "n.txt:1:17");
    // The same where the other side has it bare.
    both.passes(&["push", "origin", "main~1:refs/heads/main"], "no new keys");
    both.stops(&["push", "origin", "main"], "n.txt:1:17");
    both.stops(&["push", "--no-verify", "origin", "main"], "n.txt:1:17");
}

#[test]
fn new_refs_deletions_and_several_refs() {
    let mut both = Both::new();
    both.passes(&["push", "origin", "main:refs/heads/same"], "no new keys");
    both.passes(&["push", "origin", ":refs/heads/same"], "nothing to judge");
    both.repo.git(&["checkout", "--quiet", "-b", "clean"]);
    both.commit("a.txt", "a\n");
    both.repo.git(&["checkout", "--quiet", "-b", "bad", "main"]);
    both.commit("b.env", &line(2));
    both.stops(&["push", "origin", "clean", "bad"], "b.env:1:17");
    both.stops(&["push", "origin", "clean", "bad", ":refs/heads/main"], "b.env:1:17");
    both.passes(&["push", "origin", "clean"], "no new keys");
    both.repo.git(&["tag", "-a", "v1", "-m", line(3).trim(), "main"]);
    both.stops(&["push", "origin", "v1"], "message of tag");
    let name = format!("main:refs/heads/mistral_key={}", crate::support::values::key(4));
    both.stops(&["push", "origin", &name], "ref name");
}

#[test]
fn a_remote_without_a_name_has_what_it_says_it_has() {
    let mut both = Both::new();
    both.commit("a.txt", "a\n");
    let path = both.server.to_str().expect("a plain path").to_owned();
    both.passes(&["push", &path, "main"], "no new keys in 1 blob, 1 commit");
    both.commit("b.env", &line(2));
    both.stops(&["push", &path, "main"], "b.env:1:17");
    // A remote follows that very place; its branches were not taken back there.
    both.repo.git(&["fetch", "--quiet", "origin"]);
    lacks(&both.stops(&["push", &path, "main:refs/heads/new"], "b.env:1:17"), "base.env");
    both.repo.git(&["remote", "add", "again", &path]);
    lacks(&both.stops(&["push", "again", "main:refs/heads/new"], "b.env:1:17"), "base.env");
    // One of them is not what the place says of itself: then that one is not believed, and the other is.
    both.repo.git(&["fetch", "--quiet", "again"]);
    both.repo.git(&["update-ref", "refs/remotes/again/main", "HEAD"]);
    lacks(&both.stops(&["push", &path, "main"], "b.env:1:17"), "base.env");
    // A new branch of a place that nothing is known of: all of it is judged.
    both.repo.git(&["remote", "remove", "again"]);
    both.repo.git(&["remote", "remove", "origin"]);
    both.stops(&["push", &path, "main:refs/heads/new"], "base.env:1:17");
}

#[test]
fn a_key_that_is_brought_back_is_new_whatever_other_branches_have() {
    let mut both = Both::new();
    put_hook(&both.server, "pre-receive");
    both.repo.git(&["push", "--quiet", "--no-verify", "origin", "main:other"]);
    both.commit("base.env", "taken out\n");
    both.passes(&["push", "origin", "main"], "no new keys");
    both.repo.git(&["revert", "--no-edit", "HEAD"]);
    both.stops(&["push", "origin", "main"], "base.env:1:17");
    both.repo.attempt(&["push", "--no-verify", "origin", "main"]).ends_with(1).says("base.env:1:17");
    // What the very branch had is none: it is made anew, and holds no more than before.
    both.repo.git(&["checkout", "--quiet", "-b", "side", "main~2"]);
    both.commit("base.env", &format!("# a comment\n{}", line(1)));
    both.passes(&["push", "origin", "side"], "no new keys");
    both.repo.git(&["commit", "--quiet", "--amend", "--no-verify", "--message", "again"]);
    both.passes(&["push", "--force", "origin", "side"], "no new keys");
    // A branch that goes on from another one has what that one has.
    both.repo.git(&["checkout", "--quiet", "main~1"]);
    both.repo.git(&["merge", "--quiet", "--no-edit", "--no-verify", "--strategy=ours", "side"]);
    both.passes(&["push", "origin", "HEAD:refs/heads/merged"], "no new keys");
}

/// A new bare repository.
fn bare(repo: &mut Repo, name: &str) -> String {
    let path = repo.place.top().join(name).to_str().expect("a plain path").to_owned();
    repo.git(&["init", "--quiet", "--bare", &path]);
    path
}

#[track_caller]
pub(super) fn lacks(ran: &Ran, text: &str) {
    assert!(!ran.err().contains(text), "{}", ran.err());
}

#[test]
fn what_is_pushed_elsewhere_than_it_is_fetched_from_is_not_there() {
    let mut both = Both::new();
    let elsewhere = bare(&mut both.repo, "elsewhere.git");
    // `origin` has key 1, and that place nothing.
    both.repo.attempt(&["push", "origin", "main:new"]).ends_with(0);
    both.repo.git(&["config", "remote.origin.pushurl", &elsewhere]);
    both.repo.attempt(&["push", "origin", "main"]).ends_with(1).says("base.env:1:17");
    both.repo.git(&["config", "--unset", "remote.origin.pushurl"]);
    let pushed = format!("remote.origin.pushurl={elsewhere}");
    both.repo.attempt(&["-c", &pushed, "push", "origin", "main:x"]).ends_with(1).says("base.env:1:17");
    // The same place under another name is the same one.
    let server = both.server.to_str().expect("a plain path").to_owned();
    let up = server.strip_suffix("server.git").expect("its name");
    both.repo.git(&["config", "remote.origin.url", "up:server.git"]);
    both.repo.git(&["config", &format!("url.{up}.insteadOf"), "up:"]);
    both.repo.attempt(&["push", "origin", "main:x"]).ends_with(0).says("no new keys in 1 ref");
    both.repo.git(&["config", &format!("url.{elsewhere}.pushInsteadOf"), "up:server.git"]);
    both.repo.attempt(&["push", "origin", "main:y"]).ends_with(1).says("base.env:1:17");
}

#[test]
fn a_mirror_that_is_fetched_from_is_not_the_place_that_is_pushed_to() {
    let mut both = Both::new();
    let server = both.server.to_str().expect("a plain path").to_owned();
    let mirror = bare(&mut both.repo, "mirror.git");
    both.repo.git(&["config", &format!("url.{mirror}.insteadOf"), &server]);
    both.commit("b.env", &line(2));
    // Both are pushed to the mirror, and what is there is fetched.
    both.repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    both.repo.git(&["fetch", "--quiet", "origin"]);
    both.repo.attempt(&["push", "origin", "main:same"]).ends_with(0).says("no new keys in 1 ref");
    both.repo.git(&["config", &format!("url.{server}.pushInsteadOf"), &server]);
    both.stops(&["push", "origin", "main:new"], "b.env:1:17").says("base.env:1:17");
    // What the place itself says holds.
    lacks(&both.stops(&["push", "origin", "main"], "b.env:1:17"), "base.env");
}

#[test]
fn a_remote_whose_name_begins_like_anothers_is_another() {
    let mut both = Both::new();
    let fork = bare(&mut both.repo, "fork.git");
    both.commit("b.env", &line(2));
    both.repo.git(&["remote", "add", "origin/fork", &fork]);
    both.repo.git(&["push", "--quiet", "--no-verify", "origin/fork", "main"]);
    both.repo.git(&["fetch", "--quiet", "origin/fork"]);
    both.repo.git(&["rev-parse", "refs/remotes/origin/fork/main"]);
    both.stops(&["push", "origin", "main:refs/heads/new"], "b.env:1:17");
    both.repo.attempt(&["push", "origin/fork", "main:refs/heads/new"]).ends_with(0);
}

#[test]
fn a_remote_is_followed_by_the_refs_that_its_refspec_names() {
    let mut both = Both::new();
    both.repo.git(&["config", "remote.origin.fetch", "+refs/heads/*:refs/other/*"]);
    both.repo.git(&["update-ref", "refs/other/main", "refs/remotes/origin/main"]);
    both.commit("b.env", &line(2));
    // Nothing that was fetched from there: somebody made it, or it is from another time.
    both.repo.git(&["update-ref", "refs/remotes/origin/mine", "HEAD"]);
    lacks(&both.stops(&["push", "origin", "main:refs/heads/new"], "b.env:1:17"), "base.env");
    both.repo.git(&["config", "--unset-all", "remote.origin.fetch"]);
    both.stops(&["push", "origin", "main:refs/heads/new"], "b.env:1:17").says("base.env");
    // What the remote says itself holds in any case.
    lacks(&both.stops(&["push", "origin", "main"], "b.env:1:17"), "base.env");
    // A mirror is fetched into what people make here.
    both.repo.git(&["config", "remote.origin.fetch", "+refs/*:refs/*"]);
    both.stops(&["push", "origin", "main:refs/heads/new"], "b.env:1:17");
}

#[test]
fn what_the_remote_says_of_itself_counts_before_what_was_fetched_from_it() {
    let mut both = Both::new();
    both.commit("b.env", &line(2));
    both.repo.git(&["push", "--quiet", "--no-verify", "origin", "main", "main:other"]);
    // Somebody set it back there.
    let home = both.repo.place.top().join("home");
    let before = both.repo.git(&["rev-parse", "main~1"]);
    run(&mut git_in(&both.server, &home, &["update-ref", "refs/heads/main", &before]), None).ends_with(0);
    both.stops(&["push", "origin", "main"], "b.env:1:17");
    // A branch is gone there, and followed here.
    run(&mut git_in(&both.server, &home, &["update-ref", "-d", "refs/heads/other"]), None).ends_with(0);
    both.stops(&["push", "origin", "main:other"], "b.env:1:17");
    // It is another server by now, which has nothing.
    let url = bare(&mut both.repo, "public.git");
    both.repo.git(&["remote", "set-url", "origin", &url]);
    both.repo.attempt(&["push", "origin", "main"]).ends_with(1).says("b.env:1:17");
}

#[test]
fn what_is_no_line_of_git_is_an_error() {
    let both = Both::new();
    for hook in ["pre-push", "pre-receive"] {
        let mut leeward = both.repo.place.leeward(&["hook", hook]);
        run(&mut leeward, Some(b"some words\n".to_vec()))
            .ends_with(2)
            .says("is not what git hands to this hook");
        let mut leeward = both.repo.place.leeward(&["hook", hook]);
        let unknown = "7".repeat(40);
        let zero = "0".repeat(40);
        let text = match hook {
            "pre-push" => format!("refs/heads/a {unknown} refs/heads/a {zero}\n"),
            _ => format!("{zero} {unknown} refs/heads/a\n"),
        };
        run(&mut leeward, Some(text.into_bytes())).ends_with(3).says("not all of it could be judged");
    }
}

#[test]
fn a_server_takes_no_key_in() {
    let mut both = Both::new();
    put_hook(&both.server, "pre-receive");
    both.commit("a.txt", "a\n");
    both.passes(
        &["push", "--no-verify", "origin", "main"],
        "remote: leeward: no new keys in 1 blob, 1 commit",
    );
    both.commit("b.env", &line(2));
    both.commit("b.env", "taken out again\n");
    both.stops(&["push", "--no-verify", "origin", "main"], "remote:   b.env:1:17 in commit")
        .says("Nothing was taken in");
    both.stops(&["push", "--no-verify", "origin", "main:refs/heads/x", "main:refs/heads/y"], "b.env:1:17");
    both.passes(&["push", "--no-verify", "origin", "main~2:refs/heads/old"], "remote: leeward: ");
    both.passes(&["push", "--no-verify", "origin", ":refs/heads/old"], "remote: leeward: nothing to judge");
}

#[test]
fn a_server_judges_what_is_packed_too() {
    let mut both = Both::new();
    put_hook(&both.server, "pre-receive");
    let home = both.repo.place.top().join("home");
    run(&mut git_in(&both.server, &home, &["config", "receive.unpackLimit", "1"]), None).ends_with(0);
    both.commit("b.env", &format!("{}{}", line(1), line(2)));
    both.stops(&["push", "--no-verify", "origin", "main"], "b.env:1:17");
}

#[test]
fn a_server_may_be_called_anything() {
    for name in ["one:two", "quo\"ted", "back\\slash", "\"both:of\\them\""] {
        let mut repo = Repo::new();
        let server = repo.place.top().join(name).join("server.git");
        let path = server.to_str().expect("a plain path").to_owned();
        repo.git(&["init", "--quiet", "--bare", &path]);
        put_hook(&server, "pre-receive");
        let url = format!("file://{path}");
        repo.attempt(&["push", "--no-verify", &url, "main"]).ends_with(1).says("stopped this push");
        repo.git(&["rm", "--quiet", "base.env"]);
        repo.git(&["commit", "--quiet", "--amend", "-m", "no key"]);
        repo.attempt(&["push", "--no-verify", &url, "main"]).ends_with(0).says("no new keys");
        // What is there already lies beside what is pushed.
        repo.write("more.txt", "more\n");
        repo.git(&["add", "."]);
        repo.git(&["commit", "--quiet", "-m", "more"]);
        repo.attempt(&["push", "--no-verify", &url, "main"]).ends_with(0).says("no new keys");
    }
}

#[test]
fn what_is_said_without_an_end_is_not_read_without_bound() {
    let repo = Repo::new();
    for hook in ["pre-push", "pre-receive"] {
        let mut leeward = repo.place.leeward(&["hook", hook]);
        let endless = std::fs::File::open("/dev/zero").expect("there");
        let mut child = leeward.stdin(endless);
        child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let ran = crate::support::wait(child.spawn().expect("the program can be started"));
        ran.ends_with(2).says("what stands on standard input is not what git hands to this hook");
    }
}

#[test]
fn a_file_that_is_renamed_is_no_reason_to_stop_a_push() {
    let mut both = Both::new();
    put_hook(&both.server, "pre-receive");
    both.repo.git(&["mv", "base.env", "renamed.env"]);
    both.repo.passes(&["commit", "-m", "renamed"]);
    both.passes(&["push", "origin", "main"], "no new keys in");
    both.repo.git(&["mv", "renamed.env", "again.env"]);
    both.commit("again.env", &(line(1) + &line(2)));
    both.stops(&["push", "origin", "main"], "again.env:2:17");
    both.repo.attempt(&["push", "--no-verify", "origin", "main"]).ends_with(1).says("again.env:2:17");
    both.repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    both.commit("copy.env", &line(1));
    both.stops(&["push", "origin", "main"], "copy.env:1:17");
}

#[test]
fn a_directory_is_the_remote_by_whatever_path_it_is_named() {
    let mut both = Both::new();
    both.commit("a.env", &line(2));
    both.repo.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let server = both.server.to_str().expect("a plain path").to_owned();
    let fork = bare(&mut both.repo, "other.git");
    for (number, url) in
        [format!("{server}/"), format!("file://{server}"), "../server.git".to_owned(), "../server".to_owned()]
            .iter()
            .enumerate()
    {
        both.commit("b.txt", &format!("{number}\n"));
        both.passes(&["push", url, "main"], "no new keys in 1 blob, 1 commit");
        both.repo.git(&["fetch", "--quiet", "origin"]);
    }
    both.repo.attempt(&["push", &format!("{fork}/"), "main"]).ends_with(1).says("a.env:1:17");
}

#[test]
fn a_tag_or_a_note_with_a_key_is_made_anew_and_no_commit_is() {
    let mut both = Both::new();
    put_hook(&both.server, "pre-receive");
    let message = line(2);
    both.repo.git(&["tag", "--annotate", "v1", "--message", message.trim()]);
    both.repo.git(&["notes", "add", "--message", message.trim()]);
    for (name, here, there) in [
        ("v1", "    git tag --force --annotate v1 'v1^{}'\n", "Make the tag anew"),
        ("refs/notes/commits", "    git update-ref refs/notes/commits ", "Take it out of the note"),
    ] {
        for (push, advice) in
            [(&["push", "origin", name][..], here), (&["push", "--no-verify", "origin", name], there)]
        {
            let said = both.repo.attempt(push).ends_with(1).says(advice).err();
            assert!(!said.contains("--amend") && !said.contains("out of the commits"), "{said}");
        }
    }
}
