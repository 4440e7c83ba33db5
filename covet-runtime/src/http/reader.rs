//! The requests of a connection, without the connection.
//!
//! A [`Reader`] is fed what arrives and asked for events. It never waits: whoever owns the socket
//! and the clock says what time it is, and asks when to look at it again.

mod body;

use self::body::{Exchange, Rest};
use super::app::App;
use super::grammar::Options;
use super::head::{Framing, Head, Parts, Trailers};
use super::metrics;
use super::rejection::{Reason, Rejection};
use super::search::HeadSearch;

/// What has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The head of a request.
    Head(Head),
    /// A part of its body, decoded; at most 64 KiB, and never empty.
    Data(&'a [u8]),
    /// The end of its body. There is one even when there is no body.
    End(Trailers),
    /// The request is refused. The reader is closed.
    Rejected(Rejection),
}

/// Where a reader is in a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Head,
    Body,
    Complete,
    Draining,
    Closed,
    Taken,
}

/// Reads the requests of one connection.
#[derive(Clone, Debug)]
pub struct Reader {
    options: Options,
    buffer: Vec<u8>,
    /// The first byte of `buffer` that was not used.
    start: usize,
    /// How many bytes of the message were used.
    used: u64,
    state: State,
    search: HeadSearch,
    exchange: Exchange,
    /// Decoded chunks.
    data: Vec<u8>,
    /// What the caller's clock showed last.
    now: f64,
    /// When the reader was made, or the last request was over: answered and, if need be, drained.
    idle_since: f64,
    /// When the present head or body began.
    since: f64,
    /// Whether no request was read yet.
    first: bool,
    /// Whether the last event was missing for want of bytes.
    hungry: bool,
    examined: u64,
}

impl Reader {
    /// A reader of a connection that was accepted at `now`, in seconds of the caller's clock.
    pub fn new(options: Options, now: f64) -> Self {
        Self {
            options,
            buffer: Vec::new(),
            start: 0,
            used: 0,
            state: State::Idle,
            search: HeadSearch::default(),
            exchange: Exchange::NONE,
            data: Vec::new(),
            now,
            idle_since: now,
            since: now,
            first: true,
            hungry: false,
            examined: 0,
        }
    }

    /// Takes what has arrived at `now`. A closed reader takes nothing.
    pub fn feed(&mut self, data: &[u8], now: f64) {
        if self.state == State::Closed {
            return;
        }
        self.now = now;
        // Moving the rest to the front costs no more than using what was before it did.
        if self.start >= self.buffer.len() - self.start {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(data);
    }

    /// The next event. `None` when more bytes are needed, when the request is complete and
    /// [`Reader::next_request`] was not called, or when the reader is closed.
    pub fn next_event(&mut self, app: &(impl App + ?Sized)) -> Option<Event<'_>> {
        self.hungry = false;
        if self.state == State::Draining {
            self.drain();
        }
        match self.state {
            State::Idle | State::Head => metrics::read(
                || self.next_head(app),
                |event| matches!(event, Some(Event::Head(_))),
            ),
            State::Body => self.next_of_body(app),
            State::Complete | State::Draining | State::Closed | State::Taken => None,
        }
    }

    /// Goes on to the next request; the answer to this one has been sent. `false` when the
    /// connection has to be closed.
    ///
    /// What is left of the body is drained, if it may be. Before a head was given, nothing changes.
    pub fn next_request(&mut self, now: f64) -> bool {
        match self.state {
            State::Idle | State::Head | State::Draining => return true,
            State::Closed | State::Taken => {
                self.close();
                return false;
            }
            State::Body | State::Complete => {}
        }
        let exchange = &self.exchange;
        let waits = exchange.expects_continue && !exchange.continued && !self.has_body_bytes();
        let is_long = match exchange.rest {
            Rest::Length(rest) => rest > self.options.limits.drain,
            Rest::Chunks => false,
        };
        let is_over = self.state == State::Complete || matches!(exchange.rest, Rest::Length(0));
        if !exchange.keep_alive || waits || is_long {
            self.close();
            return false;
        }
        self.now = now;
        self.first = false;
        if is_over {
            self.restart();
        } else {
            self.state = State::Draining;
        }
        true
    }

    /// The interim answer that a client waits for which has sent nothing of its body; empty when
    /// there is none to be sent, or when it was given already.
    pub fn send_continue(&mut self) -> &'static [u8] {
        let waits = self.state == State::Body
            && self.exchange.expects_continue
            && !self.exchange.continued
            && !self.has_body_bytes();
        if !waits {
            return b"";
        }
        self.exchange.continued = true;
        b"HTTP/1.1 100 Continue\r\n\r\n"
    }

    /// Closes the reader, because nothing more will arrive. A request that is not complete is
    /// refused.
    pub fn eof(&mut self) -> Option<Rejection> {
        self.cut(Reason::IncompleteHead, Reason::IncompleteBody)
    }

    /// When [`Reader::expire`] is to be called, in seconds of the caller's clock.
    #[allow(
        clippy::cast_precision_loss,
        reason = "bodies of which a byte more or less counted are not sent"
    )]
    pub fn deadline(&self) -> Option<f64> {
        let limits = &self.options.limits;
        Some(match self.state {
            State::Idle if self.first => self.idle_since + limits.head_seconds,
            State::Idle => self.idle_since + limits.keep_alive_seconds,
            State::Head => self.since + limits.head_seconds,
            State::Body | State::Draining => {
                let received = self.exchange.received as f64;
                self.since + limits.body_seconds + received / limits.body_rate
            }
            State::Complete | State::Closed | State::Taken => return None,
        })
    }

    /// Closes the reader if its time is up at `now`. A request that has begun is refused.
    pub fn expire(&mut self, now: f64) -> Option<Rejection> {
        if !self.deadline().is_some_and(|deadline| now >= deadline) {
            return None;
        }
        self.cut(Reason::HeadTimeout, Reason::BodyTimeout)
    }

    /// Everything that was not used, for the protocol that the connection changes to.
    pub fn take_rest(&mut self) -> Vec<u8> {
        let rest = self.unused().to_vec();
        if self.state != State::Closed {
            self.close();
            self.state = State::Taken;
        }
        rest
    }

    /// The number of bytes that were fed and not used.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Whether it makes sense to feed more now.
    pub fn wants_input(&self) -> bool {
        self.state != State::Closed
            && (self.hungry || self.buffered() < self.options.limits.pipeline)
    }

    /// The number of bytes that were looked at, counting a byte each time.
    pub const fn examined(&self) -> u64 {
        self.examined
    }

    /// Whether the reader is closed.
    pub fn closed(&self) -> bool {
        self.state == State::Closed
    }

    /// `idle`, `head`, `body`, `complete`, `draining`, `closed` or `taken`.
    pub const fn state(&self) -> &'static str {
        match self.state {
            State::Idle => "idle",
            State::Head => "head",
            State::Body => "body",
            State::Complete => "complete",
            State::Draining => "draining",
            State::Closed => "closed",
            State::Taken => "taken",
        }
    }

    fn unused(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn consume(&mut self, count: usize) {
        self.start = self.buffer.len().min(self.start + count);
        self.used = self.used.saturating_add(count as u64);
    }

    /// Whether anything that follows the head has arrived.
    fn has_body_bytes(&self) -> bool {
        self.used > self.exchange.head_end || self.buffered() > 0
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.buffer = Vec::new();
        self.start = 0;
        self.data = Vec::new();
        self.hungry = false;
    }

    /// Begins another message.
    fn restart(&mut self) {
        self.state = State::Idle;
        self.idle_since = self.now;
        self.search = HeadSearch::default();
        self.used = 0;
    }

    fn want_input<T>(&mut self) -> Option<T> {
        self.hungry = true;
        None
    }

    fn reject(&mut self, rejection: Rejection) -> Event<'static> {
        metrics::count_rejection(rejection.reason);
        self.close();
        Event::Rejected(rejection)
    }

    /// Closes the reader. Why the message is refused that goes no further, if there is one.
    fn cut(&mut self, head: Reason, body: Reason) -> Option<Rejection> {
        let begun = match self.state {
            State::Head => Some((head, self.unused().starts_with(b"HEAD "))),
            State::Body => Some((body, self.exchange.head_request)),
            _ => None,
        };
        let offset = self.used.saturating_add(self.buffered() as u64);
        self.close();
        let (reason, head_request) = begun?;
        metrics::count_rejection(reason);
        Some(Rejection {
            head_request,
            ..Rejection::new(reason, offset)
        })
    }

    fn next_head(&mut self, app: &(impl App + ?Sized)) -> Option<Event<'static>> {
        let limits = &self.options.limits;
        let bytes = self.buffer.get(self.start..).unwrap_or_default();
        let may_be_plain = bytes.first().is_some_and(|byte| *byte != b'\r');
        let plain = if may_be_plain && self.search.is_new() {
            // Most heads come in one piece. This is tried once for each, so that pieces stay cheap.
            let view = bytes.get(..limits.head).unwrap_or(bytes);
            let plain = app.parse_plain_head(view, &self.options);
            let seen = match &plain {
                Some(Ok(parts)) => parts.length,
                _ => view.len(),
            };
            self.examined = self.examined.saturating_add(seen as u64);
            plain
        } else {
            None
        };
        let result = match plain {
            Some(Err(rejection)) => Err(self.of_head(rejection)),
            Some(result) => result,
            None => self.search_head(app)?,
        };
        Some(match result {
            Ok(parts) => self.begin(parts),
            Err(rejection) => self.reject(rejection),
        })
    }

    /// The same rejection of a head that is the next of the bytes that were not used.
    fn of_head(&self, rejection: Rejection) -> Rejection {
        Rejection {
            head_request: self.unused().starts_with(b"HEAD "),
            ..rejection.after(self.used)
        }
    }

    /// Looks for the end of the head, and parses it when that is found.
    fn search_head(&mut self, app: &(impl App + ?Sized)) -> Option<Result<Parts, Rejection>> {
        let bytes = self.buffer.get(self.start..).unwrap_or_default();
        let limits = &self.options.limits;
        let found = match self.search.advance(bytes, limits, &mut self.examined) {
            Ok(found) => found,
            Err(rejection) => return Some(Err(rejection)),
        };
        self.consume(found.leading);
        if self.state == State::Idle && self.search.began() {
            self.state = State::Head;
            self.since = self.now;
        }
        let Some(length) = found.head else {
            return self.want_input();
        };
        let bytes = self.unused();
        let head = bytes.get(..length).unwrap_or(bytes);
        let result = app.parse_head(head, &self.options);
        self.examined = self.examined.saturating_add(length as u64);
        Some(result.map_err(|rejection| self.of_head(rejection)))
    }

    /// Begins the body behind the head that `parts` were made from.
    fn begin(&mut self, parts: Parts) -> Event<'static> {
        let length = parts.length;
        let bytes = if self.start == 0 && self.buffer.len() == length {
            // Nothing else is there, which is usual: the head keeps the buffer.
            self.used = self.used.saturating_add(length as u64);
            std::mem::take(&mut self.buffer)
        } else {
            let bytes = self.unused();
            let bytes = bytes.get(..length).unwrap_or(bytes).to_vec();
            self.consume(length);
            bytes
        };
        let head = Head::new(bytes, parts);
        self.exchange = Exchange {
            rest: match head.framing() {
                Framing::None => Rest::Length(0),
                Framing::Length(length) => Rest::Length(length),
                Framing::Chunked => Rest::Chunks,
            },
            head_end: self.used,
            keep_alive: head.keep_alive(),
            expects_continue: head.expects_continue(),
            head_request: head.bytes().starts_with(b"HEAD "),
            ..Exchange::NONE
        };
        self.state = State::Body;
        self.since = self.now;
        metrics::count_head();
        Event::Head(head)
    }
}
