//! JSON text as Python's `json` module writes it without white space and without escaping what is
//! not ASCII: `json.dumps(value, ensure_ascii=False, separators=(",", ":"))`.
//!
//! * [`buffer`] is where the text is written, and holds it until it is done.
//! * [`string`] writes strings, and [`wide`] those that are not ASCII, from the forms that CPython
//!   stores them in.
//! * [`number`] writes integers and floats.
//! * [`metrics`] counts what was not as it was declared.
//!
//! The other way round, [`scan`] finds strings and numbers in a text, and says what they are.
//!
//! This module knows nothing of Python's objects. `python::json` walks and makes them.

pub mod buffer;
pub mod metrics;
pub mod number;
pub mod scan;
pub mod string;
pub mod wide;

pub use buffer::{Buffer, Memory, Scratch};
pub use metrics::Place;
pub use wide::Surrogate;
