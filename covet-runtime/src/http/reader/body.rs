//! The bodies of requests: read, or drained.

use super::{Event, Reader, State};
use crate::http::app::{App, NoRoutes};
use crate::http::chunked::{AT_ONCE, Chunked};
use crate::http::head::Trailers;
use crate::http::metrics;
use crate::http::rejection::{Reason, Rejection};
use crate::http::search::Section;
use crate::http::strict;

/// What of a body is still to come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rest {
    Length(u64),
    Chunks,
}

/// What is kept of a request whose head was given.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
pub(super) struct Exchange {
    pub(super) rest: Rest,
    /// How far the chunks were read, if there are any.
    pub(super) chunked: Chunked,
    /// The search for the end of the trailer section.
    pub(super) trailers: Section,
    /// The length of what came before the body, in bytes of the message.
    pub(super) head_end: u64,
    /// Bytes of body, decoded.
    pub(super) received: u64,
    /// Bytes that were read to be thrown away.
    pub(super) drained: u64,
    pub(super) keep_alive: bool,
    pub(super) expects_continue: bool,
    /// Whether the interim answer was given.
    pub(super) continued: bool,
    pub(super) head_request: bool,
}

impl Exchange {
    /// No request.
    pub(super) const NONE: Self = Self {
        rest: Rest::Length(0),
        chunked: Chunked::NEW,
        trailers: Section::NEW,
        head_end: 0,
        received: 0,
        drained: 0,
        keep_alive: false,
        expects_continue: false,
        continued: false,
        head_request: false,
    };
}

impl Reader {
    pub(super) fn next_of_body(&mut self, app: &(impl App + ?Sized)) -> Option<Event<'_>> {
        if let Rest::Length(rest) = &mut self.exchange.rest {
            if *rest == 0 {
                self.state = State::Complete;
                return Some(Event::End(Trailers::default()));
            }
            let start = self.start;
            let here = (self.buffer.len() - start).min(AT_ONCE);
            let count = usize::try_from(*rest).map_or(here, |rest| rest.min(here));
            if count == 0 {
                return self.want_input();
            }
            *rest -= count as u64;
            self.exchange.received += count as u64;
            self.consume(count);
            return self.buffer.get(start..start + count).map(Event::Data);
        }
        match self.decode(usize::MAX) {
            _ if !self.data.is_empty() => Some(Event::Data(&self.data)),
            Err(rejection) => Some(self.reject(rejection)),
            Ok(()) if !self.exchange.chunked.is_at_trailers() => self.want_input(),
            Ok(()) => match self.end_chunks(app)? {
                Ok(trailers) => Some(Event::End(trailers)),
                Err(rejection) => Some(self.reject(rejection)),
            },
        }
    }

    /// Decodes chunks from at most `most` bytes into `data`.
    fn decode(&mut self, most: usize) -> Result<(), Rejection> {
        self.data.clear();
        let input = self.buffer.get(self.start..).unwrap_or_default();
        let input = input.get(..most).unwrap_or(input);
        let limits = &self.options.limits;
        let chunked = &mut self.exchange.chunked;
        let decoded = chunked.decode(input, self.used, &mut self.data, limits);
        let data = self.data.len() as u64;
        self.exchange.received = self.exchange.received.saturating_add(data);
        self.examined = self.examined.saturating_add(decoded.examined);
        self.consume(decoded.used);
        match decoded.rejection {
            Some(rejection) => Err(self.of_body(rejection)),
            None => Ok(()),
        }
    }

    fn of_body(&self, rejection: Rejection) -> Rejection {
        Rejection {
            head_request: self.exchange.head_request,
            ..rejection
        }
    }

    /// Reads the trailer section, if it is all there.
    fn end_chunks(&mut self, app: &(impl App + ?Sized)) -> Option<Result<Trailers, Rejection>> {
        let limits = &self.options.limits;
        let bytes = self.buffer.get(self.start..).unwrap_or_default();
        let view = bytes.get(..limits.trailers).unwrap_or(bytes);
        let end = self.exchange.trailers.end(view, &mut self.examined);
        let result = match end.and_then(|end| view.get(..end)) {
            Some(section) => {
                self.examined = self.examined.saturating_add(section.len() as u64);
                strict::trailers(section, limits, app.field_names())
                    .map(|fields| (section.len(), fields))
            }
            None if view.len() == limits.trailers => {
                Err(Rejection::at(Reason::TrailersTooLarge, limits.trailers))
            }
            None => return self.want_input(),
        };
        Some(match result {
            Ok((length, fields)) => {
                let bytes = if fields.is_empty() {
                    Vec::new()
                } else {
                    view.get(..length).unwrap_or_default().to_vec()
                };
                self.consume(length);
                self.state = State::Complete;
                Ok(Trailers::new(bytes, fields))
            }
            Err(rejection) => Err(self.of_body(rejection.after(self.used))),
        })
    }

    /// Reads and throws away what is left of a body; then the next request may come.
    pub(super) fn drain(&mut self) {
        // Names in trailers mean nothing here, and neither does the route table.
        let app = &NoRoutes;
        let limit = self.options.limits.drain;
        while self.state == State::Draining {
            if let Rest::Length(rest) = &mut self.exchange.rest {
                let here = self.buffer.len() - self.start;
                let count = usize::try_from(*rest).map_or(here, |rest| rest.min(here));
                *rest -= count as u64;
                self.exchange.received += count as u64;
                let is_over = *rest == 0;
                self.consume(count);
                if is_over {
                    self.restart();
                } else {
                    self.hungry = true;
                }
                return;
            }
            let result = if self.exchange.chunked.is_at_trailers() {
                match self.end_chunks(app) {
                    None => return,
                    Some(result) => result.map(|_| self.restart()),
                }
            } else if self.exchange.drained >= limit {
                self.close();
                return;
            } else if self.buffered() == 0 {
                self.hungry = true;
                return;
            } else {
                let before = self.used;
                let most = usize::try_from(limit - self.exchange.drained).unwrap_or(usize::MAX);
                let result = self.decode(most);
                self.exchange.drained += self.used - before;
                result
            };
            if let Err(rejection) = result {
                // There is no event for it: the answer to this request has been sent.
                metrics::count_rejection(rejection.reason);
                self.close();
            }
        }
    }
}
