//! Functions from an object to its JSON text.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::{ffi, intern};

use super::value::Value;
use super::writer::{Writer, Written};
use crate::json::{Buffer, Place, metrics};
use crate::python::raised::{Answer, owned};
use crate::python::text;

/// Writes an object.
pub type Write = fn(&mut Writer<'_>, Value<'_>) -> Written;

/// What a serializer returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// `bytes`, in UTF-8.
    Bytes,
    /// `str`.
    Text,
}

/// From an object to its text.
#[pyclass(frozen, module = "covet_runtime")]
pub struct Serializer {
    /// What it counts under: the route.
    name: Box<str>,
    write: Write,
    output: Output,
}

impl Serializer {
    /// `write` writes an object. What it leaves is the pure tier's, which is the standard library.
    /// `name` says in the metrics whose objects they are.
    pub fn new(name: impl Into<Box<str>>, write: Write, output: Output) -> Self {
        Self {
            name: name.into(),
            write,
            output,
        }
    }

    /// The text of `object`.
    #[inline(always)]
    fn call<'py>(&self, object: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = object.py();
        // Without the lock that keeps other threads from changing what is written, it is not.
        if cfg!(Py_GIL_DISABLED) {
            return self.leave(object);
        }
        let mut scratch = Buffer::uninit();
        let mut writer = Writer::new(&mut scratch, self.output == Output::Text);
        // SAFETY: no Python code runs before the text is complete.
        let value = unsafe { Value::of(object) };
        if (self.write)(&mut writer, value).is_err() {
            drop(writer);
            return self.leave(object);
        }
        if !writer.counted().is_empty() {
            self.count(writer.counted());
        }
        let text = writer.text();
        match self.output {
            Output::Bytes => bytes(py, text),
            Output::Text => str(py, text),
        }
    }

    #[cold]
    #[inline(never)]
    fn count(&self, counted: &[(&Place, u64)]) {
        for (place, number) in counted {
            metrics::count(&self.name, **place, *number);
        }
    }

    /// The pure tier's answer.
    #[cold]
    #[inline(never)]
    fn leave<'py>(&self, object: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = object.py();
        metrics::count(&self.name, metrics::LEFT, 1);
        let name = match self.output {
            Output::Bytes => intern!(py, "json_dumps_bytes"),
            Output::Text => intern!(py, "json_dumps_smart"),
        };
        let pure = py.import("covet_runtime.json")?.getattr(name)?;
        Ok(pure.call1((object,))?)
    }

    /// A Python function of one argument, which may be called without looking anything up. `doc`
    /// begins with the signature.
    ///
    /// A `#[pyfunction]`, or a call of the class, would take longer than a short text.
    ///
    /// # Errors
    ///
    /// What Python raises.
    pub fn into_function<'py>(
        self,
        py: Python<'py>,
        name: &'static CStr,
        doc: &'static CStr,
    ) -> PyResult<Bound<'py, PyAny>> {
        // CPython keeps the pointer for ever, and a module is loaded once.
        let definition = Box::leak(Box::new(ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunction: enter },
            ml_flags: ffi::METH_O,
            ml_doc: doc.as_ptr(),
        }));
        let this = Bound::new(py, self)?;
        // SAFETY: the definition is static, and the function keeps `this`.
        unsafe {
            let function = ffi::PyCFunction_NewEx(definition, this.as_ptr(), ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, function)
        }
    }
}

/// New `bytes`.
#[inline(always)]
fn bytes<'py>(py: Python<'py>, text: &[u8]) -> Answer<'py> {
    // SAFETY: pointer and length are those of the text.
    unsafe {
        let length = text.len().cast_signed();
        owned(
            py,
            ffi::PyBytes_FromStringAndSize(text.as_ptr().cast(), length),
        )
    }
}

/// A new `str`.
#[inline]
fn str<'py>(py: Python<'py>, text: &[u8]) -> Answer<'py> {
    if text.is_ascii() {
        // SAFETY: it is.
        return unsafe { text::ascii(py, text) };
    }
    text::slice_of_utf8(py, text)
}

/// Called by CPython.
///
/// # Safety
///
/// `this` is a [`Serializer`], since [`Serializer::into_function`]
/// binds no other, and `object` an object; both are
/// kept alive by the caller, which is attached.
unsafe extern "C" fn enter(
    this: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let result = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as promised above. A `Bound` is a pointer.
        unsafe {
            let this = (*(&raw const this).cast::<Bound<'_, Serializer>>()).get();
            let object = &*(&raw const object).cast::<Bound<'_, PyAny>>();
            this.call(object)
        }
    }));
    let answer = result.unwrap_or_else(|_| {
        // The message of the panic is on standard error already.
        Err(PyRuntimeError::new_err("covet_runtime failed while writing JSON").into())
    });
    answer.map_or(ptr::null_mut(), Bound::into_ptr)
}
