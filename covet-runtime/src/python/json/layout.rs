//! How CPython stores what is written: read in place, where that is known.
//!
//! A call of the C API for each item of each dictionary takes longer than writing it. The layouts
//! here are those of the versions that their `cfg` names. That of a dictionary is no public one, so
//! it is tried out before it is relied on; where it is not known, or not as expected, the C API
//! answers.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::value::Value;

/// An item of a dictionary whose keys are all strings. A removed one has no value.
#[repr(C)]
pub(super) struct Entry<'a> {
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    alive: PhantomData<Value<'a>>,
}

impl<'a> Entry<'a> {
    /// Whether this is the item of a key, by identity. One that was removed has no key.
    #[inline(always)]
    pub(super) fn has(&self, key: *mut ffi::PyObject) -> bool {
        self.key == key
    }

    /// The item, unless it was removed.
    #[inline(always)]
    pub(super) fn item(&self) -> Option<(Value<'a>, Value<'a>)> {
        // SAFETY: the dictionary that has the entry keeps both alive for `'a`.
        unsafe {
            let value = Value::new(NonNull::new(self.value)?);
            Some((Value::new(NonNull::new(self.key)?), value))
        }
    }

    /// The value.
    ///
    /// # Safety
    ///
    /// The item was not removed.
    #[inline(always)]
    pub(super) const unsafe fn value(&self) -> Value<'a> {
        // SAFETY: as the caller says.
        unsafe { Value::new(NonNull::new_unchecked(self.value)) }
    }
}

/// Whether [`entries`] was found to tell the truth.
static TRIED: AtomicBool = AtomicBool::new(false);

/// The class `collections.defaultdict`, which is kept for ever.
static DEFAULTDICT: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(ptr::null_mut());

/// Finds out whether dictionaries are laid out as expected. Called when a module is loaded, before
/// anything is written.
pub(super) fn try_out(py: Python<'_>) -> PyResult<()> {
    let class = py.import("collections")?.getattr("defaultdict")?;
    if is_harmless(&class)? {
        DEFAULTDICT.store(class.into_ptr().cast(), Ordering::Relaxed);
    }
    TRIED.store(is_as_expected(py)?, Ordering::Relaxed);
    Ok(())
}

/// Whether objects of a class are dictionaries with the `items` of `dict`. Somebody may have put
/// another class in its place.
fn is_harmless(class: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Ok(class) = class.cast_exact::<PyType>() else {
        return Ok(false);
    };
    let py = class.py();
    let bases = (class, py.get_type::<PyDict>(), py.get_type::<PyAny>());
    if !class.mro().eq(bases)? || class.getattr("__dict__")?.contains("items")? {
        return Ok(false);
    }
    // SAFETY: the class is alive.
    let (dict_offset, getattro) = unsafe {
        (
            (*class.as_type_ptr()).tp_dictoffset,
            (*class.as_type_ptr()).tp_getattro,
        )
    };
    let generic = ffi::PyObject_GenericGetAttr as *const () as usize;
    Ok(dict_offset == 0 && getattro.is_some_and(|get| get as *const () as usize == generic))
}

/// The class `collections.defaultdict`; null before [`try_out`].
pub(super) fn defaultdict() -> *const ffi::PyTypeObject {
    DEFAULTDICT.load(Ordering::Relaxed)
}

/// The items of a `list`, or of an object of a subclass.
///
/// # Safety
///
/// It is one, and nothing changes it during `'a`.
#[inline(always)]
pub(super) unsafe fn list_items(list: Value<'_>) -> &[Value<'_>] {
    // SAFETY: as the caller says. A list that is empty may have no array.
    unsafe {
        let list = list.as_ptr().cast::<ffi::PyListObject>();
        items((*list).ob_item, (*list).ob_base.ob_size)
    }
}

/// The items of a `tuple`, or of an object of a subclass.
///
/// # Safety
///
/// It is one.
#[inline(always)]
pub(super) unsafe fn tuple_items(tuple: Value<'_>) -> &[Value<'_>] {
    // SAFETY: as the caller says.
    unsafe {
        let tuple = tuple.as_ptr().cast::<ffi::PyTupleObject>();
        let first = (&raw mut (*tuple).ob_item).cast();
        items(first, (*tuple).ob_base.ob_size)
    }
}

/// # Safety
///
/// There are `count` objects from `first` on, all alive and unchanged for `'a`.
#[inline(always)]
unsafe fn items<'a>(first: *mut *mut ffi::PyObject, count: ffi::Py_ssize_t) -> &'a [Value<'a>] {
    if count == 0 {
        return &[];
    }
    // SAFETY: as the caller says. A `Value` is a pointer to an object.
    unsafe { std::slice::from_raw_parts(first.cast(), count.cast_unsigned()) }
}

/// The items of a dictionary in their order, removed ones among them. None when they cannot be
/// read in place: some key is no string, or the layout is not known.
///
/// # Safety
///
/// `dict` is a `dict` (or of a subclass), and nothing changes it during `'a`.
#[inline(always)]
pub(super) unsafe fn entries(dict: Value<'_>) -> Option<&[Entry<'_>]> {
    if !TRIED.load(Ordering::Relaxed) {
        return None;
    }
    // SAFETY: as the caller says.
    unsafe { read_entries(dict) }
}

/// `PyDictKeysObject` of CPython 3.11 to 3.14, whose entries lie behind a table of indices.
#[cfg(all(Py_3_11, not(Py_3_15), not(Py_GIL_DISABLED)))]
#[repr(C)]
struct Keys {
    references: ffi::Py_ssize_t,
    log2_size: u8,
    log2_index_bytes: u8,
    kind: u8,
    version: u32,
    usable: ffi::Py_ssize_t,
    count: ffi::Py_ssize_t,
}

#[cfg(all(Py_3_11, not(Py_3_15), not(Py_GIL_DISABLED)))]
#[inline(always)]
unsafe fn read_entries(dict: Value<'_>) -> Option<&[Entry<'_>]> {
    /// The kind of keys that are all strings and belong to one dictionary.
    const UNICODE: u8 = 1;
    // SAFETY: the layout is that of these versions; `count` entries lie where it says.
    unsafe {
        let dict = dict.as_ptr().cast::<ffi::PyDictObject>();
        let keys = (*dict).ma_keys.cast::<Keys>();
        if !(*dict).ma_values.is_null() || (*keys).kind != UNICODE {
            return None;
        }
        let count = (*keys).count.cast_unsigned();
        if count == 0 {
            // The keys that all empty dictionaries share have no room for entries, and what would be
            // the place of the first is not aligned.
            return Some(&[]);
        }
        let indices = keys.add(1).cast::<u8>();
        let first = indices.add(1 << (*keys).log2_index_bytes);
        Some(std::slice::from_raw_parts(first.cast(), count))
    }
}

#[cfg(not(all(Py_3_11, not(Py_3_15), not(Py_GIL_DISABLED))))]
unsafe fn read_entries(_dict: Value<'_>) -> Option<&[Entry<'_>]> {
    None
}

/// Compares a few dictionaries, read in place, with what the C API says of them.
fn is_as_expected(py: Python<'_>) -> PyResult<bool> {
    let names: Vec<String> = (0..1000).map(|number| format!("name {number}")).collect();
    let dict = PyDict::new(py);
    for (number, name) in names.iter().enumerate() {
        dict.set_item(name, number)?;
        if number % 7 == 3 {
            dict.del_item(name)?;
        }
        let few = number < 40 || number % 97 == 0;
        if few && !agrees(&dict) {
            return Ok(false);
        }
    }
    // Keys of other types make it a dictionary of another kind.
    dict.set_item(1, 1)?;
    // SAFETY: nothing changes the dictionary while it is read.
    Ok(agrees(&dict.copy()?) && unsafe { read_entries(Value::of(&dict)) }.is_none())
}

fn agrees(dict: &Bound<'_, PyDict>) -> bool {
    // SAFETY: nothing changes the dictionary while it is read.
    let Some(entries) = (unsafe { read_entries(Value::of(dict)) }) else {
        // Only tables that hold other keys, or that are shared with others, may go unread.
        return dict
            .iter()
            .any(|(key, _)| !key.is_instance_of::<pyo3::types::PyString>());
    };
    let mut read = entries.iter().filter_map(Entry::item);
    let same = dict.iter().all(|(key, value)| {
        read.next()
            .is_some_and(|(k, v)| k.as_ptr() == key.as_ptr() && v.as_ptr() == value.as_ptr())
    });
    same && read.next().is_none()
}

/// The items of any dictionary, as the C API gives them.
pub(super) struct Items<'a> {
    dict: Value<'a>,
    position: ffi::Py_ssize_t,
}

impl<'a> Items<'a> {
    /// The items of `dict`.
    ///
    /// # Safety
    ///
    /// `dict` is a `dict` (or of a subclass), and nothing changes it during `'a`.
    pub(super) const unsafe fn of(dict: Value<'a>) -> Self {
        Self { dict, position: 0 }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = (Value<'a>, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: it is a dictionary, which keeps what is borrowed from it alive for `'a`.
        unsafe {
            let dict = self.dict.as_ptr();
            if ffi::PyDict_Next(dict, &raw mut self.position, &raw mut key, &raw mut value) == 0 {
                return None;
            }
            let value = Value::new(NonNull::new(value)?);
            Some((Value::new(NonNull::new(key)?), value))
        }
    }
}

/// The number of items of a dictionary.
///
/// # Safety
///
/// `dict` is a `dict` (or of a subclass).
#[inline(always)]
pub(super) unsafe fn dict_length(dict: Value<'_>) -> usize {
    // SAFETY: as the caller says.
    unsafe {
        (*dict.as_ptr().cast::<ffi::PyDictObject>())
            .ma_used
            .cast_unsigned()
    }
}

/// `PyLongObject` of CPython 3.12 to 3.14: the number of digits and the sign in one word.
#[cfg(all(Py_3_12, not(Py_3_15), target_pointer_width = "64"))]
#[repr(C)]
struct Long {
    head: ffi::PyObject,
    tag: usize,
    digits: [u32; 1],
}

/// The same before 3.12: the sign is that of the number of digits.
#[cfg(all(not(Py_3_12), target_pointer_width = "64"))]
#[repr(C)]
struct Long {
    head: ffi::PyVarObject,
    digits: [u32; 1],
}

/// The value of an `int` of one digit, which has thirty bits.
///
/// # Safety
///
/// `int` is an `int` (or of a subclass).
#[inline(always)]
#[allow(
    clippy::missing_const_for_fn,
    reason = "reads an object where the layout is known"
)]
pub(super) unsafe fn small_int(int: Value<'_>) -> Option<i64> {
    #[cfg(all(Py_3_12, not(Py_3_15), target_pointer_width = "64"))]
    // SAFETY: the layout is that of these versions.
    unsafe {
        let long = int.as_ptr().cast::<Long>();
        let tag = (*long).tag;
        // Less than two digits; the lowest two bits say 0 for positive, 1 for zero, 2 for negative.
        if tag < 2 << 3 {
            return Some((1 - (tag & 3).cast_signed() as i64) * i64::from((*long).digits[0]));
        }
    }
    #[cfg(all(not(Py_3_12), target_pointer_width = "64"))]
    // SAFETY: the layout is that of these versions.
    unsafe {
        let long = int.as_ptr().cast::<Long>();
        let size = (*long).head.ob_size;
        if size == 0 {
            // There may be no digit at all.
            return Some(0);
        }
        if (-1..=1).contains(&size) {
            return Some(size as i64 * i64::from((*long).digits[0]));
        }
    }
    let _ = int;
    None
}

/// The value of an `int` that fits.
///
/// # Safety
///
/// `int` is an `int` (or of a subclass).
#[inline(always)]
pub(super) unsafe fn int(int: Value<'_>) -> Option<i64> {
    // SAFETY: as the caller says.
    unsafe { small_int(int).or_else(|| large_int(int)) }
}

#[inline(never)]
unsafe fn large_int(int: Value<'_>) -> Option<i64> {
    let mut overflow: c_int = 0;
    // SAFETY: it is an `int`, so the call does not fail.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(int.as_ptr(), &raw mut overflow) };
    (overflow == 0).then_some(value)
}

/// The digits of an `int`, which have thirty bits each, the least first, and whether it is negative.
///
/// # Safety
///
/// `int` is an `int` (or of a subclass).
#[cfg(all(not(Py_3_15), target_pointer_width = "64"))]
#[allow(
    clippy::unnecessary_wraps,
    reason = "the layout is not known everywhere"
)]
pub(super) unsafe fn digits(int: Value<'_>) -> Option<(&[u32], bool)> {
    // SAFETY: the layout is that of these versions, and so many digits are there.
    unsafe {
        let long = int.as_ptr().cast::<Long>();
        #[cfg(Py_3_12)]
        let (count, is_negative) = ((*long).tag >> 3, (*long).tag & 3 == 2);
        #[cfg(not(Py_3_12))]
        let (count, is_negative) = {
            let size = (*long).head.ob_size;
            (size.unsigned_abs(), size < 0)
        };
        let first = (&raw const (*long).digits).cast();
        Some((std::slice::from_raw_parts(first, count), is_negative))
    }
}

/// Elsewhere it is not known.
///
/// # Safety
///
/// None.
#[cfg(not(all(not(Py_3_15), target_pointer_width = "64")))]
pub(super) unsafe fn digits(_int: Value<'_>) -> Option<(&[u32], bool)> {
    None
}
