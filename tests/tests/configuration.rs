//! What is said about a `[tool.covet-codegen]` that is wrong: places and the text that people see.
//!
//! `BLESS=1 cargo test -p covet-tests` writes the expected texts anew.

use std::fs;

use covet_codegen::config;
use covet_codegen::diagnostics::{Diagnostics, Source};
use covet_tests::{assert_golden, entries, golden_folder};

/// The text and the findings of every file of `golden/configuration`.
fn cases() -> Vec<(String, String, Diagnostics)> {
    let files = entries(&golden_folder().join("configuration"));
    let files = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "toml"));
    files
        .map(|file| {
            let text = fs::read_to_string(&file).expect("it is there");
            let text = text.replace("\r\n", "\n");
            let found = config::parse(&text).expect_err("the configuration is wrong");
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            (name.into_owned(), text, found)
        })
        .collect()
}

#[test]
fn texts() {
    for (name, text, found) in cases() {
        let source = Source {
            name: "pyproject.toml",
            text: &text,
        };
        let shown = found.render(Some(source));
        let shown = anstream::adapter::strip_str(&shown).to_string();
        let file = golden_folder().join(format!("configuration/{name}.txt"));
        assert_golden(&file, &format!("{shown}\n"));
    }
}

#[test]
fn every_finding_has_a_place_a_cause_and_a_cure() {
    assert!(!cases().is_empty());
    for (name, _, found) in cases() {
        for finding in found.0 {
            assert_eq!(finding.code, "CVT034", "{name}");
            assert!(finding.span.is_some(), "{name}: {}", finding.message);
            assert!(!finding.help.is_empty(), "{name}: {}", finding.message);
            assert!(!finding.message.ends_with('.'), "{name}");
        }
    }
}
