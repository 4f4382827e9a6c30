//! Prints the result, and holds it against the bar.

use std::fmt::Write as _;

use crate::corpus::Bar;
use crate::evaluate::Tally;

/// The whole report: a table, then what is wrong, judged categories first.
pub(crate) fn render(tallies: &[Tally]) -> String {
    let mut out = String::new();
    let positive = |later| move |t: &&Tally| t.is_positive() && t.later == later;
    let negative = |later| move |t: &&Tally| !t.is_positive() && t.later == later;
    line(
        &mut out,
        "\ncategory                             files   keys  found  exact  recall  confidence  extra",
    );
    for tally in tallies.iter().filter(positive(false)) {
        row(&mut out, tally);
    }
    row(&mut out, &total("total", tallies.iter().filter(positive(false))));
    line(&mut out, "later");
    for tally in tallies.iter().filter(positive(true)) {
        row(&mut out, tally);
    }
    line(&mut out, "\ncategory                             files  reports  files with one");
    for tally in tallies.iter().filter(negative(false)) {
        negative_row(&mut out, tally);
    }
    negative_row(&mut out, &total("total", tallies.iter().filter(negative(false))));
    line(&mut out, "later");
    for tally in tallies.iter().filter(negative(true)) {
        negative_row(&mut out, tally);
    }
    for later in [false, true] {
        line(&mut out, if later { "\nlater, not judged" } else { "\nwhat is wrong" });
        for tally in tallies.iter().filter(|t| t.later == later) {
            tally.notes.iter().for_each(|note| line(&mut out, note));
        }
    }
    out
}

/// Whether the judged categories together reach the bar.
///
/// # Errors
///
/// What they do not reach, in words.
pub(crate) fn judge(tallies: &[Tally], bar: &Bar) -> Result<(), String> {
    let positive = total("", tallies.iter().filter(|t| t.is_positive() && !t.later));
    let negative = total("", tallies.iter().filter(|t| !t.is_positive() && !t.later));
    let mut short = Vec::new();
    let mut check = |what: &str, value: f64, met: bool, bar: f64| {
        if !met {
            short.push(format!("{what} is {value:.4}, the bar is {bar}"));
        }
    };
    let recall = share(positive.exact, positive.expected);
    check("recall", recall, recall >= bar.recall, bar.recall);
    let extra = share(positive.extra, positive.found + positive.extra);
    check("share of wrong reports beside keys", extra, extra <= bar.false_positives, bar.false_positives);
    let wrong = share(negative.extra_files, negative.files);
    check("share of negative files with a report", wrong, wrong <= bar.false_positives, bar.false_positives);
    if short.is_empty() { Ok(()) } else { Err(short.join("; ")) }
}

fn total<'a>(name: &str, tallies: impl Iterator<Item = &'a Tally>) -> Tally {
    let mut sum = Tally { name: name.to_owned(), ..Tally::default() };
    for tally in tallies {
        sum.files += tally.files;
        sum.expected += tally.expected;
        sum.found += tally.found;
        sum.exact += tally.exact;
        sum.fixed += tally.fixed;
        sum.agreed += tally.agreed;
        sum.extra += tally.extra;
        sum.extra_files += tally.extra_files;
    }
    sum
}

fn row(out: &mut String, tally: &Tally) {
    let Tally { name, files, expected, found, exact, fixed, agreed, extra, .. } = tally;
    let recall = share(*exact, *expected) * 100.0;
    let confidence = format!("{agreed}/{fixed}");
    line(
        out,
        &format!(
            "{name:<36} {files:>5} {expected:>6} {found:>6} {exact:>6} {recall:>6.1}% {confidence:>11} {extra:>6}"
        ),
    );
}

fn negative_row(out: &mut String, tally: &Tally) {
    let Tally { name, files, extra, extra_files, .. } = tally;
    line(out, &format!("{name:<36} {files:>5} {extra:>8} {extra_files:>15}"));
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

/// `part` of `whole`; of nothing, all.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[test]
fn each_shortfall_is_named() {
    let bar = Bar { recall: 0.9, false_positives: 0.1 };
    let keys = |exact, extra| Tally {
        name: "positive/x".to_owned(),
        expected: 10,
        found: 10,
        exact,
        extra,
        ..Tally::default()
    };
    let others =
        |extra_files| Tally { name: "negative/x".to_owned(), files: 10, extra_files, ..Tally::default() };
    for (tallies, words) in [
        (vec![keys(9, 1), others(1)], None),
        (vec![keys(8, 0), others(0)], Some("recall")),
        (vec![keys(10, 2), others(0)], Some("beside keys")),
        (vec![keys(10, 0), others(2)], Some("negative files")),
        (vec![keys(10, 0), others(0), Tally { later: true, ..keys(0, 9) }], None),
    ] {
        let result = judge(&tallies, &bar);
        match words {
            None => assert_eq!(result, Ok(())),
            Some(words) => assert!(result.is_err_and(|text| text.contains(words)), "{words}"),
        }
    }
}
