//! Text in broken or mixed encodings: the key in it is found, where an editor would show it.

use super::line;
use crate::support::place::Place;
use crate::support::values::key;

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

fn little(text: &str) -> Vec<u8> {
    utf16(text, u16::to_le_bytes)
}

/// What `xxd` prints.
fn dump(text: &str) -> Vec<u8> {
    let lines = text.as_bytes().chunks(16).enumerate().map(|(number, bytes)| {
        let hex: String = bytes
            .iter()
            .enumerate()
            .map(|(at, byte)| match at % 2 {
                0 => format!(" {byte:02x}"),
                _ => format!("{byte:02x}"),
            })
            .collect();
        let shown = String::from_utf8_lossy(bytes).replace('\n', ".");
        format!("{:08x}:{hex:<40}  {shown}\n", number * 16)
    });
    lines.collect::<String>().into_bytes()
}

/// A file, and the line and column of the key in it.
type Case = (&'static str, Vec<u8>, u64, u64);

fn cases() -> Vec<Case> {
    let assigned = |number: usize| line(number).trim_end().to_owned();
    let two_lines = |number: usize| format!("PORT=1\r\nnaïve {}\r\n", assigned(number));
    let mark = b"\xff\xfe".to_vec();
    let lone = |text: &str| [b"\x00\xd8".to_vec(), little(text), b"\x00\xdc".to_vec()].concat();
    vec![
        ("le.env", [mark.clone(), little(&two_lines(1))].concat(), 2, 23),
        ("be.env", [b"\xfe\xff".to_vec(), utf16(&two_lines(2), u16::to_be_bytes)].concat(), 2, 23),
        ("unmarked.env", little(&two_lines(3)), 2, 23),
        ("odd.env", [mark.clone(), little(&two_lines(4)), b"x".to_vec()].concat(), 2, 23),
        ("lone.env", [mark.clone(), lone(&two_lines(5))].concat(), 2, 23),
        // A mark that is not true: what follows is UTF-8.
        ("lying.env", [mark.clone(), two_lines(6).into_bytes()].concat(), 2, 23),
        ("inside.env", format!("PORT=1\n\u{feff}{}\n", assigned(7)).into_bytes(), 2, 18),
        ("latin-1.env", [b"na\xefve caf\xe9 ".to_vec(), line(8).into_bytes()].concat(), 1, 28),
        (
            "shift-jis.env",
            [b"# \x83L\x81[\r\n".to_vec(), line(9).into_bytes(), b"\x81".to_vec()].concat(),
            2,
            17,
        ),
        ("broken.env", [b"\xf0\x9f \xc3(\n\xe2\x82".to_vec(), line(10).into_bytes()].concat(), 2, 18),
        (
            "folded.yaml",
            format!("mistral:\n  api_key: \"{}\\\n    {}\"\n  x: 1\n", &key(13)[..9], &key(13)[9..])
                .into_bytes(),
            2,
            13,
        ),
        ("dump.txt", dump(&format!("# mistral\n{}", line(14))), 2, 36),
        // Counted in the bytes as they are stored, of which most are zero.
        ("appended.env", [b"PORT=1\r\n".to_vec(), little(&line(11))].concat(), 2, 33),
        ("appended-to.env", [mark, little("PORT=1\r\n"), line(12).into_bytes()].concat(), 2, 18),
    ]
}

#[test]
fn keys_in_broken_and_mixed_encodings_are_found_where_they_stand() {
    let place = Place::new();
    for (name, bytes, ..) in cases() {
        place.write(name, bytes);
    }
    let report = place.run(&["scan", "--format", "json"]).ends_with(1).json();
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    for (name, _, line, column) in cases() {
        let places: Vec<_> =
            findings.iter().map(|finding| &finding["locations"][0]).filter(|at| at["path"] == name).collect();
        let [place] = places.as_slice() else { panic!("{name}: {} places", places.len()) };
        let at = (place["start_line"].as_u64(), place["start_column"].as_u64());
        assert_eq!(at, (Some(line), Some(column)), "{name}");
    }
    assert_eq!(findings.len(), cases().len());
}

#[test]
fn an_archive_in_base64_that_a_part_of_a_long_file_cuts_off_is_said() {
    use base64::Engine as _;
    const PART: usize = 16 << 20;
    let place = Place::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let numbers = (0_u32..60_000).map(|number| format!("{:x} ", number.wrapping_mul(2_654_435_761)));
    let content = numbers.collect::<String>() + "\n" + &line(1);
    std::io::Write::write_all(&mut packed, content.as_bytes()).expect("memory");
    let encoded = base64::engine::general_purpose::STANDARD.encode(packed.finish().expect("memory"));
    let filler = "lorem ipsum dolor sit amet, ".repeat((65 << 20) / 28);
    // Once across the end of the first part, once well within it.
    for (at, status) in [(PART - 150_000, 3), (PART / 2, 1)] {
        let start = filler[..at].rfind(' ').expect("words") + 1;
        place.write("long.txt", format!("{}\"{encoded}\" {}", &filler[..start], &filler[start..]));
        let report = place.run(&["scan", "--format", "json"]).ends_with(status).json();
        let found = report["findings"].as_array().map(Vec::len);
        let kinds: Vec<_> = report["issues"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|issue| issue["kind"].as_str())
            .collect();
        match status {
            3 => assert_eq!((found, kinds), (Some(0), vec!["decode-limit"])),
            _ => assert_eq!((found, kinds.len()), (Some(1), 0)),
        }
    }
}

#[test]
fn a_long_file_is_scanned_in_parts_as_if_it_were_whole() {
    // Somewhat more than is held in memory, on few lines, with a key at the start, around where parts meet, and at the end.
    const PART: usize = 16 << 20;
    let place = Place::new();
    let mut text = format!("{}é", line(1));
    for number in 2..8 {
        while text.len() < (number - 1) * (PART - (64 << 10)) + number * 4096 {
            text.push_str("lorem ipsum dolor sit amet, ");
        }
        text.push_str(&format!("MISTRAL_API_KEY={} ", key(number)));
    }
    assert!(text.len() > 64 << 20);
    place.write("long.txt", &text);
    let report = place.run(&["scan", "--format", "json"]).ends_with(1).json();
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    assert_eq!(findings.len(), 7);
    for number in 1..8 {
        let at = text.find(&key(number)).expect("written");
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let column = text[start..at].chars().count() + 1;
        let is_there = |finding: &serde_json::Value| {
            let location = &finding["locations"][0];
            location["start_byte"] == at && location["start_column"] == column
        };
        assert_eq!(findings.iter().filter(|finding| is_there(finding)).count(), 1, "key {number}");
    }
}
