//! The generic runtime of covet-codegen.
//!
//! The crate has two halves. Everything outside `python` is plain Rust that knows nothing of
//! Python: it builds and tests without an interpreter, and a generated crate calls it from code
//! that was written for one application. `python`, behind the feature of the same name, is the
//! only place that touches PyO3.
//!
//! The central idea is one trait, [`routing::Routes`]: the hot path is written once against it,
//! the generated crate implements it with code, and [`routing::Table`] implements it with tables
//! built at start-up. That is why the compiled tier and the generic tier cannot drift apart.
//! [`http::App`] adds to it what a reader of requests has to know. [`json`] is the text of responses.

mod block;
pub mod http;
pub mod json;
pub mod query;
pub mod routing;

#[cfg(feature = "python")]
pub mod python;

/// The version that the Python package, the command line tool and a generated wheel compare with
/// their own before they work together.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
