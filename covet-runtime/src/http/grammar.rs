//! What bytes may stand where, and how many of them: the tables of RFC 9110 and RFC 9112.
//!
//! The single source is `covet_runtime/http/grammar.json`, which the Python tier reads when it is
//! imported. The tables here are written out, so that the compiler can fold them, and a test
//! compares each with that file.

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u8);

/// `tchar`: what methods, field names and chunk extensions are made of (RFC 9110 §5.6.2).
pub const TOKEN: Class = Class(1);
/// A request target: visible ASCII but `#`, which would start a fragment (RFC 9112 §3.2).
pub const TARGET: Class = Class(1 << 1);
/// A field value: tab, space, visible ASCII and `obs-text` (RFC 9110 §5.5).
pub const VALUE: Class = Class(1 << 2);
/// A registered name apart from `%XX`: unreserved bytes and sub-delimiters but the comma, which
/// would let two `Host` values pass for one (RFC 3986 §3.2.2).
pub const HOST: Class = Class(1 << 3);
/// An IP literal between its brackets (RFC 3986 §3.2.2, without `IPvFuture` and zones).
pub const IP_LITERAL: Class = Class(1 << 4);
/// `qdtext`: a quoted string apart from `\` pairs (RFC 9110 §5.6.4).
pub const QUOTED: Class = Class(1 << 5);
/// What may follow a `\` in a quoted string (RFC 9110 §5.6.4).
pub const QUOTED_PAIR: Class = Class(1 << 6);
/// Hexadecimal digits of either case.
pub const HEX: Class = Class(1 << 7);

/// Which classes each byte belongs to.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < classes.len() {
        classes[byte] = classes_of(byte as u8);
        byte += 1;
    }
    classes
};

/// The classes of a byte, which are looked up where it matters.
pub(super) const fn classes_of(byte: u8) -> u8 {
    let text = matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let mut classes = 0;
    if byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
    {
        classes |= TOKEN.0;
    }
    if byte.is_ascii_graphic() && byte != b'#' {
        classes |= TARGET.0;
    }
    if text {
        classes |= VALUE.0 | QUOTED_PAIR.0;
    }
    if byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'$' | b'&'..=b'+' | b'-' | b'.' | b';' | b'=' | b'_' | b'~'
        )
    {
        classes |= HOST.0;
    }
    if byte.is_ascii_hexdigit() {
        classes |= HEX.0;
    }
    if byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.') {
        classes |= IP_LITERAL.0;
    }
    if text && !matches!(byte, b'"' | b'\\') {
        classes |= QUOTED.0;
    }
    classes
}

impl Class {
    /// Whether `byte` belongs to the class.
    #[inline(always)]
    pub const fn contains(self, byte: u8) -> bool {
        CLASSES[byte as usize] & self.0 != 0
    }

    /// The number of bytes that `bytes` begins with and that all belong to the class.
    #[inline]
    pub fn run(self, bytes: &[u8]) -> usize {
        bytes
            .iter()
            .position(|byte| !self.contains(*byte))
            .unwrap_or(bytes.len())
    }

    /// Whether `bytes` has at least one byte and all belong to the class.
    #[inline]
    pub fn is_all_of(self, bytes: &[u8]) -> bool {
        !bytes.is_empty() && self.run(bytes) == bytes.len()
    }
}

/// How much of everything a request may have. Sizes are in bytes, times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The request line without its CRLF.
    pub request_line: usize,
    /// The head, from the request line's first byte through the empty line; at most 16 MiB.
    pub head: usize,
    /// Fields in a head and, counted anew, in a trailer section; at most 1000.
    pub fields: usize,
    /// Empty lines before a request line.
    pub leading_lines: usize,
    /// Digits of a chunk size; at most 16.
    pub chunk_size_digits: usize,
    /// All chunk extensions of a message together.
    pub chunk_extensions: u64,
    /// A trailer section with the empty line that ends it; at most 16 MiB.
    pub trailers: usize,
    /// What is read of a body that nobody wants, to keep the connection.
    pub drain: u64,
    /// From how many unread bytes on a reader asks to be fed no more.
    pub pipeline: usize,
    /// A body, decoded; `None` for any size, and 0 for none at all.
    pub body: Option<u64>,
    /// From a message's first byte to the end of its head.
    pub head_seconds: f64,
    /// From the end of a head to the end of the body, were the body empty.
    pub body_seconds: f64,
    /// Bytes per second: every so many bytes of the body give one more second.
    pub body_rate: f64,
    /// How long a connection may wait for another request.
    pub keep_alive_seconds: f64,
}

/// The largest head and trailer section that can be allowed: offsets within are 32 bits.
pub const LARGEST_HEAD: usize = 16 << 20;
/// The largest number of fields that can be allowed.
pub const MOST_FIELDS: usize = 1000;
/// The digits of 64 bits.
pub const MOST_CHUNK_SIZE_DIGITS: usize = 16;

impl Limits {
    /// What holds unless an app says otherwise.
    pub const DEFAULT: Self = Self {
        request_line: 8190,
        head: 65_536,
        fields: 100,
        leading_lines: 2,
        chunk_size_digits: 16,
        chunk_extensions: 8192,
        trailers: 8192,
        drain: 65_536,
        pipeline: 65_536,
        body: None,
        head_seconds: 30.0,
        body_seconds: 30.0,
        body_rate: 500.0,
        keep_alive_seconds: 5.0,
    };

    /// Says which limit is out of bounds.
    ///
    /// # Errors
    ///
    /// A short sentence that names the field.
    pub fn check(&self) -> Result<(), &'static str> {
        let counts = [
            (self.request_line as u64, "request_line must be positive"),
            (self.head as u64, "head must be positive"),
            (self.fields as u64, "fields must be positive"),
            (self.leading_lines as u64, "leading_lines must be positive"),
            (
                self.chunk_size_digits as u64,
                "chunk_size_digits must be positive",
            ),
            (self.chunk_extensions, "chunk_extensions must be positive"),
            (self.trailers as u64, "trailers must be positive"),
            (self.drain, "drain must be positive"),
            (self.pipeline as u64, "pipeline must be positive"),
        ];
        if let Some((_, message)) = counts.iter().find(|(count, _)| *count == 0) {
            return Err(message);
        }
        let times = [
            (self.head_seconds, "head_seconds must be positive"),
            (self.body_seconds, "body_seconds must be positive"),
            (self.body_rate, "body_rate must be positive"),
            (
                self.keep_alive_seconds,
                "keep_alive_seconds must be positive",
            ),
        ];
        // A time that is not a number is out of bounds, too.
        let is_wrong = |time: f64| time.is_nan() || time <= 0.0;
        if let Some((_, message)) = times.iter().find(|(time, _)| is_wrong(*time)) {
            return Err(message);
        }
        let bounds = [
            (self.head <= LARGEST_HEAD, "head must be at most 16 MiB"),
            (
                self.trailers <= LARGEST_HEAD,
                "trailers must be at most 16 MiB",
            ),
            (
                self.request_line <= self.head,
                "request_line must be at most head",
            ),
            (self.fields <= MOST_FIELDS, "fields must be at most 1000"),
            (
                self.chunk_size_digits <= MOST_CHUNK_SIZE_DIGITS,
                "chunk_size_digits must be at most 16",
            ),
        ];
        match bounds.iter().find(|(holds, _)| !holds) {
            Some((_, message)) => Err(message),
            None => Ok(()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a reader of requests is told about the server it reads for.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The limits, which [`Limits::check`] has accepted.
    pub limits: Limits,
    /// Whether the server speaks WebSocket, so that a faulty upgrade to it is an error.
    pub websocket: bool,
}

impl Options {
    /// The default limits, with WebSocket.
    pub const DEFAULT: Self = Self {
        limits: Limits::DEFAULT,
        websocket: true,
    };
}

impl Default for Options {
    fn default() -> Self {
        Self::DEFAULT
    }
}
