//! One secret in one place.
//!
//! Takes a match in a text and says where it stands in what is stored, and whether something there accepts it.

use bstr::ByteSlice as _;

use super::Collector;
use super::disown::is_doubtful;
use super::inline::{self, Mark};
use super::paths::notebook_cell;
use crate::decode::{Place, Text, UTF_16};
use crate::detect::Match;
use crate::excerpt::Masks;
use crate::finding::{Confidence, Location, Suppression};
use crate::position::Positions;
use crate::secret::Secret;
use crate::source::Origin;

/// A value that is reported, or set aside by something beside it.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) target: usize,
    pub(super) rule: usize,
    pub(super) secret: Secret,
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<String>,
    pub(super) location: Location,
    pub(super) suppression: Option<Suppression>,
    /// A comment asks to accept it, and does not say why: so many lines above it.
    pub(super) unheeded: Option<u64>,
    /// It is a published example.
    pub(super) published: bool,
    /// It is believed for what stands around it.
    pub(super) doubtful: bool,
    /// It was found by its value alone, which stands elsewhere under a name that tells.
    pub(super) copy: bool,
    /// The value stood in this file before, where nothing told what it is.
    pub(super) stood: bool,
}

/// How places in the content that holds a text are told and shown, made once for all matches in it.
pub(super) struct Shown<'t> {
    pub(super) positions: Positions<'t>,
    /// What stands for what must not be shown.
    pub(super) masks: Masks,
}

impl Collector<'_> {
    /// What a match is in the content that holds its text, as `shown` tells places in it.
    pub(super) fn hit(
        &self,
        origin: Origin<'_>,
        text: &Text<'_>,
        found: Match,
        shown: &Shown<'_>,
    ) -> (Hit, Option<Mark>) {
        let place = text.locate(found.span.clone());
        let path = text.inner.last().map(|name| name.as_bstr()).or(origin.path);
        let published =
            found.published.then(|| inline::published(&self.detector.rules()[found.rule].description));
        let asked = self.settings.inline_ignores && published.is_none();
        let mark = asked.then(|| inline::mark(&place.container, &place.span)).flatten();
        let suppression = published.or_else(|| mark.as_ref()?.suppression.clone());
        let unheeded = mark.as_ref().filter(|mark| mark.suppression.is_none()).map(|mark| mark.above);
        let location = Location {
            kind: origin.kind,
            target: self.targets.get(origin.target).cloned().unwrap_or_default(),
            path: origin.path.map(ToOwned::to_owned),
            shown: origin.shown.map(ToOwned::to_owned),
            inner: text.inner.to_vec(),
            blob: origin.object.map(str::to_owned),
            commit: None,
            region: shown.positions.region(place.span.clone()),
            encoded: encoded(&place),
            bytes: place.stored,
            decoded: place.decoded.iter().map(|&encoding| encoding.to_owned()).collect(),
            cell: notebook_cell(path, &place.container, place.span.start),
            excerpt: shown.positions.excerpt(place.span.clone(), &shown.masks),
            line_hash: None,
        };
        let doubtful = is_doubtful(&found);
        let hit = Hit {
            doubtful,
            target: origin.target,
            rule: found.rule,
            secret: found.secret,
            confidence: found.confidence,
            evidence: found.evidence,
            location,
            suppression,
            unheeded,
            published: found.published,
            copy: false,
            stood: false,
        };
        (hit, mark)
    }
}

/// The part of what is stored that a decoded secret stands in, where that is text as it is stored.
fn encoded(place: &Place<'_>) -> Option<Secret> {
    let outermost = place.decoded.first()?;
    let is_text = place.stored.is_some() && *outermost != UTF_16;
    is_text.then(|| Secret::new(&place.container[place.span.clone()]))
}
