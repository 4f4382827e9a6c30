//! What holds a value: the call, object, tag, block or section it is in, and what stands beside it there.

use super::{Judge, Speaks, Verdict};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::Meaning;
use crate::finding::Confidence;

impl Judge<'_> {
    /// A part of the provider's credentials that is told by where it is sent.
    pub(super) fn host_beside(&self) -> Option<Verdict> {
        if self.provider.with.is_empty() {
            return None;
        }
        let own = self.place.levels.first()?;
        let credential = self.meaning(&own.name).credential || self.place.scheme.is_some();
        let mut levels = self.place.levels.iter().take(2).filter(|_| credential);
        levels.find_map(|level| self.sent_to(level))
    }

    /// What holds the value, from the innermost level outwards.
    pub(super) fn levels(&self) -> Option<Verdict> {
        let own = self.place.levels.first()?;
        let own_meaning = self.naming(own);
        if own.bound == Bound::Element
            && let Some(label) = &self.place.label
            && self.speaks(label) == Speaks::Ours
            && self.meaning(label).credential
        {
            // In a table or a list of pairs, the element before a value names it.
            return self.by_outer(label);
        }
        for (depth, level) in self.place.levels.iter().enumerate() {
            if depth > 0
                && let Some(verdict) = self.by_name(&level.name, |name| format!("it is part of {name}"))
            {
                return (level.holder != Holder::Block || verdict.confidence == Confidence::High)
                    .then_some(verdict);
            }
            if let Some(verdict) = self.beside(level, own, &own_meaning) {
                return Some(verdict);
            }
            if level.holder == Holder::Block {
                return None;
            }
        }
        if own.holder == Holder::Lines
            && own_meaning.credential
            && !own_meaning.specific
            && let Some(verdict) = self.beside_parent()
        {
            return Some(verdict);
        }
        let label = self.place.label.as_deref().filter(|label| self.meaning(label).credential);
        self.place.outer.iter().map(String::as_str).chain(label).find_map(|outer| self.by_outer(outer))
    }

    /// What stands beside the entry that holds the value: the image of a container, the address of a request.
    fn beside_parent(&self) -> Option<Verdict> {
        let (before, after) = self.place.beside_parent.as_ref()?;
        let host = [before, after].into_iter().find_map(|text| self.host_in(text));
        if let Some(host) = host {
            return Some(Verdict::new(Confidence::High, format!("it is sent to {host}")));
        }
        let words = |text| quote::tokens(text).find(|word| self.speaks(word) == Speaks::Ours);
        let word = words(before).or_else(|| words(after))?;
        Some(Verdict::new(Confidence::High, format!("{} stands beside what holds it", shown(word))))
    }

    /// What the name of a level says: that of an attribute without its namespace, of a statement its last word.
    fn naming(&self, level: &Level) -> Meaning {
        let whole = self.meaning(&level.name);
        let nearest = match level.holder {
            Holder::Tag => level.name.rsplit(':').next(),
            _ => level.name.split_whitespace().last(),
        };
        match nearest.map(|nearest| self.meaning(nearest)) {
            Some(nearest) if nearest.transparent && !whole.credential => nearest,
            _ => whole,
        }
    }

    /// The name of an enclosing section, element or block.
    fn by_outer(&self, outer: &str) -> Option<Verdict> {
        let speaks = self.speaks(outer);
        let shown = self.quoted(outer, speaks);
        match speaks {
            Speaks::Ours => Some(Verdict::new(Confidence::High, format!("it stands under {shown}"))),
            Speaks::Others => Some(Verdict::foreign(format!("it stands under {shown}, another service"))),
            Speaks::Nobody => None,
        }
    }

    /// The provider's host that stands beside the value.
    fn sent_to(&self, level: &Level) -> Option<Verdict> {
        let host =
            [&level.head, &level.before, &level.after].into_iter().find_map(|text| self.host_in(text))?;
        Some(Verdict::new(Confidence::High, format!("it is sent to {host}")))
    }

    /// What stands beside the value in its call, object, tag or block.
    fn beside(&self, level: &Level, own: &Level, own_meaning: &Meaning) -> Option<Verdict> {
        if level.holder == Holder::Block {
            return None;
        }
        if let Some(sent) = self.sent_to(level) {
            return Some(sent);
        }
        let speaks = self.speaks(&level.head);
        let head = self.quoted(&level.head, speaks);
        match (level.holder, speaks) {
            (Holder::Call, Speaks::Ours) => {
                return Some(Verdict::new(Confidence::High, format!("it is handed to {head}")));
            }
            (Holder::Call, Speaks::Others) => {
                return Some(Verdict::foreign(format!("it is handed to {head}, another service")));
            }
            (Holder::Group | Holder::Tag, Speaks::Ours) => {
                return Some(Verdict::new(Confidence::High, format!("it stands under {head}")));
            }
            (Holder::Call, Speaks::Nobody) if self.is_imported(&level.head) => {
                let reason = format!("it is handed to {head}, which this file imports from the provider");
                return Some(Verdict::new(Confidence::High, reason));
            }
            _ => {}
        }
        let (word, speaks) = self.nearest_word(level)?;
        let telling = own_meaning.credential || own_meaning.transparent || own.bound == Bound::Positional;
        match speaks {
            Speaks::Ours if telling || self.place.scheme.is_some() => {
                Some(Verdict::beside(Confidence::High, &word))
            }
            Speaks::Ours => Some(Verdict::beside(Confidence::Medium, &word)),
            Speaks::Others if !own_meaning.specific && own.holder != Holder::Lines => {
                Some(Verdict::foreign(format!("{} stands beside it, another service", shown(&word))))
            }
            _ => None,
        }
    }

    /// The word of the level's neighbours that names a provider and stands nearest to the value.
    fn nearest_word(&self, level: &Level) -> Option<(String, Speaks)> {
        let tokens = |text: &str| -> Vec<String> {
            text.split(|c: char| c.is_whitespace() || "\"'`,;:=()[]{}<>|".contains(c))
                .filter(|token| !token.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let left = tokens(&level.before);
        let right = tokens(&level.after);
        let ranked = left.iter().rev().enumerate().chain(right.iter().enumerate());
        ranked
            .map(|(distance, word)| (distance, word, self.speaks(word)))
            .filter(|(_, _, speaks)| *speaks != Speaks::Nobody)
            .min_by_key(|(distance, _, speaks)| (*speaks != Speaks::Ours, *distance))
            .map(|(_, word, speaks)| (word.clone(), speaks))
    }
}
