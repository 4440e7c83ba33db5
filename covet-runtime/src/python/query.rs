//! `parse_query`: query strings as dictionaries.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyString};

use crate::query;

/// What `urllib.parse.parse_qs` gives: every name with the list of its values, in order.
///
/// `ValueError` when there are more than `max_num_fields` fields.
#[pyfunction]
#[pyo3(signature = (qs, keep_blank_values = false, max_num_fields = None))]
pub(super) fn parse_query<'py>(
    qs: &Bound<'py, PyString>,
    keep_blank_values: bool,
    max_num_fields: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = qs.py();
    let fields = PyDict::new(py);
    // A lone surrogate can stand in a `str` but not in UTF-8; the standard library keeps it.
    let Ok(text) = qs.to_str() else {
        let options = [(
            "keep_blank_values",
            keep_blank_values.into_pyobject(py)?.to_owned().into_any(),
        )];
        let options = options.into_py_dict(py)?;
        options.set_item("max_num_fields", max_num_fields)?;
        let parse_qs = py.import("urllib.parse")?.getattr("parse_qs")?;
        return Ok(parse_qs.call((qs,), Some(&options))?.cast_into()?);
    };
    if max_num_fields.is_some_and(|most| query::field_count(text) > most) {
        return Err(PyValueError::new_err("Max number of fields exceeded"));
    }
    for (name, value) in query::fields(text, keep_blank_values) {
        match fields.get_item(&*name)? {
            Some(values) => values.cast::<PyList>()?.append(&*value)?,
            None => fields.set_item(&*name, PyList::new(py, [&*value])?)?,
        }
    }
    Ok(fields)
}
