//! A range in the words of `git rev-list`, as far as they say which commits are meant.
//!
//! Takes text and gives [`Words`]: what is selected and what is not, still by name. Options that would leave commits
//! out (`--no-merges`, `--since`, a path) are refused, because a scan that leaves something out is not one of the
//! range. Names are looked up in `select`.

use bstr::{BStr, BString, ByteSlice};

/// Why a text is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// There is no word in it.
    #[error("the range is empty text: it names no revision")]
    Nothing,
    /// A word that begins with a dash and selects no commits.
    #[error("'{word}' is not among the words of a range")]
    Unknown {
        /// As given.
        word: String,
    },
    /// Words after `--` are paths.
    #[error("a range cannot be limited to paths")]
    Paths,
}

impl WordError {
    /// What to do instead.
    pub fn help(&self) -> &'static str {
        "a range is one argument: 'A..B', 'A...B', '^A B', 'B --not --remotes', '--all', '--branches[=GLOB]', \
         '--tags[=GLOB]', '--remotes[=GLOB]', '--glob=GLOB', '--exclude=GLOB'"
    }
}

/// A part of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selector {
    /// One revision.
    Revision(BString),
    /// All parents of a revision: `A^@`.
    Parents(BString),
    /// One parent of a revision, the first being 1.
    Parent(BString, usize),
    /// The merge bases of two revisions.
    MergeBases(BString, BString),
    /// Refs whose names match a pattern; `HEAD` too, where that is `None`. Those that match `without` are left out.
    Refs {
        /// A glob over full names, or everything.
        pattern: Option<BString>,
        /// Globs over full names.
        without: Vec<BString>,
    },
    /// Refs that follow another repository, unless one of them is not what that repository says that it is.
    Following {
        /// A glob over full names.
        pattern: BString,
        /// Globs over full names.
        without: Vec<BString>,
        /// Names of such refs, and the ids that the other repository says they have there; none for one that it lacks.
        said: Vec<(BString, Option<BString>)>,
        /// By which refs of that repository come into them.
        specs: Vec<String>,
    },
    /// An object, if it is stored.
    IfStored {
        /// Its id in hex.
        id: BString,
        /// What it holds is not new, wherever it stands.
        base: bool,
    },
}

/// A [`Selector`] and whether what it selects is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) selector: Selector,
    pub(super) excluded: bool,
}

/// What the names of refs begin with that people make here, whoever fetches into them as well.
pub(super) const OWN: [&str; 3] = ["refs/heads/", "refs/tags/", "refs/notes/"];

/// A range by name: which commits are meant, and which are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub(super) Vec<Word>);

impl Words {
    /// Reads the words of a range, separated by white space.
    ///
    /// # Errors
    ///
    /// If there is no word, or one that does not say which commits are meant.
    pub fn parse(text: &BStr) -> Result<Words, WordError> {
        let mut parser = Parser::default();
        for word in text.fields() {
            parser.word(word.as_bstr())?;
        }
        match parser.words.is_empty() {
            true => Err(WordError::Nothing),
            false => Ok(Words(parser.words)),
        }
    }

    /// What some revisions reach; all refs where none is named.
    pub fn reachable<'a>(revisions: impl IntoIterator<Item = &'a BStr>) -> Words {
        let revision = |name: &BStr| Selector::Revision(name.to_owned());
        let mut words: Vec<_> =
            revisions.into_iter().map(|name| Word { selector: revision(name), excluded: false }).collect();
        if words.is_empty() {
            words.push(Word { selector: Selector::Refs { pattern: None, without: vec![] }, excluded: false });
        }
        Words(words)
    }

    /// What is checked out, here and in other work trees, and all refs that people make here.
    pub fn own() -> Words {
        let refs = |pattern: String| Selector::Refs { pattern: Some(pattern.into()), without: vec![] };
        let checked_out = ["HEAD", "worktrees/*/HEAD"].map(str::to_owned);
        let patterns = checked_out.into_iter().chain(OWN.map(|own| format!("{own}*")));
        Words(patterns.map(|pattern| Word { selector: refs(pattern), excluded: false }).collect())
    }

    /// The same range without what any remote has, as far as it was fetched.
    #[must_use]
    pub fn without_remotes(mut self) -> Words {
        let selector = Selector::Refs { pattern: Some("refs/remotes/*".into()), without: vec![] };
        self.0.push(Word { selector, excluded: true });
        self
    }

    /// The same range without what an object reaches, where that is stored at all: the other side of a push may have
    /// what we do not. `base`: what it holds is not new, wherever it stands.
    #[must_use]
    pub fn without_if_stored(mut self, id: &str, base: bool) -> Words {
        self.0.push(Word { selector: Selector::IfStored { id: id.into(), base }, excluded: true });
        self
    }
}

#[derive(Default)]
struct Parser {
    words: Vec<Word>,
    /// After `--not`.
    negated: bool,
    /// Globs of `--exclude`, for the next option that selects refs.
    without: Vec<BString>,
}

impl Parser {
    fn word(&mut self, word: &BStr) -> Result<(), WordError> {
        if !word.starts_with(b"-") {
            self.revision(word);
            return Ok(());
        }
        let (name, value) = match word.split_once_str(b"=") {
            Some((name, value)) => (name.as_bstr(), Some(value.as_bstr())),
            None => (word, None),
        };
        match (name.as_bytes(), value) {
            (b"--not", None) => self.negated = !self.negated,
            (b"--", None) => return Err(WordError::Paths),
            (b"--all", None) => self.refs(None),
            (b"--branches", glob) => self.refs(Some(pattern("refs/heads/", glob))),
            (b"--tags", glob) => self.refs(Some(pattern("refs/tags/", glob))),
            (b"--remotes", glob) => self.refs(Some(pattern("refs/remotes/", glob))),
            (b"--glob", Some(glob)) => {
                let prefix = if glob.starts_with(b"refs/") { "" } else { "refs/" };
                self.refs(Some(pattern(prefix, Some(glob))));
            }
            (b"--exclude", Some(glob)) => self.without.push(glob.to_owned()),
            _ => return Err(WordError::Unknown { word: word.to_string() }),
        }
        Ok(())
    }

    fn refs(&mut self, pattern: Option<BString>) {
        let mut without = std::mem::take(&mut self.without);
        // Beside `--branches` and its like, the globs are relative to what these select.
        if let Some(prefix) = pattern.as_ref().and_then(|pattern| space_of(pattern.as_bstr())) {
            for glob in without.iter_mut().filter(|glob| !glob.starts_with(b"refs/")) {
                *glob = [prefix, glob.as_bytes()].concat().into();
            }
        }
        self.push(Selector::Refs { pattern, without }, false);
    }

    fn revision(&mut self, word: &BStr) {
        if let Some(at) = word.find("...") {
            let (left, right) = (or_head(&word[..at]), or_head(&word[at + 3..]));
            self.push(Selector::MergeBases(left.clone(), right.clone()), true);
            self.push(Selector::Revision(left), false);
            self.push(Selector::Revision(right), false);
        } else if let Some(at) = word.find("..") {
            self.push(Selector::Revision(or_head(&word[..at])), true);
            self.push(Selector::Revision(or_head(&word[at + 2..])), false);
        } else {
            let (word, excluded) = match word.strip_prefix(b"^") {
                Some(rest) => (rest.as_bstr(), true),
                None => (word, false),
            };
            self.single(word, excluded);
        }
    }

    /// A revision without dots, and what can follow it: `^@`, `^!`, `^-`.
    fn single(&mut self, word: &BStr, excluded: bool) {
        if let Some(name) = word.strip_suffix(b"^@") {
            return self.push(Selector::Parents(name.into()), excluded);
        }
        if let Some(name) = word.strip_suffix(b"^!") {
            self.push(Selector::Parents(name.into()), !excluded);
            return self.push(Selector::Revision(name.into()), excluded);
        }
        let parent = word.rfind("^-").and_then(|at| {
            let digits = word[at + 2..].to_str().ok()?;
            let number = if digits.is_empty() { 1 } else { digits.parse().ok().filter(|&n| n > 0)? };
            Some((word[..at].as_bstr(), number))
        });
        if let Some((name, number)) = parent {
            self.push(Selector::Parent(name.into(), number), !excluded);
            return self.push(Selector::Revision(name.into()), excluded);
        }
        self.push(Selector::Revision(word.into()), excluded);
    }

    fn push(&mut self, selector: Selector, excluded: bool) {
        self.words.push(Word { selector, excluded: excluded != self.negated });
    }
}

/// A side of `..` that is left out is `HEAD`.
fn or_head(name: &[u8]) -> BString {
    if name.is_empty() { "HEAD".into() } else { name.into() }
}

/// The pattern of an option: without a glob it selects everything below the prefix, and so does a glob that has no
/// special character and names a directory.
fn pattern(prefix: &str, glob: Option<&BStr>) -> BString {
    let mut pattern = BString::from(prefix);
    match glob {
        None => pattern.push(b'*'),
        Some(glob) => {
            pattern.extend_from_slice(glob);
            if !glob.contains_str("*") && !glob.contains_str("?") && !glob.contains_str("[") {
                let slash: &[u8] = if glob.ends_with(b"/") { b"" } else { b"/" };
                pattern.extend_from_slice(slash);
                pattern.push(b'*');
            }
        }
    }
    pattern
}

/// The directory of refs that `--branches`, `--tags` and `--remotes` select from.
fn space_of(pattern: &BStr) -> Option<&'static [u8]> {
    let spaces: [&[u8]; 3] = [b"refs/heads/", b"refs/tags/", b"refs/remotes/"];
    spaces.into_iter().find(|space| pattern.starts_with(space))
}

/// Whether a name matches a glob: `*` is any text, slashes too, `?` one byte, `[…]` one of a set.
pub(super) fn matches(glob: &[u8], name: &[u8]) -> bool {
    match (glob.first(), name.first()) {
        (None, None) => true,
        (Some(b'*'), _) => {
            let rest = &glob[glob.iter().take_while(|&&byte| byte == b'*').count()..];
            (0..=name.len()).any(|skipped| matches(rest, &name[skipped..]))
        }
        (Some(b'?'), Some(_)) => matches(&glob[1..], &name[1..]),
        (Some(b'['), Some(&byte)) => match set(&glob[1..], byte) {
            Some((is_in, rest)) => is_in && matches(rest, &name[1..]),
            None => byte == b'[' && matches(&glob[1..], &name[1..]),
        },
        (Some(b'\\'), Some(&byte)) if glob.len() > 1 => byte == glob[1] && matches(&glob[2..], &name[1..]),
        (Some(expected), Some(byte)) => expected == byte && matches(&glob[1..], &name[1..]),
        _ => false,
    }
}

/// Whether a byte is in the set that a glob goes on with, and what follows the set. None where it does not end.
fn set(glob: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let negated = matches!(glob.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let end = start + 1 + glob.get(start + 1..)?.find_byte(b']')?;
    let members = &glob[start..end];
    let mut is_in = false;
    let mut at = 0;
    while at < members.len() {
        match members.get(at + 1..at + 3) {
            Some(&[b'-', last]) => {
                is_in |= (members[at]..=last).contains(&byte);
                at += 3;
            }
            _ => {
                is_in |= members[at] == byte;
                at += 1;
            }
        }
    }
    Some((is_in != negated, &glob[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<String> {
        let words = Words::parse(text.into()).expect("a range");
        let shown = words.0.iter().map(|word| {
            let sign = if word.excluded { "-" } else { "+" };
            let what = match &word.selector {
                Selector::Revision(name) => name.to_string(),
                Selector::Parents(name) => format!("parents({name})"),
                Selector::Parent(name, number) => format!("parent({name},{number})"),
                Selector::MergeBases(left, right) => format!("bases({left},{right})"),
                Selector::Refs { pattern: None, without } => format!("all{without:?}"),
                Selector::Refs { pattern: Some(pattern), without } => format!("{pattern}{without:?}"),
                Selector::Following { pattern, .. } => format!("following({pattern})"),
                Selector::IfStored { id, .. } => format!("stored({id})"),
            };
            format!("{sign}{what}")
        });
        shown.collect()
    }

    #[test]
    fn words_of_rev_list() {
        let table: [(&str, &[&str]); 20] = [
            ("A..B", &["-A", "+B"]),
            ("A..", &["-A", "+HEAD"]),
            ("..B", &["-HEAD", "+B"]),
            ("A...B", &["-bases(A,B)", "+A", "+B"]),
            ("^A B", &["-A", "+B"]),
            ("  B\n^A\t", &["+B", "-A"]),
            ("B --not --remotes", &["+B", "-refs/remotes/*[]"]),
            ("B --not --remotes=origin", &["+B", "-refs/remotes/origin/*[]"]),
            ("B --not A ^C --not D", &["+B", "-A", "+C", "+D"]),
            ("--not A..B", &["+A", "-B"]),
            ("--all", &["+all[]"]),
            ("--not --all", &["-all[]"]),
            ("--branches=fix-* --tags", &["+refs/heads/fix-*[]", "+refs/tags/*[]"]),
            ("--glob=heads/x --glob=refs/y/*", &["+refs/heads/x/*[]", "+refs/y/*[]"]),
            ("--exclude=wip/* --branches --all", &["+refs/heads/*[\"refs/heads/wip/*\"]", "+all[]"]),
            ("--exclude=refs/x/* --all", &["+all[\"refs/x/*\"]"]),
            ("A^@", &["+parents(A)"]),
            ("A^!", &["-parents(A)", "+A"]),
            ("A^- B^-2", &["-parent(A,1)", "+A", "-parent(B,2)", "+B"]),
            ("HEAD~3^2..@{u}", &["-HEAD~3^2", "+@{u}"]),
        ];
        for (text, expected) in table {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn what_leaves_commits_out_is_refused() {
        for text in
            ["A --no-merges", "-n 1", "--since=yesterday", "--first-parent", "-5", "--stdin", "--glob"]
        {
            assert!(matches!(Words::parse(text.into()), Err(WordError::Unknown { .. })), "{text}");
        }
        assert_eq!(Words::parse("A -- path".into()), Err(WordError::Paths));
        assert_eq!(Words::parse(" \n".into()), Err(WordError::Nothing));
    }

    #[test]
    fn globs() {
        let table = [
            ("refs/heads/*", "refs/heads/a/b", true),
            ("refs/heads/*", "refs/tags/a", false),
            ("*/v?", "refs/tags/v1", true),
            ("*/v?", "refs/tags/v10", false),
            ("x[a-c]z", "xbz", true),
            ("x[!a-c]z", "xbz", false),
            ("x[]]z", "x]z", true),
            ("x[", "x[", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("*a*b*", "xxaxxbxx", true),
        ];
        for (glob, name, expected) in table {
            assert_eq!(matches(glob.as_bytes(), name.as_bytes()), expected, "{glob} {name}");
        }
    }
}
