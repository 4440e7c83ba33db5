//! Names of fields that were read before.
//!
//! Documents have the same few names again and again. One that was read lately is found by its bytes,
//! which takes less than making another string and its hash.

use std::cell::UnsafeCell;
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::python::raised::Answer;
use crate::python::text;

/// How many names are kept: a power of two.
const PLACES: usize = 1 << 11;
/// Longer ones are made anew.
const LONGEST: usize = 64;

/// Strings by what they say, at one place each. They are kept for ever, or until another comes to
/// their place.
struct Names(UnsafeCell<[*mut ffi::PyObject; PLACES]>);

// SAFETY: only who holds the GIL looks at it. Without one, nothing is read here.
unsafe impl Sync for Names {}

static NAMES: Names = Names(UnsafeCell::new([ptr::null_mut(); PLACES]));

/// A `str`.
///
/// # Safety
///
/// All bytes are ASCII.
#[inline(always)]
pub(super) unsafe fn name<'py>(py: Python<'py>, text: &[u8]) -> Answer<'py> {
    if text.is_empty() || text.len() > LONGEST {
        // SAFETY: as the caller says.
        return unsafe { text::ascii(py, text) };
    }
    // SAFETY: no other thread is here, and nothing is called before the string has another
    // reference.
    unsafe {
        let place = NAMES.0.get().cast::<*mut ffi::PyObject>().add(place(text));
        if !(*place).is_null() && says(*place, text) {
            return Ok(Bound::from_borrowed_ptr(py, *place));
        }
        made(py, text, place)
    }
}

/// A new string, which is kept at a place.
///
/// # Safety
///
/// All bytes are ASCII, and the place is one of [`NAMES`].
#[cold]
#[inline(never)]
unsafe fn made<'py>(py: Python<'py>, text: &[u8], place: *mut *mut ffi::PyObject) -> Answer<'py> {
    // SAFETY: as the caller says. To release a string runs no code.
    unsafe {
        let name = text::ascii(py, text)?;
        let before = place.replace(name.clone().into_ptr());
        ffi::Py_XDECREF(before);
        Ok(name)
    }
}

/// Whether a string consists of these bytes.
///
/// # Safety
///
/// It is a compact `str` of ASCII.
#[inline(always)]
unsafe fn says(name: *mut ffi::PyObject, text: &[u8]) -> bool {
    // SAFETY: as the caller says. Such a string has its characters behind its header.
    unsafe {
        let length = ffi::PyUnicode_GET_LENGTH(name).cast_unsigned();
        let data = name.cast::<ffi::PyASCIIObject>().add(1).cast::<u8>();
        length == text.len() && equal(data, text)
    }
}

/// Whether two texts of one length are equal. Names are short: to compare them as words takes less than
/// a call of `memcmp`.
///
/// # Safety
///
/// As many bytes as `text` has can be read from `data`, at least one.
#[inline(always)]
unsafe fn equal(data: *const u8, text: &[u8]) -> bool {
    // SAFETY: as the caller says.
    let data = unsafe { std::slice::from_raw_parts(data, text.len()) };
    match text.len() {
        ..=16 => ends(data) == ends(text),
        _ => data == text,
    }
}

/// The first and the last bytes of a text that is not empty: all of it, if it has no more than 16.
#[inline(always)]
fn ends(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return (u64::from_ne_bytes(*first), u64::from_ne_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
        return (first.into(), last.into());
    }
    let byte = |at: usize| u64::from(text.get(at).copied().unwrap_or(0));
    (
        byte(0),
        byte(text.len() / 2) << 8 | byte(text.len().wrapping_sub(1)),
    )
}

/// Where a name is kept, if it is.
#[inline(always)]
fn place(text: &[u8]) -> usize {
    let (first, last) = ends(text);
    let mixed = first ^ last.rotate_left(23) ^ text.len() as u64;
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53) as usize % PLACES
}
