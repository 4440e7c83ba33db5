//! The heads that nothing is wrong with, which are nearly all.
//!
//! Whatever looks unusual is left to `strict`, which knows the reason. So this module may refuse
//! what is valid, at the price of time, and must never accept what is not.
//!
//! It looks at sixteen bytes at a time, and at few of them twice. A name that the table has needs
//! no check of its bytes, because the table's names are valid; only others are gone through.

use super::block::{Block, SIZE};
use super::framing::Tally;
use super::grammar::{Limits, TOKEN};
use super::head::{Field, Span, Version};
use super::names::{FieldId, FieldNames, Finder};
use super::strict::Syntax;
use super::target;

/// Room for the fields of most heads, so that they are allocated once.
const USUAL_FIELDS: usize = 32;

/// Reads the head that `bytes` begin with, and puts its fields into `fields`. `None` when it is
/// incomplete, invalid or unusual.
#[inline(always)]
pub(super) fn syntax(
    bytes: &[u8],
    limits: &Limits,
    names: &FieldNames,
    fields: &mut Vec<Field>,
) -> Option<Syntax> {
    let method = match bytes.first_chunk() {
        Some(b"GET ") => 3,
        _ => TOKEN.run(bytes),
    };
    let marks = target::scan(bytes, method + 1);
    let target = Span::between(method + 1, marks.end);
    let version = match bytes.get(marks.end..)?.first_chunk()? {
        b" HTTP/1.1\r\n" => Version::Http11,
        b" HTTP/1.0\r\n" => Version::Http10,
        _ => return None,
    };
    let line_end = marks.end + 9;
    if method == 0
        || bytes.get(method) != Some(&b' ')
        || target.length == 0
        || line_end > limits.request_line
    {
        return None;
    }
    let line = target::split(bytes, Span::between(0, method), target, version, marks)?;

    let mut tally = Tally::default();
    let names = names.finder();
    fields.clear();
    fields.reserve(USUAL_FIELDS);
    let mut at = line_end + 2;
    while bytes.get(at) != Some(&b'\r') {
        let (field, end) = field(bytes, at, names)?;
        if fields.len() >= limits.fields {
            return None;
        }
        tally.note(fields.len(), field.id);
        fields.push(field);
        at = end;
    }
    let length = at + 2;
    (bytes.get(at + 1) == Some(&b'\n') && length <= limits.head).then_some(Syntax {
        length,
        line,
        tally,
    })
}

/// Reads the field line at `start`; the field, and where the next line starts.
#[inline(always)]
fn field(bytes: &[u8], start: usize, names: Finder<'_>) -> Option<(Field, usize)> {
    let block = Block::at(bytes, start);
    let colons = block.equal(b':');
    let colon = if colons != 0 {
        start + colons.trailing_zeros() as usize
    } else {
        distant_colon(bytes, start)?
    };
    let name = bytes.get(start..colon)?;
    let id = names.find_in(bytes, colon, name);
    // Control characters are what the table may take for others.
    let controls = block.controls() & ((1 << (colon - start).min(SIZE)) - 1);
    if controls != 0 || (id == FieldId::NONE && !TOKEN.is_all_of(name)) {
        return None;
    }
    // White space may stand in a value, so that only where it begins depends on it.
    let block = Block::at(bytes, colon + 1);
    let mut value = colon + 1 + block.blanks().trailing_ones() as usize;
    if value > colon + SIZE {
        value = behind_blanks(bytes, value);
    }
    let mut at = colon + 1;
    let mut others = block.no_value();
    while others == 0 {
        at += SIZE;
        others = Block::at(bytes, at).no_value();
    }
    let end = at + others.trailing_zeros() as usize;
    if bytes.get(end..)?.first_chunk() != Some(b"\r\n") {
        return None;
    }
    let mut last = end;
    while last > value && matches!(bytes.get(last - 1), Some(b' ' | b'\t')) {
        last -= 1;
    }
    let field = Field {
        name: Span::between(start, colon),
        value: Span::between(value, last),
        id,
    };
    Some((field, end + 2))
}

/// The first byte from `at` on that is no white space.
#[cold]
fn behind_blanks(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    at + blanks.count()
}

/// The colon behind a long name, which has no control characters.
#[inline(never)]
fn distant_colon(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + SIZE;
    loop {
        let block = Block::at(bytes, at);
        let stop = block.equal(b':') | block.controls();
        if stop != 0 {
            let stop = at + stop.trailing_zeros() as usize;
            return (bytes.get(stop) == Some(&b':')).then_some(stop);
        }
        at += SIZE;
    }
}
