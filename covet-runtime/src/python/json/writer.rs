//! Objects to text, as the `json` module of the standard library does it.
//!
//! It follows `c_make_encoder` (Modules/_json.c) to the letter, as far as no Python code runs: what
//! has an `__iter__` or an `items` of its own, what is no JSON at all, what goes deeper than a
//! response does, is [`Unusual`]. Then everything that was written is thrown away, and the standard
//! library writes the whole document, or raises what it raises. So a text is the standard library's
//! in any case, and nothing that the document holds can change while it is read here.

use std::ptr;

use pyo3::ffi;

use super::class::Unknown;
use super::layout::{self, Entry, Items};
use super::value::{Text, Value};
use crate::json::{Buffer, Place};

/// Containers within containers. Further down, only the standard library knows what is circular,
/// and what is too deep for the interpreter's stack.
const DEPTH: u32 = 200;

/// Something that only the standard library can write, or refuse.
#[derive(Clone, Copy, Debug)]
pub struct Unusual;

/// Whether something was written.
pub type Written = Result<(), Unusual>;

/// A document that is being written.
pub struct Writer<'s> {
    pub(super) buffer: Buffer<'s>,
    /// How many containers may still be opened within each other.
    depth: u32,
    /// Whether surrogates are encoded like other characters, for a text that becomes a `str`.
    keep_surrogates: bool,
    /// Whether objects of classes with declared fields are written.
    models: bool,
    /// A class that has to be asked before this document can be written.
    unknown: Option<Unknown>,
    /// What was not as declared, and how often. Usually it stays empty, which takes no memory.
    unlike: Vec<(&'static Place, u64)>,
}

impl<'s> Writer<'s> {
    /// An empty document.
    #[inline(always)]
    pub(super) const fn new(buffer: Buffer<'s>, keep_surrogates: bool, models: bool) -> Self {
        Self {
            buffer,
            depth: DEPTH,
            keep_surrogates,
            models,
            unknown: None,
            unlike: Vec::new(),
        }
    }

    /// Writes `before` and any object.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline]
    pub fn any<const N: usize>(&mut self, before: &[u8; N], value: Value<'_>) -> Written {
        if value.is_exactly_str() {
            self.str(before, value)
        } else if value.is_exactly_int() {
            self.int(before, value)
        } else if value.is_exactly_dict() {
            self.buffer.put(before);
            self.dict(value)
        } else if let Some(items) = value.as_exact_list() {
            self.buffer.put(before);
            self.array(items)
        } else if value.is_exactly_float() {
            self.float(before, value);
            Ok(())
        } else {
            self.buffer.put(before);
            self.constant_or_subclass(value)
        }
    }

    #[inline(never)]
    fn constant_or_subclass(&mut self, value: Value<'_>) -> Written {
        if value.is_none() {
            self.buffer.put(b"null");
            return Ok(());
        }
        if let Some(truth) = value.as_bool() {
            self.bool(b"", truth);
            return Ok(());
        }
        // In the order of the standard library's questions.
        if value.is(ffi::Py_TPFLAGS_UNICODE_SUBCLASS) {
            self.wide_str(value)
        } else if value.is(ffi::Py_TPFLAGS_LONG_SUBCLASS) {
            self.int(b"", value)
        } else if value.is_float() {
            self.float(b"", value);
            Ok(())
        } else if let Some(items) = value.as_list().or_else(|| value.as_tuple()) {
            self.array(items)
        } else if value.is_exactly_defaultdict() {
            self.dict(value)
        } else {
            Err(Unusual)
        }
    }

    #[inline(always)]
    pub(super) fn bool<const N: usize>(&mut self, before: &[u8; N], truth: bool) {
        self.buffer.put(before);
        if truth {
            self.buffer.put(b"true");
        } else {
            self.buffer.put(b"false");
        }
    }

    /// Writes `before` and a `float`, or an object of a subclass.
    #[inline(always)]
    pub(super) fn float<const N: usize>(&mut self, before: &[u8; N], value: Value<'_>) {
        // SAFETY: the caller has asked the class.
        let float = unsafe { ffi::PyFloat_AS_DOUBLE(value.as_ptr()) };
        self.buffer.float(before, float);
    }

    /// Writes `before` and an `int`, or an object of a subclass.
    #[inline(always)]
    pub(super) fn int<const N: usize>(&mut self, before: &[u8; N], value: Value<'_>) -> Written {
        // SAFETY: the caller has asked the class.
        if let Some(int) = unsafe { layout::int(value) } {
            self.buffer.integer(before, int);
            return Ok(());
        }
        self.buffer.put(before);
        self.huge_int(value)
    }

    /// Writes a number beyond those of `i64`, up to about 570 decimal digits. `int.__repr__` would look
    /// for signals on the way, whose handlers are Python code; and for more digits there may be a
    /// limit, which is 640 or higher.
    #[cold]
    #[inline(never)]
    fn huge_int(&mut self, value: Value<'_>) -> Written {
        // SAFETY: the caller has asked the class.
        let (digits, is_negative) = unsafe { layout::digits(value) }.ok_or(Unusual)?;
        if self.buffer.huge(digits, is_negative) {
            Ok(())
        } else {
            Err(Unusual)
        }
    }

    /// Writes `before` and a `str`.
    #[inline(always)]
    pub(super) fn str<const N: usize>(&mut self, before: &[u8; N], value: Value<'_>) -> Written {
        if let Some(text) = value.as_ascii() {
            self.buffer.string(before, text);
            return Ok(());
        }
        self.buffer.put(before);
        self.wide_str(value)
    }

    /// Writes a `str`, or an object of a subclass, that may not be plain ASCII.
    #[inline(never)]
    fn wide_str(&mut self, value: Value<'_>) -> Written {
        let written = match value.as_text().ok_or(Unusual)? {
            Text::Utf8(text) => {
                self.buffer.string(b"", text);
                Ok(())
            }
            Text::Latin1(text) => {
                self.buffer.latin1(text);
                Ok(())
            }
            Text::Ucs2(text) => self.buffer.ucs2(text, self.keep_surrogates),
            Text::Ucs4(text) => self.buffer.ucs4(text, self.keep_surrogates),
        };
        written.map_err(|_| Unusual)
    }

    /// Goes into a container.
    #[inline(always)]
    pub(super) fn enter(&mut self) -> Written {
        self.depth = self.depth.checked_sub(1).ok_or(Unusual)?;
        Ok(())
    }

    /// Comes out of a container.
    #[inline(always)]
    pub(super) const fn leave(&mut self) {
        self.depth += 1;
    }

    /// Whether objects of classes with declared fields are written.
    #[inline(always)]
    pub(super) const fn takes_models(&self) -> bool {
        self.models
    }

    /// Gives up because a class has to be asked first.
    #[cold]
    pub(super) fn ask(&mut self, unknown: Unknown) -> Unusual {
        if self.models {
            self.unknown = Some(unknown);
        }
        Unusual
    }

    /// The class that has to be asked.
    pub(super) const fn unknown(&self) -> Option<Unknown> {
        self.unknown
    }

    /// Counts a value that is not as it was declared. Items of a list are often so all alike.
    pub(super) fn count(&mut self, place: &'static Place) {
        let last = self
            .unlike
            .iter_mut()
            .rev()
            .find(|(other, _)| ptr::eq(*other, place));
        match last {
            Some((_, count)) => *count += 1,
            None => self.unlike.push((place, 1)),
        }
    }

    /// What was written.
    #[inline(always)]
    pub(super) fn into_buffer(self) -> Buffer<'s> {
        self.buffer
    }

    /// What was counted.
    #[inline(always)]
    pub(super) fn counted(&self) -> &[(&'static Place, u64)] {
        &self.unlike
    }

    /// Writes what is an array in JSON.
    fn array(&mut self, items: &[Value<'_>]) -> Written {
        self.array_of(items, |writer, item| writer.any(b",", item))
    }

    /// Writes an array. `item` writes each item, with a comma before it.
    #[inline(always)]
    pub(super) fn array_of(
        &mut self,
        items: &[Value<'_>],
        mut item: impl FnMut(&mut Self, Value<'_>) -> Written,
    ) -> Written {
        if items.is_empty() {
            self.buffer.put(b"[]");
            return Ok(());
        }
        self.enter()?;
        let start = self.buffer.mark();
        for value in items {
            item(self, *value)?;
        }
        self.buffer.replace_first(start, b'[');
        self.buffer.put(b"]");
        self.leave();
        Ok(())
    }

    /// Writes a `dict`, or an object of a subclass with the same `items`.
    fn dict(&mut self, value: Value<'_>) -> Written {
        self.object_of(value, |writer, value| writer.any(b":", value))
    }

    /// Writes a dictionary. `item` writes each value, with a colon before it.
    #[inline(always)]
    pub(super) fn object_of(
        &mut self,
        dict: Value<'_>,
        mut item: impl FnMut(&mut Self, Value<'_>) -> Written,
    ) -> Written {
        // SAFETY: the callers have asked the class, and nothing changes it meanwhile.
        unsafe {
            if layout::dict_length(dict) == 0 {
                self.buffer.put(b"{}");
                return Ok(());
            }
            self.enter()?;
            let start = self.buffer.mark();
            if let Some(entries) = layout::entries(dict) {
                for (key, value) in entries.iter().filter_map(Entry::item) {
                    self.str(b",", key)?;
                    item(self, value)?;
                }
            } else {
                for (key, value) in Items::of(dict) {
                    self.key(key)?;
                    item(self, value)?;
                }
            }
            self.buffer.replace_first(start, b'{');
        }
        self.buffer.put(b"}");
        self.leave();
        Ok(())
    }

    /// Writes a comma and a key of any type that can be one.
    #[inline(never)]
    fn key(&mut self, key: Value<'_>) -> Written {
        if key.is_exactly_str() {
            return self.str(b",", key);
        }
        self.buffer.put(b",");
        if key.is(ffi::Py_TPFLAGS_UNICODE_SUBCLASS) {
            return self.wide_str(key);
        }
        self.buffer.put(b"\"");
        if key.is_float() {
            self.float(b"", key);
        } else if let Some(truth) = key.as_bool() {
            self.bool(b"", truth);
        } else if key.is_none() {
            self.buffer.put(b"null");
        } else if key.is(ffi::Py_TPFLAGS_LONG_SUBCLASS) {
            self.int(b"", key)?;
        } else {
            return Err(Unusual);
        }
        self.buffer.put(b"\"");
        Ok(())
    }
}
