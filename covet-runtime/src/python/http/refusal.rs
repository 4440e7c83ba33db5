//! Refusals as the classes that all tiers share, which are in Python.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::http::Rejection;

const MODULE: &str = "covet_runtime.http.rejection";

/// A `Rejection`, the event.
#[cold]
pub(in crate::python) fn event<'py>(
    py: Python<'py>,
    rejection: &Rejection,
) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let Rejection {
        reason,
        offset,
        head_request,
    } = rejection;
    CLASS
        .import(py, MODULE, "Rejection")?
        .call1((reason.code(), offset, head_request))
}

/// An `InvalidRequest`, the exception.
#[cfg(feature = "module")]
#[cold]
pub(super) fn invalid(py: Python<'_>, rejection: &Rejection) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let arguments = (rejection.reason.code(), rejection.offset);
    raised(
        CLASS
            .import(py, MODULE, "InvalidRequest")
            .and_then(|class| class.call1(arguments)),
    )
}

/// An `IncompleteRequest`, the exception, for `length` bytes.
#[cfg(feature = "module")]
#[cold]
pub(super) fn incomplete(py: Python<'_>, length: usize) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    raised(
        CLASS
            .import(py, MODULE, "IncompleteRequest")
            .and_then(|class| class.call1((length,))),
    )
}

#[cfg(feature = "module")]
fn raised(exception: PyResult<Bound<'_, PyAny>>) -> PyErr {
    exception.map_or_else(|error| error, PyErr::from_value)
}
