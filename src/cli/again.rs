//! What a call says of what is a finding, for commands that are printed: they have to judge as it did.
//!
//! Takes the arguments and the least confidence in force, gives words of a command line that hold in every directory. What a
//! configuration says that the command finds by itself is left out.

use std::ffi::OsStr;
use std::path::{Path, absolute};

use bstr::{BString, ByteVec};

use super::args::PolicyArgs;
use crate::finding::Confidence;

/// The options.
pub(super) fn options(policy: &PolicyArgs, confidence: Confidence) -> Vec<BString> {
    let files = &policy.rule_files;
    let mut words: Vec<BString> = Vec::new();
    let mut add = |name: &str, value: Option<&OsStr>| {
        words.push(name.into());
        words.extend(value.map(|value| Vec::from_os_str_lossy(value).into_owned().into()));
    };
    let whole = |file: &Path| absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut add_file = |name: &str, file: &Path| add(name, Some(whole(file).as_os_str()));
    files.config.iter().for_each(|file| add_file("--config", file));
    files.rules.iter().for_each(|file| add_file("--rules", file));
    policy.baseline.iter().for_each(|file| add_file("--baseline", file));
    policy.policy_from.iter().for_each(|revision| add("--policy-from", Some(OsStr::new(revision))));
    if files.no_config {
        add("--no-config", None);
    }
    if files.no_builtin_rules {
        add("--no-builtin-rules", None);
    }
    if policy.no_inline_ignores {
        add("--no-inline-ignores", None);
    }
    // A configuration that says so may not be there yet in older commits.
    if confidence != Confidence::Medium {
        add("--confidence", Some(OsStr::new(confidence.as_str())));
    }
    policy.max_file_size.iter().for_each(|size| add("--max-file-size", Some(OsStr::new(&size.to_string()))));
    policy.max_archive_depth.iter().for_each(|depth| {
        add("--max-archive-depth", Some(OsStr::new(&depth.to_string())));
    });
    words
}
