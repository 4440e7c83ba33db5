//! `export`: app to routes.toml.

use super::{Failure, load, print};
use crate::cli::Export;
use crate::interpreter::Interpreter;
use crate::write;

/// Runs the command.
pub(super) fn run(options: &Export) -> Result<(), Failure> {
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let (_, routes_toml) = load(&interpreter, &options.app)?;
    match &options.out {
        Some(path) => write::replace(path, routes_toml.as_bytes()).map(|_| ())?,
        None => print(&routes_toml),
    }
    Ok(())
}
