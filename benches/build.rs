//! Compiles the benchmark's route table with the generator, as `covet-codegen build` would.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use covet_codegen::{emit, lower::Plan, read};

fn main() {
    println!("cargo::rerun-if-changed=tables/rest_api.txt");
    let table = fs::read_to_string("tables/rest_api.txt").expect("the table is beside this file");
    let app = read(&manifest(&table)).unwrap_or_else(|found| panic!("{found}"));
    let routes = emit::routes(&app, &Plan::new(&app));
    // An included file can have no inner attributes.
    let routes = routes
        .lines()
        .filter(|line| !line.starts_with("//!"))
        .collect::<Vec<_>>();
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("rest_api.rs"), routes.join("\n")).expect("OUT_DIR is writable");
}

/// A routes.toml with one route for each line.
fn manifest(table: &str) -> String {
    let mut manifest = String::from(
        "schema = 1\n[app]\nname = \"rest_api_covet\"\nentry = \"app:app\"\n\
         [framework]\nname = \"covet\"\nversion = \"0.1.0b6\"\n[limits]\nmax_body_size = 0\n",
    );
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (method, path) = line.split_once(' ').expect("a line is METHOD path");
        let dynamic = path.contains('{');
        let _ = write!(
            manifest,
            "[[routes]]\nkind = \"http\"\ndynamic = {dynamic}\npath = \"{path}\"\n\
             methods = [\"{method}\"]\nhandler = \"app:h\"\nparameters = []\n\
             coroutine = false\nsuspends = false\n"
        );
    }
    manifest
}
