//! Functions of `(path, method)` in CPython's vectorcall convention.
//!
//! A function made by `#[pyfunction]` costs two to three times as much to call as one written
//! against the C API, which is more than matching costs. So the three functions on the hot path
//! are built by hand here, and nothing else is.

use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::{PyClass, ffi};

use super::answer::{Found, Values, pair, regex_parameters};
use super::raised::Answer;
use super::table::RouteTable;
use super::text::{Backing, Text};
use crate::http::metrics;
use crate::routing::Path;

/// The two arguments.
pub(super) struct Arguments<'a, 'py> {
    pub(super) path: &'a Bound<'py, PyAny>,
    pub(super) method: &'a Bound<'py, PyAny>,
}

impl Arguments<'_, '_> {
    /// Whether both are of type `str` itself.
    fn are_exactly_str(&self) -> bool {
        // SAFETY: both are live objects.
        unsafe {
            ffi::PyUnicode_CheckExact(self.path.as_ptr()) != 0
                && ffi::PyUnicode_CheckExact(self.method.as_ptr()) != 0
        }
    }

    /// `TypeError` unless both are of type `str` or of a subclass.
    fn check_str(&self) -> PyResult<()> {
        for (name, value) in [("path", self.path), ("method", self.method)] {
            if !value.is_instance_of::<PyString>() {
                let given = value.get_type().name()?;
                return Err(PyTypeError::new_err(format!(
                    "{name} must be str, not {given}"
                )));
            }
        }
        Ok(())
    }
}

/// What a function does with its `self` and its two arguments.
pub(super) trait Function {
    /// The class of `self`.
    type This: PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync;

    /// Name and documentation, the first line of which gives the signature.
    const NAME: (&'static CStr, &'static CStr);

    /// The route table that is asked.
    fn table(this: &Self::This) -> &RouteTable;

    /// The answer to a request that was matched to `found`.
    fn answer<'py>(this: &Self::This, request: &Request<'_, 'py>, found: Found<'py>)
    -> Answer<'py>;

    /// Answers without the table, if it must not be asked any more.
    #[inline(always)]
    fn answer_untold<'py>(_this: &Self::This, _request: &Request<'_, 'py>) -> Option<Answer<'py>> {
        None
    }

    /// Decides instead of the table when an argument is not of type `str`
    /// itself. None leaves it to that function, as far as both are of a subclass.
    fn answer_others<'py>(
        _this: &Self::This,
        _arguments: &Arguments<'_, 'py>,
    ) -> Option<Answer<'py>> {
        None
    }
}

/// What Python needs to know of a function. CPython keeps a pointer to it for ever.
pub(super) struct Definition(UnsafeCell<ffi::PyMethodDef>);

// SAFETY: CPython reads method definitions and never writes them.
unsafe impl Sync for Definition {}

impl Definition {
    /// The definition of `F`.
    pub(super) const fn new<F: Function>() -> Self {
        Self(UnsafeCell::new(ffi::PyMethodDef {
            ml_name: F::NAME.0.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer {
                PyCFunctionFastWithKeywords: enter::<F>,
            },
            ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
            ml_doc: F::NAME.1.as_ptr(),
        }))
    }

    /// The function bound to `this`.
    ///
    /// # Safety
    ///
    /// The definition was made for a function whose `self` is a `C`.
    pub(super) unsafe fn bind<'py, C>(
        &'static self,
        this: &Bound<'py, C>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: the definition is static, and `this` is a live object that the function keeps.
        unsafe {
            let function =
                ffi::PyCFunction_NewEx(self.0.get(), this.as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(this.py(), function)
        }
    }
}

/// Called by CPython.
///
/// # Safety
///
/// `this` is an `F::This`, since [`Definition::bind`] binds no other; `arguments` holds `count`
/// objects and as many more as `names`, a tuple or null, has entries; the thread is attached.
unsafe extern "C" fn enter<F: Function>(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls this attached.
    let py = unsafe { Python::assume_attached() };
    let result = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as promised above. The caller keeps `this` and its arguments alive during the
        // call, and a `Bound` is a pointer, so an array of pointers is an array of them.
        unsafe {
            let this = (*(&raw const this).cast::<Bound<'_, F::This>>()).get();
            if count == 2 && names.is_null() {
                let arguments = arguments.cast::<Bound<'_, PyAny>>();
                return call::<F>(
                    this,
                    &Arguments {
                        path: &*arguments,
                        method: &*arguments.add(1),
                    },
                );
            }
            call_otherwise::<F>(py, this, arguments, count, names)
        }
    }));
    let answer = result.unwrap_or_else(|_| {
        // The message of the panic is on standard error already.
        Err(PyRuntimeError::new_err("covet_runtime failed while matching a route").into())
    });
    answer.map_or(std::ptr::null_mut(), Bound::into_ptr)
}

/// A call that is not simply two positional arguments.
///
/// # Safety
///
/// That of [`enter`].
#[cold]
unsafe fn call_otherwise<'py, F: Function>(
    py: Python<'py>,
    this: &F::This,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> Answer<'py> {
    let positional = usize::try_from(count).unwrap_or(0);
    // SAFETY: as the caller says.
    let values: Vec<_> = unsafe {
        let keywords = if names.is_null() {
            0
        } else {
            ffi::PyTuple_GET_SIZE(names).cast_unsigned()
        };
        (0..positional + keywords)
            .map(|n| Bound::from_borrowed_ptr(py, *arguments.add(n)))
            .collect()
    };
    let (path, method) = by_name(py, &values, positional, names)?;
    let (path, method) = (&path, &method);
    call::<F>(this, &Arguments { path, method })
}

#[inline(always)]
fn call<'py, F: Function>(this: &F::This, arguments: &Arguments<'_, 'py>) -> Answer<'py> {
    if let Some(path) = Text::of_plain(arguments.path)
        && let Some(method) = Text::of_plain(arguments.method)
    {
        return answer::<F>(this, &Request::new(arguments.path, path, method));
    }
    call_slowly::<F>(this, arguments.path, arguments.method)
}

#[cold]
fn call_slowly<'py, F: Function>(
    this: &F::This,
    path: &Bound<'py, PyAny>,
    method: &Bound<'py, PyAny>,
) -> Answer<'py> {
    let arguments = &Arguments { path, method };
    if !arguments.are_exactly_str() {
        if let Some(answer) = F::answer_others(this, arguments) {
            return answer;
        }
        arguments.check_str()?;
    }
    let mut backing = [None, None];
    // SAFETY: both were checked just now.
    let request = unsafe { Request::read(arguments, &mut backing)? };
    answer::<F>(this, &request)
}

#[inline(always)]
fn answer<'py, F: Function>(this: &F::This, request: &Request<'_, 'py>) -> Answer<'py> {
    if let Some(answer) = F::answer_untold(this, request) {
        return answer;
    }
    let table = F::table(this);
    let id = metrics::find(|| table.decide(request));
    if !table.regexes().is_empty() {
        return answer_by_regex::<F>(this, request.clone(), id);
    }
    F::answer(this, request, Found::from_id(id))
}

#[cold]
#[allow(
    clippy::needless_pass_by_value,
    reason = "a reference would keep the caller's request out of registers"
)]
fn answer_by_regex<'py, F: Function>(
    this: &F::This,
    request: Request<'_, 'py>,
    id: u32,
) -> Answer<'py> {
    let found = F::table(this).find_among_regexes(&request, id)?;
    F::answer(this, &request, found)
}

/// Sorts out a call that is not simply two positional arguments.
#[cold]
fn by_name<'py>(
    py: Python<'py>,
    values: &[Bound<'py, PyAny>],
    positional: usize,
    names: *mut ffi::PyObject,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let mut slots = [
        values.first().filter(|_| positional > 0),
        values.get(1).filter(|_| positional > 1),
    ];
    if positional > 2 {
        let message = format!("expected 2 arguments, path and method, got {positional}");
        return Err(PyTypeError::new_err(message));
    }
    for (index, value) in values.iter().enumerate().skip(positional) {
        // SAFETY: there are keyword arguments, so `names` is a tuple with a string for each.
        let name = unsafe {
            let name = ffi::PyTuple_GetItem(names, (index - positional).cast_signed());
            Bound::from_borrowed_ptr_or_err(py, name)?.cast_into::<PyString>()?
        };
        let name = name.to_string_lossy();
        let slot = match &*name {
            "path" => &mut slots[0],
            "method" => &mut slots[1],
            _ => {
                return Err(PyTypeError::new_err(format!(
                    "unexpected keyword argument '{name}'"
                )));
            }
        };
        if slot.replace(value).is_some() {
            return Err(PyTypeError::new_err(format!(
                "multiple values for argument '{name}'"
            )));
        }
    }
    match slots {
        [Some(path), Some(method)] => Ok((path.clone(), method.clone())),
        [None, _] => Err(PyTypeError::new_err("missing argument 'path'")),
        [_, None] => Err(PyTypeError::new_err("missing argument 'method'")),
    }
}

/// A request, read out of the arguments.
#[derive(Clone)]
pub(super) struct Request<'a, 'py> {
    pub(super) object: &'a Bound<'py, PyAny>,
    pub(super) text: Text<'a, 'py>,
    pub(super) path: Path<'a>,
    pub(super) method: Text<'a, 'py>,
}

impl<'a, 'py> Request<'a, 'py> {
    #[inline(always)]
    pub(super) fn new(
        object: &'a Bound<'py, PyAny>,
        text: Text<'a, 'py>,
        method: Text<'a, 'py>,
    ) -> Self {
        Self {
            object,
            path: Path::new(text.bytes()),
            text,
            method,
        }
    }

    /// Reads the arguments.
    ///
    /// # Safety
    ///
    /// Both are of type `str` or of a subclass.
    pub(super) unsafe fn read(
        arguments: &Arguments<'a, 'py>,
        backing: &'a mut [Backing<'py>; 2],
    ) -> PyResult<Self> {
        let [path_backing, method_backing] = backing;
        // SAFETY: as the caller says.
        let (text, method) = unsafe {
            (
                Text::read(arguments.path, path_backing)?,
                Text::read(arguments.method, method_backing)?,
            )
        };
        Ok(Self::new(arguments.path, text, method))
    }
}

/// `match_route(path, method)`.
struct MatchRoute;

impl Function for MatchRoute {
    type This = RouteTable;
    const NAME: (&'static CStr, &'static CStr) = (
        c"match_route",
        c"match_route(path, method)\n--\n\nThe id and the parameters of the endpoint, or None.",
    );

    #[inline(always)]
    fn table(table: &RouteTable) -> &RouteTable {
        table
    }

    #[inline(always)]
    fn answer<'py>(
        table: &RouteTable,
        request: &Request<'_, 'py>,
        found: Found<'py>,
    ) -> Answer<'py> {
        let py = request.text.py();
        let (id, parameters) = match found {
            Found::Nothing => return Ok(py.None().into_bound(py)),
            Found::Endpoint(id) => (id, table.parameters(id, request, Values::Converted)?),
            Found::Regex(id, found) => (id, regex_parameters(&found, Values::Converted)?),
        };
        pair(&table.recipe(id).id, parameters)
    }
}

/// `match_id(path, method)`.
struct MatchId;

impl Function for MatchId {
    type This = RouteTable;
    const NAME: (&'static CStr, &'static CStr) = (
        c"match_id",
        c"match_id(path, method)\n--\n\nThe id of the endpoint, or None; parameters are left alone.",
    );

    #[inline(always)]
    fn table(table: &RouteTable) -> &RouteTable {
        table
    }

    #[inline(always)]
    fn answer<'py>(
        table: &RouteTable,
        request: &Request<'_, 'py>,
        found: Found<'py>,
    ) -> Answer<'py> {
        let py = request.text.py();
        Ok(match found {
            Found::Nothing => py.None().into_bound(py),
            Found::Endpoint(id) | Found::Regex(id, _) => {
                table.recipe(id).id.bind(py).clone().into_any()
            }
        })
    }
}

/// `match_route` of `table`.
pub(super) fn match_route<'py>(table: &Bound<'py, RouteTable>) -> PyResult<Bound<'py, PyAny>> {
    static DEFINITION: Definition = Definition::new::<MatchRoute>();
    // SAFETY: the function's `self` is a `RouteTable`.
    unsafe { DEFINITION.bind(table) }
}

/// `match_id` of `table`.
pub(super) fn match_id<'py>(table: &Bound<'py, RouteTable>) -> PyResult<Bound<'py, PyAny>> {
    static DEFINITION: Definition = Definition::new::<MatchId>();
    // SAFETY: the function's `self` is a `RouteTable`.
    unsafe { DEFINITION.bind(table) }
}
