//! Damaged and hostile input: whatever happens to the bytes, decoding ends, does not fail, and finds what is whole.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zip::write::SimpleFileOptions;

use super::tests::{seen, value};
use super::{Limits, Text, texts};

/// A small generator: the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

fn line(number: u64) -> Vec<u8> {
    format!("# mistral\nKEY_{number}={}\n", value(number, 32)).into_bytes()
}

fn zipped(method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for number in 1..=3 {
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(format!("{number}.env"), options).expect("a new name");
        archive.write_all(&line(number)).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

fn gzipped(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

fn tarred() -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for number in 1..=3 {
        let content = line(number);
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("{number}.env"), content.as_slice()).expect("memory");
    }
    archive.into_inner().expect("memory")
}

/// Where the last byte of each of the three values is, at the latest, in an archive of three members.
fn ends(archive: &[u8], mark: &[u8]) -> Vec<usize> {
    let starts: Vec<usize> = memchr::memmem::find_iter(archive, mark).collect();
    starts.iter().skip(1).copied().chain([archive.len()]).take(3).collect()
}

#[test]
fn an_archive_that_is_cut_off_anywhere_gives_what_came_before_and_is_said() {
    let zips = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated].map(zipped);
    let directory = |zip: &[u8]| memchr::memmem::find(zip, b"PK\x01\x02").expect("it has one");
    let mut samples: Vec<(Vec<u8>, Vec<usize>)> = zips
        .into_iter()
        .map(|zip| {
            let mut ends = ends(&zip, b"PK\x03\x04");
            ends[2] = directory(&zip);
            (zip, ends)
        })
        .collect();
    let tar = tarred();
    let tar_ends = (1..=3).map(|member| member * 1024).collect();
    samples.push((tar.clone(), tar_ends));
    let all = (1..=3).flat_map(line).collect::<Vec<u8>>();
    // Without compression, what is stored is what comes out: a header of ten bytes and five of a block stand before.
    let lines = line(1).len();
    samples.push((gzipped(&all, 0), (1..=3).map(|number| 15 + number * lines).collect()));
    for (number, (archive, ends)) in samples.iter().enumerate() {
        for cut in 0..=archive.len() {
            for (member, _) in ends.iter().enumerate().filter(|&(_, &end)| end <= cut) {
                let (found, issues) = seen(&archive[..cut], &value(member as u64 + 1, 32), Limits::default());
                assert!(!found.is_empty(), "sample {number} cut at {cut}: member {member}");
                // Of a tar, all that is there is seen as it stands.
                let is_said = number != 2 && cut < archive.len();
                assert_eq!(!issues.is_empty(), is_said, "sample {number} cut at {cut}: {issues:?}");
            }
        }
    }
}

#[test]
fn members_beside_a_damaged_one_are_found() {
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let archive = zipped(method);
        let second = memchr::memmem::find_iter(&archive, b"PK\x03\x04").nth(1).expect("three members");
        let end = memchr::memmem::find_iter(&archive, b"PK\x03\x04").nth(2).expect("three members");
        for at in second..end {
            let mut damaged = archive.clone();
            damaged[at] ^= 0xff;
            for number in [1, 3] {
                let (found, _) = seen(&damaged, &value(number, 32), Limits::default());
                assert!(!found.is_empty(), "{method:?} damaged at {at}: member {number}");
            }
            let (found, issues) = seen(&damaged, &value(2, 32), Limits::default());
            assert!(!found.is_empty() || !issues.is_empty(), "{method:?} damaged at {at}: a silent loss");
        }
    }
}

/// Texts in every form that is decoded, some of them inside each other.
fn samples() -> Vec<Vec<u8>> {
    let text = (1..=2).flat_map(line).collect::<Vec<u8>>();
    let plain = String::from_utf8_lossy(&text).into_owned();
    let each =
        |form: &dyn Fn(u8) -> String| text.iter().map(|&byte| form(byte)).collect::<String>().into_bytes();
    let utf16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let json = format!("{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [{plain:?}]}}]}}");
    vec![
        STANDARD.encode(&text).into_bytes(),
        STANDARD.encode(STANDARD.encode(gzipped(&text, 6))).into_bytes(),
        STANDARD.encode(&utf16).into_bytes(),
        STANDARD.encode(zipped(zip::CompressionMethod::Deflated)).into_bytes(),
        each(&|byte| format!("\\u{byte:04x}")),
        each(&|byte| format!("\\\\x{byte:02x}")),
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("&#{byte};")),
        each(&|byte| format!("{byte:02x}")),
        [b"\xff\xfe".as_slice(), &utf16].concat(),
        [text.clone(), utf16].concat(),
        format!("{json:?}").into_bytes(),
        plain.replace('K', "\" +\n \"").into_bytes(),
        gzipped(&tarred(), 6),
        gzipped(&gzipped(&zipped(zip::CompressionMethod::Deflated), 6), 6),
        tarred(),
        zipped(zip::CompressionMethod::Stored),
    ]
}

/// Does one thing to the bytes that transmission, a tool or somebody with bad intent could do.
fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let end = (at + 1 + numbers.below(64)).min(bytes.len());
    match numbers.below(8) {
        0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << numbers.below(8)),
        1 => drop(bytes.drain(at.min(end)..end)),
        2 => {
            let count = 1 + numbers.below(16);
            bytes.splice(at..at, numbers.bytes(count));
        }
        3 => bytes.truncate(at),
        4 => {
            let part = bytes[at.min(end)..end].to_vec();
            let to = numbers.below(bytes.len());
            bytes.splice(to..to, part);
        }
        5 => bytes[at.min(end)..end].fill([0, 0xff, b'\\', b'"', b'%', b'='][numbers.below(6)]),
        6 => {
            let other = &others[numbers.below(others.len())];
            let from = numbers.below(other.len());
            bytes.splice(at..at, other[from..].iter().copied());
        }
        _ => bytes.insert(at, [0xd8, 0xdc, 0xfe, 0xff, 0xef, 0x80][numbers.below(6)]),
    }
}

#[test]
fn whatever_happens_to_the_bytes_decoding_ends_within_its_bounds() {
    let samples = samples();
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..1500 {
        let mut bytes = samples[round % samples.len()].clone();
        for _ in 0..1 + numbers.below(4) {
            mutate(&mut bytes, &samples, &mut numbers);
        }
        let mut visited = 0;
        let mut visit = |text: &Text<'_>| {
            visited += text.bytes.len();
            // Every place has to be within what it is told of.
            for at in [0, text.bytes.len() / 2, text.bytes.len().saturating_sub(1)] {
                let place = text.locate(at..text.bytes.len().min(at + 32));
                assert!(
                    place.span.end <= place.container.len() || text.bytes.is_empty(),
                    "round {round}: {:?}",
                    place.span
                );
                let stored = place.stored.map_or(0, |stored| stored.end);
                assert!(
                    stored <= bytes.len() as u64 || text.bytes.is_empty(),
                    "round {round}: {stored} of {}",
                    bytes.len()
                );
            }
        };
        texts(&bytes, limits, &|_| true, &mut visit, &mut |_| ());
        let most = 64 * bytes.len() + (limits.bytes as usize);
        assert!(visited <= most, "round {round}: {visited} bytes come out of {}", bytes.len());
    }
}

#[test]
fn an_archive_of_itself_comes_to_an_end() {
    let mut nested = line(1);
    for _ in 0..60 {
        nested = gzipped(&nested, 9);
    }
    let (found, issues) = seen(&nested, &value(1, 32), Limits::default());
    assert!(found.is_empty());
    assert_eq!(issues.iter().map(|issue| issue.kind.as_str()).collect::<Vec<_>>(), ["decode-limit"]);
}

#[test]
fn zeros_behind_a_gzip_are_no_damage() {
    let packed = gzipped(&line(1), 6);
    let mut broken = packed.clone();
    let checksum = broken.len() - 8;
    broken[checksum] ^= 1;
    // The last bytes of the length are zeros.
    let cut = packed[..packed.len() - 1].to_vec();
    for (packed, padding, is_broken) in [
        (&packed, 5, false),
        (&packed, 512, false),
        (&broken, 0, true),
        (&broken, 512, true),
        (&cut, 0, true),
    ] {
        let bytes = [packed.as_slice(), &vec![0; padding]].concat();
        let (found, issues) = seen(&bytes, &value(1, 32), Limits::default());
        assert_eq!((found.len(), !issues.is_empty()), (1, is_broken), "{padding}");
    }
}
