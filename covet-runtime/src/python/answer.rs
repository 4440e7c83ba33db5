//! From a request to an endpoint, and from its captures to Python values.

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::fastcall::Request;
use super::table::RouteTable;
use super::text::Text;
use crate::routing::{Extraction, NOT_FOUND, find};

/// What a request was matched to.
pub(super) enum Found<'py> {
    /// No endpoint.
    Nothing,
    /// An endpoint that this crate decided.
    Endpoint(u32),
    /// An endpoint that Python's `re` decided, and the `re.Match`.
    Regex(u32, Bound<'py, PyAny>),
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
    #[inline]
    pub(super) fn find<'py>(&self, request: &Request<'_, 'py>) -> PyResult<Found<'py>> {
        let routes = self.routes();
        let Some(method) = routes.method(request.method.bytes()) else {
            return Ok(Found::Nothing);
        };
        let id = find(routes, request.path, method);
        if !self.regexes().is_empty() {
            return self.find_among_regexes(request.object, method, id);
        }
        Ok(if id == NOT_FOUND {
            Found::Nothing
        } else {
            Found::Endpoint(id)
        })
    }

    /// Tries the endpoints left to `re` that come before `id`, in their order. An exception in one
    /// of them is the answer, as it is in the framework.
    #[cold]
    fn find_among_regexes<'py>(
        &self,
        path: &Bound<'py, PyAny>,
        method: u16,
        id: u32,
    ) -> PyResult<Found<'py>> {
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
        Ok(if id == NOT_FOUND {
            Found::Nothing
        } else {
            Found::Endpoint(id)
        })
    }

    /// The parameters of a match by name, in the order of the pattern.
    #[inline]
    pub(super) fn parameters<'py>(
        &self,
        id: u32,
        request: &Request<'_, 'py>,
        values: Values,
    ) -> PyResult<Bound<'py, PyDict>> {
        let Request { text, path, .. } = request;
        let endpoint = &self.routes().endpoints()[id as usize];
        let names = self.names(id);
        let parameters = PyDict::new(text.py());
        let mut result = Ok(());
        endpoint.captures(*path, |position, range| {
            if result.is_ok() {
                result = value(text, &path.bytes()[range], values)
                    .and_then(|value| set(&parameters, &names[position], &value));
            }
        });
        result.map(|()| parameters)
    }
}

/// The parameters of a match by `re`, converted as the framework converts them.
pub(super) fn regex_parameters<'py>(
    found: &Bound<'py, PyAny>,
    values: Values,
) -> PyResult<Bound<'py, PyDict>> {
    let py = found.py();
    let groups = found
        .call_method0(intern!(py, "groupdict"))?
        .cast_into::<PyDict>()?;
    if values == Values::Text {
        return Ok(groups);
    }
    let parameters = PyDict::new(py);
    for (name, value) in &groups {
        // A group that took no part is None, and None has no `isdigit`: the framework's error.
        let value = if value.call_method0(intern!(py, "isdigit"))?.is_truthy()? {
            py.get_type::<pyo3::types::PyInt>().call1((value,))?
        } else {
            value
        };
        parameters.set_item(name, value)?;
    }
    Ok(parameters)
}

#[inline]
fn set(dict: &Bound<'_, PyDict>, name: &Py<PyString>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: the three pointers are live objects, and the first is a dict.
    let result = unsafe { ffi::PyDict_SetItem(dict.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if result == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(dict.py()))
    }
}

/// One value: `int(text)` when `text.isdigit()`, else the text.
#[inline]
fn value<'py>(text: &Text<'_, 'py>, part: &[u8], values: Values) -> PyResult<Bound<'py, PyAny>> {
    if values == Values::Text {
        return text.slice(part);
    }
    let mut number: i64 = 0;
    for byte in part {
        match byte {
            b'0'..=b'9' => number = number.wrapping_mul(10).wrapping_add(i64::from(byte - b'0')),
            0x80.. => return value_beyond_ascii(text.slice(part)?),
            _ => return text.slice(part),
        }
    }
    // Eighteen digits fit in any case. A longer number is Python's, with its limit on digits.
    if part.len() <= 18 {
        small_integer(text, number)
    } else {
        integer(&text.slice(part)?)
    }
}

#[inline]
fn small_integer<'py>(text: &Text<'_, 'py>, number: i64) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the function has no preconditions, and the result is checked.
    unsafe { Bound::from_owned_ptr_or_err(text.py(), ffi::PyLong_FromLongLong(number)) }
}

/// Digits of other scripts count, and so do superscripts, which `int` then refuses.
#[cold]
fn value_beyond_ascii(text: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    if text
        .call_method0(intern!(text.py(), "isdigit"))?
        .is_truthy()?
    {
        return integer(&text);
    }
    Ok(text)
}

#[cold]
fn integer<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    text.py().get_type::<pyo3::types::PyInt>().call1((text,))
}
