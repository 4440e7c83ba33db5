//! `generate`: routes.toml to crate.

use std::fs;

use super::{Failure, say};
use crate::cli::Generate;
use crate::diagnostics::Diagnostic;
use crate::{package, read, write};

/// Runs the command.
pub(super) fn run(options: &Generate) -> Result<(), Failure> {
    let text = fs::read_to_string(&options.routes).map_err(|error| {
        Diagnostic::error(
            "CVT001",
            format!("cannot read {}: {error}", options.routes.display()),
            "export the table first: `covet-codegen export app.py -o routes.toml`",
        )
    })?;
    let app = read(&text).map_err(|found| {
        Failure::Findings(
            found,
            Some((options.routes.display().to_string(), text.clone())),
        )
    })?;
    write::Directory::claim(&options.out)?.write(&package::files(&app, &text))?;
    say(&format!(
        "wrote the crate of {} to {}",
        app.name,
        options.out.display()
    ));
    Ok(())
}
