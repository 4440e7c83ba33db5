//! From the bytes of a head to its parts: syntax, meaning, endpoint.

use super::app::App;
use super::grammar::Options;
use super::head::{self, Field, Parts, RequestLine, Semantics};
use super::names::FieldNames;
use super::rejection::Rejection;
use super::strict::Syntax;
use super::{fast, framing, metrics, strict};
use crate::routing::{EndpointId, NOT_FOUND, Path, Routes};

/// Room for the fields of most heads, so that they are allocated once.
pub(super) const USUAL_FIELDS: usize = 32;

/// A head taken apart without a copy; its fields are in the caller's vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The request line.
    pub line: RequestLine,
    /// What the fields say.
    pub semantics: Semantics,
}

/// Parses a complete head, from the first byte of the request line through the empty line, into
/// offsets. What `fields` held is replaced; it is worth keeping from head to head.
///
/// # Errors
///
/// Why the head is refused; the offset counts from the start of `bytes`.
#[inline]
pub fn parse_spans(
    bytes: &[u8],
    options: &Options,
    names: &FieldNames,
    fields: &mut Vec<Field>,
) -> Result<Spans, Rejection> {
    let mut syntax = Syntax::default();
    read(bytes, options, names, fields, &mut syntax)?;
    let semantics = framing::judge(bytes, &syntax.line, fields, &syntax.tally, options)?;
    Ok(Spans {
        line: syntax.line,
        semantics,
    })
}

/// The syntax of a complete head.
#[inline]
pub(super) fn read(
    bytes: &[u8],
    options: &Options,
    names: &FieldNames,
    fields: &mut Vec<Field>,
    syntax: &mut Syntax,
) -> Result<(), Rejection> {
    let plain = fast::syntax(bytes, &options.limits, names, fields, syntax);
    if plain.is_none() || syntax.length != bytes.len() {
        *syntax = strict::syntax(bytes, &options.limits, names, fields)?;
    }
    Ok(())
}

/// [`App::parse_head`].
#[inline]
pub(super) fn head<A: App + ?Sized>(
    app: &A,
    bytes: &[u8],
    options: &Options,
) -> Result<Parts, Rejection> {
    let mut fields = Vec::with_capacity(USUAL_FIELDS);
    let mut syntax = Syntax::default();
    read(bytes, options, app.field_names(), &mut fields, &mut syntax)?;
    finish(app, bytes, options, &syntax, fields)
}

/// [`App::parse_plain_head`].
#[inline]
pub(super) fn plain_head<A: App + ?Sized>(
    app: &A,
    bytes: &[u8],
    options: &Options,
) -> Option<Result<Parts, Rejection>> {
    let mut fields = Vec::with_capacity(USUAL_FIELDS);
    let mut syntax = Syntax::default();
    fast::syntax(
        bytes,
        &options.limits,
        app.field_names(),
        &mut fields,
        &mut syntax,
    )?;
    let bytes = bytes.get(..syntax.length)?;
    Some(finish(app, bytes, options, &syntax, fields))
}

#[inline]
fn finish<A: App + ?Sized>(
    app: &A,
    bytes: &[u8],
    options: &Options,
    syntax: &Syntax,
    fields: Vec<Field>,
) -> Result<Parts, Rejection> {
    let line = &syntax.line;
    let semantics = framing::judge(bytes, line, &fields, &syntax.tally, options)?;
    let decoded = head::decode_path(line, bytes);
    let endpoint = {
        let path = decoded
            .as_deref()
            .map_or(line.raw_path(bytes), str::as_bytes);
        if app.endpoints().is_empty() {
            NOT_FOUND
        } else {
            metrics::find(|| find(app, path, line.method.of(bytes)))
        }
    };
    Ok(Parts {
        length: syntax.length,
        line: *line,
        fields,
        semantics,
        endpoint,
        decoded,
    })
}

#[inline]
fn find<R: Routes + ?Sized>(routes: &R, path: &[u8], method: &[u8]) -> EndpointId {
    routes.find_by_name(&Path::new(path), method)
}
