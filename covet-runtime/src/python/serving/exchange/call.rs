//! Calls of ASGI apps.

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, intern};

use super::{Exchange, LOGS, Response, glue};
use crate::python::serving::coroutine;
use crate::python::serving::job::Undertaking;

/// A call of an ASGI app.
pub(in crate::python::serving) struct Call {
    pub(in crate::python::serving) app: Py<PyAny>,
    pub(in crate::python::serving) exchange: Py<Exchange>,
}

impl Call {
    fn try_begin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let exchange = self.exchange.bind(py);
        exchange.get().talk.with(py, |talk| talk.stepping = true);
        let receive = exchange.getattr(intern!(py, "receive"))?;
        let send = exchange.getattr(intern!(py, "send"))?;
        let scope = exchange.get().scope(py)?;
        coroutine::of(self.app.bind(py).call1((scope, receive, send))?)
    }

    fn try_returned(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let exchange = self.exchange.get();
        let (disconnected, begun, complete) = exchange.talk.with(py, |talk| {
            let begun = !matches!(talk.response, Response::None);
            let complete = matches!(talk.response, Response::Complete);
            (talk.disconnected, begun, complete)
        });
        let facts = &exchange.server().facts;
        if !value.is_none() {
            glue(py, LOGS, "returned")?.call1((facts, value))?;
            return exchange.connection.get().close(py);
        }
        if !begun && !disconnected {
            glue(py, LOGS, "not_started")?.call1((facts,))?;
            return exchange.send_500(py);
        }
        if !complete && !disconnected {
            glue(py, LOGS, "not_completed")?.call1((facts,))?;
            return exchange.fail(py);
        }
        Ok(())
    }

    fn try_raised(&self, py: Python<'_>, error: PyErr) -> PyResult<()> {
        let exchange = self.exchange.get();
        glue(py, LOGS, "failure")?.call1((&exchange.server().facts, error.into_value(py)))?;
        exchange.fail(py)
    }

    /// The last resort for failures of the server itself.
    fn give_up(&self, py: Python<'_>, result: PyResult<()>) {
        if let Err(error) = result {
            error.write_unraisable(py, None);
            if let Err(error) = self.exchange.get().connection.get().close(py) {
                error.write_unraisable(py, None);
            }
        }
    }
}

impl Undertaking for Call {
    fn begin<'py>(&mut self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match self.try_begin(py) {
            Ok(coroutine) => Some(coroutine),
            Err(error) => self.raised(py, error),
        }
    }

    fn abandoned(&mut self, py: Python<'_>) {
        self.give_up(py, self.exchange.get().connection.get().close(py));
    }

    fn resumes(&mut self, py: Python<'_>) {
        let exchange = self.exchange.get();
        exchange.talk.with(py, |talk| talk.stepping = true);
    }

    fn waits(&mut self, py: Python<'_>) {
        let exchange = self.exchange.get();
        exchange.talk.with(py, |talk| talk.stepping = false);
        self.give_up(py, exchange.flush(py));
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.app)?;
        visit.call(&self.exchange)
    }

    fn returned<'py>(&mut self, value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let py = value.py();
        self.give_up(py, self.try_returned(value));
        self.give_up(py, self.exchange.get().log_end(py));
        None
    }

    fn raised<'py>(&mut self, py: Python<'py>, error: PyErr) -> Option<Bound<'py, PyAny>> {
        self.give_up(py, self.try_raised(py, error));
        self.give_up(py, self.exchange.get().log_end(py));
        None
    }
}
