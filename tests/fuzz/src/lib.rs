//! What has to hold for every input, one module for each fuzz target.
//!
//! A check takes any bytes and panics when something does not hold. The programs in `targets` hand
//! it what libFuzzer comes up with; the tests hand it the inputs that are kept in `corpus`. A target
//! is its name everywhere: of the module, of the program, and of the directory of its inputs.

pub mod app;
pub mod chunked;
pub mod expected;
pub mod head;
pub mod options;
pub mod query;
pub mod reader;
pub mod reference;
pub mod seen;

/// A check of one input.
pub type Check = fn(&[u8]);

/// Every target with its check.
pub const TARGETS: &[(&str, Check)] = &[
    ("head", head::check),
    ("chunked", chunked::check),
    ("query", query::check),
    ("reader", reader::check),
];
