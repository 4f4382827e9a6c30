//! What a call says of what is a finding, for commands that are printed: they have to judge as it did.
//!
//! Takes the arguments and the policy in force, gives words of a command line that hold in every directory. A configuration
//! that was found is named as well: it may not be there yet, or be another one, where the command is run.

use std::ffi::OsStr;
use std::path::{Path, absolute};

use bstr::{BString, ByteSlice as _, ByteVec};

use super::args::PolicyArgs;
use super::policy::Policy;
use crate::finding::Confidence;
use crate::report::Again;

/// The options. `denied`: something was found because a comment is new. To further calls about parts of the change or a copy,
/// others may be.
pub(super) fn options(args: &PolicyArgs, policy: &Policy, targets: &[BString], denied: bool) -> Again {
    let mut typed = typed(args, policy.confidence.value);
    if denied && !args.no_inline_ignores {
        typed.push("--no-inline-ignores".into());
    }
    let (mut here, mut in_copy) = (typed.clone(), typed);
    let found = policy.read_from().into_iter().next().filter(|_| args.rule_files.config.is_none());
    // Of several repositories, each may have a tree of its own.
    if let (Some(file), [repository]) = (found, targets) {
        let file = || option("--config", file.as_os_str()).into_iter().filter(|_| file.is_file());
        in_copy.extend(file());
        match policy.committed(&repository.to_path_lossy()) {
            Some(_) if args.policy_from.is_some() => {}
            Some(tree) => here.extend(option("--policy-from", OsStr::new(&tree))),
            None => here.extend(file()),
        }
    }
    if let Some(revision) = &args.policy_from {
        here.extend(option("--policy-from", OsStr::new(revision)));
    }
    Again { here, in_copy, heed_no_comment: denied }
}

fn option(name: &str, value: &OsStr) -> [BString; 2] {
    [name.into(), Vec::from_os_str_lossy(value).into_owned().into()]
}

/// What was typed, but for the revision that settings are read from.
fn typed(policy: &PolicyArgs, confidence: Confidence) -> Vec<BString> {
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
