//! What the reference makes of a connection.

use crate::options::Choice;
use crate::reference::{self, Body, End, Head, Outcome, Refusal};
use crate::seen::{Seen, SeenHead, Text, pairs};

/// Everything that happens when a peer sends `bytes`.
pub fn expected(choice: &Choice, bytes: &[u8]) -> Vec<Seen> {
    let mut connection = Connection {
        choice,
        seen: Vec::new(),
    };
    let mut message = bytes;
    while let Some(end) = connection.message(message) {
        message = &message[end..];
    }
    connection.seen
}

struct Connection<'a> {
    choice: &'a Choice,
    seen: Vec<Seen>,
}

impl Connection<'_> {
    /// Reads a message, of which `message` is all that will come. Where it ends, when another can
    /// follow.
    fn message(&mut self, message: &[u8]) -> Option<usize> {
        let options = &self.choice.options;
        let start = match reference::leading_lines(message, &options.limits) {
            Outcome::Read(start) => start,
            Outcome::Refused(refusal) => return self.refused(refusal, false),
            // Nothing but empty lines is no message.
            Outcome::Incomplete => return self.over(None),
        };
        let for_head = message[start..].starts_with(b"HEAD ");
        let cut = |codes: [&'static str; 2]| {
            let refusal = Refusal {
                code: codes[usize::from(self.choice.expire)],
                offset: message.len(),
            };
            Some((refusal, for_head))
        };
        let head = match reference::head(message, &options.limits, options.websocket) {
            Outcome::Read(head) => head,
            Outcome::Refused(refusal) => return self.refused(refusal, for_head),
            Outcome::Incomplete => return self.over(cut(["incomplete-head", "head-timeout"])),
        };
        self.seen.push(Seen::Head(SeenHead::from(head.clone())));
        if self.choice.take && head.upgrade.is_some() {
            self.seen.push(Seen::Taken((&message[head.end..]).into()));
            return None;
        }

        let mut data = Vec::new();
        let body = self.body(&head, message, &mut data);
        if self.choice.early {
            return self.drained(&head, body);
        }
        if !data.is_empty() {
            self.seen.push(Seen::Data(Text(data)));
        }
        match body {
            Outcome::Read(end) => {
                self.seen.push(Seen::End(pairs(&end.trailers)));
                self.next(head.keep_alive).then_some(end.end)
            }
            Outcome::Refused(refusal) => self.refused(refusal, for_head),
            Outcome::Incomplete => self.over(cut(["incomplete-body", "body-timeout"])),
        }
    }

    fn body(&self, head: &Head, message: &[u8], data: &mut Vec<u8>) -> Outcome<End> {
        let length = match head.body {
            Body::None => 0,
            Body::Length(length) => length,
            Body::Chunked => {
                return reference::chunks(message, head.end, &self.choice.options.limits, data);
            }
        };
        let rest = &message[head.end..];
        let there = length.min(rest.len() as u64);
        data.extend(&rest[..there as usize]);
        if there < length {
            return Outcome::Incomplete;
        }
        let end = head.end + data.len();
        Outcome::Read(End {
            trailers: Vec::new(),
            start: end,
            end,
        })
    }

    /// The response was sent before the body was read: that is thrown away, if it is not too long.
    /// What is wrong with it is nothing that anybody is told.
    fn drained(&mut self, head: &Head, body: Outcome<End>) -> Option<usize> {
        let most = self.choice.options.limits.drain;
        let is_long = matches!(head.body, Body::Length(length) if length > most);
        if !self.next(head.keep_alive && !is_long) {
            return None;
        }
        match body {
            Outcome::Read(end) if (end.start - head.end) as u64 <= most => Some(end.end),
            _ => self.over(None),
        }
    }

    fn next(&mut self, stays: bool) -> bool {
        self.seen.push(Seen::Next(stays));
        if !stays {
            self.over(None);
        }
        stays
    }

    fn refused(&mut self, refusal: Refusal, for_head: bool) -> Option<usize> {
        self.seen.push(Seen::Rejected(refusal, for_head));
        self.over(None)
    }

    fn over(&mut self, rejection: Option<(Refusal, bool)>) -> Option<usize> {
        self.seen.push(Seen::Over(rejection));
        None
    }
}
