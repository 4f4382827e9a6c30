//! Keys in names that say nothing by themselves: the directory, or the rest of the name, tells what they are.

use crate::support::Ran;
use crate::support::place::Place;
use crate::support::values::key;

/// The kinds and paths that a report has.
fn places(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let locations = findings.flat_map(|finding| finding["locations"].as_array().expect("locations"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let mut places: Vec<String> = locations
        .map(|place| {
            format!(
                "{} {} by {}",
                text(&place["kind"]),
                text(&place["path"]),
                text(&place["commit"]["subject"])
            )
        })
        .collect();
    places.sort();
    places
}

fn commit(place: &mut Place, message: &str) {
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
}

#[test]
fn a_directory_tells_what_the_names_in_it_are() {
    let mut place = Place::new();
    place.init();
    // The same tree in two directories that tell, and in one that does not.
    for directory in ["mistral", "deep/er/mistral keys", "other"] {
        place.write(format!("{directory}/{}.key", key(1)), "");
    }
    place.write(format!("other/{}.key", key(2)), "");
    place.write(format!("mistral/{}", "AbstractSingletonProxyFactoryBean.java"), "");
    commit(&mut place, "adds");
    place.git(&["rm", "-r", "--quiet", "."]);
    commit(&mut place, "removes");
    let shown = leeward::secret::Secret::new(key(1).as_bytes()).redacted();
    let expected = ["deep/er/mistral keys", "mistral", "other"]
        .map(|directory| format!("path {directory}/{shown}.key by adds"));
    for repack in [false, true] {
        if repack {
            place.git(&["repack", "-a", "-d", "--quiet"]);
        }
        let ran = place.run(&["history", "--format=json"]).ends_with(1);
        assert_eq!(places(&ran), expected);
        let evidence = ran.json()["findings"][0]["evidence"].clone();
        assert_eq!(evidence[0], "the path names the provider", "{evidence}");
        place.run(&["history", "--reachable", "HEAD~"]).ends_with(1);
    }
    // What no commit has.
    place.git(&["update-ref", "-d", "HEAD"]);
    assert_eq!(places(&place.run(&["history", "--format=json"]).ends_with(1)), expected);
}

#[test]
fn a_name_tells_what_the_value_in_it_is() {
    let mut place = Place::new();
    place.init();
    let told = ["mistral-api-key-", "mistral_key_", "MISTRAL/"];
    let untold = ["fix-", "wip/", "data_"];
    place.write("base", "");
    for (number, begin) in (1..).zip(told.iter().chain(&untold)) {
        place.write(format!("files/{begin}{}", key(number)), "");
    }
    commit(&mut place, "base");
    for (number, begin) in (11..).zip(told.iter().chain(&untold)) {
        place.git(&["branch", &format!("{begin}{}", key(number))]);
    }
    let masked = |number: usize| leeward::secret::Secret::new(key(number).as_bytes()).redacted();
    let files = (1..).zip(told).map(|(number, begin)| format!("files/{begin}{}", masked(number)));
    let files: Vec<String> = files.collect();
    let expected = |kind: &str, by: &str| {
        let mut places: Vec<String> = files.iter().map(|path| format!("{kind} {path} by {by}")).collect();
        places.sort();
        places
    };
    assert_eq!(places(&place.run(&["scan", "--format=json"]).ends_with(1)), expected("path", "-"));
    let ran = place.run(&["history"]).ends_with(1);
    for (number, begin) in (11..).zip(told) {
        let name = format!("ref name refs/heads/{begin}{}", masked(number));
        assert!(ran.out().contains(&name), "{}", ran.out());
    }
    ran.says("6 findings");
    place.run(&["range", "HEAD"]).ends_with(1).says("3 findings");
}
