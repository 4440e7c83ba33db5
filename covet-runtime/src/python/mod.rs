//! The Python bindings: the only part of the crate that touches `PyO3`.
//!
//! The module is used twice. Built as `covet_runtime._native` it is the generic tier; linked into
//! a generated wheel it gives the compiled routes the same Python interface. What differs is only
//! the [`Routes`](crate::routing::Routes) that a [`RouteTable`] holds.

mod answer;
mod engine;
mod fastcall;
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
use crate::routing::Routes;

/// `covet_runtime._native`.
#[cfg(feature = "module")]
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("RUST_VERSION", VERSION)?;
    module.add_class::<RouteTable>()?;
    module.add_class::<RouteEngine>()?;
    module.add_function(wrap_pyfunction!(query::parse_query, module)?)
}

/// Fills the native module of a generated wheel: `TABLE`, `match_route`, `match_id`, `ROUTES` and
/// the facts about how it was made.
///
/// `handlers` are `module:qualname` by endpoint id.
///
/// # Errors
///
/// Whatever Python raises while the objects are made; `ValueError` when an endpoint that is left
/// to `re` does not compile there.
pub fn populate(
    module: &Bound<'_, PyModule>,
    routes: Box<dyn Routes>,
    handlers: &[&str],
    fingerprint: &str,
    codegen_version: &str,
) -> PyResult<()> {
    let py = module.py();
    let endpoints = routes.endpoints().iter().zip(handlers);
    let rows: Vec<_> = endpoints
        .map(|(e, handler)| (e.method.as_ref(), e.path.as_ref(), *handler))
        .collect();
    module.add("ROUTES", pyo3::types::PyTuple::new(py, rows)?)?;
    module.add("FINGERPRINT", fingerprint)?;
    module.add("CODEGEN_VERSION", codegen_version)?;
    module.add("RUNTIME_VERSION", VERSION)?;
    let table = Bound::new(py, RouteTable::from_routes(py, routes)?)?;
    module.add("match_route", fastcall::match_route(&table)?)?;
    module.add("match_id", fastcall::match_id(&table)?)?;
    module.add("TABLE", table)
}
