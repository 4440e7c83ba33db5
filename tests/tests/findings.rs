//! What is said about route tables that are wrong: codes, places and the text that people see.
//!
//! `BLESS=1 cargo test -p covet-tests` writes the expected texts anew.

use std::fs;

use covet_codegen::diagnostics::{Diagnostics, Source};
use covet_tests::{assert_golden, entries, golden_folder};

/// Each file of `golden/findings`, and what is found in it: the code and the text under the caret,
/// or the first line of it; `None` where there is no place to point at.
type Expected = &'static [(&'static str, Option<&'static str>)];

const CASES: &[(&str, Expected)] = &[
    ("broken_toml", &[("CVT030", Some(""))]),
    (
        "contradictions",
        &[
            ("CVT033", Some("\"import\"")),
            ("CVT033", Some("[[routes]]")),
            ("CVT033", Some("[[routes]]")),
            ("CVT033", Some("[[routes]]")),
            ("CVT033", Some("[[routes]]")),
            ("CVT033", Some("[[routes]]")),
            ("CVT033", Some("[[routes]]")),
        ],
    ),
    ("duplicate_key", &[("CVT030", Some("schema"))]),
    ("empty", &[("CVT032", None)]),
    ("foreign_framework", &[("CVT033", None)]),
    ("missing_key", &[("CVT032", Some("[[routes]]"))]),
    ("missing_table", &[("CVT032", None)]),
    ("model_depth", &[("CVT033", Some(""))]),
    (
        "models",
        &[
            ("CVT033", Some("Ghost")),
            ("CVT033", Some("[[routes]]")),
            (
                "CVT033",
                Some("{ name = \"a \\\"quoted\\\"\\nname\", type = \"str\" }"),
            ),
            ("CVT033", Some("b")),
            ("CVT033", Some("\"literal[\\\"a\\\", b]\"")),
            (
                "CVT033",
                Some("{ name = \"next\", attribute = \"next_\", type = \"User\" }"),
            ),
            ("CVT033", Some("\"User\"")),
            (
                "CVT033",
                Some("{ name = \"id\", type = \"\", optional = true }"),
            ),
            ("CVT033", Some("")),
            ("CVT033", Some("\"list\"")),
            ("CVT033", Some("\"fn\"")),
            ("CVT033", Some("\"None\"")),
            ("CVT033", Some("\"lambda\"")),
            ("CVT033", Some("\"Größe\"")),
            ("CVT033", Some("\" Space\"")),
            ("CVT033", Some("\"two\\nlines\"")),
            ("CVT033", Some("[[models]]")),
            ("CVT033", Some("[[models]]")),
            ("CVT033", Some("[[models]]")),
            ("CVT033", Some("[[models]]")),
        ],
    ),
    ("newer_schema", &[("CVT031", Some("2"))]),
    ("no_routes", &[("CVT006", None)]),
    ("odd_schema", &[("CVT032", Some("\"1\""))]),
    (
        "poisoned_paths",
        &[
            ("CVT012", Some("[[routes]]")),
            ("CVT012", Some("[[routes]]")),
            ("CVT013", Some("[[routes]]")),
            ("CVT014", Some("[[routes]]")),
        ],
    ),
    (
        "unknown_flag",
        &[("CVT017", Some("true")), ("CVT017", Some("false"))],
    ),
    ("unknown_key", &[("CVT032", Some("speed"))]),
    ("unknown_kind", &[("CVT032", Some("\"gopher\""))]),
    ("unknown_model_key", &[("CVT032", Some("default"))]),
    ("unknown_model_kind", &[("CVT032", Some("\"attrs\""))]),
    ("wrong_type", &[("CVT032", Some("\"GET\""))]),
    ("zero_schema", &[("CVT032", Some("0"))]),
];

fn found_in(name: &str) -> (String, Diagnostics) {
    let file = golden_folder().join(format!("findings/{name}.toml"));
    let text = fs::read_to_string(file).expect("every case has a file");
    let text = text.replace("\r\n", "\n");
    let found = covet_codegen::read(&text).expect_err("the table is wrong");
    (text, found)
}

#[test]
fn codes_and_places() {
    for (name, expected) in CASES {
        let (text, found) = found_in(name);
        let actual: Vec<_> = found
            .0
            .iter()
            .map(|d| {
                let place = d.span.clone().map(|span| text[span].lines().next());
                (d.code.as_str(), place.map(Option::unwrap_or_default))
            })
            .collect();
        assert_eq!(actual, *expected, "{name}");
    }
}

#[test]
fn texts() {
    for (name, _) in CASES {
        let (text, found) = found_in(name);
        let source = Source {
            name: "routes.toml",
            text: &text,
        };
        let shown = found.render(Some(source));
        let shown = anstream::adapter::strip_str(&shown).to_string();
        let file = golden_folder().join(format!("findings/{name}.txt"));
        assert_golden(&file, &format!("{shown}\n"));
    }
}

#[test]
fn every_finding_has_a_cause_and_a_cure() {
    for (name, _) in CASES {
        for finding in found_in(name).1.0 {
            assert!(
                !finding.message.is_empty() && !finding.help.is_empty(),
                "{name}"
            );
            assert!(
                !finding.message.ends_with('.'),
                "{name}: {}",
                finding.message
            );
        }
    }
}

#[test]
fn every_file_is_a_case() {
    let files = entries(&golden_folder().join("findings"));
    let names: Vec<_> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "toml"))
        .filter_map(|file| file.file_stem()?.to_str())
        .collect();
    let cases: Vec<_> = CASES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, cases);
}
