//! `RequestHead`: what is known of a request, made into objects when it is asked for.

use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::names::{self, Names, common_names};
use super::query::{Truth, parse_fields};
use crate::http::{App, FieldId, Head, NoRoutes};
use crate::python::answer::{Found, Values, regex_parameters};
use crate::python::fastcall::Request;
use crate::python::table::RouteTable;
use crate::python::text::Text;
use crate::routing::NOT_FOUND;

/// One request without its body. Everything but the bytes is computed on first use.
#[pyclass(frozen, module = "covet_runtime")]
pub(in crate::python) struct RequestHead {
    head: Head,
    routes: Matcher,
    path: OnceLock<Py<PyString>>,
    headers: OnceLock<Py<PyList>>,
    matched: OnceLock<Match>,
}

/// What finds the endpoint of a head.
pub(super) enum Matcher {
    /// Nothing.
    None,
    /// A table of this module: the reader has asked it already.
    Table(Py<RouteTable>),
    /// Any other object with a function `match_route`, a table of another module for one.
    Other(Py<PyAny>),
}

/// Endpoint and parameters, both None when there is no endpoint.
struct Match {
    endpoint: Py<PyAny>,
    params: Py<PyAny>,
}

impl Matcher {
    /// What a reader has to know of the app, as far as this module can.
    pub(super) fn app(&self) -> &dyn App {
        match self {
            Self::Table(table) => table.get().app(),
            Self::None | Self::Other(_) => &NoRoutes,
        }
    }

    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Self::None => Self::None,
            Self::Table(table) => Self::Table(table.clone_ref(py)),
            Self::Other(table) => Self::Other(table.clone_ref(py)),
        }
    }
}

impl RequestHead {
    /// A head of which no route is known.
    pub(in crate::python) fn alone(head: Head) -> Self {
        Self::new(head, Matcher::None)
    }

    pub(super) fn new(head: Head, routes: Matcher) -> Self {
        Self {
            head,
            routes,
            path: OnceLock::new(),
            headers: OnceLock::new(),
            matched: OnceLock::new(),
        }
    }

    fn matched<'py>(&self, py: Python<'py>) -> PyResult<&Match> {
        if let Some(matched) = self.matched.get() {
            return Ok(matched);
        }
        let found = match &self.routes {
            Matcher::None => None,
            Matcher::Table(table) => self.match_in(table.bind(py))?,
            Matcher::Other(table) => {
                let arguments = (self.path_text(py)?, names::method(py, self.head.method()));
                let found = table.bind(py).call_method1("match_route", arguments)?;
                if found.is_none() {
                    None
                } else {
                    Some(found.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?)
                }
            }
        };
        let (endpoint, params) = match found {
            Some((endpoint, params)) => (endpoint.unbind(), params.unbind()),
            None => (py.None(), py.None()),
        };
        Ok(keep(&self.matched, Match { endpoint, params }))
    }

    /// Endpoint and parameters. The reader has found the endpoint, except for those that are left
    /// to `re`, which come in between.
    fn match_in<'py>(
        &self,
        table: &Bound<'py, RouteTable>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let py = table.py();
        let native = self.head.endpoint();
        let table = table.get();
        if native.is_none() && table.regexes().is_empty() {
            return Ok(None);
        }
        let id = native.unwrap_or(NOT_FOUND);
        let text = Text::of_utf8(py, self.head.path());
        let (none, path);
        none = py.None().into_bound(py);
        let mut request = Request::new(&none, text, Text::of_utf8(py, self.head.method()));
        let found = if table.regexes().is_empty() {
            Found::from_id(id)
        } else {
            // Only expressions are asked with an object.
            path = self.path_text(py)?.into_any();
            request.object = &path;
            table.find_among_regexes(&request, id)?
        };
        request.path.scan();
        let (id, params) = match found {
            Found::Nothing => return Ok(None),
            Found::Endpoint(id) => (id, table.parameters(id, &request, Values::Converted)?),
            Found::Regex(id, found) => (id, regex_parameters(&found, Values::Converted)?),
        };
        let id = table.recipe(id).id.bind(py).clone();
        Ok(Some((id.into_any(), params.into_any())))
    }

    fn path_text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        if let Some(path) = self.path.get() {
            return Ok(path.bind(py).clone());
        }
        let text = Text::of_utf8(py, self.head.path());
        let path = text.slice(text.bytes())?.cast_into::<PyString>()?;
        Ok(keep(&self.path, path.unbind()).bind(py).clone())
    }
}

#[pymethods]
impl RequestHead {
    /// The method as sent.
    #[getter]
    fn method<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        names::method(py, self.head.method())
    }

    /// The request target as sent.
    #[getter]
    fn target<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.head.target())
    }

    /// `"1.0"` or `"1.1"`.
    #[getter]
    fn http_version<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.head.version().as_str())
    }

    /// The path as sent, without the query.
    #[getter]
    fn raw_path<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.head.raw_path())
    }

    /// `raw_path` without percent-encoding; what is no UTF-8 becomes U+FFFD.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.path_text(py)
    }

    /// The query as sent, without the `?`.
    #[getter]
    fn query_string<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.head.query_string().as_bytes())
    }

    /// `(lower-case name, value)` in the order sent, repetitions included.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        if let Some(headers) = self.headers.get() {
            return Ok(headers.bind(py).clone());
        }
        let names = match &self.routes {
            Matcher::Table(table) => table.get().names(py),
            _ => common_names(py),
        };
        let headers = header_list(py, &self.head, names)?;
        Ok(keep(&self.headers, headers.unbind()).bind(py).clone())
    }

    /// The last value of a field, its name in any case. None when there is no such field.
    fn header<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyString>,
    ) -> Option<Bound<'py, PyBytes>> {
        let name = name.to_str().ok()?.as_bytes();
        let names = self.routes.app().field_names();
        // The table is for tokens: it takes some control characters for others.
        let id = if name.iter().any(u8::is_ascii_control) {
            FieldId::NONE
        } else {
            names.find(name)
        };
        let value = match id {
            FieldId::NONE => self.head.header(name),
            id => self.head.header_by_id(id),
        };
        Some(PyBytes::new(py, value?))
    }

    /// The query as `urllib.parse.parse_qs` reads it.
    #[pyo3(signature = (keep_blank_values = Truth::FALSE),
        text_signature = "($self, keep_blank_values=False)")]
    fn query<'py>(
        &self,
        py: Python<'py>,
        keep_blank_values: Truth,
    ) -> PyResult<Bound<'py, PyDict>> {
        parse_fields(py, self.head.query_string(), keep_blank_values)
    }

    /// Whether the connection may serve another request.
    #[getter]
    fn keep_alive(&self) -> bool {
        self.head.keep_alive()
    }

    /// Whether the client waits for a `100 Continue` with its body.
    #[getter]
    fn expects_continue(&self) -> bool {
        self.head.expects_continue()
    }

    /// The lower-case name of the protocol that the client would rather speak, or None.
    #[getter]
    fn upgrade<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        let protocol = self.head.upgrade()?;
        Some(PyString::new(py, &latin_1(&protocol)))
    }

    /// The length of the body in bytes, None without the field.
    #[getter]
    fn content_length(&self) -> Option<u64> {
        self.head.content_length()
    }

    /// Whether the body comes in chunks.
    #[getter]
    fn chunked(&self) -> bool {
        self.head.chunked()
    }

    /// The endpoint that the reader's route table finds. None for none, or without a table.
    #[getter]
    fn endpoint(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Matcher::Table(table) = &self.routes
            && table.get().regexes().is_empty()
        {
            // The reader knows it, and parameters may never be asked for.
            let id = self.head.endpoint().map(|id| &table.get().recipe(id).id);
            return Ok(id.map_or_else(|| py.None(), |id| id.clone_ref(py).into_any()));
        }
        Ok(self.matched(py)?.endpoint.clone_ref(py))
    }

    /// The parameters of `endpoint`, or None as there.
    #[getter]
    fn params(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.matched(py)?.params.clone_ref(py))
    }

    fn __repr__(&self) -> String {
        let (method, path) = (self.head.method(), self.head.path());
        format!("<RequestHead {method} {path:?}>")
    }
}

/// `[(lower-case name, value), …]` in the order sent.
pub(in crate::python) fn header_list<'py>(
    py: Python<'py>,
    head: &Head,
    names: &Names,
) -> PyResult<Bound<'py, PyList>> {
    let lines = head.fields().iter().map(|field| {
        let name = names.bytes(py, field.id, head.name(field))?;
        pair(name, PyBytes::new(py, head.value(field)))
    });
    PyList::new(py, lines.collect::<PyResult<Vec<_>>>()?)
}

/// Keeps what was computed, unless another thread was faster: everybody then gets the same object.
///
/// `PyOnceLock` would let other threads run whenever it is initialised, which costs more than
/// most of these values, and they may be computed twice without harm.
fn keep<T>(place: &OnceLock<T>, value: T) -> &T {
    place.get_or_init(|| value)
}

/// A tuple of two.
fn pair<'py>(
    name: Bound<'py, PyBytes>,
    value: Bound<'py, PyBytes>,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = name.py();
    // SAFETY: both items of a new tuple are set exactly once, each to a reference of its own.
    unsafe {
        let pair = Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(2))?;
        ffi::PyTuple_SET_ITEM(pair.as_ptr(), 0, name.into_ptr());
        ffi::PyTuple_SET_ITEM(pair.as_ptr(), 1, value.into_ptr());
        Ok(pair.cast_into_unchecked())
    }
}

/// Fields as `((lower-case name, value), …)`.
pub(super) fn lines<'py, 'a>(
    py: Python<'py>,
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> PyResult<Bound<'py, PyTuple>> {
    let lines = fields.map(|(name, value)| pair(names::lower(py, name)?, PyBytes::new(py, value)));
    PyTuple::new(py, lines.collect::<PyResult<Vec<_>>>()?)
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
