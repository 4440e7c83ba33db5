//! Requests, one after the other.

use std::sync::Arc;
use std::time::Instant;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::Connection;
use crate::http::{Event, Head, NoRoutes, Rejection};
use crate::python::http::{RequestHead, common_names, rejection_event};
use crate::python::serving::direct::{Direct, DirectCall};
use crate::python::serving::exchange::{Call, Exchange, LOGS, NATIVE, glue};
use crate::python::serving::metrics::{Book, Record};
use crate::python::serving::scope::scope;
use crate::python::serving::server::Octets;

/// How many requests of one connection are begun before others get their turn.
const TURN: usize = 16;

/// What is next for a connection.
enum Next {
    Nothing,
    Head(Head),
    Rejected(Rejection),
}

impl Connection {
    /// Answers what has arrived, as far as it may be answered now.
    pub(super) fn advance(slf: &Bound<'_, Self>) -> PyResult<()> {
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

    pub(super) fn answer(slf: &Bound<'_, Self>) -> PyResult<()> {
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
    pub(super) fn begin(
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
            glue(py, LOGS, "upgrade_ignored")?.call1((&server.facts,))?;
        }
        let (app, direct) = match server.limit_concurrency {
            Some(limit) if server.is_at(py, limit)? => {
                let unavailable = glue(py, NATIVE, "service_unavailable")?;
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
        let began = this.wire.with(py, |wire| wire.latest);
        let exchange = Exchange::new(slf.clone().unbind(), head, began, kept, record);
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
        let Some(context) = this.context.get() else {
            // There is no connection.
            return Ok(());
        };
        let context = context.bind(py);
        let exchange = exchange.unbind();
        let call = Call { app, exchange };
        match route {
            None => server.tasks.run(py, in_place, context, call),
            Some((direct, endpoint)) => {
                let call = DirectCall {
                    direct,
                    endpoint,
                    call,
                    is_left: false,
                };
                server.tasks.run(py, in_place, context, call)
            }
        }
    }

    /// The scope of a request, whose head was read with the table of `book`.
    pub(in crate::python::serving) fn scope<'py>(
        &self,
        py: Python<'py>,
        head: &Head,
        book: &Book,
    ) -> PyResult<Bound<'py, PyDict>> {
        let server = self.server();
        let names = match book.table() {
            Some(table) => table.get().names(py),
            None => common_names(py),
        };
        scope(py, server, self.peer.get(), head, names)
    }

    /// Passes on what has arrived of the body of the present request.
    pub(in crate::python::serving) fn pump(&self, py: Python<'_>) -> PyResult<()> {
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
    pub(in crate::python::serving) fn wants_body(&self, py: Python<'_>) -> PyResult<()> {
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
    pub(in crate::python::serving) fn response_complete(
        slf: &Bound<'_, Self>,
        keep_alive: bool,
        now: Instant,
    ) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let (exchange, goes_on, gathering, has_more) = this.wire.with(py, |wire| {
            wire.completed += 1;
            wire.latest = now;
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
    pub(in crate::python::serving) fn flush_soon(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let is_new = this
            .wire
            .with(py, |wire| !std::mem::replace(&mut wire.flush_is_due, true));
        if is_new {
            let flush = slf.getattr(intern!(py, "_flush"))?;
            this.call_soon(&flush)?;
        }
        Ok(())
    }

    /// Refuses the present request, or what was to become the next one.
    pub(super) fn refuse(&self, py: Python<'_>, rejection: &Rejection) -> PyResult<()> {
        let server = self.server();
        let event = rejection_event(py, rejection)?;
        let exchange = self.wire.with(py, |wire| wire.exchange.take());
        let has_begun = exchange
            .as_ref()
            .is_some_and(|it| it.get().disconnect(py, Some(rejection.reason.status())));
        let answer = glue(py, NATIVE, "refuse")?.call1((&server.facts, event))?;
        if !has_begun {
            let octets = Octets::of(&answer)?;
            self.write(py, &[octets.bytes()])?;
        }
        if let Some(exchange) = exchange {
            exchange.get().tell(py)?;
        }
        self.close(py)
    }

    pub(super) fn hand_over(slf: &Bound<'_, Self>, head: Head) -> PyResult<()> {
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
        glue(py, "covet_runtime.server.handover", "hand_over")?.call1((
            &this.server().facts,
            slf,
            transport,
            head,
            rest,
        ))?;
        Ok(())
    }

    /// Has `advance` called by the loop.
    pub(super) fn advance_soon(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let is_new = this.wire.with(py, |wire| {
            !wire.closing && !std::mem::replace(&mut wire.advance_is_due, true)
        });
        if is_new {
            let advance = slf.getattr(intern!(py, "_advance"))?;
            this.call_soon(&advance)?;
        }
        Ok(())
    }

    fn call_soon(&self, function: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = function.py();
        let event_loop = self.server().event_loop.bind(py);
        event_loop.call_method1(intern!(py, "call_soon"), (function,))?;
        Ok(())
    }
}
