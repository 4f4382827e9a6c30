//! What a path says of what is found below it: where in a notebook, and which part of a name is a value.

use bstr::BStr;

/// The number of the notebook cell that an offset is in: every cell begins with its type.
pub(super) fn notebook_cell(path: Option<&BStr>, text: &[u8], at: usize) -> Option<u64> {
    if !path?.ends_with(b".ipynb") {
        return None;
    }
    let cells = memchr::memmem::find_iter(&text[..at], b"\"cell_type\"").count() as u64;
    (cells > 0).then_some(cells)
}

/// A file's name without its extensions, which would make a value before them a part of something larger.
pub(super) fn stem(name: &[u8]) -> &[u8] {
    const LONGEST: usize = 10;
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) if dot > 0 && name.len() - dot - 1 <= LONGEST => stem(&name[..dot]),
        _ => name,
    }
}
