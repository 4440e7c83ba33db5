//! An ahead-of-time compiler for the front end of a CovetPy app.
//!
//! The stages, each a module: [`manifest`] reads routes.toml, [`model`] checks it, [`lower`]
//! decides how each part is matched, [`emit`] writes Rust.

pub mod diagnostics;
pub mod emit;
pub mod lower;
pub mod manifest;
pub mod model;

use diagnostics::Diagnostics;
use model::App;

/// Reads and checks the text of a routes.toml.
///
/// # Errors
///
/// Everything that is wrong with it, at once where the stages allow it.
pub fn read(text: &str) -> Result<App, Diagnostics> {
    App::check(manifest::parse(text)?)
}
