//! `report`: app to a page about it.

use super::{Failure, Loaded, say};
use crate::cli::Report;
use crate::interpreter::Interpreter;
use crate::{lints, report, write};

/// Runs the command.
pub(super) fn run(options: &Report) -> Result<(), Failure> {
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let loaded = Loaded::new(&interpreter, &options.app)?;
    let mut found = loaded.remarks.0;
    found.extend(lints::lint(&loaded.app));
    let report = report::Report::new(&loaded.app, &loaded.routes_toml, &found);
    let page = report::page(&report);
    write::replace(&options.out, page.as_bytes())?;
    say(&format!(
        "wrote {} ({} KiB)",
        options.out.display(),
        page.len().div_ceil(1024)
    ));
    Ok(())
}
