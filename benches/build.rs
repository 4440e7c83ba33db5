//! Compiles the benchmarks' route tables with the generator, as `covet-codegen build` would.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use covet_codegen::emit::{Dispatch, routes_with};
use covet_codegen::lower::Plan;
use covet_codegen::read;

/// Numbers of literal children of one node, for the benchmark of the forms of dispatch.
const CHILDREN: [usize; 10] = [1, 2, 4, 6, 8, 12, 16, 32, 128, 512];

fn main() {
    println!("cargo::rerun-if-changed=tables/rest_api.txt");
    let table = fs::read_to_string("tables/rest_api.txt").expect("the table is beside this file");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let routes: Vec<_> = lines.filter_map(|line| line.split_once(' ')).collect();
    write("rest_api.rs", &compile(&routes, Dispatch::default()));

    let forms = [
        ("chain", Dispatch { narrow: usize::MAX }),
        ("hash", Dispatch { narrow: 1 }),
    ];
    let mut modules = String::new();
    let mut all = String::from("pub static ALL: &[(&str, usize, &dyn Routes)] = &[\n");
    for children in CHILDREN {
        let paths: Vec<_> = (0..children)
            .map(|n| format!("/{}/{{id}}", word(n)))
            .collect();
        let routes: Vec<_> = paths.iter().map(|path| ("GET", path.as_str())).collect();
        for (form, dispatch) in forms {
            let code = compile(&routes, dispatch);
            let _ = writeln!(modules, "pub mod {form}_{children} {{\n{code}\n}}");
            let _ = writeln!(
                all,
                "    (\"{form}\", {children}, &{form}_{children}::App),"
            );
        }
    }
    write(
        "dispatch.rs",
        &format!("use covet_runtime::routing::Routes;\n{modules}{all}];\n"),
    );
}

/// Segments as they are in real tables: a word of five to twelve letters, all different.
fn word(number: usize) -> String {
    const WORDS: [&str; 8] = [
        "users",
        "orders",
        "invoices",
        "projects",
        "payments",
        "settings",
        "deliveries",
        "reports",
    ];
    let word = WORDS[number % WORDS.len()];
    if number < WORDS.len() {
        word.to_owned()
    } else {
        format!("{word}{}", number / WORDS.len())
    }
}

fn compile(routes: &[(&str, &str)], dispatch: Dispatch) -> String {
    let app = read(&manifest(routes)).unwrap_or_else(|found| panic!("{found}"));
    let code = routes_with(&app, &Plan::new(&app), dispatch);
    // An included file can have no inner attributes.
    code.lines()
        .filter(|line| !line.starts_with("//!"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A routes.toml of `(method, path)` pairs.
fn manifest(routes: &[(&str, &str)]) -> String {
    let mut manifest = String::from(
        "schema = 1\n[app]\nname = \"benched_covet\"\nentry = \"app:app\"\nmiddleware = []\n\
         [framework]\nname = \"covet\"\nversion = \"0.1.0b6\"\n[limits]\nmax_body_size = 0\n",
    );
    for (method, path) in routes {
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

fn write(name: &str, text: &str) {
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join(name), text).expect("OUT_DIR is writable");
}
