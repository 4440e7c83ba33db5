//! One request and its response, as an ASGI app sees them.
//!
//! * [`call`] calls the app, and answers for it when it fails.
//! * [`talking`] is what `receive` and `send` return.

mod call;
mod talking;

pub(super) use call::Call;
pub(super) use talking::with_another;

use std::time::Instant;

use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit, intern};

use self::talking::Talking;
use super::connection::Connection;
use super::direct::Direct;
use super::held::Held;
use super::metrics::Record;
use super::server::{Octets, Server, write_fields};
use crate::http::response::{Asked, Body, BodyError, Said};
use crate::http::{Head, Version};
use crate::json::number;
use crate::python::http::method_text;
use crate::python::json::loads;

/// The fields of a response before and after the length of its body.
pub(super) struct Block {
    pub(super) before: Box<[u8]>,
    pub(super) after: Box<[u8]>,
}

/// How much of a body waits for the app before no more is read, as in uvicorn.
pub(super) const HIGH_WATER: usize = 65_536;

/// `receive` and `send` of one request, and what is known between their calls.
#[pyclass(frozen, module = "covet_runtime")]
pub(super) struct Exchange {
    connection: Py<Connection>,
    head: Head,
    /// Made when somebody asks for it.
    scope: Held<Option<Py<PyDict>>>,
    asked: Asked,
    began: Instant,
    record: Record,
    /// The route, if its handler is called without the app.
    route: Option<(Py<Direct>, u32)>,
    talk: Held<Talk>,
}

#[allow(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
struct Talk {
    /// What has arrived of the body, and the app has not asked for yet.
    body: Vec<u8>,
    more_body: bool,
    /// Whether there is something to tell the app.
    news: bool,
    /// The futures that calls of `receive` wait for.
    waiting: Vec<Py<PyAny>>,
    disconnected: bool,
    keep_alive: bool,
    response: Response,
    /// The status of a response that has begun and was not logged.
    unlogged: Option<u16>,
    /// Whether the app's own coroutine is running.
    stepping: bool,
}

/// Where a response is.
enum Response {
    None,
    /// The head is there. It waits for the first part of the body, to be written with it.
    Head {
        head: Vec<u8>,
        status: u16,
        body: Body,
    },
    Body(Body),
    Complete,
}

impl Exchange {
    pub(super) fn new(
        connection: Py<Connection>,
        head: Head,
        began: Instant,
        route: Option<(Py<Direct>, u32)>,
        record: Record,
    ) -> Self {
        let http10 = head.version() == Version::Http10;
        let keep_alive = head.keep_alive() && !http10;
        Self {
            connection,
            scope: Held::new(None),
            route,
            asked: Asked {
                head: head.method() == "HEAD",
                http10,
            },
            talk: Held::new(Talk {
                body: Vec::new(),
                more_body: true,
                news: false,
                waiting: Vec::new(),
                disconnected: false,
                keep_alive,
                response: Response::None,
                unlogged: None,
                stepping: false,
            }),
            began,
            record,
            head,
        }
    }

    /// The scope, which is the same object for all who ask.
    pub(super) fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let known = self
            .scope
            .with(py, |scope| Some(scope.as_ref()?.clone_ref(py)));
        if let Some(scope) = known {
            return Ok(scope.into_bound(py));
        }
        let connection = self.connection.get();
        let scope = connection.scope(py, &self.head, self.record.book())?;
        let kept = scope.clone().unbind();
        let before = self.scope.with(py, |place| place.replace(kept));
        drop(before);
        Ok(scope)
    }

    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    /// Sends a whole response: whether that could be done at once. `status` is one that has a status
    /// line.
    pub(super) fn respond(
        slf: &Bound<'_, Self>,
        status: u16,
        block: &Block,
        body: &[u8],
    ) -> PyResult<bool> {
        let py = slf.py();
        let this = slf.get();
        let connection = this.connection.get();
        if connection.is_write_paused(py) {
            return Ok(false);
        }
        let mut head = connection.take_gathered(py);
        let start = head.len();
        let said = this.server().begin_head(py, status.into(), &mut head)?;
        if said != Some(Said::default()) {
            // What uvicorn was told to say in every response decides about the body.
            head.truncate(start);
            connection.gather(py, head)?;
            return Ok(false);
        }
        head.extend_from_slice(&block.before);
        number::append(&mut head, body.len() as u64);
        head.extend_from_slice(&block.after);
        let said = Said {
            chunked: Some(false),
            length: body.len().cast_signed() as i64,
            close: false,
        };
        let asked = this.asked;
        let sending = this.talk.with(py, |talk| {
            if talk.disconnected {
                return None;
            }
            let framing = said.end_head(&mut head, status, asked, &mut talk.keep_alive);
            talk.response = Response::Complete;
            talk.news = true;
            Some((framing != Body::None, talk.keep_alive))
        });
        let Some((has_body, keep_alive)) = sending else {
            head.truncate(start);
            connection.gather(py, head)?;
            return Ok(true);
        };
        if has_body {
            head.extend_from_slice(body);
        }
        connection.gather(py, head)?;
        this.log_access(py, status)?;
        this.complete(py, keep_alive)?;
        Ok(true)
    }

    /// Takes a part of the body; whether there is room for more.
    pub(super) fn feed(&self, py: Python<'_>, data: &[u8]) -> bool {
        self.talk.with(py, |talk| {
            talk.body.extend_from_slice(data);
            talk.news = true;
            talk.body.len() <= HIGH_WATER
        })
    }

    /// The body, if all of it is there and it is not too large. Until it is put back, or known to be
    /// read, nobody else gets it.
    fn whole_body(&self, py: Python<'_>, limit: usize) -> Option<Vec<u8>> {
        self.talk.with(py, |talk| {
            let is_whole = talk.news && !talk.more_body && !talk.is_over();
            let fits = !talk.body.is_empty() && talk.body.len() <= limit;
            (is_whole && fits).then(|| std::mem::take(&mut talk.body))
        })
    }

    /// The body is complete.
    pub(super) fn end_body(&self, py: Python<'_>) {
        self.talk.with(py, |talk| {
            talk.more_body = false;
            talk.news = true;
        });
    }

    pub(super) fn has_room(&self, py: Python<'_>) -> bool {
        self.talk.with(py, |talk| talk.body.len() <= HIGH_WATER)
    }

    /// The connection is going to close behind the response.
    pub(super) fn be_the_last(&self, py: Python<'_>) {
        self.talk.with(py, |talk| talk.keep_alive = false);
    }

    /// Nobody is there any more, or gets an answer with the status `refusal` if he has none. Whether
    /// something of the response was written.
    pub(super) fn disconnect(&self, py: Python<'_>, refusal: Option<u16>) -> bool {
        self.record.broken_off(py, self.began.elapsed(), refusal);
        self.talk.with(py, |talk| {
            talk.disconnected = true;
            talk.news = true;
            !matches!(talk.response, Response::None | Response::Head { .. })
        })
    }

    /// Lets the calls of `receive` go on that have something to hear.
    pub(super) fn tell(&self, py: Python<'_>) -> PyResult<()> {
        let waiting = self.talk.with(py, |talk| {
            if talk.news {
                std::mem::take(&mut talk.waiting)
            } else {
                Vec::new()
            }
        });
        waiting
            .iter()
            .try_for_each(|future| release(future.bind(py)))
    }

    fn server(&self) -> &Server {
        self.connection.get().server()
    }

    /// What `send` does when the transport takes data.
    fn send_now(&self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = message.py();
        let (disconnected, begun, complete) = self.talk.with(py, |talk| {
            let begun = !matches!(talk.response, Response::None);
            let complete = matches!(talk.response, Response::Complete);
            (talk.disconnected, begun, complete)
        });
        if disconnected {
            return Ok(());
        }
        let kind = required(message, intern!(py, "type"))?;
        if complete {
            let message =
                format!("Unexpected ASGI message '{kind}' sent, after response already completed.");
            return Err(PyRuntimeError::new_err(message));
        }
        let expected = if begun {
            intern!(py, "http.response.body")
        } else {
            intern!(py, "http.response.start")
        };
        if !kind.is(expected) && !kind.eq(expected)? {
            let message = format!("Expected ASGI message '{expected}', but got '{kind}'.");
            return Err(PyRuntimeError::new_err(message));
        }
        if begun {
            self.send_body(message)
        } else {
            self.send_start(message)
        }
    }

    fn send_start(&self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = message.py();
        let status = required(message, intern!(py, "status"))?;
        let number: i64 = status.extract()?;
        let mut head = Vec::with_capacity(512);
        let server = self.server();
        if number < 200 {
            let message =
                format!("Expected a final status in 'http.response.start', but got {number}.");
            return Err(PyRuntimeError::new_err(message));
        }
        let line = usize::try_from(number).unwrap_or_default();
        let Some(mut said) = server.begin_head(py, line, &mut head)? else {
            return Err(PyKeyError::new_err(number));
        };
        if let Some(fields) = optional(message, intern!(py, "headers"))? {
            write_fields(&fields, !self.asked.http10, &mut said, &mut head)?;
        }
        // As every status that there is a line for.
        let status = line as u16;
        let (asked, stepping) = (self.asked, self.talk.with(py, |talk| talk.stepping));
        self.talk.with(py, |talk| {
            let body = said.end_head(&mut head, status, asked, &mut talk.keep_alive);
            talk.response = Response::Head { head, status, body };
        });
        if !stepping {
            // Another task of the app's sends this: nobody tells when that one waits.
            Connection::flush_soon(self.connection.bind(py))?;
        }
        Ok(())
    }

    /// Writes the head, if it is still there.
    pub(super) fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let head = self.talk.with(py, |talk| {
            if talk.disconnected {
                return None;
            }
            match std::mem::replace(&mut talk.response, Response::None) {
                Response::Head { head, status, body } => {
                    talk.response = Response::Body(body);
                    Some((head, status))
                }
                other => {
                    talk.response = other;
                    None
                }
            }
        });
        let Some((head, status)) = head else {
            return Ok(());
        };
        self.log_access(py, status)?;
        self.connection.get().write(py, &[&head])
    }

    fn send_body(&self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = message.py();
        let body = optional(message, intern!(py, "body"))?;
        let last = match optional(message, intern!(py, "more_body"))? {
            Some(more) => !more.is_truthy()?,
            None => true,
        };
        // Where there is no body, nobody looks what it would be.
        let is_sent = self.talk.with(py, |talk| !talk.is_bodiless());
        let body = body.filter(|_| is_sent);
        let octets = body.as_ref().map(Octets::of).transpose()?;
        let bytes = octets.as_ref().map_or(&b""[..], Octets::bytes);
        let step = self.talk.with(py, |talk| talk.part(bytes.len(), last));
        let step = step.map_err(|error| {
            PyRuntimeError::new_err(match error {
                BodyError::Longer => "Response content longer than Content-Length",
                BodyError::Shorter => TOO_SHORT,
            })
        })?;
        let mut head = step.head;
        if let Some(status) = step.status {
            self.log_access(py, status)?;
        }
        step.part.before(&mut head);
        let sent = if step.part.is_sent { bytes } else { b"" };
        let connection = self.connection.get();
        connection.write(py, &[&head, sent, step.part.after()])?;
        if step.is_short {
            return Err(PyRuntimeError::new_err(TOO_SHORT));
        }
        if last {
            self.complete(py, step.keep_alive)?;
        }
        Ok(())
    }

    /// Logs a response whose head is written, unless that has to wait for its end.
    fn log_access(&self, py: Python<'_>, status: u16) -> PyResult<()> {
        self.record.answered(status);
        let server = self.server();
        if !server.access_log {
            return Ok(());
        }
        if server.log_duration {
            self.talk.with(py, |talk| talk.unlogged = Some(status));
            return Ok(());
        }
        let scope = self.scope(py)?;
        glue(py, LOGS, "answered")?.call1((&server.facts, scope, status))?;
        Ok(())
    }

    /// Logs a response that is over, unless that was done.
    fn log_end(&self, py: Python<'_>) -> PyResult<()> {
        let Some(status) = self.talk.with(py, |talk| talk.unlogged.take()) else {
            return Ok(());
        };
        let duration = self.began.elapsed().as_secs_f64();
        let arguments = (&self.server().facts, self.scope(py)?, status, duration);
        glue(py, LOGS, "answered")?.call1(arguments)?;
        Ok(())
    }

    /// The response is complete.
    fn complete(&self, py: Python<'_>, keep_alive: bool) -> PyResult<()> {
        let now = Instant::now();
        self.record.complete(py, now - self.began);
        self.log_end(py)?;
        self.tell(py)?;
        Connection::response_complete(self.connection.bind(py), keep_alive, now)
    }

    /// Answers for the app that has failed, or cuts off what it has begun.
    fn fail(&self, py: Python<'_>) -> PyResult<()> {
        let begun = self.talk.with(py, |talk| {
            if matches!(talk.response, Response::Head { .. }) {
                talk.response = Response::None;
            }
            !matches!(talk.response, Response::None)
        });
        if begun {
            self.connection.get().close(py)
        } else {
            self.send_500(py)
        }
    }

    /// The server's own answer to a failure of the app.
    fn send_500(&self, py: Python<'_>) -> PyResult<()> {
        let text = b"Internal Server Error";
        let fields: [(&[u8], &[u8]); 3] = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"21"),
            (b"connection", b"close"),
        ];
        let mut head = Vec::with_capacity(256);
        let Some(mut said) = self.server().begin_head(py, 500, &mut head)? else {
            return self.connection.get().close(py);
        };
        for (name, value) in fields {
            // The names and values are right.
            let _ = said.field(&mut head, name, value);
        }
        let asked = self.asked;
        let is_there = self.talk.with(py, |talk| {
            let body = said.end_head(&mut head, 500, asked, &mut talk.keep_alive);
            talk.response = Response::Complete;
            talk.news = true;
            (!talk.disconnected).then_some(body)
        });
        let Some(body) = is_there else {
            return Ok(());
        };
        self.log_access(py, 500)?;
        let sent = if body == Body::None { &b""[..] } else { text };
        let connection = self.connection.get();
        connection.write(py, &[&head, sent])?;
        self.complete(py, false)
    }

    /// What `receive` gives, when it is time: None while there is nothing to tell.
    fn news<'py>(
        &self,
        py: Python<'py>,
        wait_no_more: bool,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let news = self.talk.with(py, |talk| {
            let is_over = talk.is_over();
            if !is_over && !talk.news && !wait_no_more {
                return None;
            }
            talk.news &= is_over;
            Some((!is_over).then(|| (std::mem::take(&mut talk.body), talk.more_body)))
        });
        let Some(news) = news else {
            return Ok(None);
        };
        let message = PyDict::new(py);
        match news {
            None => message.set_item(intern!(py, "type"), intern!(py, "http.disconnect"))?,
            Some((body, more_body)) => {
                message.set_item(intern!(py, "type"), intern!(py, "http.request"))?;
                message.set_item(intern!(py, "body"), PyBytes::new(py, &body))?;
                message.set_item(intern!(py, "more_body"), more_body)?;
            }
        }
        Ok(Some(message))
    }
}

const TOO_SHORT: &str = "Response content shorter than Content-Length";

/// What to write for a part of the body.
struct Writing {
    /// The head, when it was not written before.
    head: Vec<u8>,
    status: Option<u16>,
    part: crate::http::response::Part,
    keep_alive: bool,
    /// Whether the response ends before its length, as is told when the part is written.
    is_short: bool,
}

impl Talk {
    /// Whether there is nothing to tell the app but that nobody listens.
    fn is_over(&self) -> bool {
        self.disconnected || matches!(self.response, Response::Complete)
    }

    fn is_bodiless(&self) -> bool {
        let (Response::Head { body, .. } | Response::Body(body)) = &self.response else {
            return false;
        };
        *body == Body::None
    }

    fn part(&mut self, length: usize, last: bool) -> Result<Writing, BodyError> {
        let body = match &mut self.response {
            Response::Head { body, .. } | Response::Body(body) => body,
            // Whoever asks has looked.
            Response::None | Response::Complete => return Err(BodyError::Longer),
        };
        let mut after = *body;
        let part = after.part(length, last)?;
        let is_short = last && after.end().is_err();
        let is_held = matches!(self.response, Response::Head { .. });
        if is_short && is_held {
            return Err(BodyError::Shorter);
        }
        let next = if last && !is_short {
            self.news = true;
            Response::Complete
        } else {
            Response::Body(after)
        };
        let (head, status) = match std::mem::replace(&mut self.response, next) {
            Response::Head { head, status, .. } => (head, Some(status)),
            _ => (Vec::new(), None),
        };
        Ok(Writing {
            head,
            status,
            part,
            keep_alive: self.keep_alive,
            is_short,
        })
    }
}

#[pymethods]
impl Exchange {
    #[getter(scope)]
    fn scope_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.scope(py)
    }

    #[getter]
    fn method<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        method_text(py, self.head.method())
    }

    /// What the body says, as if it had been received and read by the standard library.
    /// `NotImplemented`, and nothing has happened, unless it is usual JSON, not longer than the
    /// limit, and the request has not been given a way to receive it. `...` when some is still to come.
    fn json<'py>(&self, request: &Bound<'py, PyAny>, limit: usize) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let unread = |(direct, _): &(Py<Direct>, u32)| direct.get().is_unread(request);
        if !self.route.as_ref().is_some_and(unread) {
            return Ok(py.NotImplemented().into_bound(py));
        }
        let is_limited = !matches!(self.head.method(), "GET" | "HEAD" | "OPTIONS");
        let limit = if is_limited { limit } else { usize::MAX };
        if self.talk.with(py, |talk| talk.more_body && !talk.is_over()) {
            return Ok(py.Ellipsis().into_bound(py));
        }
        let connection = self.connection.get();
        connection.wants_body(py)?;
        let Some(body) = self.whole_body(py, limit) else {
            return Ok(py.NotImplemented().into_bound(py));
        };
        let value = loads(py, &body);
        let is_read = value.is_some();
        self.talk.with(py, |talk| {
            if is_read {
                talk.news &= talk.is_over();
            } else {
                talk.body = body;
            }
        });
        if is_read {
            connection.pump(py)?;
        }
        Ok(value.unwrap_or_else(|| py.NotImplemented().into_bound(py)))
    }

    /// The parameters of the path, None when its route has none.
    fn path_params<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        match &self.route {
            Some((direct, endpoint)) => direct.get().parameters(py, *endpoint, &self.head),
            None => Ok(None),
        }
    }

    /// ASGI's `send`.
    fn send(slf: Py<Self>, message: Py<PyAny>) -> Talking {
        Talking::new(slf, Some(message))
    }

    /// ASGI's `receive`.
    fn receive(slf: Py<Self>) -> Talking {
        Talking::new(slf, None)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.connection)?;
        if let Some((direct, _)) = &self.route {
            visit.call(direct)?;
        }
        self.scope.show(|scope| visit.call(scope))?;
        self.talk.show(|talk| {
            let mut waiting = talk.waiting.iter();
            waiting.try_for_each(|future| visit.call(future))
        })
    }

    fn __clear__(&self) {
        Python::attach(|py| {
            let scope = self.scope.with(py, Option::take);
            let waiting = self.talk.with(py, |talk| std::mem::take(&mut talk.waiting));
            drop((scope, waiting));
        });
    }
}

/// The modules of the part of the server that is in Python.
pub(super) const NATIVE: &str = "covet_runtime.server.native";
pub(super) const LOGS: &str = "covet_runtime.server.logs";

/// A function of one of these modules.
pub(super) fn glue<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(module)?.getattr(name)
}

/// Lets whoever waits for a future go on.
pub(super) fn release(future: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = future.py();
    if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
        future.call_method1(intern!(py, "set_result"), (py.None(),))?;
    }
    Ok(())
}

/// `message[key]`.
fn required<'py>(
    message: &Bound<'py, PyAny>,
    key: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(message) = message.cast_exact::<PyDict>()
        && let Some(value) = message.get_item(key)?
    {
        return Ok(value);
    }
    message.get_item(key)
}

/// `message.get(key)`, and None where it is missing.
fn optional<'py>(
    message: &Bound<'py, PyAny>,
    key: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(message) = message.cast_exact::<PyDict>() {
        return message.get_item(key);
    }
    let nothing = PyTuple::empty(message.py());
    let value = message.call_method1("get", (key, &nothing))?;
    Ok((!value.is(&nothing)).then_some(value))
}
