//! Steps of coroutines.

use pyo3::exceptions::PyStopIteration;
use pyo3::ffi;
use pyo3::prelude::*;

/// What came of a step of a coroutine.
pub(super) enum Step<'py> {
    /// It is over.
    Returned(Bound<'py, PyAny>),
    /// It waits for this.
    Yielded(Bound<'py, PyAny>),
    /// It is over, with an exception.
    Raised(PyErr),
}

/// Lets a coroutine go on.
#[cfg(Py_3_10)]
pub(super) fn resume<'py>(coroutine: &Bound<'py, PyAny>) -> Step<'py> {
    let py = coroutine.py();
    let mut result = std::ptr::null_mut();
    // SAFETY: both are live objects, and `result` is a new reference unless it is an error.
    unsafe {
        match ffi::PyIter_Send(coroutine.as_ptr(), ffi::Py_None(), &raw mut result) {
            ffi::PySendResult::PYGEN_RETURN => Step::Returned(Bound::from_owned_ptr(py, result)),
            ffi::PySendResult::PYGEN_NEXT => Step::Yielded(Bound::from_owned_ptr(py, result)),
            ffi::PySendResult::PYGEN_ERROR => Step::Raised(PyErr::fetch(py)),
        }
    }
}

/// Lets a coroutine go on.
#[cfg(not(Py_3_10))]
pub(super) fn resume<'py>(coroutine: &Bound<'py, PyAny>) -> Step<'py> {
    let py = coroutine.py();
    settle(
        py,
        coroutine.call_method1(pyo3::intern!(py, "send"), (py.None(),)),
    )
}

/// Raises an exception where a coroutine waits. `arguments` are those of its `throw`.
pub(super) fn throw<'py>(
    coroutine: &Bound<'py, PyAny>,
    arguments: &Bound<'py, pyo3::types::PyTuple>,
) -> Step<'py> {
    let py = coroutine.py();
    settle(
        py,
        coroutine.call_method1(pyo3::intern!(py, "throw"), arguments),
    )
}

/// What a method of a coroutine returned or raised.
fn settle<'py>(py: Python<'py>, result: PyResult<Bound<'py, PyAny>>) -> Step<'py> {
    match result {
        Ok(waits_for) => Step::Yielded(waits_for),
        Err(error) if error.is_instance_of::<PyStopIteration>(py) => {
            match error.value(py).getattr(pyo3::intern!(py, "value")) {
                Ok(value) => Step::Returned(value),
                Err(error) => Step::Raised(error),
            }
        }
        Err(error) => Step::Raised(error),
    }
}

/// The coroutine of an awaitable: itself, if it is one.
pub(super) fn of(awaitable: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: it is a live object.
    if unsafe { ffi::PyCoro_CheckExact(awaitable.as_ptr()) } != 0 {
        return Ok(awaitable);
    }
    let py = awaitable.py();
    py.import("covet_runtime.server.native")?
        .getattr("wait_for")?
        .call1((awaitable,))
}

/// The exception that the arguments of a `throw` mean.
pub(super) fn raised(exception: &Bound<'_, PyAny>, value: Option<&Bound<'_, PyAny>>) -> PyErr {
    // An exception as value goes before its class.
    let given = value.filter(|value| value.is_instance_of::<pyo3::exceptions::PyBaseException>());
    if let Some(value) = given {
        return PyErr::from_value(value.clone());
    }
    match value {
        Some(value) if !value.is_none() => match exception.call1((value,)) {
            Ok(exception) => PyErr::from_value(exception),
            Err(error) => error,
        },
        // `from_value` calls a class.
        _ => PyErr::from_value(exception.clone()),
    }
}
