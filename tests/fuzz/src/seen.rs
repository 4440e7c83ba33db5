//! What a parser made of its input, in a form that two parsers can be compared by.

use std::fmt;

use covet_runtime::http::{Framing, Head, MessageError, Rejection};

use crate::reference::{self, Body, Outcome, Refusal};

/// Bytes that are shown as text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl<T: AsRef<[u8]>> From<T> for Text {
    fn from(bytes: T) -> Self {
        Self(bytes.as_ref().to_vec())
    }
}

/// Something that happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A head was given.
    Head(SeenHead),
    /// As much of a body as came before anything else.
    Data(Text),
    /// A message ended, with these trailer fields.
    End(Vec<(Text, Text)>),
    /// A message was refused; and whether it began with `HEAD`.
    Rejected(Refusal, bool),
    /// The response has been sent; whether the connection stays open.
    Next(bool),
    /// The connection was taken over with these bytes.
    Taken(Text),
    /// The end: of the peer's bytes or of the time.
    Over(Option<(Refusal, bool)>),
}

/// A head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenHead {
    method: Text,
    target: Text,
    path: Text,
    query: Text,
    version: &'static str,
    fields: Vec<(Text, Text)>,
    body: Body,
    keep_alive: bool,
    expects_continue: bool,
    upgrade: Option<Text>,
}

impl From<&Head> for SeenHead {
    fn from(head: &Head) -> Self {
        Self {
            method: head.method().into(),
            target: head.target().into(),
            path: head.raw_path().into(),
            query: head.query_string().into(),
            version: head.version().as_str(),
            fields: owned(head.headers()),
            body: match head.framing() {
                Framing::None => Body::None,
                Framing::Length(length) => Body::Length(length),
                Framing::Chunked => Body::Chunked,
            },
            keep_alive: head.keep_alive(),
            expects_continue: head.expects_continue(),
            upgrade: head.upgrade().map(Text::from),
        }
    }
}

impl From<reference::Head> for SeenHead {
    fn from(head: reference::Head) -> Self {
        Self {
            method: Text(head.line.method),
            target: Text(head.line.target),
            path: Text(head.line.path),
            query: Text(head.line.query),
            version: head.line.version,
            fields: pairs(&head.fields),
            body: head.body,
            keep_alive: head.keep_alive,
            expects_continue: head.expects_continue,
            upgrade: head.upgrade.map(Text),
        }
    }
}

/// Names and values that were borrowed.
pub fn owned<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<(Text, Text)> {
    pairs
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// Names and values of the reference.
pub fn pairs(fields: &[reference::Field]) -> Vec<(Text, Text)> {
    let pairs = fields.iter();
    pairs
        .map(|field| (Text::from(&field.name), Text::from(&field.value)))
        .collect()
}

/// The part of a rejection that the reference has an opinion about.
pub fn refusal(rejection: &Rejection) -> Refusal {
    Refusal {
        code: rejection.reason.code(),
        offset: usize::try_from(rejection.offset).expect("the input is in memory"),
    }
}

/// The outcome of a message that is complete.
pub fn outcome<T>(result: Result<T, MessageError>) -> Outcome<T> {
    match result {
        Ok(value) => Outcome::Read(value),
        Err(MessageError::Incomplete) => Outcome::Incomplete,
        Err(MessageError::Rejected(rejection)) => Outcome::Refused(refusal(&rejection)),
    }
}
