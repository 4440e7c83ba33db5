//! A connection: an asyncio protocol.

use std::sync::Arc;
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use pyo3::{PyTraverseError, PyVisit, ffi, intern};

use super::clock::Clock;
use super::direct::{Direct, DirectCall};
use super::exchange::{Call, Exchange, glue, release};
use super::held::Held;
use super::metrics::{Book, Presence, Record};
use super::scope::{Peer, scope};
use super::server::Server;
use crate::http::{Event, Head, NoRoutes, Reader, Rejection};
use crate::python::http::{RequestHead, common_names, rejection_event};

/// How many bytes of responses are gathered before they are written.
const GATHERED: usize = 65_536;
/// How much memory for gathering a connection keeps while it is idle.
const KEPT: usize = 4096;
/// From how many bytes on a body is not copied to stand behind its head.
const LARGE: usize = 262_144;
/// How many requests of one connection are begun before others get their turn.
const TURN: usize = 16;

/// The protocol of one connection.
#[pyclass(frozen, weakref, module = "covet_runtime")]
pub(super) struct Connection {
    server: Py<Server>,
    wire: Held<Wire>,
    peer: Held<Option<Peer>>,
    presence: Held<Option<Presence>>,
    /// What requests begin in a copy of. The transport's own calls cannot be trusted to be made in it:
    /// whoever has it pause and go on makes them come in his context.
    context: Held<Option<Py<PyAny>>>,
}

#[allow(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
struct Wire {
    reader: Reader,
    clock: Clock,
    transport: Option<Py<PyAny>>,
    write: Option<Py<PyAny>>,
    /// The request that is being answered.
    exchange: Option<Py<Exchange>>,
    /// What is to be written when all that has arrived is answered.
    out: Vec<u8>,
    /// Whether `out` is in use.
    gathering: bool,
    /// Whether `advance` is to be called.
    advance_is_due: bool,
    flush_is_due: bool,
    reading_paused: bool,
    writing_paused: bool,
    waiting_to_write: Vec<Py<PyAny>>,
    timer: Option<Py<PyAny>>,
    /// When the timer goes off, by the clock.
    timer_at: f64,
    /// Whether requests may begin in place.
    in_place: bool,
    /// Responses that uvicorn has not been told of.
    completed: u64,
    closing: bool,
    lost: bool,
}

impl Wire {
    fn feed(&mut self, bytes: &[u8]) {
        self.clock.go();
        self.reader.feed(bytes, self.clock.now());
    }
}

/// What is next for a connection.
enum Next {
    Nothing,
    Head(Head),
    Rejected(Rejection),
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
        let (address, client, scheme) = glue(py, "connection_made")?
            .call1((&server.facts, transport))?
            .extract()?;
        let peer = Peer {
            server: address,
            client,
            scheme,
        };
        this.peer.with(py, |place| *place = Some(peer));
        this.presence
            .with(py, |place| *place = Some(Presence::new()));
        // SAFETY: it returns a new reference, or null with an exception.
        let context = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_CopyCurrent())? };
        let context = context.unbind();
        this.context.with(py, |place| *place = Some(context));
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
        let (exchange, transport, write, timer, waiting) = this.wire.with(py, |wire| {
            wire.lost = true;
            wire.closing = true;
            (
                wire.exchange.take(),
                wire.transport.take(),
                wire.write.take(),
                wire.timer.take(),
                std::mem::take(&mut wire.waiting_to_write),
            )
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
        let peer = this.peer.with(py, |peer| {
            peer.as_ref().map(|peer| peer.client.clone_ref(py))
        });
        glue(py, "connection_lost")?.call1((&server.facts, peer))?;
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
        this.wire.with(slf.py(), |wire| wire.advance_is_due = false);
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
        self.context.show(|context| visit.call(context))?;
        self.wire.show(|wire| {
            visit.call(&wire.transport)?;
            visit.call(&wire.write)?;
            visit.call(&wire.exchange)?;
            visit.call(&wire.timer)?;
            let mut waiting = wire.waiting_to_write.iter();
            waiting.try_for_each(|future| visit.call(future))
        })
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
            peer: Held::new(None),
            presence: Held::new(None),
            context: Held::new(None),
        }
    }

    pub(super) fn server(&self) -> &Server {
        self.server.get()
    }

    fn exchange(&self, py: Python<'_>) -> Option<Py<Exchange>> {
        self.wire
            .with(py, |wire| wire.exchange.as_ref().map(|it| it.clone_ref(py)))
    }

    /// Answers what has arrived, as far as it may be answered now.
    fn advance(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let is_nested = this
            .wire
            .with(py, |wire| std::mem::replace(&mut wire.gathering, true));
        if is_nested {
            return Ok(());
        }
        let result = Self::answer(slf);
        this.wire.with(py, |wire| wire.gathering = false);
        this.write_gathered(py)?;
        this.tell_completed(py)?;
        this.control_reading(py)?;
        Self::set_timer(slf)?;
        result
    }

    fn answer(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        for _ in 0..TURN {
            if let Some(exchange) = this.exchange(py) {
                this.pump(py)?;
                exchange.get().tell(py)?;
                if this.exchange(py).is_some() {
                    return Ok(());
                }
            }
            let (direct, book) = this.server().routing(py);
            let app = book.app();
            let next = this.wire.with(py, |wire| {
                if wire.closing || wire.writing_paused {
                    return Next::Nothing;
                }
                match wire.reader.next_event(app) {
                    Some(Event::Head(head)) => Next::Head(head),
                    Some(Event::Rejected(rejection)) => Next::Rejected(rejection),
                    // A body without a request is being drained.
                    Some(Event::Data(_) | Event::End(_)) | None => Next::Nothing,
                }
            });
            match next {
                Next::Nothing => {
                    // More of a body came than is worth reading for the sake of another request.
                    let is_over = this
                        .wire
                        .with(py, |wire| wire.reader.closed() && !wire.closing);
                    return if is_over { this.close(py) } else { Ok(()) };
                }
                Next::Rejected(rejection) => return this.refuse(py, &rejection),
                Next::Head(head) => Self::begin(slf, direct, book, head)?,
            }
        }
        Self::advance_soon(slf)
    }

    /// Begins to answer a request.
    fn begin(
        slf: &Bound<'_, Self>,
        direct: Option<Py<Direct>>,
        book: Arc<Book>,
        head: Head,
    ) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let server = this.server();
        if let Some(protocol) = head.upgrade() {
            let is_websocket = *protocol == *b"websocket";
            if is_websocket && server.options.websocket {
                return Self::hand_over(slf, head);
            }
            glue(py, "log_upgrade")?.call1((&server.facts,))?;
        }
        let (app, direct) = match server.limit_concurrency {
            Some(limit) if server.is_at(py, limit)? => {
                let unavailable = glue(py, "service_unavailable")?;
                (unavailable.call1((&server.facts,))?.unbind(), None)
            }
            _ => (server.app.clone_ref(py), direct),
        };
        let route = direct.and_then(|direct| {
            let endpoint = direct.get().endpoint(py, &head)?;
            Some((direct, endpoint))
        });
        let waits = head.expects_continue();
        let kept = route
            .as_ref()
            .map(|(direct, endpoint)| (direct.clone_ref(py), *endpoint));
        let record = Record::begin(py, book, &head, route.is_some());
        let exchange = Exchange::new(slf.clone().unbind(), head, kept, record);
        let exchange = Bound::new(py, exchange)?;
        let kept = exchange.clone().unbind();
        let before = this.wire.with(py, |wire| wire.exchange.replace(kept));
        drop(before);
        // What is there of the body is there before the app asks for it.
        this.pump(py)?;
        if waits {
            this.wire.with(py, |wire| {
                if wire.reader.buffered() == 0 {
                    wire.clock.stop();
                }
            });
        }
        let (in_place, closing) = this.wire.with(py, |wire| (wire.in_place, wire.closing));
        if closing {
            return Ok(());
        }
        let context = this
            .context
            .with(py, |it| it.as_ref().map(|it| it.clone_ref(py)));
        let context = context.map(|context| context.into_bound(py));
        let exchange = exchange.unbind();
        let call = Call { app, exchange };
        match route {
            None => server.tasks.run(py, in_place, context.as_ref(), call),
            Some((direct, endpoint)) => {
                let call = DirectCall {
                    direct,
                    endpoint,
                    call,
                    is_left: false,
                };
                server.tasks.run(py, in_place, context.as_ref(), call)
            }
        }
    }

    /// The scope of a request, whose head was read with the table of `book`.
    pub(super) fn scope<'py>(
        &self,
        py: Python<'py>,
        head: &Head,
        book: &Book,
    ) -> PyResult<Bound<'py, PyDict>> {
        let server = self.server();
        let peer = self.peer.with(py, |peer| {
            peer.as_ref().map(|peer| Peer {
                server: peer.server.clone_ref(py),
                client: peer.client.clone_ref(py),
                scheme: peer.scheme.clone_ref(py),
            })
        });
        let peer = peer.unwrap_or_else(|| Peer {
            server: py.None(),
            client: py.None(),
            scheme: py.None(),
        });
        let names = match book.table() {
            Some(table) => table.get().names(py),
            None => common_names(py),
        };
        scope(py, server, &peer, head, names)
    }

    /// Passes on what has arrived of the body of the present request.
    pub(super) fn pump(&self, py: Python<'_>) -> PyResult<()> {
        let Some(exchange) = self.exchange(py) else {
            return Ok(());
        };
        let rejection = {
            let exchange = exchange.get();
            let app = &NoRoutes;
            self.wire.with(py, |wire| {
                let mut has_room = exchange.has_room(py);
                while has_room && !wire.closing {
                    match wire.reader.next_event(app)? {
                        Event::Data(data) => has_room = exchange.feed(py, data),
                        Event::End(_) => {
                            exchange.end_body(py);
                            return None;
                        }
                        Event::Rejected(rejection) => return Some(rejection),
                        // There is none before the response is complete.
                        Event::Head(_) => return None,
                    }
                }
                None
            })
        };
        match rejection {
            Some(rejection) => self.refuse(py, &rejection),
            None => self.control_reading(py),
        }
    }

    /// Somebody is going to read the body.
    pub(super) fn wants_body(&self, py: Python<'_>) -> PyResult<()> {
        let interim = self.wire.with(py, |wire| {
            if wire.closing {
                b""
            } else {
                let interim = wire.reader.send_continue();
                if !interim.is_empty() {
                    wire.clock.go();
                }
                interim
            }
        });
        if interim.is_empty() {
            return Ok(());
        }
        self.write(py, &[interim])?;
        // The client waits for it, and so does the app.
        self.write_gathered(py)
    }

    /// The response to the present request is complete, `now`.
    pub(super) fn response_complete(
        slf: &Bound<'_, Self>,
        keep_alive: bool,
        now: Instant,
    ) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let (exchange, goes_on, gathering, has_more) = this.wire.with(py, |wire| {
            wire.completed += 1;
            wire.clock.go();
            let goes_on = keep_alive && wire.reader.next_request(wire.clock.at(now));
            let has_more = wire.reader.buffered() > 0;
            (wire.exchange.take(), goes_on, wire.gathering, has_more)
        });
        drop(exchange);
        if !goes_on {
            return this.close(py);
        }
        if gathering {
            // `advance` goes on, and does the rest at its end.
            return Ok(());
        }
        this.tell_completed(py)?;
        if has_more {
            return Self::advance_soon(slf);
        }
        this.control_reading(py)?;
        Self::set_timer(slf)
    }

    /// Has a head written soon that nobody writes before.
    pub(super) fn flush_soon(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let is_new = this
            .wire
            .with(py, |wire| !std::mem::replace(&mut wire.flush_is_due, true));
        if is_new {
            let flush = slf.getattr(intern!(py, "_flush"))?;
            let event_loop = this.server().event_loop.bind(py);
            event_loop.call_method1(intern!(py, "call_soon"), (flush,))?;
        }
        Ok(())
    }

    /// Refuses the present request, or what was to become the next one.
    fn refuse(&self, py: Python<'_>, rejection: &Rejection) -> PyResult<()> {
        let server = self.server();
        let event = rejection_event(py, rejection)?;
        let exchange = self.wire.with(py, |wire| wire.exchange.take());
        let has_begun = exchange
            .as_ref()
            .is_some_and(|it| it.get().disconnect(py, Some(rejection.reason.status())));
        let answer = glue(py, "refuse")?.call1((&server.facts, event))?;
        if !has_begun {
            let octets = super::server::Octets::of(&answer)?;
            self.write(py, &[octets.bytes()])?;
        }
        if let Some(exchange) = exchange {
            exchange.get().tell(py)?;
        }
        self.close(py)
    }

    fn hand_over(slf: &Bound<'_, Self>, head: Head) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        this.write_gathered(py)?;
        this.presence.with(py, |presence| *presence = None);
        let (rest, transport, timer) = this.wire.with(py, |wire| {
            wire.closing = true;
            wire.lost = true;
            let rest = wire.reader.take_rest();
            (rest, wire.transport.take(), wire.timer.take())
        });
        if let Some(timer) = timer {
            timer.call_method0(py, intern!(py, "cancel"))?;
        }
        let head = Bound::new(py, RequestHead::alone(head))?;
        let rest = PyBytes::new(py, &rest);
        glue(py, "hand_over")?.call1((&this.server().facts, slf, transport, head, rest))?;
        Ok(())
    }

    /// Writes parts that belong together.
    pub(super) fn write(&self, py: Python<'_>, parts: &[&[u8]]) -> PyResult<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length == 0 {
            return Ok(());
        }
        let (is_gathered, has_more) = self.wire.with(py, |wire| {
            // Without another request there is nothing to wait for: what runs may take its time.
            let has_more = wire.gathering && wire.reader.buffered() > 0;
            let fits = wire.out.len() + length <= GATHERED;
            let is_gathered = fits && (has_more || !wire.out.is_empty());
            if is_gathered {
                wire.out.reserve(length);
                for part in parts {
                    wire.out.extend_from_slice(part);
                }
            }
            (is_gathered, has_more)
        });
        if is_gathered {
            return if has_more {
                Ok(())
            } else {
                self.write_gathered(py)
            };
        }
        self.write_gathered(py)?;
        if length < LARGE {
            return self.write_now(py, length, parts);
        }
        parts
            .iter()
            .filter(|part| !part.is_empty())
            .try_for_each(|part| self.write_now(py, part.len(), &[part]))
    }

    /// What is to be written soon, to be given back to `gather` with more behind it.
    pub(super) fn take_gathered(&self, py: Python<'_>) -> Vec<u8> {
        let mut out = self.wire.with(py, |wire| std::mem::take(&mut wire.out));
        out.reserve(512);
        out
    }

    /// Writes what was taken and added to, soon if there may be more.
    pub(super) fn gather(&self, py: Python<'_>, out: Vec<u8>) -> PyResult<()> {
        let is_due = self.wire.with(py, |wire| {
            wire.out = out;
            !wire.gathering || wire.out.len() > GATHERED
        });
        if is_due {
            return self.write_gathered(py);
        }
        Ok(())
    }

    fn write_now(&self, py: Python<'_>, length: usize, parts: &[&[u8]]) -> PyResult<()> {
        let write = self
            .wire
            .with(py, |wire| wire.write.as_ref().map(|it| it.clone_ref(py)));
        let Some(write) = write else {
            return Ok(());
        };
        let data = PyBytes::new_with(py, length, |target| {
            let mut rest = target;
            for part in parts {
                let (place, next) = rest.split_at_mut(part.len());
                place.copy_from_slice(part);
                rest = next;
            }
            Ok(())
        })?;
        write.call1(py, (data,))?;
        Ok(())
    }

    fn write_gathered(&self, py: Python<'_>) -> PyResult<()> {
        let mut out = self.wire.with(py, |wire| std::mem::take(&mut wire.out));
        if out.is_empty() {
            return Ok(());
        }
        let result = self.write_now(py, out.len(), &[&out]);
        // The memory serves the next response, unless something was gathered meanwhile.
        if out.capacity() <= KEPT {
            out.clear();
            self.wire.with(py, |wire| {
                if wire.out.is_empty() {
                    wire.out = out;
                }
            });
        }
        result
    }

    /// Closes the connection behind what was written.
    pub(super) fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.write_gathered(py)?;
        let transport = self.wire.with(py, |wire| {
            wire.closing = true;
            wire.transport.as_ref().map(|it| it.clone_ref(py))
        });
        if let Some(transport) = transport {
            transport.call_method0(py, intern!(py, "close"))?;
        }
        Ok(())
    }

    pub(super) fn is_write_paused(&self, py: Python<'_>) -> bool {
        self.wire.with(py, |wire| wire.writing_paused && !wire.lost)
    }

    pub(super) fn wait_to_write(&self, py: Python<'_>, future: Py<PyAny>) {
        self.wire
            .with(py, |wire| wire.waiting_to_write.push(future));
    }

    /// Reads no more while enough is there, and goes on when it is not.
    fn control_reading(&self, py: Python<'_>) -> PyResult<()> {
        let exchange = self.exchange(py);
        let has_room = exchange.is_none_or(|exchange| exchange.get().has_room(py));
        let change = self.wire.with(py, |wire| {
            let pause = !has_room || !wire.reader.wants_input() || wire.writing_paused;
            if wire.closing || pause == wire.reading_paused {
                return None;
            }
            wire.reading_paused = pause;
            if pause {
                wire.clock.stop();
            } else {
                wire.clock.go();
            }
            wire.transport.as_ref().map(|it| (it.clone_ref(py), pause))
        });
        let Some((transport, pause)) = change else {
            return Ok(());
        };
        if pause {
            transport.call_method0(py, intern!(py, "pause_reading"))?;
            return Ok(());
        }
        let resume = transport.getattr(py, intern!(py, "resume_reading"))?;
        // Whatever the transport calls from now on, it calls in the context that this runs in.
        let context = self
            .context
            .with(py, |it| it.as_ref().map(|it| it.clone_ref(py)));
        match context {
            Some(context) => {
                let context = context.call_method0(py, intern!(py, "copy"))?;
                context.call_method1(py, intern!(py, "run"), (resume,))?;
            }
            None => {
                resume.call0(py)?;
            }
        }
        Ok(())
    }

    /// Tells uvicorn how many responses there were.
    fn tell_completed(&self, py: Python<'_>) -> PyResult<()> {
        let completed = self
            .wire
            .with(py, |wire| std::mem::take(&mut wire.completed));
        if completed == 0 {
            return Ok(());
        }
        let name = intern!(py, "total_requests");
        let state = self.server().state.bind(py);
        let Some(before) = state.get_item(name)? else {
            return Ok(());
        };
        state.set_item(name, before.add(completed)?)
    }

    /// Sees to it that the timer goes off no later than the next deadline.
    fn set_timer(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let (deadline, now) = {
            let due = this.wire.with(py, |wire| {
                let deadline = wire.reader.deadline()?;
                let is_due = !wire.closing && !wire.clock.is_stopped() && deadline < wire.timer_at;
                is_due.then(|| (deadline, wire.clock.now()))
            });
            match due {
                Some(due) => due,
                None => return Ok(()),
            }
        };
        let before = this.wire.with(py, |wire| wire.timer.take());
        if let Some(before) = before {
            before.call_method0(py, intern!(py, "cancel"))?;
        }
        let expire = slf.getattr(intern!(py, "_expire"))?;
        // Loops do not wait much longer at once, and a timer must not be set for no time at all.
        let delay = (deadline - now).clamp(0.001, 86_400.0);
        let event_loop = this.server().event_loop.bind(py);
        let timer = event_loop.call_method1(intern!(py, "call_later"), (delay, expire))?;
        let timer = timer.unbind();
        this.wire.with(py, |wire| {
            wire.timer_at = deadline;
            wire.timer = Some(timer);
        });
        Ok(())
    }

    /// Has `advance` called by the loop.
    fn advance_soon(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let is_new = this.wire.with(py, |wire| {
            !wire.closing && !std::mem::replace(&mut wire.advance_is_due, true)
        });
        if is_new {
            let advance = slf.getattr(intern!(py, "_advance"))?;
            let event_loop = this.server().event_loop.bind(py);
            event_loop.call_method1(intern!(py, "call_soon"), (advance,))?;
        }
        Ok(())
    }
}
