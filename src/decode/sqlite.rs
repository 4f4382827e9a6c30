//! Databases of SQLite: its records put one value right behind the other, so that a key is glued to its neighbours.
//!
//! Takes a database, gives the texts in its rows that are glued to something, each as a run of its own, so that they are
//! read apart. What stands free in the stored bytes is seen there; what was deleted, or goes on on another page, is not
//! taken apart. The format: <https://www.sqlite.org/fileformat2.html>.

use std::ops::Range;

use super::splice::{Form, Run};
use super::worth::SHORTEST;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of the header that the first page begins with.
const HEADER: usize = 100;
/// Bytes of the header of a page of rows, and how it begins.
const PAGE_HEADER: usize = 8;
const ROWS: u8 = 0x0d;

/// The texts of a database that are glued to others.
pub(super) fn runs(bytes: &[u8]) -> Vec<Run> {
    let Some(size) = page_size(bytes) else { return Vec::new() };
    let pages = bytes.chunks(size).enumerate();
    let rows =
        pages.flat_map(|(number, page)| rows(page, if number == 0 { HEADER } else { 0 }, number * size));
    // What stands beside a value is read apart with it.
    let has_value =
        |row: &Vec<Range<usize>>| row.iter().any(|text| text.len() >= SHORTEST && is_glued(bytes, text));
    let mut texts: Vec<Range<usize>> =
        rows.filter(has_value).flatten().filter(|text| is_glued(bytes, text)).collect();
    texts.sort_by_key(|text| text.start);
    texts.dedup();
    let run = |text: Range<usize>| Run {
        encoding: "sqlite",
        decoded: bytes[text.clone()].to_vec(),
        pieces: std::iter::once(text).collect(),
        form: Form::PLAIN,
    };
    texts.into_iter().map(run).collect()
}

/// The size of a database's pages; none if it is no database.
fn page_size(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(MAGIC) || bytes.len() < HEADER {
        return None;
    }
    match u16::from_be_bytes([bytes[16], bytes[17]]) {
        1 => Some(1 << 16),
        size @ 512.. if size.is_power_of_two() => Some(usize::from(size)),
        _ => None,
    }
}

/// Where the texts are of each row on a page that begins at `start`, its own header at `header`.
fn rows(page: &[u8], header: usize, start: usize) -> Vec<Vec<Range<usize>>> {
    let short = |at: usize| Some(usize::from(u16::from_be_bytes([*page.get(at)?, *page.get(at + 1)?])));
    if page.get(header) != Some(&ROWS) {
        return Vec::new();
    }
    let cells = short(header + 3).unwrap_or(0);
    let pointers = (0..cells).map_while(|cell| short(header + PAGE_HEADER + 2 * cell));
    let moved =
        |row: Vec<Range<usize>>| row.into_iter().map(|text| text.start + start..text.end + start).collect();
    pointers.filter_map(|cell| row(page, cell)).map(moved).collect()
}

/// Where the texts are of the row whose cell begins at `at`, as far as they are on its page.
fn row(page: &[u8], at: usize) -> Option<Vec<Range<usize>>> {
    let (_, at) = number(page, at)?;
    let (_, record) = number(page, at)?;
    let (length, mut at) = number(page, record)?;
    let types = record.checked_add(usize::try_from(length).ok()?).filter(|&end| end <= page.len())?;
    let mut value = types;
    let mut texts = Vec::new();
    while at < types {
        let (kind, next) = number(page, at)?;
        let end = value.checked_add(usize::try_from(size(kind)).ok()?).filter(|&end| end <= page.len());
        let Some(end) = end else { break };
        if kind >= 13 && kind % 2 == 1 {
            texts.push(value..end);
        }
        (at, value) = (next, end);
    }
    Some(texts)
}

/// Bytes that a value takes, by the type that its record says.
fn size(kind: u64) -> u64 {
    match kind {
        1..=4 => kind,
        5 => 6,
        6 | 7 => 8,
        0 | 8..=11 => 0,
        _ => (kind - 12) / 2,
    }
}

/// A number of seven bits a byte, the most significant first, and where it ends.
fn number(page: &[u8], at: usize) -> Option<(u64, usize)> {
    const LONGEST: usize = 9;
    let mut number = 0_u64;
    for (index, byte) in page.get(at..)?.iter().take(LONGEST).enumerate() {
        if index + 1 == LONGEST {
            return Some((number << 8 | u64::from(*byte), at + LONGEST));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, at + index + 1));
        }
    }
    None
}

/// Whether a letter or digit stands right before or behind a text.
fn is_glued(bytes: &[u8], text: &Range<usize>) -> bool {
    let before = text.start.checked_sub(1).and_then(|before| bytes.get(before));
    [before, bytes.get(text.end)].into_iter().flatten().any(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::super::tests::{seen, value};

    /// A database of one page that has the rows, each a few texts.
    fn database(rows: &[&[&str]]) -> Vec<u8> {
        const SIZE: usize = 4096;
        let mut page = vec![0; SIZE];
        page[..super::MAGIC.len()].copy_from_slice(super::MAGIC);
        page[16..18].copy_from_slice(&(SIZE as u16).to_be_bytes());
        page[super::HEADER] = super::ROWS;
        page[super::HEADER + 3..][..2].copy_from_slice(&(rows.len() as u16).to_be_bytes());
        let mut end = SIZE;
        for (index, row) in rows.iter().enumerate() {
            let kinds: Vec<u8> = row.iter().flat_map(|text| seven_bits(13 + 2 * text.len())).collect();
            let record = [&[kinds.len() as u8 + 1][..], &kinds, row.concat().as_bytes()].concat();
            let cell = [&seven_bits(record.len())[..], &[index as u8 + 1], &record].concat();
            end -= cell.len();
            page[end..end + cell.len()].copy_from_slice(&cell);
            page[super::HEADER + super::PAGE_HEADER + 2 * index..][..2]
                .copy_from_slice(&(end as u16).to_be_bytes());
        }
        page
    }

    fn seven_bits(number: usize) -> Vec<u8> {
        match number {
            0..128 => vec![number as u8],
            _ => vec![(number >> 7) as u8 | 0x80, number as u8 & 0x7f],
        }
    }

    #[test]
    fn values_of_a_row_are_read_apart() {
        let value = value(47, 32);
        let page = database(&[&["other", "row"], &["acme", &value, "https://acme.example"], &["end", "1"]]);
        let at = memchr::memmem::find(&page, value.as_bytes()).expect("it is there") as u64;
        let (found, issues) = seen(&page, &value, Limits::default());
        let places: Vec<_> = found.iter().filter(|seen| !seen.decoded.is_empty()).collect();
        assert_eq!((places.len(), issues.len()), (1, 0));
        assert_eq!((&places[0].decoded[..], places[0].stored.clone()), (&["sqlite"][..], Some(at..at + 32)));
        assert!(places[0].around.contains("acme "), "{}", places[0].around.len());
    }

    #[test]
    fn whatever_a_database_says_it_is_read_within_its_bounds() {
        let value = value(48, 32);
        let page = database(&[&["acme", &value, "text"]]);
        for at in 16..page.len() {
            if page[at] != 0 || at < 120 {
                for byte in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut page = page.clone();
                    page[at] = byte;
                    super::runs(&page);
                    super::runs(&page[..at]);
                }
            }
        }
    }
}
