//! From a request to an endpoint, and from its captures to Python values.

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString};

use super::fastcall::Request;
use super::raised::{Answer, Raised, owned};
use super::table::RouteTable;
use super::text::Text;
use crate::routing::{Extraction, NOT_FOUND, Path};

/// What a request was matched to.
pub(super) enum Found<'py> {
    /// No endpoint.
    Nothing,
    /// An endpoint that this crate decided.
    Endpoint(u32),
    /// An endpoint that Python's `re` decided, and the `re.Match`.
    Regex(u32, Bound<'py, PyAny>),
}

impl Found<'_> {
    /// What [`RouteTable::decide`] says.
    #[inline(always)]
    pub(super) const fn from_id(id: u32) -> Self {
        if id == NOT_FOUND {
            Self::Nothing
        } else {
            Self::Endpoint(id)
        }
    }
}

/// How values of parameters are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// As the framework makes them: `int(value)` when `value.isdigit()`.
    Converted,
    /// As text.
    Text,
}

impl RouteTable {
    /// Finds the endpoint of a request.
    pub(super) fn find<'py>(&self, request: &Request<'_, 'py>) -> Result<Found<'py>, Raised> {
        self.find_among_regexes(request, self.decide(request))
    }

    /// The id of a request's endpoint, or [`NOT_FOUND`], as if those left to `re` did not exist.
    #[inline(always)]
    pub(super) fn decide(&self, request: &Request<'_, '_>) -> u32 {
        // A copy is lent, not the request, so that the rest of it stays in registers.
        let lent = Path::new(request.path.bytes());
        let id = self.routes().find_by_name(&lent, request.method.bytes());
        request.path.take_scan(&lent);
        id
    }

    /// Tries the endpoints left to `re` that come before `id`, in their order. An exception in one
    /// of them is the answer, as it is in the framework.
    pub(super) fn find_among_regexes<'py>(
        &self,
        request: &Request<'_, 'py>,
        id: u32,
    ) -> Result<Found<'py>, Raised> {
        let path = request.object;
        let method = request.method.bytes();
        let Some(method) = self.routes().method(method) else {
            return Ok(Found::Nothing);
        };
        let is_static = |id: u32| {
            let endpoint = self.routes().endpoints().get(id as usize);
            endpoint.is_some_and(|endpoint| endpoint.extraction == Extraction::Nothing)
        };
        if !is_static(id) {
            for regex in self.regexes().iter().take_while(|regex| regex.id < id) {
                if regex.method == method {
                    let found = regex.matches.bind(path.py()).call1((path,))?;
                    if !found.is_none() {
                        return Ok(Found::Regex(regex.id, found));
                    }
                }
            }
        }
        Ok(Found::from_id(id))
    }

    /// The parameters of a match by name, in the order of the pattern.
    #[inline(always)]
    pub(super) fn parameters<'py>(
        &self,
        id: u32,
        request: &Request<'_, 'py>,
        values: Values,
    ) -> Result<Bound<'py, PyDict>, Raised> {
        let Request { text, path, .. } = request;
        let recipe = self.recipe(id);
        if !recipe.by_segment {
            return self.parameters_by_program(id, *text, values);
        }
        let parameters = new_dict(text.py())?;
        let mut cursor = path.cursor();
        for parameter in &recipe.parameters {
            let part = &path.bytes()[cursor.segment(parameter.level)];
            set(&parameters, &parameter.name, &value(*text, part, values)?)?;
        }
        Ok(parameters)
    }

    /// The values of the parameters in the order of the pattern, converted.
    pub(super) fn values<'py>(
        &self,
        id: u32,
        text: Text<'_, 'py>,
    ) -> Result<Vec<Bound<'py, PyAny>>, Raised> {
        let recipe = self.recipe(id);
        let path = Path::new(text.bytes());
        let mut values = Vec::with_capacity(recipe.parameters.len());
        if recipe.by_segment {
            path.scan();
            let mut cursor = path.cursor();
            for parameter in &recipe.parameters {
                let part = &path.bytes()[cursor.segment(parameter.level)];
                values.push(value(text, part, Values::Converted)?);
            }
            return Ok(values);
        }
        let mut result = Ok(());
        self.routes().endpoints()[id as usize].captures(&path, |_, range| {
            if result.is_ok() {
                let part = &text.bytes()[range];
                result = value(text, part, Values::Converted).map(|value| values.push(value));
            }
        });
        result.map(|()| values)
    }

    /// Takes a copy for the reason that `find` makes one.
    #[inline(never)]
    fn parameters_by_program<'py>(
        &self,
        id: u32,
        text: Text<'_, 'py>,
        values: Values,
    ) -> Result<Bound<'py, PyDict>, Raised> {
        let recipe = self.recipe(id);
        let endpoint = &self.routes().endpoints()[id as usize];
        let parameters = new_dict(text.py())?;
        let mut result = Ok(());
        endpoint.captures(&Path::new(text.bytes()), |position, range| {
            if result.is_ok() {
                let name = &recipe.parameters[position].name;
                result = value(text, &text.bytes()[range], values)
                    .and_then(|value| set(&parameters, name, &value));
            }
        });
        result.map(|()| parameters)
    }
}

/// `(id, parameters)`.
#[inline(always)]
pub(super) fn pair<'py>(id: &Py<PyInt>, parameters: Bound<'py, PyDict>) -> Answer<'py> {
    let py = parameters.py();
    // SAFETY: both items of a new tuple are set exactly once, each to a reference of its own.
    unsafe {
        let pair = owned(py, ffi::PyTuple_New(2))?;
        ffi::PyTuple_SET_ITEM(pair.as_ptr(), 0, id.clone_ref(py).into_ptr());
        ffi::PyTuple_SET_ITEM(pair.as_ptr(), 1, parameters.into_ptr());
        Ok(pair)
    }
}

/// The parameters of a match by `re`, converted as the framework converts them.
#[cold]
pub(super) fn regex_parameters<'py>(
    found: &Bound<'py, PyAny>,
    values: Values,
) -> Result<Bound<'py, PyDict>, Raised> {
    let py = found.py();
    let groups = found
        .call_method0(intern!(py, "groupdict"))?
        .cast_into::<PyDict>()
        .map_err(PyErr::from)?;
    if values == Values::Text {
        return Ok(groups);
    }
    let parameters = PyDict::new(py);
    for (name, value) in &groups {
        // A group that took no part is None, and None has no `isdigit`: the framework's error.
        let value = if value.call_method0(intern!(py, "isdigit"))?.is_truthy()? {
            py.get_type::<PyInt>().call1((value,))?
        } else {
            value
        };
        parameters.set_item(name, value)?;
    }
    Ok(parameters)
}

#[inline(always)]
fn set(
    dict: &Bound<'_, PyDict>,
    name: &Py<PyString>,
    value: &Bound<'_, PyAny>,
) -> Result<(), Raised> {
    // SAFETY: the three pointers are live objects, and the first is a dict.
    let result = unsafe { ffi::PyDict_SetItem(dict.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if result == 0 {
        Ok(())
    } else {
        Err(Raised::by_python())
    }
}

/// An empty dictionary, as `PyDict::new` makes it, which is not inlined and panics when it cannot.
#[inline(always)]
fn new_dict(py: Python<'_>) -> Result<Bound<'_, PyDict>, Raised> {
    // SAFETY: the function has no preconditions, and what it returns is a dict.
    unsafe { Ok(owned(py, ffi::PyDict_New())?.cast_into_unchecked()) }
}

/// One value: `int(text)` when `text.isdigit()`, else the text.
#[inline(always)]
fn value<'py>(text: Text<'_, 'py>, part: &[u8], values: Values) -> Answer<'py> {
    if values == Values::Text {
        return text.slice(part);
    }
    let mut number: i64 = 0;
    for byte in part {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            if text.is_ascii() || byte.is_ascii() {
                return text.slice(part);
            }
            return value_beyond_ascii(text.slice(part)?);
        }
        number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
    }
    // Eighteen digits fit in any case. A longer number is Python's, with its limit on digits.
    if part.len() > 18 {
        return long_integer(text, part);
    }
    // SAFETY: the function has no preconditions.
    unsafe { owned(text.py(), ffi::PyLong_FromLongLong(number)) }
}

#[cold]
fn long_integer<'py>(text: Text<'_, 'py>, part: &[u8]) -> Answer<'py> {
    integer(&text.slice(part)?)
}

/// Digits of other scripts count, and so do superscripts, which `int` then refuses.
#[cold]
fn value_beyond_ascii(text: Bound<'_, PyAny>) -> Answer<'_> {
    if text
        .call_method0(intern!(text.py(), "isdigit"))?
        .is_truthy()?
    {
        return integer(&text);
    }
    Ok(text)
}

#[cold]
fn integer<'py>(text: &Bound<'py, PyAny>) -> Answer<'py> {
    Ok(text.py().get_type::<PyInt>().call1((text,))?)
}
