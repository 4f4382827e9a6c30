//! `leeward explain` says of a place what a scan of the tree around it does, and ends as that would.

use crate::support::place::Place;
use crate::support::run;
use crate::support::values::key;

/// How what is known from elsewhere is told.
const AROUND: &str = "by what is found elsewhere";

/// A value under a name that only the code knows, and one that stands elsewhere under the provider's name.
fn place() -> Place {
    let place = Place::new();
    place.write("conf/.env", format!("LLM_KEY={}\n", key(1)));
    place.write(
        "bot.py",
        "import os\nfrom mistralai import Mistral\nMistral(api_key=os.environ[\"LLM_KEY\"])\n",
    );
    place.write("a.env", format!("MISTRAL_API_KEY={}\n", key(2)));
    place.write("sub/b.txt", format!("nothing\nzz {}\n", key(2)));
    place
}

#[test]
fn what_other_files_say_is_told() {
    let place = place();
    place.run(&["scan"]).ends_with(1).says("conf/.env:1:9").says("sub/b.txt:2:4");
    let bound = "`LLM_KEY` gets its value in conf/.env:1 and is read in bot.py:3";
    for args in [&["explain", "conf/.env:1"][..], &["explain", "conf/.env"], &["explain", "./conf/.env:1"]] {
        place.run(args).ends_with(1).says("reported as mistral-api-key").says(AROUND).says(bound);
    }
    let ran = place.run(&["explain", "sub/b.txt:2"]).ends_with(1);
    ran.says(AROUND).says("the same value stands in a.env:1");
    place.run(&["explain", "sub/b.txt:1"]).ends_with(0).says("no candidate");
    let ran = place.run(&["explain", "a.env:1"]).ends_with(1).says("it is assigned to `MISTRAL_API_KEY`");
    assert!(!ran.out().contains(AROUND), "{}", ran.out());
}

#[test]
fn the_tree_is_the_one_that_would_be_scanned() {
    let mut place = place();
    let file = place.work().join("sub/b.txt");
    let file = file.to_str().expect("it is text");
    let from = |place: &Place, directory: &str, file: &str, status: i32| {
        let mut explain = place.leeward(&["explain", file]);
        explain.current_dir(place.top().join(directory));
        run(&mut explain, None).ends_with(status)
    };
    from(&place, "work/sub", "b.txt:2", 0);
    // Of no repository, the directory that the file is in.
    from(&place, "home", file, 0);
    place.init();
    from(&place, "work/sub", "b.txt:2", 0);
    from(&place, "home", file, 1);
    from(&place, "work/sub", "../conf/.env:1", 1);
}

#[test]
fn settings_and_ignore_files_are_heeded() {
    let mut place = place();
    place.init();
    place.write(".gitignore", ".env\n");
    let ran = place.run(&["explain", "conf/.env:1"]).ends_with(1);
    ran.says(AROUND).says("`leeward scan` passes conf/.env over: an ignore file lists it");
    place.run(&["explain", ".git/config"]).ends_with(0).says("passes .git/config over: it is git's own");
    place.run(&["baseline", "create", "--reason", "test tenant"]).ends_with(0);
    for (settings, why) in
        [("exclude = [\"conf\"]\n", "by `exclude`"), ("limits.max-file-size = 10\n", "more than 10 bytes")]
    {
        place.write("leeward.toml", settings);
        let said = place.run(&["explain", "conf/.env:1"]);
        said.says("the settings leave conf/.env out of every scan, ").says(why);
    }
    place.write("leeward.toml", "baseline = \"leeward.baseline\"\n");
    place.run(&["scan"]).ends_with(0);
    for file in ["a.env:1", "sub/b.txt:2"] {
        place.run(&["explain", file]).ends_with(0).says("suppressed: ").says("test tenant");
    }
}

#[test]
fn no_key_of_another_file_or_beside_is_shown() {
    let place = Place::new();
    place.write(format!("a{}.env", key(1)), format!("MISTRAL_API_KEY={}\n", key(2)));
    place.write("b.txt", format!("zz {}\n", key(2)));
    place.write("c.txt", format!("MISTRAL_API_KEY={} x{}\n", key(3), key(2)));
    for file in ["b.txt", "c.txt"] {
        for format in ["text", "json"] {
            let ran = place.run(&["explain", file, "--format", format]).ends_with(1);
            let ran = ran.says("the same value stands in a");
            for number in 1..=3 {
                assert!(!(ran.out() + &ran.err()).contains(&key(number)), "{file}, {format}: {number}");
            }
        }
    }
}
