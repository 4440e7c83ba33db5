//! What a document becomes: `bytes`, into which it is written, or a `str`.

use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::json::Memory;
use crate::json::buffer::OutOfMemory;
use crate::python::raised::{Answer, Raised, owned};

/// The memory of a `bytes` object that nobody has seen yet.
///
/// A long document is written to where it stays: the copy at the end would take as long as writing
/// much of it.
pub(super) struct Bytes(*mut ffi::PyObject);

#[cfg(not(windows))]
unsafe extern "C" {
    /// <https://docs.python.org/3/c-api/bytes.html#c._PyBytes_Resize>, which PyO3 has for itself.
    fn _PyBytes_Resize(bytes: *mut *mut ffi::PyObject, size: ffi::Py_ssize_t) -> std::ffi::c_int;
}

impl Bytes {
    /// No object yet.
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self(ptr::null_mut())
    }

    /// The object, cut to its first `length` bytes.
    ///
    /// # Safety
    ///
    /// So many bytes of the memory were written.
    #[inline]
    pub(super) unsafe fn finish(mut self, py: Python<'_>, length: usize) -> Answer<'_> {
        // SAFETY: the object has room for them, and nobody else has it.
        unsafe {
            if self.resize(length) {
                owned(py, std::mem::replace(&mut self.0, ptr::null_mut()))
            } else {
                Err(Raised::by_python())
            }
        }
    }

    /// Changes the size. When that fails there is an exception, and no object any more.
    ///
    /// # Safety
    ///
    /// There is an object.
    #[cfg(not(windows))]
    unsafe fn resize(&mut self, size: usize) -> bool {
        // SAFETY: the object is ours alone.
        unsafe { _PyBytes_Resize(&raw mut self.0, size.cast_signed()) == 0 }
    }

    /// The same where the function cannot be linked to: by a copy.
    ///
    /// # Safety
    ///
    /// There is an object.
    #[cfg(windows)]
    unsafe fn resize(&mut self, size: usize) -> bool {
        // SAFETY: both objects have at least the bytes that are copied.
        unsafe {
            let old = std::mem::replace(&mut self.0, ptr::null_mut());
            self.0 = ffi::PyBytes_FromStringAndSize(ptr::null(), size.cast_signed());
            if !self.0.is_null() {
                let kept = size.min(ffi::PyBytes_Size(old).cast_unsigned());
                data(self.0).copy_from_nonoverlapping(data(old), kept);
            }
            ffi::Py_DECREF(old);
        }
        !self.0.is_null()
    }
}

// SAFETY: the object has the size that it was made with.
unsafe impl Memory for Bytes {
    unsafe fn grow(&mut self, _used: usize, least: usize) -> (*mut u8, usize) {
        // SAFETY: nobody else has the object.
        unsafe {
            if self.0.is_null() {
                self.0 = ffi::PyBytes_FromStringAndSize(ptr::null(), least.cast_signed());
            } else {
                self.resize(least);
            }
            if self.0.is_null() {
                ffi::PyErr_Clear();
                OutOfMemory::unwind();
            }
            (data(self.0), least)
        }
    }
}

impl Drop for Bytes {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the object is ours, and the thread is attached while a document is written.
            unsafe { ffi::Py_DECREF(self.0) };
        }
    }
}

/// # Safety
///
/// It is a `bytes` object.
#[inline(always)]
unsafe fn data(bytes: *mut ffi::PyObject) -> *mut u8 {
    // SAFETY: as the caller says.
    unsafe { ffi::PyBytes_AS_STRING(bytes).cast_mut().cast() }
}

/// New `bytes`.
#[inline(always)]
pub(super) fn bytes<'py>(py: Python<'py>, text: &[u8]) -> Answer<'py> {
    // SAFETY: pointer and length are those of the text.
    unsafe {
        let length = text.len().cast_signed();
        owned(
            py,
            ffi::PyBytes_FromStringAndSize(text.as_ptr().cast(), length),
        )
    }
}
