//! The chunked coding (RFC 9112 §7.1), as it comes.
//!
//! Every byte is judged when it is there, and none is kept: what has to be known of a chunk's line
//! is in the state. Only the trailer section is left to the caller, who has the bytes.

use super::grammar::{Limits, QUOTED, QUOTED_PAIR, TOKEN};
use super::rejection::{Reason, Rejection};
use super::strict::unexpected;

/// How many bytes are decoded at once.
pub(super) const AT_ONCE: usize = 65_536;

/// A chunked body that is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunked {
    state: State,
    /// The size that the current line says, or what is left of the current chunk.
    size: u64,
    /// Digits of the current line.
    digits: usize,
    /// Where the current line starts, in bytes of the message.
    line: u64,
    /// Bytes of extensions, of all lines.
    extensions: u64,
    /// Bytes of data, of all chunks.
    received: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Digits of a size.
    Size,
    /// Behind the `;` of an extension.
    NameStart,
    Name,
    /// Behind its `=`.
    ValueStart,
    Value,
    /// Within quotes.
    Quoted,
    /// Behind a `\` within quotes.
    Pair,
    /// Behind the closing quote.
    QuotedEnd,
    /// Behind the carriage return of a chunk's line.
    LineEnd,
    Data,
    /// Behind the data.
    DataEnd,
    /// Behind the carriage return behind the data.
    DataEndFeed,
    /// Behind the line of the last chunk.
    Trailers,
}

/// What decoding some bytes came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// How many bytes were used.
    pub(super) used: usize,
    /// How many bytes were judged, the wrong one among them. Data are only copied.
    pub(super) examined: u64,
    /// What is wrong with the byte behind those. Decoding on from that byte gives it again.
    pub(super) rejection: Option<Rejection>,
}

impl Chunked {
    /// A body of which no byte was seen.
    pub(super) const NEW: Self = Self {
        state: State::Size,
        size: 0,
        digits: 0,
        line: 0,
        extensions: 0,
        received: 0,
    };

    /// Whether the trailer section is next.
    pub(super) fn is_at_trailers(&self) -> bool {
        self.state == State::Trailers
    }

    /// Decodes `input`, which starts `before` bytes into the message, and appends to `data`; until
    /// there is no input, the trailer section is reached, there is much data, or a byte is wrong.
    pub(super) fn decode(
        &mut self,
        input: &[u8],
        before: u64,
        data: &mut Vec<u8>,
        limits: &Limits,
    ) -> Decoded {
        let (mut used, mut examined) = (0, 0);
        let mut rejection = None;
        while rejection.is_none()
            && let Some(rest) = input.get(used..)
            && let Some(byte) = rest.first()
            && data.len() < AT_ONCE
        {
            match self.state {
                State::Trailers => break,
                State::Data => {
                    let room = AT_ONCE - data.len();
                    let left = usize::try_from(self.size).unwrap_or(usize::MAX);
                    let (piece, _) = rest.split_at(left.min(room).min(rest.len()));
                    data.extend_from_slice(piece);
                    used += piece.len();
                    self.size -= piece.len() as u64;
                    self.received = self.received.saturating_add(piece.len() as u64);
                    if self.size == 0 {
                        self.state = State::DataEnd;
                    }
                }
                _ => {
                    let at = before.saturating_add(used as u64);
                    examined += 1;
                    match self.step(*byte, at, limits) {
                        Ok(()) => used += 1,
                        Err(wrong) => rejection = Some(wrong),
                    }
                }
            }
        }
        Decoded {
            used,
            examined,
            rejection,
        }
    }

    /// Judges a byte of a chunk's line or behind a chunk's data. When it is wrong, nothing changes.
    fn step(&mut self, byte: u8, at: u64, limits: &Limits) -> Result<(), Rejection> {
        let next = match (self.state, byte) {
            (State::Size, _) => self.size_byte(byte, at, limits)?,
            (State::LineEnd, b'\n') => self.end_line(limits)?,
            (State::LineEnd, _) => {
                return Err(Rejection::new(Reason::BareCr, at.saturating_sub(1)));
            }
            (State::DataEnd, b'\r') => State::DataEndFeed,
            (State::DataEndFeed, b'\n') => {
                self.digits = 0;
                State::Size
            }
            (State::DataEnd | State::DataEndFeed, _) => {
                return Err(Rejection::new(Reason::ChunkEnd, at));
            }
            (state, _) => {
                let Some(next) = extension_byte(state, byte) else {
                    let reason = wrong(byte, Reason::ChunkExtension);
                    return Err(Rejection::new(reason, at));
                };
                if next != State::LineEnd {
                    self.count_extension(at, limits)?;
                }
                next
            }
        };
        self.state = next;
        Ok(())
    }

    fn size_byte(&mut self, byte: u8, at: u64, limits: &Limits) -> Result<State, Rejection> {
        let reason = match (char::from(byte).to_digit(16), byte) {
            (Some(_), _) if self.digits >= limits.chunk_size_digits => Reason::ChunkSize,
            (Some(digit), _) => {
                if self.digits == 0 {
                    self.line = at;
                    self.size = 0;
                }
                self.digits += 1;
                // At most sixteen digits, so that no bit is lost.
                self.size = self.size << 4 | u64::from(digit);
                return Ok(State::Size);
            }
            (None, b'\r') if self.digits > 0 => return Ok(State::LineEnd),
            (None, b';') if self.digits > 0 => {
                self.count_extension(at, limits)?;
                return Ok(State::NameStart);
            }
            (None, byte) => wrong(byte, Reason::ChunkSize),
        };
        Err(Rejection::new(reason, at))
    }

    fn count_extension(&mut self, at: u64, limits: &Limits) -> Result<(), Rejection> {
        if self.extensions >= limits.chunk_extensions {
            return Err(Rejection::new(Reason::ChunkExtensionsTooLong, at));
        }
        self.extensions += 1;
        Ok(())
    }

    fn end_line(&self, limits: &Limits) -> Result<State, Rejection> {
        if self.size == 0 {
            return Ok(State::Trailers);
        }
        let size = self.received.saturating_add(self.size);
        match limits.body {
            Some(limit) if size > limit => Err(Rejection::new(Reason::BodyTooLarge, self.line)),
            _ => Ok(State::Data),
        }
    }
}

/// The reason why `byte` may not stand where it does. A carriage return is not called bare here: it
/// may well begin the end of a line that ends too early.
const fn wrong(byte: u8, default: Reason) -> Reason {
    match byte {
        b'\r' => default,
        byte => unexpected(byte, default),
    }
}

/// What follows a byte of an extension, or `None` when it may not stand there.
fn extension_byte(state: State, byte: u8) -> Option<State> {
    Some(match (state, byte) {
        (State::Name, b'=') => State::ValueStart,
        (State::ValueStart, b'"') => State::Quoted,
        (State::Name | State::Value | State::QuotedEnd, b';') => State::NameStart,
        (State::Name | State::Value | State::QuotedEnd, b'\r') => State::LineEnd,
        (State::NameStart | State::Name, byte) if TOKEN.contains(byte) => State::Name,
        (State::ValueStart | State::Value, byte) if TOKEN.contains(byte) => State::Value,
        (State::Quoted, b'"') => State::QuotedEnd,
        (State::Quoted, b'\\') => State::Pair,
        (State::Quoted, byte) if QUOTED.contains(byte) => State::Quoted,
        (State::Pair, byte) if QUOTED_PAIR.contains(byte) => State::Quoted,
        _ => return None,
    })
}
