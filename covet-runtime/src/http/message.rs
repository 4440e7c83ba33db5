//! A single message in memory: the grammar of heads without the rules for connections.

use super::fast;
use super::grammar::Options;
use super::head::{Field, RequestLine, Version};
use super::names::FieldNames;
use super::parse::{self, USUAL_FIELDS};
use super::rejection::Rejection;
use super::search::HeadSearch;
use super::strict::Syntax;

/// A head with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    head: &'a [u8],
    body: &'a [u8],
    line: RequestLine,
    fields: Vec<Field>,
}

/// Why there is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// Nothing is wrong with the bytes, but the head does not end.
    Incomplete,
    /// The head is invalid.
    Rejected(Rejection),
}

/// Parses the message that `data` is, with the default limits. What the fields mean is not looked
/// at, so `Host` may be missing, and what follows the head is the body, whatever its length.
///
/// # Errors
///
/// [`MessageError`]; offsets count from the start of `data`.
pub fn parse_message(data: &[u8]) -> Result<Message<'_>, MessageError> {
    let options = Options::DEFAULT;
    let names = FieldNames::common();
    let mut fields = Vec::with_capacity(USUAL_FIELDS);
    let mut syntax = Syntax::default();
    let view = data.get(..options.limits.head).unwrap_or(data);
    let plain = fast::syntax(view, &options.limits, names, &mut fields, &mut syntax);
    let (start, length) = if plain.is_some() {
        (0, syntax.length)
    } else {
        let found = HeadSearch::default()
            .advance(data, &options.limits, &mut 0)
            .map_err(MessageError::Rejected)?;
        (found.leading, found.head.ok_or(MessageError::Incomplete)?)
    };
    let (head, body) = data
        .get(start..)
        .and_then(|rest| rest.split_at_checked(length))
        .ok_or(MessageError::Incomplete)?;
    if plain.is_none() {
        parse::read(head, &options, names, &mut fields, &mut syntax)
            .map_err(|rejection| MessageError::Rejected(rejection.after(start as u64)))?;
    }
    Ok(Message {
        head,
        body,
        line: syntax.line,
        fields,
    })
}

impl<'a> Message<'a> {
    /// The method as sent: a token.
    pub fn method(&self) -> &'a str {
        std::str::from_utf8(self.line.method.of(self.head)).unwrap_or_default()
    }

    /// The target as sent; ASCII.
    pub fn target(&self) -> &'a str {
        std::str::from_utf8(self.line.target.of(self.head)).unwrap_or_default()
    }

    /// The version.
    pub const fn version(&self) -> Version {
        self.line.version
    }

    /// The fields in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The name of one of them, as sent.
    pub fn name(&self, field: &Field) -> &'a [u8] {
        field.name.of(self.head)
    }

    /// The value of one of them.
    pub fn value(&self, field: &Field) -> &'a [u8] {
        field.value.of(self.head)
    }

    /// What follows the head.
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }
}
