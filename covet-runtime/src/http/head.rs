//! The head of a request, taken apart.

use std::borrow::Cow;

use super::names::FieldId;
use crate::query;
use crate::routing::{EndpointId, NOT_FOUND};

/// A part of a head: its first byte and its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The number of bytes.
    pub length: u32,
}

impl Span {
    /// The span between two offsets. Heads are at most 16 MiB.
    #[inline(always)]
    pub(super) const fn between(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            length: end.saturating_sub(start) as u32,
        }
    }

    /// The first byte.
    #[inline(always)]
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// The byte behind the last one.
    #[inline(always)]
    pub const fn end(self) -> usize {
        self.start as usize + self.length as usize
    }

    /// The part of `bytes`, which is empty should there be no such part.
    #[inline(always)]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start()..self.end()).unwrap_or_default()
    }
}

/// A field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as sent; an empty span for the `host` that an absolute target brought.
    pub name: Span,
    /// The value without the white space around it.
    pub value: Span,
    /// The name's number.
    pub id: FieldId,
}

/// The version of a request that can be served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    #[default]
    Http11,
}

impl Version {
    /// `1.0` or `1.1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
        }
    }
}

/// The four forms of a request target (RFC 9112 §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A path and a query.
    #[default]
    Origin,
    /// A whole URI.
    Absolute,
    /// A host and a port, of CONNECT.
    Authority,
    /// `*`, of OPTIONS.
    Asterisk,
}

/// The request line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestLine {
    /// The method; it starts where the head starts.
    pub method: Span,
    /// The target as sent.
    pub target: Span,
    /// The target without its query. Empty for an absolute target without a path.
    pub path: Span,
    /// What follows the first `?`.
    pub query: Span,
    /// The host and the port of an absolute target, otherwise empty.
    pub authority: Span,
    /// The form of the target.
    pub form: Form,
    /// Whether the path has a `%`.
    pub escaped: bool,
    /// Whether an empty path stands for `*` and not for `/`.
    pub asterisk: bool,
    /// The version.
    pub version: Version,
}

impl RequestLine {
    /// The path as sent, in a head of `bytes`.
    #[inline(always)]
    pub fn raw_path<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        if self.path.length == 0 {
            return if self.asterisk { b"*" } else { b"/" };
        }
        self.path.of(bytes)
    }
}

/// What of a body follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Nothing, and nothing was said of it.
    None,
    /// As many bytes as `Content-Length` says.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// The protocol that a request asks to change to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// WebSocket, which goes before all others.
    WebSocket,
    /// The first of those that were offered, as sent.
    Other(Span),
}

/// What the fields say about the connection and the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Semantics {
    /// What of a body follows.
    pub framing: Framing,
    /// Whether the connection may serve another request.
    pub keep_alive: bool,
    /// Whether the client waits for an interim answer before it sends the body.
    pub expects_continue: bool,
    /// The protocol to change to, if the request asks for it.
    pub upgrade: Option<Upgrade>,
}

/// Everything about a head but its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The number of bytes, through the empty line.
    pub length: usize,
    /// The request line.
    pub line: RequestLine,
    /// The fields in order.
    pub fields: Vec<Field>,
    /// What they say.
    pub semantics: Semantics,
    /// The endpoint, or [`NOT_FOUND`].
    pub endpoint: EndpointId,
    /// The decoded path, unless it is the path as sent.
    pub decoded: Option<Box<str>>,
}

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    parts: Parts,
}

impl Head {
    /// The head of `bytes`, which are those that `parts` was made from.
    pub(super) fn new(bytes: Vec<u8>, mut parts: Parts) -> Self {
        if parts.line.form == Form::Absolute {
            override_host(&mut parts);
        }
        Self { bytes, parts }
    }

    /// All bytes, from the request line through the empty line.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The request line.
    pub const fn line(&self) -> &RequestLine {
        &self.parts.line
    }

    /// The method as sent: a token.
    pub fn method(&self) -> &str {
        ascii(self.parts.line.method.of(&self.bytes))
    }

    /// The target as sent.
    pub fn target(&self) -> &[u8] {
        self.parts.line.target.of(&self.bytes)
    }

    /// The version.
    pub const fn version(&self) -> Version {
        self.parts.line.version
    }

    /// The path without the query, as sent; ASCII.
    pub fn raw_path(&self) -> &[u8] {
        self.parts.line.raw_path(&self.bytes)
    }

    /// The path with `%XX` decoded, as `urllib.parse.unquote` does it.
    pub fn path(&self) -> &str {
        match &self.parts.decoded {
            Some(decoded) => decoded,
            None => ascii(self.raw_path()),
        }
    }

    /// The query without its `?`; ASCII, and empty when there is none.
    pub fn query_string(&self) -> &str {
        ascii(self.parts.line.query.of(&self.bytes))
    }

    /// The fields in order.
    pub fn fields(&self) -> &[Field] {
        &self.parts.fields
    }

    /// The name of a field of this head, as sent.
    pub fn name(&self, field: &Field) -> &[u8] {
        name(&self.bytes, field)
    }

    /// The value of a field of this head.
    pub fn value(&self, field: &Field) -> &[u8] {
        field.value.of(&self.bytes)
    }

    /// Names as sent and values, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let fields = self.parts.fields.iter();
        fields.map(|field| (self.name(field), self.value(field)))
    }

    /// The last value of the field `name`, a token of any case.
    pub fn header(&self, name: &[u8]) -> Option<&[u8]> {
        let mut fields = self.parts.fields.iter().rev();
        let found = fields.find(|field| self.name(field).eq_ignore_ascii_case(name))?;
        Some(self.value(found))
    }

    /// The last value of a field by its number, which is not [`FieldId::NONE`].
    pub fn header_by_id(&self, id: FieldId) -> Option<&[u8]> {
        let mut fields = self.parts.fields.iter().rev();
        Some(self.value(fields.find(|field| field.id == id)?))
    }

    /// What of a body follows.
    pub const fn framing(&self) -> Framing {
        self.parts.semantics.framing
    }

    /// The length of the body, if it was given.
    pub const fn content_length(&self) -> Option<u64> {
        match self.parts.semantics.framing {
            Framing::Length(length) => Some(length),
            _ => None,
        }
    }

    /// Whether the body comes in chunks.
    pub fn chunked(&self) -> bool {
        self.parts.semantics.framing == Framing::Chunked
    }

    /// Whether the connection may serve another request.
    pub const fn keep_alive(&self) -> bool {
        self.parts.semantics.keep_alive
    }

    /// Whether the client waits for an interim answer before it sends the body.
    pub const fn expects_continue(&self) -> bool {
        self.parts.semantics.expects_continue
    }

    /// The protocol to change to, in lower case: `websocket` if it was offered, otherwise the
    /// first one. Bytes beyond ASCII are left as they are.
    pub fn upgrade(&self) -> Option<Cow<'_, [u8]>> {
        Some(match self.parts.semantics.upgrade? {
            Upgrade::WebSocket => Cow::Borrowed(b"websocket"),
            Upgrade::Other(span) => Cow::Owned(span.of(&self.bytes).to_ascii_lowercase()),
        })
    }

    /// The endpoint, unless none was found.
    pub fn endpoint(&self) -> Option<EndpointId> {
        Some(self.parts.endpoint).filter(|id| *id != NOT_FOUND)
    }
}

/// The fields of a trailer section (RFC 9112 §7.1.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trailers {
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

impl Trailers {
    pub(super) const fn new(bytes: Vec<u8>, fields: Vec<Field>) -> Self {
        Self { bytes, fields }
    }

    /// The fields in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The name of one of them, as sent.
    pub fn name(&self, field: &Field) -> &[u8] {
        name(&self.bytes, field)
    }

    /// The value of one of them.
    pub fn value(&self, field: &Field) -> &[u8] {
        field.value.of(&self.bytes)
    }

    /// Names as sent and values, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let fields = self.fields.iter();
        fields.map(|field| (self.name(field), self.value(field)))
    }
}

/// The name of a field: as sent, except that `host` was sent with an absolute target.
fn name<'a>(bytes: &'a [u8], field: &Field) -> &'a [u8] {
    if field.name.length == 0 {
        return b"host";
    }
    field.name.of(bytes)
}

/// Puts the authority of the target in place of `Host` (RFC 9112 §3.2.2).
fn override_host(parts: &mut Parts) {
    let value = parts.line.authority;
    let mut fields = parts.fields.iter_mut();
    if let Some(host) = fields.find(|field| field.id == FieldId::HOST) {
        host.value = value;
        return;
    }
    let host = Field {
        name: Span::default(),
        value,
        id: FieldId::HOST,
    };
    parts.fields.insert(0, host);
}

/// Bytes that the grammar has found to be ASCII.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The path of a request line in a head of `bytes`, if decoding changes it.
pub(super) fn decode_path(line: &RequestLine, bytes: &[u8]) -> Option<Box<str>> {
    line.escaped
        .then(|| query::unquote_path(line.path.of(bytes)).into_boxed_str())
}
