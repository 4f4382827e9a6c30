//! The line hash by which GitHub code scanning tells that an alert of today is the alert of yesterday.
//!
//! Takes the bytes of a whole file and the numbers of some lines; gives `HASH:N` for each, exactly as the upload
//! action of GitHub computes `primaryLocationLineHash`: where both have a value, the action keeps ours and warns when
//! they differ. Which lines to ask for, and where the value goes, is left to others.
//!
//! The hash of a line is a rolling polynomial over a window of 100 UTF-16 code units that begins with the line's
//! first one and runs on into the lines below. Spaces and tabs are left out, every line ending counts as one LF, and
//! after the end of the file come the unit 65535 and zeros. `N` says which line with that hash it is, from 1.
//!
//! # Why two passes
//!
//! `N` needs the count of a hash above the line, and which hashes are wanted is known only once their lines were
//! reached. Hashing the file again is cheaper than remembering the hash of every line of a file that has millions.

use std::collections::HashMap;
use std::ops::ControlFlow;

use bstr::ByteSlice;

/// How many code units a hash covers.
const WINDOW: usize = 100;
/// The base of the polynomial.
const BASE: u64 = 37;
/// `BASE` to the power of `WINDOW`, wrapping: what the unit that leaves the window has been multiplied by.
const BASE_POWER: u64 = {
    let mut power = 1u64;
    let mut i = 0;
    while i < WINDOW {
        power = power.wrapping_mul(BASE);
        i += 1;
    }
    power
};
/// Stands for the end of the file.
const END: u16 = 65535;

const TAB: u16 = b'\t' as u16;
const LF: u16 = b'\n' as u16;
const CR: u16 = b'\r' as u16;
const SPACE: u16 = b' ' as u16;

/// The `HASH:N` of every wanted line, in the order of `wanted`; none for a line that the file does not have.
///
/// Lines are 1-based and end with LF, CR or CRLF; a file that ends with a line ending has one more, empty, line.
/// Bytes that are not UTF-8 count as U+FFFD, a byte order mark as a character.
pub(crate) fn line_hashes(bytes: &[u8], wanted: &[u64]) -> Vec<Option<String>> {
    let Some(&last) = wanted.iter().max() else { return Vec::new() };
    let mut hashes: HashMap<u64, u64> = wanted.iter().map(|&line| (line, 0)).collect();
    let mut reached = 0;
    each_line(bytes, |line, hash| {
        if let Some(slot) = hashes.get_mut(&line) {
            *slot = hash;
        }
        reached = line;
        if line >= last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    hashes.retain(|&line, _| (1..=reached).contains(&line));

    let mut counts: HashMap<u64, u64> = hashes.values().map(|&hash| (hash, 0)).collect();
    let mut values: HashMap<u64, String> = HashMap::with_capacity(hashes.len());
    each_line(bytes, |line, hash| {
        if let Some(count) = counts.get_mut(&hash) {
            *count += 1;
            if hashes.contains_key(&line) {
                values.insert(line, format!("{hash:x}:{count}"));
            }
        }
        if values.len() == hashes.len() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    wanted.iter().map(|line| values.get(line).cloned()).collect()
}

/// Calls `emit` with number and hash of every line, in order, until it breaks.
fn each_line(bytes: &[u8], mut emit: impl FnMut(u64, u64) -> ControlFlow<()>) {
    let mut rolling = Rolling::new();
    let mut after_cr = false;
    let mut at_line_start = true;
    let mut line = 0;
    let mut buffer = [0; 2];
    for ch in bytes.chars().map(Some).chain([None]) {
        let units: &[u16] = match ch {
            Some(ch) => ch.encode_utf16(&mut buffer),
            None => &[END],
        };
        for &unit in units {
            let was_cr = std::mem::replace(&mut after_cr, unit == CR);
            if unit == SPACE || unit == TAB || (was_cr && unit == LF) {
                continue;
            }
            let unit = if unit == CR { LF } else { unit };
            if let Some((line, hash)) = rolling.leaving()
                && emit(line, hash).is_break()
            {
                return;
            }
            if at_line_start {
                line += 1;
                rolling.mark(line);
            }
            at_line_start = unit == LF;
            rolling.push(unit);
        }
    }
    for _ in 0..WINDOW {
        if let Some((line, hash)) = rolling.leaving()
            && emit(line, hash).is_break()
        {
            return;
        }
        rolling.push(0);
    }
}

/// The last [`WINDOW`] units, their hash, and which of them begin a line.
struct Rolling {
    units: [u16; WINDOW],
    /// The number of the line that begins with the unit at the same index; 0 where none does.
    lines: [u64; WINDOW],
    /// The index of the oldest unit, which the next one replaces.
    next: usize,
    hash: u64,
}

impl Rolling {
    fn new() -> Self {
        Rolling { units: [0; WINDOW], lines: [0; WINDOW], next: 0, hash: 0 }
    }

    /// The line that the window begins with, and the hash of the window, if it begins with a line. Says so once.
    fn leaving(&mut self) -> Option<(u64, u64)> {
        match std::mem::take(&mut self.lines[self.next]) {
            0 => None,
            line => Some((line, self.hash)),
        }
    }

    /// Says that the next unit begins a line.
    fn mark(&mut self, line: u64) {
        self.lines[self.next] = line;
    }

    fn push(&mut self, unit: u16) {
        let outgoing = std::mem::replace(&mut self.units[self.next], unit);
        self.hash = self
            .hash
            .wrapping_mul(BASE)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(BASE_POWER.wrapping_mul(u64::from(outgoing)));
        self.next = if self.next + 1 == WINDOW { 0 } else { self.next + 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All lines of a text, joined with a space.
    fn all(text: &[u8]) -> String {
        let wanted: Vec<u64> = (1..=text.len() as u64 + 1).collect();
        let hashes: Vec<String> = line_hashes(text, &wanted).into_iter().flatten().collect();
        hashes.join(" ")
    }

    /// What the action's own tests expect of the same texts.
    #[test]
    fn the_vectors_of_the_action() {
        let greetings = "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 \
                         b3edc88f2938467e:1 c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1";
        let repeated = "Lorem ipsum dolor sit amet.\n".repeat(10);
        for (text, expected) in [
            ("", "c129715d7a2bc9a3:1"),
            (
                " a\nb\n  \t\tc\n d",
                "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1",
            ),
            (
                " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
                "8b7cf3e952e7aeb2:1 b1ae1287ec4718d9:1 bff680108adb0fcc:1 c6805c5e1288b612:1 \
                 b86d3392aea1be30:1 e6ceba753e1a442:1",
            ),
            (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", greetings),
            (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", greetings),
            (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", greetings),
            (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", greetings),
            (
                &repeated,
                "a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 a7f2ff13bc495cf2:4 \
                 a7f2ff13bc495cf2:5 a7f2ff13bc495cf2:6 a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 \
                 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1",
            ),
            (
                "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
                "e54938cc54b302f1:1 bb609acbe9138d60:1 1131fd5871777f34:1 5c482a0f8b35ea28:1 \
                 54517377da7028d2:1 2c644846cb18d53e:1 f1b89f20de0d133:1 c129715d7a2bc9a3:1",
            ),
        ] {
            assert_eq!(all(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn only_what_is_wanted_in_the_order_it_was_asked_for() {
        let text = "Lorem ipsum dolor sit amet.\n".repeat(10);
        let hashes = line_hashes(text.as_bytes(), &[7, 2, 99, 2, 0]);
        let two = Some("a7f2ff13bc495cf2:2".to_owned());
        assert_eq!(hashes, [Some("a7f2ff1481e87703:1".to_owned()), two.clone(), None, two, None]);
        assert_eq!(line_hashes(b"text", &[]), Vec::<Option<String>>::new());
    }
}
