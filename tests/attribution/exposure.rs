//! From when to when a key stood in HEAD's line of history, and what is said where that is odd.

use serde_json::{Value, json};

use super::line;
use super::remedies::{commit, pushed};
use crate::support::place::Place;

/// Of the only finding, the exposure and the subject of the commit that removed it.
fn told(place: &Place) -> (Value, Value) {
    let report = place.run(&["history", "--format=json"]).ends_with(1).json();
    let found = &report["findings"][0];
    (found["exposure"].clone(), found["removed_commit"]["subject"].clone())
}

#[test]
fn what_heads_own_message_holds_is_not_gone() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["rm", "--quiet", "a.env"]);
    commit(&mut place, &format!("without {}", line(1)));
    let from = "2024-03-02";
    assert_eq!(told(&place), (json!({"introduced": from, "gone": null, "days": null}), Value::Null));
    place.run(&["history"]).says("in HEAD's commit itself, and in no file of it");
    // The message stays in the history, but HEAD is another.
    commit(&mut place, "after it");
    let gone = json!({"introduced": from, "gone": "2024-03-03", "days": 1});
    assert_eq!(told(&place).0, gone);
    place.run(&["history"]).says("not in HEAD any more").says("exposed for 1 day");
}

#[test]
fn a_clock_that_was_wrong_makes_no_days() {
    let mut place = pushed();
    place.write("a.env", line(1));
    commit(&mut place, "a");
    place.git(&["rm", "--quiet", "a.env"]);
    place.git(&["commit", "--quiet", "--date=2024-02-20T12:00:00Z", "--message=without"]);
    let exposure = json!({"introduced": "2024-03-02", "gone": "2024-02-20", "days": null});
    assert_eq!(told(&place), (exposure, json!("without")));
    let ran = place.run(&["history"]).says("for how long it was exposed is not known");
    assert!(!ran.out().contains("exposed for less"), "{}", ran.out());
}
