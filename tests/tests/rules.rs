//! The page of the codes and the sources agree: no code without a section, no section without use.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use covet_codegen::rules;
use covet_tests::entries;

/// The files below `folder` whose names end so.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|end| end == extension) {
            found.push(path);
        }
    }
    found
}

/// Every code that is a string of its own in a source: what can be reported.
fn reported(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("\"CVT").filter_map(|(at, _)| {
        let code = text.get(at + 1..at + 7)?;
        let is_code = code[3..].bytes().all(|byte| byte.is_ascii_digit());
        (is_code && text[at + 7..].starts_with('"')).then_some(code)
    })
}

#[test]
fn every_code_of_the_sources_has_a_section_and_the_other_way_round() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut used = BTreeSet::new();
    for (folder, extension) in [
        ("covet-codegen/src", "rs"),
        ("covet-runtime/python/covet_runtime", "py"),
    ] {
        for file in files(&repository.join(folder), extension) {
            let text = fs::read_to_string(&file).expect("sources are text");
            used.extend(reported(&text).map(str::to_owned));
        }
    }
    let documented: BTreeSet<_> = rules::all().iter().map(|rule| rule.code.clone()).collect();
    let missing: Vec<_> = used.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "no section in docs/diagnostics.md: {missing:?}"
    );
    let unused: Vec<_> = documented.difference(&used).collect();
    assert!(unused.is_empty(), "nothing reports {unused:?}");
}

#[test]
fn the_page_links_to_each_section_at_its_top() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/diagnostics.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let (top, _) = page.split_once("\n## ").expect("the page has sections");
    for rule in rules::all() {
        let link = format!("[{}](#{})", rule.code, rule.code.to_lowercase());
        assert!(top.contains(&link), "{link}");
    }
}
