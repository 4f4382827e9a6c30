//! Whether a file means something else that has the provider's name: a wind, a ship, another program.

use bstr::ByteSlice;

use super::{Judge, Verdict};
use crate::detect::quote::shown;
use crate::detect::words::words;
use crate::finding::Confidence;

/// Longest text in which such words are looked for, in bytes.
const LONGEST_TEXT: usize = 1 << 20;
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
        let model = name.contains('-')
            && words
                .iter()
                .any(|word| SIZES.contains(&word.as_str()) || word.starts_with(|c: char| c.is_ascii_digit()));
        let another_keyword = names().next().is_none() && !name.is_empty();
        let meaning = self.meaning(&name);
        let credential = meaning.credential && !meaning.purpose && words.iter().any(|word| word == "api");
        client || model || another_keyword || credential || self.has_host(&name)
    }
}

fn is_letter(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
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
