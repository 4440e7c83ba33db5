//! `many-tables IN OUT`: one crate that holds the compiled form of every route table of `IN`.
//!
//! The tables are the files `0.toml`, `1.toml` and so on. The crate is the one that
//! `covet-codegen generate` writes, vendored runtime and all, but for its `src/lib.rs`, which
//! offers all tables to Python as `TABLES`, pairs of a `RouteTable` and its handlers.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use covet_codegen::lower::Plan;
use covet_codegen::{emit, package, write};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(tables), Some(out), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: many-tables IN OUT".into());
    };

    let mut files = write::Files::new();
    let (mut modules, mut appends) = (String::new(), String::new());
    for number in 0.. {
        let Ok(text) = fs::read_to_string(tables.join(format!("{number}.toml"))) else {
            break;
        };
        let app = covet_codegen::read(&text).map_err(|found| format!("table {number}: {found}"))?;
        if number == 0 {
            files = package::files(&app, &text);
        }
        let routes = emit::routes(&app, &Plan::new(&app));
        files.insert(format!("src/table_{number}.rs"), routes.into_bytes());
        writeln!(modules, "mod table_{number};")?;
        writeln!(
            appends,
            "    append(&tables, Box::new(table_{number}::App), table_{number}::HANDLERS)?;"
        )?;
    }
    files.remove("src/routes.rs");
    files.insert("src/lib.rs".to_owned(), library(&modules, &appends).into());
    write::Directory::claim(&out)
        .and_then(|mut directory| directory.write(&files))
        .map_err(|found| found.message)?;
    Ok(())
}

fn library(modules: &str, appends: &str) -> String {
    format!(
        "\
//! Many route tables in one module.

{modules}
use covet_runtime::http::App;
use covet_runtime::python::RouteTable;
use pyo3::prelude::*;
use pyo3::types::PyList;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {{
    let tables = PyList::empty(module.py());
{appends}    module.add(\"TABLES\", tables)
}}

fn append(
    tables: &Bound<'_, PyList>,
    app: Box<dyn App>,
    handlers: &[&str],
) -> PyResult<()> {{
    let table = RouteTable::from_app(tables.py(), app)?;
    tables.append((Bound::new(tables.py(), table)?, handlers))
}}
"
    )
}
