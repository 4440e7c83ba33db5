//! Puts the runtime's sources and the templates into the program, so that an installed
//! covet-codegen can generate a crate that builds without a checkout.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut table = String::from(
        "/// Relative path and text of every source file of the runtime.\n\
         pub(crate) const RUNTIME: &[(&str, &str)] = &[\n",
    );
    let runtime = here.join("../covet-runtime/src").canonicalize()?;
    println!("cargo::rerun-if-changed={}", runtime.display());
    for file in files(&runtime)? {
        let relative = file
            .strip_prefix(&runtime)
            .expect("below")
            .to_string_lossy()
            .replace('\\', "/");
        let _ = writeln!(
            table,
            "    ({relative:?}, include_str!({:?})),",
            file.display()
        );
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("runtime.rs"), table)
}

/// Every Rust file below `directory`, sorted. Tests that have files of their own are left out.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
