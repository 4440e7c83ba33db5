//! Calls of `receive` and `send`, to be awaited.

use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit, intern};

use super::Exchange;
use crate::python::serving::coroutine;
use crate::python::serving::held::Held;
use crate::python::serving::server::Server;

/// A call of `receive` or of `send`: a coroutine, as far as anybody can tell. Nothing is done before
/// somebody awaits it.
#[pyclass(frozen, module = "covet_runtime")]
pub(super) struct Talking {
    exchange: Py<Exchange>,
    /// What is sent, None to receive.
    message: Option<Py<PyAny>>,
    stage: Held<Stage>,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    New,
    Waiting,
    Over,
}

impl Talking {
    pub(super) fn new(exchange: Py<Exchange>, message: Option<Py<PyAny>>) -> Self {
        Self {
            exchange,
            message,
            stage: Held::new(Stage::New),
        }
    }

    fn enter(&self, py: Python<'_>, stage: Stage) -> Stage {
        self.stage.with(py, |place| std::mem::replace(place, stage))
    }

    /// What to wait for, or the result.
    fn step<'py>(&self, py: Python<'py>) -> PyResult<Result<Bound<'py, PyAny>, Py<PyAny>>> {
        let has_waited = match self.enter(py, Stage::Over) {
            Stage::New => false,
            Stage::Waiting => true,
            Stage::Over => {
                let message = "cannot reuse already awaited coroutine";
                return Err(PyRuntimeError::new_err(message));
            }
        };
        let future = match &self.message {
            Some(message) => self.send_step(message.bind(py))?,
            None => match self.receive_step(py, has_waited)? {
                Ok(future) => Some(future),
                Err(news) => return Ok(Err(news)),
            },
        };
        let Some(future) = future else {
            return Ok(Err(py.None()));
        };
        self.enter(py, Stage::Waiting);
        Ok(Ok(future))
    }

    fn send_step<'py>(&self, message: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = message.py();
        let exchange = self.exchange.get();
        let connection = exchange.connection.get();
        if connection.is_write_paused(py) {
            let future = future(py, exchange.server())?;
            connection.wait_to_write(py, future.clone().unbind())?;
            return Ok(Some(future));
        }
        exchange.send_now(message)?;
        Ok(None)
    }

    fn receive_step<'py>(
        &self,
        py: Python<'py>,
        has_waited: bool,
    ) -> PyResult<Result<Bound<'py, PyAny>, Py<PyAny>>> {
        let exchange = self.exchange.get();
        let connection = exchange.connection.get();
        if !has_waited {
            connection.wants_body(py)?;
        }
        if let Some(news) = exchange.news(py, has_waited)? {
            connection.pump(py)?;
            return Ok(Err(news.into_any().unbind()));
        }
        let future = future(py, exchange.server())?;
        let waiting = exchange
            .talk
            .with(py, |talk| std::mem::take(&mut talk.waiting));
        let waiting = with_another(py, waiting, future.clone().unbind())?;
        exchange.talk.with(py, |talk| talk.waiting = waiting);
        Ok(Ok(future))
    }
}

#[pymethods]
impl Talking {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.step(py)? {
            Ok(future) => Ok(Some(future)),
            // The end of an iterator without a value is no exception that has to be made.
            Err(result) if result.is_none(py) => Ok(None),
            Err(result) => Err(PyStopIteration::new_err(result)),
        }
    }

    fn send<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.step(value.py())?.map_err(PyStopIteration::new_err)
    }

    #[pyo3(signature = (exception, value = None, _traceback = None))]
    fn throw(
        &self,
        exception: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        self.enter(exception.py(), Stage::Over);
        Err(coroutine::raised(exception, value))
    }

    fn close(&self, py: Python<'_>) {
        self.enter(py, Stage::Over);
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "coroutines have it")]
    const fn cr_running(&self) -> bool {
        false
    }

    #[getter]
    fn cr_suspended(&self, py: Python<'_>) -> bool {
        self.stage.with(py, |stage| *stage == Stage::Waiting)
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "coroutines have it")]
    const fn cr_frame(&self) -> Option<Py<PyAny>> {
        None
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "coroutines have it")]
    const fn cr_code(&self) -> Option<Py<PyAny>> {
        None
    }

    #[getter]
    const fn __name__(&self) -> &'static str {
        if self.message.is_some() {
            "send"
        } else {
            "receive"
        }
    }

    #[getter]
    const fn __qualname__(&self) -> &'static str {
        self.__name__()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.exchange)?;
        visit.call(&self.message)
    }
}

/// Futures that are waited for, and another one. Those of calls that were cancelled are done: they are
/// left out, each time that there are twice as many.
pub(in crate::python::serving) fn with_another(
    py: Python<'_>,
    mut futures: Vec<Py<PyAny>>,
    future: Py<PyAny>,
) -> PyResult<Vec<Py<PyAny>>> {
    const MANY: usize = 8;
    if futures.len() >= MANY && futures.len().is_power_of_two() {
        for future in std::mem::take(&mut futures) {
            if !future
                .call_method0(py, intern!(py, "done"))?
                .is_truthy(py)?
            {
                futures.push(future);
            }
        }
    }
    futures.push(future);
    Ok(futures)
}

/// A future of the loop's, as a coroutine yields it.
fn future<'py>(py: Python<'py>, server: &Server) -> PyResult<Bound<'py, PyAny>> {
    let event_loop = server.event_loop.bind(py);
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
    Ok(future)
}
