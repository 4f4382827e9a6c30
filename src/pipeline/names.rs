//! The names that values go by: how programs write them, and which files a text loads.
//!
//! Takes what was given a value in any file, gives what is looked for in every text.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Mutex;

use bstr::{BString, ByteSlice};

use super::bindings::Naming;
use super::destinations::Given;
use super::look::MOST_NAMINGS;
use crate::detect::finder::Finder;
use crate::detect::words::words;
use crate::detect::{callable, client};

/// Names whose use is looked for.
pub(super) struct Names {
    /// Names of variables and files, and how they are written.
    pub(super) own: Spelled,
    /// Entries of sections: looked for only where a text is about what a rule looks for, for they are many.
    pub(super) entries: Spelled,
    /// Clients that read one by themselves.
    pub(super) clients: Spelled,
    /// Classes and functions that one is handed to.
    pub(super) callables: Spelled,
    /// Stems of the files that give them a value.
    stems: Stems,
    /// What others do with one of the values speaks against it.
    doubtful: bool,
    /// The same, and no program has to say which file has it.
    unnamed: bool,
    /// Variables that are given addresses are looked for as well: not in stored history, where nothing has a path.
    pub(super) destinations: Option<Mutex<Vec<Given>>>,
}

/// Names and their spellings.
pub(super) struct Spelled {
    pub(super) finder: Option<Finder>,
    /// For each pattern of the finder, a spelling, the name as it is given a value.
    pub(super) names: Vec<String>,
}

impl Spelled {
    fn new(
        mut names: Vec<String>,
        spell: fn(&str) -> Vec<String>,
        find: fn(Vec<String>) -> Option<Finder>,
    ) -> Spelled {
        names.sort();
        names.dedup();
        let spelled = names.iter().flat_map(|name| spell(name).into_iter().map(move |word| (word, name)));
        let (words, names): (Vec<String>, Vec<String>) =
            spelled.map(|(word, name)| (word, name.clone())).unzip();
        Spelled { finder: find(words), names }
    }
}

impl Names {
    /// Of what was given a value; none if nothing was.
    pub(super) fn new(namings: &[Naming]) -> Option<Names> {
        let names = |section: bool| {
            let same = namings.iter().filter(|naming| naming.definition.section == section);
            same.map(|naming| naming.definition.name.clone()).collect()
        };
        let own = Spelled::new(names(false), spellings, Finder::new);
        let entries = Spelled::new(names(true), entries, Finder::in_any_case);
        let callables = Spelled::new(names(false), callable::spellings, Finder::new);
        let clients = Spelled::new(names(false), client::spellings, Finder::in_any_case);
        let any = [&own, &entries, &callables].iter().any(|spelled| spelled.finder.is_some());
        let doubtful = namings.iter().any(|naming| naming.doubtful);
        let unnamed = namings.iter().any(|naming| naming.doubtful && naming.is_loaded_unnamed());
        any.then(|| Names {
            own,
            entries,
            clients,
            callables,
            stems: Stems::new(namings.iter().filter_map(Naming::stem).collect()),
            doubtful,
            unnamed,
            destinations: namings.iter().any(|naming| naming.path.is_some()).then(Mutex::default),
        })
    }

    /// Whether a text that is about nothing that rules look for can tell of a value that it is somebody else's: it loads
    /// the file that has it, or need not say that it does.
    pub(super) fn may_be_doubted_by(&self, text: &[u8]) -> bool {
        self.unnamed || self.doubtful && self.stems.is_any_mentioned(text)
    }

    /// Whether a text can read one.
    pub(super) fn may_be_read(&self, text: &[u8]) -> bool {
        self.finders().any(|finder| finder.is_match(text))
    }

    /// Bytes of the longest spelling.
    pub(super) fn longest(&self) -> usize {
        self.finders().map(Finder::longest).max().unwrap_or(0)
    }

    fn finders(&self) -> impl Iterator<Item = &Finder> {
        let all = [&self.own, &self.entries, &self.clients, &self.callables];
        all.into_iter().filter_map(|spelled| spelled.finder.as_ref())
    }

    /// Stems of the files that a text loads, which are looked for once, and of the one whose class has what is read at `span`:
    /// `Config.KEY`.
    pub(super) fn mentioned(
        &self,
        text: &[u8],
        span: &Range<usize>,
        loaded: &mut Option<Vec<BString>>,
    ) -> Vec<BString> {
        let loaded = loaded.get_or_insert_with(|| self.stems.loaded_by(text));
        loaded.iter().chain(self.stems.owner(text, span.start)).cloned().collect()
    }
}

/// Stems of files, as texts mention them.
struct Stems {
    stems: Vec<BString>,
    /// In any case, and as classes are called.
    finder: Option<Finder>,
    /// For each pattern of the finder, which stem it is.
    of: Vec<usize>,
    /// What the class of a file is called, its words joined, and which stem it is.
    classes: HashMap<String, usize>,
}

impl Stems {
    fn new(mut stems: Vec<BString>) -> Stems {
        stems.sort();
        stems.dedup();
        let spelled = stems.iter().enumerate().flat_map(|(index, stem)| {
            let joined = joined(stem);
            let differs = joined.len() != stem.len();
            [stem.clone()].into_iter().chain(differs.then(|| joined.into())).map(move |word| (word, index))
        });
        let (words, of): (Vec<BString>, Vec<usize>) = spelled.unzip();
        let classes = stems.iter().enumerate().rev().map(|(index, stem)| (joined(stem), index)).collect();
        Stems { finder: Finder::in_any_case(words), of, classes, stems }
    }

    fn found<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, Range<usize>)> + 't {
        let found = self.finder.iter().flat_map(|finder| finder.find(text)).take(MOST_NAMINGS);
        found.map(|(pattern, span)| (self.of[pattern], span))
    }

    /// Those of files that a text loads.
    fn loaded_by(&self, text: &[u8]) -> Vec<BString> {
        let loaded: BTreeSet<usize> =
            self.found(text).filter(|(_, span)| is_loaded(text, span)).map(|(stem, _)| stem).collect();
        // `!secret name` means the file `secrets` without a word of it.
        let secrets = self.stems.iter().filter(|stem| *stem == "secrets" && text.contains_str("!secret "));
        loaded.into_iter().map(|stem| &self.stems[stem]).chain(secrets).cloned().collect()
    }

    /// That of the class whose member begins at `at`.
    fn owner(&self, text: &[u8], at: usize) -> Option<&BString> {
        let class = class_of(&text[..at])?;
        self.classes.get(&joined(class)).map(|&stem| &self.stems[stem])
    }

    /// Whether a text loads one of the files, or has a member of its class.
    fn is_any_mentioned(&self, text: &[u8]) -> bool {
        let is_class = |span: &Range<usize>| {
            let member = text[span.end..].trim_start_with(|c| matches!(c, '.' | ':'));
            let at = text.len() - member.len();
            at > span.end && class_of(&text[..at]).is_some_and(|class| class.len() == span.len())
        };
        !self.loaded_by(text).is_empty() || self.found(text).any(|(_, span)| is_class(&span))
    }
}

/// The class whose member stands behind a text: `Config` of `Config.` and `Config::`.
fn class_of(before: &[u8]) -> Option<&[u8]> {
    let owner = before.strip_suffix(b".").or_else(|| before.strip_suffix(b"::"))?;
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let start = owner.iter().rposition(|b| !word(b)).map_or(0, |last| last + 1);
    owner[start..].first()?.is_ascii_uppercase().then_some(&owner[start..])
}

/// What a class and the file that has it are both called: `app_config` and `AppConfig`.
fn joined(name: &[u8]) -> String {
    words(&name.to_str_lossy()).concat()
}

/// A name as it stands, and as other languages spell it: settings libraries read `LLM_KEY` as `llm_key` or `llmKey`.
fn spellings(name: &str) -> Vec<String> {
    let words = words(name);
    let mut spellings = vec![name.to_owned()];
    // What is called is looked for where it is defined.
    if name.contains('(') {
        return Vec::new();
    }
    // A file's name is spelled in one way.
    if name.contains('.') || words.is_empty() {
        return spellings;
    }
    let capital = |word: &String| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    };
    let capitals = words.iter().map(capital).collect::<String>();
    let camel = words[0].clone() + &words[1..].iter().map(capital).collect::<String>();
    spellings.extend([words.join("_").to_uppercase(), words.join("_"), words.join("-"), camel, capitals]);
    spellings.sort();
    spellings.dedup();
    spellings
}

/// How programs write the entry of a section, given as `section.entry`.
fn entries(name: &str) -> Vec<String> {
    const BETWEEN: [&str; 15] = [
        ".", ":", "__", "?.", "->", "::", "\"][\"", "']['", "][:", "\", \"", "', '", ", :", "[:", "[\"", "['",
    ];
    const FIELD: [&str; 7] = [".", "->", "::", "[\"", "['", "[:", "!secret "];
    let name = name.split_once('>').map_or(name, |(_, name)| name);
    let Some((section, entry)) = name.split_once('.') else { return vec![name.to_owned()] };
    if section.is_empty() {
        // What a file calls `api_key` is `APIKey` or `apiKey` in a program.
        let written = [entry.to_owned(), words(entry).concat()];
        let spelled =
            written.iter().flat_map(|entry| FIELD.iter().map(move |before| format!("{before}{entry}")));
        let mut spelled: Vec<String> = spelled.collect();
        spelled.sort();
        spelled.dedup();
        return spelled;
    }
    BETWEEN.iter().map(|between| format!("{section}{between}{entry}")).collect()
}

/// Whether a text loads the file whose name stands at `span`: on a line that imports or opens something, or as a part of
/// a path.
fn is_loaded(text: &[u8], span: &Range<usize>) -> bool {
    const LOADS: [&str; 13] = [
        "alias", "import", "from", "require", "include", "use", "using", "open", "load", "read", "source",
        "decode", "parse",
    ];
    const LONGEST_LINE: usize = 2000;
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let (before, after) = (&text[..span.start], &text[span.end..]);
    let near = &before[before.len().saturating_sub(LONGEST_LINE)..];
    let line = &near[near.rfind_byte(b'\n').map_or(0, |newline| newline + 1)..];
    let after = &after[..after.len().min(LONGEST_LINE)];
    let rest = &after[..after.find_byte(b'\n').unwrap_or(after.len())];
    let mut tokens = line.split(|b| !word(b)).chain(rest.split(|b| !word(b)));
    let loads = |token: &[u8]| {
        let words = words(&token.to_str_lossy());
        words.iter().any(|word| LOADS.contains(&word.as_str()) || word.starts_with("config"))
    };
    !before.last().is_some_and(word)
        && !after.first().is_some_and(word)
        && (matches!(before.last(), Some(b'/' | b'\\')) || tokens.any(loads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_spellings() {
        assert_eq!(spellings("LLM_KEY"), ["LLM_KEY", "LlmKey", "llm-key", "llmKey", "llm_key"]);
        assert_eq!(spellings("botToken"), ["BOT_TOKEN", "BotToken", "bot-token", "botToken", "bot_token"]);
        assert_eq!(spellings("key.txt"), ["key.txt"]);
    }

    #[test]
    fn entries_have_spellings() {
        let entries = entries("llm.key");
        for written in ["llm.key", "llm:key", "llm\"][\"key", "llm']['key", "llm__key"] {
            assert!(entries.iter().any(|entry| entry == written), "{written}");
        }
    }

    #[test]
    fn a_class_is_that_of_the_file_that_is_called_so() {
        let stems = Stems::new(vec!["Config".into(), "app_settings".into()]);
        let cases = [
            ("Config.", Some("Config")),
            ("A.Config::", Some("Config")),
            ("x(AppSettings.", Some("app_settings")),
            ("config.", None),
            ("MyConfig.", None),
            ("Config", None),
        ];
        for (before, owner) in cases {
            let text = format!("{before}key");
            let found = stems.owner(text.as_bytes(), before.len()).map(ToString::to_string);
            assert_eq!(found.as_deref(), owner, "{before}");
            assert_eq!(stems.is_any_mentioned(text.as_bytes()), owner.is_some(), "{before}");
        }
    }

    #[test]
    fn files_are_mentioned_where_they_are_loaded() {
        let cases: [(&str, bool); 8] = [
            ("import settings", true),
            ("from settings import KEY", true),
            ("const c = require('./settings.json')", true),
            ("open(\"settings.json\")", true),
            ("os.ReadFile(\"settings.json\")", true),
            ("read ./settings/x", true),
            ("settings = 3", false),
            ("import mysettings", false),
        ];
        for (text, mentioned) in cases {
            let at = text.find("settings").expect("the name of the file");
            assert_eq!(is_loaded(text.as_bytes(), &(at..at + "settings".len())), mentioned, "{text}");
        }
    }
}
