//! Functions from an object to its JSON text.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::{PyMemoryError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::{ffi, intern};

use super::output::{self, Bytes};
use super::value::Value;
use super::writer::{Writer, Written};
use crate::json::buffer::OutOfMemory;
use crate::json::{Buffer, Place, metrics};
use crate::python::raised::Answer;

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
    /// The length of the last document when it was a long one, otherwise 0.
    last: AtomicUsize,
    /// How many bytes to expect of the next; 0 when there is no telling.
    expected: AtomicUsize,
}

impl Serializer {
    /// `write` writes an object. What it leaves is the pure tier's, which is the standard library.
    /// `name` says in the metrics whose objects they are.
    pub fn new(name: impl Into<Box<str>>, write: Write, output: Output) -> Self {
        Self {
            name: name.into(),
            write,
            output,
            last: AtomicUsize::new(0),
            expected: AtomicUsize::new(0),
        }
    }

    /// The text of `object`.
    #[inline(always)]
    fn call<'py>(&self, object: &Bound<'py, PyAny>) -> Answer<'py> {
        // Without the lock that keeps other threads from changing what is written, it is not.
        if cfg!(Py_GIL_DISABLED) {
            return self.leave(object);
        }
        match self.output {
            Output::Bytes => self.bytes(object),
            Output::Text => self.text(object),
        }
    }

    #[inline(always)]
    fn bytes<'py>(&self, object: &Bound<'py, PyAny>) -> Answer<'py> {
        let (mut scratch, mut memory) = (Buffer::uninit(), Bytes::new());
        let expected = self.expected.load(Ordering::Relaxed);
        let buffer = Buffer::new(&mut scratch, &mut memory, expected);
        let Some(buffer) = self.write(object, buffer, false) else {
            return self.leave(object);
        };
        let (length, moved) = (buffer.len(), buffer.has_moved());
        if moved || self.last.load(Ordering::Relaxed) != 0 {
            self.expect(if moved { length } else { 0 });
        }
        if !moved {
            return output::bytes(object.py(), buffer.text());
        }
        // SAFETY: the text is in the memory, and this is its length.
        unsafe { memory.finish(object.py(), length) }
    }

    fn text<'py>(&self, object: &Bound<'py, PyAny>) -> Answer<'py> {
        let (mut scratch, mut memory) = (Buffer::uninit(), Vec::new());
        let buffer = Buffer::new(&mut scratch, &mut memory, 0);
        match self.write(object, buffer, true) {
            Some(buffer) => output::str(object.py(), buffer.text()),
            None => self.leave(object),
        }
    }

    /// Writes `object`. None when that is left to others.
    #[inline(always)]
    fn write<'s>(
        &self,
        object: &Bound<'_, PyAny>,
        buffer: Buffer<'s>,
        keep_surrogates: bool,
    ) -> Option<Buffer<'s>> {
        let mut writer = Writer::new(buffer, keep_surrogates);
        // SAFETY: no Python code runs before the text is complete.
        let value = unsafe { Value::of(object) };
        (self.write)(&mut writer, value).ok()?;
        if !writer.counted().is_empty() {
            self.count(writer.counted());
        }
        Some(writer.into_buffer())
    }

    /// Remembers the length of a document, 0 for a short one. When two in a row were long, the next is
    /// expected to be like the shorter of them, and a little longer.
    #[cold]
    fn expect(&self, length: usize) {
        let expected = self.last.swap(length, Ordering::Relaxed).min(length);
        self.expected
            .store(expected + expected / 8, Ordering::Relaxed);
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
    let answer = result.unwrap_or_else(|thrown| {
        Err(if thrown.is::<OutOfMemory>() {
            PyMemoryError::new_err(())
        } else {
            // The message of the panic is on standard error already.
            PyRuntimeError::new_err("covet_runtime failed while writing JSON")
        }
        .into())
    });
    answer.map_or(ptr::null_mut(), Bound::into_ptr)
}
