//! Objects of classes with declared fields: dataclasses, msgspec Structs, pydantic models.
//!
//! Where such an object keeps its fields is found out when the first of its class is met, after
//! writing was given up for that document: to ask a class is to run Python code. From then on its
//! fields are read in place, or by attribute where that cannot run any code, as long as the class is
//! not changed.

use std::ffi::c_uint;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::model::Keys;
use super::value::Value;
use super::writer::{Unusual, Writer};

/// A class that a serializer was generated for.
pub struct Class<const N: usize> {
    /// `module:qualname`, with type arguments.
    reference: &'static str,
    /// Whether objects keep their fields in a dictionary of their own, in order.
    in_dict: bool,
    /// The name in JSON and the attribute of each field.
    fields: [(&'static str, &'static str); N],
    /// The same attributes as keys.
    attributes: Keys<N>,
    /// The class, once it was met; what was here before is never freed.
    known: AtomicPtr<Known<N>>,
}

/// What was found out about the class.
struct Known<const N: usize> {
    class: *mut ffi::PyTypeObject,
    /// Changes whenever the class does.
    version: c_uint,
    access: Access<N>,
}

/// How fields are read.
enum Access<const N: usize> {
    /// From the object itself, at these offsets.
    Offsets([ffi::Py_ssize_t; N]),
    /// From the dictionary of the object.
    Dict,
    /// By attribute. Nothing of the class has a say in that.
    Attributes,
}

/// Finds out about a class that a writer has met.
pub(super) trait Learn: Sync {
    /// Whether objects of the class can be written now.
    fn learn(&self, class: &Bound<'_, PyType>) -> PyResult<bool>;
}

impl<const N: usize> Class<N> {
    /// A class by its name, with the name in JSON and the attribute of each field. `attributes` are
    /// these attributes again.
    pub const fn new(
        reference: &'static str,
        in_dict: bool,
        fields: [(&'static str, &'static str); N],
        attributes: [&'static str; N],
    ) -> Self {
        Self {
            reference,
            in_dict,
            fields,
            attributes: Keys::new(attributes),
            known: AtomicPtr::new(ptr::null_mut()),
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
        // SAFETY: what was stored is never freed.
        let known = unsafe { self.known.load(Ordering::Acquire).as_ref() };
        let known = known.filter(|known| {
            // SAFETY: classes are alive as long as their objects.
            known.class == value.class() && known.version == unsafe { version(value.class()) }
        });
        let Some(known) = known else {
            if value.is_builtin() {
                return Ok(None);
            }
            return Err(writer.ask(self, value.class()));
        };
        if !writer.takes_models() {
            return Err(Unusual);
        }
        match &known.access {
            // SAFETY: the class has such fields there, and has not changed.
            Access::Offsets(offsets) => unsafe { at_offsets(value, offsets) }.map(Some),
            Access::Dict => self.in_dict(value).map(Some),
            Access::Attributes => self.by_attribute(value).map(Some),
        }
    }

    fn in_dict<'a>(&self, value: Value<'a>) -> Result<[Value<'a>; N], Unusual> {
        // SAFETY: the object keeps its dictionary, so what is borrowed from it stays.
        unsafe {
            let dict = ffi::PyObject_GenericGetDict(value.as_ptr(), ptr::null_mut());
            let borrowed = borrow(dict)?;
            self.attributes.all(borrowed).ok_or(Unusual)
        }
    }

    fn by_attribute<'a>(&self, value: Value<'a>) -> Result<[Value<'a>; N], Unusual> {
        let mut values = [value; N];
        for (place, key) in values.iter_mut().zip(self.attributes.pointers()) {
            // SAFETY: it is the generic function, and no attribute of the class is a descriptor, so
            // no code runs. The object, or its class, keeps the value.
            *place = unsafe { borrow(ffi::PyObject_GenericGetAttr(value.as_ptr(), key)) }?;
        }
        Ok(values)
    }

    /// How the fields of a class are read. None when it is another than the one that was declared, or
    /// when its own code has a say in that.
    fn find_access(&self, class: &Bound<'_, PyType>) -> PyResult<Option<Access<N>>> {
        let plain = class.py().import("covet_runtime.plain")?;
        let is_declared = plain.getattr("is_declared")?;
        let fields = self.fields.as_slice();
        if !is_declared
            .call1((class, self.reference, fields))?
            .is_truthy()?
        {
            return Ok(None);
        }
        if self.in_dict {
            return Ok(Some(Access::Dict));
        }
        let mut offsets = [0; N];
        let mut found = 0;
        for (offset, (_, attribute)) in offsets.iter_mut().zip(&self.fields) {
            let Ok(descriptor) = class.getattr(*attribute) else {
                continue;
            };
            if let Some(member) = member_offset(class, &descriptor) {
                *offset = member;
                found += 1;
            } else if has_get(&descriptor) {
                return Ok(None);
            }
        }
        // SAFETY: the class is alive.
        let getattro = unsafe { (*class.as_type_ptr()).tp_getattro };
        let generic = ffi::PyObject_GenericGetAttr as *const () as usize;
        Ok(if found == N {
            Some(Access::Offsets(offsets))
        } else if found == 0 && getattro.is_some_and(|get| get as *const () as usize == generic) {
            Some(Access::Attributes)
        } else {
            None
        })
    }
}

impl<const N: usize> Learn for Class<N> {
    fn learn(&self, class: &Bound<'_, PyType>) -> PyResult<bool> {
        let Some(access) = self.find_access(class)? else {
            return Ok(false);
        };
        // Looked up once more, because only a class of which an attribute was looked up has one.
        let _ = class.hasattr(PyString::intern(class.py(), "__class__"))?;
        let pointer = class.as_type_ptr();
        // SAFETY: the class is alive.
        let version = unsafe { version(pointer) };
        if version == 0 {
            return Ok(false);
        }
        let known = Known {
            // Kept for ever, so that no other class can have its address.
            class: class.clone().into_ptr().cast(),
            version,
            access,
        };
        let known = Box::into_raw(Box::new(known));
        self.known.store(known, Ordering::Release);
        Ok(true)
    }
}

// SAFETY: the pointers are those of objects that are kept for ever, and are only compared.
unsafe impl<const N: usize> Sync for Class<N> {}

/// What changes with each change of a class; 0 when there is no telling.
///
/// # Safety
///
/// The class is alive.
#[inline(always)]
const unsafe fn version(class: *mut ffi::PyTypeObject) -> c_uint {
    // SAFETY: as the caller says.
    unsafe { (*class).tp_version_tag }
}

/// What a new reference refers to, which is given back.
///
/// # Safety
///
/// `object` is null, with an exception, or a new reference to what something else keeps for `'a`.
#[inline(always)]
unsafe fn borrow<'a>(object: *mut ffi::PyObject) -> Result<Value<'a>, Unusual> {
    // SAFETY: as the caller says.
    unsafe {
        let Some(pointer) = ptr::NonNull::new(object) else {
            ffi::PyErr_Clear();
            return Err(Unusual);
        };
        ffi::Py_DECREF(object);
        Ok(Value::new(pointer))
    }
}

/// # Safety
///
/// Objects of this class have references, or null, at these offsets.
#[inline(always)]
unsafe fn at_offsets<'a, const N: usize>(
    value: Value<'a>,
    offsets: &[ffi::Py_ssize_t; N],
) -> Result<[Value<'a>; N], Unusual> {
    let mut values = [value; N];
    for (place, offset) in values.iter_mut().zip(offsets) {
        // SAFETY: as the caller says; the object keeps what it refers to.
        unsafe {
            let field = value.as_ptr().byte_offset(*offset);
            let field = field.cast::<*mut ffi::PyObject>().read();
            *place = Value::new(ptr::NonNull::new(field).ok_or(Unusual)?);
        }
    }
    Ok(values)
}

/// Where objects of a class keep the attribute that a descriptor stands for, if it is one of
/// `__slots__`.
fn member_offset(class: &Bound<'_, PyType>, descriptor: &Bound<'_, PyAny>) -> Option<isize> {
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

/// Whether an object, as an attribute of a class, has a say in what the attribute of an instance is.
fn has_get(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: classes are alive as long as their objects.
    unsafe {
        (*object.get_type().as_type_ptr()).tp_descr_get.is_some()
            || (*object.get_type().as_type_ptr()).tp_descr_set.is_some()
    }
}
