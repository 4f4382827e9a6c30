//! Files in which programs keep their settings: told by their names, and by what is in them.
//!
//! Takes a path or a text; what a value there is called is told in `definition`.

use bstr::{BStr, ByteSlice};

use super::definition::is_capitals;

/// Whether a program of PHP does nothing but to give a list of settings.
pub(super) fn gives_settings(text: &[u8]) -> bool {
    let statement = |line: &&[u8]| line.starts_with(b"return");
    let line = text.lines().find(statement).map(|line| line[b"return".len()..].trim_ascii());
    line.is_some_and(|rest| rest.starts_with(b"[") || rest.starts_with(b"array"))
}

/// Whether a file is of a form in which programs keep settings.
pub(super) fn is_settings(path: &BStr) -> bool {
    const ENDINGS: [&[u8]; 11] = [
        b"tfvars",
        b"json",
        b"yml",
        b"yaml",
        b"toml",
        b"ini",
        b"cfg",
        b"conf",
        b"psd1",
        b"properties",
        b"json5",
    ];
    let file = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    file.rsplit(|&byte| byte == b'.').next().is_some_and(|ending| ENDINGS.contains(&ending))
}

/// Whether a file holds nothing but variables of the environment: `.env`, `.env.local`, `prod.env`.
pub(super) fn is_dotenv(path: &BStr) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    name.starts_with(b".env") || name.ends_with(b".env")
}

/// Whether a short file does nothing but to give names in capitals their values, as shells read them.
pub(super) fn sets_variables(text: &[u8]) -> bool {
    const LONGEST: usize = 1 << 12;
    let sets = |line: &[u8]| {
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        line.find_byte(b'=').is_some_and(|at| at > 0 && is_capitals(&line[..at]))
    };
    let mut lines = text.lines().map(<[u8]>::trim_ascii).filter(|line| !line.is_empty() && line[0] != b'#');
    text.len() <= LONGEST && lines.all(sets)
}
