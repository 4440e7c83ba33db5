//! A second reading of HTTP/1.1 requests, to compare the parser with.
//!
//! It has all bytes of a connection before it and knows nothing of what was parsed earlier, copies
//! what it likes, and goes over the bytes once for each rule, in the order that decides which rule
//! a message is refused for. It shares no code with the parser, its tables included.

use covet_runtime::http::Limits;

/// Why and where a message is refused. The offset counts from the start of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the reason.
    pub code: &'static str,
    /// The byte.
    pub offset: usize,
}

/// What became of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// They were read.
    Read(T),
    /// They are refused.
    Refused(Refusal),
    /// There are too few of them to tell.
    Incomplete,
}

use Outcome::{Incomplete, Read, Refused};

macro_rules! read {
    ($outcome:expr) => {
        match $outcome {
            Read(value) => value,
            Refused(refusal) => return Refused(refusal),
            Incomplete => return Incomplete,
        }
    };
}

/// A field line: the name as sent, the value, and where they start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as sent.
    pub name: Vec<u8>,
    /// The value without the white space around it.
    pub value: Vec<u8>,
    name_at: usize,
    value_at: usize,
}

impl Field {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The elements of a list, without the white space around them.
    fn elements(&self) -> impl Iterator<Item = &[u8]> {
        self.value.split(|byte| *byte == b',').map(trim)
    }
}

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// A head.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Head {
    pub line: Line,
    pub fields: Vec<Field>,
    pub body: Body,
    pub keep_alive: bool,
    pub expects_continue: bool,
    pub upgrade: Option<Vec<u8>>,
    /// Where it ends in the message.
    pub end: usize,
}

/// A request line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Line {
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    /// As sent.
    pub path: Vec<u8>,
    pub query: Vec<u8>,
    /// Of a target that is a whole URI.
    pub authority: Option<Vec<u8>>,
    pub version: &'static str,
    end: usize,
}

/// A request line, its fields, and where they end.
pub type Syntax = (Line, Vec<Field>, usize);

/// Reads the head at the start of a message.
pub fn head(message: &[u8], limits: &Limits, websocket: bool) -> Outcome<Head> {
    let (line, fields, end) = read!(syntax(message, limits));
    semantics(line, fields, end, limits, websocket)
}

/// Reads the head without regard to what the fields mean.
pub fn syntax(message: &[u8], limits: &Limits) -> Outcome<Syntax> {
    let start = read!(leading_lines(message, limits));
    let end = read!(extent(message, start, limits));
    let complete = &message[..end];
    let line = read!(request_line(complete, start));
    let most = (limits.fields, "too-many-fields");
    let fields = read!(field_lines(complete, line.end, most, &[]));
    Read((line, fields, end))
}

/// Where the request line starts, behind the empty lines that are forgiven.
pub fn leading_lines(message: &[u8], limits: &Limits) -> Outcome<usize> {
    let (mut at, mut lines) = (0, 0);
    loop {
        let Some(&byte) = message.get(at) else {
            return Incomplete;
        };
        if matches!(byte, b'\r' | b'\n') && lines == limits.leading_lines {
            return refuse("leading-lines", at);
        }
        match (byte, message.get(at + 1)) {
            (b'\r', None) => return Incomplete,
            (b'\r', Some(b'\n')) => at += 2,
            (b'\r', _) => return refuse("bare-cr", at),
            (b'\n', _) => return refuse("bare-lf", at),
            (byte, _) if !is_token(byte) => return refuse("method", at),
            _ => return Read(at),
        }
        lines += 1;
    }
}

/// Where the head that starts at `start` ends. Before that is known, nothing else in it is judged.
pub fn extent(message: &[u8], start: usize, limits: &Limits) -> Outcome<usize> {
    let rest = &message[start..];
    let longest = limits.request_line;
    let Some(newline) = rest.iter().position(|byte| *byte == b'\n') else {
        return if rest.len() >= longest + 2 {
            refuse("request-line-too-long", start + longest)
        } else {
            Incomplete
        };
    };
    let length = newline - usize::from(rest[..newline].ends_with(b"\r"));
    if newline >= longest + 2 || length > longest {
        return refuse("request-line-too-long", start + longest);
    }
    match empty_line(rest, newline) {
        Some(end) if end <= limits.head => Read(start + end),
        None if rest.len() < limits.head => Incomplete,
        _ => refuse("head-too-large", start + limits.head),
    }
}

/// The end of the first empty line behind a line feed that is not before `from`.
fn empty_line(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find_map(|at| {
        let rest = &bytes[at..];
        if rest.starts_with(b"\n\n") {
            Some(at + 2)
        } else {
            rest.starts_with(b"\n\r\n").then_some(at + 3)
        }
    })
}

fn request_line(head: &[u8], start: usize) -> Outcome<Line> {
    let newline = start
        + head[start..]
            .iter()
            .take_while(|byte| **byte != b'\n')
            .count();
    let returned = head[..newline].ends_with(b"\r");
    // Where the line's end starts: what is missing is missing there.
    let line_end = newline - usize::from(returned);

    let mut at = start;
    while is_token(head[at]) {
        at += 1;
    }
    if at == line_end {
        return refuse("request-line", at);
    }
    if head[at] != b' ' {
        return unexpected(head[at], at, "method");
    }
    let method = head[start..at].to_vec();

    let target_at = at + 1;
    at = target_at;
    while matches!(head[at], b'!'..=b'~') && head[at] != b'#' {
        at += 1;
    }
    if at == line_end {
        return refuse("request-line", at);
    }
    if at == target_at && head[at] == b' ' {
        return refuse("request-target", at);
    }
    if head[at] != b' ' {
        return unexpected(head[at], at, "request-target");
    }
    let target = head[target_at..at].to_vec();

    let version_at = at + 1;
    let version = match &head[version_at..line_end] {
        b"HTTP/1.1" => "1.1",
        b"HTTP/1.0" => "1.0",
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            return refuse("version-unsupported", version_at);
        }
        _ => return refuse("version", version_at),
    };
    if !returned {
        return refuse("bare-lf", newline);
    }
    let Some(parts) = target_parts(&method, &target) else {
        return refuse("request-target", target_at);
    };
    Read(Line {
        method,
        target,
        path: parts.path,
        query: parts.query,
        authority: parts.authority,
        version,
        end: newline + 1,
    })
}

struct Target {
    path: Vec<u8>,
    query: Vec<u8>,
    authority: Option<Vec<u8>>,
}

fn target_parts(method: &[u8], target: &[u8]) -> Option<Target> {
    let text = std::str::from_utf8(target).ok()?;
    let whole = |authority| Target {
        path: target.to_vec(),
        query: Vec::new(),
        authority,
    };
    if method == b"CONNECT" {
        return authority_port(text)
            .filter(|port| !port.is_empty())
            .map(|_| whole(None));
    }
    if text == "*" {
        return (method == b"OPTIONS").then(|| whole(None));
    }
    if text.starts_with('/') {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        return Some(Target {
            path: path.into(),
            query: query.into(),
            authority: None,
        });
    }
    let lower = text.to_ascii_lowercase();
    let scheme = ["http://", "https://"]
        .into_iter()
        .find(|scheme| lower.starts_with(scheme))?;
    let rest = &text[scheme.len()..];
    let (hierarchy, query) = match rest.split_once('?') {
        Some((hierarchy, query)) => (hierarchy, Some(query)),
        None => (rest, None),
    };
    let (authority, path) = match hierarchy.find('/') {
        Some(slash) => hierarchy.split_at(slash),
        None => (hierarchy, ""),
    };
    let path = match path {
        "" if method == b"OPTIONS" && query.is_none() => "*",
        "" => "/",
        path => path,
    };
    authority_port(authority).map(|_| Target {
        path: path.into(),
        query: query.unwrap_or_default().into(),
        authority: Some(authority.into()),
    })
}

fn is_authority(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| authority_port(text).is_some())
}

/// The port of a host that may have one; it can be empty, too, behind a colon.
fn authority_port(text: &str) -> Option<&str> {
    let (is_host, port) = if let Some(literal) = text.strip_prefix('[') {
        let (address, port) = literal.split_once(']')?;
        let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
        let is_address = address.bytes().all(is_part) && address.matches(':').count() >= 2;
        (is_address, port)
    } else {
        let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        (is_registered_name(host), port)
    };
    let digits = match port.strip_prefix(':') {
        Some(digits) => digits,
        None if port.is_empty() => "",
        None => return None,
    };
    let is_port = digits.len() <= 5
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.is_empty() || digits.parse::<u32>().is_ok_and(|port| port <= 65535));
    (is_host && is_port).then_some(digits)
}

fn is_registered_name(host: &str) -> bool {
    let mut rest = host.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                after
            }
            _ if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=".contains(&byte) => after,
            _ => return false,
        };
    }
    !host.is_empty()
}

/// Reads field lines from `at` on, through the empty line.
fn field_lines(
    section: &[u8],
    mut at: usize,
    (most, too_many): (usize, &'static str),
    forbidden: &[&str],
) -> Outcome<Vec<Field>> {
    let mut fields = Vec::new();
    loop {
        match (section[at], section.get(at + 1)) {
            (b'\r', Some(b'\n')) => return Read(fields),
            (b'\r', _) => return refuse("bare-cr", at),
            (b'\n', _) => return refuse("bare-lf", at),
            (b' ' | b'\t', _) => return refuse("obs-fold", at),
            _ if fields.len() == most => return refuse(too_many, at),
            _ => {}
        }
        let (field, end) = read!(field_line(section, at));
        if forbidden.iter().any(|name| field.is(name)) {
            return refuse("trailer-field", field.name_at);
        }
        fields.push(field);
        at = end;
    }
}

fn field_line(head: &[u8], name_at: usize) -> Outcome<(Field, usize)> {
    let mut at = name_at;
    while is_token(head[at]) {
        at += 1;
    }
    match (head[at], head.get(at + 1)) {
        (b':', _) if at == name_at => return refuse("field-name", at),
        (b':', _) => {}
        (b' ' | b'\t', _) => return refuse("space-before-colon", at),
        (b'\r', Some(b'\n')) => return refuse("field-without-colon", at),
        (byte, _) => return unexpected(byte, at, "field-name"),
    }
    let name = head[name_at..at].to_vec();
    at += 1;
    while matches!(head[at], b' ' | b'\t') {
        at += 1;
    }
    let value_at = at;
    while matches!(head[at], b'\t' | b' '..=b'~' | 0x80..) {
        at += 1;
    }
    match (head[at], head.get(at + 1)) {
        (b'\r', Some(b'\n')) => {}
        (b'\r', _) => return refuse("bare-cr", at),
        (b'\n', _) => return refuse("bare-lf", at),
        _ => return refuse("control-character", at),
    }
    let field = Field {
        name,
        value: trim(&head[value_at..at]).to_vec(),
        name_at,
        value_at,
    };
    Read((field, at + 2))
}

const SINGLETONS: &[&str] = &[
    "content-type",
    "authorization",
    "proxy-authorization",
    "user-agent",
    "referer",
    "from",
    "date",
    "max-forwards",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "range",
    "content-range",
    "content-location",
    "origin",
    "access-control-request-method",
    "sec-websocket-key",
    "sec-websocket-version",
];

fn semantics(
    line: Line,
    mut fields: Vec<Field>,
    end: usize,
    limits: &Limits,
    websocket: bool,
) -> Outcome<Head> {
    let modern = line.version == "1.1";
    let all = |name: &'static str| fields.iter().filter(move |field| field.is(name));

    if let Some(second) = all("host").nth(1) {
        return refuse("host-repeated", second.name_at);
    }
    match all("host").next() {
        None if modern => return refuse("host-missing", end),
        Some(host) if !is_authority(&host.value) => {
            return refuse("host", host.value_at);
        }
        _ => {}
    }

    for (index, field) in fields.iter().enumerate() {
        for name in SINGLETONS.iter().filter(|name| field.is(name)) {
            if fields[..index].iter().any(|earlier| earlier.is(name)) {
                return refuse("field-repeated", field.name_at);
            }
        }
    }

    let mut length = None;
    for (index, field) in all("content-length").enumerate() {
        if index > 0 {
            return refuse("content-length-repeated", field.name_at);
        }
        let Some(value) = decimal(&field.value) else {
            return refuse("content-length", field.value_at);
        };
        length = Some(value);
    }

    let chunked = read!(transfer_encoding(&fields, modern, length.is_some()));

    let mut expects = false;
    for field in all("expect").filter(|_| modern) {
        if !field.value.eq_ignore_ascii_case(b"100-continue") {
            return refuse("expectation", field.value_at);
        }
        expects = true;
    }

    let connection: Vec<_> = all("connection")
        .flat_map(Field::elements)
        .map(<[u8]>::to_ascii_lowercase)
        .collect();
    let has = |token: &[u8]| connection.iter().any(|element| element == token);
    let keep_alive = !has(b"close") && (modern || has(b"keep-alive"));

    let protocols: Vec<_> = all("upgrade")
        .flat_map(Field::elements)
        .filter(|protocol| modern && has(b"upgrade") && !protocol.is_empty())
        .map(<[u8]>::to_ascii_lowercase)
        .collect();
    let is_websocket = protocols.iter().any(|protocol| protocol == b"websocket");
    let upgrade = if is_websocket {
        Some(b"websocket".to_vec())
    } else {
        protocols.first().cloned()
    };
    let version_is_13 = all("sec-websocket-version").any(|field| field.value == b"13");
    if is_websocket && websocket && !(line.method == b"GET" && version_is_13) {
        let at = all("upgrade").next().map_or(0, |field| field.name_at);
        return refuse("websocket-upgrade", at);
    }

    if let (Some(length), Some(most)) = (length, limits.body)
        && length > most
    {
        let at = all("content-length")
            .next()
            .map_or(0, |field| field.value_at);
        return refuse("body-too-large", at);
    }

    let body = match length {
        _ if chunked => Body::Chunked,
        Some(length) => Body::Length(length),
        None => Body::None,
    };
    if let Some(authority) = &line.authority {
        override_host(&mut fields, authority);
    }
    Read(Head {
        line,
        fields,
        body,
        keep_alive,
        expects_continue: expects && !matches!(body, Body::None | Body::Length(0)),
        upgrade,
        end,
    })
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = text.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    significant
        .parse::<i64>()
        .ok()
        .and_then(|value| u64::try_from(value).ok())
}

fn transfer_encoding(fields: &[Field], modern: bool, length: bool) -> Outcome<bool> {
    let all: Vec<_> = fields
        .iter()
        .filter(|field| field.is("transfer-encoding"))
        .collect();
    let Some(first) = all.first() else {
        return Read(false);
    };
    if !modern {
        return refuse("transfer-encoding-http10", first.name_at);
    }
    if length {
        return refuse("content-length-with-transfer-encoding", first.name_at);
    }
    let codings: Vec<_> = all
        .iter()
        .flat_map(|field| field.elements().map(|coding| (coding, field.value_at)))
        .collect();
    for (index, (coding, at)) in codings.iter().enumerate() {
        let is_last = index + 1 == codings.len();
        if coding.is_empty() || !coding.iter().all(|byte| is_token(*byte)) {
            return refuse("transfer-encoding", *at);
        }
        let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
        if is_chunked && !is_last {
            return refuse("transfer-encoding", *at);
        }
        if !is_chunked {
            return refuse("transfer-coding-unknown", *at);
        }
    }
    Read(true)
}

fn override_host(fields: &mut Vec<Field>, authority: &[u8]) {
    if let Some(host) = fields.iter_mut().find(|field| field.is("host")) {
        host.value = authority.to_vec();
        return;
    }
    let host = Field {
        name: b"host".to_vec(),
        value: authority.to_vec(),
        name_at: 0,
        value_at: 0,
    };
    fields.insert(0, host);
}

const FORBIDDEN_TRAILERS: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "trailer",
    "connection",
    "upgrade",
    "expect",
    "te",
    "keep-alive",
];

/// The end of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The fields of its trailer section.
    pub trailers: Vec<Field>,
    /// Where that section starts.
    pub start: usize,
    /// Where the message ends.
    pub end: usize,
}

/// Reads chunks from `at` on, and puts what is decoded into `body`, whatever becomes of the rest.
pub fn chunks(message: &[u8], mut at: usize, limits: &Limits, body: &mut Vec<u8>) -> Outcome<End> {
    let mut extensions = 0;
    loop {
        let line_at = at;
        let size = read!(chunk_size(message, &mut at, limits));
        read!(chunk_extensions(message, &mut at, limits, &mut extensions));
        match message.get(at + 1) {
            None => return Incomplete,
            Some(b'\n') => at += 2,
            Some(_) => return refuse("bare-cr", at),
        }
        if size == 0 {
            return trailers(message, at, limits);
        }
        if let Some(most) = limits.body
            && size.saturating_add(body.len() as u64) > most
        {
            return refuse("body-too-large", line_at);
        }
        let there = (message.len() - at) as u64;
        let data = size.min(there) as usize;
        body.extend(&message[at..at + data]);
        at += data;
        for wanted in *b"\r\n" {
            match message.get(at) {
                None => return Incomplete,
                Some(byte) if *byte == wanted => at += 1,
                Some(_) => return refuse("chunk-end", at),
            }
        }
    }
}

fn chunk_size(message: &[u8], at: &mut usize, limits: &Limits) -> Outcome<u64> {
    let (mut size, mut digits) = (0_u64, 0);
    loop {
        let Some(&byte) = message.get(*at) else {
            return Incomplete;
        };
        let Some(digit) = char::from(byte).to_digit(16) else {
            return match byte {
                b';' | b'\r' if digits > 0 => Read(size),
                _ => unexpected_in_chunk(byte, *at, "chunk-size"),
            };
        };
        if digits == limits.chunk_size_digits {
            return refuse("chunk-size", *at);
        }
        size = size << 4 | u64::from(digit);
        digits += 1;
        *at += 1;
    }
}

/// Reads up to the CR that ends the line.
fn chunk_extensions(
    message: &[u8],
    at: &mut usize,
    limits: &Limits,
    count: &mut u64,
) -> Outcome<()> {
    #[derive(Clone, Copy, PartialEq)]
    enum Before {
        Semicolon,
        Name,
        MoreOfName,
        Value,
        MoreOfToken,
        Quoted,
        Escaped,
        AfterQuoted,
    }
    use Before::{AfterQuoted, Escaped, MoreOfName, MoreOfToken, Name, Quoted, Semicolon, Value};
    let mut state = Semicolon;
    loop {
        let Some(&byte) = message.get(*at) else {
            return Incomplete;
        };
        let text = matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
        state = match (state, byte) {
            (Semicolon | MoreOfName | MoreOfToken | AfterQuoted, b'\r') => return Read(()),
            (Semicolon | MoreOfName | MoreOfToken | AfterQuoted, b';') => Name,
            (Name | MoreOfName, _) if is_token(byte) => MoreOfName,
            (MoreOfName, b'=') => Value,
            (Value, b'"') => Quoted,
            (Value | MoreOfToken, _) if is_token(byte) => MoreOfToken,
            (Quoted, b'"') => AfterQuoted,
            (Quoted, b'\\') => Escaped,
            (Quoted | Escaped, _) if text => Quoted,
            _ => return unexpected_in_chunk(byte, *at, "chunk-extension"),
        };
        *count += 1;
        if *count > limits.chunk_extensions {
            return refuse("chunk-extensions-too-long", *at);
        }
        *at += 1;
    }
}

fn trailers(message: &[u8], start: usize, limits: &Limits) -> Outcome<End> {
    let rest = &message[start..];
    let end = if rest.starts_with(b"\r\n") {
        Some(2)
    } else if rest.starts_with(b"\n") {
        Some(1)
    } else {
        empty_line(rest, 0)
    };
    let end = match end {
        Some(end) if end <= limits.trailers => start + end,
        None if rest.len() < limits.trailers => return Incomplete,
        _ => return refuse("trailers-too-large", start + limits.trailers),
    };
    let most = (limits.fields, "trailers-too-large");
    let section = &message[..end];
    let trailers = read!(field_lines(section, start, most, FORBIDDEN_TRAILERS));
    Read(End {
        trailers,
        start,
        end,
    })
}

fn refuse<T>(code: &'static str, offset: usize) -> Outcome<T> {
    Refused(Refusal { code, offset })
}

/// The reason for a byte that may not stand where it does.
fn unexpected<T>(byte: u8, at: usize, otherwise: &'static str) -> Outcome<T> {
    let code = match byte {
        b'\r' => "bare-cr",
        b'\n' => "bare-lf",
        0..=0x1f | 0x7f => "control-character",
        _ => otherwise,
    };
    refuse(code, at)
}

/// The same in a chunk's line, where a CR may begin the end of a line that ends too early.
fn unexpected_in_chunk<T>(byte: u8, at: usize, otherwise: &'static str) -> Outcome<T> {
    if byte == b'\r' {
        return refuse(otherwise, at);
    }
    unexpected(byte, at, otherwise)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
