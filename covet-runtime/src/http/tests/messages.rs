//! Single messages in memory.

use crate::http::names::FieldId;
use crate::http::{Message, MessageError, Reason, Rejection, Version, parse_message};

fn parsed(data: &[u8]) -> Message<'_> {
    parse_message(data).unwrap_or_else(|error| panic!("{}: {error:?}", data.escape_ascii()))
}

#[test]
fn a_message_and_all_its_parts() {
    let message = parsed(
        b"POST /a%20b?c HTTP/1.0\r\nContent-Length:\t3 \r\nx-thing:\r\nX-Latin: \xe9\r\n\r\nabcde",
    );
    assert_eq!(message.method(), "POST");
    assert_eq!(message.target(), "/a%20b?c");
    assert_eq!(message.version(), Version::Http10);
    let fields = message.fields().iter();
    let fields: Vec<_> = fields
        .map(|field| (field.id, message.name(field), message.value(field)))
        .collect();
    let expected: [(FieldId, &[u8], &[u8]); 3] = [
        (FieldId::CONTENT_LENGTH, b"Content-Length", b"3"),
        (FieldId::NONE, b"x-thing", b""),
        (FieldId::NONE, b"X-Latin", b"\xe9"),
    ];
    assert_eq!(fields, expected);
    // Whatever its length is said to be.
    assert_eq!(message.body(), b"abcde");
}

#[test]
fn what_fields_mean_is_not_looked_at() {
    for fields in [
        "",
        "host: a\r\nhost: ,\r\n",
        "content-length: x\r\ntransfer-encoding: gzip\r\n",
        "connection: upgrade\r\nupgrade: websocket\r\n",
        "expect: nothing\r\n",
    ] {
        let data = format!("GET / HTTP/1.1\r\n{fields}\r\n");
        let message = parsed(data.as_bytes());
        assert_eq!(message.version(), Version::Http11);
        assert_eq!(message.fields().len(), fields.matches('\n').count());
        assert_eq!(message.body(), b"");
    }
}

#[test]
fn empty_lines_may_precede_a_message() {
    let plain = b"GET /a HTTP/1.1\r\nhost: a\r\n\r\nbody";
    for lines in ["\r\n", "\r\n\r\n"] {
        let data = [lines.as_bytes(), plain].concat();
        assert_eq!(parsed(&data), parsed(plain));
    }
}

#[test]
fn large_bodies() {
    let head = b"PUT /a HTTP/1.1\r\nhost: a\r\n\r\n";
    // The last is more than a head may have.
    for length in [10_240, 100_000] {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        for lines in [&b""[..], b"\r\n"] {
            let data = [lines, head, &body].concat();
            let message = parsed(&data);
            assert_eq!((message.method(), message.target()), ("PUT", "/a"));
            assert!(message.body() == body, "{length}");
        }
    }
}

#[test]
fn heads_that_do_not_end() {
    for data in [
        &b"\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n"[..],
        b"G / HTTP/1.0\r\n\r\n",
    ] {
        for end in 0..data.len() {
            let incomplete = parse_message(&data[..end]);
            assert_eq!(incomplete, Err(MessageError::Incomplete), "{end}");
        }
        assert_eq!(parsed(data).body(), b"");
    }
}

#[test]
fn messages_that_are_refused() {
    let head = |fields: &str| format!("GET / HTTP/1.1\r\n{fields}\r\n");
    for (data, reason, offset) in [
        ("@".to_owned(), Reason::Method, 0),
        ("\r\n@".to_owned(), Reason::Method, 2),
        ("\n".to_owned(), Reason::BareLf, 0),
        ("\r\n\r\n\r\n".to_owned(), Reason::LeadingLines, 4),
        ("GET /\r\n\r\n".to_owned(), Reason::RequestLine, 5),
        (
            "GET a HTTP/1.1\r\n\r\n".to_owned(),
            Reason::RequestTarget,
            4,
        ),
        (
            "\r\nGET / HTTP/2.0\r\n\r\n".to_owned(),
            Reason::VersionUnsupported,
            8,
        ),
        (head("a b: c\r\n"), Reason::SpaceBeforeColon, 17),
        (
            "\r\n\r\n".to_owned() + &head("a: b\0\r\n"),
            Reason::ControlCharacter,
            24,
        ),
        (head(&"a: b\r\n".repeat(101)), Reason::TooManyFields, 616),
        (
            format!("GET /{}", "a".repeat(9000)),
            Reason::RequestLineTooLong,
            8190,
        ),
        (
            "\r\n".to_owned() + &head(&"a".repeat(70_000)),
            Reason::HeadTooLarge,
            65_538,
        ),
    ] {
        let rejected = MessageError::Rejected(Rejection::new(reason, offset));
        assert_eq!(parse_message(data.as_bytes()), Err(rejected));
    }
}
