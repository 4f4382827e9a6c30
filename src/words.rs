//! Numbers as people read and write them: plurals, thousands, sizes, durations, short ids and dates.

/// How many digits of an object id people are shown; git's own default for a large repository.
const SHORT_ID: usize = 10;

/// `1 file`, `2 files`, `1,234 files`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// `a token`, `an access token`, `an SSH key`, `a URL`: the words with their article.
pub(crate) fn with_article(words: &str) -> String {
    let first = words.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    // The letters of an abbreviation are spelled, and M is spoken with a vowel first.
    let spelled = first.len() > 1 && !first.chars().any(char::is_lowercase);
    let vowel = |c: char| match spelled {
        true => "AEFHILMNORSX8".contains(c),
        false => {
            "aeioAEIO8".contains(c) || matches!(c, 'u' | 'U') && !first.to_lowercase().starts_with("uni")
        }
    };
    format!("{} {words}", if first.chars().next().is_some_and(vowel) { "an" } else { "a" })
}

/// `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `999 B`, `5.2 MB`; a kB is a thousand bytes.
pub(crate) fn bytes(number: u64) -> String {
    if number < 1000 {
        return format!("{number} B");
    }
    let mut value = number as f64;
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
        value /= 1000.0;
        // What would be rounded to a thousand is one of the next unit.
        if value < 999.95 {
            return format!("{value:.1} {unit}");
        }
    }
    format!("{:.1} EB", value / 1000.0)
}

/// Why nothing is no size to be the largest.
pub(crate) const NO_SIZE: &str = "it would leave out every file; without it there is no limit";

/// A number of bytes as it is written: `4096`, `10MB`, `1.5GiB`. The error says what it should be.
pub(crate) fn size(argument: &str) -> Result<u64, String> {
    const UNITS: [(&str, f64); 9] = [
        ("", 1.0),
        ("b", 1.0),
        ("k", 1e3),
        ("kb", 1e3),
        ("kib", 1024.0),
        ("mb", 1e6),
        ("mib", 1_048_576.0),
        ("gb", 1e9),
        ("gib", 1_073_741_824.0),
    ];
    let digits = argument.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(argument.len());
    let (number, unit) = argument.split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "m" => "mb".to_owned(),
        "g" => "gb".to_owned(),
        unit => unit.to_owned(),
    };
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
    match (number.parse::<f64>(), factor) {
        (Ok(number), Some(factor)) if number >= 0.0 => Ok((number * factor) as u64),
        _ => Err("it is a number of bytes with an optional unit, e.g. 500k, 10MB, 1GiB".to_owned()),
    }
}

/// `0.03 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`.
pub(crate) fn seconds(seconds: f64) -> String {
    // A clock that was set back gives no negative time.
    let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    let whole = seconds.round() as u64;
    if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else if whole < 3600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{} h {} min", whole / 3600, whole % 3600 / 60)
    }
}

/// The first digits of an object id.
pub(crate) fn short_id(id: &str) -> &str {
    id.get(..SHORT_ID).unwrap_or(id)
}

/// The day of an RFC 3339 time.
pub(crate) fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        for (number, expected) in [
            (0, "0 files"),
            (1, "1 file"),
            (2, "2 files"),
            (999, "999 files"),
            (1000, "1,000 files"),
            (1_234_567, "1,234,567 files"),
        ] {
            assert_eq!(count(number, "file", "files"), expected);
        }
    }

    #[test]
    fn articles() {
        for (words, expected) in [
            ("token", "a token"),
            ("access token", "an access token"),
            ("Acme token", "an Acme token"),
            ("SSH key", "an SSH key"),
            ("URL", "a URL"),
            ("Unity key", "a Unity key"),
            ("upload token", "an upload token"),
            ("", "a "),
        ] {
            assert_eq!(with_article(words), expected);
        }
    }

    #[test]
    fn sizes() {
        for (number, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (5_249_999, "5.2 MB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (6_200_000_000, "6.2 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(number), expected, "{number}");
        }
    }

    #[test]
    fn durations() {
        for (number, expected) in [
            (0.0, "0.00 s"),
            (0.034, "0.03 s"),
            (9.994, "9.99 s"),
            (9.996, "10.0 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min 0 s"),
            (125.0, "2 min 5 s"),
            (3599.4, "59 min 59 s"),
            (3720.0, "1 h 2 min"),
            (-1.0, "0.00 s"),
            (f64::NAN, "0.00 s"),
        ] {
            assert_eq!(seconds(number), expected, "{number}");
        }
    }

    #[test]
    fn ids_and_days() {
        assert_eq!(short_id("0123456789abcdef"), "0123456789");
        assert_eq!(short_id("0123"), "0123");
        assert_eq!(day("2026-03-01T12:00:00Z"), "2026-03-01");
        assert_eq!(day("unknown"), "unknown");
    }

    #[test]
    fn sizes_take_units() {
        for (text, bytes) in
            [("0", 0), ("4096", 4096), ("500k", 500_000), ("1.5MiB", 1_572_864), ("2 GB", 2_000_000_000)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "-1", "1XB", "1.2.3"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
