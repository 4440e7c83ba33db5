//! `parse_query`: query strings as dictionaries.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyString};

use super::http::{Truth, parse_fields};
use crate::query;

/// What `urllib.parse.parse_qs` gives: every name with the list of its values, in order.
///
/// `ValueError` when there are more than `max_num_fields` fields.
#[pyfunction]
#[pyo3(signature = (qs, keep_blank_values = Truth::FALSE, max_num_fields = None),
    text_signature = "(qs, keep_blank_values=False, max_num_fields=None)")]
pub(super) fn parse_query<'py>(
    qs: &Bound<'py, PyAny>,
    keep_blank_values: Truth,
    max_num_fields: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let Ok(qs) = qs.cast::<PyString>() else {
        let given = qs.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "a query string is a str, not {given}"
        )));
    };
    // A lone surrogate can stand in a `str` but not in UTF-8; the standard library keeps it. And
    // whether the empty string has a field depends on the version of the standard library.
    let text = match qs.to_str() {
        Ok(text) if !text.is_empty() || max_num_fields.is_none() => text,
        _ => return standard(qs, keep_blank_values.0, max_num_fields),
    };
    if let Some(most) = max_num_fields
        && most.lt(query::field_count(text))?
    {
        return Err(PyValueError::new_err("Max number of fields exceeded"));
    }
    parse_fields(qs.py(), text, keep_blank_values)
}

/// The standard library's own answer.
fn standard<'py>(
    qs: &Bound<'py, PyString>,
    keep_blank_values: bool,
    max_num_fields: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = qs.py();
    let options = [("keep_blank_values", keep_blank_values)].into_py_dict(py)?;
    options.set_item("max_num_fields", max_num_fields)?;
    let parse_qs = py.import("urllib.parse")?.getattr("parse_qs")?;
    Ok(parse_qs.call((qs,), Some(&options))?.cast_into()?)
}
