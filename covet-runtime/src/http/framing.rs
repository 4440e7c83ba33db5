//! What the fields mean: the host, the body, the connection.
//!
//! Most fields mean nothing here. While lines are parsed, a [`Tally`] notes which of the fields
//! that do were seen, in a set of bits; afterwards each rule begins by asking that set.

use super::grammar::{Options, TOKEN};
use super::head::{Field, Framing, RequestLine, Semantics, Span, Upgrade, Version};
use super::names::{FieldId, JUDGED, RULED};
use super::rejection::{Reason, Rejection};
use super::target::is_host;

/// Fields that may stand only once and that no rule of their own covers.
pub(super) const SINGLETONS: &[FieldId] = &[
    FieldId::CONTENT_TYPE,
    FieldId::AUTHORIZATION,
    FieldId::PROXY_AUTHORIZATION,
    FieldId::USER_AGENT,
    FieldId::REFERER,
    FieldId::FROM,
    FieldId::DATE,
    FieldId::MAX_FORWARDS,
    FieldId::IF_MODIFIED_SINCE,
    FieldId::IF_UNMODIFIED_SINCE,
    FieldId::IF_RANGE,
    FieldId::RANGE,
    FieldId::CONTENT_RANGE,
    FieldId::CONTENT_LOCATION,
    FieldId::ORIGIN,
    FieldId::ACCESS_CONTROL_REQUEST_METHOD,
    FieldId::SEC_WEBSOCKET_KEY,
    FieldId::SEC_WEBSOCKET_VERSION,
];

/// Fields that may not stand in a trailer section.
pub(super) const FORBIDDEN_TRAILERS: &[FieldId] = &[
    FieldId::HOST,
    FieldId::CONTENT_LENGTH,
    FieldId::TRANSFER_ENCODING,
    FieldId::TRAILER,
    FieldId::CONNECTION,
    FieldId::UPGRADE,
    FieldId::EXPECT,
    FieldId::TE,
    FieldId::KEEP_ALIVE,
];

const SINGLETON_SET: u64 = FieldId::set(SINGLETONS);

/// Which of the judged fields a head has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    seen: u64,
    repeated: u64,
    /// The position of the first field of each id that has a rule of its own.
    first: [u16; RULED],
}

impl Tally {
    /// Notes the field at a position.
    #[inline(always)]
    pub(super) fn note(&mut self, position: usize, id: FieldId) {
        let number = usize::from(id.0);
        if number < JUDGED {
            let bit = 1 << number;
            if let Some(first) = self.first.get_mut(number)
                && self.seen & bit == 0
            {
                *first = position as u16;
            }
            self.repeated |= self.seen & bit;
            self.seen |= bit;
        }
    }

    #[inline(always)]
    const fn has(&self, id: FieldId) -> bool {
        self.seen & id.bit() != 0
    }

    #[inline(always)]
    const fn repeats(&self, id: FieldId) -> bool {
        self.repeated & id.bit() != 0
    }

    /// The first field of an id.
    #[inline(always)]
    fn first<'a>(&self, fields: &'a [Field], id: FieldId) -> Option<&'a Field> {
        if !self.has(id) {
            return None;
        }
        fields.get(usize::from(*self.first.get(usize::from(id.0))?))
    }

    /// All fields of an id.
    #[inline(always)]
    fn all<'a>(&self, fields: &'a [Field], id: FieldId) -> impl Iterator<Item = &'a Field> {
        let first = self.first(fields, id);
        let rest = match self.first.get(usize::from(id.0)) {
            Some(first) if self.repeats(id) => fields.get(usize::from(*first) + 1..),
            _ => None,
        };
        let rest = rest.unwrap_or_default().iter();
        first
            .into_iter()
            .chain(rest.filter(move |field| field.id == id))
    }
}

/// Judges the fields of a head of `bytes`, in the order that decides between several errors.
#[inline(always)]
pub(super) fn judge(
    bytes: &[u8],
    line: &RequestLine,
    fields: &[Field],
    tally: &Tally,
    options: &Options,
) -> Result<Semantics, Rejection> {
    check_host(bytes, line, fields, tally)?;
    if tally.repeated & SINGLETON_SET != 0 {
        return Err(repeated_singleton(fields));
    }
    let framing = framing(bytes, line, fields, tally)?;
    let modern = line.version == Version::Http11;
    let expects_continue = if modern && tally.has(FieldId::EXPECT) {
        check_expectations(bytes, fields, tally)?;
        matches!(framing, Framing::Chunked | Framing::Length(1..))
    } else {
        false
    };
    let mut keep_alive = modern;
    let mut upgrade = None;
    if tally.has(FieldId::CONNECTION) {
        let connection = Connection::of(bytes, fields, tally);
        keep_alive = !connection.close && (modern || connection.keep_alive);
        if modern && connection.upgrade && tally.has(FieldId::UPGRADE) {
            upgrade = check_upgrade(bytes, line, fields, tally, options.websocket)?;
        }
    }
    if let (Framing::Length(length), Some(limit)) = (framing, options.limits.body)
        && length > limit
    {
        let field = tally.first(fields, FieldId::CONTENT_LENGTH);
        let offset = field.map_or(0, |field| field.value.start());
        return Err(Rejection::at(Reason::BodyTooLarge, offset));
    }
    Ok(Semantics {
        framing,
        keep_alive,
        expects_continue,
        upgrade,
    })
}

#[inline(always)]
fn check_host(
    bytes: &[u8],
    line: &RequestLine,
    fields: &[Field],
    tally: &Tally,
) -> Result<(), Rejection> {
    if tally.repeats(FieldId::HOST) {
        let mut hosts = tally.all(fields, FieldId::HOST);
        let second = hosts.nth(1).map_or(0, |field| field.name.start());
        return Err(Rejection::at(Reason::HostRepeated, second));
    }
    match tally.first(fields, FieldId::HOST) {
        Some(host) if !is_host(bytes, host.value) => {
            Err(Rejection::at(Reason::Host, host.value.start()))
        }
        None if line.version == Version::Http11 => {
            Err(Rejection::at(Reason::HostMissing, bytes.len()))
        }
        _ => Ok(()),
    }
}

#[cold]
#[inline(never)]
fn repeated_singleton(fields: &[Field]) -> Rejection {
    let mut seen = 0;
    let repeated = fields.iter().find(|field| {
        let bit = field.id.bit() & SINGLETON_SET;
        let repeated = seen & bit != 0;
        seen |= bit;
        repeated
    });
    let offset = repeated.map_or(0, |field| field.name.start());
    Rejection::at(Reason::FieldRepeated, offset)
}

#[inline(always)]
fn framing(
    bytes: &[u8],
    line: &RequestLine,
    fields: &[Field],
    tally: &Tally,
) -> Result<Framing, Rejection> {
    let mut framing = Framing::None;
    if let Some(field) = tally.first(fields, FieldId::CONTENT_LENGTH) {
        let Some(length) = length(field.value.of(bytes)) else {
            return Err(Rejection::at(Reason::ContentLength, field.value.start()));
        };
        if let Some(second) = tally.all(fields, FieldId::CONTENT_LENGTH).nth(1) {
            let offset = second.name.start();
            return Err(Rejection::at(Reason::ContentLengthRepeated, offset));
        }
        framing = Framing::Length(length);
    }
    if let Some(first) = tally.first(fields, FieldId::TRANSFER_ENCODING) {
        let reason = if line.version == Version::Http10 {
            Reason::TransferEncodingHttp10
        } else if framing == Framing::None {
            let repeated = tally.repeats(FieldId::TRANSFER_ENCODING);
            check_codings(bytes, first.value, repeated)?;
            return Ok(Framing::Chunked);
        } else {
            Reason::ContentLengthWithTransferEncoding
        };
        return Err(Rejection::at(reason, first.name.start()));
    }
    Ok(framing)
}

/// A length in decimal digits that fits in 63 bits.
fn length(value: &[u8]) -> Option<u64> {
    let length = value.iter().try_fold(0_u64, |length, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })?;
    (!value.is_empty() && i64::try_from(length).is_ok()).then_some(length)
}

/// The elements of a list, with the white space around them removed; empty ones are there, too.
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trim)
}

/// Removes spaces and tabs from both ends.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// `chunked` is the only coding, and is there once. So the first one decides, which is in the first
/// field: it is at fault when it is another one, and also when it is `chunked` and not the last.
#[cold]
#[inline(never)]
fn check_codings(bytes: &[u8], first: Span, repeated: bool) -> Result<(), Rejection> {
    let codings = first.of(bytes);
    let coding = elements(codings).next().unwrap_or_default();
    let reason = if !TOKEN.is_all_of(coding) {
        Reason::TransferEncoding
    } else if !coding.eq_ignore_ascii_case(b"chunked") {
        Reason::TransferCodingUnknown
    } else if repeated || coding.len() < codings.len() {
        Reason::TransferEncoding
    } else {
        return Ok(());
    };
    Err(Rejection::at(reason, first.start()))
}

#[cold]
#[inline(never)]
fn check_expectations(bytes: &[u8], fields: &[Field], tally: &Tally) -> Result<(), Rejection> {
    let mut values = tally.all(fields, FieldId::EXPECT).map(|field| field.value);
    let is_other = |value: &Span| !value.of(bytes).eq_ignore_ascii_case(b"100-continue");
    match values.find(is_other) {
        Some(value) => Err(Rejection::at(Reason::Expectation, value.start())),
        None => Ok(()),
    }
}

/// What all `Connection` fields say.
#[derive(Clone, Copy, Default)]
struct Connection {
    close: bool,
    keep_alive: bool,
    upgrade: bool,
}

impl Connection {
    #[inline(always)]
    fn of(bytes: &[u8], fields: &[Field], tally: &Tally) -> Self {
        let mut connection = Self::default();
        for field in tally.all(fields, FieldId::CONNECTION) {
            connection.add(field.value.of(bytes));
        }
        connection
    }

    fn add(&mut self, value: &[u8]) {
        // By far the most frequent value.
        if value == b"keep-alive" {
            self.keep_alive = true;
            return;
        }
        for option in elements(value) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.upgrade |= option.eq_ignore_ascii_case(b"upgrade");
        }
    }
}

/// Which protocol to change to, on a connection that may be.
#[cold]
#[inline(never)]
fn check_upgrade(
    bytes: &[u8],
    line: &RequestLine,
    fields: &[Field],
    tally: &Tally,
    websocket: bool,
) -> Result<Option<Upgrade>, Rejection> {
    let mut first = None;
    let mut offers_websocket = false;
    for field in tally.all(fields, FieldId::UPGRADE) {
        let value = field.value;
        let mut start = value.start();
        for element in value.of(bytes).split(|byte| *byte == b',') {
            let protocol = trim(element);
            if !protocol.is_empty() && first.is_none() {
                let blank = element.len() - element.trim_ascii_start().len();
                let start = start + blank;
                first = Some(Span::between(start, start + protocol.len()));
            }
            offers_websocket |= protocol.eq_ignore_ascii_case(b"websocket");
            start += element.len() + 1;
        }
    }
    if !offers_websocket {
        return Ok(first.map(Upgrade::Other));
    }
    if websocket {
        // There is at most one.
        let version = fields
            .iter()
            .find(|field| field.id == FieldId::SEC_WEBSOCKET_VERSION);
        let is_13 = version.is_some_and(|field| field.value.of(bytes) == b"13");
        if line.method.of(bytes) != b"GET" || !is_13 {
            let upgrade = tally.first(fields, FieldId::UPGRADE);
            let offset = upgrade.map_or(0, |field| field.name.start());
            return Err(Rejection::at(Reason::WebsocketUpgrade, offset));
        }
    }
    Ok(Some(Upgrade::WebSocket))
}
