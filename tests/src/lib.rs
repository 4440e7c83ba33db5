//! Shared helpers of the tests that span the crates of the workspace.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder of expected output.
pub fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Compares `actual` with the text of `file`, or writes it there when `BLESS` is set.
///
/// # Panics
///
/// When they differ.
pub fn assert_golden(file: &Path, actual: &str) {
    if env::var_os("BLESS").is_some() {
        fs::write(file, actual).expect("golden files can be written");
        return;
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    let expected = expected.replace("\r\n", "\n");
    let shown = file.strip_prefix(golden_folder()).unwrap_or(file);
    let line = (1..)
        .zip(expected.lines().zip(actual.lines()))
        .find(|(_, (expected, actual))| expected != actual);
    let place = match line {
        Some((number, (expected, actual))) => {
            format!("line {number} is\n  {actual}\ninstead of\n  {expected}")
        }
        None => "one is longer than the other".to_owned(),
    };
    assert!(
        expected == actual,
        "{}: {place}\n`BLESS=1 cargo test -p covet-tests` accepts the change",
        shown.display()
    );
}

/// The entries of a folder in order.
///
/// # Panics
///
/// When the folder cannot be read.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .expect("the folder exists")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    found.sort();
    found
}
