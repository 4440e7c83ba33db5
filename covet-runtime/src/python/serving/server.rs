//! What all connections of a server share.

use std::sync::Arc;

use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit, intern};

use super::connection::Connection;
use super::direct::Direct;
use super::exchange::{NATIVE, glue};
use super::held::Held;
use super::metrics::Book;
use super::task::Tasks;
use crate::http::response::{FieldError, Said};
use crate::http::{Limits, Options};
use crate::python::http::read_limits;
use crate::python::table::RouteTable;

/// The facts of `covet_runtime.server.facts.Server` that a request needs, and the tasks of its loop.
#[pyclass(frozen, module = "covet_runtime")]
pub(super) struct Server {
    /// The object of Python's.
    pub(super) facts: Py<PyAny>,
    pub(super) app: Py<PyAny>,
    pub(super) event_loop: Py<PyAny>,
    /// The attributes of uvicorn's state.
    pub(super) state: Py<PyDict>,
    pub(super) connections: Py<PyAny>,
    pub(super) at_work: Py<PyAny>,
    pub(super) app_state: Py<PyDict>,
    pub(super) asgi_version: Py<PyAny>,
    pub(super) root_path: Py<PyString>,
    pub(super) limit_concurrency: Option<usize>,
    pub(super) access_log: bool,
    /// Whether the log has how long a response took, which is known at its end.
    pub(super) log_duration: bool,
    pub(super) options: Options,
    pub(super) tasks: Tasks,
    routes: Held<Routing>,
    /// `HTTP/1.1 200 OK` and so on, from status 100 on.
    status_lines: Vec<Box<[u8]>>,
    default_fields: Held<Option<Fields>>,
}

/// What is known of the routes.
struct Routing {
    /// How some of them are answered. The table is that of the book.
    direct: Option<Py<Direct>>,
    book: Arc<Book>,
}

/// Fields that every response begins with, written once for each list of them.
struct Fields {
    list: Py<PyAny>,
    text: Box<[u8]>,
    said: Said,
}

#[pymethods]
impl Server {
    /// `status_lines` are those from 100 on.
    #[new]
    fn new(facts: &Bound<'_, PyAny>, status_lines: Vec<Vec<u8>>) -> PyResult<Self> {
        let py = facts.py();
        let get = |name: &str| facts.getattr(name);
        let limits: Limits = read_limits(&get("limits")?)?;
        let websocket = !get("ws_protocol_class")?.is_none();
        let (event_loop, at_work) = (get("loop")?.unbind(), get("tasks")?.unbind());
        let reset_contextvars = get("reset_contextvars")?.is_truthy()?;
        Ok(Self {
            facts: facts.clone().unbind(),
            app: get("app")?.unbind(),
            state: get("server_state")?
                .getattr("__dict__")?
                .cast_into()?
                .unbind(),
            connections: get("connections")?.unbind(),
            app_state: get("app_state")?.cast_into()?.unbind(),
            asgi_version: get("asgi_version")?.unbind(),
            root_path: get("root_path")?.cast_into()?.unbind(),
            limit_concurrency: get("limit_concurrency")?.extract()?,
            access_log: get("access_log")?.is_truthy()?,
            log_duration: get("settings")?
                .getattr("access_log_duration")?
                .is_truthy()?,
            options: Options { limits, websocket },
            tasks: Tasks::new(
                py,
                event_loop.clone_ref(py),
                at_work.clone_ref(py),
                reset_contextvars,
            )?,
            routes: Held::new(Routing {
                direct: None,
                book: Book::new(None, ""),
            }),
            status_lines: status_lines
                .into_iter()
                .map(Vec::into_boxed_slice)
                .collect(),
            default_fields: Held::new(None),
            event_loop,
            at_work,
        })
    }

    /// Reads requests with `table`, whose routes are answered by the plans in `direct`, if there are
    /// any.
    fn answer_by(
        &self,
        py: Python<'_>,
        direct: Option<Py<Direct>>,
        table: Option<Py<RouteTable>>,
    ) -> PyResult<()> {
        let book = Book::new(table, self.root_path.bind(py).to_str()?);
        let routing = Routing { direct, book };
        let before = self
            .routes
            .with(py, |place| std::mem::replace(place, routing));
        drop(before);
        Ok(())
    }

    /// A new connection.
    fn connect(slf: Py<Self>) -> Connection {
        Connection::new(slf)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let objects = [
            &self.facts,
            &self.app,
            &self.event_loop,
            &self.connections,
            &self.at_work,
        ];
        objects.into_iter().try_for_each(|it| visit.call(it))?;
        visit.call(&self.state)?;
        visit.call(&self.app_state)?;
        self.routes.show(|routes| visit.call(&routes.direct))?;
        self.tasks.traverse(&visit)
    }
}

impl Server {
    /// Whether there are as many connections, or requests at work, as there may be.
    pub(super) fn is_at(&self, py: Python<'_>, limit: usize) -> PyResult<bool> {
        Ok(self.connections.bind(py).len()? >= limit || self.at_work.bind(py).len()? >= limit)
    }

    /// How routes are answered without the app, and where answers are counted.
    pub(super) fn routing(&self, py: Python<'_>) -> (Option<Py<Direct>>, Arc<Book>) {
        self.routes.with(py, |routes| {
            let direct = routes.direct.as_ref().map(|direct| direct.clone_ref(py));
            (direct, Arc::clone(&routes.book))
        })
    }

    /// Has the plans made again, if they are not right any more.
    pub(super) fn refresh(&self, py: Python<'_>) -> PyResult<()> {
        let (direct, book) = self.routing(py);
        let holds = match direct {
            Some(direct) => direct.get().holds(py),
            None => {
                book.table().is_none()
                    || !glue(py, NATIVE, "is_outdated")?
                        .call1((&self.facts,))?
                        .is_truthy()?
            }
        };
        if holds {
            return Ok(());
        }
        let (direct, table) = glue(py, NATIVE, "plan")?.call1((&self.facts,))?.extract()?;
        self.answer_by(py, direct, table)
    }

    /// Begins a head: the status line and the fields that all responses have. None for a status that
    /// there is no line for.
    pub(super) fn begin_head(
        &self,
        py: Python<'_>,
        status: usize,
        out: &mut Vec<u8>,
    ) -> PyResult<Option<Said>> {
        let line = status
            .checked_sub(100)
            .and_then(|index| self.status_lines.get(index));
        let Some(line) = line else {
            return Ok(None);
        };
        out.extend_from_slice(line);
        let list = self
            .state
            .bind(py)
            .get_item(intern!(py, "default_headers"))?;
        let list = list.ok_or_else(|| PyAttributeError::new_err("default_headers"))?;
        let append = |fields: &mut Option<Fields>| {
            let fields = fields.as_ref().filter(|fields| fields.list.is(&list))?;
            out.extend_from_slice(&fields.text);
            Some(fields.said)
        };
        if let Some(said) = self.default_fields.with(py, append) {
            return Ok(Some(said));
        }
        let (mut said, start) = (Said::default(), out.len());
        write_fields(&list, true, &mut said, out)?;
        let fields = Fields {
            list: list.unbind(),
            text: out.get(start..).unwrap_or_default().into(),
            said,
        };
        let before = self.default_fields.with(py, |place| place.replace(fields));
        drop(before);
        Ok(Some(said))
    }
}

/// Writes the fields of a list of names and values, as an app gives them.
///
/// A client of HTTP/1.0 takes chunks for content (RFC 9112 §6.1), so `chunks` may be unheard of.
pub(super) fn write_fields(
    fields: &Bound<'_, PyAny>,
    chunks: bool,
    said: &mut Said,
    out: &mut Vec<u8>,
) -> PyResult<()> {
    if let Ok(list) = fields.cast_exact::<PyList>() {
        for field in list {
            write_field(&field, chunks, said, out)?;
        }
        return Ok(());
    }
    for field in fields.try_iter()? {
        write_field(&field?, chunks, said, out)?;
    }
    Ok(())
}

fn write_field(
    field: &Bound<'_, PyAny>,
    chunks: bool,
    said: &mut Said,
    out: &mut Vec<u8>,
) -> PyResult<()> {
    let (name, value) = if let Ok(pair) = field.cast_exact::<PyTuple>()
        && pair.len() == 2
    {
        (pair.get_item(0)?, pair.get_item(1)?)
    } else if let Ok(pair) = field.cast_exact::<PyList>()
        && pair.len() == 2
    {
        (pair.get_item(0)?, pair.get_item(1)?)
    } else {
        field.extract()?
    };
    let written = {
        let (name, value) = (Octets::of(&name)?, Octets::of(&value)?);
        if !chunks && name.bytes().eq_ignore_ascii_case(b"transfer-encoding") {
            return Ok(());
        }
        said.field(out, name.bytes(), value.bytes())
    };
    let message = match written {
        Ok(()) => return Ok(()),
        Err(FieldError::Length) => {
            // `int` knows more numbers than digits alone, and what to raise.
            let py = value.py();
            let number = py.get_type::<pyo3::types::PyInt>();
            said.length = number.call1((value.call_method0("decode")?,))?.extract()?;
            return Ok(());
        }
        Err(FieldError::Name) => "Invalid HTTP header name.",
        Err(FieldError::Value) => "Invalid HTTP header value.",
    };
    Err(pyo3::exceptions::PyRuntimeError::new_err(message))
}

/// The bytes of an object: of `bytes` in place, of other buffers in a copy.
pub(super) enum Octets<'a> {
    Lent(&'a [u8]),
    Own(Vec<u8>),
}

impl<'a> Octets<'a> {
    pub(super) fn of(object: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<pyo3::types::PyBytes>() {
            return Ok(Self::Lent(bytes.as_bytes()));
        }
        let py = object.py();
        if object.is_instance_of::<PyString>() {
            let message = "cannot use a bytes pattern on a string-like object";
            return Err(pyo3::exceptions::PyTypeError::new_err(message));
        }
        let view = py
            .import("builtins")?
            .getattr("memoryview")?
            .call1((object,))?;
        Ok(Self::Own(view.call_method0("tobytes")?.extract()?))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            Self::Own(bytes) => bytes,
        }
    }
}
