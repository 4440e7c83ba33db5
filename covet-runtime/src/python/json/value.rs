//! Objects that are about to be written.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;

use pyo3::ffi;
use pyo3::prelude::*;

use super::layout;

/// An object, borrowed from what holds it.
///
/// No Python code runs while a document is written, so nothing that it holds is changed or freed:
/// there is no need to count references. Whoever makes a value answers for that.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Value<'a> {
    object: NonNull<ffi::PyObject>,
    alive: PhantomData<&'a Py<PyAny>>,
}

impl<'a> Value<'a> {
    /// # Safety
    ///
    /// The object is alive and unchanged for `'a`, and the thread is attached.
    #[inline(always)]
    pub(super) const unsafe fn new(object: NonNull<ffi::PyObject>) -> Self {
        Self {
            object,
            alive: PhantomData,
        }
    }

    /// # Safety
    ///
    /// The object is not changed for `'a`.
    #[inline(always)]
    pub(super) unsafe fn of<T>(object: &'a Bound<'_, T>) -> Self {
        // SAFETY: the reference keeps it alive, and the caller says the rest.
        unsafe { Self::new(NonNull::new_unchecked(object.as_ptr())) }
    }

    #[inline(always)]
    pub(super) const fn as_ptr(self) -> *mut ffi::PyObject {
        self.object.as_ptr()
    }

    /// The object's class.
    #[inline(always)]
    pub(super) fn class(self) -> *mut ffi::PyTypeObject {
        // SAFETY: the object is alive.
        unsafe { ffi::Py_TYPE(self.as_ptr()) }
    }

    /// Whether it is `None`.
    #[inline(always)]
    pub fn is_none(self) -> bool {
        // SAFETY: the function has no preconditions.
        self.as_ptr() == unsafe { ffi::Py_None() }
    }

    /// The truth value, when it is exactly `True` or `False`.
    #[inline(always)]
    pub(super) fn as_bool(self) -> Option<bool> {
        // SAFETY: the functions have no preconditions.
        let (yes, no) = unsafe { (ffi::Py_True(), ffi::Py_False()) };
        if self.as_ptr() == yes {
            Some(true)
        } else if self.as_ptr() == no {
            Some(false)
        } else {
            None
        }
    }

    #[inline(always)]
    pub(super) fn is_exactly_str(self) -> bool {
        self.class() == &raw mut ffi::PyUnicode_Type
    }

    #[inline(always)]
    pub(super) fn is_exactly_int(self) -> bool {
        self.class() == &raw mut ffi::PyLong_Type
    }

    #[inline(always)]
    pub(super) fn is_exactly_float(self) -> bool {
        self.class() == &raw mut ffi::PyFloat_Type
    }

    #[inline(always)]
    pub(super) fn is_exactly_list(self) -> bool {
        self.class() == &raw mut ffi::PyList_Type
    }

    /// The items of an object that is exactly a `list`.
    #[inline(always)]
    pub(super) fn as_exact_list(self) -> Option<&'a [Self]> {
        // SAFETY: it is a list.
        self.is_exactly_list()
            .then(|| unsafe { layout::list_items(self) })
    }

    #[inline(always)]
    pub(super) fn is_exactly_dict(self) -> bool {
        self.class() == &raw mut ffi::PyDict_Type
    }

    /// Whether the object is of a type that JSON has a form for.
    pub(super) fn is_builtin(self) -> bool {
        self.is_none()
            || self.as_bool().is_some()
            || self.is_exactly_str()
            || self.is_exactly_int()
            || self.is_exactly_float()
            || self.is_exactly_list()
            || self.is_exactly_dict()
            || self.class() == &raw mut ffi::PyTuple_Type
    }

    /// Whether the class has a feature: one of `Py_TPFLAGS_*_SUBCLASS`.
    #[inline(always)]
    pub(super) fn is(self, feature: std::ffi::c_ulong) -> bool {
        // SAFETY: a class is alive as long as its objects.
        unsafe { ffi::PyType_FastSubclass(self.class(), feature) != 0 }
    }

    /// Whether it is a `float` or of a subclass.
    #[inline]
    pub(super) fn is_float(self) -> bool {
        // SAFETY: the object is alive.
        unsafe { ffi::PyFloat_Check(self.as_ptr()) != 0 }
    }

    /// The items of a `list`, or of an object of a subclass that is walked as it is: the class may have
    /// its own `__iter__`.
    pub(super) fn as_list(self) -> Option<&'a [Self]> {
        // SAFETY: classes are alive as long as their objects.
        let as_list = unsafe { same((*self.class()).tp_iter, ffi::PyList_Type.tp_iter) };
        // SAFETY: it is a list.
        (as_list && self.is(ffi::Py_TPFLAGS_LIST_SUBCLASS))
            .then(|| unsafe { layout::list_items(self) })
    }

    /// The items of a `tuple`, or of an object of a subclass that is walked as it is: named tuples are.
    #[inline]
    pub(super) fn as_tuple(self) -> Option<&'a [Self]> {
        // SAFETY: classes are alive as long as their objects.
        let as_tuple = unsafe { same((*self.class()).tp_iter, ffi::PyTuple_Type.tp_iter) };
        // SAFETY: it is a tuple.
        (as_tuple && self.is(ffi::Py_TPFLAGS_TUPLE_SUBCLASS))
            .then(|| unsafe { layout::tuple_items(self) })
    }

    /// The items of a tuple that has so many.
    #[inline]
    pub fn parts<const N: usize>(self) -> Option<[Self; N]> {
        self.as_tuple()?.try_into().ok()
    }

    /// Whether the class is `collections.defaultdict`, the one subclass of `dict` whose `items` is
    /// that of `dict` in any case.
    pub(super) fn is_exactly_defaultdict(self) -> bool {
        ptr::eq(self.class(), layout::defaultdict())
    }

    /// The characters of an object that is exactly a `str`, when all are ASCII.
    #[inline(always)]
    pub(super) fn as_ascii(self) -> Option<&'a [u8]> {
        // SAFETY: it is a `str`, which keeps its characters and never changes them.
        unsafe {
            let object = self.as_ptr();
            if ffi::PyUnicode_IS_COMPACT_ASCII(object) == 0 {
                return None;
            }
            let length = ffi::PyUnicode_GET_LENGTH(object).cast_unsigned();
            let first = object.cast::<ffi::PyASCIIObject>().add(1).cast::<u8>();
            Some(slice::from_raw_parts(first, length))
        }
    }

    /// The characters of a `str`, or of an object of a subclass.
    pub(super) fn as_text(self) -> Option<Text<'a>> {
        // SAFETY: it is a `str`, which keeps its characters and never changes them. The UTF-8 form
        // is there when it was asked for once; then it stays.
        unsafe {
            let object = self.as_ptr();
            if ffi::PyUnicode_READY(object) != 0 {
                ffi::PyErr_Clear();
                return None;
            }
            let length = ffi::PyUnicode_GET_LENGTH(object).cast_unsigned();
            let data = ffi::PyUnicode_DATA(object);
            if ffi::PyUnicode_IS_ASCII(object) != 0 {
                return Some(Text::Utf8(slice::from_raw_parts(data.cast(), length)));
            }
            let compact = object.cast::<ffi::PyCompactUnicodeObject>();
            if !(*compact).utf8.is_null() {
                let length = (*compact).utf8_length.cast_unsigned();
                let text = (*compact).utf8.cast::<u8>();
                return Some(Text::Utf8(slice::from_raw_parts(text, length)));
            }
            match ffi::PyUnicode_KIND(object) {
                ffi::PyUnicode_1BYTE_KIND => {
                    Some(Text::Latin1(slice::from_raw_parts(data.cast(), length)))
                }
                ffi::PyUnicode_2BYTE_KIND => {
                    Some(Text::Ucs2(slice::from_raw_parts(data.cast(), length)))
                }
                ffi::PyUnicode_4BYTE_KIND => {
                    Some(Text::Ucs4(slice::from_raw_parts(data.cast(), length)))
                }
                _ => None,
            }
        }
    }
}

/// A string in a form that it is stored in.
pub(super) enum Text<'a> {
    /// UTF-8, ASCII among it.
    Utf8(&'a [u8]),
    /// One byte for each character.
    Latin1(&'a [u8]),
    /// Two bytes for each character.
    Ucs2(&'a [u16]),
    /// Four bytes for each character.
    Ucs4(&'a [u32]),
}

/// Whether two slots of classes hold one function.
fn same(one: Option<ffi::getiterfunc>, other: Option<ffi::getiterfunc>) -> bool {
    one.map(|function| function as usize) == other.map(|function| function as usize)
}
