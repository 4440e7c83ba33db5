//! `RouteEngine`: a router to which routes are added one by one.

use std::sync::{Arc, PoisonError, RwLock};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::answer::{Found, Values, regex_parameters};
use super::fastcall::{Arguments, Request};
use super::table::RouteTable;
use crate::http::metrics;
use crate::routing::Table;
use crate::routing::pattern::{self, Pattern};

/// Matches paths as the framework does; parameters stay text. Safe to share between threads.
#[pyclass(frozen, module = "covet_runtime")]
pub struct RouteEngine {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// Path and method of each endpoint, and the caller's id for its route.
    endpoints: Vec<(String, String)>,
    handler_ids: Vec<i64>,
    statics: usize,
    dynamics: usize,
    /// The table of these endpoints; None when a route has been added since it was built.
    built: Option<Arc<Built>>,
}

struct Built {
    table: RouteTable,
    handler_ids: Vec<i64>,
}

#[pymethods]
impl RouteEngine {
    #[new]
    fn new() -> Self {
        Self {
            state: RwLock::new(State::default()),
        }
    }

    /// Adds a route. `ValueError` when the path cannot be matched.
    fn add_route(
        &self,
        py: Python<'_>,
        path: &str,
        methods: &Bound<'_, PyAny>,
        handler_id: i64,
    ) -> PyResult<()> {
        let methods: Vec<String> = methods
            .try_iter()?
            .map(|method| method?.call_method0(intern!(py, "upper"))?.extract())
            .collect::<PyResult<_>>()?;
        let refuse = |reason: String| {
            PyValueError::new_err(format!("path {path:?} cannot be served: {reason}"))
        };
        let pattern = pattern::parse(path).map_err(|poison| refuse(poison.to_string()))?;
        if let Pattern::Regex(regex) = &pattern {
            let compiled = py.import("re")?.call_method1("compile", (&regex.source,));
            compiled.map_err(|error| refuse(error.to_string()))?;
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match pattern {
            Pattern::Static => state.statics += 1,
            _ => state.dynamics += 1,
        }
        for method in methods {
            state.endpoints.push((path.to_owned(), method));
            state.handler_ids.push(handler_id);
        }
        state.built = None;
        Ok(())
    }

    /// `{"handler_id": …, "params": …, "method": …}` for a request, or None.
    fn match_route<'py>(
        &self,
        path: &Bound<'py, PyString>,
        method: &Bound<'py, PyString>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let py = path.py();
        let built = self.built(py)?;
        let arguments = Arguments {
            path: path.as_any(),
            method: method.as_any(),
        };
        let mut backing = [None, None];
        // SAFETY: the signature admits only `str`.
        let request = unsafe { Request::read(&arguments, &mut backing)? };
        let (id, parameters) = match metrics::find(|| built.table.find(&request))? {
            Found::Nothing => return Ok(None),
            Found::Endpoint(id) => (id, built.table.parameters(id, &request, Values::Text)?),
            Found::Regex(id, found) => (id, regex_parameters(&found, Values::Text)?),
        };
        let answer = PyDict::new(py);
        answer.set_item(intern!(py, "handler_id"), built.handler_ids[id as usize])?;
        answer.set_item(intern!(py, "params"), parameters)?;
        answer.set_item(intern!(py, "method"), method)?;
        Ok(Some(answer))
    }

    /// How many static and how many dynamic routes have been added.
    fn stats(&self) -> (usize, usize) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        (state.statics, state.dynamics)
    }
}

impl RouteEngine {
    fn built(&self, py: Python<'_>) -> PyResult<Arc<Built>> {
        let endpoints = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(built) = &state.built {
                return Ok(Arc::clone(built));
            }
            (state.endpoints.clone(), state.handler_ids.clone())
        };
        // Built without the lock: compiling an expression runs Python, which may switch threads.
        let (endpoints, handler_ids) = endpoints;
        let table = Table::new(&endpoints)
            .map_err(|(path, poison)| PyRuntimeError::new_err(format!("{path}: {poison}")))?;
        let table = RouteTable::from_app(py, Box::new(table))?;
        let built = Arc::new(Built { table, handler_ids });
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.endpoints.len() == endpoints.len() {
            state.built = Some(Arc::clone(&built));
        }
        Ok(built)
    }
}
