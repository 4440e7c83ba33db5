//! Python strings as bytes, and slices of them as Python strings again.

use std::ffi::c_char;

use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// The text of a `str`, readable as bytes: UTF-8, with lone surrogates encoded like any other
/// code point (what Python calls `surrogatepass`).
pub(super) struct Text<'a, 'py> {
    bytes: &'a [u8],
    ascii: bool,
    py: Python<'py>,
}

/// Keeps the encoded form of a string that has no UTF-8 form of its own.
pub(super) type Backing<'py> = Option<Bound<'py, PyBytes>>;

impl<'a, 'py> Text<'a, 'py> {
    /// Reads `object`, which must be a `str`. `backing` holds the bytes when they are not part of
    /// the object.
    ///
    /// # Safety
    ///
    /// `object` is a `str` (or of a subclass) and outlives `'a`.
    #[inline]
    pub(super) unsafe fn read(
        object: &Bound<'py, PyAny>,
        backing: &'a mut Backing<'py>,
    ) -> PyResult<Self> {
        let py = object.py();
        let pointer = object.as_ptr();
        // SAFETY: the caller says that it is a `str`. A compact ASCII string keeps its characters
        // behind its header, one byte each, and never changes them.
        unsafe {
            if ffi::PyUnicode_IS_COMPACT_ASCII(pointer) != 0 {
                let length = ffi::PyUnicode_GET_LENGTH(pointer).cast_unsigned();
                let data = ffi::PyUnicode_DATA(pointer).cast::<u8>();
                return Ok(Self {
                    bytes: std::slice::from_raw_parts(data, length),
                    ascii: true,
                    py,
                });
            }
        }
        Self::read_slowly(object, backing)
    }

    #[cold]
    fn read_slowly(object: &Bound<'py, PyAny>, backing: &'a mut Backing<'py>) -> PyResult<Self> {
        let py = object.py();
        // SAFETY: the object is a `str`, the two names are C strings, and the result is checked.
        let encoded = unsafe {
            let encoded = ffi::PyUnicode_AsEncodedString(
                object.as_ptr(),
                c"utf-8".as_ptr(),
                c"surrogatepass".as_ptr(),
            );
            Bound::from_owned_ptr_or_err(py, encoded)?
        };
        let bytes = backing.insert(encoded.cast_into::<PyBytes>()?).as_bytes();
        Ok(Self {
            bytes,
            ascii: bytes.is_ascii(),
            py,
        })
    }

    /// The bytes.
    #[inline]
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The interpreter.
    #[inline]
    pub(super) const fn py(&self) -> Python<'py> {
        self.py
    }

    /// A part of the text as a new `str`. Both ends are at character boundaries.
    #[inline]
    pub(super) fn slice(&self, part: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: the pointers and lengths are those of `part`. `PyUnicode_New` returns an
        // unshared string of that many one-byte characters (or the empty string, into which
        // nothing is copied), and all bytes of an ASCII text are ASCII.
        unsafe {
            let length = part.len().cast_signed();
            let string = if self.ascii {
                let string = ffi::PyUnicode_New(length, 0x7f);
                if string.is_null() {
                    return Err(PyMemoryError::new_err("no memory for a path parameter"));
                }
                let data = ffi::PyUnicode_DATA(string).cast::<u8>();
                data.copy_from_nonoverlapping(part.as_ptr(), part.len());
                string
            } else {
                let data = part.as_ptr().cast::<c_char>();
                ffi::PyUnicode_DecodeUTF8(data, length, c"surrogatepass".as_ptr())
            };
            Bound::from_owned_ptr_or_err(self.py, string)
        }
    }
}
