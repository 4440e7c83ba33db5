//! Text to objects, as `json.loads` of the standard library makes them.
//!
//! It is exact or it gives up: then everything that was made is thrown away, and the standard
//! library reads the whole text, or raises what it raises.
//!
//! No Python code can come upon a container that is half made. The values of one wait on a stack that
//! nobody sees until all are there, then it is made and filled in one go. (Some versions collect
//! garbage when a container is made, before it is known to the collector.)

use pyo3::ffi;
use pyo3::prelude::*;

use super::{keys, output};
use crate::json::scan::{Number, Scanner, Text, Unusual};
use crate::python::raised::{Answer, Raised, owned};
use crate::python::text;

/// Containers within containers. Further down, only the standard library knows what is too deep.
const DEPTH: usize = 200;
/// A text has fewer values than bytes, and places on the stack are counted with 31 bits.
const LONGEST: usize = 1 << 31;

impl From<Raised> for Unusual {
    /// There is no memory, which the standard library will say.
    #[cold]
    fn from(_: Raised) -> Self {
        // SAFETY: the thread is attached, as it was when this was raised.
        unsafe { ffi::PyErr_Clear() };
        Self
    }
}

/// What a text says.
#[inline]
pub(super) fn read<'py>(py: Python<'py>, text: &[u8]) -> Result<Bound<'py, PyAny>, Unusual> {
    if text.len() > LONGEST {
        return Err(Unusual);
    }
    let mut reader = Reader {
        py,
        scanner: Scanner::new(text),
        values: Stack(Vec::new()),
        open: [0; DEPTH],
        depth: 0,
    };
    reader.values.0.try_reserve(64).map_err(|_| Unusual)?;
    reader.document()
}

/// References of objects that were made and do not belong to any other yet.
struct Stack(Vec<*mut ffi::PyObject>);

impl Stack {
    #[inline(always)]
    fn push(&mut self, object: Bound<'_, PyAny>) -> Result<(), Unusual> {
        if self.0.len() == self.0.capacity() {
            self.grow()?;
        }
        self.0.push(object.into_ptr());
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> Result<(), Unusual> {
        self.0.try_reserve(64).map_err(|_| Unusual)
    }

    /// The topmost object.
    fn pop<'py>(&mut self, py: Python<'py>) -> Result<Bound<'py, PyAny>, Unusual> {
        let object = self.0.pop().ok_or(Unusual)?;
        // SAFETY: the stack had a reference.
        Ok(unsafe { Bound::from_owned_ptr(py, object) })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for object in &self.0 {
            // SAFETY: the stack has a reference, and the thread is attached while a text is read.
            unsafe { ffi::Py_DECREF(*object) };
        }
    }
}

struct Reader<'t, 'py> {
    py: Python<'py>,
    scanner: Scanner<'t>,
    /// The values of all containers that are open, and the keys before them.
    values: Stack,
    /// Where on the stack those of each begin, twice, and one more for an object.
    open: [u32; DEPTH],
    depth: usize,
}

impl<'py> Reader<'_, 'py> {
    fn document(&mut self) -> Result<Bound<'py, PyAny>, Unusual> {
        loop {
            if self.value()? {
                // A container has been opened, and its first value follows.
                continue;
            }
            loop {
                let Some(innermost) = self.depth.checked_sub(1) else {
                    return self.end();
                };
                let place = self.open[innermost];
                let (first, kind) = ((place / 2) as usize, place & 1);
                let token = self.scanner.token();
                if token == b',' {
                    self.scanner.skip();
                    if kind == 1 {
                        self.key()?;
                    }
                    break;
                }
                let container = match (token, kind) {
                    (b']', 0) => self.list(first)?,
                    (b'}', 1) => self.dict(first)?,
                    _ => return Err(Unusual),
                };
                self.scanner.skip();
                self.depth = innermost;
                self.values.push(container)?;
            }
        }
    }

    /// Reads a value, or the beginning of one: whether that is so.
    #[inline(always)]
    fn value(&mut self) -> Result<bool, Unusual> {
        let py = self.py;
        let value = match self.scanner.token() {
            b'"' => string(py, self.scanner.string()?)?,
            b'-' | b'0'..=b'9' => number(py, self.scanner.number()?)?,
            b'{' => return self.object(),
            b'[' => return self.array(),
            b't' => {
                self.scanner.word(b"true")?;
                constant(py, true)
            }
            b'f' => {
                self.scanner.word(b"false")?;
                constant(py, false)
            }
            b'n' => {
                self.scanner.word(b"null")?;
                py.None().into_bound(py)
            }
            _ => return Err(Unusual),
        };
        self.values.push(value)?;
        Ok(false)
    }

    fn array(&mut self) -> Result<bool, Unusual> {
        self.scanner.skip();
        if self.scanner.token() != b']' {
            return self.open(0);
        }
        self.scanner.skip();
        let list = self.list(self.values.0.len())?;
        self.values.push(list)?;
        Ok(false)
    }

    fn object(&mut self) -> Result<bool, Unusual> {
        self.scanner.skip();
        if self.scanner.token() != b'}' {
            self.open(1)?;
            self.key()?;
            return Ok(true);
        }
        self.scanner.skip();
        let dict = self.dict(self.values.0.len())?;
        self.values.push(dict)?;
        Ok(false)
    }

    #[inline(always)]
    fn open(&mut self, kind: u32) -> Result<bool, Unusual> {
        let place = self.open.get_mut(self.depth).ok_or(Unusual)?;
        *place = self.values.0.len() as u32 * 2 + kind;
        self.depth += 1;
        Ok(true)
    }

    /// Reads a key and the colon behind it.
    #[inline(always)]
    fn key(&mut self) -> Result<(), Unusual> {
        if self.scanner.token() != b'"' {
            return Err(Unusual);
        }
        let key = match self.scanner.string()? {
            // SAFETY: it is.
            Text::Ascii(text) => unsafe { keys::name(self.py, text)? },
            Text::Utf8(text) => output::str(self.py, text)?,
        };
        self.values.push(key)?;
        if self.scanner.token() != b':' {
            return Err(Unusual);
        }
        self.scanner.skip();
        Ok(())
    }

    /// A list of what is on the stack from `first` on.
    #[inline(always)]
    fn list(&mut self, first: usize) -> Result<Bound<'py, PyAny>, Unusual> {
        let count = self.values.0.len() - first;
        // SAFETY: a new list has room for as many references, which are handed over before anybody
        // can see it. One of none may have no array.
        unsafe {
            let list = owned(self.py, ffi::PyList_New(count.cast_signed()))?;
            if count != 0 {
                let items = (*list.as_ptr().cast::<ffi::PyListObject>()).ob_item;
                items.copy_from_nonoverlapping(self.values.0.as_ptr().add(first), count);
                self.values.0.set_len(first);
            }
            Ok(list)
        }
    }

    /// A dictionary of the keys and values that are on the stack from `first` on.
    #[inline(always)]
    fn dict(&mut self, first: usize) -> Result<Bound<'py, PyAny>, Unusual> {
        // SAFETY: what is on the stack is alive. The keys are of type `str` itself, so that looking
        // for them runs no code.
        unsafe {
            let dict = owned(self.py, ffi::PyDict_New())?;
            let (pairs, _) = self.values.0[first..].as_chunks::<2>();
            for [key, value] in pairs {
                if ffi::PyDict_SetItem(dict.as_ptr(), *key, *value) != 0 {
                    return Err(Raised::by_python().into());
                }
            }
            for object in self.values.0.drain(first..) {
                ffi::Py_DECREF(object);
            }
            Ok(dict)
        }
    }

    fn end(&mut self) -> Result<Bound<'py, PyAny>, Unusual> {
        if !self.scanner.is_at_end() {
            return Err(Unusual);
        }
        self.values.pop(self.py)
    }
}

#[inline(always)]
fn constant(py: Python<'_>, value: bool) -> Bound<'_, PyAny> {
    pyo3::types::PyBool::new(py, value).to_owned().into_any()
}

#[inline(always)]
fn string<'py>(py: Python<'py>, text: Text<'_>) -> Answer<'py> {
    match text {
        // SAFETY: it is.
        Text::Ascii(text) => unsafe { text::ascii(py, text) },
        Text::Utf8(text) => output::str(py, text),
    }
}

#[inline(always)]
fn number<'py>(py: Python<'py>, number: Number<'_>) -> Answer<'py> {
    // SAFETY: the functions return a new reference or raise.
    unsafe {
        match number {
            Number::Int(value) => owned(py, ffi::PyLong_FromLongLong(value)),
            Number::Float(value) => owned(py, ffi::PyFloat_FromDouble(value)),
            Number::Long(digits) => long(py, digits),
        }
    }
}

/// An integer of many digits, not more than CPython always reads.
#[cold]
#[inline(never)]
fn long<'py>(py: Python<'py>, digits: &[u8]) -> Answer<'py> {
    let mut text = Vec::with_capacity(digits.len() + 1);
    text.extend_from_slice(digits);
    text.push(0);
    // SAFETY: the text ends with a zero.
    unsafe {
        let end = std::ptr::null_mut();
        owned(py, ffi::PyLong_FromString(text.as_ptr().cast(), end, 10))
    }
}
