//! Why a request is refused, and what is answered.

use std::fmt::{self, Write as _};

/// A row of the table below: the code, the status, the section and the text.
type Row = (&'static str, u16, &'static str, &'static str);

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $section:literal, $text:literal;)*) => {
        /// Why a request is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Reason {
            $(
                #[doc = concat!($status, ": ", $text, " (", $section, ").")]
                $name,
            )*
        }

        impl Reason {
            /// All reasons in the order of `grammar.json`.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => ($code, $status, $section, $text),)*
                }
            }
        }
    };
}

reasons! {
    LeadingLines = "leading-lines", 400, "RFC 9112 §2.2",
        "too many empty lines before the request line";
    BareLf = "bare-lf", 400, "RFC 9112 §2.2",
        "line feed without a carriage return";
    BareCr = "bare-cr", 400, "RFC 9112 §2.2",
        "carriage return without a line feed";
    ControlCharacter = "control-character", 400, "RFC 9110 §5.5",
        "control character";
    Method = "method", 400, "RFC 9110 §9.1",
        "method that is not a token";
    RequestLine = "request-line", 400, "RFC 9112 §3",
        "request line without target or version";
    RequestLineTooLong = "request-line-too-long", 414, "RFC 9112 §3",
        "request line that is too long";
    RequestTarget = "request-target", 400, "RFC 9112 §3.2",
        "request target that is not valid";
    Version = "version", 400, "RFC 9112 §2.3",
        "protocol version that is not valid";
    VersionUnsupported = "version-unsupported", 505, "RFC 9110 §15.6.6",
        "protocol version that is not supported";
    ObsFold = "obs-fold", 400, "RFC 9112 §5.2",
        "white space at the start of a field line";
    FieldName = "field-name", 400, "RFC 9110 §5.1",
        "field name that is not a token";
    SpaceBeforeColon = "space-before-colon", 400, "RFC 9112 §5.1",
        "white space between a field name and its colon";
    FieldWithoutColon = "field-without-colon", 400, "RFC 9112 §5",
        "field line without a colon";
    TooManyFields = "too-many-fields", 431, "RFC 6585 §5",
        "too many fields";
    HeadTooLarge = "head-too-large", 431, "RFC 6585 §5",
        "head that is too large";
    HostMissing = "host-missing", 400, "RFC 9112 §3.2",
        "missing host field";
    HostRepeated = "host-repeated", 400, "RFC 9112 §3.2",
        "repeated host field";
    Host = "host", 400, "RFC 9112 §3.2",
        "host field that is not valid";
    FieldRepeated = "field-repeated", 400, "RFC 9110 §5.3",
        "repeated field that may stand only once";
    ContentLength = "content-length", 400, "RFC 9110 §8.6",
        "content length that is not a number";
    ContentLengthRepeated = "content-length-repeated", 400, "RFC 9110 §8.6",
        "repeated content length";
    TransferEncoding = "transfer-encoding", 400, "RFC 9112 §6.1",
        "transfer encoding that is not valid";
    TransferEncodingHttp10 = "transfer-encoding-http10", 400, "RFC 9112 §6.1",
        "transfer encoding in an HTTP/1.0 request";
    ContentLengthWithTransferEncoding = "content-length-with-transfer-encoding", 400, "RFC 9112 §6.3",
        "content length beside a transfer encoding";
    TransferCodingUnknown = "transfer-coding-unknown", 501, "RFC 9112 §6.1",
        "transfer coding that is not known";
    Expectation = "expectation", 417, "RFC 9110 §10.1.1",
        "expectation that cannot be met";
    WebsocketUpgrade = "websocket-upgrade", 426, "RFC 6455 §4.2.2",
        "upgrade to WebSocket that is not valid";
    BodyTooLarge = "body-too-large", 413, "RFC 9110 §15.5.14",
        "body that is too large";
    ChunkSize = "chunk-size", 400, "RFC 9112 §7.1",
        "chunk size that is not valid";
    ChunkExtension = "chunk-extension", 400, "RFC 9112 §7.1.1",
        "chunk extension that is not valid";
    ChunkExtensionsTooLong = "chunk-extensions-too-long", 400, "RFC 9112 §7.1.1",
        "chunk extensions that are too long";
    ChunkEnd = "chunk-end", 400, "RFC 9112 §7.1",
        "chunk that does not end where its size says";
    TrailersTooLarge = "trailers-too-large", 400, "RFC 9112 §7.1.2",
        "trailer section that is too large";
    TrailerField = "trailer-field", 400, "RFC 9110 §6.5.1",
        "field that may not be a trailer";
    IncompleteHead = "incomplete-head", 400, "RFC 9112 §8",
        "connection closed within the head";
    IncompleteBody = "incomplete-body", 400, "RFC 9112 §8",
        "connection closed within the body";
    HeadTimeout = "head-timeout", 408, "RFC 9110 §15.5.9",
        "head that did not arrive in time";
    BodyTimeout = "body-timeout", 408, "RFC 9110 §15.5.9",
        "body that did not arrive in time";
}

impl Reason {
    /// The stable name, lower-case with hyphens.
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// The status of the answer.
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// Where the rule stands, such as `RFC 9112 §2.2`.
    pub const fn section(self) -> &'static str {
        self.row().2
    }

    /// A noun phrase in lower case. It never has a byte of the request in it.
    pub const fn text(self) -> &'static str {
        self.row().3
    }
}

/// The phrase of a status line (RFC 9110 §15), for the statuses that a rejection can have.
pub const fn status_phrase(status: u16) -> &'static str {
    match status {
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        505 => "HTTP Version Not Supported",
        _ => "Bad Request",
    }
}

/// A request that is refused: why, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// Where: the number of bytes from the start of the message, which is the first byte after the
    /// message before it. Empty lines before the request line count.
    pub offset: u64,
    /// Whether the message began with `HEAD `, so that the answer has no body.
    pub head_request: bool,
}

impl Rejection {
    /// A rejection at `offset`.
    #[cold]
    pub const fn new(reason: Reason, offset: u64) -> Self {
        Self {
            reason,
            offset,
            head_request: false,
        }
    }

    /// A rejection at an offset in memory.
    #[cold]
    pub(super) const fn at(reason: Reason, offset: usize) -> Self {
        Self::new(reason, offset as u64)
    }

    /// The same rejection of a message of which `before` bytes come before what was judged.
    pub(super) const fn after(mut self, before: u64) -> Self {
        self.offset = self.offset.saturating_add(before);
        self
    }

    /// `Invalid request: ` and the text of the reason.
    pub fn message(&self) -> String {
        format!("Invalid request: {}", self.reason.text())
    }

    /// The whole answer, after which the connection is closed.
    pub fn response(&self) -> Vec<u8> {
        let reason = self.reason;
        let (status, phrase) = (reason.status(), status_phrase(reason.status()));
        let body = format!("{} ({})\n", self.message(), reason.code());
        let connection = match reason {
            Reason::WebsocketUpgrade => {
                "connection: close, upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
            }
            _ => "connection: close\r\n",
        };
        let mut answer = String::new();
        let _ = write!(
            answer,
            "HTTP/1.1 {status} {phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n\
             content-length: {}\r\n{connection}\r\n",
            body.len()
        );
        if !self.head_request {
            answer.push_str(&body);
        }
        answer.into_bytes()
    }

    /// One line for a log, such as `400 bare-lf at byte 17 (RFC 9112 §2.2)`.
    pub fn log_line(&self) -> String {
        format!(
            "{} {} at byte {} ({})",
            self.reason.status(),
            self.reason.code(),
            self.offset,
            self.reason.section()
        )
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Invalid request: {} ({}, {}, byte {})",
            self.reason.text(),
            self.reason.code(),
            self.reason.section(),
            self.offset
        )
    }
}

impl std::error::Error for Rejection {}
