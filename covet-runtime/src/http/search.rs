//! Where a head ends: all that is decided before it is parsed.
//!
//! A head can come in pieces of one byte. The search remembers how far it got, so that every byte
//! is looked at once, and parsing waits until there is something to parse.

use super::grammar::{Limits, TOKEN};
use super::rejection::{Reason, Rejection};

/// The search for the end of a head and of the empty lines before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HeadSearch {
    /// Empty lines so far.
    leading: usize,
    /// Whether the request line has begun.
    began: bool,
    /// Whether the request line has ended.
    has_line: bool,
    section: Section,
}

/// What a search has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The number of bytes that belong to empty lines. They are not to be given again.
    pub(super) leading: usize,
    /// The length of the head, which follows them, if it is complete.
    pub(super) head: Option<usize>,
}

impl HeadSearch {
    /// Whether no byte was looked at yet.
    pub(super) fn is_new(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the request line has begun.
    pub(super) const fn began(&self) -> bool {
        self.began
    }

    /// Goes on with `bytes`: all that was there before, but for the empty lines, and more. Adds to
    /// `examined` every byte as often as it is looked at.
    ///
    /// # Errors
    ///
    /// What can be said of a head before it is parsed. The offset counts from the start of the
    /// message.
    pub(super) fn advance(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        examined: &mut u64,
    ) -> Result<Found, Rejection> {
        let leading = self.skip_leading(bytes, limits, examined)?;
        let mut found = Found {
            leading,
            head: None,
        };
        if self.began {
            let before = (2 * self.leading) as u64;
            let head = bytes.get(leading..).unwrap_or_default();
            found.head = self
                .head(head, limits, examined)
                .map_err(|rejection| rejection.after(before))?;
        }
        Ok(found)
    }

    /// Skips empty lines; the number of bytes they have.
    fn skip_leading(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        examined: &mut u64,
    ) -> Result<usize, Rejection> {
        let mut skipped = 0;
        while !self.began {
            let rest = bytes.get(skipped..).unwrap_or_default();
            *examined += looked_at(rest);
            let many = self.leading >= limits.leading_lines;
            let reason = match rest {
                [b'\r' | b'\n', ..] if many => Reason::LeadingLines,
                [] | [b'\r'] => break,
                [b'\r', b'\n', ..] => {
                    self.leading += 1;
                    skipped += 2;
                    continue;
                }
                [b'\r', ..] => Reason::BareCr,
                [b'\n', ..] => Reason::BareLf,
                [byte, ..] if TOKEN.contains(*byte) => {
                    self.began = true;
                    continue;
                }
                _ => Reason::Method,
            };
            return Err(Rejection::at(reason, 2 * self.leading));
        }
        Ok(skipped)
    }

    /// The length of the head that `bytes` begin with.
    fn head(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        examined: &mut u64,
    ) -> Result<Option<usize>, Rejection> {
        if !self.has_line {
            let longest = limits.request_line;
            let enough = longest.saturating_add(2);
            let view = first(bytes, enough);
            if self.section.next_line(view, examined) {
                // What is before the line feed, and before the carriage return if there is one.
                let end = self.section.line - 1;
                let has_return = view.get(..end).is_some_and(|line| line.ends_with(b"\r"));
                if end - usize::from(has_return) > longest {
                    return Err(too_much(view, Reason::RequestLineTooLong, longest));
                }
                self.has_line = true;
            } else if view.len() == enough {
                return Err(too_much(view, Reason::RequestLineTooLong, longest));
            } else {
                return Ok(None);
            }
        }
        // Only once the request line has passed: which limit is the one that a head exceeds must
        // not depend on how much of it is here.
        let view = first(bytes, limits.head);
        match self.section.end(view, examined) {
            None if view.len() == limits.head => {
                Err(too_much(view, Reason::HeadTooLarge, limits.head))
            }
            end => Ok(end),
        }
    }
}

fn first(bytes: &[u8], most: usize) -> &[u8] {
    bytes.get(..most).unwrap_or(bytes)
}

#[cold]
fn too_much(view: &[u8], reason: Reason, limit: usize) -> Rejection {
    Rejection {
        head_request: view.starts_with(b"HEAD "),
        ..Rejection::at(reason, limit)
    }
}

/// How many bytes are looked at to see whether `rest` begins with the end of a line: the second one
/// matters behind a carriage return.
fn looked_at(rest: &[u8]) -> u64 {
    match rest {
        [] => 0,
        [b'\r', _, ..] => 2,
        _ => 1,
    }
}

/// The search for the empty line that ends a section of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// Where the current line starts.
    line: usize,
    /// Up to where it has been looked through.
    searched: usize,
}

impl Section {
    /// A search that has not begun.
    pub(super) const NEW: Self = Self {
        line: 0,
        searched: 0,
    };

    /// The end of the section that `bytes` begin with: behind the first empty line, whichever way
    /// it ends. Adds to `examined` every byte as often as it is looked at.
    pub(super) fn end(&mut self, bytes: &[u8], examined: &mut u64) -> Option<usize> {
        loop {
            let rest = bytes.get(self.line..)?;
            *examined += looked_at(rest);
            match rest {
                [b'\n', ..] => return Some(self.line + 1),
                [b'\r', b'\n', ..] => return Some(self.line + 2),
                [] | [b'\r'] => return None,
                _ if self.next_line(bytes, examined) => {}
                _ => return None,
            }
        }
    }

    /// Goes to the next line, if it has begun: the current line's line feed is there.
    fn next_line(&mut self, bytes: &[u8], examined: &mut u64) -> bool {
        let rest = bytes.get(self.searched..).unwrap_or_default();
        let feed = rest.iter().position(|byte| *byte == b'\n');
        let count = feed.map_or(rest.len(), |feed| feed + 1);
        *examined += count as u64;
        self.searched += count;
        if feed.is_some() {
            self.line = self.searched;
        }
        feed.is_some()
    }
}
