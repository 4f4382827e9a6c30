//! Values that a test of Ruby makes when they are asked for, and then has by a name: memoized helpers, as RSpec calls them.
//!
//! Takes a text and where the value begins.

use bstr::ByteSlice;

use super::declaration::is_name_byte;
use super::lines;

/// The name of a value that a test makes when it is asked for, of which the value is all: `let(:name) { VALUE }`.
pub(super) fn memoized(text: &[u8], at: usize) -> Option<String> {
    const MAKES: [&[u8]; 5] = [b"let", b"let!", b"subject", b"let_it_be", b"given"];
    let before = text[..at].trim_end_with(|c| matches!(c, '"' | '\''));
    let before = before.trim_ascii_end();
    let block = before.strip_suffix(b"{").or_else(|| before.strip_suffix(b" do"))?;
    let call = block.trim_ascii_end().strip_suffix(b")")?;
    let name = call.iter().rev().take_while(|b| is_name_byte(b)).count();
    let (call, name) = call.split_at(call.len() - name);
    let callee = call.strip_suffix(b"(:")?;
    let callee = &callee[lines::line_start(callee, callee.len())..];
    (!name.is_empty() && MAKES.contains(&callee.trim_ascii())).then(|| name.to_str_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_makes_values_when_they_are_asked_for() {
        let cases = [
            ("  let(:token) { \"", Some("token")),
            ("let!(:api_key) do\n  '", Some("api_key")),
            ("  outlet(:token) { \"", None),
            ("  let(:token, \"", None),
        ];
        for (text, name) in cases {
            assert_eq!(memoized(text.as_bytes(), text.len()).as_deref(), name, "{text}");
        }
    }
}
