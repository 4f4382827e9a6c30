//! Switches of such programs by which all that they keep, or one entry of it, is passed over.
//!
//! Takes the environment, and the files of a person that husky reads first, and names what is switched off there. Who runs
//! git elsewhere may have set others.

use std::ffi::OsString;
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
        Who::Lefthook => is("LEFTHOOK", &["0", "false"]).or_else(lefthook),
        Who::PreCommit => {
            let skipped = set("SKIP")?.into_string().ok()?;
            let skipped: Vec<&str> = skipped.split(',').map(str::trim).collect();
            framework::is_skipped(gate, text, &skipped).map(|id| of_environment("SKIP", &id))
        }
    }
}

/// What has lefthook leave out entries, read another file, or be another program.
fn lefthook() -> Option<String> {
    let is_lefthook = |value: &OsString| {
        let name = Path::new(value).file_name().unwrap_or_default();
        name.as_encoded_bytes().starts_with(b"lefthook")
    };
    let program =
        || set("LEFTHOOK_BIN").filter(|value| !is_lefthook(value)).map(|value| ("LEFTHOOK_BIN", value));
    let others = ["LEFTHOOK_EXCLUDE", "LEFTHOOK_CONFIG"].into_iter();
    let (name, value) = others.filter_map(|name| Some((name, set(name)?))).next().or_else(program)?;
    Some(of_environment(name, &value.to_string_lossy()))
}

/// What has husky run nothing.
pub(super) fn husky() -> Option<String> {
    let here = set("HUSKY").is_some_and(|value| value == "0").then(|| of_environment("HUSKY", "0"));
    here.or_else(|| {
        let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")))?;
        let file = config.join("husky/init.sh");
        let off = switched_off(&file)?;
        Some(format!("{off} in {}", visible(file.as_os_str().as_encoded_bytes())))
    })
}

/// What in a script that husky reads before each hook sets its switch, or ends all.
fn switched_off(file: &Path) -> Option<&'static str> {
    let text = regular::read(file).ok()?;
    let words = |line: &[u8]| line.replace("'", "").replace("\"", "");
    let is_off = |word: &[u8]| word == b"HUSKY=0";
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with(b"#"));
    lines.find_map(|line| {
        let words = words(line);
        let mut words = words.split(|b| b.is_ascii_whitespace() || *b == b';');
        // Further in, it depends on something.
        let ends = words.clone().next() == Some(b"exit");
        words.any(is_off).then_some("HUSKY=0").or_else(|| ends.then_some("exit"))
    })
}

fn of_environment(name: &str, value: &str) -> String {
    format!("{name}={} in the environment", visible(value.as_bytes()))
}
