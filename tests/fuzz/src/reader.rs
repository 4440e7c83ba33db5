//! Connections: events are a function of the bytes alone, and those that the reference expects.
//!
//! The first byte of an input is a [`Choice`]. The next says how long the pieces are into which the
//! rest is cut, two more where exactly. What follows is what the peer sends.

use covet_runtime::http::{Event, Reader};

use crate::app::table;
use crate::expected::expected;
use crate::options::Choice;
use crate::seen::{Seen, SeenHead, Text, owned, refusal};

/// How many bytes of an input are not sent.
pub const PRELUDE: usize = 4;

/// How often a byte may be looked at: for the end of the head, by each parser, and for its meaning.
const LOOKS: u64 = 8;

/// Longer inputs are not fed byte by byte, which is slow and finds nothing new in them.
const MOST_SINGLE: usize = 128;

/// The most that is decoded at a time.
const LARGEST_DATA: usize = 64 << 10;

/// Checks the connection on which the bytes behind the prelude come.
pub fn check(data: &[u8]) {
    let Some((&[choice, length, seed @ ..], bytes)) = data.split_first_chunk::<PRELUDE>() else {
        return;
    };
    let choice = Choice::new(choice);
    let whole = run(&choice, bytes, &mut |rest| rest.len());

    let mut state = u32::from(u16::from_le_bytes(seed));
    let cut = run(&choice, bytes, &mut |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (state >> 16) as usize % (1 + usize::from(length))
    });
    assert_eq!(cut, whole, "cut and whole");

    if bytes.len() <= MOST_SINGLE {
        let single = run(&choice, bytes, &mut |_| 1);
        assert_eq!(single, whole, "byte by byte and whole");
    }

    assert_eq!(whole, expected(&choice, bytes), "parsed and expected");
}

/// What a reader makes of `bytes`, of which it is fed as many at a time as `next_length` says.
fn run(choice: &Choice, bytes: &[u8], next_length: &mut dyn FnMut(&[u8]) -> usize) -> Vec<Seen> {
    let mut connection = Connection {
        reader: Reader::new(choice.options.clone(), 0.0),
        choice,
        seen: Vec::new(),
        rest: None,
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = next_length(rest).clamp(1, rest.len());
        let (piece, after) = rest.split_at(length);
        connection.feed(piece);
        rest = after;
    }
    let examined = connection.reader.examined();
    let most = LOOKS * (bytes.len() as u64 + 1);
    assert!(
        examined <= most,
        "{examined} bytes examined, {} sent",
        bytes.len()
    );
    connection.finish()
}

struct Connection<'a> {
    reader: Reader,
    choice: &'a Choice,
    seen: Vec<Seen>,
    /// What came since the connection was taken over.
    rest: Option<Vec<u8>>,
}

impl Connection<'_> {
    fn feed(&mut self, piece: &[u8]) {
        self.reader.feed(piece, 0.0);
        self.pump();
        let reader = &self.reader;
        let limits = &self.choice.options.limits;
        match reader.state() {
            "closed" => assert_eq!(reader.buffered(), 0),
            "taken" => {}
            // All that it could not use yet, which is part of a head, of a trailer section or of a
            // line: data never waits.
            _ => {
                let most = limits.request_line.max(limits.head).max(limits.trailers) + 2;
                assert!(
                    reader.buffered() <= most,
                    "{} bytes wait",
                    reader.buffered()
                );
                assert!(reader.wants_input(), "a reader without events wants bytes");
            }
        }
        let waits = !matches!(reader.state(), "complete" | "closed" | "taken");
        assert_eq!(reader.deadline().is_some(), waits, "{}", reader.state());
        assert_eq!(reader.closed(), reader.state() == "closed");
    }

    /// Takes all events that there are.
    fn pump(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.extend(self.reader.take_rest());
            return;
        }
        loop {
            match self.reader.next_event(table()) {
                Some(Event::Head(head)) => {
                    self.seen.push(Seen::Head(SeenHead::from(&head)));
                    if self.choice.take && head.upgrade().is_some() {
                        self.rest = Some(self.reader.take_rest());
                        return;
                    }
                    // Whether this is needed depends on how much has come already.
                    self.reader.send_continue();
                    if self.choice.early && !self.next_request() {
                        return;
                    }
                }
                Some(Event::Data(data)) => {
                    assert!(!data.is_empty() && data.len() <= LARGEST_DATA);
                    if let Some(Seen::Data(before)) = self.seen.last_mut() {
                        before.0.extend(data);
                    } else {
                        self.seen.push(Seen::Data(data.into()));
                    }
                }
                Some(Event::End(trailers)) => {
                    self.seen.push(Seen::End(owned(trailers.headers())));
                    if !self.next_request() {
                        return;
                    }
                }
                Some(Event::Rejected(rejection)) => {
                    let seen = Seen::Rejected(refusal(&rejection), rejection.head_request);
                    self.seen.push(seen);
                    assert!(self.reader.closed());
                    assert!(rejection.response().starts_with(b"HTTP/1.1 "));
                }
                None => return,
            }
        }
    }

    fn next_request(&mut self) -> bool {
        let stays = self.reader.next_request(0.0);
        self.seen.push(Seen::Next(stays));
        assert_ne!(stays, self.reader.closed());
        stays
    }

    fn finish(mut self) -> Vec<Seen> {
        if let Some(rest) = self.rest {
            self.seen.push(Seen::Taken(Text(rest)));
            return self.seen;
        }
        assert_eq!(self.reader.expire(0.0), None, "no time has passed");
        let rejection = if self.choice.expire {
            self.reader.expire(1e9)
        } else {
            self.reader.eof()
        };
        assert!(self.reader.closed());
        let rejection = rejection.map(|r| (refusal(&r), r.head_request));
        self.seen.push(Seen::Over(rejection));
        self.seen
    }
}
