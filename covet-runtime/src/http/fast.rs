//! The heads that nothing is wrong with, which are nearly all.
//!
//! Whatever looks unusual is left to `strict`, which knows the reason. So this module may refuse
//! what is valid, at the price of time, and must never accept what is not.
//!
//! It marks sixty-four bytes at a time and takes line after line from the marks, so that few bytes
//! are looked at twice. A name that the table has needs no check of its bytes, because the table's
//! names are valid; only others are gone through.

use std::slice;

use super::framing::Tally;
use super::grammar::{Limits, TOKEN};
use super::head::{Field, Span, Version};
use super::names::{FieldId, FieldNames, Finder};
use super::strict::Syntax;
use super::target;
use crate::block::{Block, SIZE};

/// Reads the head that `bytes` begin with into `syntax` and its fields into `fields`. `None` when it
/// is incomplete, invalid or unusual; what was written then means nothing.
#[inline(always)]
pub(super) fn syntax(
    bytes: &[u8],
    limits: &Limits,
    names: &FieldNames,
    fields: &mut Vec<Field>,
    syntax: &mut Syntax,
) -> Option<()> {
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
    let method = Span::between(0, method);
    if !target::split(bytes, method, target, version, marks, &mut syntax.line) {
        return None;
    }

    let mut tally = Tally::default();
    let names = names.finder();
    fields.clear();
    let mut at = line_end + 2;
    let mut marks = Marks::from(bytes, at);
    while bytes.get(at) != Some(&b'\r') {
        if fields.len() >= limits.fields {
            return None;
        }
        let (field, end) = field(bytes, at, names, &mut marks)?;
        tally.note(fields.len(), field.id);
        fields.push(field);
        at = end;
    }
    syntax.length = at + 2;
    syntax.tally = tally;
    (bytes.get(at + 1) == Some(&b'\n') && syntax.length <= limits.head).then_some(())
}

/// Reads the field line at `start`; the field, and where the next line starts.
#[inline(always)]
fn field(
    bytes: &[u8],
    start: usize,
    names: Finder<'_>,
    marks: &mut Marks<'_>,
) -> Option<(Field, usize)> {
    let colon = marks.colon()?;
    let name = bytes.get(start..colon)?;
    let id = names.find_in(bytes, colon, name);
    if id == FieldId::NONE && !TOKEN.is_all_of(name) {
        return None;
    }
    let end = marks.line_end()?;
    let mut value = colon + 1;
    while matches!(bytes.get(value), Some(b' ' | b'\t')) {
        value += 1;
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

/// How many bytes are marked at a time.
const MARKED: usize = 64;

/// Where field lines are divided, found for sixty-four bytes at a time and used up line by line.
struct Marks<'a> {
    bytes: &'a [u8],
    /// Where the sixty-four bytes start.
    base: usize,
    /// Bytes that may not be in a value, bit `i` for byte `base + i`: the ends of lines, or errors.
    /// Behind the last byte all bits are set.
    stops: u64,
    /// Colons.
    colons: u64,
}

impl<'a> Marks<'a> {
    /// The marks from `base` on.
    #[inline(always)]
    fn from(bytes: &'a [u8], base: usize) -> Self {
        let mut marks = Self {
            bytes,
            base,
            stops: 0,
            colons: 0,
        };
        marks.find();
        marks
    }

    /// The colon of the current line. A line that has none is not plain.
    #[inline(always)]
    fn colon(&mut self) -> Option<usize> {
        while self.colons == 0 {
            if self.stops != 0 {
                return None;
            }
            self.go_on();
        }
        // Only a control character could stand before it, and none may.
        let before = (self.colons & self.colons.wrapping_neg()).wrapping_sub(1);
        (self.stops & before == 0).then(|| self.base + self.colons.trailing_zeros() as usize)
    }

    /// Where the current line ends, if it does so as it should. The next line is then current.
    #[inline(always)]
    fn line_end(&mut self) -> Option<usize> {
        while self.stops == 0 {
            self.go_on();
        }
        let bit = self.stops.trailing_zeros();
        let end = self.base + bit as usize;
        if self.bytes.get(end..)?.first_chunk() != Some(b"\r\n") {
            return None;
        }
        if let Some(rest) = u64::MAX.checked_shl(bit + 2) {
            self.stops &= rest;
            self.colons &= rest;
        } else {
            // The line feed may be the first byte of the next sixty-four.
            self.base = end + 2;
            self.find();
        }
        Some(end)
    }

    #[inline(never)]
    fn go_on(&mut self) {
        self.base += MARKED;
        self.find();
    }

    #[inline(always)]
    fn find(&mut self) {
        let rest = self.bytes.get(self.base..).unwrap_or_default();
        match rest.first_chunk() {
            Some(chunk) => {
                let chunk: &[u8; MARKED] = chunk;
                (self.stops, self.colons) = marks(chunk.as_chunks().0);
            }
            None => self.find_last(rest),
        }
    }

    /// The marks of the last bytes, which are fewer than sixty-four.
    #[inline(always)]
    fn find_last(&mut self, rest: &[u8]) {
        self.stops = u64::MAX;
        self.colons = 0;
        // No head is shorter than a block.
        let Some(last) = self.bytes.last_chunk() else {
            return;
        };
        let (whole, part) = rest.as_chunks();
        let (stops, colons) = marks(whole);
        // The last block of all bytes ends with the part, and what it has before was marked above.
        let (last_stops, last_colons) = marks(slice::from_ref(last));
        let before = SIZE - part.len();
        let at = rest.len() - part.len();
        self.stops = stops | last_stops >> before << at | u64::MAX << rest.len();
        self.colons = colons | last_colons >> before << at;
    }
}

/// The marks of up to sixty-four bytes: stops and colons.
#[inline(always)]
fn marks(blocks: &[[u8; SIZE]]) -> (u64, u64) {
    let (mut stops, mut colons) = (0, 0);
    for (block, at) in blocks.iter().zip((0..MARKED).step_by(SIZE)) {
        let block = Block::load(block);
        stops |= u64::from(block.no_value()) << at;
        colons |= u64::from(block.equal(b':')) << at;
    }
    (stops, colons)
}
