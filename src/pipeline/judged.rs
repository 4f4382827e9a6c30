//! Names of files, by themselves. Every version of a directory has all of its names again, and thousands of them may look like
//! values, or be findings: each is judged once.
//!
//! Takes names, and remembers what is to be told of them, be it nothing; what is told of is told of every directory that has it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, RwLock};

use bstr::{BStr, BString, ByteSlice as _};

use super::paths::stem;
use super::{Collector, Hit, Look};
use crate::detect::runs;
use crate::source::Origin;

/// How many names are remembered; those beyond are judged again.
const MOST: usize = 1 << 18;

/// Names, and what is to be told of them.
#[derive(Default)]
pub(super) struct Judged {
    /// What was found in them, by target and path, as far as that is known.
    told: RwLock<HashMap<(usize, BString), Vec<Hit>>>,
    /// Of which nothing is to be told, by themselves.
    alone: RwLock<HashSet<BString>>,
    /// Of which nothing is to be told, whatever their directory says.
    anywhere: RwLock<HashSet<BString>>,
}

fn has(names: &RwLock<HashSet<BString>>, name: &BStr) -> bool {
    names.read().unwrap_or_else(PoisonError::into_inner).contains(name)
}

fn remember(names: &RwLock<HashSet<BString>>, name: &BStr) {
    let mut names = names.write().unwrap_or_else(PoisonError::into_inner);
    if names.len() < MOST {
        names.insert(name.to_owned());
    }
}

impl Collector<'_> {
    /// Scans the name of a file.
    pub(super) fn scan_name(&self, origin: Origin<'_>, name: &[u8]) {
        let name = name.as_bstr();
        let is_alone = !matches!(self.look, Look::Names(_)) && origin.path == Some(name);
        if is_alone && has(&self.judged.alone, name) {
            return;
        }
        if is_alone && self.tells_again(origin, name) {
            return;
        }
        // Only if nobody counts one meanwhile is it certain that this name is none.
        let below = || self.below_confidence.load(Ordering::Relaxed);
        let before = below();
        let hits = self.found(origin, name, &[]);
        if is_alone && before == below() {
            match hits.is_empty() {
                true => remember(&self.judged.alone, name),
                false => self.remember_told(origin.target, name, &hits),
            }
        }
        self.keep(hits);
    }

    /// Scans the name of a file whose directory tells what it may hold.
    pub(super) fn scan_name_in(&self, directory: &BStr, origin: Origin<'_>, name: &BStr) {
        let path = [directory.as_ref(), name.as_bytes()].join(&b'/');
        let path = path.as_bstr();
        if self.tells_again(origin, path) {
            return;
        }
        let mut hits = self.guarded(Origin { path: Some(path), ..origin }, name, &[], true);
        hits.iter_mut().for_each(|hit| hit.location.path = origin.path.map(ToOwned::to_owned));
        if !hits.is_empty() {
            self.remember_told(origin.target, path, &hits);
        }
        self.keep(hits);
    }

    /// Tells of another version of a directory what was found in a name, or path, in the first.
    fn tells_again(&self, origin: Origin<'_>, path: &BStr) -> bool {
        let told = self.judged.told.read().unwrap_or_else(PoisonError::into_inner);
        let Some(mut hits) = told.get(&(origin.target, path.to_owned())).cloned() else { return false };
        drop(told);
        hits.iter_mut().for_each(|hit| hit.location.blob = origin.object.map(str::to_owned));
        self.keep(hits);
        true
    }

    fn remember_told(&self, target: usize, path: &BStr, hits: &[Hit]) {
        let mut told = self.judged.told.write().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST {
            told.insert((target, path.to_owned()), hits.to_vec());
        }
    }

    /// Whether a name holds something that its directory could tell of.
    pub(super) fn may_be_told(&self, name: &BStr) -> bool {
        // Few names are like that, and the others cost less than to remember them.
        let is_dense = runs::dense_blocks(name).next().is_some();
        if is_dense && has(&self.judged.anywhere, name) {
            return false;
        }
        let holds = self.detector.holds_value(stem(name));
        if is_dense && !holds {
            remember(&self.judged.anywhere, name);
        }
        holds
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::config::LeftOut;
    use crate::decode::Limits;
    use crate::detect::Detector;
    use crate::finding::{Confidence, LocationKind};
    use crate::pipeline::Settings;
    use crate::progress::Counters;
    use crate::rule::{RuleSet, builtin};
    use crate::source::Sink as _;

    #[test]
    fn a_name_that_looks_like_a_value_is_judged_once_and_told_of_each_time() {
        let detector = Detector::new(RuleSet::new(builtin::rules().expect("ours")).expect("ids differ"));
        let (left_out, never) = (LeftOut::default(), AtomicBool::new(false));
        let settings = Settings {
            confidence: Confidence::Medium,
            inline_ignores: true,
            limits: Limits::default(),
            max_file_size: None,
        };
        let counters = Arc::new(Counters::default());
        let collector = Collector::new(&detector, settings, &left_out, vec![".".into()], &never, counters);
        let value = ["Xq7RmT2vKd9LsB4n", "Wf8JpH3zYc6GaV5e"].concat();
        let told = format!("mistral_api_key_{value}");
        let mut judged = Vec::new();
        for tree in ["aa", "bb", "cc"] {
            for name in [&value, &told] {
                let path = Some(BStr::new(name));
                let (kind, object) = (LocationKind::Path, Some(tree));
                collector.blob(Origin { kind, target: 0, path, shown: path, object }, name.as_bytes());
            }
            judged.push(super::super::lock(&collector.namings).len());
        }
        assert!(judged[0] > 0 && judged.iter().all(|number| *number == judged[0]), "{judged:?}");
        // What is told of was judged once, too: where it is marked, the other versions of the directory have the mark.
        let again = |tree| {
            let path = Some(BStr::new(&told));
            let (kind, object) = (LocationKind::Path, Some(tree));
            collector.blob(Origin { kind, target: 0, path, shown: path, object }, told.as_bytes());
        };
        for hits in collector.judged.told.write().expect("nobody failed").values_mut() {
            hits.iter_mut().for_each(|hit| hit.evidence = vec!["marked".to_owned()]);
        }
        again("dd");
        let marked =
            super::super::lock(&collector.hits).iter().filter(|hit| hit.evidence == ["marked"]).count();
        assert_eq!(marked, 1);
        // A hex digest is never one, whatever its directory says; asked again, that is known.
        let digest = "0123456789abcdef".repeat(2);
        let answers = [value.as_str(), &digest, &digest].map(|name| collector.may_be_told(BStr::new(name)));
        assert_eq!(answers, [true, false, false]);
        assert!(has(&collector.judged.anywhere, BStr::new(&digest)));
        let findings = collector.finish().findings;
        let trees: Vec<_> = findings.iter().flat_map(|found| &found.locations).map(|at| &at.blob).collect();
        assert_eq!(
            trees,
            ["aa", "bb", "cc", "dd"].map(|tree| Some(tree.to_owned())).each_ref(),
            "{findings:?}"
        );
    }
}
