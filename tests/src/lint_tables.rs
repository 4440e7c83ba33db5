//! `lint-tables IN OUT`: what the lints find in each route table of `IN`.
//!
//! The tables are the files `0.toml`, `1.toml` and so on. `OUT` gets a line of JSON for each: as
//! `[route, finding]` the findings, and as `[first, second, witness]` the routes that overlap.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use covet_codegen::lints;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(tables), Some(out), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: lint-tables IN OUT".into());
    };
    let mut lines = String::new();
    for number in 0.. {
        let Ok(text) = fs::read_to_string(tables.join(format!("{number}.toml"))) else {
            break;
        };
        let app = covet_codegen::read(&text).map_err(|found| format!("table {number}: {found}"))?;
        let started = Instant::now();
        let findings = lints::lint(&app);
        let linted = started.elapsed();
        let findings: Vec<_> = findings
            .into_iter()
            .map(|found| {
                let route = app.routes.iter();
                let route = route
                    .zip(0..)
                    .find(|(route, _)| Some(&route.span) == found.span.as_ref());
                (route.map(|(_, position)| position), found)
            })
            .collect();
        let overlaps: Vec<_> = lints::overlaps(&app)
            .into_iter()
            .map(|overlap| (overlap.first, overlap.second, overlap.witness))
            .collect();
        eprintln!(
            "table {number}: {} routes linted in {linted:?}, {} findings; {} pairs in {:?}",
            app.routes.len(),
            findings.len(),
            overlaps.len(),
            started.elapsed().saturating_sub(linted)
        );
        let line = serde_json::json!({ "findings": findings, "overlaps": overlaps });
        writeln!(lines, "{line}")?;
    }
    fs::write(out, lines)?;
    Ok(())
}
