//! Objects of classes that keep their declared fields in slots: msgspec Structs, and dataclasses with
//! `slots=True`.
//!
//! Where such an object keeps its fields is found out when the first of its class is met, after
//! writing was given up for that document: to ask a class is to run Python code. From then on they are
//! read in place. The layout of a class never changes; what its attributes mean may, and its version
//! tag with it.
//!
//! Objects that keep their fields in a dictionary are left to the pure tier. To get at that dictionary
//! may run code: a collection of garbage, or the `__eq__` of a key.

use std::ffi::c_uint;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::value::Value;
use super::writer::{Unusual, Writer};

/// How often a serializer asks classes. One that is changed again and again is left to the pure tier.
const QUESTIONS: u32 = 100;

/// A class that a serializer was generated for.
pub struct Class<const N: usize> {
    /// `module:qualname`, with type arguments.
    reference: &'static str,
    /// The name in JSON and the attribute of each field.
    fields: [(&'static str, &'static str); N],
    /// The class, once it was met; what was here before is never freed.
    known: AtomicPtr<Known<N>>,
    /// How many questions were asked.
    asked: AtomicU32,
}

/// What was found out about the class.
struct Known<const N: usize> {
    class: *mut ffi::PyTypeObject,
    /// Changes whenever the class does.
    version: c_uint,
    /// Another class and its version. Nobody changes it, so it has that version until all are forgotten:
    /// before CPython 3.11, `sys._clear_type_cache` does that, and gives the numbers again.
    #[cfg(not(Py_3_11))]
    witness: (*mut ffi::PyTypeObject, c_uint),
    /// Where each field is.
    offsets: [ffi::Py_ssize_t; N],
}

/// A class that has to be asked, and who asks.
pub(super) type Unknown = (&'static dyn Learn, *mut ffi::PyTypeObject);

/// Finds out about a class that a writer has met.
pub(super) trait Learn: Sync {
    /// Whether objects of the class can be written now.
    fn learn(&self, class: &Bound<'_, PyType>) -> PyResult<bool>;
}

impl<const N: usize> Class<N> {
    /// A class by its name, with the name in JSON and the attribute of each field.
    pub const fn new(reference: &'static str, fields: [(&'static str, &'static str); N]) -> Self {
        Self {
            reference,
            fields,
            known: AtomicPtr::new(ptr::null_mut()),
            asked: AtomicU32::new(0),
        }
    }

    /// The fields of an object. None when it is something that JSON has a form for.
    ///
    /// # Errors
    ///
    /// When its class has to be asked first or is another one, when a field is missing, and when only
    /// dictionaries are objects in this document.
    #[inline]
    pub fn fields<'a>(
        &'static self,
        writer: &mut Writer<'_>,
        value: Value<'a>,
    ) -> Result<Option<[Value<'a>; N]>, Unusual> {
        let Some(known) = self.known().filter(|known| known.is_of(value)) else {
            if value.is_builtin() {
                return Ok(None);
            }
            return Err(writer.ask((self, value.class())));
        };
        if !writer.takes_models() {
            return Err(Unusual);
        }
        let mut values = [value; N];
        for (place, offset) in values.iter_mut().zip(&known.offsets) {
            // SAFETY: objects of the class have a reference, or null, at the offset, and keep what
            // it refers to.
            unsafe {
                let field = value.as_ptr().byte_offset(*offset);
                let field = field.cast::<*mut ffi::PyObject>().read();
                *place = Value::new(ptr::NonNull::new(field).ok_or(Unusual)?);
            }
        }
        Ok(Some(values))
    }

    #[inline(always)]
    fn known(&self) -> Option<&'static Known<N>> {
        // SAFETY: what was stored is never freed.
        unsafe { self.known.load(Ordering::Acquire).as_ref() }
    }

    /// Where objects of a class keep the fields. None when it is another class than the declared one,
    /// or has a say in what its attributes are.
    fn offsets(&self, class: &Bound<'_, PyType>) -> PyResult<Option<[ffi::Py_ssize_t; N]>> {
        let plain = class.py().import("covet_runtime.plain")?;
        let fields = self.fields.as_slice();
        let slots = plain
            .getattr("slots")?
            .call1((class, self.reference, fields))?;
        if slots.is_none() {
            return Ok(None);
        }
        let mut offsets = [0; N];
        for (offset, slot) in offsets.iter_mut().zip(slots.try_iter()?) {
            match member_offset(class, &slot?) {
                Some(member) => *offset = member,
                None => return Ok(None),
            }
        }
        Ok(Some(offsets))
    }
}

impl<const N: usize> Known<N> {
    #[inline(always)]
    fn is_of(&self, value: Value<'_>) -> bool {
        #[cfg(not(Py_3_11))]
        // SAFETY: this class is kept for ever.
        if self.witness.1 != unsafe { version(self.witness.0) } {
            return false;
        }
        // SAFETY: classes are alive as long as their objects.
        self.class == value.class() && self.version == unsafe { version(self.class) }
    }
}

impl<const N: usize> Learn for Class<N> {
    fn learn(&self, class: &Bound<'_, PyType>) -> PyResult<bool> {
        let pointer = class.as_type_ptr();
        let is_another = self.known().is_some_and(|known| known.class != pointer);
        if is_another || self.asked.fetch_add(1, Ordering::Relaxed) >= QUESTIONS {
            return Ok(false);
        }
        // A class has a version once an attribute was looked up in it.
        let look_up = || class.getattr_opt("__covet_runtime__").map(drop);
        look_up()?;
        // SAFETY: the class is alive.
        let before = unsafe { version(pointer) };
        let Some(offsets) = self.offsets(class)? else {
            return Ok(false);
        };
        look_up()?;
        // SAFETY: the class is alive.
        let version = unsafe { version(pointer) };
        if version == 0 || version != before {
            return Ok(false);
        }
        let known = Known {
            #[cfg(not(Py_3_11))]
            witness: witness(class.py())?,
            // Kept for ever, so that no other class can have its address.
            class: class.clone().into_ptr().cast(),
            version,
            offsets,
        };
        let known = Box::into_raw(Box::new(known));
        self.known.store(known, Ordering::Release);
        Ok(true)
    }
}

// SAFETY: the pointers are those of objects that are kept for ever, and are only compared.
unsafe impl<const N: usize> Sync for Class<N> {}

/// A new class, kept for ever, and its version.
#[cfg(not(Py_3_11))]
fn witness(py: Python<'_>) -> PyResult<(*mut ffi::PyTypeObject, c_uint)> {
    let bases = pyo3::types::PyTuple::empty(py);
    let space = pyo3::types::PyDict::new(py);
    let class = py.get_type::<PyType>().call1(("Witness", bases, space))?;
    class.getattr_opt("__covet_runtime__")?;
    let pointer = class.into_ptr().cast();
    // SAFETY: the class is alive.
    Ok((pointer, unsafe { version(pointer) }))
}

/// What changes with each change of a class; 0 when there is no telling.
///
/// # Safety
///
/// The class is alive.
#[inline(always)]
unsafe fn version(class: *mut ffi::PyTypeObject) -> c_uint {
    // SAFETY: as the caller says.
    unsafe {
        // CPython 3.9 leaves the tag of a changed class as it is.
        if cfg!(not(Py_3_10))
            && ffi::PyType_HasFeature(class, ffi::Py_TPFLAGS_VALID_VERSION_TAG) == 0
        {
            return 0;
        }
        (*class).tp_version_tag
    }
}

/// Where objects of a class keep the attribute that a descriptor stands for, if it is one of
/// `__slots__`.
pub(in crate::python) fn member_offset(
    class: &Bound<'_, PyType>,
    descriptor: &Bound<'_, PyAny>,
) -> Option<isize> {
    /// `T_OBJECT_EX` and `_Py_T_OBJECT`: a reference, or null.
    const OBJECTS: [std::ffi::c_int; 2] = [16, 6];
    // SAFETY: a member descriptor has these fields.
    unsafe {
        if descriptor.get_type().as_type_ptr() != &raw mut ffi::PyMemberDescr_Type {
            return None;
        }
        let descriptor = descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>();
        let owner = (*descriptor).d_common.d_type;
        let member = (*descriptor).d_member.cast::<ffi::PyMemberDef>();
        let is_object = OBJECTS.contains(&(*member).type_code);
        let is_own = ffi::PyType_IsSubtype(class.as_type_ptr(), owner) != 0;
        (is_object && is_own).then(|| (*member).offset)
    }
}
