//! An ahead-of-time compiler for the front end of a CovetPy app.
//!
//! The pipeline, each stage a module:
//!
//! ```text
//! app ──interpreter──▶ routes.toml ──manifest──▶ ──model──▶ App ──lower──▶ Plan ──emit──▶ Rust
//!                                                                                          │
//!                               wheel ◀── verification ◀── toolchain (maturin) ◀── write ◀─┘
//! ```
//!
//! Only [`write`], [`wheel`], [`interpreter`], [`toolchain`] and [`commands`] do I/O.

pub mod check;
pub mod cli;
pub mod commands;
pub mod diagnostics;
pub mod digest;
pub mod emit;
pub mod interpreter;
pub mod lower;
pub mod manifest;
pub mod model;
pub mod output;
pub mod package;
pub mod progress;
pub mod toolchain;
pub mod wheel;
pub mod write;

use diagnostics::Diagnostics;
use model::App;

/// The version of this program, of the runtime it embeds, and of the Python package it works with.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Reads and checks the text of a routes.toml.
///
/// # Errors
///
/// Everything that is wrong with it, at once where the stages allow it.
pub fn read(text: &str) -> Result<App, Diagnostics> {
    App::check(manifest::parse(text)?)
}
