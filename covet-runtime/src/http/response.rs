//! The head of a response and the framing of its body (RFC 9112 §6).
//!
//! What an application says in its fields is taken at its word, as uvicorn takes it: the fields are
//! written in their order, their names in lower case, and what is missing is added at the end.

use std::io::Write as _;

/// What the fields written so far say of the body and the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether the body is in chunks. `None` while no field has told.
    pub chunked: Option<bool>,
    /// The length of the body, where a field gave one; otherwise 0.
    pub length: i64,
    /// Whether the connection closes behind the response.
    pub close: bool,
}

/// Why a field cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// The name has a character that no name has.
    Name,
    /// The value has a control character.
    Value,
    /// The value of `content-length` is not simply digits: somebody else may still know a number
    /// in it. The field was written.
    Length,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is none, whatever is sent.
    None,
    /// By the bytes that are still to come.
    Length(i64),
    /// By a last chunk.
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

/// What a part of a body is wrong about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is longer than the fields said.
    Longer,
    /// It ends before the length that the fields said.
    Shorter,
}

/// The request that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whether it was a HEAD request.
    pub head: bool,
    /// Whether it was of HTTP/1.0, which has no chunks.
    pub http10: bool,
}

const NAME: u8 = 1;
const VALUE: u8 = 2;

/// Which bytes stand in no name and which in no value.
const REFUSED: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = if byte == 0x09 { NAME } else { NAME | VALUE };
        byte += 1;
    }
    table[0x7f] = NAME | VALUE;
    let separators = b"()<>@,;:\\\"[]={} ";
    let mut index = 0;
    while index < separators.len() {
        table[separators[index] as usize] |= NAME;
        index += 1;
    }
    table
};

fn has_refused(bytes: &[u8], kind: u8) -> bool {
    let refused = bytes
        .iter()
        .fold(0, |found, byte| found | REFUSED[usize::from(*byte)]);
    refused & kind != 0
}

impl Said {
    /// Writes a field line, its name in lower case, and notes what it says.
    ///
    /// # Errors
    ///
    /// [`FieldError`]. Unless it is `Length`, nothing was written.
    pub fn field(
        &mut self,
        out: &mut Vec<u8>,
        name: &[u8],
        value: &[u8],
    ) -> Result<(), FieldError> {
        if has_refused(name, NAME) {
            return Err(FieldError::Name);
        }
        if has_refused(value, VALUE) {
            return Err(FieldError::Value);
        }
        out.reserve(name.len() + value.len() + 4);
        let start = out.len();
        out.extend_from_slice(name);
        out[start..].make_ascii_lowercase();
        let noted = match &out[start..] {
            b"content-length" if self.chunked.is_none() => self.note_length(value),
            b"transfer-encoding" if value.eq_ignore_ascii_case(b"chunked") => {
                self.length = 0;
                self.chunked = Some(true);
                Ok(())
            }
            b"connection" => {
                let mut tokens = value.split(|byte| *byte == b',');
                self.close |= tokens.any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"));
                Ok(())
            }
            _ => Ok(()),
        };
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
        noted
    }

    fn note_length(&mut self, value: &[u8]) -> Result<(), FieldError> {
        self.chunked = Some(false);
        let number = std::str::from_utf8(value).ok();
        let digits = number.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(length) => self.length = length,
            None => return Err(FieldError::Length),
        }
        Ok(())
    }

    /// Ends the head: adds what the fields have left out, and the empty line. `keep_alive` says
    /// whether the connection may go on; it may not when a field said so or the body needs its end.
    pub fn end_head(
        &self,
        out: &mut Vec<u8>,
        status: u16,
        asked: Asked,
        keep_alive: &mut bool,
    ) -> Body {
        let has_body = !asked.head && status != 204 && status != 304;
        let until_close = has_body && self.chunked.is_none() && asked.http10;
        *keep_alive &= !self.close && !until_close;
        if !*keep_alive && !self.close {
            out.extend_from_slice(b"connection: close\r\n");
        }
        let body = match self.chunked {
            _ if !has_body => Body::None,
            Some(true) => Body::Chunked,
            Some(false) => Body::Length(self.length),
            None if until_close => Body::UntilClose,
            None => {
                out.extend_from_slice(b"transfer-encoding: chunked\r\n");
                Body::Chunked
            }
        };
        out.extend_from_slice(b"\r\n");
        body
    }
}

impl Body {
    /// What stands before and after a part of the body of `length` bytes on the wire, and whether
    /// the part itself goes there.
    ///
    /// # Errors
    ///
    /// When the part is longer than what was left, or the `last` one shorter.
    pub fn part(&mut self, length: usize, last: bool) -> Result<Part, BodyError> {
        match self {
            Self::None => Ok(Part::NOTHING),
            Self::UntilClose => Ok(Part::PLAIN),
            Self::Chunked => Ok(Part {
                is_sent: length > 0,
                chunk: (length > 0).then_some(length),
                last_chunk: last,
            }),
            Self::Length(rest) => {
                let length = i64::try_from(length).unwrap_or(i64::MAX);
                if length > *rest {
                    return Err(BodyError::Longer);
                }
                *rest -= length;
                Ok(Part::PLAIN)
            }
        }
    }

    /// Whether the body may end here.
    ///
    /// # Errors
    ///
    /// When less was sent than the fields said.
    pub const fn end(self) -> Result<(), BodyError> {
        match self {
            Self::Length(0) | Self::None | Self::Chunked | Self::UntilClose => Ok(()),
            Self::Length(_) => Err(BodyError::Shorter),
        }
    }
}

/// How a part of a body goes on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whether its bytes are sent.
    pub is_sent: bool,
    /// The size of the chunk that it is.
    chunk: Option<usize>,
    /// Whether the last chunk follows.
    last_chunk: bool,
}

impl Part {
    const NOTHING: Self = Self {
        is_sent: false,
        chunk: None,
        last_chunk: false,
    };
    const PLAIN: Self = Self {
        is_sent: true,
        ..Self::NOTHING
    };

    /// Writes what comes before the bytes.
    pub fn before(self, out: &mut Vec<u8>) {
        if let Some(size) = self.chunk {
            // Writing to a vector cannot fail.
            let _ = write!(out, "{size:x}\r\n");
        }
    }

    /// What comes behind the bytes.
    pub const fn after(self) -> &'static [u8] {
        match (self.chunk.is_some(), self.last_chunk) {
            (true, true) => b"\r\n0\r\n\r\n",
            (true, false) => b"\r\n",
            (false, true) => b"0\r\n\r\n",
            (false, false) => b"",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Asked = Asked {
        head: false,
        http10: false,
    };
    const HEAD: Asked = Asked { head: true, ..GET };
    const OLD: Asked = Asked {
        http10: true,
        ..GET
    };

    fn head(fields: &[(&str, &str)], status: u16, asked: Asked) -> (String, Body, bool) {
        let (mut said, mut out, mut keep_alive) = (Said::default(), Vec::new(), !asked.http10);
        for (name, value) in fields {
            let written = said.field(&mut out, name.as_bytes(), value.as_bytes());
            assert_eq!(written, Ok(()), "{name}: {value}");
        }
        let body = said.end_head(&mut out, status, asked, &mut keep_alive);
        (String::from_utf8(out).expect("text"), body, keep_alive)
    }

    #[test]
    fn a_length_is_counted() {
        let (text, mut body, keep_alive) = head(&[("Content-Length", "5")], 200, GET);
        assert_eq!(text, "content-length: 5\r\n\r\n");
        assert!(keep_alive);
        assert_eq!(body, Body::Length(5));
        assert_eq!(body.part(3, false), Ok(Part::PLAIN));
        assert_eq!(body.end(), Err(BodyError::Shorter));
        assert_eq!(body.part(3, true), Err(BodyError::Longer));
        assert_eq!(body.part(2, true), Ok(Part::PLAIN));
        assert_eq!(body.end(), Ok(()));
    }

    #[test]
    fn without_a_length_there_are_chunks() {
        let (text, mut body, _) = head(&[("x", "y")], 200, GET);
        assert_eq!(text, "x: y\r\ntransfer-encoding: chunked\r\n\r\n");
        let mut out = Vec::new();
        let part = body.part(26, true).expect("no limit");
        part.before(&mut out);
        assert_eq!(
            (out.as_slice(), part.after()),
            (&b"1a\r\n"[..], &b"\r\n0\r\n\r\n"[..])
        );
        let empty = body.part(0, false).expect("no limit");
        assert_eq!((empty.is_sent, empty.after()), (false, &b""[..]));
        assert_eq!(body.part(0, true).expect("no limit").after(), b"0\r\n\r\n");
    }

    #[test]
    fn old_clients_get_no_chunks() {
        let (text, body, keep_alive) = head(&[], 200, OLD);
        assert_eq!(text, "connection: close\r\n\r\n");
        assert_eq!(body, Body::UntilClose);
        assert!(!keep_alive);
    }

    #[test]
    fn some_responses_have_no_body() {
        for (status, asked) in [(204, GET), (304, GET), (200, HEAD), (304, OLD)] {
            let (text, mut body, _) = head(&[("content-length", "7")], status, asked);
            assert!(text.starts_with("content-length: 7\r\n"));
            assert_eq!(body, Body::None);
            assert_eq!(body.part(7, true), Ok(Part::NOTHING));
            assert_eq!(body.end(), Ok(()));
        }
        assert_eq!(head(&[], 200, HEAD).0, "\r\n");
    }

    #[test]
    fn close_is_one_of_the_tokens() {
        for value in ["close", "Upgrade , CLOSE", "close,x"] {
            let (text, _, keep_alive) = head(&[("Connection", value)], 204, GET);
            assert_eq!(text, format!("connection: {value}\r\n\r\n"));
            assert!(!keep_alive);
        }
        assert!(head(&[("Connection", "enclose")], 204, GET).2);
    }

    #[test]
    fn the_first_length_counts_and_chunks_go_before_it() {
        let (_, body, _) = head(
            &[("content-length", "5"), ("content-length", "6")],
            200,
            GET,
        );
        assert_eq!(body, Body::Length(5));
        let chunked = [("content-length", "5"), ("transfer-encoding", "Chunked")];
        assert_eq!(head(&chunked, 200, GET).1, Body::Chunked);
        let other = head(&[("transfer-encoding", "gzip")], 200, GET);
        assert!(other.0.ends_with("transfer-encoding: chunked\r\n\r\n"));
    }

    #[test]
    fn control_characters_split_no_response() {
        let mut said = Said::default();
        let mut out = Vec::new();
        let bad_names: [&[u8]; 6] = [b"a b", b"a:", b"a\r\nb", b"a\0", b"(a)", b"a\x7f"];
        for name in bad_names {
            assert_eq!(said.field(&mut out, name, b""), Err(FieldError::Name));
        }
        for value in [&b"a\r\nb: c"[..], b"\0", b"\n", b"\x7f"] {
            assert_eq!(said.field(&mut out, b"a", value), Err(FieldError::Value));
        }
        assert!(out.is_empty());
        assert_eq!(said.field(&mut out, b"a", b"\t\xff "), Ok(()));
    }

    #[test]
    fn a_length_that_is_no_number_is_somebody_elses() {
        for value in ["+5", " 5", "5_0", "", "99999999999999999999"] {
            let (mut said, mut out) = (Said::default(), Vec::new());
            let written = said.field(&mut out, b"content-length", value.as_bytes());
            assert_eq!(written, Err(FieldError::Length), "{value:?}");
            assert_eq!(out, format!("content-length: {value}\r\n").as_bytes());
        }
    }
}
