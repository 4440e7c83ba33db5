//! What generated serializers are made of.
//!
//! A generated serializer knows what a handler has declared. It asks each value once whether it is
//! that, and writes it without further questions if so. If not, the generic writer takes the value,
//! at that place, and the difference is counted: a declaration is a hint that makes writing faster,
//! and never changes what is written.

use std::sync::OnceLock;

use pyo3::ffi;

use super::layout::{self, Items};
use super::value::Value;
use super::writer::{Unusual, Writer, Written};
use crate::json::Place;
use crate::json::buffer::{Mark, OutOfMemory};

/// The keys of a dictionary in their declared order.
pub struct Keys<const N: usize> {
    names: [&'static str; N],
    /// The interned strings, which is what a handler's own keys are as well.
    objects: OnceLock<[Key; N]>,
}

/// An interned string that is kept for ever.
struct Key(*mut ffi::PyObject);

// SAFETY: only the address is used.
unsafe impl Send for Key {}
// SAFETY: only the address is used.
unsafe impl Sync for Key {}

impl<const N: usize> Keys<N> {
    /// Keys by name.
    pub const fn new(names: [&'static str; N]) -> Self {
        Self {
            names,
            objects: OnceLock::new(),
        }
    }

    #[inline(always)]
    fn objects(&self) -> &[Key; N] {
        self.objects.get_or_init(|| self.intern())
    }

    /// By the C API alone: PyO3 would first release what others have left to it, and run their code.
    #[cold]
    fn intern(&self) -> [Key; N] {
        self.names.map(|name| {
            let (data, length) = (name.as_ptr().cast(), name.len().cast_signed());
            // SAFETY: pointer and length are those of the name, and the thread is attached.
            unsafe {
                let mut key = ffi::PyUnicode_FromStringAndSize(data, length);
                if key.is_null() {
                    ffi::PyErr_Clear();
                    OutOfMemory::unwind();
                }
                ffi::PyUnicode_InternInPlace(&raw mut key);
                Key(key)
            }
        })
    }

    /// The values of a `dict` that has exactly these keys in this order.
    #[inline(always)]
    pub fn all<'a>(&self, value: Value<'a>) -> Option<[Value<'a>; N]> {
        if !value.is_exactly_dict() {
            return None;
        }
        let keys = self.objects();
        // SAFETY: it is a dictionary, and nothing changes it while a document is written.
        unsafe {
            let Some(entries) = layout::entries(value) else {
                return self.all_by_call(value);
            };
            let Ok(entries) = <&[_; N]>::try_from(entries) else {
                // Removed ones may be among too many.
                return (entries.len() > N).then(|| self.all_by_call(value))?;
            };
            let same = keys
                .iter()
                .zip(entries)
                .all(|(key, entry)| entry.has(key.0));
            // An entry that has a key has a value.
            same.then(|| std::array::from_fn(|at| entries[at].value()))
        }
    }

    #[cold]
    #[inline(never)]
    fn all_by_call<'a>(&self, value: Value<'a>) -> Option<[Value<'a>; N]> {
        let some = self.some_by_call(value)?;
        let mut all = [value; N];
        for (place, value) in all.iter_mut().zip(some) {
            *place = value?;
        }
        Some(all)
    }

    /// The values of a `dict` that has some of these keys, in this order, and no others.
    #[inline]
    pub fn some<'a>(&self, value: Value<'a>) -> Option<[Option<Value<'a>>; N]> {
        if !value.is_exactly_dict() {
            return None;
        }
        // SAFETY: it is a dictionary, and nothing changes it while a document is written.
        match unsafe { layout::entries(value) } {
            Some(entries) => self.pick(entries.iter().filter_map(layout::Entry::item)),
            None => self.some_by_call(value),
        }
    }

    #[cold]
    #[inline(never)]
    fn some_by_call<'a>(&self, value: Value<'a>) -> Option<[Option<Value<'a>>; N]> {
        // SAFETY: the callers have asked for the class.
        self.pick(unsafe { Items::of(value) })
    }

    #[inline(always)]
    fn pick<'a>(
        &self,
        items: impl Iterator<Item = (Value<'a>, Value<'a>)>,
    ) -> Option<[Option<Value<'a>>; N]> {
        let keys = self.objects();
        let mut values = [None; N];
        let mut next = 0;
        for (key, value) in items {
            let skipped = keys.get(next..)?.iter().position(|k| k.0 == key.as_ptr())?;
            *values.get_mut(next + skipped)? = Some(value);
            next += skipped + 1;
        }
        Some(values)
    }
}

impl Writer<'_> {
    /// Writes what is constant.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.buffer.put(bytes);
    }

    /// Writes what is not as it was declared.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[cold]
    #[inline(never)]
    pub fn unlike(&mut self, value: Value<'_>, place: &'static Place) -> Written {
        self.count(place);
        self.any(b"", value)
    }

    #[cold]
    #[inline(never)]
    fn unlike_after(&mut self, before: &[u8], value: Value<'_>, place: &'static Place) -> Written {
        self.buffer.put_all(before);
        self.unlike(value, place)
    }

    /// Writes a `str`. One function for the fields of all models: were it a part of each, a model of
    /// eight fields would take twice the room in the library, and be written hardly faster.
    #[inline(never)]
    fn shared_str(&mut self, value: Value<'_>) -> Written {
        self.str(b"", value)
    }

    /// Writes `before` and a value declared as `str`.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn string<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
    ) -> Written {
        if value.is_exactly_str() {
            self.put(before);
            self.shared_str(value)
        } else {
            self.unlike_after(before, value, place)
        }
    }

    /// Writes `before` and a value declared as `int`.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn integer<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
    ) -> Written {
        if value.is_exactly_int() {
            self.int(before, value)
        } else {
            self.unlike_after(before, value, place)
        }
    }

    /// Writes `before` and a value declared as `float`, which an `int` is good for as well
    /// (PEP 484, the numeric tower).
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn number<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
    ) -> Written {
        if value.is_exactly_float() {
            self.float(before, value);
            Ok(())
        } else if value.is_exactly_int() {
            self.int(before, value)
        } else {
            self.unlike_after(before, value, place)
        }
    }

    /// Writes `before` and a value declared as `bool`.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn boolean<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
    ) -> Written {
        if let Some(truth) = value.as_bool() {
            self.bool(before, truth);
            Ok(())
        } else {
            self.unlike_after(before, value, place)
        }
    }

    /// Writes `before` and a value declared as `None`.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn null<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
    ) -> Written {
        if value.is_none() {
            self.put(before);
            self.put(b"null");
            Ok(())
        } else {
            self.unlike_after(before, value, place)
        }
    }

    /// Writes `before` and a list. `item` writes each item, with a comma before it.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn items<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
        item: impl FnMut(&mut Self, Value<'_>) -> Written,
    ) -> Written {
        match value.as_exact_list() {
            Some(items) => self.array_after(before, items, item),
            None => self.unlike_after(before, value, place),
        }
    }

    /// Writes `before` and a tuple of any length. `item` writes each item, with a comma before it.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn tuple_items<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
        item: impl FnMut(&mut Self, Value<'_>) -> Written,
    ) -> Written {
        match value.as_tuple() {
            Some(items) => self.array_after(before, items, item),
            None => self.unlike_after(before, value, place),
        }
    }

    #[inline(always)]
    fn array_after<const N: usize>(
        &mut self,
        before: &[u8; N],
        items: &[Value<'_>],
        item: impl FnMut(&mut Self, Value<'_>) -> Written,
    ) -> Written {
        self.put(before);
        self.array_of(items, item)
    }

    /// Writes `before` and a dictionary whose keys are strings. `item` writes each value, with a
    /// colon before it.
    ///
    /// # Errors
    ///
    /// When only the standard library can.
    #[inline(always)]
    pub fn mapping<const N: usize>(
        &mut self,
        before: &[u8; N],
        value: Value<'_>,
        place: &'static Place,
        item: impl FnMut(&mut Self, Value<'_>) -> Written,
    ) -> Written {
        if !value.is_exactly_dict() {
            return self.unlike_after(before, value, place);
        }
        self.put(before);
        self.object_of(value, item)
    }

    /// Goes into a model. What is written next begins with a brace or a bracket.
    ///
    /// # Errors
    ///
    /// When it is too deep.
    #[inline(always)]
    pub fn open(&mut self) -> Written {
        self.enter()
    }

    /// Counts as so many more containers, within a model whose function takes much of the stack.
    ///
    /// # Errors
    ///
    /// When that is too deep.
    pub fn deepen(&mut self, levels: u32) -> Written {
        (0..levels).try_for_each(|_| self.enter())
    }

    /// Takes back what [`Writer::deepen`] counted.
    pub fn rise(&mut self, levels: u32) {
        (0..levels).for_each(|_| self.leave());
    }

    /// Comes out of a model that is an object.
    #[inline(always)]
    pub fn close(&mut self) {
        self.put(b"}");
        self.leave();
    }

    /// Comes out of a model that is an array.
    #[inline(always)]
    pub fn close_array(&mut self) {
        self.put(b"]");
        self.leave();
    }

    /// Goes into a model whose first field may be missing. Every field begins with a comma.
    ///
    /// # Errors
    ///
    /// When it is too deep.
    #[inline(always)]
    pub fn open_unsure(&mut self) -> Result<Mark, Unusual> {
        self.enter()?;
        Ok(self.buffer.mark())
    }

    /// Comes out of a model that was begun at `start`.
    #[inline(always)]
    pub fn close_unsure(&mut self, start: Mark) {
        if self.buffer.since(start) == 0 {
            self.put(b"{");
        }
        self.buffer.replace_first(start, b'{');
        self.close();
    }
}
