//! Bytes of Python, lent to Rust.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};

/// Lends the bytes of `data`. Those that somebody else could change meanwhile are copied.
///
/// `TypeError` when it has none, which begins with `what`: "a request is bytes, not str".
pub(super) fn lend<T>(
    data: &Bound<'_, PyAny>,
    what: &str,
    use_them: impl FnOnce(&[u8]) -> PyResult<T>,
) -> PyResult<T> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return use_them(bytes.as_bytes());
    }
    if data.is_instance_of::<PyByteArray>() || data.is_instance_of::<PyMemoryView>() {
        let copy = data.py().get_type::<PyBytes>().call1((data,))?;
        return use_them(copy.cast::<PyBytes>()?.as_bytes());
    }
    let given = data.get_type().name()?;
    Err(PyTypeError::new_err(format!("{what} bytes, not {given}")))
}
