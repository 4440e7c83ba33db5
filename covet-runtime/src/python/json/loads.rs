//! `json_loads`: the function around the reader, and to whom it turns when that gives up.

use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::reader;
use crate::json::scan::Unusual;
use crate::python::raised::{Answer, Raised, owned};

const NAME: &CStr = c"json_loads";
const DOC: &CStr = c"json_loads(data, /)\n--\n\nWhat a JSON text says.";

/// What Python needs to know of the function. CPython keeps a pointer to it for ever.
struct Definition(UnsafeCell<ffi::PyMethodDef>);

// SAFETY: CPython reads method definitions and never writes them.
unsafe impl Sync for Definition {}

static DEFINITION: Definition = Definition(UnsafeCell::new(ffi::PyMethodDef {
    ml_name: NAME.as_ptr(),
    ml_meth: ffi::PyMethodDefPointer { PyCFunction: enter },
    ml_flags: ffi::METH_O,
    ml_doc: DOC.as_ptr(),
}));

/// The function.
pub(super) fn function(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: the definition is static, and the result is checked.
    unsafe {
        let function = ffi::PyCFunction_NewEx(DEFINITION.0.get(), ptr::null_mut(), ptr::null_mut());
        Bound::from_owned_ptr_or_err(py, function)
    }
}

/// What a text in UTF-8 says, unless only the standard library can tell.
pub(in crate::python) fn loads<'py>(py: Python<'py>, text: &[u8]) -> Option<Bound<'py, PyAny>> {
    // Without the lock that keeps other threads away, nothing is read here.
    if cfg!(Py_GIL_DISABLED) {
        return None;
    }
    reader::read(py, text).ok()
}

/// Called by CPython.
///
/// # Safety
///
/// `data` is an object that the caller keeps alive, and the thread is attached.
unsafe extern "C" fn enter(
    _this: *mut ffi::PyObject,
    data: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as promised above. A `Bound` is a pointer.
    let data = unsafe { &*(&raw const data).cast::<Bound<'_, PyAny>>() };
    let result = catch_unwind(AssertUnwindSafe(|| match of_object(data) {
        Some(value) => Ok(value),
        None => leave(data),
    }));
    let answer = result.unwrap_or_else(|_| {
        // The message of the panic is on standard error already. Nothing here may panic again.
        let message = c"covet_runtime failed while reading JSON";
        // SAFETY: the message ends with a zero.
        unsafe { ffi::PyErr_SetString(ffi::PyExc_RuntimeError, message.as_ptr()) };
        Err(Raised::by_python())
    });
    answer.map_or(ptr::null_mut(), Bound::into_ptr)
}

/// What a text says that is in an object of one of the usual types.
#[inline(always)]
fn of_object<'py>(data: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = data.py();
    // SAFETY: the object is alive and its class was asked. `bytes` and the UTF-8 form of a `str`
    // do not change.
    unsafe {
        let object = data.as_ptr();
        if ffi::PyBytes_CheckExact(object) != 0 {
            return loads(py, data.cast_unchecked::<PyBytes>().as_bytes());
        }
        if ffi::PyUnicode_CheckExact(object) != 0 {
            return of_text(data);
        }
        let is_buffer =
            ffi::PyByteArray_CheckExact(object) != 0 || ffi::PyMemoryView_Check(object) != 0;
        if !is_buffer {
            return None;
        }
        // Others could change it meanwhile.
        let copy = owned(py, ffi::PyBytes_FromObject(object));
        let copy = copy.map_err(Unusual::from).ok()?;
        loads(py, copy.cast_unchecked::<PyBytes>().as_bytes())
    }
}

/// What a `str` says.
///
/// # Safety
///
/// The object is one.
unsafe fn of_text<'py>(data: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = data.py();
    let object = data.as_ptr();
    // SAFETY: as the caller says. Compact ASCII has its characters behind its header.
    unsafe {
        if ffi::PyUnicode_IS_COMPACT_ASCII(object) != 0 {
            let length = ffi::PyUnicode_GET_LENGTH(object).cast_unsigned();
            let first = object.cast::<ffi::PyASCIIObject>().add(1).cast::<u8>();
            return loads(py, std::slice::from_raw_parts(first, length));
        }
        let copy = owned(py, ffi::PyUnicode_AsUTF8String(object));
        let copy = copy.map_err(Unusual::from).ok()?;
        loads(py, copy.cast_unchecked::<PyBytes>().as_bytes())
    }
}

/// The pure tier's answer, which is the standard library's. By the C API alone: PyO3 panics when the
/// interpreter shuts down.
#[cold]
#[inline(never)]
fn leave<'py>(data: &Bound<'py, PyAny>) -> Answer<'py> {
    let py = data.py();
    // SAFETY: the names end with a zero; each call takes objects that are alive, and returns a new
    // reference or raises.
    unsafe {
        let module = owned(
            py,
            ffi::PyImport_ImportModule(c"covet_runtime.json".as_ptr()),
        )?;
        let function = ffi::PyObject_GetAttrString(module.as_ptr(), NAME.as_ptr());
        let function = owned(py, function)?;
        owned(
            py,
            ffi::PyObject_CallOneArg(function.as_ptr(), data.as_ptr()),
        )
    }
}
