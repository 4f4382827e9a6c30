//! What holds a value: the call, object, tag, block or section it is in, and what stands beside it there.

use std::rc::Rc;

use bstr::ByteSlice;

use super::block::{Described, Weight};
use super::expected::is_encrypted_by;
use super::sent::is_for_people;
use super::sibling::OF_CLIENT;
use super::{Judge, Speaks, Verdict};
use crate::detect::quote::{self, shown};
use crate::detect::structure::{Bound, Holder, Level};
use crate::detect::words::{Meaning, sends, words};
use crate::finding::Confidence;

/// Most words of what holds a value, if they are a name.
const MOST_WORDS: usize = 8;

impl Judge<'_> {
    /// A part of the provider's credentials that is told by where it is sent.
    pub(super) fn host_beside(&self) -> Option<Verdict> {
        if self.provider.with.is_empty() {
            return None;
        }
        let own = self.place.levels.first()?;
        let credential = self.meaning(&own.name).credential || self.place.scheme.is_some();
        let mut levels = self.place.levels.iter().enumerate().take(2).filter(|_| credential);
        levels.find_map(|(depth, level)| self.sent_to(depth, level))
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
        if let Some(told) = self.told_before_levels(own, &own_meaning) {
            return Some(told);
        }
        for (depth, level) in self.place.levels.iter().enumerate() {
            let own_alone = self.without_calls_alike(depth, level);
            let level = own_alone.as_ref().unwrap_or(level);
            // A sentence that goes on in brackets is no name, nor a row of LaTeX.
            let named = depth > 0 && words(&level.name).len() <= MOST_WORDS && !level.name.contains(" & ");
            if named && let Some(verdict) = self.part_of(&level.name) {
                return (level.holder != Holder::Block || verdict.confidence == Confidence::High)
                    .then_some(verdict);
            }
            if depth > 0 && self.is_of_host(level) {
                return Some(Verdict::foreign(format!("it is an entry of {}", shown(&level.name))));
            }
            if let Some(named) = self.named_as_field(depth, level, &own_meaning) {
                return Some(named);
            }
            if let Some(verdict) = self.beside(depth, level, own, &own_meaning) {
                return Some(verdict);
            }
            if level.holder == Holder::Block {
                return self.by_type(&level.head);
            }
            if depth > 0
                && let Some(entry) = self.another_entry(level)
            {
                let reason = format!("another entry beside it is that of {}", shown(&entry));
                return Some(Verdict::new(Confidence::Low, reason));
            }
        }
        let credential = own_meaning.credential || own_meaning.transparent;
        let entry = own.holder == Holder::Lines && credential && !own_meaning.specific;
        // `Authorization: ["Bearer VALUE"]`: the list is the entry's.
        let listed = |level: &Level| {
            let meaning = self.naming(level);
            own.holder == Holder::Group
                && level.holder == Holder::Lines
                && meaning.credential
                && !meaning.specific
        };
        let generic = entry || self.place.levels.get(1).is_some_and(listed);
        let beside_parent = || generic.then(|| self.beside_parent()).flatten();
        let label = self.place.label.as_deref().filter(|label| self.meaning(label).credential);
        let mut outer = self.place.outer.iter().map(String::as_str).chain(label);
        let parent = outer.next().and_then(|parent| self.by_outer(parent));
        parent.or_else(beside_parent).or_else(|| outer.find_map(|outer| self.by_outer(outer)))
    }

    /// What decides whatever holds the value: what it is the field of, how many have one, which function gives it.
    fn told_before_levels(&self, own: &Level, own_meaning: &Meaning) -> Option<Verdict> {
        if let Some(name) = self.qualified() {
            let reason = format!("{} is no credential", shown(&name));
            return Some(Verdict::new(Confidence::Low, reason));
        }
        if let Some(function) = self.returned_by() {
            return Some(function);
        }
        self.is_field_of_several(own, own_meaning).then(|| {
            let reason = format!("{} has such values in several entries", shown(&own.name));
            Verdict::new(Confidence::Low, reason)
        })
    }

    /// What the name of what holds the value says, if it decides.
    fn part_of(&self, name: &str) -> Option<Verdict> {
        let said = self.by_name(name, |name| format!("it is part of {name}"))?;
        Some(self.unless_redirected(name, said))
    }

    /// The name that the value has together with what holds it, where the two say that it is no credential: the `key` of
    /// a `cache`.
    fn qualified(&self) -> Option<String> {
        let own = self.place.levels.first()?;
        let parent = match own.holder {
            Holder::Lines => self.place.outer.first()?,
            _ => &self.place.levels.get(1)?.name,
        };
        let name = format!("{} {}", words(parent).pop()?, own.name);
        let single = words(&own.name).len() == 1 && self.meaning(&own.name).plain.is_none();
        (single && self.meaning(&name).identifier).then_some(name)
    }

    /// What stands beside the entry that holds the value: the image of a container, the address of a request.
    fn beside_parent(&self) -> Option<Verdict> {
        let (before, after) = self.place.beside_parent.as_ref()?;
        if let Some(sent) = self.addressed(before, after).or_else(|| self.addressed_around()) {
            return Some(sent);
        }
        // An entry with entries of its own is about those.
        // A label that says more is the name of something else: `name: Search (acme)`.
        let labelled = |line: &str| {
            let label = line.split_once(": ").map_or("", |(_, label)| label.trim());
            label.contains(' ') && !label.contains("://") && !self.is_named(label)
        };
        let lines = || {
            before
                .lines()
                .chain(after.lines())
                .filter(|line| !line.trim_end().ends_with(':') && !labelled(line))
        };
        let elsewhere = |word: &str| word.contains("://") && !self.has_host(word);
        let ours = |word: &&str| {
            self.speaks(word) == Speaks::Ours && !self.is_only_named_so(word) && !elsewhere(word)
        };
        let word = lines().flat_map(quote::tokens).find(ours)?;
        Some(Verdict::new(Confidence::High, format!("{} stands beside what holds it", shown(word))))
    }

    /// What the name of a level says: that of an attribute without its namespace, of a statement its last word.
    pub(super) fn naming(&self, level: &Level) -> Rc<Meaning> {
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

    /// The provider's host that stands beside the value.
    fn sent_to(&self, depth: usize, level: &Level) -> Option<Verdict> {
        // An entry with an address of its own goes there, whatever the one beside it does.
        let addressed = |own: &Level| {
            own.holder == Holder::Group && [&own.before, &own.after].iter().any(|side| side.contains("://"))
        };
        if depth > 0 && self.place.levels.first().is_some_and(addressed) {
            return None;
        }
        let (mut before, mut after) = (level.before.as_str(), level.after.as_str());
        // Of code that is all on one line, no other statement than the value's.
        if matches!(level.holder, Holder::Lines | Holder::Block) && self.is_on_long_line() {
            before = before.rsplit(';').next().unwrap_or_default();
            after = after.split(';').next().unwrap_or_default();
        }
        let texts =
            [level.head.clone(), self.own_fields(depth, level, before), self.own_fields(depth, level, after)];
        let host = texts.iter().find_map(|text| self.host_in(text));
        // A page for people says where a key is from only where it stands right beside it.
        let beside = |host: &String| self.file.line(self.span).to_ascii_lowercase().contains_str(host);
        let host = host.filter(|host| !is_for_people(host) || beside(host))?;
        Some(Verdict::new(Confidence::High, format!("it is sent to {host}")))
    }

    /// What the call, object or tag is that holds the value.
    fn held_by(&self, depth: usize, level: &Level) -> Option<Verdict> {
        if let Some(sent) = self.sent_to(depth, level).or_else(|| self.piped(level)) {
            return Some(sent);
        }
        let head = self.callee(&level.head);
        let speaks = self.speaks(head);
        let head = self.quoted(head, speaks);
        if depth == 0
            && let Some(named) = self.named_in_map(level).or_else(|| self.named_by_argument(level))
        {
            return Some(named);
        }
        match (level.holder, speaks) {
            (Holder::Call, Speaks::Ours) if depth == 0 && self.is_looked_up(level) => None,
            (Holder::Call, Speaks::Ours) => {
                Some(Verdict::new(Confidence::High, format!("it is handed to {head}")))
            }
            // Where a record is kept says nothing of whose it is: `db.insert([{ … }])`.
            (Holder::Call, Speaks::Others)
                if self.meaning(&level.head).purpose && (depth > 1 || sends(&level.head))
                    || is_encrypted_by(level) =>
            {
                None
            }
            (Holder::Call, Speaks::Others) => {
                let theirs = Verdict::foreign(format!("it is handed to {head}, another service"));
                let said = self.unless_pointed_at_us(theirs);
                (!said.foreign || !self.is_pointed_by_variable()).then_some(said)
            }
            (Holder::Group | Holder::Tag, Speaks::Ours) => {
                Some(Verdict::new(Confidence::High, format!("it stands under {head}")))
            }
            (Holder::Call, Speaks::Nobody)
                if self
                    .module_of(&level.head)
                    .is_some_and(|module| self.speaks(&module) == Speaks::Others) =>
            {
                Some(Verdict::foreign(format!("it is handed to {head}, which is another service's")))
            }
            (Holder::Call, Speaks::Nobody) if self.is_imported(&level.head) => {
                let reason = format!("it is handed to {head}, which this file imports from the provider");
                Some(Verdict::new(Confidence::High, reason))
            }
            _ => None,
        }
    }

    /// What stands beside the value in its call, object, tag or block.
    fn beside(&self, depth: usize, level: &Level, own: &Level, own_meaning: &Meaning) -> Option<Verdict> {
        if level.holder == Holder::Block {
            return None;
        }
        if depth == 0 && self.is_secret_of_client(level) {
            return Some(Verdict::new(Confidence::Low, OF_CLIENT));
        }
        if let Some(held) = self.held_by(depth, level) {
            return Some(held);
        }
        let said = self.described(level).or_else(|| self.in_sentence(level, own))?;
        let positional = own.bound == Bound::Positional;
        let telling = own_meaning.credential
            || own_meaning.transparent
            || self.place.scheme.is_some()
            || positional && (!said.model || own.holder == Holder::Call)
            || own.name.is_empty() && !positional && !said.model
            || self.column_name().is_some_and(|column| self.meaning(column).credential)
            || depth == 0 && self.is_default(own, own_meaning, &said.word);
        // What stands beside something with a name of its own says nothing of what is in that, unless it names a credential.
        let in_named = || {
            let mut within = self.place.levels[1..=depth].iter();
            said.weight != Weight::Vendor
                && !self.meaning(&said.word).credential
                && within.any(|level| self.is_specific_name(&level.name))
        };
        // The title of a document is a sentence about it.
        let specific = || self.column_name().is_some_and(|name| self.is_specific_name(name));
        let phrase = said.word.contains(' ') && !self.is_named(&said.word);
        // A pair of a name and a value says whose it is by that name, and not the pairs beside it.
        let named = depth > 0
            && said.weight == Weight::Word
            && self.name_of_pair(own).is_some_and(|name| self.is_specific_name(name));
        if named
            || phrase && (depth > 0 && said.weight == Weight::Label)
            || specific() && !self.has_vendor_beside(level)
        {
            return None;
        }
        match said.speaks {
            // A model is served by others, too: its name does not outweigh whose the value or its block is.
            Speaks::Ours
                if !telling || self.is_said_of_another(&said, depth, level, own_meaning) || in_named() =>
            {
                None
            }
            Speaks::Ours => Some(Verdict::beside(Confidence::High, &said.word)),
            Speaks::Others if said.sent => {
                Some(Verdict::foreign(format!("it is sent to {}", shown(&said.word))))
            }
            Speaks::Others if said.weight < Weight::Word || own.holder != Holder::Lines => {
                let reason = format!("{} stands beside it, another service", shown(&said.word));
                // Where the address beside a name is another's, what it stands for goes there.
                let goes_there = !self.is_value() && depth == 0 && self.served_at(level).is_some();
                Some(Verdict { beside: !goes_there, ..Verdict::foreign(reason) })
            }
            _ => None,
        }
    }

    /// Whether what stands beside the value and has the provider's name is said of something else.
    fn is_said_of_another(&self, said: &Described, depth: usize, level: &Level, own: &Meaning) -> bool {
        let name = self.place.levels.first().map_or("", |own| own.name.as_str());
        match said.weight {
            Weight::Vendor => false,
            Weight::Label => {
                !self.meaning(&said.word).credential && self.holder_is_others(depth)
                    || self.is_only_named_so(&said.word)
            }
            Weight::Word => {
                said.model && (own.specific || self.served_at(level).is_some())
                    || own.specific && self.merely_has_name()
                    || self.is_only_named_so(&said.word)
                    || self.is_elsewhere(depth, said.model)
                    || said.model && words(name) == ["secret"] && self.provider_has_its_own_place()
                    || self.is_password(name) && !self.is_used_or_modelled()
            }
        }
    }

    /// Whether a label is the provider's name, or that of its credential, and no more.
    pub(super) fn is_named(&self, label: &str) -> bool {
        let meaning = self.meaning(label);
        meaning.credential || meaning.account || !meaning.specific && meaning.plain.is_none()
    }

    /// Whether what holds the level has another service's name.
    fn holder_is_others(&self, depth: usize) -> bool {
        self.speaks(self.name_of_holder(depth)) == Speaks::Others
    }

    /// The name of what holds the level.
    fn name_of_holder(&self, depth: usize) -> &str {
        match self.place.levels.get(depth + 1) {
            Some(level) => level.name.as_str(),
            None => self.place.outer.first().map_or("", String::as_str),
        }
    }

    /// Whether what encloses the level names somebody else or, where only a model speaks for us, something of its own in
    /// a file in which the provider has its own place.
    fn is_elsewhere(&self, depth: usize, model: bool) -> bool {
        let outer = self.name_of_holder(depth);
        // `["acme"] = new() { … }`: the name stands before the bracket.
        let head = self.place.levels.get(depth).filter(|level| level.holder == Holder::Group);
        let names = [outer, head.map_or("", |level| level.head.as_str())];
        let said = names.map(|name| self.speaks(name));
        if said.contains(&Speaks::Ours) {
            return false;
        }
        said.contains(&Speaks::Others)
            || model
                && names.iter().any(|name| self.is_specific_name(name))
                && self.provider_has_its_own_place()
    }
}
