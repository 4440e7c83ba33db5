//! What is said about route tables that can be compiled and are wrong all the same: the text that
//! people see.
//!
//! `BLESS=1 cargo test -p covet-tests` writes the expected texts anew.

use std::fs;

use covet_codegen::diagnostics::{Diagnostics, Location, Source};
use covet_codegen::lints;
use covet_codegen::model::App;
use covet_tests::{assert_golden, entries, golden_folder};

/// Each file of `golden/lints`, and the codes of what is found in it.
const CASES: &[(&str, &[&str])] = &[
    ("dots", &["CVT085", "CVT085"]),
    ("duplicates", &["CVT080", "CVT080", "CVT080"]),
    ("never_reached", &["CVT081", "CVT081"]),
    ("no_methods", &["CVT087"]),
    ("no_such_path", &["CVT083"; 8]),
    ("overlaps", &["CVT082", "CVT082", "CVT082"]),
    ("slashes", &["CVT084"; 4]),
];

fn table(name: &str) -> (String, App) {
    let file = golden_folder().join(format!("lints/{name}.toml"));
    let text = fs::read_to_string(file).expect("every case has a file");
    let text = text.replace("\r\n", "\n");
    let app = covet_codegen::read(&text).expect("the table can be compiled");
    (text, app)
}

#[test]
fn codes() {
    for (name, expected) in CASES {
        let found = lints::lint(&table(name).1);
        let codes: Vec<_> = found.iter().map(|d| d.code.as_str()).collect();
        assert_eq!(codes, *expected, "{name}");
    }
}

#[test]
fn texts() {
    for (name, _) in CASES {
        let (text, app) = table(name);
        let source = Source {
            name: "routes.toml",
            text: &text,
        };
        let shown = Diagnostics(lints::lint(&app)).render(Some(source));
        let shown = anstream::adapter::strip_str(&shown).to_string();
        let file = golden_folder().join(format!("lints/{name}.txt"));
        assert_golden(&file, &format!("{shown}\n"));
    }
}

/// In a live app the places are those of the handlers.
#[test]
fn texts_of_a_live_app() {
    let (_, mut app) = table("overlaps");
    for (line, route) in (10..).step_by(10).zip(&mut app.routes) {
        route.source = Some(Location {
            file: "shop.py".to_owned(),
            line: Some(line),
            name: Some(route.declared.handler.clone()),
        });
    }
    let shown = Diagnostics(lints::lint(&app)).render(None);
    let shown = anstream::adapter::strip_str(&shown).to_string();
    let file = golden_folder().join("lints/overlaps_live.txt");
    assert_golden(&file, &format!("{shown}\n"));
}

#[test]
fn every_finding_has_a_cause_and_a_cure() {
    for (name, _) in CASES {
        for finding in lints::lint(&table(name).1) {
            assert!(!finding.message.is_empty() && !finding.help.is_empty());
            assert!(!finding.message.ends_with('.'), "{}", finding.message);
        }
    }
}

#[test]
fn every_file_is_a_case() {
    let files = entries(&golden_folder().join("lints"));
    let names: Vec<_> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "toml"))
        .filter_map(|file| file.file_stem()?.to_str())
        .collect();
    let cases: Vec<_> = CASES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, cases);
}
