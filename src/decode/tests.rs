//! What is found inside of bytes, and where: each form of a value, alone and inside each other.

use std::io::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{Limits, Text, texts};
use crate::source::Issue;

/// Letters and digits drawn by a small generator: no value is written down here.
pub(super) fn value(seed: u64, length: usize) -> String {
    const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(ALNUM[(state >> 20) as usize % ALNUM.len()])
        })
        .collect()
}

/// A place where a value was seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) stored: Option<Range<u64>>,
    pub(super) decoded: Vec<&'static str>,
    pub(super) inner: Vec<String>,
    /// The text around it, cut short.
    pub(super) around: String,
}

/// Every place where `value` is seen, and what was not looked at.
pub(super) fn seen(bytes: &[u8], value: &str, limits: Limits) -> (Vec<Seen>, Vec<Issue>) {
    let (mut found, mut issues) = (Vec::new(), Vec::new());
    let mut visit = |text: &Text<'_>| {
        for at in memchr::memmem::find_iter(text.bytes, value) {
            let span = at..at + value.len();
            if !text.is_decoded(&span) {
                continue;
            }
            let place = text.locate(span.clone());
            let around = &text.bytes[at.saturating_sub(12)..(span.end + 4).min(text.bytes.len())].to_vec();
            found.push(Seen {
                stored: place.stored,
                decoded: place.decoded,
                inner: text.inner.iter().map(ToString::to_string).collect(),
                around: String::from_utf8_lossy(around).into_owned(),
            });
        }
    };
    texts(bytes, limits, &|_| true, &mut visit, &mut |issue| issues.push(issue));
    (found, issues)
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(content).expect("memory");
    packed.finish().expect("memory")
}

fn each(text: &str, one: impl Fn(u8) -> String) -> String {
    text.bytes().map(one).collect()
}

/// `before`, `encoded`, `after`: the value must be seen in what `encoded` takes, in one place only.
#[track_caller]
pub(super) fn check(before: &str, encoded: &str, after: &str, value: &str, decoded: &[&str]) {
    let text = format!("{before}{encoded}{after}");
    let (found, issues) = seen(text.as_bytes(), value, Limits::default());
    let [only] = found.as_slice() else { panic!("{decoded:?} {text}: {} places", found.len()) };
    let span = only.stored.clone().expect("no archive");
    assert!(before.len() as u64 <= span.start, "{decoded:?} {before:?}: {span:?}");
    assert!(span.end <= (before.len() + encoded.len()) as u64, "{decoded:?} {before:?}: {span:?}");
    assert_eq!(only.decoded, decoded, "{before:?}");
    assert!(issues.is_empty(), "{issues:?}");
}

#[test]
fn escaped_characters() {
    let value = value(1, 32);
    type Form = fn(u8) -> String;
    let forms: [(&str, Form); 20] = [
        ("hex-escape", |b| format!("\\x{b:02x}")),
        ("hex-escape", |b| format!("\\x{{{b:X}}}")),
        ("hex-escape", |b| format!("\\\\x{b:02x}")),
        ("unicode-escape", |b| format!("\\u{b:04x}")),
        ("unicode-escape", |b| format!("\\\\u{b:04X}")),
        ("unicode-escape", |b| format!("\\\\\\\\u{b:04x}")),
        ("unicode-escape", |b| format!("\\u{{{b:x}}}")),
        ("unicode-escape", |b| format!("`u{{{b:x}}}")),
        ("unicode-escape", |b| format!("\\U{b:08x}")),
        ("octal-escape", |b| format!("\\{b:03o}")),
        ("octal-escape", |b| format!("\\\\{b:03o}")),
        ("html-entity", |b| format!("&#{b};")),
        ("html-entity", |b| format!("&#x{b:X};")),
        ("html-entity", |b| format!("&#{b:04};")),
        ("html-entity", |b| format!("&amp;#{b};")),
        ("percent", |b| format!("%{b:02x}")),
        ("percent", |b| format!("%25{b:02X}")),
        ("percent", |b| format!("%u{b:04x}")),
        ("quoted-printable", |b| format!("={b:02X}")),
        ("hex", |b| format!("0x{b:02x}, ")),
    ];
    for (name, form) in forms {
        let encoded = each(&value, form);
        for (before, after) in
            [("key = \"", "\";\n"), ("", ""), ("KEY\\n", "\\n"), ("x=1&k=", "&y=2"), ("[", "]")]
        {
            check(before, &encoded, after, &value, &[name]);
        }
        assert!(
            super::may_hold_escapes(format!("{:9}{encoded}", "k =").as_bytes()) || name == "unicode-escape",
            "{name}"
        );
    }
}

#[test]
fn escapes_are_seen_by_the_probe_at_every_offset() {
    let value = value(2, 32);
    type Form = fn(u8) -> String;
    let forms: [Form; 10] = [
        |b| format!("\\x{b:02x}"),
        |b| format!("\\u{b:04x}"),
        |b| format!("\\\\u{b:04x}"),
        |b| format!("\\u{{{b:x}}}"),
        |b| format!("\\{b:03o}"),
        |b| format!("&#{b};"),
        |b| format!("&#x{b:x};"),
        |b| format!("%{b:02X}"),
        |b| format!("={b:02X}"),
        |b| format!("0x{b:02x},"),
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let encoded = each(&value, form);
        for offset in 0..200 {
            let text = format!("{}{encoded} ", ".".repeat(offset));
            assert!(super::may_hold_escapes(text.as_bytes()), "form {number} at {offset}");
        }
    }
    let table: String = (0..4000).map(|n| format!("0x{:02x}, ", n * 7 % 256)).collect();
    let code = "if (a[0] == 0x41 && b[1] == '\\x42' || c & 0xff) { return \"%s: %d\\n\"; }\n".repeat(200);
    for text in [table, code, "\\\\".repeat(5000), "%25".repeat(5000)] {
        assert!(!super::may_hold_escapes(text.as_bytes()), "{:.40}", text);
    }
}

#[test]
fn what_is_not_escaped_enough() {
    // A value that is whole is no value of a stretch of escapes; a letter that looks like one is none.
    let value = value(3, 32);
    for text in [
        format!("KEY=\"\\x22{value}\\x22\""),
        format!("a%3D{value}%26"),
        format!("tokenAB=41{value}"),
        format!("&#61;{value}&#59;"),
    ] {
        let (found, _) = seen(text.as_bytes(), &value, Limits::default());
        assert_eq!(found.len(), 1, "seen once, as it is: {}", text.len());
        assert!(found[0].decoded.is_empty());
    }
}

#[test]
fn a_wholly_escaped_line_is_read_with_its_name() {
    let value = value(4, 32);
    let line = each(&format!("api_key = \"{value}\"; é"), |b| format!("\\x{b:02x}"));
    let (found, _) = seen(format!("eval('{line}')").as_bytes(), &value, Limits::default());
    assert_eq!(found.len(), 1);
    assert!(found[0].around.contains("api_key"), "{}", found[0].around.len());
}

#[test]
fn values_in_pieces() {
    let value = value(5, 32);
    let (a, b, c) = (&value[..7], &value[7..20], &value[20..]);
    let cases: [(String, &str); 35] = [
        (format!("\"{a}\" \"{b}\" \"{c}\""), "concatenation"),
        (format!("(\n    '{a}'\n    '{b}'\r\n    '{c}'\n)"), "concatenation"),
        (format!("'{a}'  # first\n '{b}'  # second\n '{c}'"), "concatenation"),
        (format!("\"{a}\" + // one\n \"{b}\" + \"{c}\""), "concatenation"),
        (format!("'{a}'+'{b}'+\"{c}\""), "concatenation"),
        (format!("`{a}${{\"\"}}{b}${{''}}{c}`"), "concatenation"),
        (format!("'{a}' . '{b}' . '{c}'"), "concatenation"),
        (format!("\"{a}\" .. \"{b}\" .. '{c}'"), "concatenation"),
        (format!("\"{a}\" & \"{b}\" & _\r\n    \"{c}\""), "concatenation"),
        (format!("\"{a}\" &\n\"{b}\" & \"{c}\""), "concatenation"),
        (format!("'{a}' || '{b}' || '{c}'"), "concatenation"),
        (format!("\"{a}\" ++ \"{b}\" ++ \"{c}\""), "concatenation"),
        (format!("\"{a}\" <> \"{b}\" <> \"{c}\""), "concatenation"),
        (format!("\"{a}\" ^ \"{b}\" ^ \"{c}\""), "concatenation"),
        (format!("\"{a}\" ~ \"{b}\" ~ \"{c}\""), "concatenation"),
        (format!("\"{a}\" * \"{b}\" * \"{c}\""), "concatenation"),
        (format!("'{a}' // '{b}' // '{c}'"), "concatenation"),
        (format!("\"{a}\" \\\n  \"{b}\" \\\n  \"{c}\""), "concatenation"),
        (format!("\"{a}\" + `\n  \"{b}\" + `\n  \"{c}\""), "concatenation"),
        (format!("f\"{a}\" rb'{b}' u\"{c}\""), "concatenation"),
        (format!("L\"{a}\" L\"{b}\" L\"{c}\""), "concatenation"),
        (format!("\\\"{a}\\\" + \\\"{b}\\\" + \\\"{c}\\\""), "concatenation"),
        (
            format!("\"    \\\"{a}\\\"\\n\",\n   \"    \\\"{b}\\\"\\n\",\n   \"   \\\"{c}\\\"\\n\""),
            "concatenation",
        ),
        (format!("\"{a}\".concat(\"{b}\").concat('{c}')"), "concatenation"),
        (format!("['{a}', '{b}', '{c}'].join('')"), "concatenation"),
        (format!("[\n  '{a}',\n  '{b}',\n  '{c}',\n].join(\"\")"), "concatenation"),
        (format!("\"\".join([\"{a}\", \"{b}\", \"{c}\"])"), "concatenation"),
        (format!("implode('', ['{a}', '{b}', '{c}'])"), "concatenation"),
        (format!("%w[].push(['{a}', '{b}', '{c}'].join)"), "concatenation"),
        (format!("strings.Join([]string{{\"{a}\", \"{b}\", \"{c}\"}}, \"\")"), "concatenation"),
        (format!("concat!(\"{a}\", \"{b}\", \"{c}\")"), "concatenation"),
        (format!("CONCAT('{a}','{b}', '{c}')"), "concatenation"),
        (format!("('{a}','{b}','{c}') -join ''"), "concatenation"),
        (format!("{a}\\\n{b}\\\r\n  {c}"), "line-continuation"),
        (format!("{a}^\r\n{b}^\r\n{c}"), "line-continuation"),
    ];
    for (pieces, name) in cases {
        check("key = ", &pieces, "\n", &value, &[name]);
        check("", &pieces, "", &value, &[name]);
    }
    check("\"export KEY=", &format!("{a}\\\\\\n\",\n    \"{b}{c}"), "\\n\"", &value, &["line-continuation"]);
    check("key: \"", &format!("{a}\\\n    {b}\\\n    {c}"), "\"\nx: 1\n", &value, &["line-continuation"]);
    let mail = "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
    check(mail, &format!("{a}=\r\n{b}=\n{c}"), "\r\n", &value, &["quoted-printable"]);
}

#[test]
fn what_is_not_put_together() {
    let value = value(6, 32);
    let (a, b) = value.split_at(16);
    for text in [
        format!("[\"{a}\", \"{b}\"]"),
        format!("[\"{a}\", \"{b}\"].join(\",\")"),
        format!("{{\"{a}\": \"{b}\"}}"),
        format!("\"{a}\" - \"{b}\""),
        format!("f(\"{a}\", \"{b}\")"),
        format!("<a x=\"{a}\" y=\"{b}\">"),
        format!("\"{a}\"; \"{b}\""),
        format!("{a}\n{b}"),
        format!("KEY{a}=\n{b}"),
        format!("{a} \\\n{b}"),
        format!("say(\"{a} \" \"{b}\")"),
        format!("\"{a}\" + name + \"{b}\""),
    ] {
        let (found, _) = seen(text.as_bytes(), &value, Limits::default());
        assert!(found.is_empty(), "{}", text.replace(a, "A").replace(b, "B"));
    }
}

#[test]
fn base64_glued_wrapped_and_put_together() {
    let value = value(7, 32);
    for front in 0..5 {
        let plain = format!("{}api_key={value}\n", "é ".repeat(front));
        let encoded = STANDARD.encode(&plain);
        for glue in ["", "k", "k/", "v1/", "path/to/"] {
            check(&format!("x: {glue}"), &encoded, "\n", &value, &["base64"]);
            check(&format!("x: {glue}"), &URL_SAFE_NO_PAD.encode(&plain), "\n", &value, &["base64"]);
        }
        for width in [19, 60, 64, 76] {
            let lines: Vec<&str> = encoded
                .as_bytes()
                .chunks(width)
                .map(|line| std::str::from_utf8(line).expect("ASCII"))
                .collect();
            let short = lines.join("\" +\n    \"");
            if width < 43 {
                check("x = \"", &short, "\";\n", &value, &["concatenation", "base64"]);
            } else {
                check("x = \"", &short, "\";\n", &value, &["base64"]);
                check("x = \"", &lines.join("\\n\" +\n    \""), "\";\n", &value, &["base64"]);
                check("data:\n  ", &lines.join("\n  "), "\n", &value, &["base64"]);
                check("", &lines.join("\r\n"), "\r\n", &value, &["base64"]);
                check("# ", &lines.join("\n# "), "\n", &value, &["base64"]);
                check("[\"", &lines.join("\",\n \""), "\"]", &value, &["base64"]);
                check("{\"k\": \"", &lines.join("\\n"), "\\n\"}", &value, &["base64"]);
            }
        }
    }
}

#[test]
fn base64_glued_to_base64() {
    let (one, two) = (value(8, 32), value(9, 32));
    let text = format!(
        "{}/{}",
        URL_SAFE_NO_PAD.encode(format!("first = {one}")),
        URL_SAFE_NO_PAD.encode(format!("second is {two}"))
    );
    for value in [one, two] {
        let (found, _) = seen(text.as_bytes(), &value, Limits::default());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].around.len() > value.len());
    }
}

#[test]
fn text_among_other_bytes_in_base64() {
    let value = value(10, 32);
    let mut state = 7_u32;
    let mut noise = |length: usize| -> Vec<u8> {
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    };
    for length in [0, 1, 2, 100, 5000, 50_000] {
        let bytes = [noise(length), format!(" key={value} ").into_bytes(), noise(length)].concat();
        let encoded = STANDARD.encode(bytes);
        check("x: ", &encoded, "\n", &value, &["base64"]);
    }
}

#[test]
fn hex_of_text() {
    let value = value(11, 32);
    let lower = each(&value, |b| format!("{b:02x}"));
    for (before, encoded, after) in [
        ("x = ", lower.clone(), ""),
        ("x = 0x", lower.clone(), ";"),
        ("x = ", lower.to_uppercase(), "g"),
        ("x = a", lower.clone(), " "),
        ("q", lower.clone(), "q"),
    ] {
        check(before, &encoded, after, &value, &["hex"]);
    }
}

#[test]
fn one_inside_the_other() {
    let value = value(12, 32);
    let inner = STANDARD.encode(format!("key: {value}"));
    check("x: ", &STANDARD.encode(&inner), "\n", &value, &["base64", "base64"]);
    check("x: ", &each(&inner, |b| format!("{b:02x}")), "\n", &value, &["hex", "base64"]);
    check("x: ", &each(&inner, |b| format!("\\x{b:02x}")), "\n", &value, &["hex-escape", "base64"]);
    let (a, b) = inner.split_at(20);
    check("x: ", &format!("\"{a}\" + \"{b}\""), "\n", &value, &["concatenation", "base64"]);
    let split = format!("key = '{}' + '{}'", &value[..9], &value[9..]);
    check("x: ", &STANDARD.encode(&split), "\n", &value, &["base64", "concatenation"]);
    let utf16: Vec<u8> = format!("key={value}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    check("x: ", &STANDARD.encode(utf16), "\n", &value, &["base64", "utf-16"]);
    let packed = gzip(format!("key={value}").as_bytes());
    let hex = packed.iter().map(|b| format!("{b:02x}")).collect();
    for (encoded, encoding) in [(STANDARD.encode(&packed), "base64"), (hex, "hex")] {
        let (found, issues) = seen(format!("x: {encoded}\n").as_bytes(), &value, Limits::default());
        assert_eq!((found.len(), issues), (1, vec![]));
        assert_eq!((&found[0].decoded[..], &found[0].stored), (&[encoding, "gzip"][..], &None));
    }
}

#[test]
fn utf16_among_other_bytes() {
    let value = value(13, 32);
    let line = format!("KEY={value}\r\n");
    for (order, big) in [(u16::to_le_bytes as fn(u16) -> [u8; 2], false), (u16::to_be_bytes, true)] {
        let utf16: Vec<u8> = line.encode_utf16().flat_map(order).collect();
        for before in ["", "PORT=3000 and a little more\n", "PORT=3000 and a little more\r\n"] {
            if big && !before.is_empty() {
                // It could as well be little-endian.
                continue;
            }
            let bytes = [before.as_bytes(), &utf16, b"# the end of it, in ASCII\n"].concat();
            let (found, _) = seen(&bytes, &value, Limits::default());
            assert_eq!(found.len(), 1, "{big} {}", before.len());
            let start = (before.len() + 8) as u64;
            assert_eq!(found[0].stored, Some(start..start + 64), "{big} {}", before.len());
            assert_eq!(found[0].decoded, ["utf-16"]);
        }
    }
}

#[test]
fn broken_utf16_is_read() {
    let value = value(14, 32);
    let units: Vec<u16> = format!("é\u{1f511}KEY={value}\n").encode_utf16().collect();
    let bytes = |units: &[u16]| -> Vec<u8> {
        [0xfffe_u16.swap_bytes()].iter().chain(units).flat_map(|unit| unit.to_le_bytes()).collect()
    };
    let lone: Vec<u16> = [&[0xd800][..], &units, &[0xdc00]].concat();
    let odd = [bytes(&units), vec![b'x']].concat();
    let mut shifted = bytes(&units);
    shifted.insert(3, b'!');
    for (bytes, start) in [(bytes(&units), 16), (bytes(&lone), 18), (odd, 16), (shifted, 17)] {
        let (found, _) = seen(&bytes, &value, Limits::default());
        assert_eq!(found.len(), 1, "{start}");
        assert_eq!(found[0].stored, Some(start..start + 64));
    }
}
