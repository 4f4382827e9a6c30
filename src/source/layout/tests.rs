//! Every way to name a repository.

use std::path::Path;

use gix_hash::Kind;

use super::{LayoutError, ObjectDirs, find};
use crate::source::scratch_repo::{Repo, Scratch};

fn found(path: &Path) -> super::Layout {
    find(path, &ObjectDirs::default()).expect("a repository")
}

#[test]
fn a_work_tree_and_everything_in_it_is_the_same_repository() {
    let scratch = Scratch::new();
    let repo = scratch.repo("r", &[]);
    for inside in ["", "dir", ".git", ".git/objects", ".git/refs/heads"] {
        let layout = found(&repo.path.join(inside));
        assert_eq!(layout.work_tree.as_deref(), Some(&*repo.path), "{inside}");
        assert_eq!(layout.git_dir, repo.path.join(".git"), "{inside}");
        assert_eq!(layout.common_dir, layout.git_dir, "{inside}");
        assert_eq!(layout.object_dirs, [repo.path.join(".git/objects")], "{inside}");
        assert_eq!((layout.hash, layout.reftable, layout.promisor), (Kind::Sha1, false, false));
        assert!(layout.shallow.is_none() && layout.grafts.is_none() && layout.issues.is_empty());
    }
}

#[test]
fn nothing_there_and_no_repository_there_are_told_apart() {
    let scratch = Scratch::new();
    let plain = scratch.path("plain");
    std::fs::create_dir(&plain).expect("a new directory");
    let missing = find(&scratch.path("none"), &ObjectDirs::default()).expect_err("nothing there");
    assert!(matches!(missing, LayoutError::NotFound { .. }));
    assert!(missing.to_string().contains("none: no such"), "{missing}");
    let plain = find(&plain, &ObjectDirs::default()).expect_err("no repository");
    assert!(matches!(plain, LayoutError::NotARepository { .. }));
    assert!(plain.to_string().contains("plain: not a git repository"), "{plain}");
}

#[test]
fn a_bare_repository_needs_no_configuration() {
    let scratch = Scratch::new();
    for (format, hash) in [("sha1", Kind::Sha1), ("sha256", Kind::Sha256)] {
        for packed in [false, true] {
            let name = format!("{format}{packed}");
            let repo = scratch.repo(&name, &["--object-format", format]);
            if packed {
                repo.git(&["repack", "-adq"]);
            }
            let bare = scratch.path(&format!("{name}.git"));
            std::fs::rename(repo.path.join(".git"), &bare).expect("same file system");
            assert_eq!(found(&bare).hash, hash);
            std::fs::remove_file(bare.join("config")).expect("it was there");
            let layout = found(&bare);
            assert_eq!((layout.hash, layout.work_tree), (hash, None), "{name}");
        }
    }
}

#[test]
fn a_linked_worktree_shares_and_a_submodule_does_not() {
    let scratch = Scratch::new();
    let main = scratch.repo("main", &[]);
    main.git(&["worktree", "add", "-q", "../linked"]);
    let linked = scratch.path("linked");
    let own = main.path.join(".git/worktrees/linked");
    for named in [linked.clone(), linked.join("dir"), linked.join(".git"), own.clone()] {
        let layout = found(&named);
        assert_eq!(layout.work_tree.as_deref(), Some(&*linked), "{}", named.display());
        assert_eq!((layout.git_dir, layout.common_dir), (own.clone(), main.path.join(".git")));
    }
    let outer = scratch.repo("outer", &[]);
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../main", "sub"]);
    for named in ["sub", "sub/dir", ".git/modules/sub"] {
        let layout = found(&outer.path.join(named));
        assert_eq!(layout.work_tree, Some(outer.path.join("sub")), "{named}");
        assert_eq!(layout.git_dir, outer.path.join(".git/modules/sub"), "{named}");
    }
    std::fs::remove_dir_all(&own).expect("it was there");
    let broken = find(&linked, &ObjectDirs::default()).expect_err("its target is gone");
    assert!(matches!(broken, LayoutError::BrokenLink { .. }), "{broken}");
}

#[test]
fn alternates_are_followed_from_one_to_the_next_and_back() {
    let scratch = Scratch::new();
    let names = ["one", "two", "three"];
    let repos: Vec<Repo> = names.iter().map(|name| scratch.repo(name, &[])).collect();
    let objects: Vec<_> = repos.iter().map(|repo| repo.path.join(".git/objects")).collect();
    repos[0].write(".git/objects/info/alternates", "../../../two/.git/objects\n/nowhere/at/all\n");
    repos[1].write(".git/objects/info/alternates", &format!("{}\n", objects[2].display()));
    repos[2].write(".git/objects/info/alternates", "../../../one/.git/objects\n");
    let layout = found(&repos[0].path);
    assert_eq!(layout.object_dirs, objects);
    assert_eq!(layout.issues.len(), 1);
    assert_eq!(layout.issues[0].kind, "missing-alternate");
    assert!(layout.issues[0].message.contains("/nowhere/at/all"), "{}", layout.issues[0].message);

    let dirs = ObjectDirs { main: Some(objects[2].clone()), alternates: vec![objects[1].clone()] };
    let given = find(&repos[0].path, &dirs).expect("a repository");
    assert_eq!(given.object_dirs, [objects[2].clone(), objects[0].clone(), objects[1].clone()]);
}

#[test]
fn shallow_and_partial_clones_and_reftables_are_recognised() {
    let scratch = Scratch::new();
    let origin = scratch.repo("origin", &[]);
    origin.write("a", "second a\n");
    origin.commit("second");
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.path.display());
    origin.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    origin.git(&["clone", "-q", "--filter=blob:none", "--no-checkout", &url, "../partial"]);
    let shallow = found(&scratch.path("shallow"));
    assert_eq!(shallow.shallow, Some(scratch.path("shallow/.git/shallow")));
    assert!(!shallow.promisor);
    let partial = found(&scratch.path("partial"));
    assert!(partial.promisor && partial.shallow.is_none());
    std::fs::remove_file(scratch.path("partial/.git/config")).expect("it was there");
    assert!(found(&scratch.path("partial")).promisor, "its packs say so too");
    let reftable = scratch.empty("reftable", &["--ref-format=reftable"]);
    assert!(found(&reftable.path).reftable);
}
