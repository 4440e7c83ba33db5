//! What a document becomes: `bytes`, into which it is written, or a `str`.

use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::json::Memory;
use crate::json::buffer::OutOfMemory;
use crate::python::raised::{Answer, Raised, owned};
use crate::python::text;

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

/// A new `str`. The text is UTF-8 as this crate writes it, surrogates among it.
///
/// `PyUnicode_DecodeUTF8` checks what is known to be right, and takes twice as long.
pub(super) fn str<'py>(py: Python<'py>, text: &[u8]) -> Answer<'py> {
    if text.is_ascii() {
        // SAFETY: it is.
        return unsafe { text::ascii(py, text) };
    }
    // Characters begin with a byte that does not continue another.
    let count = text.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    let highest = text.iter().copied().max().unwrap_or_default();
    // SAFETY: the string has room for that many characters of that kind, and is ours alone.
    unsafe {
        match highest {
            // The first bytes of characters up to U+00FF are C2 and C3.
            ..0xc4 => {
                let string = owned(py, ffi::PyUnicode_New(count.cast_signed(), 0xff))?;
                decode(text, ffi::PyUnicode_DATA(string.as_ptr()).cast::<u8>());
                Ok(string)
            }
            0xc4..0xf0 => {
                let string = owned(py, ffi::PyUnicode_New(count.cast_signed(), 0xffff))?;
                decode(text, ffi::PyUnicode_DATA(string.as_ptr()).cast::<u16>());
                Ok(string)
            }
            _ => {
                let string = owned(py, ffi::PyUnicode_New(count.cast_signed(), 0x10_ffff))?;
                decode(text, ffi::PyUnicode_DATA(string.as_ptr()).cast::<u32>());
                Ok(string)
            }
        }
    }
}

/// A character of a `str`.
trait Unit: Copy {
    fn of(character: u32) -> Self;
}

macro_rules! units {
    ($($unit:ty)*) => {
        $(
            impl Unit for $unit {
                #[inline(always)]
                fn of(character: u32) -> Self {
                    character as Self
                }
            }
        )*
    };
}

units!(u8 u16 u32);

/// Writes the characters of a text to `to`.
///
/// # Safety
///
/// The text is UTF-8, surrogates allowed, and `to` has room for its characters.
unsafe fn decode<T: Unit>(text: &[u8], mut to: *mut T) {
    let range = text.as_ptr_range();
    let mut at = range.start;
    // SAFETY: the first byte of a character says how many there are behind it; they are there, and
    // one character is written for each that is read.
    unsafe {
        let bits = |at: *const u8, n: usize| u32::from(*at.add(n) & 0x3f);
        while at < range.end {
            let first = u32::from(*at);
            let (character, length) = if first < 0x80 {
                // Most of a document is often ASCII: names, numbers, brackets.
                while range.end.offset_from_unsigned(at) >= 8 {
                    let eight = at.cast::<[u8; 8]>().read();
                    if u64::from_le_bytes(eight) & 0x8080_8080_8080_8080 != 0 {
                        break;
                    }
                    let units = eight.map(|byte| T::of(byte.into()));
                    to.cast::<[T; 8]>().write_unaligned(units);
                    to = to.add(8);
                    at = at.add(8);
                }
                while at < range.end && *at < 0x80 {
                    to.write(T::of((*at).into()));
                    to = to.add(1);
                    at = at.add(1);
                }
                continue;
            } else if first < 0xe0 {
                ((first & 0x1f) << 6 | bits(at, 1), 2)
            } else if first < 0xf0 {
                ((first & 0xf) << 12 | bits(at, 1) << 6 | bits(at, 2), 3)
            } else {
                let low = bits(at, 1) << 12 | bits(at, 2) << 6 | bits(at, 3);
                ((first & 7) << 18 | low, 4)
            };
            to.write(T::of(character));
            to = to.add(1);
            at = at.add(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_was_encoded() {
        let texts = [
            "äöü and ASCII behind it",
            "Привет, мир",
            "語",
            "😀 emoji 😀",
            "a€😀ä",
        ];
        for text in texts {
            let mut wide = vec![0_u32; text.chars().count()];
            // SAFETY: there is room for the characters.
            unsafe { decode(text.as_bytes(), wide.as_mut_ptr()) };
            assert!(wide.into_iter().eq(text.chars().map(u32::from)), "{text}");
        }
        let mut surrogate = [0_u16; 1];
        // SAFETY: there is room for one character.
        unsafe { decode(b"\xed\xa0\x80", surrogate.as_mut_ptr()) };
        assert_eq!(surrogate, [0xd800]);
    }
}
