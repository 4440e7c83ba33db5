//! Exact CovetPy routing.
//!
//! The framework tries static paths first (a dictionary look-up on the exact path), then its
//! dynamic routes one regular expression after the other, in registration order. This module
//! gives the same answers from structures whose cost does not grow with the number of routes:
//!
//! * [`pattern`] reads a path as it was written and says what its regular expression means.
//! * [`tree`] arranges the patterns by segment, remembering each one's place in the order.
//! * [`program`] decides the patterns that a segment tree can only narrow down.
//! * [`table`] is the tree as flat tables, walked by a loop: the generic tier.
//! * [`routes`] is the trait that the tables and generated code both implement, and the one
//!   function, [`find`], that puts their answers in the framework's order.
//!
//! An **endpoint** is one method of one route. Its id is its place in the order: static
//! endpoints come first, so that "the lowest id that matches" is the whole rule.

pub mod hash;
pub mod path;
pub mod pattern;
pub mod perfect;
pub mod program;
pub mod routes;
pub mod table;
pub mod tree;

pub use path::Path;
pub use perfect::{PerfectMap, Slot};
pub use program::{Element, Program};
pub use routes::{Capture, Endpoint, EndpointId, Extraction, Method, NOT_FOUND, Routes, find};
pub use table::Table;
pub use tree::Tree;
