//! Which value a name stands for, where one file gives it and another reads it.
//!
//! Takes the values that were given under names that say nothing, and the places where those names are read; gives
//! the values that are a provider's. `API_KEY` in one part of a repository is not `API_KEY` in another: how near the
//! two files are decides, and whether others read the same name for another purpose.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};

use super::look::{KnownValue, MOST_NAMINGS};
use crate::detect::definition::Definition;
use crate::detect::reference::Purpose;
use crate::finding::Confidence;
use crate::secret::Secret;

/// Most directories between a file that gives a name a value and one that reads it, where neither is above the other.
pub(super) const NEAR: usize = 3;

/// A value under a name.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    pub(super) definition: Definition,
    pub(super) secret: Secret,
    pub(super) target: usize,
    /// None in stored history, where blobs have no path of their own.
    pub(super) path: Option<BString>,
    /// For a sentence.
    pub(super) place: String,
    /// It is a name that a program gives what it reads by another one.
    pub(super) alias: bool,
    /// It is believed to be a provider's for what stands around it: uses for others speak against it.
    pub(super) doubtful: bool,
}

/// A place that reads a name.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) name: String,
    pub(super) purpose: Option<Purpose>,
    pub(super) from_environment: bool,
    /// Names that the value is given there.
    pub(super) given_to: Vec<Definition>,
    /// The variable from which what gets the value there reads where it sends to.
    pub(super) sent_by: Option<String>,
    /// Stems of the files that give names a value which this one mentions.
    pub(super) mentions: Vec<BString>,
    pub(super) target: usize,
    pub(super) path: Option<BString>,
    pub(super) place: String,
}

impl Naming {
    /// Whether any place that reads the name can mean this value. Of a name that anything could have, where its file stands
    /// decides, and in stored history nothing is known of that.
    pub(super) fn can_be_read(&self) -> bool {
        !self.definition.generic || self.path.is_some()
    }

    /// Whether a framework reads its file without a word of it in the program.
    pub(super) fn is_loaded_unnamed(&self) -> bool {
        self.path.as_ref().is_some_and(is_loaded_unnamed)
    }

    /// The name of its file without ending: what an import calls it.
    pub(super) fn stem(&self) -> Option<BString> {
        let mut parts = self.path.as_ref()?.rsplit(|&byte| byte == b'/');
        let stem = parts.next()?.split(|&byte| byte == b'.').next()?;
        // What stands for its directory is called by the directory's name.
        let stem = if matches!(stem, b"index" | b"__init__" | b"mod") { parts.next()? } else { stem };
        (stem.len() > 2).then(|| stem.into())
    }
}

/// The values that are a provider's.
pub(super) fn resolve(mut namings: Vec<Naming>, mut readings: Vec<Reading>) -> Vec<KnownValue> {
    namings.retain(|naming| !naming.doubtful);
    let by_place =
        |target: usize, path: &Option<BString>, place: &str| (target, path.clone(), place.to_owned());
    namings.sort_by_cached_key(|naming| by_place(naming.target, &naming.path, &naming.place));
    readings.sort_by_cached_key(|reading| by_place(reading.target, &reading.path, &reading.place));
    let readings = by_name(readings.iter());
    namings.iter().filter_map(|naming| bound(naming, &namings, &readings)).collect()
}

/// The values of `namings` under the names that they are given where they are read.
pub(super) fn handed_on(namings: &[Naming], readings: &[Reading]) -> Vec<Naming> {
    let by_name = by_name(readings.iter().filter(|reading| !reading.given_to.is_empty()));
    let mut handed = Vec::new();
    for naming in namings {
        for reading in related(naming, &by_name).take(MOST_NAMINGS.saturating_sub(handed.len())) {
            let shown = reading.name.split('(').next().unwrap_or_default();
            handed.extend(reading.given_to.iter().map(|definition| Naming {
                definition: definition.clone(),
                secret: naming.secret.clone(),
                target: reading.target,
                path: reading.path.clone(),
                place: format!("{} (from `{}` in {})", reading.place, shown, naming.place),
                alias: true,
                doubtful: naming.doubtful,
            }));
        }
    }
    handed
}

/// Places by the name that they read.
pub(super) type ByName<'a> = HashMap<&'a str, Vec<&'a Reading>>;

pub(super) fn by_name<'a>(readings: impl Iterator<Item = &'a Reading>) -> ByName<'a> {
    let mut by_name = ByName::new();
    for reading in readings {
        by_name.entry(&reading.name).or_default().push(reading);
    }
    by_name
}

/// The places that read a name and may mean this value.
pub(super) fn related<'a>(naming: &Naming, readings: &ByName<'a>) -> impl Iterator<Item = &'a Reading> {
    let same_name = readings.get(naming.definition.name.as_str()).into_iter().flatten().copied();
    // What stands on the value's own line was asked when its file was looked at.
    let elsewhere = |reading: &&Reading| reading.place != naming.place;
    let same_target = |reading: &&Reading| reading.target == naming.target;
    same_name.filter(elsewhere).filter(same_target).filter(|reading| is_related(naming, reading))
}

/// Whether and why a value is a provider's.
fn bound(naming: &Naming, namings: &[Naming], readings: &ByName<'_>) -> Option<KnownValue> {
    let name = naming.definition.name.as_str();
    let generic = naming.definition.generic;
    let (mut ours, mut theirs) = (Vec::new(), false);
    let mut rival = None;
    for reading in related(naming, readings) {
        match &reading.purpose {
            Some(Purpose::Ours { rule, confidence, reason }) => {
                ours.push((reading, *rule, *confidence, reason));
            }
            Some(Purpose::Theirs { .. }) => {
                theirs = true;
                rival = rival.into_iter().chain(distance(naming, reading)).min();
            }
            // A name that anything could have is not taken from those who do not say what for.
            Some(Purpose::Unknown) => theirs |= generic,
            None => {}
        }
    }
    let nearest = |reading: &Reading| {
        let rivals =
            namings.iter().filter(|other| other.definition.name == name && is_related(other, reading));
        let least = rivals.filter_map(|other| distance(other, reading)).min();
        !generic || distance(naming, reading) == least
    };
    let (reading, rule, confidence, reason) = ours.into_iter().find(|(reading, ..)| nearest(reading))?;
    // Another program has a variable of the same name: the one beside the value is meant.
    let apart = !is_above(naming, reading);
    let farther = |rival: usize| apart && distance(naming, reading).is_some_and(|far| far > rival);
    if rival.is_some_and(farther) {
        return None;
    }
    let confidence = match (generic, theirs) {
        (false, false) => confidence,
        (true, true) => return None,
        // A name that others use as well, or that anything could have.
        _ => Confidence::Medium.min(confidence),
    };
    let name = name.split_once('>').map_or(name, |(_, name)| name).trim_start_matches('.');
    let (given, read) = (&naming.place, &reading.place);
    let evidence = match name.split_once('(') {
        Some((callee, _)) => format!("it is handed to `{callee}` in {given}, which is in {read}: {reason}"),
        None => format!("`{name}` gets its value in {given} and is read in {read}: {reason}"),
    };
    Some(KnownValue { secret: naming.secret.clone(), rule, confidence, evidence: vec![evidence] })
}

/// Whether the file that reads a name means the one that gives it a value.
fn is_related(naming: &Naming, reading: &Reading) -> bool {
    if !naming.definition.generic {
        return true;
    }
    // In stored history nothing is known of where a file stands.
    let (Some(given), Some(read)) = (&naming.path, &reading.path) else { return false };
    let mentioned = naming.stem().is_some_and(|stem| reading.mentions.contains(&stem));
    if naming.alias {
        return mentioned || given == read;
    }
    let far = distance(naming, reading).unwrap_or(usize::MAX);
    // What is called is named by who calls it, and not the other way round.
    if naming.definition.name.contains('(') {
        return far < NEAR;
    }
    let environment = reading.from_environment && is_environment(given.as_bstr());
    let settings = environment || is_loaded_unnamed(given) || is_of_module(naming, read);
    is_above(naming, reading) && (mentioned || settings)
        || far <= NEAR && mentioned
        || is_one_package(given, read)
}

/// Whether an entry is of the section that has the name of a module: what `assistant:` holds is for `assistant/client.go`.
fn is_of_module(naming: &Naming, read: &BString) -> bool {
    let Some((section, _)) = naming.definition.name.split_once('>') else { return false };
    let mut parts = read.rsplit(|&byte| byte == b'/');
    let file = parts.next().and_then(|file| file.split(|&byte| byte == b'.').next());
    let modules = file.into_iter().chain(parts.next());
    modules.into_iter().any(|module| module.eq_ignore_ascii_case(section.as_bytes()))
}

/// Whether two files are of one package, whose names all of its files know without a word of where they are from.
fn is_one_package(one: &BString, other: &BString) -> bool {
    const ENDINGS: [&[u8]; 5] = [b"go", b"swift", b"kt", b"java", b"gs"];
    let parts = |path: &BString| {
        let directory = path.rfind_byte(b'/').map_or(0, |slash| slash + 1);
        let ending = path.rfind_byte(b'.').map_or(path.len(), |dot| dot + 1);
        (path[..directory].to_vec(), path[ending..].to_vec())
    };
    let one = parts(one);
    ENDINGS.contains(&one.1.as_slice()) && one == parts(other)
}

/// How many directories lie between two files.
pub(super) fn distance(naming: &Naming, reading: &Reading) -> Option<usize> {
    let (given, read) = (directory(&naming.path)?, directory(&reading.path)?);
    let common = given.iter().zip(&read).take_while(|(one, other)| one == other).count();
    Some(given.len() + read.len() - 2 * common)
}

/// Whether the directory of one of two files is above that of the other, or the same.
pub(super) fn is_above(naming: &Naming, reading: &Reading) -> bool {
    let (Some(given), Some(read)) = (directory(&naming.path), directory(&reading.path)) else {
        return false;
    };
    given.starts_with(&read) || read.starts_with(&given)
}

/// The names of the directories that a file is in. Sources and settings beneath `src/main` are of the same module, which is
/// where that begins.
fn directory(path: &Option<BString>) -> Option<Vec<&[u8]>> {
    let mut parts: Vec<&[u8]> = path.as_ref()?.split(|&byte| byte == b'/').collect();
    let file = parts.pop()?;
    // They are of all that lies beside their directory.
    if is_of_elixir(file, parts.last().copied()) {
        parts.pop();
    }
    let module = parts.windows(2).position(|pair| pair == [&b"src"[..], b"main"]);
    parts.truncate(module.unwrap_or(parts.len()));
    Some(parts)
}

/// Whether a framework reads a file of settings without a word of it in the program.
fn is_loaded_unnamed(path: &BString) -> bool {
    const STEMS: [&str; 4] = ["appsettings", "application", "bootstrap", "secrets"];
    let mut parts = path.rsplit(|&byte| byte == b'/');
    let name = parts.next().unwrap_or_default();
    let stem = name.split(|&byte| matches!(byte, b'.' | b'-')).next().unwrap_or_default();
    STEMS.iter().any(|known| stem == known.as_bytes()) || is_of_elixir(name, parts.next())
}

/// Whether a file in a directory holds the settings of a program in Elixir.
fn is_of_elixir(file: &[u8], directory: Option<&[u8]>) -> bool {
    file.ends_with(b".exs") && directory == Some(b"config")
}

/// Whether a file sets the environment of programs.
fn is_environment(path: &BStr) -> bool {
    const ENDINGS: [&str; 12] = [
        ".sh", ".bash", ".zsh", ".fish", ".bat", ".cmd", ".ps1", ".yml", ".yaml", ".service", ".tfvars",
        ".toml",
    ];
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_ascii_lowercase();
    name.contains_str("env")
        || name.contains_str("docker")
        || ENDINGS.iter().any(|ending| name.ends_with_str(ending))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::pipeline) fn naming(name: &str, generic: bool, path: &str, value: u8) -> Naming {
        Naming {
            definition: Definition { name: name.to_owned(), generic, section: false },
            secret: Secret::new(vec![value; 32]),
            target: 0,
            path: Some(path.into()),
            place: format!("{path}:1"),
            alias: false,
            doubtful: false,
        }
    }

    pub(in crate::pipeline) fn reading(name: &str, path: &str, ours: bool) -> Reading {
        Reading {
            name: name.to_owned(),
            purpose: Some(match ours {
                true => Purpose::Ours {
                    rule: 0,
                    confidence: Confidence::High,
                    reason: "it is handed to `Acme`".to_owned(),
                },
                false => Purpose::Theirs { sure: true },
            }),
            given_to: Vec::new(),
            sent_by: None,
            from_environment: true,
            mentions: Vec::new(),
            target: 0,
            path: Some(path.into()),
            place: format!("{path}:9"),
        }
    }

    /// Values that are bound, with their confidence.
    fn resolved(namings: &[Naming], readings: &[Reading]) -> Vec<(u8, Confidence)> {
        let known = resolve(namings.to_vec(), readings.to_vec());
        known.iter().map(|value| (value.secret.expose()[0], value.confidence)).collect()
    }

    #[test]
    fn a_telling_name_is_bound_wherever_it_stands() {
        let given = [naming("LLM_KEY", false, "deploy/.env", 1)];
        assert_eq!(resolved(&given, &[reading("LLM_KEY", "src/app.py", true)]), [(1, Confidence::High)]);
        let both = [reading("LLM_KEY", "src/app.py", true), reading("LLM_KEY", "src/other.py", false)];
        assert_eq!(resolved(&given, &both), [(1, Confidence::Medium)]);
        assert_eq!(resolved(&given, &[reading("LLM_KEY", "src/other.py", false)]), []);
        assert_eq!(resolved(&given, &[reading("OTHER_KEY", "src/app.py", true)]), []);
    }

    #[test]
    fn a_generic_name_is_bound_to_the_nearest_file_above_or_below() {
        let read = [reading("API_KEY", "a/src/app.py", true)];
        for (paths, expected) in [
            (vec!["a/.env"], vec![(0, Confidence::Medium)]),
            (vec![".env"], vec![(0, Confidence::Medium)]),
            (vec!["a/.env", ".env"], vec![(0, Confidence::Medium)]),
            (vec!["b/.env"], vec![]),
            (vec!["a/settings.json"], vec![]),
        ] {
            let given: Vec<Naming> =
                (0..).zip(&paths).map(|(value, path)| naming("API_KEY", true, path, value)).collect();
            assert_eq!(resolved(&given, &read), expected, "{paths:?}");
        }
        let others = [read[0].clone(), reading("API_KEY", "weather/app.py", false)];
        assert_eq!(resolved(&[naming("API_KEY", true, "a/.env", 0)], &others).len(), 1, "read elsewhere");
        assert_eq!(resolved(&[naming("API_KEY", true, ".env", 0)], &others), [], "and here");
    }

    #[test]
    fn in_stored_history_only_a_telling_name_is_read_for() {
        let stored = |generic: bool| Naming { path: None, ..naming("LLM_KEY", generic, "", 1) };
        let read =
            [reading("LLM_KEY", "src/app.py", true), Reading { path: None, ..reading("LLM_KEY", "", true) }];
        assert!(stored(false).can_be_read());
        assert_eq!(resolved(&[stored(false)], &read), [(1, Confidence::High)]);
        assert!(!stored(true).can_be_read());
        assert_eq!(resolved(&[stored(true)], &read), []);
    }

    #[test]
    fn a_module_is_known_by_its_name() {
        let given = [naming("apiKey", true, "config.json", 1)];
        let mut read = reading("apiKey", "index.js", true);
        read.from_environment = false;
        assert_eq!(resolved(&given, &[read.clone()]), []);
        read.mentions = vec!["config".into()];
        assert_eq!(resolved(&given, &[read]), [(1, Confidence::Medium)]);
    }

    #[test]
    fn the_order_of_files_changes_nothing() {
        let mut given = vec![naming("LLM_KEY", false, ".env", 1), naming("LLM_KEY", false, "b/.env", 2)];
        let mut read = vec![reading("LLM_KEY", "x.py", true), reading("LLM_KEY", "a.py", true)];
        let told = |given: &[Naming], read: &[Reading]| -> Vec<(Secret, Vec<String>)> {
            resolve(given.to_vec(), read.to_vec()).into_iter().map(|v| (v.secret, v.evidence)).collect()
        };
        let first = told(&given, &read);
        assert!(
            first[0].1[0].ends_with(".env:1 and is read in a.py:9: it is handed to `Acme`"),
            "{:?}",
            first[0].1
        );
        given.reverse();
        read.reverse();
        assert_eq!(told(&given, &read), first);
    }
}
