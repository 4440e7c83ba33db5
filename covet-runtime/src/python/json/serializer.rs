//! Functions from an object to its JSON text.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::class::{Learn, Unknown};
use super::output::{self, Bytes};
use super::value::Value;
use super::writer::{Writer, Written};
use crate::json::buffer::OutOfMemory;
use crate::json::{Buffer, Place, metrics};
use crate::python::raised::{Answer, Raised, owned};

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

/// How many classes are asked for one document before it is left.
const CLASSES: u32 = 256;

/// What came of writing a document.
enum Attempt<'py> {
    /// The text, or an exception.
    Done(Answer<'py>),
    /// A class was in the way.
    Asks(Unknown),
    /// It is to be left to the pure tier.
    Fails,
}

/// From an object to its text.
#[pyclass(frozen, module = "covet_runtime")]
pub struct Serializer {
    /// What it counts under: the route.
    name: Box<str>,
    write: Write,
    output: Output,
    /// Whether objects of classes with declared fields are written.
    models: bool,
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
            models: false,
            last: AtomicUsize::new(0),
            expected: AtomicUsize::new(0),
        }
    }

    /// Writes dataclasses, msgspec Structs and pydantic models as objects, which the framework
    /// does not.
    pub fn with_models(mut self) -> Self {
        self.models = true;
        self
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
        match self.attempt(object) {
            Attempt::Done(answer) => answer,
            Attempt::Asks(unknown) => self.ask(object, unknown),
            Attempt::Fails => self.leave(object),
        }
    }

    #[inline(always)]
    fn attempt<'py>(&self, object: &Bound<'py, PyAny>) -> Attempt<'py> {
        let (mut scratch, mut memory) = (Buffer::uninit(), Bytes::new());
        let expected = self.expected.load(Ordering::Relaxed);
        let mut writer = Writer::new(
            Buffer::new(&mut scratch, &mut memory, expected),
            false,
            self.models,
        );
        if !self.write(object, &mut writer) {
            return writer.unknown().map_or(Attempt::Fails, Attempt::Asks);
        }
        let buffer = writer.into_buffer();
        let (length, moved) = (buffer.len(), buffer.has_moved());
        if moved || self.last.load(Ordering::Relaxed) != 0 {
            self.expect(if moved { length } else { 0 });
        }
        Attempt::Done(if moved {
            // SAFETY: the text is in the memory, and this is its length.
            unsafe { memory.finish(object.py(), length) }
        } else {
            output::bytes(object.py(), buffer.text())
        })
    }

    fn text<'py>(&self, object: &Bound<'py, PyAny>) -> Answer<'py> {
        let (mut scratch, mut memory) = (Buffer::uninit(), Vec::new());
        let buffer = Buffer::new(&mut scratch, &mut memory, 0);
        let mut writer = Writer::new(buffer, true, self.models);
        if !self.write(object, &mut writer) {
            return self.leave(object);
        }
        output::str(object.py(), writer.into_buffer().text())
    }

    /// Writes `object`; false when that is left to others.
    #[inline(always)]
    fn write(&self, object: &Bound<'_, PyAny>, writer: &mut Writer<'_>) -> bool {
        // SAFETY: no Python code runs before the text is complete.
        let value = unsafe { Value::of(object) };
        let written = (self.write)(writer, value).is_ok();
        if written && !writer.counted().is_empty() {
            self.count(writer.counted());
        }
        written
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

    /// Asks the class that was in the way and tries again, as often as there is another.
    #[cold]
    #[inline(never)]
    fn ask<'py>(&self, object: &Bound<'py, PyAny>, mut unknown: Unknown) -> Answer<'py> {
        for _ in 0..CLASSES {
            let (learner, class) = unknown;
            // SAFETY: `object` holds one of this class, since no code ran after it was met. To attach
            // may run some.
            let class = unsafe { Bound::from_borrowed_ptr(object.py(), class.cast()) };
            if !learn(learner, &class)? {
                break;
            }
            match self.attempt(object) {
                Attempt::Done(answer) => return answer,
                Attempt::Asks(another) => unknown = another,
                Attempt::Fails => break,
            }
        }
        self.leave(object)
    }

    /// Forgets how long documents were: there was no memory for as much.
    #[cold]
    fn forget(&self) {
        self.last.store(0, Ordering::Relaxed);
        self.expected.store(0, Ordering::Relaxed);
    }

    /// The pure tier's answer.
    ///
    /// By the C API alone: PyO3 panics when there is no memory for the name of a module, and when the
    /// interpreter shuts down, which is when a `__del__` may call this.
    #[cold]
    #[inline(never)]
    fn leave<'py>(&self, object: &Bound<'py, PyAny>) -> Answer<'py> {
        let py = object.py();
        metrics::count(&self.name, metrics::LEFT, 1);
        let (module, name) = match self.output {
            Output::Bytes if self.models => (c"covet_runtime.plain", c"json_dumps_models"),
            Output::Bytes => (c"covet_runtime.json", c"json_dumps_bytes"),
            Output::Text => (c"covet_runtime.json", c"json_dumps_smart"),
        };
        // SAFETY: the names end with a zero; each call takes objects that are alive, and returns a new
        // reference or raises.
        unsafe {
            let module = owned(py, ffi::PyImport_ImportModule(module.as_ptr()))?;
            let function = ffi::PyObject_GetAttrString(module.as_ptr(), name.as_ptr());
            let function = owned(py, function)?;
            owned(
                py,
                ffi::PyObject_CallOneArg(function.as_ptr(), object.as_ptr()),
            )
        }
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
/// `this` is a [`Serializer`], since [`Serializer::into_function`] binds no other, and `object` an
/// object; both are kept alive by the caller, which is attached.
unsafe extern "C" fn enter(
    this: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as promised above. A `Bound` is a pointer.
    let (this, object) = unsafe {
        (
            (*(&raw const this).cast::<Bound<'_, Serializer>>()).get(),
            &*(&raw const object).cast::<Bound<'_, PyAny>>(),
        )
    };
    let result = catch_unwind(AssertUnwindSafe(|| this.call(object)));
    let answer = result.unwrap_or_else(|thrown| {
        if thrown.is::<OutOfMemory>() {
            this.forget();
            return this.leave(object);
        }
        // The message of the panic is on standard error already. Nothing here may panic again.
        let message = c"covet_runtime failed while writing JSON";
        // SAFETY: the message ends with a zero.
        unsafe { ffi::PyErr_SetString(ffi::PyExc_RuntimeError, message.as_ptr()) };
        Err(Raised::by_python())
    });
    answer.map_or(ptr::null_mut(), Bound::into_ptr)
}

/// Asks a class about itself. False when its objects cannot be written, nor can be when there is no
/// memory to ask, or no interpreter: then PyO3 panics.
fn learn(learner: &dyn Learn, class: &Bound<'_, PyAny>) -> Result<bool, Raised> {
    // Attached in PyO3's books as well, or it would put off the release of an error that is dropped: to
    // where the next document is being written.
    let ask = || -> PyResult<bool> { learner.learn(class.cast::<PyType>()?) };
    let answer = catch_unwind(AssertUnwindSafe(|| {
        Python::try_attach(|_| ask().map_err(Raised::from))
    }));
    answer.map_or_else(
        |_| {
            // SAFETY: the thread is attached. What the panic was about may still be set.
            unsafe { ffi::PyErr_Clear() };
            Ok(false)
        },
        |answer| answer.unwrap_or(Ok(false)),
    )
}
