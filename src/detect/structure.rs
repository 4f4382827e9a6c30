//! What a value is bound to: the name it is given, the call it is handed to, the object, list, tag or section it is in.
//!
//! Takes the text before and after a value (see `window`), gives [`Place`]: levels from the innermost outwards. One
//! reader for every language: assignments, mappings, arguments and markup look alike enough that names, brackets,
//! tags, sections and indentation tell them. It decides nothing; `evidence` does.

use super::address::{Address, address};
use super::cursor::{Left, Token, closing_position};
use super::function::function_that_gives;
use super::layout;
use super::lines;
use super::lvalue::{self, lvalue, names_function, nth_name, one_of_several, without_conversion};
use super::markup;
use super::sql;

/// How many nested groups are followed outwards.
const MOST_LEVELS: usize = 6;

/// Most bytes that the words before a value are long, together, to be its name.
const LONGEST_NAME: usize = 512;

/// How the value of a level is tied to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// `name = value`, `name: value`, `name => value`.
    Assigned,
    /// `name || value`, `getenv(name, value)`-like defaults written as operators.
    Default,
    /// `setx NAME value`, `--name value`, `NAME value`.
    Spaced,
    /// The text of an element: `<name>value</name>`.
    Element,
    /// One of several in a list or an argument without a name.
    Positional,
    /// Nothing stands before it on its line.
    Alone,
}

/// What holds a value or a group of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// Round brackets with a name before them.
    Call,
    /// An object, list or mapping.
    Group,
    /// A block of statements.
    Block,
    /// The attributes of a tag.
    Tag,
    /// No bracket: a line, or an indented block of lines.
    Lines,
}

/// One level of what encloses a value.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// The words that the value (or the group that holds it) is bound to; empty if there are none.
    pub(super) name: String,
    /// How.
    pub(super) bound: Bound,
    /// What encloses name and value.
    pub(super) holder: Holder,
    /// What stands before the bracket: the function, the constructor, the type, the tag.
    pub(super) head: String,
    /// What stands beside name and value in the same holder, before them.
    pub(super) before: String,
    /// What stands beside them, after them.
    pub(super) after: String,
}

/// Everything that is known of where a value stands.
#[derive(Debug)]
pub(super) struct Place {
    /// `Bearer`, `Basic` stands right before the value.
    pub(super) scheme: Option<String>,
    /// From the innermost outwards; at least one.
    pub(super) levels: Vec<Level>,
    /// Names of enclosing sections, elements and indented blocks, innermost first.
    pub(super) outer: Vec<String>,
    /// The line above a value that stands alone; the element before the one that a value is all of.
    pub(super) label: Option<String>,
    /// In an indented mapping, what stands beside the entry that holds the value: before it, and after.
    pub(super) beside_parent: Option<(String, String)>,
    /// The address that the value is a part of.
    pub(super) address: Option<Address>,
}

impl Place {
    /// Whether what stands there may be a word of a sentence: on a line, in no bracket, and given to nothing.
    pub(super) fn is_prose(&self) -> bool {
        self.scheme.is_none()
            && self.levels.first().is_some_and(|own| {
                own.holder == Holder::Lines
                    && matches!(own.bound, Bound::Spaced | Bound::Positional | Bound::Alone)
            })
    }
}

/// Reads the place of the value between `before` and `after`.
pub(super) fn place(before: &[u8], after: &[u8]) -> Place {
    let (before, after) = without_conversion(before, after).unwrap_or((before, after));
    let mut place = Place {
        scheme: None,
        levels: Vec::new(),
        outer: Vec::new(),
        label: None,
        beside_parent: layout::beside_parent(before, before.len(), after),
        address: address(before, after),
    };
    let (mut end, mut start_after) = (before.len(), 0);
    for depth in 0..MOST_LEVELS {
        let binding = binding(before, end, depth == 0);
        if depth == 0 {
            place.scheme.clone_from(&binding.scheme);
        }
        let open = opening(before, binding.start);
        let from = open.map_or_else(|| layout::block_start(before, binding.start), |(at, _)| at + 1);
        let close = match open {
            Some((_, bracket)) => closing_position(after, start_after, bracket),
            None => layout::block_end(before, binding.start, after, start_after),
        };
        let head = open.map(|(at, bracket)| head(before, at, bracket)).unwrap_or_default();
        place.levels.push(Level {
            name: text(&before[binding.name.clone()]),
            bound: binding.bound,
            holder: open.map_or(Holder::Lines, |(at, bracket)| holder(before, at, bracket, &head)),
            head: head.clone(),
            before: text(&before[from.min(binding.start)..binding.start]),
            after: text(&after[start_after..close]),
        });
        let Some((at, bracket)) = open else { break };
        start_after = (close + 1).min(after.len());
        // The whole call or subscript, not only what is in it, is what the next level binds.
        // `dictionary?["name"]` as well.
        let owner = before[..at].strip_suffix(b"?").unwrap_or(&before[..at]);
        let glued = owner.last().is_some_and(u8::is_ascii_alphanumeric);
        let whole = bracket == b'(' && !head.is_empty() || bracket == b'[' && glued;
        end = if whole { head_start(before, at) } else { at };
    }
    place.outer = layout::enclosing(before, end);
    place.outer.extend(sql::makes_credential(before));
    let own = &mut place.levels[0];
    match (own.bound, own.holder) {
        (Bound::Alone, Holder::Lines) => place.label = layout::label(before),
        (Bound::Alone, Holder::Group) => own.bound = Bound::Positional,
        (Bound::Element, _) => {
            place.label = markup::sibling(before);
            own.name = markup::key_beside(before).unwrap_or_else(|| std::mem::take(&mut own.name));
            if let Some((above, below)) = markup::record(before, after) {
                (own.bound, own.holder) = (Bound::Assigned, Holder::Group);
                (own.before, own.after) = (above, below);
            }
        }
        _ => {}
    }
    name_of_property(own);
    // What a function gives has its name.
    if matches!(own.bound, Bound::Alone | Bound::Positional | Bound::Spaced)
        && let Some(function) = function_that_gives(before, after)
    {
        (own.name, own.bound) = (function, Bound::Assigned);
    }
    place
}

/// `<Name>k__BackingField`: what a compiler calls the field behind the property `Name`.
fn name_of_property(level: &mut Level) {
    let property = level.before.trim_end().strip_suffix('>').and_then(|before| before.rsplit('<').next());
    if level.name == "k__BackingField"
        && let Some(property) = property
    {
        level.name = property.to_owned();
    }
}

/// What a value is bound to, and where that begins.
struct Binding {
    bound: Bound,
    name: std::ops::Range<usize>,
    /// Start of the name, or of the value where there is none.
    start: usize,
    scheme: Option<String>,
}

/// Finds the operator and the name to the left of `end`.
fn binding(before: &[u8], end: usize, innermost: bool) -> Binding {
    if innermost && let Some(name) = lvalue::serialized(&before[..end]) {
        return Binding { bound: Bound::Assigned, start: name.start, name, scheme: None };
    }
    let mut left = Left::new(before, end);
    let mut scheme = None;
    // Where the quotation ends that stands before the value.
    let (mut apart, mut quoted) = (false, None);
    loop {
        let here = left.at();
        let bound = match left.next() {
            Token::Space => {
                apart = true;
                continue;
            }
            Token::Quote => {
                quoted = quoted.or(apart.then_some(here));
                continue;
            }
            Token::Mark | Token::Concat | Token::Wrap => continue,
            Token::Newline if layout::continues(before, left.at()) => continue,
            // An item of a list is bound to what its first one is bound to.
            Token::Newline if innermost && let Some(at) = layout::list_owner(before, left.at()) => {
                left = Left::new(before, at);
                continue;
            }
            Token::Word(word) if is_modifier(word) || is_property(&before[..left.at()]) => continue,
            Token::Word(word) if innermost && scheme.is_none() && is_scheme(word) => {
                scheme = Some(text(word));
                continue;
            }
            Token::Word(_) => {
                let mut name = lvalue(before, quoted.unwrap_or(here), Bound::Spaced);
                name.start = short(before, name.clone());
                return Binding { bound: Bound::Spaced, start: name.start, name, scheme };
            }
            Token::Assign => {
                let operator = names_function(before, left.at()).unwrap_or(left.at());
                let name = lvalue(before, operator, Bound::Assigned);
                let (start, name) = nth_name(before, name.start, 0).unwrap_or((name.start, name));
                return Binding { bound: Bound::Assigned, start, name, scheme };
            }
            Token::Separator if innermost && let Some((start, name)) = one_of_several(before, left.at()) => {
                return Binding { bound: Bound::Assigned, start, name, scheme };
            }
            Token::Otherwise => Bound::Default,
            Token::TagEnd if opens_element(&before[tag(before, left.at())]) => Bound::Element,
            Token::Separator | Token::Close(_) | Token::Open(_) | Token::TagEnd => {
                return Binding { bound: Bound::Positional, name: here..here, start: here, scheme };
            }
            Token::Newline | Token::Start => {
                return Binding { bound: Bound::Alone, name: here..here, start: here, scheme };
            }
        };
        let name = match bound {
            Bound::Element => tag(before, left.at()),
            _ => lvalue(before, left.at(), bound),
        };
        let start = name.start.saturating_sub(usize::from(bound == Bound::Element));
        return Binding { bound, start, name, scheme };
    }
}

/// Where the words begin that are near enough to the end of a name to be a part of it.
fn short(before: &[u8], name: std::ops::Range<usize>) -> usize {
    match name.len() <= LONGEST_NAME {
        true => name.start,
        false => {
            let from = name.end - LONGEST_NAME;
            before[from..name.end].iter().position(|&b| b == b' ').map_or(from, |blank| from + blank + 1)
        }
    }
}

/// Words of a credential's scheme: they belong to the value, not to its name.
fn is_scheme(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"bearer") || word.eq_ignore_ascii_case(b"basic")
}

/// Keywords between a name and its value that change neither.
fn is_modifier(word: &[u8]) -> bool {
    matches!(word, b"new" | b"await" | b"return" | b"yield" | b"const" | b"static" | b"final")
}

/// Whether a word after `before` is the name of an anchor or a tag in YAML: `key: &name value`, `key: !!str value`.
fn is_property(before: &[u8]) -> bool {
    let marks = before.iter().rev().take_while(|b| matches!(b, b'&' | b'!')).count();
    let rest = &before[..before.len() - marks];
    (1..=2).contains(&marks) && rest.ends_with(b" ") && rest.trim_ascii_end().ends_with(b":")
}

/// Whether a tag is the first of an element, and not its last or all of it.
fn opens_element(tag: &[u8]) -> bool {
    !tag.starts_with(b"/") && !tag.ends_with(b"/")
}

/// The words of the tag that ends at `end`, without its angle brackets.
fn tag(before: &[u8], end: usize) -> std::ops::Range<usize> {
    let start = before[..end].iter().rposition(|&b| b == b'<').map_or(end, |at| at + 1);
    start..end
}

/// The nearest bracket before `end` that is still open, and which it is (`<` for a tag).
pub(super) fn opening(before: &[u8], end: usize) -> Option<(usize, u8)> {
    let mut left = Left::new(before, end);
    loop {
        match left.next() {
            Token::Open(bracket) => return Some((left.at(), bracket)),
            Token::Wrap => {
                let bracket = before[left.at()];
                return Some((left.at(), bracket));
            }
            Token::Close(bracket) => {
                left.skip_group(bracket);
            }
            Token::TagEnd => {
                left.skip_group(b'>');
            }
            Token::Start => return None,
            _ => {}
        }
    }
}

/// Start of the callee before the bracket at `open`.
fn head_start(before: &[u8], open: usize) -> usize {
    let mut left = Left::new(before, open);
    let mut start = open;
    loop {
        match left.next() {
            Token::Space if start == open => {}
            Token::Mark if start == open && before[left.at()] == b'?' => {}
            // A chain of calls that goes on from line to line.
            Token::Space | Token::Newline if before[start] == b'.' => {}
            Token::Word(_) => start = left.at(),
            // `Client::<T>::new(`, `a->b(`, `new Client(`.
            Token::Assign if matches!(before.get(left.at()..left.at() + 2), Some(b"::" | b"->")) => {}
            Token::Close(bracket) if start != open || bracket == b'>' => {
                if !left.skip_group(bracket) {
                    return start;
                }
            }
            _ => return start,
        }
    }
}

/// Where the words begin that stand before the bracket at `open` on its line and belong to it.
fn phrase_start(before: &[u8], open: usize) -> usize {
    let mut left = Left::new(before, open);
    loop {
        let here = left.at();
        match left.next() {
            Token::Newline | Token::Start | Token::Separator | Token::Open(b'{' | b'[') => return here,
            // The end of a block, on one line with what follows it.
            Token::Close(b'}') => return here,
            Token::Close(bracket) if !left.skip_group(bracket) => return here,
            _ => {}
        }
    }
}

/// What stands before the bracket at `open`, in words.
pub(super) fn head(before: &[u8], open: usize, bracket: u8) -> String {
    match bracket {
        b'<' => {
            let rest = &before[open + 1..];
            let name = rest.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(rest.len());
            text(&rest[..name])
        }
        b'{' => {
            let phrase = before[phrase_start(before, open)..open].trim_ascii();
            let line = lines::line_start(before, open);
            // A bracket on a line of its own belongs to the line above.
            let alone = phrase.is_empty() && line > 0 && before[line..open].trim_ascii().is_empty();
            let above = alone && layout::opens_block(&before[..open]);
            match above {
                true => text(&before[lines::line_start(before, line - 1)..line - 1]),
                false => text(phrase),
            }
        }
        _ => text(&before[head_start(before, open)..open]),
    }
}

/// What kind of group the bracket opens.
pub(super) fn holder(before: &[u8], open: usize, bracket: u8, head: &str) -> Holder {
    match bracket {
        b'<' => Holder::Tag,
        // Go groups declarations so.
        b'(' if matches!(head, "const" | "var" | "import" | "type") => Holder::Block,
        // A row, not the arguments of a function.
        b'(' if head.eq_ignore_ascii_case("values") => Holder::Group,
        b'(' if !head.is_empty() => Holder::Call,
        b'{' if layout::opens_block(&before[..open]) => Holder::Block,
        _ => Holder::Group,
    }
}

/// Text for people and for word lists.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
