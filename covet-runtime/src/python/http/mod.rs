//! Requests of HTTP/1.1 as Python objects.
//!
//! What is judged, and how, is the business of [`crate::http`]; here its results become objects,
//! and as late as possible: a head holds offsets into one buffer until somebody asks.

mod head;
mod lent;
#[cfg(feature = "module")]
mod message;
mod names;
mod query;
mod reader;
mod refusal;

pub(super) use head::{RequestHead, header_list};
pub(super) use names::{Names, common_names, method as method_text};
#[cfg(feature = "module")]
pub(super) use query::{Truth, parse_fields};
pub(super) use reader::read_limits;
pub(super) use refusal::event as rejection_event;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::json;
use super::serving::metrics as serving;
use crate::http::metrics;

/// Adds what the extension and every generated wheel offer.
pub(super) fn populate(module: &Bound<'_, PyModule>) -> PyResult<()> {
    metrics::set_timing(std::env::var_os("COVET_METRICS").is_some_and(|value| value == "timing"));
    module.add_class::<reader::RequestReader>()?;
    module.add_class::<head::RequestHead>()?;
    module.add_function(wrap_pyfunction!(metrics_of_this_module, module)?)?;
    module.add_function(wrap_pyfunction!(reset_metrics, module)?)
}

/// Adds the components that are used without an app.
#[cfg(feature = "module")]
pub(super) fn populate_components(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(message::http_parse_request, module)?)?;
    module.add_function(wrap_pyfunction!(message::http_parse_headers_only, module)?)
}

/// What this module has counted: `{"http_parse_count": int, "http_rejections": {code: int},
/// "json_unlike": {route: {place: int}}, …}`, and what servers have answered.
#[pyfunction]
#[pyo3(name = "metrics")]
fn metrics_of_this_module(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let rejections = PyDict::new(py);
    for (reason, count) in metrics::rejections() {
        rejections.set_item(reason.code(), count)?;
    }
    let counted = PyDict::new(py);
    counted.set_item("http_parse_count", metrics::heads())?;
    counted.set_item("http_rejections", rejections)?;
    counted.set_item("http_parse_timed", metrics::timed_heads())?;
    counted.set_item("route_match_count", metrics::matches())?;
    counted.set_item("route_match_timed", metrics::timed_matches())?;
    counted.set_item("json_unlike", json::metrics(py)?)?;
    serving::report(&counted)?;
    Ok(counted)
}

/// Counts from zero again.
#[pyfunction]
fn reset_metrics(py: Python<'_>) {
    metrics::reset();
    crate::json::metrics::reset();
    serving::reset(py);
}
