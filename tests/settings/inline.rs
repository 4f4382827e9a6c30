//! Comments that accept the value beside them: in any style, for one finding.

use super::{found, line, repository, suppressed};
use crate::support::values::key;

#[test]
fn a_comment_accepts_one_value_the_nearest() {
    let place = repository();
    let (one, two) = (key(1), key(2));
    // What is accepted is the first or the second key, by the number before it.
    let cases = [
        (2, format!("MISTRAL_A_KEY={one} MISTRAL_B_KEY={two} # leeward:ignore x")),
        (1, format!("# leeward:ignore x\nMISTRAL_A_KEY={one} MISTRAL_B_KEY={two}")),
        (1, format!("MISTRAL_A_KEY={one} /* leeward:ignore x */ ; MISTRAL_BETA_KEY={two}")),
        (1, format!("MISTRAL_ALPHA_KEY={one} ;       /* leeward:ignore x */ MISTRAL_B_KEY={two}")),
        (2, format!("MISTRAL_A_KEY={one}\nMISTRAL_B_KEY={two} # leeward:ignore x\n")),
        (1, format!("MISTRAL_A_KEY={one} # leeward:ignore x\nMISTRAL_B_KEY={two}\n")),
        (2, format!("MISTRAL_A_KEY={one}\n# leeward:ignore x\nMISTRAL_B_KEY={two}\n")),
    ];
    for (accepted, text) in cases {
        place.write("a.env", format!("{text}\n"));
        let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
        let json = ran.json();
        let hash = |list: &str| json[list][0]["secret"]["sha256"].as_str().unwrap_or_default().to_owned();
        assert_eq!(hash("suppressed"), super::sha256(accepted), "{text}");
        assert_eq!(hash("findings"), super::sha256(3 - accepted), "{text}");
        assert_eq!(json["suppressed"].as_array().map(Vec::len), Some(1), "{text}");
    }
    // The same value twice is one finding.
    place.write("a.env", format!("MISTRAL_A_KEY={one} MISTRAL_B_KEY={one} # leeward:ignore x\n"));
    place.run(&["scan"]).ends_with(0).says("1 suppressed");
    // One comment for each.
    place.write(
        "a.env",
        format!("# leeward:ignore x\nMISTRAL_A_KEY={one} MISTRAL_B_KEY={two} # leeward:ignore y\n"),
    );
    place.run(&["scan"]).ends_with(1);
}

#[test]
fn a_comment_is_of_any_style() {
    let place = repository();
    let key = key(1);
    for (number, (name, text)) in [
        ("a.py", format!("MISTRAL_API_KEY = '{key}'  # leeward:ignore reason\n")),
        ("a.js", format!("const mistralApiKey = '{key}'; // leeward:ignore reason\n")),
        ("a.c", format!("#define MISTRAL_API_KEY \"{key}\" /* leeward:ignore reason */\n")),
        ("a.sql", format!("-- leeward:ignore reason\nSET mistral_api_key = '{key}';\n")),
        ("a.html", format!("<!-- leeward:ignore reason -->\n<i data-mistral-api-key=\"{key}\">\n")),
        ("a.bat", format!("REM leeward:ignore reason\r\nset MISTRAL_API_KEY={key}\r\n")),
        ("a.ini", format!("; leeward:ignore reason\nmistral_api_key = {key}\n")),
        ("a.hs", format!("mistralApiKey = \"{key}\" {{- leeward:ignore reason -}}\n")),
        ("a.tex", format!("% leeward:ignore reason\n\\def\\mistralapikey{{{key}}}\n")),
        (
            "a.json",
            format!("{{\n  \"_comment\": \"leeward:ignore reason\",\n  \"mistral_api_key\": \"{key}\"\n}}\n"),
        ),
        ("a.yaml", format!("mistral_api_key: {key} # leeward:ignore reason\n")),
    ]
    .into_iter()
    .enumerate()
    {
        place.write(name, text);
        let ran = place.run(&["scan", "--format", "json"]).ends_with(0);
        assert_eq!(suppressed(&ran), ["inline: reason"], "{name}");
        let json = ran.json();
        assert_eq!(json["suppressed"][0]["locations"].as_array().map(Vec::len), Some(number + 1), "{name}");
    }
}

#[test]
fn comments_can_be_told_to_say_nothing() {
    let mut place = repository();
    place.write("a.env", format!("{} # leeward:ignore x\n", line(1).trim()));
    place.git(&["add", "."]);
    place.git(&["commit", "--quiet", "-m", "one"]);
    place.write("b.env", format!("# leeward:ignore y\n{}", line(2)));
    place.git(&["add", "."]);
    for (command, number) in [("scan", 2), ("staged", 1), ("history", 2)] {
        let ran = place.run(&[command, "--format", "json"]).ends_with(0);
        assert_eq!(suppressed(&ran).len(), number, "{command}");
        let ran = place.run(&[command, "--format", "json", "--no-inline-ignores"]).ends_with(1);
        assert_eq!(found(&ran).len(), number, "{command}");
        place.run(&[command]).ends_with(0).says(&format!("{number} suppressed")).says("by a comment: y");
        place.run(&[command, "--format", "jsonl"]).ends_with(0).says(r#"{"by":"inline","reason":"y"}"#);
        place.run(&[command, "--format", "sarif"]).ends_with(0).says(r#""kind": "inSource""#);
    }
}

#[test]
fn a_comment_without_a_reason_accepts_nothing_and_is_told_of() {
    let mut place = repository();
    place.write("a.env", format!("{} # leeward:ignore\n", line(1).trim()));
    place.write("b.c", format!("/* leeward:ignore */\n#define MISTRAL_API_KEY \"{}\"\n", key(2)));
    place.write("c.env", format!("{} #leeward:ignore: why\n", line(3).trim()));
    place.write("d.env", format!("{} # leeward: ignore why\n", line(4).trim()));
    place.write("e.env", format!("# leeward: ignore why\n{}", line(5)));
    place.git(&["add", "."]);
    let note = "5 comments are not of the form leeward:ignore REASON (a space, then why) and so accept nothing: \
        a.env:1, b.c:1, c.env:1, d.env:1, e.env:1";
    for command in [&["scan"][..], &["staged"], &["hook", "pre-commit"]] {
        place.run(command).ends_with(1).says(&format!("note: {note}"));
    }
    let ran = place.run(&["scan", "--format", "json"]).ends_with(1);
    assert_eq!(found(&ran), ["a.env", "b.c", "c.env", "d.env", "e.env"]);
    assert_eq!(ran.json()["scan"]["notes"][0]["message"], note);
    place.run(&["explain", "a.env:1"]).ends_with(1).says("reported as");
    let ran = place.run(&["scan", "--no-inline-ignores"]).ends_with(1);
    assert!(!ran.out().contains("not of the form"), "{}", ran.out());
}

#[test]
fn what_is_no_comment_accepts_nothing() {
    let place = repository();
    let key = key(1);
    for text in [
        format!("MISTRAL_API_KEY={key} # notleeward:ignore x\n"),
        format!("MISTRAL_API_KEY={key} # our.leeward:ignore x\n"),
        format!("MISTRAL_API_KEY={key} # leeward:ignored x\n"),
        format!("client(mistral_api_key='{key}', note='leeward:ignore x')\n"),
        format!("client(mistral_api_key='{key}', text='# leeward:ignore x')\n"),
        format!("\"leeward:ignore x\"\nMISTRAL_API_KEY={key}\n"),
        format!("leeward:ignore x\nMISTRAL_API_KEY={key}\n"),
        format!("{{\"text\": \"leeward:ignore x\", \"mistral_api_key\": \"{key}\"}}\n"),
        format!("MISTRAL_API_KEY={key}\n# leeward:ignore x\n"),
        format!("/**\n * leeward:ignore x\n */\n\nMISTRAL_API_KEY={key}\n"),
    ] {
        place.write("a.py", &text);
        place.run(&["scan"]).ends_with(1);
        assert!(found(&place.run(&["scan", "--format", "json"])) == ["a.py"], "{text}");
    }
}

#[test]
fn code_in_a_notebook_has_comments() {
    let place = repository();
    let cell = |lines: &[&str]| {
        let source: Vec<String> =
            lines.iter().map(|line| serde_json::to_string(line).expect("text")).collect();
        let source = source.join(",\n    ");
        format!("{{\n \"cells\": [{{\"cell_type\": \"code\", \"source\": [\n    {source}\n ]}}]\n}}\n")
    };
    let (single, double) =
        (format!("mistral_api_key = '{}'", key(1)), format!("mistral_api_key = \"{}\"", key(1)));
    for assigned in [&single, &double] {
        for lines in [
            &[&*format!("{assigned}  # leeward:ignore reason\n"), "x = 1"][..],
            &["# leeward:ignore reason\n", assigned],
            &["x = 1\n", &format!("{assigned} # leeward:ignore reason")],
        ] {
            place.write("a.ipynb", cell(lines));
            let ran = place.run(&["scan", "--format", "json"]).ends_with(0);
            assert_eq!(suppressed(&ran), ["inline: reason"], "{lines:?}");
        }
        place.write("a.ipynb", cell(&[&format!("print('# leeward:ignore x', {assigned})")]));
        place.run(&["scan"]).ends_with(1);
    }
}

#[test]
fn a_comment_of_several_lines_is_the_one_above() {
    let place = repository();
    let key = key(1);
    for (name, text) in [
        (
            "a.java",
            format!("/**\n * A sample.\n * leeward:ignore reason\n */\nString mistralApiKey = \"{key}\";\n"),
        ),
        ("a.ts", format!("/*\n  leeward:ignore reason\n*/\r\nconst mistralApiKey = '{key}';\n")),
        ("a.html", format!("<!--\n  leeward:ignore reason\n-->\n<i data-mistral-api-key=\"{key}\">\n")),
        (
            "a.py",
            format!(
                "def f():\n    \"\"\"\n    leeward:ignore reason\n    \"\"\"\n    mistral_api_key = '{key}'\n"
            ),
        ),
    ] {
        place.write(name, &text);
        let ran = place.run(&["scan", "--format", "json", name]).ends_with(0);
        assert_eq!(suppressed(&ran), ["inline: reason"], "{name}");
        // For one finding.
        let more = text.replace(&key, &format!("{key}', '{}", crate::support::values::key(2)));
        place.write(name, more);
        place.run(&["scan", name]).ends_with(1);
    }
}
