//! Errors on the hot path.

use pyo3::ffi;
use pyo3::prelude::*;

/// An exception that the interpreter already holds for this thread.
///
/// A [`PyErr`] is several words large and has to be dropped, which makes functions that return it
/// slower even when they never fail. This has no size, so an [`Answer`] is a pointer or null.
#[derive(Debug)]
pub(super) struct Raised(());

/// What Python functions return: an object or an exception.
pub(super) type Answer<'py> = Result<Bound<'py, PyAny>, Raised>;

impl Raised {
    /// The exception of a function of the C API that has just failed.
    #[cold]
    pub(super) const fn by_python() -> Self {
        Self(())
    }
}

impl From<PyErr> for Raised {
    #[cold]
    fn from(error: PyErr) -> Self {
        let mut error = Some(error);
        let mut restore = |py: Python<'_>| error.take().map(|error| error.restore(py));
        // Attached in PyO3's books, which it refuses while the interpreter shuts down.
        if Python::try_attach(&mut restore).is_none() {
            // SAFETY: whoever is about to raise something is attached.
            restore(unsafe { Python::assume_attached() });
        }
        Self(())
    }
}

impl From<Raised> for PyErr {
    #[cold]
    fn from(_: Raised) -> Self {
        Python::attach(PyErr::fetch)
    }
}

/// A new reference that a function of the C API returned, or the exception that it raised.
///
/// # Safety
///
/// `pointer` is such a reference, or it is null and there is an exception.
#[inline(always)]
pub(super) unsafe fn owned(py: Python<'_>, pointer: *mut ffi::PyObject) -> Answer<'_> {
    // SAFETY: as the caller says.
    unsafe { Bound::from_owned_ptr_or_opt(py, pointer) }.ok_or(Raised(()))
}
