//! Commands about refs whose names hold keys.

use super::line;
use super::remedies::{commands, commit, paste, pushed};
use crate::support::values::key;

#[test]
fn the_name_of_what_is_checked_out_is_masked_in_commands() {
    let mut place = pushed();
    place.git(&["switch", "--quiet", "--create", &format!("mistral-api-key={}", key(1))]);
    place.write("a.env", line(2));
    commit(&mut place, "a");
    commit(&mut place, "after it");
    place.git(&["branch", "other"]);
    let told = commands(&place, &["history"]);
    assert!(!told.is_empty() && told.iter().all(|command| !command.contains(&key(1))), "{told:?}");
    // With that name, nothing could be rewritten.
    let [rename] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", rename).ends_with(0);
    let told = commands(&place, &["history"]);
    assert!(told.iter().any(|command| command.contains("refs/heads/NEW-NAME")), "{told:?}");
}

#[test]
fn each_name_becomes_another() {
    let mut place = pushed();
    for number in [1, 2] {
        place.git(&["branch", &format!("mistral-api-key={}", key(number))]);
    }
    let told = commands(&place, &["history"]);
    let [one, other] = &told[..] else { panic!("{told:?}") };
    paste(&place, ".", one).ends_with(0);
    paste(&place, ".", other).ends_with(0);
    place.run(&["history"]).ends_with(0);
}
