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
#[cfg(feature = "module")]
mod query;
mod raised;
mod table;
mod text;

use pyo3::prelude::*;

pub use engine::RouteEngine;
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
    http::populate_components(module)?;
    module.add_function(wrap_pyfunction!(query::parse_query, module)?)
}

/// Fills the native module of a generated wheel: `TABLE`, `match_route`, `match_id`, `ROUTES`, the
/// reader of requests, and the facts about how it was made.
///
/// `handlers` are `module:qualname` by endpoint id.
///
/// # Errors
///
/// Whatever Python raises while the objects are made; `ValueError` when an endpoint that is left
/// to `re` does not compile there.
pub fn populate(
    module: &Bound<'_, PyModule>,
    app: Box<dyn App>,
    handlers: &[&str],
    fingerprint: &str,
    codegen_version: &str,
) -> PyResult<()> {
    let py = module.py();
    let endpoints = app.endpoints().iter().zip(handlers);
    let rows: Vec<_> = endpoints
        .map(|(e, handler)| (e.method.as_ref(), e.path.as_ref(), *handler))
        .collect();
    module.add("ROUTES", pyo3::types::PyTuple::new(py, rows)?)?;
    module.add("FINGERPRINT", fingerprint)?;
    module.add("CODEGEN_VERSION", codegen_version)?;
    module.add("RUNTIME_VERSION", VERSION)?;
    let table = Bound::new(py, RouteTable::from_app(py, app)?)?;
    module.add("match_route", fastcall::match_route(&table)?)?;
    module.add("match_id", fastcall::match_id(&table)?)?;
    http::populate(module)?;
    module.add("TABLE", table)
}
