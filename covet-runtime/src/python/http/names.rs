//! Names that many requests share, as Python objects that are made once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString};

use crate::http::{FieldId, FieldNames};

/// The names of a table of field names, by id.
pub(in crate::python) struct Names {
    bytes: Box<[Py<PyBytes>]>,
}

impl Names {
    pub(in crate::python) fn new(py: Python<'_>, names: &FieldNames) -> Self {
        let each = (0..names.len()).map(|id| {
            let name = names.name(FieldId(id as u16)).unwrap_or_default();
            PyBytes::new(py, name.as_bytes()).unbind()
        });
        Self {
            bytes: each.collect(),
        }
    }

    /// A name as `bytes` in lower case. `sent` is what it was in the head.
    #[inline]
    pub(super) fn bytes<'py>(
        &self,
        py: Python<'py>,
        id: FieldId,
        sent: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        match self.bytes.get(usize::from(id.0)) {
            Some(name) => Ok(name.bind(py).clone()),
            None => lower(py, sent),
        }
    }
}

/// The names that every table has.
pub(in crate::python) fn common_names(py: Python<'_>) -> &'static Names {
    static COMMON: PyOnceLock<Names> = PyOnceLock::new();
    COMMON.get_or_init(py, || Names::new(py, FieldNames::common()))
}

/// The common names as interned `str`, by id.
#[cfg(feature = "module")]
pub(super) fn common_text(py: Python<'_>) -> &'static [Py<PyString>] {
    static COMMON: PyOnceLock<Box<[Py<PyString>]>> = PyOnceLock::new();
    COMMON.get_or_init(py, || {
        let names = FieldNames::common();
        let each = (0..names.len()).map(|id| names.name(FieldId(id as u16)).unwrap_or_default());
        each.map(|name| PyString::intern(py, name).unbind())
            .collect()
    })
}

/// A token as `bytes` in lower case.
#[cold]
pub(super) fn lower<'py>(py: Python<'py>, name: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, name.len(), |target| {
        target.copy_from_slice(name);
        target.make_ascii_lowercase();
        Ok(())
    })
}

/// A method as `str`, which is one object for the usual ones.
pub(in crate::python) fn method<'py>(py: Python<'py>, name: &str) -> Bound<'py, PyString> {
    const USUAL: [&str; 9] = [
        "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE",
    ];
    static METHODS: PyOnceLock<[Py<PyString>; USUAL.len()]> = PyOnceLock::new();
    let methods = METHODS.get_or_init(py, || USUAL.map(|name| PyString::intern(py, name).unbind()));
    match USUAL.iter().position(|usual| *usual == name) {
        Some(index) => methods[index].bind(py).clone(),
        None => PyString::new(py, name),
    }
}
