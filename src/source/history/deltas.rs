//! Decodes the entries of a pack, each after what it is a delta of, on all threads of the pool that it runs in.
//!
//! Takes entries that hold all their own bases, hands over each object as it is decoded, with where it differs from what
//! it is a delta of. Ends at the first damage; what is then done about it is left to [`super::packs`].
//!
//! Why not gix-pack's own traversal, which does the same: it tells nothing of deltas. In a chain of versions nearly all
//! bytes of one were seen in the one before, so that looking only at what each delta changes costs as much as what was
//! changed; and room that is used again need not be cleared.
//!
//! What is found like this is what is found by looking at every object whole, but for one thing that is not certain there
//! either: base64 in lines of fewer than 31 characters. It is looked for where sixteen letters and digits fill one of the
//! blocks that a text is cut into, which every run of 31 does; a narrower line does or does not, by where in the file it
//! begins. So a version can show by chance what its base hid by chance, far from anything that it changes. A search that
//! leaves nothing to chance would have to look at each byte twice, for what no encoder writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gix_object::Kind as ObjectKind;
use gix_pack::data;
use gix_pack::data::entry::Header;
use gix_zlib::Inflate;
use rayon::Scope;
use rayon::prelude::*;

use super::bits::Bits;
use super::delta::{Delta, Fresh, apply};
use super::packs::{Answer, Content, Entry, Known, Traversal, Visitor, is_sound};
use super::store::{MOST, Pack, TOO_LARGE, fits, matches};

/// Why a pack is not decoded to its end. The decoder's own words name its parts, or places in files, which help nobody.
const DAMAGED: &str = "an entry cannot be decoded, or does not match its checksum";

/// Buffers that a thread keeps to use again, and bytes of the longest that is kept.
const SPARE: (usize, usize) = (4, 16 << 20);

/// No entry.
const NONE: u32 = u32::MAX;

/// Which entries are deltas of which.
struct Forest {
    /// Sorted by where they are.
    entries: Vec<Entry>,
    /// The entries that are stored whole.
    roots: Vec<u32>,
    /// The deltas of the first entry, then those of the second, and so on.
    children: Vec<u32>,
    /// Where in `children` those of each entry begin, and where the last ends.
    starts: Vec<u32>,
}

impl Forest {
    fn new(pack: &Pack, entries: Vec<Entry>) -> Result<Forest, String> {
        let bases: Result<Vec<u32>, String> =
            (0..entries.len()).into_par_iter().map(|number| base_of(pack, &entries, number)).collect();
        let bases = bases?;
        let mut starts = vec![0_u32; entries.len() + 1];
        let mut roots = Vec::new();
        for (number, &base) in bases.iter().enumerate() {
            match base {
                NONE => roots.push(number as u32),
                base => starts[base as usize + 1] += 1,
            }
        }
        for number in 0..entries.len() {
            starts[number + 1] += starts[number];
        }
        let mut next = starts.clone();
        let mut children = vec![NONE; entries.len() - roots.len()];
        for (number, &base) in bases.iter().enumerate().filter(|&(_, &base)| base != NONE) {
            let place = &mut next[base as usize];
            children[*place as usize] = number as u32;
            *place += 1;
        }
        Ok(Forest { entries, roots, children, starts })
    }

    fn children(&self, number: u32) -> &[u32] {
        let number = number as usize;
        &self.children[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// Where the entry ends: where the next begins.
    fn end(&self, pack: &Pack, number: usize) -> u64 {
        end(pack, &self.entries, number)
    }
}

fn end(pack: &Pack, entries: &[Entry], number: usize) -> u64 {
    entries.get(number + 1).map_or(pack.data.pack_end() as u64, |&(offset, _)| offset)
}

/// What an entry is a delta of, if it is one.
fn base_of(pack: &Pack, entries: &[Entry], number: usize) -> Result<u32, String> {
    let entry = pack.data.entry(entries[number].0).map_err(|_| DAMAGED)?;
    // Room is made for what the header says.
    if !fits(&entry, end(pack, entries, number)) {
        return Err("the header of an entry does not fit its size".to_owned());
    }
    let base = match entry.header {
        Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance),
        Header::RefDelta { base_id } => {
            pack.index.lookup(base_id).map(|at| pack.index.pack_offset_at_index(at))
        }
        _ => return Ok(NONE),
    };
    let number = base.and_then(|base| entries.binary_search_by_key(&base, |entry| entry.0).ok());
    number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| DAMAGED.to_owned())
}

/// An object that others are deltas of.
struct Base {
    kind: ObjectKind,
    bytes: Vec<u8>,
    /// What the visitor noted, if it has nothing to say of it.
    note: Option<Vec<u32>>,
}

/// What a thread uses again and again.
struct Workshop<V> {
    visitor: V,
    inflate: Inflate,
    delta: Vec<u8>,
    fresh: Vec<Fresh>,
    spare: Vec<Vec<u8>>,
}

impl<V> Workshop<V> {
    fn new(visitor: V) -> Workshop<V> {
        Workshop {
            visitor,
            inflate: Inflate::default(),
            delta: Vec::new(),
            fresh: Vec::new(),
            spare: Vec::new(),
        }
    }

    fn keep(&mut self, bytes: Vec<u8>) {
        if self.spare.len() < SPARE.0 && bytes.capacity() <= SPARE.1 {
            self.spare.push(bytes);
        }
    }
}

/// One way through a forest.
struct Run<'a, V> {
    traversal: &'a Traversal<'a>,
    number: usize,
    pack: &'a Pack,
    forest: Forest,
    /// Whether the entries are the whole pack, and are checked.
    all: bool,
    done: &'a Bits,
    visitor: Mutex<V>,
    workshops: Mutex<Vec<Workshop<V>>>,
    decoded: AtomicUsize,
    failed: AtomicBool,
    reason: Mutex<Option<String>>,
}

impl Traversal<'_> {
    /// Traverses `entries`, which hold all their own bases. With `all`, they are the whole pack and are checked.
    pub(super) fn bulk<V: Visitor>(
        &self,
        number: usize,
        entries: Vec<Entry>,
        all: bool,
        done: &Bits,
        visitor: &V,
    ) -> Result<(), String> {
        let pack = &self.store.packs[number];
        // A damaged pack must not end the run, even where we did not foresee the damage.
        let run = AssertUnwindSafe(|| {
            let run = Run {
                traversal: self,
                number,
                pack,
                forest: Forest::new(pack, entries)?,
                all,
                done,
                visitor: Mutex::new(visitor.clone()),
                workshops: Mutex::default(),
                decoded: AtomicUsize::new(0),
                failed: AtomicBool::new(false),
                reason: Mutex::default(),
            };
            run.all()
        });
        catch_unwind(run).unwrap_or_else(|_| Err("its decoding failed unexpectedly".to_owned()))
    }
}

impl<V: Visitor> Run<'_, V> {
    fn all(self) -> Result<(), String> {
        rayon::scope(|scope| {
            // One at a time, so that what is a delta of one comes before the next one.
            self.forest.roots.par_iter().with_max_len(1).for_each(|&root| self.grow(scope, root, None));
        });
        if let Some(reason) = self.reason.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(reason);
        }
        // Deltas that go in circles begin nowhere.
        let stopped = self.traversal.stop.load(Ordering::Relaxed);
        match stopped || self.decoded.into_inner() == self.forest.entries.len() {
            true => Ok(()),
            false => Err(DAMAGED.to_owned()),
        }
    }

    /// Decodes an entry and all that are deltas of it, directly or not.
    fn grow<'s>(&'s self, scope: &Scope<'s>, number: u32, base: Option<Arc<Base>>) {
        let mut workshop = self.workshop();
        let mut next = Some((number, base));
        while let Some((number, base)) = next.take() {
            if self.failed.load(Ordering::Relaxed) || self.traversal.stop.load(Ordering::Relaxed) {
                break;
            }
            let object = match self.decode(number as usize, base.as_deref(), &mut workshop) {
                Ok(object) => object,
                Err(reason) => {
                    self.reason.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
                    self.failed.store(true, Ordering::Relaxed);
                    break;
                }
            };
            self.decoded.fetch_add(1, Ordering::Relaxed);
            if let Some(base) = base.and_then(Arc::into_inner) {
                workshop.keep(base.bytes);
            }
            match self.forest.children(number).split_last() {
                None => workshop.keep(object.bytes),
                Some((&last, others)) => {
                    let base = Arc::new(object);
                    for &other in others {
                        let base = Arc::clone(&base);
                        scope.spawn(move |scope| self.grow(scope, other, Some(base)));
                    }
                    next = Some((last, Some(base)));
                }
            }
        }
        self.workshops.lock().unwrap_or_else(PoisonError::into_inner).push(workshop);
    }

    fn workshop(&self) -> Workshop<V> {
        let idle = self.workshops.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| {
            Workshop::new(self.visitor.lock().unwrap_or_else(PoisonError::into_inner).clone())
        })
    }

    /// Decodes one entry and hands it over.
    fn decode(&self, number: usize, base: Option<&Base>, workshop: &mut Workshop<V>) -> Result<Base, String> {
        let (offset, at) = self.forest.entries[number];
        let entry = self.pack.data.entry(offset).map_err(|_| DAMAGED)?;
        let end = self.forest.end(self.pack, number);
        let compressed = self.pack.data.entry_slice(entry.data_offset..end).ok_or(DAMAGED)?;
        let mut bytes = workshop.spare.pop().unwrap_or_default();
        let Workshop { visitor, inflate, delta, fresh, .. } = workshop;
        let (kind, note) = match (base, entry.header.as_kind()) {
            (None, Some(kind)) => {
                unpack(inflate, compressed, &entry, &mut bytes)?;
                (kind, None)
            }
            (Some(base), None) => {
                unpack(inflate, compressed, &entry, delta)?;
                let applied = Delta::new(delta, base.bytes.len(), MOST)
                    .and_then(|delta| apply(&base.bytes, delta, &mut bytes, fresh));
                applied.map_err(|problem| problem.reason(DAMAGED))?;
                (base.kind, base.note.as_deref())
            }
            _ => return Err(DAMAGED.to_owned()),
        };
        let id = self.pack.index.oid_at_index(at);
        if self.all && !is_sound(self.pack, at, offset, end, || matches(id, kind, &bytes)) {
            return Err("an entry does not match its checksum".to_owned());
        }
        let content = Content { bytes: &bytes, base: note.map(|note| Known { fresh, note }) };
        let note = match self.traversal.deliver(self.number, at, kind, content, self.done, visitor) {
            Answer::Quiet(note) => Some(note),
            Answer::GoOn => None,
            Answer::End => {
                self.traversal.stop.store(true, Ordering::Relaxed);
                None
            }
        };
        Ok(Base { kind, bytes, note })
    }
}

/// Inflates what belongs to an entry.
fn unpack(
    inflate: &mut Inflate,
    compressed: &[u8],
    entry: &data::Entry,
    bytes: &mut Vec<u8>,
) -> Result<(), String> {
    let size = usize::try_from(entry.decompressed_size).ok().filter(|&size| size <= MOST).ok_or(TOO_LARGE)?;
    bytes.try_reserve_exact(size.saturating_sub(bytes.len())).map_err(|_| TOO_LARGE)?;
    bytes.resize(size, 0);
    inflate.reset();
    let (_, _, written) = inflate.once(compressed, bytes).map_err(|_| DAMAGED)?;
    if written == size { Ok(()) } else { Err(DAMAGED.to_owned()) }
}
