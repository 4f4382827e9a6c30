//! Whether a file means something else that has the provider's name: a wind, a ship, another program; and whether it
//! merely has that name, with nothing that says whose.

use bstr::ByteSlice;

use super::file::is_host;
use super::{Judge, Speaks, Verdict};
use crate::detect::lines::line_start;
use crate::detect::quote::{shown, tokens};
use crate::detect::structure::Holder;
use crate::detect::words::{names_thing, words};
use crate::finding::Confidence;

/// Longest text in which such words are looked for, in bytes.
const LONGEST_TEXT: usize = 1 << 20;
/// Longest word of a rule, with what parts its words.
const LONGEST_KEYWORD: usize = 12;
/// Most mentions of the provider in a file that merely has its name.
const MOST_MENTIONS: usize = 50;
/// Directories of things that have names of their own.
const THINGS: [&str; 4] = ["theme", "themes", "font", "fonts"];
/// Longest name around a mention.
const LONGEST_NAME: usize = 100;

impl Judge<'_> {
    /// The file says by other words that it means something else.
    pub(super) fn homonym(&self) -> Option<Verdict> {
        let word = self.file.homonym.get_or_init(|| self.find_homonym()).as_deref()?;
        let reason = format!("the file is about something else of that name: it speaks of {}", shown(word));
        Some(Verdict::new(Confidence::Low, reason))
    }

    fn find_homonym(&self) -> Option<String> {
        let text = self.file.text;
        if self.provider.homonyms.is_empty() || text.len() > LONGEST_TEXT {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let stands = |entry: &&String| {
            let (first, rest) = entry.split_once(' ').unwrap_or((entry, ""));
            let places = lower.find_iter(first.as_bytes());
            places.take(LONGEST_NAME).filter(|&at| !is_letter(lower[..at].last())).any(|at| {
                let after = &lower[at + first.len()..];
                // Glued to the provider's name it means that: an image of `adaacme`.
                let glued = || self.provider.names.iter().any(|own| after.starts_with(own.as_bytes()));
                goes_on_with(after, rest) || rest.is_empty() && glued()
            })
        };
        let word = self.provider.homonyms.iter().find(stands)?;
        let means_provider = self.file.mentions().iter().any(|&at| self.is_sure(&lower, at));
        (!means_provider).then(|| word.clone())
    }

    /// Whether the file has the provider's name, and nothing says that it means the provider: no host, model, client or
    /// credential, and no word of what the provider does.
    pub(super) fn merely_has_name(&self) -> bool {
        *self.file.merely_named.get_or_init(|| {
            let text = self.file.text;
            let mentions = self.file.mentions();
            if self.provider.context.is_empty()
                || text.len() > LONGEST_TEXT
                || mentions.len() > MOST_MENTIONS
                || self.is_path_ours()
            {
                return false;
            }
            let lower = text.to_ascii_lowercase();
            let means_provider = |&at: &usize| {
                self.is_sure(&lower, at)
                    || self.is_heading(at)
                    || self.is_asked_of(&lower[at..])
                    || is_module(&lower[..at])
            };
            // The name has words of its own: `the chat`.
            let in_name = |at: usize| {
                let next = mentions.partition_point(|&named| named <= at);
                mentions[..next].last().is_some_and(|&named| {
                    at < named + LONGEST_KEYWORD && self.begins_with_name(&lower[named..])
                })
            };
            let context = &self.provider.context;
            !context.iter().any(|word| words_at(text, &lower, word).any(|at| !in_name(at)))
                && !self.uses_provider()
                && !mentions.iter().any(means_provider)
        })
    }

    /// Whether the provider's name stands only in those of other things, in a file that merely has it: `acme-theme`,
    /// `"Ada Acme"`, `acme.lan`.
    pub(super) fn is_part_of_names(&self) -> bool {
        let mentions = self.file.mentions();
        self.merely_has_name() && !self.is_in_named() && !mentions.iter().any(|&at| self.is_by_itself(at))
    }

    /// Whether the value, or what holds it, has the provider's name: that is for what is said of it to judge.
    fn is_in_named(&self) -> bool {
        let held =
            self.place.levels.iter().filter(|level| level.holder != Holder::Block).map(|level| &level.name);
        let outer = self.place.outer.iter().filter(|outer| !outer.starts_with("class "));
        let ours = |name: &String| {
            self.speaks(name) == Speaks::Ours
                && tokens(name)
                    .any(|word| self.speaks(word) == Speaks::Ours && !is_host(&word.to_lowercase()))
        };
        held.chain(outer).any(ours)
    }

    /// Whether a name has words of its own beside the provider's, in a file that says nothing of the provider: what is so
    /// called is something else, `acme-forecast`.
    pub(super) fn is_only_named_so(&self, name: &str) -> bool {
        let meaning = self.meaning(name);
        meaning.specific && !meaning.credential && self.merely_has_name()
    }

    /// Whether the path says that the file is for the provider: it has its name by itself, or the text has not even that.
    fn is_path_ours(&self) -> bool {
        let general = |part: &str| words(part).iter().all(|word| !self.meaning(word).specific);
        let path = &self.file.path_as_written;
        let (directories, file) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let mut parts = directories.split('/').chain([stem]);
        // `themes/acme` is a theme that is called so.
        let mut of_thing = false;
        let ours = |part: &str| {
            let thing = std::mem::replace(&mut of_thing, THINGS.contains(&part) || names_thing(part));
            !thing && self.speaks(part) == Speaks::Ours && general(part)
        };
        self.file.path_speaks() && (self.file.mentions().is_empty() || parts.any(ours))
    }

    /// Whether a name has the provider's only in that of a host which is not its own: `//npm.acme-design.example/:token`.
    pub(super) fn is_of_another_host(&self, name: &str) -> bool {
        let parts = name.split(|c: char| c.is_whitespace() || "/:=\"'".contains(c));
        let mut ours = parts.filter(|part| self.speaks(part) == Speaks::Ours).peekable();
        let elsewhere = |part: &str| is_host(&part.to_lowercase()) && !self.has_host(part);
        name.contains(['/', ' ']) && ours.peek().is_some() && ours.all(elsewhere)
    }

    /// Whether what is mentioned is called by the provider's name alone, with words that anything of the provider's has;
    /// or a word of a sentence.
    fn is_by_itself(&self, at: usize) -> bool {
        const LONGEST_PHRASE: usize = 4;
        let start = line_start(self.file.text, at);
        let line = self.file.line(&(at..at)).to_str_lossy();
        let (before, after) = line.split_at(line.floor_char_boundary(at - start));
        let plain = |side: &str| side.replace("\\u0027", "'").replace("\\u0022", "\"");
        let (before, after) = (plain(before), plain(after));
        let quote = |c: &char| before.matches(*c).count() % 2 == 1 && after.contains(*c);
        let ends = |c: char| match ['"', '\'', '`'].iter().find(|c| quote(c)) {
            Some(&quote) => c == quote,
            None => c == '\t' || "\"'`:=,;|()[]{}<>#*&%\\/".contains(c),
        };
        let before = before.rsplit(ends).next().unwrap_or_default();
        let after = after.split(ends).next().unwrap_or_default();
        let phrase = format!("{before}{after}");
        let own = words(&phrase);
        let is_general = |word: &str| {
            let meaning = self.meaning(word);
            !meaning.specific || meaning.plain.is_some() && phrase.trim().contains(' ')
        };
        phrase.split_whitespace().count() > LONGEST_PHRASE
            || self.provider.names.iter().any(|name| own.contains(name) || own.concat() == *name)
                && (self.is_named(&phrase) || own.iter().all(|word| is_general(word)))
    }

    /// Whether a text begins with the provider's name, in one word or in several.
    fn begins_with_name(&self, lower: &[u8]) -> bool {
        let near = lower[..lower.len().min(LONGEST_KEYWORD)].to_str_lossy();
        let name: String = near.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect();
        self.provider.names.iter().any(|own| name.starts_with(own.as_str()))
    }

    /// Whether a line says the provider's name and no more: a heading, a remark above what is the provider's.
    fn is_heading(&self, at: usize) -> bool {
        let line = self.file.line(&(at..at)).to_str_lossy();
        let mut words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let named = |word: &str| self.provider.names.iter().any(|name| word.eq_ignore_ascii_case(name));
        words.next().is_some_and(named) && words.next().is_none()
    }

    /// Whether what a text begins with is said to give credentials: `acme account`, `acme token`.
    fn is_asked_of(&self, lower: &[u8]) -> bool {
        let near = lower[..lower.len().min(LONGEST_NAME)].to_str_lossy();
        let mut words = near.split_whitespace();
        let named = words.next().is_some_and(|word| self.provider.names.iter().any(|name| word == name));
        named
            && words.next().is_some_and(|word| {
                matches!(word, "api" | "account" | "konto") || self.meaning(word).credential
            })
    }

    /// Whether what is mentioned at `at` can only be the provider: a host, a model, a client, a credential.
    fn is_sure(&self, lower: &[u8], at: usize) -> bool {
        const SIZES: [&str; 6] = ["latest", "tiny", "small", "medium", "large", "instruct"];
        let belongs = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'@');
        let from = at.saturating_sub(LONGEST_NAME);
        let start = lower[from..at].iter().rposition(|b| !belongs(b)).map_or(from, |last| from + last + 1);
        let rest = &lower[at..(at + LONGEST_NAME).min(lower.len())];
        let end = at + rest.iter().position(|b| !belongs(b)).unwrap_or(rest.len());
        let name = lower[start..end].to_str_lossy();
        let names = || self.provider.names.iter().filter(|own| name.contains(own.as_str()));
        let client =
            names().any(|own| ["ai", "-ai", "_ai"].iter().any(|end| name.contains(&format!("{own}{end}"))));
        let words = words(&name);
        let first = start == at || matches!(lower[at - 1], b'/' | b':');
        let model = name.contains('-')
            && words.iter().any(|word| {
                SIZES.contains(&word.as_str()) || first && word.starts_with(|c: char| c.is_ascii_digit())
            });
        // `acme/some-model`: the provider's model, as what talks to several writes it.
        let of_vendor = |(vendor, model): (&str, &str)| {
            model.contains('-') && self.provider.names.iter().any(|own| own == vendor)
        };
        let model = model || name.split_once('/').is_some_and(of_vendor);
        let another_keyword =
            names().next().is_none() && !name.is_empty() && !self.begins_with_name(&lower[at..]);
        let meaning = self.meaning(&name);
        let credential = meaning.credential && !meaning.purpose && words.iter().any(|word| word == "api");
        client || model || another_keyword || credential || self.has_host(&name)
    }
}

fn is_letter(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
}

/// Whether what comes after a text is a part of the path of a module: `example.com/someone/`.
fn is_module(before: &[u8]) -> bool {
    let belongs = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    let start = before.iter().rposition(|b| !belongs(b)).map_or(0, |last| last + 1);
    let mut parts = before[start..].split(|b| *b == b'/');
    parts.next().is_some_and(|host| host.contains(&b'.')) && parts.count() >= 2
}

/// Where a word stands in a text by itself or in a name: `chat`, `chats`, `CHAT_KEY`, `chatKey`, `openChat`.
fn words_at<'t>(text: &'t [u8], lower: &'t [u8], word: &'t str) -> impl Iterator<Item = usize> + 't {
    let small = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
    let letter = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphabetic() || *b >= 0x80);
    lower.find_iter(word.as_bytes()).filter(move |&at| {
        let before = at.checked_sub(1).map(|before| &text[before]);
        let after = &text[at + word.len()..];
        let after = after.strip_prefix(b"s").unwrap_or(after).first();
        let capital = |at: usize| text[at].is_ascii_uppercase();
        let begins = !letter(before) || capital(at) && small(before);
        let ends =
            !letter(after) || after.is_some_and(u8::is_ascii_uppercase) && !capital(at + word.len() - 1);
        begins && ends
    })
}

/// Whether the words of `rest` follow, whatever parts them: `Ada Lovelace`, `"Ada", "Lovelace"`.
fn goes_on_with(text: &[u8], rest: &str) -> bool {
    const MOST_BETWEEN: usize = 8;
    let end = rest.split(' ').filter(|word| !word.is_empty()).try_fold(text, |text, word| {
        let between = text.iter().take(MOST_BETWEEN).take_while(|b| !is_letter(Some(b))).count();
        text[between..].strip_prefix(word.as_bytes()).filter(|_| between > 0)
    });
    end.is_some_and(|rest| !is_letter(rest.first()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_names() {
        let cases = [
            ("the chat of", true),
            ("chats", true),
            ("CHAT_KEY", true),
            ("chatKey", true),
            ("openChat2", true),
            ("chatter", false),
            ("CHATTER", false),
            ("snapchat", false),
        ];
        for (text, has) in cases {
            let lower = text.to_lowercase();
            assert_eq!(words_at(text.as_bytes(), lower.as_bytes(), "chat").next().is_some(), has, "{text}");
        }
    }

    #[test]
    fn words_follow_each_other_in_many_ways() {
        let cases = [
            (" lovelace", "lovelace", true),
            ("\", \"lovelace\")", "lovelace", true),
            ("lovelace", "lovelace", false),
            (" lovelaces", "lovelace", false),
            (" byron lovelace", "lovelace", false),
            (".", "", true),
            ("s", "", false),
        ];
        for (text, rest, follows) in cases {
            assert_eq!(goes_on_with(text.as_bytes(), rest), follows, "{text} {rest}");
        }
    }
}
