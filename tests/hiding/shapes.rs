//! The same repository stored in every way that git knows: what is found does not depend on it. What is not all there
//! is scanned as far as it goes, and said to be incomplete.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::{Hiding, assert_finds, issues};
use crate::support::place::Place;
use crate::support::values::key;
use crate::support::{command, run};

/// A way to store the repository: takes a copy of it, gives the path to scan.
type Shape = fn(&Hiding, PathBuf) -> PathBuf;

const SHAPES: &[(&str, Shape)] = &[
    ("as it is, loose", |_, at| at),
    ("one pack and loose", |hiding, at| {
        git(hiding, &at, &["repack", "-qad"]);
        at
    }),
    ("all packed, refs too", |hiding, at| {
        git(hiding, &at, &["repack", "-qadk"]);
        git(hiding, &at, &["prune-packed", "-q"]);
        git(hiding, &at, &["pack-refs", "--all"]);
        assert_eq!(files(&at, "objects", ".pack"), 1);
        at
    }),
    ("a cruft pack", |hiding, at| {
        git(hiding, &at, &["repack", "-qd", "--cruft"]);
        assert_eq!(files(&at, "objects/pack", ".mtimes"), 1);
        at
    }),
    ("reference deltas, index of version 1, no names that git gives", |hiding, at| {
        git(
            hiding,
            &at,
            &["-c", "repack.useDeltaBaseOffset=false", "-c", "pack.indexVersion=1", "repack", "-qadfk"],
        );
        let pack = at.join(".git/objects/pack");
        for entry in fs::read_dir(&pack).expect("packs").flatten() {
            let path = entry.path();
            let extension = path.extension().expect("all have one").to_string_lossy().into_owned();
            match extension.as_str() {
                "pack" | "idx" => fs::rename(&path, pack.join(format!("mine.{extension}"))).expect("ours"),
                _ => fs::remove_file(&path).expect("ours"),
            }
        }
        git(hiding, &at, &["rev-list", "--all", "--objects", "--quiet"]);
        at
    }),
    ("many packs, multi-pack-index, bitmap, commit-graph", |hiding, at| {
        // Every object that is loose goes into one of several packs.
        let objects = objects(hiding, &at);
        for part in objects.chunks(objects.len() / 7) {
            let input = part.join("\n").into_bytes();
            let mut pack = at_git(hiding, &at, &["pack-objects", "-q", ".git/objects/pack/pack"]);
            run(&mut pack, Some(input)).ends_with(0);
        }
        git(hiding, &at, &["prune-packed", "-q"]);
        git(hiding, &at, &["multi-pack-index", "write", "--bitmap"]);
        git(
            hiding,
            &at,
            &["-c", "core.commitGraph=true", "commit-graph", "write", "--reachable", "--changed-paths"],
        );
        assert!(files(&at, "objects/pack", ".pack") > 6);
        at
    }),
    ("a pack that is kept, and one of a promisor that holds all", |hiding, at| {
        git(hiding, &at, &["repack", "-qadk"]);
        git(hiding, &at, &["prune-packed", "-q"]);
        let pack = pack_files(&at).remove(0);
        fs::write(pack.with_extension("keep"), "kept\n").expect("ours");
        fs::write(pack.with_extension("promisor"), "").expect("ours");
        git(hiding, &at, &["config", "remote.origin.promisor", "true"]);
        git(hiding, &at, &["config", "remote.origin.url", "/nowhere"]);
        at
    }),
    ("every object twice", |hiding, at| {
        git(hiding, &at, &["repack", "-qak"]);
        at
    }),
    ("a bare repository", |_, at| {
        let bare = at.with_extension("git");
        fs::rename(at.join(".git"), &bare).expect("ours");
        bare
    }),
    ("a directory inside", |_, at| at.join("sub")),
    ("the git directory itself", |_, at| at.join(".git")),
    ("a git directory elsewhere, as of a submodule", |_, at| {
        let elsewhere = at.with_extension("modules");
        fs::rename(at.join(".git"), &elsewhere).expect("ours");
        let name = elsewhere.file_name().expect("it has one").to_string_lossy().into_owned();
        fs::write(at.join(".git"), format!("gitdir: ../{name}\n")).expect("ours");
        at
    }),
    ("alternates: relative and chained", |_, at| {
        let objects = at.join(".git/objects");
        let (near, far) = (at.join("near"), at.join("far"));
        fs::create_dir_all(near.join("info")).expect("ours");
        fs::create_dir_all(far.join("pack")).expect("ours");
        // Some here, some next door, some two doors away.
        for (number, entry) in fs::read_dir(&objects).expect("ours").flatten().enumerate() {
            if entry.file_name().len() == 2 && number % 3 > 0 {
                let to = if number % 3 == 1 { &near } else { &far };
                fs::rename(entry.path(), to.join(entry.file_name())).expect("ours");
            }
        }
        fs::write(objects.join("info/alternates"), "../../near\n").expect("ours");
        fs::write(near.join("info/alternates"), format!("# far away\n{}\n", far.display())).expect("ours");
        at
    }),
    ("owned by somebody else", |_, at| {
        if fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
            give_away(&at);
        }
        at
    }),
    ("a version of the format that is not known yet", |hiding, at| {
        git(hiding, &at, &["config", "core.repositoryFormatVersion", "1"]);
        let config = at.join(".git/config");
        let text = fs::read_to_string(&config).expect("ours");
        fs::write(config, text + "[extensions]\n\tsomethingNew = true\n\trelativeWorktrees = true\n")
            .expect("ours");
        at
    }),
];

#[test]
fn what_is_found_does_not_depend_on_how_it_is_stored() {
    let hiding = Hiding::new(&[]);
    let failures: Vec<String> = SHAPES
        .par_iter()
        .filter_map(|(name, shape)| {
            let checked = std::panic::catch_unwind(|| {
                let at = shape(&hiding, hiding.copy(&name.replace([' ', ',', ':'], "-")));
                let ran = run(
                    &mut hiding.place.leeward(&["history", &at.to_string_lossy(), "--format=json"]),
                    None,
                );
                assert_finds(&ran, &hiding, &hiding.hidden, name);
                assert_eq!(issues(&ran), [""; 0], "{name}");
                ran.ends_with(1);
                let ran = run(
                    &mut hiding.place.leeward(&["range", "--all", &at.to_string_lossy(), "--format=json"]),
                    None,
                );
                let expected = hiding.hidden.iter().filter(|hidden| hidden.from == super::From::Ref);
                assert_finds(&ran, &hiding, expected, name);
                assert_eq!(issues(&ran), [""; 0], "{name}");
            });
            checked.err().map(|failure| failure.downcast_ref::<String>().cloned().unwrap_or_default())
        })
        .collect();
    assert!(!hiding.trap().exists(), "something of a repository was run");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn from_a_linked_worktree_everything_is_seen() {
    let hiding = Hiding::new(&["--object-format=sha256"]);
    let linked = hiding.place.top().join("linked");
    let ran = hiding.place.run(&["history", "--format=json"]).ends_with(1);
    assert_finds(&ran, &hiding, &hiding.hidden, "SHA-256");
    let ran = hiding.place.run(&["history", &linked.to_string_lossy(), "--format=json"]).ends_with(1);
    // It has an index of its own, in which that file is not; whose it is in is told all the same.
    assert_finds(&ran, &hiding, &hiding.hidden, "linked worktree");
    let report = ran.json();
    let is_staged = |finding: &&serde_json::Value| finding["containment"]["state"] == "staged";
    let staged: Vec<_> = super::array(&report["findings"]).iter().filter(is_staged).collect();
    assert!(!staged.is_empty() && staged.iter().all(|finding| finding["in_head"] == false), "{staged:?}");
}

fn at_git(hiding: &Hiding, at: &Path, args: &[&str]) -> std::process::Command {
    let mut git = command("git", at, &hiding.place.top().join("home"));
    git.args(["-c", "core.fsmonitor=false", "-c", "core.pager=cat"]).args(args);
    git
}

fn git(hiding: &Hiding, at: &Path, args: &[&str]) -> String {
    run(&mut at_git(hiding, at, args), None).ends_with(0).out()
}

/// The ids of all objects.
fn objects(hiding: &Hiding, at: &Path) -> Vec<String> {
    let listed = git(hiding, at, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
    listed.lines().map(str::to_owned).collect()
}

/// How many files below a directory of the repository end like that.
fn files(at: &Path, directory: &str, suffix: &str) -> usize {
    let mut waiting = vec![at.join(".git").join(directory)];
    let mut found = 0;
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).expect("ours").flatten() {
            match entry.file_type().expect("ours").is_dir() {
                true => waiting.push(entry.path()),
                false => found += usize::from(entry.file_name().to_string_lossy().ends_with(suffix)),
            }
        }
    }
    found
}

/// The packs of the repository.
fn pack_files(at: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(at.join(".git/objects/pack")).expect("packs").flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "pack")).collect()
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let mut place = Place::new();
    place.init();
    let inner = place.top().join("inner");
    fs::create_dir(&inner).expect("ours");
    let at = inner.to_string_lossy().into_owned();
    place.git(&["-C", &at, "init", "--quiet", "--initial-branch=main"]);
    fs::write(inner.join("k.env"), format!("MISTRAL_API_KEY={}\n", key(1))).expect("ours");
    place.git(&["-C", &at, "add", "k.env"]);
    place.git(&["-C", &at, "commit", "--quiet", "--message", "inner"]);
    place.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "--name",
        "lib/x",
        &at,
        "x",
    ]);
    place.git(&["commit", "--quiet", "--message", "outer"]);
    let absorbed = place.work().join(".git/modules/lib/x");
    let ran = place.run(&["history", "--format=json"]).ends_with(0);
    let skipped = &ran.json()["scan"]["coverage"]["skipped"];
    let told = super::array(skipped).iter().find(|skipped| {
        skipped["reason"].as_str().is_some_and(|reason| reason.starts_with("repositories of submodules"))
    });
    let told = told.unwrap_or_else(|| panic!("not told: {skipped}"));
    assert_eq!((&told["count"], &told["examples"][0]), (&1.into(), &absorbed.to_string_lossy().into()));
    place.run(&["history", &absorbed.to_string_lossy()]).ends_with(1);
    place.run(&["history", "x"]).ends_with(1);
}

#[test]
fn every_place_within_a_file_is_told() {
    let mut place = Place::new();
    place.init();
    let line = format!("MISTRAL_API_KEY={}\n", key(1));
    place.write("a.env", format!("{line}# nothing\n{line}\n"));
    place.write("copies.txt", format!("{} {}\n", key(1), key(1)));
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--message", "first"]);
    let places = |args: &[&str]| -> Vec<(String, u64, u64)> {
        let report = place.run(&[args, &["--format=json"]].concat()).ends_with(1).json();
        let place = |location: &serde_json::Value| {
            let number = |name: &str| location[name].as_u64().unwrap_or_default();
            let path = location["path"].as_str().unwrap_or_default().to_owned();
            (path, number("start_line"), number("start_column"))
        };
        super::array(&report["findings"][0]["locations"]).iter().map(place).collect()
    };
    let on_disk = places(&["scan"]);
    assert_eq!(on_disk.len(), 4, "{on_disk:?}");
    assert_eq!(places(&["history"]), on_disk);
    assert_eq!(places(&["range", "HEAD"]), on_disk);
}

pub(super) fn give_away(path: &Path) {
    chown(path, Some(12_345), Some(12_345)).ok();
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir()) {
        for entry in fs::read_dir(path).expect("ours").flatten() {
            give_away(&entry.path());
        }
    }
}
