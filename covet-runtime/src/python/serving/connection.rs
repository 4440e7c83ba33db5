//! A connection: an asyncio protocol.
//!
//! * Here is what asyncio and uvicorn call.
//! * [`requests`] begins requests, and ends them.
//! * [`wire`] reads and writes, in time.

mod requests;
mod wire;

use std::sync::OnceLock;
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, PyVisit, ffi, intern};

use self::wire::{Objects, Wire};
use super::clock::Clock;
use super::exchange::{Exchange, LOGS, NATIVE, glue, release};
use super::held::Held;
use super::metrics::Presence;
use super::scope::Peer;
use super::server::Server;
use crate::http::Reader;

/// The protocol of one connection.
#[pyclass(frozen, weakref, module = "covet_runtime")]
pub(super) struct Connection {
    server: Py<Server>,
    wire: Held<Wire>,
    peer: OnceLock<Peer>,
    presence: Held<Option<Presence>>,
    /// What requests begin in a copy of. The transport's own calls cannot be trusted to be made in it:
    /// whoever has it pause and go on makes them come in his context.
    context: OnceLock<Py<PyAny>>,
}

#[pymethods]
impl Connection {
    fn connection_made(slf: &Bound<'_, Self>, transport: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let server = this.server.get();
        server
            .connections
            .bind(py)
            .call_method1(intern!(py, "add"), (slf,))?;
        let (address, client, scheme) = glue(py, NATIVE, "connection_made")?
            .call1((&server.facts, transport))?
            .extract()?;
        let peer = Peer {
            server: address,
            client,
            scheme,
        };
        let _ = this.peer.set(peer);
        this.presence
            .with(py, |place| *place = Some(Presence::new()));
        // SAFETY: it returns a new reference, or null with an exception.
        let context = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_CopyCurrent())? };
        let _ = this.context.set(context.unbind());
        let write = transport.getattr(intern!(py, "write"))?.unbind();
        let in_place = server.tasks.may_run_in_place(py)?;
        server.refresh(py)?;
        let transport = transport.clone().unbind();
        this.wire.with(py, |wire| {
            wire.transport = Some(transport);
            wire.write = Some(write);
            wire.in_place = in_place;
        });
        Self::set_timer(slf)
    }

    fn connection_lost(slf: &Bound<'_, Self>, exc: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let server = this.server.get();
        server
            .connections
            .bind(py)
            .call_method1(intern!(py, "discard"), (slf,))?;
        let Objects {
            exchange,
            transport,
            write,
            timer,
            waiting,
        } = this.wire.with(py, |wire| {
            wire.lost = true;
            wire.closing = true;
            wire.let_go()
        });
        drop(write);
        this.presence.with(py, |presence| *presence = None);
        if let Some(exchange) = exchange {
            exchange.get().disconnect(py, None);
            exchange.get().tell(py)?;
        }
        for future in waiting {
            release(future.bind(py))?;
        }
        if let Some(timer) = timer {
            timer.call_method0(py, intern!(py, "cancel"))?;
        }
        this.tell_completed(py)?;
        let client = this.peer.get().map(|peer| &peer.client);
        glue(py, LOGS, "connection_lost")?.call1((&server.facts, client))?;
        if exc.is_none()
            && let Some(transport) = transport
        {
            transport.call_method0(py, intern!(py, "close"))?;
        }
        Ok(())
    }

    fn data_received(slf: &Bound<'_, Self>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        if let Ok(bytes) = data.cast_exact::<PyBytes>() {
            let bytes = bytes.as_bytes();
            this.wire.with(py, |wire| wire.feed(bytes));
        } else {
            let octets = super::server::Octets::of(data)?;
            let bytes = octets.bytes();
            this.wire.with(py, |wire| wire.feed(bytes));
        }
        Self::advance(slf)
    }

    /// The client sends no more. The transport closes by itself.
    fn eof_received(&self, py: Python<'_>) -> PyResult<()> {
        match self.wire.with(py, |wire| wire.reader.eof()) {
            Some(rejection) => self.refuse(py, &rejection),
            None => Ok(()),
        }
    }

    fn pause_writing(&self, py: Python<'_>) {
        self.wire.with(py, |wire| wire.writing_paused = true);
    }

    fn resume_writing(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let waiting = this.wire.with(py, |wire| {
            wire.writing_paused = false;
            std::mem::take(&mut wire.waiting_to_write)
        });
        for future in waiting {
            release(future.bind(py))?;
        }
        Self::advance_soon(slf)
    }

    /// uvicorn shuts down.
    fn shutdown(&self, py: Python<'_>) -> PyResult<()> {
        let exchange = self.exchange(py);
        match exchange {
            Some(exchange) => {
                exchange.get().be_the_last(py);
                Ok(())
            }
            None => self.close(py),
        }
    }

    /// Goes on with what has arrived.
    fn _advance(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        this.wire.with(slf.py(), |wire| {
            wire.advance_is_due = false;
            wire.latest = Instant::now();
        });
        Self::advance(slf)
    }

    /// Writes a head that nobody has written since.
    fn _flush(&self, py: Python<'_>) -> PyResult<()> {
        self.wire.with(py, |wire| wire.flush_is_due = false);
        match self.exchange(py) {
            Some(exchange) => exchange.get().flush(py),
            None => Ok(()),
        }
    }

    /// The timer has gone off.
    fn _expire(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let (timer, expired) = this.wire.with(py, |wire| {
            let timer = wire.timer.take();
            wire.timer_at = f64::INFINITY;
            let now = wire.clock.now();
            let is_due = !wire.clock.is_stopped() && !wire.closing;
            let is_due = is_due
                && wire
                    .reader
                    .deadline()
                    .is_some_and(|deadline| now >= deadline);
            (timer, is_due.then(|| wire.reader.expire(now)))
        });
        drop(timer);
        match expired {
            None => Self::set_timer(slf),
            Some(None) => this.close(py),
            Some(Some(rejection)) => this.refuse(py, &rejection),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.server)?;
        visit.call(self.context.get())?;
        self.wire.show(|wire| {
            visit.call(&wire.transport)?;
            visit.call(&wire.write)?;
            visit.call(&wire.exchange)?;
            visit.call(&wire.timer)?;
            let mut waiting = wire.waiting_to_write.iter();
            waiting.try_for_each(|future| visit.call(future))
        })
    }

    fn __clear__(&self) {
        Python::attach(|py| drop(self.wire.with(py, Wire::let_go)));
    }

    #[getter]
    fn transport<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.wire.with(py, |wire| {
            wire.transport.as_ref().map(|it| it.bind(py).clone())
        })
    }
}

impl Connection {
    pub(super) fn new(server: Py<Server>) -> Self {
        let reader = Reader::new(server.get().options.clone(), 0.0);
        Self {
            server,
            wire: Held::new(Wire {
                reader,
                clock: Clock::new(),
                latest: Instant::now(),
                transport: None,
                write: None,
                exchange: None,
                out: Vec::new(),
                gathering: false,
                advance_is_due: false,
                flush_is_due: false,
                reading_paused: false,
                writing_paused: false,
                waiting_to_write: Vec::new(),
                timer: None,
                timer_at: f64::INFINITY,
                in_place: false,
                completed: 0,
                closing: false,
                lost: false,
            }),
            peer: OnceLock::new(),
            presence: Held::new(None),
            context: OnceLock::new(),
        }
    }

    pub(super) fn server(&self) -> &Server {
        self.server.get()
    }

    fn exchange(&self, py: Python<'_>) -> Option<Py<Exchange>> {
        self.wire
            .with(py, |wire| wire.exchange.as_ref().map(|it| it.clone_ref(py)))
    }
}
