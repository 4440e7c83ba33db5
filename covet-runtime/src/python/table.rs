//! `RouteTable`: a route table, compiled or built at start-up, as a Python object.

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyList, PyString};

use super::http::Names;
use super::json::{self, Output, Serializer, Write};
use super::{fastcall, installed};
use crate::http::App;
use crate::routing::pattern::{self, Pattern};
use crate::routing::{Endpoint, Extraction, Method, Routes, Table};

/// A route table. Immutable, so that any number of threads may use it.
#[pyclass(frozen, module = "covet_runtime")]
pub struct RouteTable {
    app: Box<dyn App>,
    /// What an answer needs of each endpoint, by id.
    recipes: Box<[Recipe]>,
    /// Endpoints left to Python's `re`, by id.
    regexes: Vec<Regex>,
    /// How responses are written, by id, where that is known.
    responses: &'static [Option<Write>],
    /// The field names that have numbers, made when a head is first read with this table.
    names: PyOnceLock<Names>,
}

/// What the answer with an endpoint is made of.
pub(super) struct Recipe {
    /// The endpoint's id.
    pub(super) id: Py<PyInt>,
    /// The parameters in the order of the pattern.
    pub(super) parameters: Box<[Parameter]>,
    /// Whether each parameter is a whole segment of the path.
    pub(super) by_segment: bool,
}

/// A parameter of an endpoint.
pub(super) struct Parameter {
    /// Interned, so that dictionaries compare it by identity.
    pub(super) name: Py<PyString>,
    /// The segment that is its value, if it is one.
    pub(super) level: u32,
}

/// An endpoint left to Python's `re`.
pub(super) struct Regex {
    pub(super) id: u32,
    pub(super) method: Method,
    /// The bound method `match` of the compiled expression.
    pub(super) matches: Py<PyAny>,
}

impl RouteTable {
    /// Wraps `app`.
    ///
    /// # Errors
    ///
    /// `ValueError` when an expression left to `re` does not compile; else what Python raises.
    pub fn from_app(py: Python<'_>, app: Box<dyn App>) -> PyResult<Self> {
        let mut recipes = Vec::with_capacity(app.endpoints().len());
        let mut regexes = Vec::new();
        for (id, endpoint) in (0..).zip(app.endpoints()) {
            recipes.push(Recipe::new(py, id, endpoint));
            if let Extraction::Regex(source) = &endpoint.extraction {
                let method = app.method(endpoint.method.as_bytes());
                let method =
                    method.ok_or_else(|| PyValueError::new_err("endpoint without method"))?;
                regexes.push(Regex {
                    id,
                    method,
                    matches: compile(py, endpoint, source)?,
                });
            }
        }
        Ok(Self {
            app,
            recipes: recipes.into(),
            regexes,
            responses: &[],
            names: PyOnceLock::new(),
        })
    }

    /// The table with what is known of its responses, by endpoint id.
    pub fn with_responses(mut self, responses: &'static [Option<Write>]) -> Self {
        self.responses = responses;
        self
    }

    #[inline]
    pub(super) fn routes(&self) -> &dyn Routes {
        &*self.app
    }

    /// The same with what a reader of requests has to know.
    #[inline]
    pub(super) fn app(&self) -> &dyn App {
        &*self.app
    }

    /// The field names that have numbers, as objects.
    pub(super) fn names(&self, py: Python<'_>) -> &Names {
        self.names
            .get_or_init(py, || Names::new(py, self.app.field_names()))
    }

    #[inline]
    pub(super) fn regexes(&self) -> &[Regex] {
        &self.regexes
    }

    /// Whether the path of an endpoint has no parameters because it is matched as it is.
    pub(super) fn is_static(&self, id: u32) -> bool {
        let endpoint = self.app.endpoints().get(id as usize);
        endpoint.is_some_and(|endpoint| endpoint.extraction == Extraction::Nothing)
    }

    #[inline]
    pub(super) fn recipe(&self, id: u32) -> &Recipe {
        &self.recipes[id as usize]
    }
}

impl Recipe {
    fn new(py: Python<'_>, id: u32, endpoint: &Endpoint) -> Self {
        let parameter = |name: &str, level| Parameter {
            name: PyString::intern(py, name).unbind(),
            level,
        };
        let (parameters, by_segment) = match &endpoint.extraction {
            Extraction::Nothing | Extraction::Regex(_) => (Box::default(), true),
            Extraction::Segments(captures) => {
                let parameters = captures.iter().map(|c| parameter(&c.name, c.level));
                (parameters.collect(), true)
            }
            Extraction::Program { names, .. } => {
                (names.iter().map(|name| parameter(name, 0)).collect(), false)
            }
        };
        Self {
            id: PyInt::new(py, id).unbind(),
            parameters,
            by_segment,
        }
    }
}

#[pymethods]
impl RouteTable {
    /// Builds a table of `(path, method)` pairs; the position of a pair is its id.
    #[new]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "the pairs are extracted for this call"
    )]
    fn new(py: Python<'_>, endpoints: Vec<(String, String)>) -> PyResult<Self> {
        let table = Table::new(&endpoints).map_err(|(path, poison)| {
            PyValueError::new_err(format!("path {path:?} cannot be served: {poison}"))
        })?;
        Self::from_app(py, Box::new(table))
    }

    /// `match_route(path, method)`: the id and the parameters of the endpoint, or None.
    #[getter]
    fn match_route<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        fastcall::match_route(slf)
    }

    /// `match_id(path, method)`: the id of the endpoint, or None. Parameters are not looked at.
    #[getter]
    fn match_id<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        fastcall::match_id(slf)
    }

    /// The ids of the endpoints that Python's `re` decides.
    fn regex_ids(&self) -> Vec<u32> {
        self.regexes.iter().map(|regex| regex.id).collect()
    }

    /// The ids of the endpoints whose responses are written by a function made for their type.
    fn declared_ids(&self) -> Vec<u32> {
        let responses = (0..).zip(self.responses);
        let declared = responses.filter(|(_, write)| write.is_some());
        declared.map(|(id, _)| id).collect()
    }

    /// A function that writes what the handler of an endpoint returns as JSON: `(object) -> bytes`.
    /// What it writes is the same for every endpoint; how fast depends on what is known.
    /// With `models`, dataclasses and the like are written as objects.
    #[pyo3(signature = (endpoint, *, models = false))]
    fn serializer<'py>(
        &self,
        py: Python<'py>,
        endpoint: usize,
        models: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(Endpoint { method, path, .. }) = self.app.endpoints().get(endpoint) else {
            return Err(PyIndexError::new_err(format!("no endpoint {endpoint}")));
        };
        let write = self.responses.get(endpoint).copied().flatten();
        let name = format!("{method} {path}");
        let mut serializer = Serializer::new(name, write.unwrap_or(json::any), Output::Bytes);
        if models {
            serializer = serializer.with_models();
        }
        serializer.into_function(
            py,
            c"serialize",
            c"serialize(obj, /)\n--\n\nA response of one route as JSON text in UTF-8.",
        )
    }

    /// A function `(path, method)` that answers as the framework's router does: with instances of
    /// `route_match`, or None. `handlers` and `answers` are by endpoint id; an answer that is not
    /// None is given as it is. When an argument is not exactly a `str`, `original` is asked.
    fn bind<'py>(
        slf: &Bound<'py, Self>,
        handlers: &Bound<'py, PyList>,
        answers: &Bound<'py, PyList>,
        route_match: &Bound<'py, PyAny>,
        original: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        installed::bind(slf, handlers, answers, route_match, original)
    }
}

fn compile(py: Python<'_>, endpoint: &Endpoint, source: &str) -> PyResult<Py<PyAny>> {
    debug_assert!(matches!(
        pattern::parse(&endpoint.path),
        Ok(Pattern::Regex(_))
    ));
    let compiled = py.import("re")?.call_method1("compile", (source,));
    let compiled = compiled.map_err(|error| {
        PyValueError::new_err(format!(
            "path {:?} cannot be served: {error}",
            endpoint.path
        ))
    })?;
    Ok(compiled.getattr("match")?.unbind())
}
