//! The configuration of a scan: which file, read from where, and what it says.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::args::{PolicyArgs, RuleFiles};
use super::super::{UsageError, surroundings};
use super::files::{Basis, Files, Stored, malformed};
use super::{Judge, Setting, Source};
use crate::config::find::Site;
use crate::config::paths::Relation;
use crate::config::read::Unreadable;
use crate::config::{self, Config, Located};
use crate::report::Note;
use crate::source::history::range::Snapshot;
use crate::source::index::IndexFiles;
use crate::source::layout::{self, Layout};

/// A configuration that was read.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) name: String,
    /// Where it is.
    path: PathBuf,
    /// What names in it are relative to.
    pub(super) directory: PathBuf,
    pub(super) config: Config,
    pub(super) relations: Vec<Relation>,
    /// The scan is of whole repositories.
    pub(super) whole: bool,
    /// Where it and what it names is read from.
    pub(super) files: Rc<Files>,
    /// Where what has no other place would be put.
    pub(super) top: PathBuf,
    pub(super) notes: Vec<Note>,
}

/// A target: where it lies, and where its settings are read from.
struct Place {
    site: Site,
    files: Rc<Files>,
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

    /// The file, and those that it names.
    pub(super) fn read_from(&self, config: &Config) -> Vec<PathBuf> {
        if self.name.is_empty() {
            return Vec::new();
        }
        let named = config.rule_files.iter().chain(&config.baseline).map(|file| file.value.clone());
        let named = named.map(|file| self.directory.join(file));
        std::iter::once(self.path.clone()).chain(named).collect()
    }

    pub(super) fn line(&self, line: usize) -> Source {
        Source::Line { file: self.name.clone(), line }
    }
}

/// The configuration that was named, or else the one that is found; one without a name if there is none.
pub(super) fn found(
    mode: &str,
    args: &PolicyArgs,
    targets: &[PathBuf],
    basis: &Basis,
) -> Result<Found, UsageError> {
    let places = places(mode, args.policy_from.as_deref(), targets, basis)?;
    let first = places.iter().flatten().next();
    let whole = match mode {
        "scan" => places.iter().flatten().any(|place| place.site.is_whole()),
        mode => mode == "history",
    };
    let base = Found {
        whole,
        files: first.map(|place| Rc::clone(&place.files)).unwrap_or_default(),
        top: first.map_or_else(|| PathBuf::from("."), |place| place.site.top().to_owned()),
        ..Found::default()
    };
    if args.rule_files.no_config {
        return Ok(base);
    }
    let named = args.rule_files.config.is_some();
    let Some(path) = which(&args.rule_files, &places)? else { return Ok(base) };
    let relation = |place: &Option<Place>| match place {
        None => Relation::Apart,
        Some(place) if named => place.site.relation_to_named(),
        Some(place) => place.site.relation_to_found(&path),
    };
    let relations = places.iter().map(relation).collect();
    read_config(&path, named, Found { relations, ..base }, basis)
}

/// The file that was named, or else the nearest of all targets.
fn which(args: &RuleFiles, places: &[Option<Place>]) -> Result<Option<PathBuf>, UsageError> {
    if args.config.is_some() {
        return Ok(args.config.clone());
    }
    let mut files = places.iter().flatten().map(|place| place.site.config(&|file| place.files.exists(file)));
    let first = files.next().flatten();
    match files.all(|file| file == first) {
        true => Ok(first),
        false => Err(UsageError::new("the targets have different configurations")
            .help("name one for all with --config FILE, use none with --no-config, or scan them one by one")),
    }
}

/// Where targets lie; none for what is not there, which is said elsewhere.
fn places(
    mode: &str,
    revision: Option<&str>,
    targets: &[PathBuf],
    basis: &Basis,
) -> Result<Vec<Option<Place>>, UsageError> {
    let mut places: Vec<Option<Place>> = Vec::with_capacity(targets.len());
    for target in targets {
        let known = places.iter().flatten().map(|place| (place.site.top(), &place.files)).next_back();
        places.push(place(mode, revision, target, known, basis)?);
    }
    Ok(places)
}

/// Where a target lies. `known` is the top of another one, and what was read from there.
fn place(
    mode: &str,
    revision: Option<&str>,
    target: &Path,
    known: Option<(&Path, &Rc<Files>)>,
    basis: &Basis,
) -> Result<Option<Place>, UsageError> {
    if mode == "scan" && revision.is_none() {
        return Ok(Site::of_path(target).map(|site| Place { site, files: Rc::default() }));
    }
    let layout = match (mode, revision) {
        ("scan", _) if target == Path::new("-") => layout::find(Path::new("."), &surroundings::object_dirs()),
        ("staged" | "message" | "range" | "history", _) => surroundings::repository(target)
            .map_err(|_| layout::LayoutError::NotFound { path: target.into() }),
        _ => layout::find(target, &surroundings::object_dirs()),
    };
    let layout = match (layout, revision) {
        (Ok(layout), _) => layout,
        // Whoever needs a repository says that there is none.
        (Err(_), None) => return Ok(None),
        (Err(_), Some(_)) => {
            let shown = crate::sanitize::visible(target.as_os_str().as_encoded_bytes()).into_owned();
            return Err(UsageError::new(format!("{shown}: --policy-from needs a git repository")));
        }
    };
    let site = match &layout.work_tree {
        Some(_) if mode == "scan" => Site::of_path(target),
        // What is stored belongs to all of the repository: the verdict is the same wherever it is asked for.
        Some(work_tree) => Some(Site::of_work_tree(work_tree)),
        None => Some(Site::bare(&layout.git_dir)),
    };
    let Some(site) = site else { return Ok(None) };
    let files = match known {
        Some((top, files)) if top == site.top() => Rc::clone(files),
        _ => Rc::new(files(&layout, site.top(), revision, basis)?),
    };
    Ok(Some(Place { site, files }))
}

/// What the settings of a repository are read from: the revision that was named, or else what the scan is to be judged
/// by; where there is no work tree, `HEAD`.
fn files(layout: &Layout, top: &Path, revision: Option<&str>, basis: &Basis) -> Result<Files, UsageError> {
    let of = |stored| Files::Of { stored, top: top.to_owned() };
    if let Some(revision) = revision {
        let help = match basis {
            Basis::Received(_) => {
                "what is pushed is no revision here yet; without --policy-from, HEAD judges as soon as there is one"
            }
            _ => "a shallow clone may lack it: fetch it, with its history",
        };
        let opened = Snapshot::open(layout, revision).map(|snapshot| of(Stored::Asked(snapshot)));
        return opened.map_err(|error| UsageError::new(format!("--policy-from: {error}")).help(help));
    }
    Ok(match basis {
        Basis::Disk | Basis::Since(_) if layout.work_tree.is_some() => Files::Disk,
        Basis::Index(files) => of(Stored::Index(files.clone())),
        Basis::Pushed { tip, .. } => of(pushed(layout, tip)),
        Basis::Received(_) => of(committed(layout, Judge::of(layout).revision())),
        _ => of(committed(layout, "HEAD")),
    })
}

/// The files of a revision; before the first commit, there is nothing to go by.
fn committed(layout: &Layout, revision: &str) -> Stored {
    Snapshot::open(layout, revision).map_or_else(|_| Stored::Index(IndexFiles::default()), Stored::Head)
}

/// The files of what is pushed: of `HEAD`, where they are the same; none, where there are no files, or what they are cannot
/// be told.
fn pushed(layout: &Layout, tip: &str) -> Stored {
    let Ok(snapshot) = Snapshot::open(layout, tip) else { return Stored::Index(IndexFiles::default()) };
    match Snapshot::open(layout, "HEAD") {
        Ok(head) if head.has_the_files_of(&snapshot) => Stored::Head(head),
        _ => Stored::Pushed(snapshot.abbreviated()),
    }
}

fn read_config(path: &Path, named: bool, base: Found, basis: &Basis) -> Result<Found, UsageError> {
    let name = base.files.name(path);
    let text = if named { base.files.named(path) } else { base.files.text(path) };
    let text = match text {
        Ok(text) => text,
        Err(Unreadable::NotInRevision) => {
            let message = format!("there is no {name}, so the defaults hold");
            let notes = vec![Note { kind: "policy-missing", message }];
            return Ok(Found { notes, relations: Vec::new(), ..base });
        }
        Err(error) => {
            return Err(UsageError::new(format!("cannot read the configuration {name}: {error}")));
        }
    };
    let config = config::file::parse(&name, &text).map_err(|error| {
        malformed(&name, &text, "what is to hold of both sides", || {
            UsageError::new(error)
                .help(format!("`leeward config --help` explains the keys; {}", without(basis)))
        })
    })?;
    let directory = path.parent().map(Path::to_owned).unwrap_or_default();
    Ok(Found { name, path: path.to_owned(), directory, config, ..base })
}

/// How to go on without a configuration. In a push nobody can say so.
fn without(basis: &Basis) -> &'static str {
    match basis {
        Basis::Pushed { .. } => {
            "mend it in the commit that is pushed; `git push --no-verify` goes on unjudged"
        }
        Basis::Received(_) => "it is what judges here: have whoever runs this server mend it",
        Basis::Index(_) => "mend it, and `git add` it; `leeward staged --no-config` judges without it",
        Basis::Disk | Basis::Since(_) | Basis::Head => "--no-config does without the file",
    }
}
