//! The Python bindings: the only part of the crate that touches `PyO3`.
//!
//! The module is used twice. Built as `covet_runtime._native` it is the generic tier; linked into
//! a generated wheel it gives the compiled routes the same Python interface. What differs is only
//! the [`App`] that a [`RouteTable`] holds.

mod answer;
mod engine;
mod fastcall;
mod http;
mod installed;
pub mod json;
#[cfg(feature = "module")]
mod query;
mod raised;
mod serving;
mod table;
mod text;

use pyo3::prelude::*;

pub use engine::RouteEngine;
pub use json::{Model, Write};
pub use table::RouteTable;

use crate::VERSION;
use crate::http::App;

/// `covet_runtime._native`.
#[cfg(feature = "module")]
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("RUST_VERSION", VERSION)?;
    module.add_class::<RouteTable>()?;
    module.add_class::<RouteEngine>()?;
    http::populate(module)?;
    serving::populate(module)?;
    http::populate_components(module)?;
    json::populate(module, &[])?;
    json::populate_components(module)?;
    module.add_function(wrap_pyfunction!(query::parse_query, module)?)
}

/// What a generated crate knows of its app, beside the [`App`] itself.
pub struct Compiled {
    /// `module:qualname` of each handler, by endpoint id.
    pub handlers: &'static [&'static str],
    /// How responses are written, by endpoint id, where that is known.
    pub responses: &'static [Option<Write>],
    /// The serializers that are offered by name.
    pub models: &'static [Model],
    /// The fingerprint of the route table.
    pub fingerprint: &'static str,
    /// The version of covet-codegen.
    pub codegen_version: &'static str,
}

/// Fills the native module of a generated wheel: `TABLE`, `match_route`, `match_id`, `ROUTES`, the
/// reader of requests, the serializers, and the facts about how it was made.
///
/// # Errors
///
/// Whatever Python raises while the objects are made; `ValueError` when an endpoint that is left
/// to `re` does not compile there.
pub fn populate(
    module: &Bound<'_, PyModule>,
    app: Box<dyn App>,
    compiled: &Compiled,
) -> PyResult<()> {
    let py = module.py();
    let endpoints = app.endpoints().iter().zip(compiled.handlers);
    let rows: Vec<_> = endpoints
        .map(|(e, handler)| (e.method.as_ref(), e.path.as_ref(), *handler))
        .collect();
    module.add("ROUTES", pyo3::types::PyTuple::new(py, rows)?)?;
    module.add("FINGERPRINT", compiled.fingerprint)?;
    module.add("CODEGEN_VERSION", compiled.codegen_version)?;
    module.add("RUNTIME_VERSION", VERSION)?;
    let table = RouteTable::from_app(py, app)?.with_responses(compiled.responses);
    let table = Bound::new(py, table)?;
    module.add("match_route", fastcall::match_route(&table)?)?;
    module.add("match_id", fastcall::match_id(&table)?)?;
    module.add_class::<RouteTable>()?;
    http::populate(module)?;
    serving::populate(module)?;
    json::populate(module, compiled.models)?;
    module.add("TABLE", table)
}
