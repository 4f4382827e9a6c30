//! Builds the repository: every place of content, names, people and messages that git has.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::{From, Hidden};
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{command, run};

/// The repository, in `work/`, and what is hidden in it.
pub(crate) struct Hiding {
    pub(super) place: Place,
    pub(super) hidden: Vec<Hidden>,
    next: usize,
}

impl Hiding {
    /// Builds it with `git init`'s options.
    pub(crate) fn new(init: &[&str]) -> Hiding {
        let mut hiding = Hiding { place: Place::new(), hidden: Vec::new(), next: 0 };
        hiding.git(&[&["init", "--quiet", "--initial-branch=main", "--template="], init].concat());
        hiding.write("README", "nothing to see\n");
        hiding.commit("start");
        hiding.files();
        hiding.names();
        hiding.people_and_messages();
        hiding.merges();
        hiding.tags();
        hiding.refs();
        hiding.notes();
        hiding.replaced_and_grafted();
        hiding.linked_worktree();
        hiding.stashes();
        hiding.unreachable();
        hiding.staged();
        hiding.traps();
        hiding
    }

    /// How many keys there are.
    pub(super) fn keys(&self) -> usize {
        self.next
    }

    /// The top of the work tree.
    pub(super) fn top(&self) -> PathBuf {
        self.place.work()
    }

    /// A line with a key of its own, which will be found as is said here.
    fn hide(
        &mut self,
        what: &'static str,
        kind: &'static str,
        path: Option<&str>,
        line: u64,
        commit: Option<&'static str>,
        from: From,
    ) -> String {
        self.next += 1;
        let path = path.map(str::to_owned);
        self.hidden.push(Hidden { what, key: self.next, kind, path, line, commit, from });
        format!("MISTRAL_API_KEY={}", key(self.next))
    }

    /// The same for the first line of a file that a commit on a branch adds.
    fn in_file(&mut self, what: &'static str, path: &str) -> String {
        self.hide(what, "blob", Some(path), 1, Some(what), From::Ref) + "\n"
    }

    /// The path of what was hidden last is known only when it is.
    fn found_at(&mut self, path: &str) {
        self.hidden.last_mut().expect("something is hidden").path = Some(path.to_owned());
    }

    fn git(&mut self, args: &[&str]) -> String {
        self.place.git(args).out().trim_end().to_owned()
    }

    /// Runs git with other people.
    fn git_as(&mut self, people: &[(&str, &str)], args: &[&str]) {
        let mut git = command("git", &self.top(), &self.place.top().join("home"));
        let date = "2024-04-01T12:00:00+00:00";
        git.envs([("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_DATE", date)]);
        git.envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.org")]);
        git.envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.org")]);
        git.envs(people.iter().copied());
        run(git.args(args), None).ends_with(0);
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        self.place.write(path, content);
    }

    fn commit(&mut self, message: &str) -> String {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Stores an object that git would not make like that.
    fn object(&mut self, kind: &str, content: &str) -> String {
        let file = self.place.top().join("object");
        fs::write(&file, content).expect("a file of ours");
        self.git(&["hash-object", "-t", kind, "-w", "--literally", &file.to_string_lossy()])
    }

    fn files(&mut self) {
        let line = self.hide("file", "blob", Some("head.env"), 3, Some("file"), From::Ref);
        self.write("head.env", format!("# one\n# two\n{line}\n"));
        self.commit("file");
        let line = self.in_file("deleted file", "gone.env");
        self.write("gone.env", line);
        self.commit("deleted file");
        fs::remove_file(self.top().join("gone.env")).expect("it is there");
        self.commit("deletes it");
        let line = self.in_file("file without diff", "quiet.env");
        self.write("quiet.env", line);
        self.write(".gitattributes", "quiet.env -diff\n*.bin binary\n*.conv diff=conv filter=conv\n");
        self.commit("file without diff");
        let line = self.in_file("file with text conversion", "a.conv");
        self.write("a.conv", line);
        self.commit("file with text conversion");
        let line = self.hide("bytes", "blob", Some("b.bin"), 2, Some("bytes"), From::Ref);
        self.write("b.bin", format!("\0\n\0\0{line}\n\0"));
        self.commit("bytes");
        let line = self.in_file("UTF-16", "wide.txt");
        let wide: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.write("wide.txt", [b"\xff\xfe".as_slice(), &wide].concat());
        self.commit("UTF-16");
        let odd = "a b/\u{fc}/q\"uo\nte/k.env";
        let line = self.in_file("odd path", odd);
        self.write(odd, line);
        self.commit("odd path");
        let line = self.in_file("executable", "run.sh");
        self.write("run.sh", line);
        fs::set_permissions(self.top().join("run.sh"), fs::Permissions::from_mode(0o755)).expect("ours");
        self.commit("executable");
        self.write("old.txt", "line\n".repeat(50));
        self.commit("to be renamed");
        fs::rename(self.top().join("old.txt"), self.top().join("new.txt")).expect("it is there");
        let line = self.hide(
            "rename with a change",
            "blob",
            Some("new.txt"),
            51,
            Some("rename with a change"),
            From::Ref,
        );
        self.write("new.txt", "line\n".repeat(50) + &line + "\n");
        self.commit("rename with a change");
        symlink("nowhere", self.top().join("type")).expect("a new link");
        self.commit("to change its type");
        fs::remove_file(self.top().join("type")).expect("it is there");
        let line = self.in_file("link that became a file", "type");
        self.write("type", line);
        self.commit("link that became a file");
    }

    fn names(&mut self) {
        let line = self.hide("file name", "path", None, 1, Some("file name"), From::Ref);
        self.found_at(&format!("sub/{line}.txt"));
        self.write(&format!("sub/{line}.txt"), "x\n");
        self.commit("file name");
        let line = self.hide("directory name", "path", None, 1, Some("directory name"), From::Ref);
        self.found_at(&line);
        self.write(&format!("{line}/deep/file"), "y\n");
        self.commit("directory name");
        let line = self.hide("link target", "symlink", Some("sub/link"), 1, Some("link target"), From::Ref);
        symlink(line, self.top().join("sub/link")).expect("a new link");
        self.commit("link target");
        let line = self.hide("submodule path", "path", None, 1, Some("submodule path"), From::Ref);
        self.found_at(&line);
        let head = self.git(&["rev-parse", "HEAD"]);
        self.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},{line}")]);
        self.git(&["commit", "--quiet", "--message", "submodule path"]);
        fs::create_dir(self.top().join(line)).expect("an empty directory stands for it");
    }

    fn people_and_messages(&mut self) {
        let line = self.hide("subject", "commit-message", None, 1, None, From::Ref);
        let subject: &'static str = line.clone().leak();
        self.hidden.last_mut().expect("it is hidden").commit = Some(subject);
        self.commit(subject);
        let line = self.hide("body", "commit-message", None, 4, Some("body"), From::Ref);
        self.commit(&format!("body\n\nwords\n{line}\n"));
        for (what, variable) in [
            ("author", "GIT_AUTHOR_NAME"),
            ("author address", "GIT_AUTHOR_EMAIL"),
            ("committer", "GIT_COMMITTER_NAME"),
            ("committer address", "GIT_COMMITTER_EMAIL"),
        ] {
            let kind = what.split(' ').next().unwrap_or(what);
            let line = self.hide(what, kind, None, 1, Some(what), From::Ref);
            self.git_as(&[(variable, &line)], &["commit", "--quiet", "--allow-empty", "-m", what]);
        }
        let tree = self.git(&["rev-parse", "HEAD^{tree}"]);
        let parent = self.git(&["rev-parse", "HEAD"]);
        let start = format!("tree {tree}\nparent {parent}");
        let person = "Ada <ada@example.org> 1712000000 +0000";
        let line = self.hide("header", "commit-message", None, 2, Some("header"), From::Ref);
        let header = format!(
            "{start}\nauthor {person}\ncommitter {person}\nencoding latin-1\nnote-to-self {line}\n\nheader\n"
        );
        let id = self.object("commit", &header);
        self.git(&["update-ref", "refs/heads/header", &id]);
        for (what, line_of, header) in [
            ("encoding", 1, "encoding KEY\n"),
            ("signature", 3, "gpgsig -----BEGIN PGP SIGNATURE-----\n \n KEY\n -----END PGP SIGNATURE-----\n"),
            (
                "merged tag",
                6,
                "mergetag object ID\n type commit\n tag v0\n tagger Ada <a@b> 1 +0000\n \n KEY\n",
            ),
        ] {
            let line = self.hide(what, "commit-message", None, line_of, Some(what), From::Ref);
            let header = header.replace("KEY", &line).replace("ID", &parent);
            let id = self.object(
                "commit",
                &format!("{start}\nauthor {person}\ncommitter {person}\n{header}\n{what}\n"),
            );
            self.git(&["update-ref", &format!("refs/heads/{}", what.replace(' ', "-")), &id]);
        }
        let line = self.hide("after NUL", "commit-message", None, 3, Some("after NUL"), From::Ref);
        let hidden = format!("{start}\nauthor {person}\ncommitter {person}\n\nafter NUL\n\n\0{line}\n");
        let id = self.object("commit", &hidden);
        self.git(&["update-ref", "refs/heads/after-nul", &id]);
    }

    fn merges(&mut self) {
        for (what, sides) in [("merge", &["one"][..]), ("octopus", &["two", "three"])] {
            for side in sides {
                self.git(&["checkout", "--quiet", "-b", side]);
                self.write(&format!("{side}.txt"), side);
                self.commit(side);
                self.git(&["checkout", "--quiet", "main"]);
            }
            self.commit(&format!("before the {what}"));
            self.git(&[&["merge", "--quiet", "--no-ff", "--no-commit"], sides].concat());
            let path = format!("{what}.env");
            let line = self.in_file(what, &path);
            self.write(&path, line);
            self.commit(what);
            fs::remove_file(self.top().join(&path)).expect("it is there");
            self.commit(&format!("after the {what}"));
        }
        self.git(&["checkout", "--quiet", "-b", "lost"]);
        let line = self.in_file("side that a merge dropped", "lost.env");
        self.write("lost.env", line);
        self.commit("side that a merge dropped");
        self.git(&["checkout", "--quiet", "main"]);
        self.commit("before the merge that drops");
        self.git(&["merge", "--quiet", "--strategy=ours", "--message=drops", "lost"]);
        self.git(&["branch", "--quiet", "-D", "lost"]);
        self.git(&["checkout", "--quiet", "--orphan", "root"]);
        self.git(&["rm", "-rfq", "."]);
        let line = self.in_file("another root", "root.env");
        self.write("root.env", line);
        self.commit("another root");
        self.git(&["checkout", "--quiet", "--force", "main"]);
    }

    fn tags(&mut self) {
        self.commit("tagged");
        let line = self.hide("tag", "tag-message", None, 3, Some("tagged"), From::Ref);
        self.git(&["tag", "--annotate", "--message", &format!("one\n\n{line}"), "v1"]);
        let line = self.hide("tagger", "tagger", None, 1, Some("tagged"), From::Ref);
        self.git_as(&[("GIT_COMMITTER_NAME", &line)], &["tag", "--annotate", "--message=m", "v2"]);
        let line = self.hide("tag in a tag", "tag-message", None, 1, Some("tagged"), From::Ref);
        self.git(&["tag", "--annotate", "--message", &line, "inner"]);
        self.git(&["tag", "--annotate", "--message=outer", "outer", "inner"]);
        self.git(&["tag", "--delete", "inner"]);
        let line = self.hide("tagged blob", "blob", None, 1, None, From::Ref);
        let blob = self.object("blob", &line);
        self.git(&["tag", "--annotate", "--message=of a blob", "blob", &blob]);
        let line = self.hide("tagged tree", "blob", Some("in/tree.env"), 1, None, From::Ref);
        let tree = self.tree("tree.env", &line);
        self.git(&["tag", "tree", &tree]);
    }

    /// A tree with a directory `in` with a file.
    fn tree(&mut self, name: &str, content: &str) -> String {
        let blob = self.object("blob", content);
        let index = self.place.top().join("other-index");
        let git = |args: &[&str]| {
            let mut git = command("git", &self.place.work(), &self.place.top().join("home"));
            run(git.env("GIT_INDEX_FILE", &index).args(args), None).ends_with(0).out().trim_end().to_owned()
        };
        git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},in/{name}")]);
        let tree = git(&["write-tree"]);
        fs::remove_file(&index).expect("it was made");
        tree
    }

    fn refs(&mut self) {
        for (what, space) in [
            ("branch name", "refs/heads/"),
            ("light tag name", "refs/tags/"),
            ("remote branch name", "refs/remotes/origin/"),
            ("other ref name", "refs/x/y/z/"),
        ] {
            let line = self.hide(what, "ref-name", None, 1, None, From::Name);
            self.git(&["update-ref", &format!("{space}{line}"), "main"]);
        }
        let line = self.hide("branch that a symbolic ref names", "ref-name", None, 1, None, From::Name);
        self.git(&["symbolic-ref", "refs/remotes/origin/HEAD", &format!("refs/remotes/origin/{line}")]);
        let line = self.in_file("pull request", "pull.env");
        self.write("pull.env", line);
        let id = self.commit("pull request");
        self.git(&["update-ref", "refs/pull/9/head", &id]);
        self.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }

    fn notes(&mut self) {
        let head = self.git(&["rev-parse", "HEAD"]);
        for (what, space) in [("note", "refs/notes/commits"), ("note elsewhere", "refs/notes/builds")] {
            let subject = Some("Notes added by 'git notes add'");
            let line = self.hide(what, "note", Some(&head), 1, subject, From::Ref);
            self.git(&["notes", "--ref", space, "add", "--message", &line]);
        }
    }

    fn replaced_and_grafted(&mut self) {
        let line = self.in_file("replaced commit", "replaced.env");
        self.write("replaced.env", line);
        let hidden = self.commit("replaced commit");
        let line = self.in_file("commit in its place", "in/instead.env");
        let tree = self.tree("instead.env", &line);
        let instead = self.git(&["commit-tree", &tree, "-p", "HEAD~1", "-m", "commit in its place"]);
        fs::remove_file(self.top().join("replaced.env")).expect("it is there");
        self.commit("after the replaced commit");
        let line = self.in_file("commit cut off by a graft", "grafted.env");
        self.write("grafted.env", line);
        self.commit("commit cut off by a graft");
        fs::remove_file(self.top().join("grafted.env")).expect("it is there");
        let child = self.commit("after the commit cut off");
        let base = self.git(&["rev-parse", "HEAD~2"]);
        self.git(&["replace", &hidden, &instead]);
        self.write(".git/info/grafts", format!("{child} {base}\n"));
    }

    fn linked_worktree(&mut self) {
        let linked = self.place.top().join("linked");
        self.git(&["worktree", "add", "--quiet", "--detach", &linked.to_string_lossy()]);
        let line = self.in_file("HEAD of a linked worktree", "linked.env");
        fs::write(linked.join("linked.env"), line).expect("a file of ours");
        let at = linked.to_string_lossy().into_owned();
        self.git(&["-C", &at, "add", "linked.env"]);
        self.git(&["-C", &at, "commit", "--quiet", "--message", "HEAD of a linked worktree"]);
        let line = self.hide("ref name of a linked worktree", "ref-name", None, 1, None, From::Name);
        self.git(&["-C", &at, "update-ref", &format!("refs/worktree/{line}"), "main"]);
    }

    fn stashes(&mut self) {
        // The first is pushed down by the second, and only the reflog names it then.
        for (number, from) in [(1, From::Nowhere), (2, From::Ref)] {
            let names = match number {
                1 => ["older stash", "index of an older stash", "untracked in an older stash"],
                _ => ["stash", "index of a stash", "untracked in a stash"],
            };
            let messages = match number {
                1 => ["On main: s1", "index on main: tip 1", "untracked files on main: tip 1"],
                _ => ["On main: s2", "index on main: tip 2", "untracked files on main: tip 2"],
            };
            self.write(&format!("work-{number}"), "as committed\n");
            self.write(&format!("index-{number}"), "as committed\n");
            self.git(&["add", "--all", "--force"]);
            self.git(&["commit", "--quiet", "--message", &format!("tip {number}")]);
            let short = self.git(&["rev-parse", "--short", "HEAD"]);
            for (at, file) in ["work", "index", "new"].iter().enumerate() {
                // The message of a stash names the commit that it is on.
                let subject = messages[at].replace(": tip", &format!(": {short} tip"));
                let path = format!("{file}-{number}");
                let line = self.hide(names[at], "blob", Some(&path), 1, Some(subject.leak()), from);
                self.write(&path, line + "\n");
                if *file == "index" {
                    self.git(&["add", &path]);
                    self.write(&path, "changed again\n");
                }
            }
            let message = format!("s{number}");
            self.git(&["stash", "push", "--quiet", "--include-untracked", "--message", &message]);
        }
    }

    fn unreachable(&mut self) {
        let from = From::Nowhere;
        let line = self.hide("reset", "blob", Some("reset.env"), 1, Some("reset"), from);
        self.write("reset.env", line);
        self.commit("reset");
        self.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
        let line = self.hide("amended message", "commit-message", None, 3, Some("amended message"), from);
        self.commit(&format!("amended message\n\n{line}"));
        self.git(&["commit", "--quiet", "--amend", "--allow-empty", "--message=better"]);
        let line = self.hide("dangling commit", "blob", Some("in/a.env"), 1, Some("dangling commit"), from);
        let tree = self.tree("a.env", &line);
        self.git(&["commit-tree", &tree, "-m", "dangling commit"]);
        let line = self.hide("dangling tree", "blob", Some("in/b.env"), 1, None, from);
        self.tree("b.env", &line);
        let line = self.hide("dangling blob", "blob", None, 1, None, from);
        self.object("blob", &line);
        let line = self.hide("dangling tag", "tag-message", None, 1, Some("better"), from);
        self.git(&["tag", "--annotate", "--message", &line, "dangling"]);
        self.git(&["tag", "--delete", "dangling"]);
        let line = self.hide("deleted branch", "blob", Some("branch.env"), 1, Some("deleted branch"), from);
        self.git(&["checkout", "--quiet", "-b", "deleted"]);
        self.write("branch.env", line);
        self.commit("deleted branch");
        self.git(&["checkout", "--quiet", "main"]);
        self.git(&["branch", "--quiet", "-D", "deleted"]);
    }

    fn staged(&mut self) {
        let line = self.hide("staged", "index", Some("staged.env"), 1, None, From::Index);
        self.write("staged.env", line);
        self.git(&["add", "staged.env"]);
        // On disk there is something else.
        self.write("staged.env", "something else\n");
    }

    /// Settings that change what git shows, or run something.
    fn traps(&mut self) {
        let trap = self.trap();
        let script = self.place.top().join("trap.sh");
        fs::write(&script, format!("#!/bin/sh\ntouch '{}'\n", trap.display())).expect("a file of ours");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("ours");
        let script = script.to_string_lossy().into_owned();
        for (name, value) in [
            ("color.ui", "always"),
            ("diff.noprefix", "true"),
            ("diff.external", &script),
            ("diff.conv.textconv", &script),
            ("diff.conv.command", &script),
            ("filter.conv.clean", &script),
            ("filter.conv.smudge", &script),
            ("filter.conv.required", "true"),
            ("core.fsmonitor", &script),
            ("core.pager", &script),
            ("core.sshCommand", &script),
            ("core.alternateRefsCommand", &script),
            ("log.showSignature", "true"),
            ("gpg.program", &script),
        ] {
            self.git(&["config", name, value]);
        }
    }

    /// The file that is there when a trap was sprung.
    pub(super) fn trap(&self) -> PathBuf {
        self.place.top().join("sprung")
    }

    /// Copies the repository as it is on disk.
    pub(super) fn copy(&self, name: &str) -> PathBuf {
        let to = self.place.top().join(name);
        copy(&self.top(), &to);
        to
    }
}

/// Copies a directory with everything that is in it.
fn copy(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.expect("cp is there").success());
}
