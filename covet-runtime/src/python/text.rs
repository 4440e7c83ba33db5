//! Python strings as bytes, and slices of them as Python strings again.

use std::ffi::c_char;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::raised::{Answer, Raised, owned};

/// The text of a `str`, readable as bytes: UTF-8, with lone surrogates encoded like any other
/// code point (what Python calls `surrogatepass`).
#[derive(Clone, Copy)]
pub(super) struct Text<'a, 'py> {
    bytes: &'a [u8],
    ascii: bool,
    py: Python<'py>,
}

/// Keeps the encoded form of a string that has no UTF-8 form of its own.
pub(super) type Backing<'py> = Option<Bound<'py, PyBytes>>;

impl<'a, 'py> Text<'a, 'py> {
    /// Reads `object` when it is of type `str` itself and has only ASCII characters: nearly always.
    #[inline(always)]
    pub(super) fn of_plain(object: &'a Bound<'py, PyAny>) -> Option<Self> {
        // SAFETY: the object is alive. It is not looked into before it is known to be a `str`.
        unsafe {
            let pointer = object.as_ptr();
            if ffi::PyUnicode_CheckExact(pointer) == 0 {
                return None;
            }
            Self::of_ascii(object)
        }
    }

    /// Reads `object` when it is ASCII in the form that CPython gives to ASCII text.
    ///
    /// # Safety
    ///
    /// `object` is a `str` (or of a subclass).
    #[inline(always)]
    unsafe fn of_ascii(object: &'a Bound<'py, PyAny>) -> Option<Self> {
        let pointer = object.as_ptr();
        // SAFETY: the caller says that it is a `str`. A compact ASCII string keeps its characters
        // behind its header, one byte each, and never changes them.
        unsafe {
            if ffi::PyUnicode_IS_COMPACT_ASCII(pointer) == 0 {
                return None;
            }
            let length = ffi::PyUnicode_GET_LENGTH(pointer).cast_unsigned();
            let data = ffi::PyUnicode_DATA(pointer).cast::<u8>();
            Some(Self {
                bytes: std::slice::from_raw_parts(data, length),
                ascii: true,
                py: object.py(),
            })
        }
    }

    /// Reads `object`, which must be a `str`. `backing` holds the bytes when they are not part of
    /// the object.
    ///
    /// # Safety
    ///
    /// `object` is a `str` (or of a subclass).
    pub(super) unsafe fn read(
        object: &'a Bound<'py, PyAny>,
        backing: &'a mut Backing<'py>,
    ) -> PyResult<Self> {
        // SAFETY: the object is a `str`, as the caller says.
        if let Some(text) = unsafe { Self::of_ascii(object) } {
            return Ok(text);
        }
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

    /// Text that is not yet a `str`.
    pub(super) fn of_utf8(py: Python<'py>, text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            ascii: text.is_ascii(),
            py,
        }
    }

    /// The bytes.
    #[inline]
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether all characters are ASCII.
    #[inline(always)]
    pub(super) const fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// The interpreter.
    #[inline]
    pub(super) const fn py(&self) -> Python<'py> {
        self.py
    }

    /// A part of the text as a new `str`. Both ends are at character boundaries.
    #[inline(always)]
    pub(super) fn slice(&self, part: &[u8]) -> Answer<'py> {
        if !self.ascii {
            return slice_of_utf8(self.py, part);
        }
        // SAFETY: all bytes of an ASCII text are ASCII.
        unsafe { ascii(self.py, part) }
    }
}

/// A new `str`.
///
/// # Safety
///
/// All bytes are ASCII.
#[inline(always)]
pub(super) unsafe fn ascii<'py>(py: Python<'py>, bytes: &[u8]) -> Answer<'py> {
    // SAFETY: `PyUnicode_New` returns an unshared string with room for that many one-byte
    // characters (or the empty string, into which nothing is copied). Such a string keeps its
    // characters behind its header.
    unsafe {
        let string = ffi::PyUnicode_New(bytes.len().cast_signed(), 0x7f);
        if string.is_null() {
            return Err(Raised::by_python());
        }
        let data = string.cast::<ffi::PyASCIIObject>().add(1).cast::<u8>();
        copy(bytes, data);
        owned(py, string)
    }
}

/// Copies `part` to `target`. Values of path parameters are short, and to copy four to sixteen
/// bytes as two overlapping words costs less than to call `memcpy`.
///
/// # Safety
///
/// `target` has room for `part` and does not overlap it.
#[inline(always)]
unsafe fn copy(part: &[u8], target: *mut u8) {
    let (source, length) = (part.as_ptr(), part.len());
    // SAFETY: each copy stays within the first `length` bytes of both, since none is longer than
    // `length`.
    unsafe {
        match length {
            4..8 => {
                target.copy_from_nonoverlapping(source, 4);
                let last = length - 4;
                target
                    .add(last)
                    .copy_from_nonoverlapping(source.add(last), 4);
            }
            8..=16 => {
                target.copy_from_nonoverlapping(source, 8);
                let last = length - 8;
                target
                    .add(last)
                    .copy_from_nonoverlapping(source.add(last), 8);
            }
            _ => target.copy_from_nonoverlapping(source, length),
        }
    }
}

#[cold]
fn slice_of_utf8<'py>(py: Python<'py>, part: &[u8]) -> Answer<'py> {
    let length = part.len().cast_signed();
    let data = part.as_ptr().cast::<c_char>();
    // SAFETY: pointer and length are those of `part`; the name is a C string.
    unsafe {
        let string = ffi::PyUnicode_DecodeUTF8(data, length, c"surrogatepass".as_ptr());
        owned(py, string)
    }
}
