//! A head, byte by byte: what is valid, and which byte is the first that is not.
//!
//! This is the definition. It is only run on heads that `fast` did not take, and on trailer
//! sections, so nothing here is written for speed.

use super::framing::{FORBIDDEN_TRAILERS, Tally};
use super::grammar::{Class, Limits, TARGET, TOKEN, VALUE};
use super::head::{Field, RequestLine, Span, Version};
use super::names::FieldNames;
use super::rejection::{Reason, Rejection};
use super::target;

/// A head whose syntax is valid; its fields are elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Syntax {
    /// The number of bytes, through the empty line.
    pub(super) length: usize,
    /// The request line.
    pub(super) line: RequestLine,
    /// Which fields there are.
    pub(super) tally: Tally,
}

/// The reason why `byte` may not stand where it does, if it is not `default`.
pub(super) const fn unexpected(byte: u8, default: Reason) -> Reason {
    match byte {
        b'\r' => Reason::BareCr,
        b'\n' => Reason::BareLf,
        ..b' ' | 0x7f => Reason::ControlCharacter,
        _ => default,
    }
}

/// Reads the complete head that `bytes` are, and puts its fields into `fields`.
pub(super) fn syntax(
    bytes: &[u8],
    limits: &Limits,
    names: &FieldNames,
    fields: &mut Vec<Field>,
) -> Result<Syntax, Rejection> {
    let mut lines = Lines { bytes, at: 0 };
    let line = lines.request_line()?;
    let mut tally = Tally::default();
    fields.clear();
    while let Some(start) = lines.next_field()? {
        if fields.len() >= limits.fields {
            return Err(Rejection::at(Reason::TooManyFields, start));
        }
        let field = lines.field(names)?;
        tally.note(fields.len(), field.id);
        fields.push(field);
    }
    Ok(Syntax {
        length: lines.at,
        line,
        tally,
    })
}

/// Reads the complete trailer section that `bytes` are.
pub(super) fn trailers(
    bytes: &[u8],
    limits: &Limits,
    names: &FieldNames,
) -> Result<Vec<Field>, Rejection> {
    let mut lines = Lines { bytes, at: 0 };
    let mut fields = Vec::new();
    while let Some(start) = lines.next_field()? {
        if fields.len() >= limits.fields {
            return Err(Rejection::at(Reason::TrailersTooLarge, start));
        }
        let field = lines.field(names)?;
        if FORBIDDEN_TRAILERS.contains(&field.id) {
            return Err(Rejection::at(Reason::TrailerField, start));
        }
        fields.push(field);
    }
    Ok(fields)
}

/// A place in a section of lines.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lines<'_> {
    fn peek(&self) -> Result<u8, Rejection> {
        self.look(0)
    }

    /// The byte `ahead` bytes further on. Whoever found the end of the section has seen the bytes
    /// up to there, so that none is ever missing.
    fn look(&self, ahead: usize) -> Result<u8, Rejection> {
        let byte = self.bytes.get(self.at + ahead).copied();
        byte.ok_or_else(|| Rejection::at(Reason::IncompleteHead, self.bytes.len()))
    }

    /// Goes past all bytes of `class`.
    fn skip(&mut self, class: Class) -> Span {
        let start = self.at;
        self.at += class.run(self.bytes.get(start..).unwrap_or_default());
        Span::between(start, self.at)
    }

    fn reject<T>(&self, reason: Reason) -> Result<T, Rejection> {
        Err(Rejection::at(reason, self.at))
    }

    /// Whether the line ends here, with or without a carriage return.
    fn is_line_end(&self) -> Result<bool, Rejection> {
        Ok(match self.peek()? {
            b'\n' => true,
            b'\r' => self.look(1)? == b'\n',
            _ => false,
        })
    }

    fn request_line(&mut self) -> Result<RequestLine, Rejection> {
        let method = self.skip(TOKEN);
        match self.peek()? {
            b' ' if method.length > 0 => self.at += 1,
            _ if self.is_line_end()? => return self.reject(Reason::RequestLine),
            byte => return self.reject(unexpected(byte, Reason::Method)),
        }
        let target = self.skip(TARGET);
        match self.peek()? {
            b' ' if target.length > 0 => self.at += 1,
            _ if self.is_line_end()? => return self.reject(Reason::RequestLine),
            byte => return self.reject(unexpected(byte, Reason::RequestTarget)),
        }
        let version = self.version()?;
        let marks = target::scan(self.bytes, target.start());
        let mut line = RequestLine::default();
        if !target::split(self.bytes, method, target, version, marks, &mut line) {
            return Err(Rejection::at(Reason::RequestTarget, target.start()));
        }
        Ok(line)
    }

    /// The version and the end of the line.
    fn version(&mut self) -> Result<Version, Rejection> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n');
        let (line, _) = rest.split_at(length.unwrap_or(rest.len()));
        let (text, ended) = match line {
            [text @ .., b'\r'] => (text, true),
            text => (text, false),
        };
        let version = match text {
            b"HTTP/1.0" => Version::Http10,
            b"HTTP/1.1" => Version::Http11,
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
                return self.reject(Reason::VersionUnsupported);
            }
            _ => return self.reject(Reason::Version),
        };
        self.at += line.len();
        if !ended {
            return self.reject(Reason::BareLf);
        }
        self.at += 1;
        Ok(version)
    }

    /// Where the next field line starts, or `None` past the empty line that ends the section.
    fn next_field(&mut self) -> Result<Option<usize>, Rejection> {
        match self.peek()? {
            b'\r' if self.look(1)? == b'\n' => {
                self.at += 2;
                Ok(None)
            }
            b'\r' => self.reject(Reason::BareCr),
            b'\n' => self.reject(Reason::BareLf),
            b' ' | b'\t' => self.reject(Reason::ObsFold),
            _ => Ok(Some(self.at)),
        }
    }

    fn field(&mut self, names: &FieldNames) -> Result<Field, Rejection> {
        let name = self.skip(TOKEN);
        match self.peek()? {
            b':' if name.length > 0 => self.at += 1,
            b' ' | b'\t' => return self.reject(Reason::SpaceBeforeColon),
            b'\r' if self.look(1)? == b'\n' => return self.reject(Reason::FieldWithoutColon),
            byte => return self.reject(unexpected(byte, Reason::FieldName)),
        }
        while matches!(self.peek()?, b' ' | b'\t') {
            self.at += 1;
        }
        let mut value = self.skip(VALUE);
        match self.peek()? {
            b'\r' if self.look(1)? == b'\n' => self.at += 2,
            byte => return self.reject(unexpected(byte, Reason::ControlCharacter)),
        }
        while let [.., b' ' | b'\t'] = value.of(self.bytes) {
            value.length -= 1;
        }
        let id = names.find(name.of(self.bytes));
        Ok(Field { name, value, id })
    }
}
