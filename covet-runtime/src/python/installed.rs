//! The function that an installed app's router has in place of its own `match_route`.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};
use pyo3::{ffi, intern};

use super::answer::{Found, Values, regex_parameters};
use super::fastcall::{Arguments, Definition, Function, Request};
use super::raised::{Answer, Raised, owned};
use super::table::RouteTable;
use super::text::Text;
use crate::routing::{Endpoint, Extraction};

/// A route table together with what a live app answers.
#[pyclass(frozen, module = "covet_runtime")]
struct Installed {
    table: Py<RouteTable>,
    /// Handlers by endpoint id.
    handlers: Vec<Py<PyAny>>,
    /// Ready answers by endpoint id.
    answers: Vec<Option<Py<PyAny>>>,
    /// The framework's class of answers.
    route_match: Py<PyAny>,
    /// Whether the class is as the framework wrote it; see [`is_plain`].
    is_plain: bool,
    /// The framework's own `match_route`.
    original: Py<PyAny>,
    no_arguments: Py<PyTuple>,
    /// Set once the table is out of date: from then on `original` answers.
    retired: AtomicBool,
}

#[pymethods]
impl Installed {
    /// Leaves all answers to the framework from now on, also those of whoever kept the function.
    fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// What it holds refers back to the app, whose router holds this.
    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        visit.call(&self.original)?;
        for handler in &self.handlers {
            visit.call(handler)?;
        }
        for answer in self.answers.iter().flatten() {
            visit.call(answer)?;
        }
        Ok(())
    }
}

/// See [`RouteTable::bind`](super::RouteTable).
pub(super) fn bind<'py>(
    table: &Bound<'py, RouteTable>,
    handlers: &Bound<'py, PyList>,
    answers: &Bound<'py, PyList>,
    route_match: &Bound<'py, PyAny>,
    original: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    static DEFINITION: Definition = Definition::new::<InstalledMatchRoute>();
    let py = table.py();
    let endpoints = table.get().routes().endpoints();
    let counts = [handlers.len(), answers.len()];
    if counts != [endpoints.len(); 2] {
        return Err(PyValueError::new_err(format!(
            "the table has {} endpoints, got {} handlers and {} answers",
            endpoints.len(),
            counts[0],
            counts[1]
        )));
    }
    for (endpoint, answer) in endpoints.iter().zip(answers) {
        if endpoint.extraction == Extraction::Nothing && answer.is_none() {
            let Endpoint { method, path, .. } = endpoint;
            let message = format!("static endpoint {method} {path} has no answer");
            return Err(PyValueError::new_err(message));
        }
    }
    let installed = Installed {
        table: table.clone().unbind(),
        handlers: handlers.iter().map(Bound::unbind).collect(),
        answers: answers
            .iter()
            .map(|a| (!a.is_none()).then(|| a.unbind()))
            .collect(),
        route_match: route_match.clone().unbind(),
        is_plain: is_plain(route_match)?,
        original: original.clone().unbind(),
        no_arguments: PyTuple::empty(py).unbind(),
        retired: AtomicBool::new(false),
    };
    // SAFETY: the function's `self` is an `Installed`.
    unsafe { DEFINITION.bind(&Bound::new(py, installed)?) }
}

struct InstalledMatchRoute;

impl Function for InstalledMatchRoute {
    type This = Installed;
    const NAME: (&'static CStr, &'static CStr) = (
        c"match_route",
        c"match_route(path, method)\n--\n\nThe RouteMatch of a request, or None.",
    );

    #[inline(always)]
    fn table(this: &Installed) -> &RouteTable {
        this.table.get()
    }

    #[inline(always)]
    fn answer_untold<'py>(this: &Installed, request: &Request<'_, 'py>) -> Option<Answer<'py>> {
        let retired = this.retired.load(Ordering::Relaxed);
        retired.then(|| this.ask_original(request.object, request.method))
    }

    #[inline(always)]
    fn answer<'py>(this: &Installed, request: &Request<'_, 'py>, found: Found<'py>) -> Answer<'py> {
        let py = request.text.py();
        let table = this.table.get();
        let (id, parameters) = match found {
            Found::Nothing => return Ok(py.None().into_bound(py)),
            Found::Endpoint(id) => {
                if let Some(answer) = &this.answers[id as usize] {
                    return Ok(answer.bind(py).clone());
                }
                (id, table.parameters(id, request, Values::Converted)?)
            }
            Found::Regex(id, found) => (id, regex_parameters(&found, Values::Converted)?),
        };
        this.answer(id, &parameters)
    }

    /// What the framework does with other types depends on their `__hash__` and `__eq__`.
    fn answer_others<'py>(this: &Installed, arguments: &Arguments<'_, 'py>) -> Option<Answer<'py>> {
        let original = this.original.bind(arguments.path.py());
        let answer = original.call1((arguments.path, arguments.method));
        Some(answer.map_err(Raised::from))
    }
}

impl Installed {
    #[cold]
    fn ask_original<'py>(&self, path: &Bound<'py, PyAny>, method: Text<'_, 'py>) -> Answer<'py> {
        let original = self.original.bind(path.py());
        Ok(original.call1((path, method.slice(method.bytes())?))?)
    }

    /// A genuine instance of the framework's class, without the call of its `__init__`, which does
    /// nothing but set the two attributes and costs more than matching.
    #[inline(always)]
    fn answer<'py>(&self, id: u32, parameters: &Bound<'py, PyDict>) -> Answer<'py> {
        let py = parameters.py();
        let class = self.route_match.bind(py);
        if !self.is_plain {
            return self.answer_by_call(id, parameters);
        }
        // SAFETY: the class is a type that inherits `object.__new__`, which is called with that
        // type and an empty tuple, and the result is checked.
        let answer = unsafe {
            let new = ffi::PyBaseObject_Type.tp_new;
            let object = new.map_or(std::ptr::null_mut(), |new| {
                new(
                    class.as_ptr().cast(),
                    self.no_arguments.as_ptr(),
                    std::ptr::null_mut(),
                )
            });
            owned(py, object)?
        };
        set(
            &answer,
            intern!(py, "handler"),
            self.handlers[id as usize].bind(py),
        )?;
        set(&answer, intern!(py, "params"), parameters)?;
        Ok(answer)
    }

    /// What the framework does.
    #[cold]
    fn answer_by_call<'py>(&self, id: u32, parameters: &Bound<'py, PyDict>) -> Answer<'py> {
        let py = parameters.py();
        let attributes = PyDict::new(py);
        attributes.set_item(intern!(py, "handler"), &self.handlers[id as usize])?;
        attributes.set_item(intern!(py, "params"), parameters)?;
        let class = self.route_match.bind(py);
        Ok(class.call((), Some(&attributes))?)
    }
}

/// Whether calling `class` makes an instance with the two attributes and does nothing else.
///
/// That is so when it inherits `object.__new__`, its metaclass is `type`, and its `__init__` is
/// the one that `dataclass` generates, with nothing behind it. Somebody may have put a class of
/// their own in the place of the framework's.
fn is_plain(class: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Ok(class) = class.cast_exact::<PyType>() else {
        return Ok(false);
    };
    // SAFETY: both types are alive and complete.
    let inherits_new = unsafe {
        let new = |class: *mut ffi::PyTypeObject| (*class).tp_new.map(|new| new as usize);
        new(class.as_type_ptr()) == new(&raw mut ffi::PyBaseObject_Type)
    };
    // A method that is not written in Python has no code.
    let Ok(code) = class.getattr("__init__")?.getattr("__code__") else {
        return Ok(false);
    };
    let is_generated = code.getattr("co_filename")?.eq("<string>")?;
    let sets_two = code.getattr("co_names")?.eq(("handler", "params"))?;
    Ok(inherits_new && is_generated && sets_two)
}

/// `setattr(object, name, value)` for a name that is interned, which `PyObject_SetAttr` would have
/// to find out.
#[inline(always)]
fn set(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: &Bound<'_, PyAny>,
) -> Result<(), Raised> {
    // SAFETY: the objects are alive, and the slot is that of the object's own class; a class that
    // is made of Python's `object` has it.
    let result = unsafe {
        let set = (*ffi::Py_TYPE(object.as_ptr())).tp_setattro;
        let set = set.unwrap_or(ffi::PyObject_GenericSetAttr);
        set(object.as_ptr(), name.as_ptr(), value.as_ptr())
    };
    if result == 0 {
        Ok(())
    } else {
        Err(Raised::by_python())
    }
}
