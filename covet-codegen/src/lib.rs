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
//! Only [`write`], [`wheel`], [`process`], [`interpreter`], [`toolchain`] and [`commands`] do I/O.

pub mod breaking;
pub mod check;
pub mod ci;
pub mod cli;
pub mod commands;
pub mod config;
pub mod diagnostics;
pub mod digest;
pub mod doctor;
pub mod emit;
pub mod explain;
pub mod interpreter;
pub mod lints;
pub mod lower;
pub mod manifest;
pub mod model;
pub mod output;
pub mod package;
pub mod process;
pub mod progress;
pub mod report;
pub mod rules;
pub mod toolchain;
pub mod url;
pub mod verification;
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
