//! Notes name commits by their ids: the commands of a report take them along. How git-filter-repo's copies get them,
//! `.ci/recipes-validate` tries.

use super::line;
use super::remedies::{commands, commit, paste, pushed};
use crate::support::place::Place;

/// The commits, each with its notes of both kinds.
fn noted(place: &mut Place) -> String {
    place.git(&["log", "--notes=commits", "--notes=review", "--format=%s %N"]).out()
}

/// A repository whose last commit has notes of two kinds, as has the first one that was not pushed, with a key.
fn with_notes() -> Place {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["notes", "add", "--message", "of a"]);
    place.git(&["notes", "--ref=review", "add", "--message", "of a, too"]);
    place
}

#[test]
fn a_rebase_takes_notes_along() {
    let mut place = with_notes();
    // The first one needs not be made anew before git stops behind it; the others do.
    for (file, number) in [("b.env", 2), ("c.env", 3), ("base", 0)] {
        place.write(file, if number > 0 { line(number) } else { "y\n".to_owned() });
        commit(&mut place, file);
        place.git(&["notes", "add", "--message", &format!("of {file}")]);
    }
    let before = noted(&mut place);
    let told = commands(&place, &["history"]);
    let [along, rebase, go_on, ..] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", &format!("{along}; {rebase}")).ends_with(1);
    for (file, status) in [("a.env", 1), ("b.env", 1), ("c.env", 0)] {
        place.write(file, "MISTRAL_API_KEY=\n");
        paste(&place, ".", &format!("{along}; {go_on}")).ends_with(status);
    }
    place.run(&["history", "--reachable"]).ends_with(0);
    assert_eq!(noted(&mut place), before);
}

#[test]
fn an_amendment_takes_notes_along() {
    let mut place = with_notes();
    let before = noted(&mut place);
    let told = commands(&place, &["history"]);
    let [along, amend] = &told[..] else { panic!("{told:?}") };
    place.write("a.env", "MISTRAL_API_KEY=\n");
    paste(&place, ".", &format!("{along}; {amend}")).ends_with(0);
    place.run(&["history", "--reachable"]).ends_with(0);
    assert_eq!(noted(&mut place), before);
}
