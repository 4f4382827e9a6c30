//! One revision, by name: which object it is.
//!
//! Takes a name as `git rev-parse` has it (a ref, an id or the start of one, `@{upstream}`, `@{1}`, with any number of
//! `^`, `~2`, `^{commit}` behind it) and gives an object id. Ancestors are those that the commit itself names: grafts
//! and replaced objects change nothing here.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};
use gix_hash::{ObjectId, Prefix};
use gix_object::Kind as ObjectKind;

use super::super::Layout;
use super::super::objects::named_ids;
use super::super::refs::{self, Refs, Value};
use super::reader::Reader;
use super::tracking;
use crate::source::layout::read_file;
use crate::source::reftable;

/// Most tags of tags that are followed.
const TAGS: usize = 64;

/// Looks names up.
pub(in super::super) struct Names<'a> {
    pub(in super::super) layout: &'a Layout,
    pub(in super::super) refs: &'a Refs,
}

/// Why a name is no revision, as the end of a sentence.
pub(super) type Reason = String;

impl Names<'_> {
    /// The object that `name` stands for.
    ///
    /// # Errors
    ///
    /// If nothing has that name, or what has it lacks what is asked for.
    pub(in super::super) fn resolve(&self, name: &BStr, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
        let end = suffixes_at(name);
        let mut id = self.base(name[..end].as_bstr(), reader)?;
        let mut rest = name[end..].as_bytes();
        while let Some(&sign) = rest.first() {
            let (step, after) = Step::parse(sign, &rest[1..])
                .ok_or_else(|| format!("has '{}' in it, which is not understood here", rest.as_bstr()))?;
            id = step.go(id, reader)?;
            rest = after;
        }
        Ok(id)
    }

    /// A name without anything behind it.
    fn base(&self, name: &BStr, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
        if let Some(at) = name.find("@{") {
            let inner = name[at + 2..].strip_suffix(b"}").unwrap_or_default();
            return self.at(name[..at].as_bstr(), inner.as_bstr());
        }
        let name = if name == "@" { BStr::new("HEAD") } else { name };
        let is_hex = !name.is_empty() && name.iter().all(u8::is_ascii_hexdigit);
        if is_hex && name.len() == self.layout.hash.len_in_hex() {
            let id = ObjectId::from_hex(name).map_err(|error| error.to_string())?;
            return if reader.store.contains(&id) { Ok(id) } else { Err("is not stored here".into()) };
        }
        if let Some(full) = self.full_name(name) {
            return self.of_ref(full.as_bstr());
        }
        if let Some(id) = self.pseudo_ref(name) {
            return Ok(id);
        }
        let described = name.rfind("-g").map(|at| name[at + 2..].as_bytes());
        let digits = if is_hex { Some(name.as_bytes()) } else { described };
        match digits.and_then(|digits| digits.to_str().ok()).and_then(|digits| Prefix::from_hex(digits).ok())
        {
            Some(prefix) => abbreviated(prefix, reader),
            None => Err("is not the name of a ref, nor an object id".into()),
        }
    }

    /// The ref that a short name stands for, in the order in which git tries them.
    pub(super) fn full_name(&self, name: &BStr) -> Option<BString> {
        let own = self.own_prefix();
        let forms = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
        let candidates = forms.iter().map(|form| [form.as_bytes(), name].concat());
        let mut candidates = candidates.chain([[b"refs/remotes/", name.as_bytes(), b"/HEAD"].concat()]);
        candidates.find_map(|candidate| {
            // A linked worktree has a `HEAD` and some refs of its own.
            let of_worktree = BString::from([own.as_slice(), &candidate].concat());
            if !own.is_empty() && (candidate == b"HEAD" || self.refs.contains_key(&of_worktree)) {
                return Some(of_worktree);
            }
            let candidate = BString::from(candidate.strip_prefix(b"main-worktree/").unwrap_or(&candidate));
            self.refs.contains_key(&candidate).then_some(candidate)
        })
    }

    fn of_ref(&self, full: &BStr) -> Result<ObjectId, Reason> {
        refs::resolve(self.refs, full).ok_or_else(|| "is a ref that names no object yet".into())
    }

    /// What the names of this work tree's own refs begin with: nothing in the main one.
    pub(super) fn own_prefix(&self) -> Vec<u8> {
        match self.layout.git_dir.file_name() {
            Some(name) if self.layout.git_dir != self.layout.common_dir => {
                [b"worktrees/", name.as_encoded_bytes(), b"/"].concat()
            }
            _ => Vec::new(),
        }
    }

    /// `ORIG_HEAD`, `MERGE_HEAD`, `FETCH_HEAD` and their like: files beside `HEAD`.
    fn pseudo_ref(&self, name: &BStr) -> Option<ObjectId> {
        let is_one =
            name.ends_with(b"HEAD") && name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
        let file = is_one.then(|| name.to_path().ok())??;
        // With reftables, only some of them are files.
        if self.layout.reftable
            && let stack = self.layout.git_dir.join("reftable")
            && let Ok(Some(Value::Object(id))) = reftable::one(&stack, self.layout.hash, name)
        {
            return Some(id);
        }
        let content = read_file(&self.layout.git_dir.join(file)).ok()?;
        ObjectId::from_hex(content.fields().next()?).ok()
    }

    /// `name@{inner}`.
    fn at(&self, name: &BStr, inner: &BStr) -> Result<ObjectId, Reason> {
        let number = inner.to_str().ok().and_then(|digits| digits.parse::<i64>().ok());
        match number {
            Some(back) if back < 0 && name.is_empty() => {
                let branch = tracking::branch_before(self, back.unsigned_abs() as usize)?;
                match self.full_name(branch.as_bstr()) {
                    Some(full) => self.of_ref(full.as_bstr()),
                    None => ObjectId::from_hex(&branch).map_err(|_| format!("is '{branch}', which is gone")),
                }
            }
            Some(back) if back >= 0 => tracking::entry_of_reflog(self, name, back as usize),
            _ if ["u", "upstream", "push"].iter().any(|word| inner.eq_ignore_ascii_case(word.as_bytes())) => {
                let full = tracking::upstream(self, name, inner.eq_ignore_ascii_case(b"push"))?;
                let missing = || format!("is {full}, which is not there");
                refs::resolve(self.refs, &full).ok_or_else(missing)
            }
            _ => Err(format!(
                "has '@{{{inner}}}' in it, which is not understood here; name the commit in another way"
            )),
        }
    }
}

/// Where a name ends and what is to be done with it begins.
fn suffixes_at(name: &BStr) -> usize {
    let mut at = 0;
    while at < name.len() && !matches!(name[at], b'^' | b'~' | b':') {
        // Inside of braces everything belongs to the name.
        let braces = if name[at..].starts_with(b"@{") { name[at..].find_byte(b'}') } else { None };
        at += braces.map_or(1, |length| length + 1);
    }
    at
}

/// The object whose id begins like that. Of several, the only one that stands for a commit.
fn abbreviated(prefix: Prefix, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
    let mut found: BTreeSet<ObjectId> = reader.store.with_prefix(prefix).into_iter().collect();
    if found.len() > 1 {
        found.retain(|id| commit_of(*id, reader).is_ok());
    }
    match found.len() {
        1 => found.pop_first().ok_or_else(String::new),
        0 => Err("is the beginning of no object's id that could be meant".into()),
        _ => Err("is the beginning of several objects' ids".into()),
    }
}

/// The commit that an object is, or that a tag stands for.
pub(super) fn commit_of(id: ObjectId, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
    peeled(id, Some(ObjectKind::Commit), reader)
}

/// The tree that an object is, or that a commit or tag stands for.
pub(in super::super) fn tree_of(id: ObjectId, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
    peeled(id, Some(ObjectKind::Tree), reader)
}

/// What a tag stands for: an object of a kind, or anything that is no tag.
fn peeled(id: ObjectId, wanted: Option<ObjectKind>, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
    let mut id = id;
    for _ in 0..TAGS {
        let Some((kind, bytes)) = reader.object(&id) else {
            return Err(format!("leads to {id}, which is not stored or is damaged"));
        };
        match (kind, wanted) {
            (kind, Some(wanted)) if kind == wanted => return Ok(id),
            (ObjectKind::Tag, _) => {
                id = named_ids(bytes).next().ok_or("leads to a damaged tag")?.1;
            }
            (ObjectKind::Commit, Some(ObjectKind::Tree)) => {
                id = named_ids(bytes).next().ok_or("leads to a damaged commit")?.1;
            }
            (_, None) => return Ok(id),
            (kind, Some(wanted)) => return Err(format!("is a {kind} and not a {wanted}")),
        }
    }
    Err("is a tag of too many tags".into())
}

/// Something behind a name.
enum Step {
    /// `^2`: that parent; 0 is the commit itself.
    Parent(usize),
    /// `~3`: so many times the first parent.
    Back(usize),
    /// `^{tree}`: what it stands for.
    Peel(Option<ObjectKind>),
    /// `^{object}`: as it is.
    Same,
}

impl Step {
    /// Reads a step and gives what follows it.
    fn parse(sign: u8, rest: &[u8]) -> Option<(Step, &[u8])> {
        if let Some(inner) = rest.strip_prefix(b"{").filter(|_| sign == b'^') {
            let end = inner.find_byte(b'}')?;
            let step = match &inner[..end] {
                b"" => Step::Peel(None),
                b"object" => Step::Same,
                kind => Step::Peel(Some(ObjectKind::from_bytes(kind).ok()?)),
            };
            return Some((step, &inner[end + 1..]));
        }
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = match digits {
            0 => 1,
            _ => rest[..digits].to_str().ok()?.parse().ok()?,
        };
        let step = match sign {
            b'^' => Step::Parent(number),
            b'~' => Step::Back(number),
            _ => return None,
        };
        Some((step, &rest[digits..]))
    }

    fn go(&self, id: ObjectId, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
        match *self {
            Step::Same => Ok(id),
            Step::Peel(wanted) => peeled(id, wanted, reader),
            Step::Parent(0) => commit_of(id, reader),
            Step::Parent(number) => parent(commit_of(id, reader)?, number, reader),
            Step::Back(number) => {
                let mut id = commit_of(id, reader)?;
                for _ in 0..number {
                    id = parent(id, 1, reader)?;
                }
                Ok(id)
            }
        }
    }
}

fn parent(commit: ObjectId, number: usize, reader: &mut Reader<'_>) -> Result<ObjectId, Reason> {
    let Some((ObjectKind::Commit, bytes)) = reader.object(&commit) else {
        return Err(format!("leads to {commit}, which is not stored or is damaged"));
    };
    let mut parents = named_ids(bytes).filter(|(name, _)| *name == b"parent");
    match parents.nth(number - 1) {
        Some((_, id)) => Ok(id),
        None => Err(format!("asks for a parent that {commit} does not have")),
    }
}

/// All parents of the commit that an object stands for.
pub(super) fn parents(id: ObjectId, reader: &mut Reader<'_>) -> Result<Vec<ObjectId>, Reason> {
    let commit = commit_of(id, reader)?;
    let Some((_, bytes)) = reader.object(&commit) else { return Ok(Vec::new()) };
    Ok(named_ids(bytes).filter(|(name, _)| *name == b"parent").map(|(_, id)| id).collect())
}
