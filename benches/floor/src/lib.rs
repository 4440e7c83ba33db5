//! The floor under every route matcher: native functions of `(path, method)` that build the
//! objects of an answer and decide nothing.
//!
//! Each is written as cheaply as the C API of CPython allows: the vectorcall convention without
//! keywords, no check of the arguments, names and id made beforehand, values from a constant.

use std::ffi::CStr;

use pyo3::ffi::{self, Py_ssize_t, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};

/// What a value of a parameter looks like; the benchmark's requests have such values.
const TEXTS: [&[u8; 4]; 2] = [b"abcd", b"efgh"];
const NUMBERS: [i64; 2] = [1347, 9021];

/// What answers are made of, in the tuple that every function is made with.
const ID: Py_ssize_t = 2;
const CLASS: Py_ssize_t = 3;
const NO_ARGUMENTS: Py_ssize_t = 4;
const ATTRIBUTES: [Py_ssize_t; 2] = [5, 6];

/// Functions of `(path, method)`.
#[pymodule]
fn covet_floor(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let names = ["thing", "part"].map(|name| PyString::intern(py, name));
    let id = PyInt::new(py, 299);
    let class = py.import("covet.core.routing")?.getattr("RouteMatch")?;
    let attributes = ["handler", "params"].map(|name| PyString::intern(py, name));
    let ready = PyTuple::new(
        py,
        [
            names[0].as_any(),
            names[1].as_any(),
            id.as_any(),
            &class,
            PyTuple::empty(py).as_any(),
            attributes[0].as_any(),
            attributes[1].as_any(),
        ],
    )?;
    for definition in &DEFINITIONS {
        // SAFETY: the definition is static, and the function keeps the tuple alive.
        let function = unsafe {
            let definition = (&raw const definition.0).cast_mut();
            let function = ffi::PyCFunction_NewEx(definition, ready.as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, function)?
        };
        let name = function.getattr("__name__")?.cast_into::<PyString>()?;
        module.add(name, function)?;
    }
    Ok(())
}

struct Definition(ffi::PyMethodDef);

// SAFETY: CPython reads method definitions and never writes them.
unsafe impl Sync for Definition {}

static DEFINITIONS: [Definition; 7] = [
    define(c"nothing", nothing),
    define(c"route_id", route_id),
    define(c"no_parameters", no_parameters),
    define(c"two_texts", two_texts),
    define(c"two_numbers", two_numbers),
    define(c"route_match_two_texts", route_match_two_texts),
    define(c"route_match_two_numbers", route_match_two_numbers),
];

const fn define(name: &'static CStr, function: ffi::PyCFunctionFast) -> Definition {
    Definition(ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFast: function,
        },
        ml_flags: ffi::METH_FASTCALL,
        ml_doc: std::ptr::null(),
    })
}

/// `None`.
unsafe extern "C" fn nothing(
    _ready: *mut PyObject,
    _arguments: *mut *mut PyObject,
    _count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: the caller gets a reference of its own.
    unsafe { ffi::Py_NewRef(ffi::Py_None()) }
}

/// `id`.
unsafe extern "C" fn route_id(
    ready: *mut PyObject,
    _arguments: *mut *mut PyObject,
    _count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: `ready` is the tuple that the function was made with; its item `ID` is the id.
    unsafe { ffi::Py_NewRef(ffi::PyTuple_GET_ITEM(ready, ID)) }
}

/// `(id, {})`.
unsafe extern "C" fn no_parameters(
    ready: *mut PyObject,
    _arguments: *mut *mut PyObject,
    _count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: `ready` is the tuple that the function was made with.
    unsafe { answer(ready, ffi::PyDict_New()) }
}

/// `(id, {"thing": str, "part": str})`.
unsafe extern "C" fn two_texts(
    ready: *mut PyObject,
    _arguments: *mut *mut PyObject,
    _count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: `ready` is the tuple that the function was made with.
    unsafe { answer(ready, parameters(ready, text)) }
}

/// `(id, {"thing": int, "part": int})`.
unsafe extern "C" fn two_numbers(
    ready: *mut PyObject,
    _arguments: *mut *mut PyObject,
    _count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: `ready` is the tuple that the function was made with.
    unsafe { answer(ready, parameters(ready, number)) }
}

/// `RouteMatch(handler=id, params={"thing": str, "part": str})`.
unsafe extern "C" fn route_match_two_texts(
    ready: *mut PyObject,
    _arguments: *mut *mut PyObject,
    _count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: `ready` is the tuple that the function was made with.
    unsafe { route_match(ready, parameters(ready, text)) }
}

/// `RouteMatch(handler=id, params={"thing": int, "part": int})`.
unsafe extern "C" fn route_match_two_numbers(
    ready: *mut PyObject,
    _arguments: *mut *mut PyObject,
    _count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: `ready` is the tuple that the function was made with.
    unsafe { route_match(ready, parameters(ready, number)) }
}

/// A new text of four characters, or null with an exception.
#[inline(always)]
fn text(position: usize) -> *mut PyObject {
    // SAFETY: a new string of four one-byte characters has room for four bytes, and nobody else
    // has it yet.
    unsafe {
        let text = ffi::PyUnicode_New(4, 0x7f);
        if !text.is_null() {
            let data = ffi::PyUnicode_DATA(text).cast::<u8>();
            data.copy_from_nonoverlapping(TEXTS[position].as_ptr(), 4);
        }
        text
    }
}

/// A new number, or null with an exception.
#[inline(always)]
fn number(position: usize) -> *mut PyObject {
    // SAFETY: the function has no preconditions.
    unsafe { ffi::PyLong_FromLongLong(NUMBERS[position]) }
}

/// A dictionary of two parameters, or null with an exception.
///
/// # Safety
///
/// `ready` begins with two names; `value` returns a new reference, or null with an exception.
#[inline(always)]
unsafe fn parameters(
    ready: *mut PyObject,
    value: impl Fn(usize) -> *mut PyObject,
) -> *mut PyObject {
    // SAFETY: every object is checked before it is used, and what is owned is given away or
    // released.
    unsafe {
        let parameters = ffi::PyDict_New();
        if parameters.is_null() {
            return parameters;
        }
        for position in 0..2 {
            let value = value(position);
            let name = ffi::PyTuple_GET_ITEM(ready, position.cast_signed());
            let failed = value.is_null() || ffi::PyDict_SetItem(parameters, name, value) != 0;
            ffi::Py_XDECREF(value);
            if failed {
                ffi::Py_DECREF(parameters);
                return std::ptr::null_mut();
            }
        }
        parameters
    }
}

/// `(id, parameters)`, which takes over `parameters`.
///
/// # Safety
///
/// The item `ID` of the tuple `ready` is the id; `parameters` is a new reference or null.
#[inline(always)]
unsafe fn answer(ready: *mut PyObject, parameters: *mut PyObject) -> *mut PyObject {
    // SAFETY: a new tuple's items are set exactly once each, to references of its own.
    unsafe {
        let tuple = ffi::PyTuple_New(2);
        if parameters.is_null() || tuple.is_null() {
            ffi::Py_XDECREF(parameters);
            ffi::Py_XDECREF(tuple);
            return std::ptr::null_mut();
        }
        ffi::PyTuple_SET_ITEM(tuple, 0, ffi::Py_NewRef(ffi::PyTuple_GET_ITEM(ready, ID)));
        ffi::PyTuple_SET_ITEM(tuple, 1, parameters);
        tuple
    }
}

/// An instance of the framework's class, which takes over `parameters`: `object.__new__` and two
/// attributes, without the call of an `__init__` that would set them.
///
/// # Safety
///
/// The tuple `ready` is what the module was made with; `parameters` is a new reference or null.
#[inline(always)]
unsafe fn route_match(ready: *mut PyObject, parameters: *mut PyObject) -> *mut PyObject {
    // SAFETY: the class is a dataclass, which inherits `object.__new__`; every object is checked
    // before it is used, and what is owned is given away or released.
    unsafe {
        let class = ffi::PyTuple_GET_ITEM(ready, CLASS).cast();
        let no_arguments = ffi::PyTuple_GET_ITEM(ready, NO_ARGUMENTS);
        let new = ffi::PyBaseObject_Type.tp_new;
        let object = new.map_or(std::ptr::null_mut(), |new| {
            new(class, no_arguments, std::ptr::null_mut())
        });
        let values = [ffi::PyTuple_GET_ITEM(ready, ID), parameters];
        let mut failed = object.is_null() || parameters.is_null();
        for (attribute, value) in ATTRIBUTES.into_iter().zip(values) {
            let name = ffi::PyTuple_GET_ITEM(ready, attribute);
            failed = failed || ffi::PyObject_GenericSetAttr(object, name, value) != 0;
        }
        ffi::Py_XDECREF(parameters);
        if failed {
            ffi::Py_XDECREF(object);
            return std::ptr::null_mut();
        }
        object
    }
}
