//! Archives that lie, are damaged, or unpack to more than anybody wants: what can be read is scanned, what cannot is
//! said, and the run ends.

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use super::line;
use crate::support::place::Place;
use crate::support::run;

/// What marks a member's own header, and its entry in the directory.
const LOCAL: &[u8] = b"PK\x03\x04";
const LISTED: &[u8] = b"PK\x01\x02";
/// How a gzip begins.
const GZIP: &[u8] = b"\x1f\x8b\x08";

fn zip_of(members: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
    for (name, content) in members {
        archive.start_file(*name, options).expect("a new name");
        archive.write_all(content).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

/// Three members with a key each.
fn zip() -> Vec<u8> {
    let members = [("a.env", line(1)), ("b.env", line(2)), ("c.env", line(3))];
    zip_of(&members.map(|(name, text)| (name, text.into_bytes())), CompressionMethod::Deflated)
}

/// The same as they are.
fn stored() -> Vec<u8> {
    let members = [("a.env", line(1)), ("b.env", line(2)), ("c.env", line(3))];
    zip_of(&members.map(|(name, text)| (name, text.into_bytes())), CompressionMethod::Stored)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content).expect("memory");
    packed.finish().expect("memory")
}

fn tar(names: [&str; 3]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (number, name) in (1..).zip(names) {
        let content = line(number);
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, content.as_bytes()).expect("memory");
    }
    archive.into_inner().expect("memory")
}

/// Where the `number`th mark stands, counted from 0.
fn nth(bytes: &[u8], mark: &[u8], number: usize) -> usize {
    memchr::memmem::find_iter(bytes, mark).nth(number).expect("so many are there")
}

/// The second member's own header and its entry in the directory, changed at an offset from the mark of each.
fn changed(local: usize, listed: usize, to: &[u8]) -> Vec<u8> {
    let mut archive = zip();
    for at in [nth(&archive, LOCAL, 1) + local, nth(&archive, LISTED, 1) + listed] {
        archive[at..at + to.len()].copy_from_slice(to);
    }
    archive
}

/// The second member's entry in the directory alone, changed.
fn lying(listed: usize, to: &[u8]) -> Vec<u8> {
    let mut archive = zip();
    let at = nth(&archive, LISTED, 1) + listed;
    archive[at..at + to.len()].copy_from_slice(to);
    archive
}

/// Without its directory.
fn unlisted(archive: &[u8]) -> Vec<u8> {
    archive[..nth(archive, LISTED, 0)].to_vec()
}

/// A directory in which so many entries share one member's data.
fn overlapping(entries: usize, content: &[u8]) -> Vec<u8> {
    let one = zip_of(&[("a", content.to_vec())], CompressionMethod::Deflated);
    let (directory, end) = (nth(&one, LISTED, 0), nth(&one, b"PK\x05\x06", 0));
    let mut archive = one[..directory].to_vec();
    for number in 0..entries {
        let mut entry = one[directory..end].to_vec();
        // Of the same name, an archive's reader takes one.
        let name = format!("{number:06}");
        entry.splice(46..47, name.bytes());
        entry[28] = 6;
        archive.extend(entry);
    }
    let mut last = one[end..].to_vec();
    let size = u32::try_from(archive.len() - directory).expect("small");
    for at in [8, 10] {
        last[at..at + 2].copy_from_slice(&u16::try_from(entries).expect("few").to_le_bytes());
    }
    last[12..16].copy_from_slice(&size.to_le_bytes());
    archive.extend(last);
    archive
}

/// What a report says of one file: the members in which a key was found, and the kinds of its issues.
fn told(report: &Value, path: &str) -> (Vec<String>, BTreeSet<String>) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut members: Vec<String> = list(&report["findings"])
        .iter()
        .flat_map(|finding| list(&finding["locations"]))
        .filter(|location| location["path"] == path)
        .map(|location| {
            list(&location["inner"]).iter().filter_map(Value::as_str).collect::<Vec<_>>().join("!")
        })
        .collect();
    members.sort();
    let issues = list(&report["issues"]);
    let kinds =
        issues.iter().filter(|issue| issue["path"] == path).filter_map(|issue| issue["kind"].as_str());
    (members, kinds.map(str::to_owned).collect())
}

/// A file, the members in which a key is found, the kind of issue that is told if there is one.
type Case = (&'static str, Vec<u8>, &'static [&'static str], Option<&'static str>);

#[track_caller]
fn check(cases: Vec<Case>) {
    let place = Place::new();
    for (name, bytes, ..) in &cases {
        place.write(name, bytes);
    }
    let incomplete = cases.iter().any(|(.., kind)| kind.is_some());
    let report = place.run(&["scan", "--format", "json"]).ends_with(if incomplete { 3 } else { 1 }).json();
    for (name, _, members, kind) in cases {
        let (found, kinds) = told(&report, name);
        assert_eq!(found, members, "{name}");
        assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), Vec::from_iter(kind), "{name}");
    }
}

const ALL: &[&str] = &["a.env", "b.env", "c.env"];
const IN_GZ: &[&str] = &["x.gz!a.env", "x.gz!b.env", "x.gz!c.env"];
const BESIDE: &[&str] = &["a.env", "c.env"];
const CORRUPT: Option<&str> = Some("corrupt-archive");
const LIMIT: Option<&str> = Some("decode-limit");

#[test]
fn every_kind_of_sound_archive_is_read() {
    let prefixed = [b"#!/bin/sh\nexec unzip -p $0\n".as_slice(), &zip()].concat();
    let names = [("../../up.env", 1), ("a\u{1b}[31m\n.env", 2), ("c\u{7}.env", 3)];
    let names = names.map(|(name, number)| (name, line(number).into_bytes()));
    let long = ["d".repeat(150) + "/a.env", "d".repeat(150) + "/b.env", "c.env".to_owned()];
    let gnu = tar([&long[0], &long[1], &long[2]]);
    let [long_a, long_b, long_c]: [&'static str; 3] = long.map(|name| &*name.leak());
    let inner: Vec<&'static str> = ALL.iter().map(|name| &*format!("x.tar.gz!{name}").leak()).collect();
    check(vec![
        ("ok.zip", zip(), ALL, None),
        ("prefixed.zip", prefixed, ALL, None),
        ("stored.zip", stored(), ALL, None),
        ("trailed.zip", [zip(), b"and more behind it".to_vec()].concat(), ALL, None),
        (
            "names.zip",
            zip_of(&names, CompressionMethod::Deflated),
            &["../../up.env", "a\u{1b}[31m\n.env", "c\u{7}.env"],
            None,
        ),
        ("members.gz", [gzip(line(1).as_bytes()), gzip(line(2).as_bytes())].concat(), &["", ""], None),
        ("padded.gz", [gzip(line(1).as_bytes()), vec![0; 1024]].concat(), &[""], None),
        ("gnu.tar", gnu, vec![long_c, long_a, long_b].leak(), None),
        ("ok.tgz", gzip(&tar(["a.env", "b.env", "c.env"])), ALL, None),
        (
            "nested.zip",
            zip_of(&[("x.tar.gz", gzip(&tar(["a.env", "b.env", "c.env"])))], CompressionMethod::Stored),
            inner.leak(),
            None,
        ),
    ]);
}

#[test]
fn a_notebook_in_an_archive_tells_the_cell() {
    let cell = |source: &str| format!("{{\"cell_type\": \"code\", \"source\": [{source:?}]}}");
    let key = line(1).replace('=', " = ");
    let notebook = format!("{{\"cells\": [{}, {}]}}", cell("import os"), cell(key.trim()));
    let place = Place::new();
    place.write("n.ipynb", &notebook);
    place.write("n.zip", zip_of(&[("n.ipynb", notebook.into_bytes())], CompressionMethod::Deflated));
    let report = place.run(&["scan", "--format", "json"]).ends_with(1).json();
    let locations = report["findings"][0]["locations"].as_array().expect("places");
    let cells: Vec<&Value> = locations.iter().map(|location| &location["cell"]).collect();
    assert_eq!(cells, [2, 2]);
}

#[test]
fn what_cannot_be_read_is_said_and_its_neighbours_are_found() {
    let method = |number: u16| changed(8, 10, &number.to_le_bytes());
    let mut damaged = zip();
    let data = nth(&damaged, LOCAL, 1) + 30 + "b.env".len();
    damaged[data..data + 8].fill(0xff);
    let mut gone = zip();
    let end = nth(&gone, b"PK\x05\x06", 0);
    gone[end + 16..end + 20].copy_from_slice(&0x00ff_ffff_u32.to_le_bytes());
    let mut noisy = gzip(line(1).as_bytes());
    noisy.extend(b"something else behind it");
    check(vec![
        ("encrypted.zip", changed(6, 8, &[1, 0]), BESIDE, CORRUPT),
        ("bzip2.zip", method(12), BESIDE, CORRUPT),
        ("lzma.zip", method(14), BESIDE, CORRUPT),
        ("deflate64.zip", method(9), BESIDE, CORRUPT),
        ("zstd.zip", method(93), BESIDE, CORRUPT),
        ("damaged.zip", damaged, BESIDE, CORRUPT),
        ("short.zip", lying(20, &3_u32.to_le_bytes()), BESIDE, CORRUPT),
        ("far.zip", lying(42, &0x7fff_ffff_u32.to_le_bytes()), ALL, CORRUPT),
        ("unlisted.zip", unlisted(&zip()), ALL, CORRUPT),
        ("unlisted-zstd.zip", unlisted(&method(93)), BESIDE, CORRUPT),
        ("no-directory.zip", gone, ALL, CORRUPT),
        ("noisy.gz", noisy, &[""], CORRUPT),
    ]);
}

#[test]
fn a_directory_that_leaves_members_out_hides_nothing() {
    let mut fewer = zip();
    let end = nth(&fewer, b"PK\x05\x06", 0);
    fewer[end + 8..end + 12].copy_from_slice(&[1, 0, 1, 0]);
    let mut longer = tar(["a.env", "b.env", "c.env"]);
    longer[1024 + 124..1024 + 135].copy_from_slice(b"77777777777");
    let sum: u32 =
        (0..512).map(|at| u32::from(if (148..156).contains(&at) { b' ' } else { longer[1024 + at] })).sum();
    longer[1024 + 148..1024 + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut unsummed = tar(["a.env", "b.env", "c.env"]);
    unsummed[1024 + 148] = b'9';
    check(vec![
        ("fewer.zip", fewer, ALL, None),
        ("smaller.zip", lying(24, &1_u32.to_le_bytes()), ALL, None),
        // What the second says of its length covers the third.
        ("longer.tar", longer, &["a.env", "b.env", "b.env"], None),
        ("unsummed.tar", unsummed, &["", "", "a.env"], None),
    ]);
}

#[test]
fn what_is_cut_off_is_said_and_what_is_left_of_it_is_found() {
    let whole = tar(["a.env", "b.env", "c.env"]);
    let packed = gzip(&whole);
    let rest = |bytes: &[u8], less: usize| bytes[..bytes.len() - less].to_vec();
    let noise: String = (0..9999_u32).map(|number| number.wrapping_mul(2_654_435_761).to_string()).collect();
    let backup = gzip((line(1) + &noise).as_bytes());
    let magic = [GZIP, b"\0\0"].concat();
    let mut no_tar = whole.clone();
    no_tar[148] = b'9';
    check(vec![
        ("short.gz", rest(&backup, 200), &[""], CORRUPT),
        ("half.gz", rest(&backup, backup.len() / 2), &[""], CORRUPT),
        ("trailer.gz", rest(&backup, 1), &[""], CORRUPT),
        ("header.gz", backup[..15].to_vec(), &[], CORRUPT),
        ("second.gz", [gzip(line(1).as_bytes()), rest(&backup, 99)].concat(), &["", ""], CORRUPT),
        // A tar packs nothing: what is there of it was seen.
        ("inside.tar", whole[..1024 + 512 + line(2).len() - 9].to_vec(), &["a.env"], None),
        ("between.tar", whole[..2048].to_vec(), &["a.env", "b.env"], None),
        ("end.tgz", rest(&packed, 4), ALL, CORRUPT),
        ("in.zip", zip_of(&[("x.gz", rest(&packed, 4))], CompressionMethod::Stored), IN_GZ, CORRUPT),
        // These only begin like one.
        ("magic.gz", magic, &[], None),
        ("no.tar", no_tar, &["", "", ""], None),
    ]);
    let mut place = Place::new();
    place.write("short.gz", rest(&backup, 200));
    place.init();
    place.git(&["add", "."]);
    place.git(&["commit", "-qm", "A backup"]);
    let report = place.run(&["history", "--format", "json"]).ends_with(3).json();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["issues"][0]["kind"], "corrupt-archive");
}

#[test]
fn bombs_are_cut_short_and_said() {
    let zeros = vec![0; 65 << 20];
    let bomb = gzip(&zeros);
    let mut members = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for number in 0..100_001 {
        members.start_file(number.to_string(), options).expect("a new name");
    }
    let members = members.finish().expect("memory").into_inner();
    let mut deep = line(1).into_bytes();
    for _ in 0..50 {
        deep = zip_of(&[("x.zip", deep)], CompressionMethod::Deflated);
    }
    let mut many = line(1).into_bytes();
    for _ in 0..50 {
        many = gzip(&many);
    }
    let beside = [("k.env", line(1).into_bytes()), ("bomb.gz", bomb.clone())];
    check(vec![
        ("bomb.gz", bomb.clone(), &[], LIMIT),
        ("beside.zip", zip_of(&beside, CompressionMethod::Deflated), &["k.env"], LIMIT),
        ("overlapping.zip", overlapping(2000, &zeros[..1 << 20]), &[], LIMIT),
        ("members.zip", members, &[], LIMIT),
        ("deep.zip", deep, &[], Some("archive-depth")),
        ("deep.gz", many, &[], LIMIT),
    ]);
}

#[test]
fn what_is_packed_in_a_way_that_is_not_opened_is_counted_by_every_command() {
    let noise = || (0_u32..3000).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8);
    let file = |start: &[u8]| start.iter().copied().chain(noise()).collect::<Vec<u8>>();
    let formats: [(&str, &[u8], &str); 6] = [
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04", "7z"),
        ("b.tar.bz2", b"BZh91AY&SY", "bzip2"),
        ("c.tar.xz", b"\xfd7zXZ\0\0\x04", "xz"),
        ("d.zst", b"\x28\xb5\x2f\xfd\x04", "zstd"),
        ("e.rar", b"Rar!\x1a\x07\x01\0", "rar"),
        ("f.cab", b"MSCF\0\0\0\0", "cab"),
    ];
    let mut place = Place::new();
    place.write("picture.png", file(b"\x89PNG\r\n\x1a\n"));
    place.write("paper.pdf", file(b"%PDF-1.7\n"));
    for (name, start, _) in formats {
        place.write(name, file(start));
    }
    let skips = |report: &Value| -> Vec<(String, u64, Value)> {
        assert_eq!(
            (&report["scan"]["complete"], report["issues"].as_array().map(Vec::len)),
            (&true.into(), Some(0))
        );
        let skipped = report["scan"]["coverage"]["skipped"].as_array().cloned().unwrap_or_default();
        let one = |skip: &Value| {
            let text = skip["reason"].as_str().expect("text").to_owned();
            (text, skip["count"].as_u64().expect("a number"), skip["examples"][0].clone())
        };
        skipped.iter().map(one).collect()
    };
    let mut expected: Vec<(String, u64, Value)> = formats
        .iter()
        .map(|(name, _, format)| (format!("packed as {format}, which is not opened"), 1, (*name).into()))
        .collect();
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(skips(&place.run(&["scan", "--format", "json"]).ends_with(0).json()), expected);
    place.run(&["scan", "c.tar.xz"]).ends_with(0).says("1 skipped (packed as xz, which is not opened)");
    let mut stdin = place.leeward(&["scan", "-", "--format", "json"]);
    let report = run(&mut stdin, Some(file(formats[2].1))).ends_with(0).json();
    assert_eq!(skips(&report).len(), 1);
    place.init();
    place.git(&["add", "."]);
    assert_eq!(skips(&place.run(&["staged", "--format", "json"]).ends_with(0).json()), expected);
    place.git(&["commit", "-qm", "packed"]);
    let reasons = |report: &Value| skips(report).into_iter().map(|(reason, count, _)| (reason, count));
    let report = place.run(&["history", "--format", "json"]).ends_with(0).json();
    assert!(reasons(&report).eq(expected.iter().map(|(reason, count, _)| (reason.clone(), *count))));
}

#[test]
fn members_that_are_not_opened_are_counted_too() {
    let place = Place::new();
    let members = [("in.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()), ("k.env", line(1).into_bytes())];
    place.write("x.zip", zip_of(&members, CompressionMethod::Deflated));
    place.write("y.gz", gzip(b"BZh91AY&SY"));
    let report = place.run(&["scan", "--format", "json"]).ends_with(1).json();
    let skipped = &report["scan"]["coverage"]["skipped"];
    assert_eq!(skipped[0]["reason"], "packed as 7z, which is not opened");
    assert_eq!((&skipped[0]["count"], &skipped[0]["examples"][0]), (&1.into(), &"x.zip".into()));
    assert_eq!(skipped[1]["reason"], "packed as bzip2, which is not opened");
    assert_eq!(skipped[1]["examples"][0], "y.gz");
}

#[test]
fn archives_beyond_a_depth_that_was_asked_for_are_left_out_and_counted() {
    let place = Place::new();
    let inner = zip_of(&[("k.env", line(1).into_bytes())], CompressionMethod::Deflated);
    place.write("x.zip", zip_of(&[("inner.zip", inner)], CompressionMethod::Deflated));
    place.write("b.env", line(2));
    for (depth, findings, skipped) in [("2", 2, 0), ("1", 1, 1), ("0", 1, 1)] {
        let ran = place.run(&["scan", "--format", "json", "--max-archive-depth", depth]).ends_with(1);
        let report = ran.json();
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(findings), "{depth}");
        assert_eq!(report["scan"]["complete"], true);
        let skips = report["scan"]["coverage"]["skipped"].as_array().cloned().unwrap_or_default();
        assert_eq!(skips.len(), skipped, "{depth}");
        for skip in skips {
            assert_eq!(skip["reason"], "archives nested deeper than max-archive-depth");
            assert_eq!((&skip["count"], &skip["examples"][0]), (&1.into(), &"x.zip".into()));
        }
    }
}
