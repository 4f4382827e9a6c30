//! Commands about refs whose names hold keys.

use super::line;
use super::remedies::{commands, commit, pushed};
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
}
