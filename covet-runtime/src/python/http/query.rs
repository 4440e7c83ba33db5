//! The query of a request as a dictionary.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::query;

/// The fields of a query that is UTF-8.
pub(in crate::python) fn parse_fields<'py>(
    py: Python<'py>,
    text: &str,
    Truth(keep_blank): Truth,
) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    for (name, value) in query::fields(text, keep_blank) {
        match fields.get_item(&*name)? {
            Some(values) => values.cast::<PyList>()?.append(&*value)?,
            None => fields.set_item(&*name, PyList::new(py, [&*value])?)?,
        }
    }
    Ok(fields)
}

/// An argument of which only the truth counts, as in the standard library.
#[derive(Clone, Copy)]
pub(in crate::python) struct Truth(pub(in crate::python) bool);

impl Truth {
    pub(in crate::python) const FALSE: Self = Self(false);
}

impl<'py> FromPyObject<'_, 'py> for Truth {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        value.is_truthy().map(Self)
    }
}
