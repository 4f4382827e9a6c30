//! Which parameter of a function an argument is for.
//!
//! Takes calls and lists of parameters as they are written, in any language, and counts; which function is called is found
//! by who asks: in the value's own file in `evidence::through`, in others in `callable`.

use super::declaration::name_of;
use super::structure::{Bound, Level};

/// Which argument of its call a value is: its number from 0, or its name.
pub(super) fn slot(call: &Level) -> Option<String> {
    match call.bound {
        Bound::Positional => Some(arguments_before(&call.before)?.to_string()),
        Bound::Assigned => name_of(&call.name),
        _ => None,
    }
}

/// The name of the parameter in a list, by its number or by its name, if there is such a one.
pub(super) fn parameter(list: &str, slot: &str) -> Option<String> {
    let mut depth = 0_i32;
    let parts = list.split(|c: char| {
        depth +=
            i32::from(matches!(c, '(' | '[' | '{' | '<')) - i32::from(matches!(c, ')' | ']' | '}' | '>'));
        c == ',' && depth == 0
    });
    let names = parts.filter_map(|part| name_of(part.split('=').next()?.trim()));
    let mut names = names.filter(|name| !matches!(name.as_str(), "self" | "this" | "cls"));
    match slot.parse() {
        Ok(number) => names.nth(number),
        Err(_) => names.find(|name| name == slot),
    }
}

/// How many arguments stand before one, given the text of them; none if its brackets do not match.
fn arguments_before(text: &str) -> Option<usize> {
    let (mut depth, mut count) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => count += 1,
            _ => {}
        }
    }
    (depth == 0).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_by_number_and_by_name() {
        let cases = [
            ("self, model: str, api_key: str = \"\"", "1", Some("api_key")),
            ("$key", "0", Some("key")),
            ("String url, String apiKey", "1", Some("apiKey")),
            ("url string, key string", "1", Some("key")),
            ("private val key: String", "0", Some("key")),
            ("map: Map<String, String>, key: String", "1", Some("key")),
            ("model, api_key=None", "api_key", Some("api_key")),
            ("model", "api_key", None),
        ];
        for (list, slot, name) in cases {
            assert_eq!(parameter(list, slot).as_deref(), name, "{list}");
        }
    }

    #[test]
    fn arguments_are_counted_outside_of_brackets() {
        let cases = [
            ("", Some(0)),
            ("a, ", Some(1)),
            ("f(a, b), [c, d], ", Some(2)),
            ("a), b, ", None),
            ("f(a, ", None),
        ];
        for (before, count) in cases {
            assert_eq!(arguments_before(before), count, "{before}");
        }
    }
}
