//! The configuration of a scan: which file, and what it says.

use std::path::{Path, PathBuf};

use super::super::UsageError;
use super::super::args::RuleFiles;
use super::{Setting, Source};
use crate::config::find::Site;
use crate::config::paths::Relation;
use crate::config::{self, Config, Located};
use crate::source::layout::{self, ObjectDirs};

/// A configuration that was read.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) name: String,
    /// What names in it are relative to.
    pub(super) directory: PathBuf,
    pub(super) config: Config,
    pub(super) relations: Vec<Relation>,
    /// The scan is of whole repositories.
    pub(super) whole: bool,
}

impl Found {
    /// What holds: what was typed, what the file says, the default, in this order.
    pub(super) fn pick<T>(
        &self,
        typed: Option<T>,
        option: &'static str,
        written: Option<Located<T>>,
        default: T,
    ) -> Setting<T> {
        match (typed, written) {
            (Some(value), _) => Setting { value, source: Source::Option(option) },
            (None, Some(Located { value, line })) => Setting { value, source: self.line(line) },
            (None, None) => Setting { value: default, source: Source::Default },
        }
    }

    pub(super) fn line(&self, line: usize) -> Source {
        Source::Line { file: self.name.clone(), line }
    }
}

/// The configuration that was named, or else the one that is found; one without a name if there is none.
pub(super) fn found(mode: &str, args: &RuleFiles, targets: &[PathBuf]) -> Result<Found, UsageError> {
    let sites: Vec<Option<Site>> = targets.iter().map(|target| site(mode, target)).collect();
    let whole = match mode {
        "scan" => sites.iter().flatten().any(Site::is_whole),
        mode => mode == "history",
    };
    let relations = |relation: &dyn Fn(&Site) -> Relation| {
        sites.iter().map(|site| site.as_ref().map_or(Relation::Apart, relation)).collect()
    };
    let (path, relations) = match &args.config {
        _ if args.no_config => return Ok(Found { whole, ..Found::default() }),
        Some(path) => (path.clone(), relations(&Site::relation_to_named)),
        None => match nearest(&sites)? {
            Some(path) => {
                let relations = relations(&|site| site.relation_to_found(&path));
                (path, relations)
            }
            None => return Ok(Found { whole, ..Found::default() }),
        },
    };
    Ok(Found { relations, whole, ..read_config(&path)? })
}

/// The configuration file of all targets.
fn nearest(sites: &[Option<Site>]) -> Result<Option<PathBuf>, UsageError> {
    let mut files = sites.iter().flatten().map(Site::config);
    let first = files.next().flatten();
    match files.all(|file| file == first) {
        true => Ok(first),
        false => Err(UsageError::new("the targets have different configurations")
            .help("name one for all with --config FILE, use none with --no-config, or scan them one by one")),
    }
}

/// Where a target lies; none for what is not there, which is said elsewhere, and for repositories without a work tree.
pub(super) fn site(mode: &str, target: &Path) -> Option<Site> {
    if mode == "scan" {
        return Site::of_path(target);
    }
    let layout = layout::find(target, &ObjectDirs::default()).ok()?;
    layout.work_tree.map(|work_tree| Site::in_work_tree(target, &work_tree))
}

fn read_config(path: &Path) -> Result<Found, UsageError> {
    let name = config::read::name(path);
    let text = config::read::text(path)
        .map_err(|error| UsageError::new(format!("cannot read the configuration {name}: {error}")))?;
    let config = config::file::parse(&name, &text).map_err(|error| {
        UsageError::new(error)
            .help("`leeward config --help` explains the keys; --no-config does without the file")
    })?;
    let directory = path.parent().map(Path::to_owned).unwrap_or_default();
    Ok(Found { name, directory, config, ..Found::default() })
}
