//! Chunked bodies that are accepted.

use super::{Told, read, read_all_ways};
use crate::http::grammar::Options;
use crate::http::names::FieldId;
use crate::http::{Event, Reader};

const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n";

fn body(chunks: &str) -> (Vec<u8>, Vec<(String, String)>) {
    let told = read_all_ways(format!("{HEAD}{chunks}").as_bytes(), &Options::DEFAULT);
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let fields =
        |fields: &[(Vec<u8>, Vec<u8>)]| fields.iter().map(|(n, v)| (text(n), text(v))).collect();
    match &told[..] {
        [Told::Head(_), Told::Data(data), Told::End(trailers)] => (data.clone(), fields(trailers)),
        [Told::Head(_), Told::End(trailers)] => (Vec::new(), fields(trailers)),
        other => panic!("{chunks:?}: {other:?}"),
    }
}

#[test]
fn chunks_are_put_together() {
    assert_eq!(body("0\r\n\r\n"), (vec![], vec![]));
    assert_eq!(
        body("3\r\nabc\r\n0a\r\n0123456789\r\n000\r\n\r\n").0,
        b"abc0123456789"
    );
    assert_eq!(body("0000000000000002\r\n\r\n\r\n0\r\n\r\n").0, b"\r\n");
    let long = format!("{:X}\r\n{}\r\n0\r\n\r\n", 300, "x".repeat(300));
    assert_eq!(body(&long).0.len(), 300);
}

#[test]
fn extensions_mean_nothing() {
    let chunks = "1;a\r\na\r\n1;a;b=c;d=\"e;\\\"\t\u{e9}=\"\r\nb\r\n0;x=\"\"\r\n\r\n";
    assert_eq!(body(chunks).0, b"ab");
}

#[test]
fn trailers_are_given() {
    let (data, trailers) = body("1\r\na\r\n0\r\nX-Sum: \t1 \r\nx-sum:\r\n\r\n");
    assert_eq!(data, b"a");
    let expected = [("X-Sum", "1"), ("x-sum", "")];
    assert_eq!(
        trailers,
        expected.map(|(n, v)| (n.to_owned(), v.to_owned()))
    );
}

#[test]
fn trailers_have_numbers_and_are_the_last_event() {
    let app = &crate::http::NoRoutes;
    let mut reader = Reader::new(Options::DEFAULT, 0.0);
    reader.feed(HEAD.as_bytes(), 0.0);
    reader.feed(b"0\r\nx-a: b\r\nDNT: 1\r\n\r\n", 0.0);
    assert!(matches!(reader.next_event(app), Some(Event::Head(_))));
    let Some(Event::End(trailers)) = reader.next_event(app) else {
        panic!("no end: {reader:?}");
    };
    let fields = trailers.fields().iter();
    let fields: Vec<_> = fields
        .map(|field| (field.id, trailers.name(field), trailers.value(field)))
        .collect();
    let expected: [(FieldId, &[u8], &[u8]); 2] =
        [(FieldId::NONE, b"x-a", b"b"), (FieldId::DNT, b"DNT", b"1")];
    assert_eq!(fields, expected);
    assert_eq!(reader.next_event(app), None);
}

#[test]
fn data_before_a_mistake_is_given() {
    let told = read_all_ways(format!("{HEAD}2\r\nab\r\nx").as_bytes(), &Options::DEFAULT);
    assert!(
        matches!(&told[..], [Told::Head(_), Told::Data(data), Told::Rejected(_)] if data == b"ab")
    );
}

#[test]
fn large_bodies_come_in_pieces() {
    let size = 1_000_000;
    let chunks = format!("{HEAD}{size:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(size));
    let told = read(&[chunks.as_bytes()], &Options::DEFAULT);
    assert!(matches!(&told[..], [_, Told::Data(data), Told::End(_)] if data.len() == size));
    // A size alone takes no memory.
    let told = read(
        &[format!("{HEAD}ffffffffffffffff\r\nab").as_bytes()],
        &Options::DEFAULT,
    );
    assert!(matches!(&told[..], [_, Told::Data(data)] if data == b"ab"));
}
