//! `RequestReader`: bytes in, events out.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString, PyType};

use super::head::{Matcher, RequestHead, lines};
use super::lent::lend;
use super::refusal;
use crate::http::{Event, Limits, Options, Reader, Trailers};
use crate::python::table::RouteTable;

/// Reads the requests of a connection one after the other.
#[pyclass(module = "covet_runtime")]
pub(super) struct RequestReader {
    reader: Reader,
    routes: Matcher,
}

#[pymethods]
impl RequestReader {
    #[new]
    #[pyo3(signature = (limits = None, *, table = None, websocket = true, now = 0.0))]
    fn new(
        limits: Option<&Bound<'_, PyAny>>,
        table: Option<&Bound<'_, PyAny>>,
        websocket: bool,
        now: f64,
    ) -> PyResult<Self> {
        let limits = limits.map_or(Ok(Limits::DEFAULT), read_limits)?;
        let routes = table.map_or(Matcher::None, |table| match table.cast::<RouteTable>() {
            Ok(table) => Matcher::Table(table.clone().unbind()),
            Err(_) => Matcher::Other(table.clone().unbind()),
        });
        Ok(Self {
            reader: Reader::new(Options { limits, websocket }, now),
            routes,
        })
    }

    /// Takes in what was received. Ignored when the reader is closed.
    fn feed(&mut self, data: &Bound<'_, PyAny>, now: f64) -> PyResult<()> {
        lend(data, "a reader is fed", |bytes| {
            self.reader.feed(bytes, now);
            Ok(())
        })
    }

    /// The next event, or None.
    fn next_event<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(Some(match self.reader.next_event(self.routes.app()) {
            None => return Ok(None),
            Some(Event::Head(head)) => {
                let head = RequestHead::new(head, self.routes.clone_ref(py));
                Bound::new(py, head)?.into_any()
            }
            Some(Event::Data(data)) => PyBytes::new(py, data).into_any(),
            Some(Event::End(trailers)) => end(py, &trailers)?,
            Some(Event::Rejected(rejection)) => refusal::event(py, &rejection)?,
        }))
    }

    /// The response has been sent: whether the connection goes on.
    fn next_request(&mut self, now: f64) -> bool {
        self.reader.next_request(now)
    }

    /// What to send when the body is wanted: once, and only if the client waits for it.
    fn send_continue<'py>(&mut self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.reader.send_continue())
    }

    /// The client has closed its side. Closes the reader.
    fn eof<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let rejection = self.reader.eof();
        rejection
            .map(|rejection| refusal::event(py, &rejection))
            .transpose()
    }

    /// Closes the reader when `deadline` has come.
    fn expire<'py>(&mut self, py: Python<'py>, now: f64) -> PyResult<Option<Bound<'py, PyAny>>> {
        let rejection = self.reader.expire(now);
        rejection
            .map(|rejection| refusal::event(py, &rejection))
            .transpose()
    }

    /// Everything that is not consumed, for the protocol that takes over.
    fn take_rest<'py>(&mut self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.reader.take_rest())
    }

    /// What is being waited for: `idle`, `head`, `body`, `complete`, `draining`, `taken`, `closed`.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.reader.state())
    }

    /// Whether nothing is read any more.
    #[getter]
    fn closed(&self) -> bool {
        self.reader.closed()
    }

    /// When to call `expire`, or None for never.
    #[getter]
    fn deadline(&self) -> Option<f64> {
        self.reader.deadline()
    }

    /// How many bytes are not consumed.
    #[getter]
    fn buffered(&self) -> usize {
        self.reader.buffered()
    }

    /// False when there is enough for now: the caller then does not read from its socket.
    #[getter]
    fn wants_input(&self) -> bool {
        self.reader.wants_input()
    }

    /// How many bytes were looked at so far, a byte as often as it was.
    #[getter]
    fn examined(&self) -> u64 {
        self.reader.examined()
    }
}

/// An `End`. Without trailers it is always the same object.
fn end<'py>(py: Python<'py>, trailers: &Trailers) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static PLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = || CLASS.import(py, "covet_runtime.http.events", "End");
    if trailers.fields().is_empty() {
        let plain = PLAIN.get_or_try_init(py, || PyResult::Ok(class()?.call0()?.unbind()))?;
        return Ok(plain.bind(py).clone());
    }
    class()?.call1((lines(py, trailers.headers())?,))
}

/// A `Limits` of Python, which has checked itself except for a stand-in of another class.
pub(in crate::python) fn read_limits(limits: &Bound<'_, PyAny>) -> PyResult<Limits> {
    fn get<'py, T>(limits: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
    where
        T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
    {
        limits.getattr(name)?.extract()
    }
    let limits = Limits {
        request_line: get(limits, "request_line")?,
        head: get(limits, "head")?,
        fields: get(limits, "fields")?,
        leading_lines: get(limits, "leading_lines")?,
        chunk_size_digits: get(limits, "chunk_size_digits")?,
        chunk_extensions: get(limits, "chunk_extensions")?,
        trailers: get(limits, "trailers")?,
        drain: get(limits, "drain")?,
        pipeline: get(limits, "pipeline")?,
        body: limits.getattr("body")?.extract()?,
        head_seconds: get(limits, "head_seconds")?,
        body_seconds: get(limits, "body_seconds")?,
        body_rate: get(limits, "body_rate")?,
        keep_alive_seconds: get(limits, "keep_alive_seconds")?,
    };
    limits.check().map_err(PyValueError::new_err)?;
    Ok(limits)
}
