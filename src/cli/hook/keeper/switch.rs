//! Switches of such programs by which all that they keep, or one entry of it, is passed over.
//!
//! Takes the environment, and the files of a person that husky reads first, and names what is switched off there. Who runs
//! git elsewhere may have set others.

use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::super::super::surroundings::set;
use super::super::script::Gate;
use super::Who;
use super::framework;

use crate::sanitize::visible;
use crate::source::layout::regular;

/// What has a program pass over a gate, and where it stands. `text`: the file that says what is called.
pub(super) fn off(who: Who, gate: &Gate, text: &[u8]) -> Option<String> {
    let is = |name: &str, values: &[&str]| {
        let value = set(name)?.into_string().ok()?;
        values.contains(&value.as_str()).then(|| of_environment(name, &value))
    };
    match who {
        Who::Husky => husky(),
        Who::Lefthook => is("LEFTHOOK", &["0", "false"]).or_else(|| {
            Some(of_environment("LEFTHOOK_EXCLUDE", &set("LEFTHOOK_EXCLUDE")?.to_string_lossy()))
        }),
        Who::PreCommit => {
            let skipped = set("SKIP")?.into_string().ok()?;
            let skipped: Vec<&str> = skipped.split(',').map(str::trim).collect();
            framework::is_skipped(gate, text, &skipped).map(|id| of_environment("SKIP", &id))
        }
    }
}

/// What has husky run nothing.
pub(super) fn husky() -> Option<String> {
    let here = set("HUSKY").is_some_and(|value| value == "0").then(|| of_environment("HUSKY", "0"));
    here.or_else(|| {
        let home = set("HOME").map(PathBuf::from);
        let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| home.as_ref().map(|home| home.join(".config")));
        let files =
            [config.map(|config| config.join("husky/init.sh")), home.map(|home| home.join(".huskyrc"))];
        files
            .into_iter()
            .flatten()
            .find(|file| switches_off(file))
            .map(|file| format!("HUSKY=0 in {}", visible(file.as_os_str().as_encoded_bytes())))
    })
}

/// Whether a script sets husky's switch.
fn switches_off(file: &Path) -> bool {
    let Ok(text) = regular::read(file) else { return false };
    let words = |line: &[u8]| line.replace("'", "").replace("\"", "");
    let is_off = |word: &[u8]| word == b"HUSKY=0";
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(b"#"));
    lines.into_iter().any(|line| words(line).split(|b| b.is_ascii_whitespace() || *b == b';').any(is_off))
}

fn of_environment(name: &str, value: &str) -> String {
    format!("{name}={} in the environment", visible(value.as_bytes()))
}
