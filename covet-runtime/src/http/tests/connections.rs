//! Several requests on a connection, its clock, and its end.

use super::{Told, events, read_all_ways};
use crate::http::grammar::{Limits, Options};
use crate::http::search::{Found, HeadSearch};
use crate::http::{NoRoutes, Reader, Reason, Rejection};

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const POST: &[u8] = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n";
const EXPECT: &[u8] =
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n";
const CHUNKED: &[u8] = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";

fn fed(pieces: &[&[u8]]) -> (Reader, Vec<Told>) {
    let mut reader = Reader::new(Options::DEFAULT, 0.0);
    for piece in pieces {
        reader.feed(piece, 1.0);
    }
    let mut told = Vec::new();
    events(&mut reader, &mut told);
    (reader, told)
}

fn more(reader: &mut Reader, bytes: &[u8], now: f64) -> Vec<Told> {
    let mut told = Vec::new();
    reader.feed(bytes, now);
    events(reader, &mut told);
    told
}

fn kinds(told: &[Told]) -> String {
    let kinds = told.iter().map(|told| match told {
        Told::Head(_) => 'h',
        Told::Data(_) => 'd',
        Told::End(_) => 'e',
        Told::Rejected(_) => 'r',
    });
    kinds.collect()
}

#[test]
fn requests_in_a_row() {
    let bytes = [GET, b"\r\n", POST, b"abcde", GET].concat();
    assert_eq!(kinds(&read_all_ways(&bytes, &Options::DEFAULT)), "hehdehe");
    let close = b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n";
    assert_eq!(kinds(&read_all_ways(close, &Options::DEFAULT)), "he");
}

#[test]
fn nothing_follows_the_end_before_the_answer() {
    let (mut reader, told) = fed(&[GET, GET]);
    assert_eq!((kinds(&told).as_str(), reader.state()), ("he", "complete"));
    assert_eq!(reader.buffered(), GET.len());
    assert!(reader.next_request(2.0));
    assert_eq!(reader.state(), "idle");
    assert_eq!(kinds(&more(&mut reader, b"", 2.0)), "he");
}

#[test]
fn unread_bodies_are_drained() {
    let (mut reader, _) = fed(&[POST, b"ab"]);
    assert!(reader.next_request(2.0));
    for piece in [b"c", b"d"] {
        assert_eq!(kinds(&more(&mut reader, piece, 2.0)), "");
        assert_eq!((reader.state(), reader.buffered()), ("draining", 0));
    }
    assert_eq!(kinds(&more(&mut reader, b"e", 2.0)), "");
    assert_eq!(reader.state(), "idle");
    assert_eq!(kinds(&more(&mut reader, GET, 2.0)), "he");

    let (mut reader, _) = fed(&[CHUNKED, b"2\r\nab\r\n3;x\r\na"]);
    assert!(reader.next_request(2.0));
    assert_eq!(
        kinds(&more(
            &mut reader,
            &[b"bc\r\n0\r\nx: y\r\n\r\n", GET].concat(),
            2.0
        )),
        "he"
    );

    // A trailer section waits until it is all there, however little input is asked for.
    let mut options = Options::DEFAULT;
    options.limits.pipeline = 1;
    let mut reader = Reader::new(options, 0.0);
    assert_eq!(kinds(&more(&mut reader, CHUNKED, 1.0)), "h");
    assert!(reader.next_request(2.0));
    for piece in [&b"0\r\nx: "[..], b"y\r\n\r"] {
        assert_eq!(kinds(&more(&mut reader, piece, 2.0)), "");
        assert_eq!(reader.state(), "draining");
        assert!(reader.buffered() > 1 && reader.wants_input());
    }
    assert_eq!(kinds(&more(&mut reader, b"\n", 2.0)), "");
    assert_eq!((reader.state(), reader.buffered()), ("idle", 0));
}

#[test]
fn draining_is_bounded() {
    let large = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 65537\r\n\r\n";
    let (mut reader, _) = fed(&[large]);
    assert!(!reader.next_request(2.0) && reader.closed());
    let (mut reader, _) = fed(&[CHUNKED]);
    assert!(reader.next_request(2.0));
    let chunk = [b"fff0\r\n", &vec![b'x'; 0xfff0][..], b"\r\n"].concat();
    more(&mut reader, &chunk, 2.0);
    assert_eq!(reader.state(), "draining");
    more(&mut reader, &chunk, 2.0);
    assert!(reader.closed());
}

#[test]
fn a_mistake_in_a_drained_body_is_silent() {
    let (mut reader, _) = fed(&[CHUNKED]);
    assert!(reader.next_request(2.0));
    assert_eq!(kinds(&more(&mut reader, b"x", 2.0)), "");
    assert!(reader.closed());
}

#[test]
fn before_a_head_there_is_no_next_request() {
    let (mut reader, _) = fed(&[b"\r\n"]);
    assert!(reader.next_request(2.0) && reader.state() == "idle");
    more(&mut reader, b"GET", 2.0);
    assert!(reader.next_request(2.0) && reader.state() == "head");
    more(&mut reader, b"@", 2.0);
    assert_eq!(kinds(&more(&mut reader, b"\r\n\r\n", 2.0)), "r");
    assert!(!reader.next_request(2.0));
}

#[test]
fn the_interim_answer() {
    let (mut reader, _) = fed(&[EXPECT]);
    assert_eq!(reader.send_continue(), b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(reader.send_continue(), b"");
    assert!(reader.next_request(2.0) && reader.state() == "draining");

    let (mut reader, _) = fed(&[EXPECT]);
    assert!(!reader.next_request(2.0) && reader.closed());

    let (mut reader, _) = fed(&[EXPECT, b"a"]);
    assert_eq!(reader.send_continue(), b"");
    assert!(reader.next_request(2.0));
    let (mut reader, _) = fed(&[POST]);
    assert_eq!(reader.send_continue(), b"");
    let old = [b"POST / HTTP/1.0\r\nexpect: x\r\n", &EXPECT[17..]].concat();
    let (_, told) = fed(&[&old]);
    assert!(matches!(&told[..], [Told::Head(head)] if !head.expects_continue()));
}

#[test]
fn the_end_of_a_connection() {
    let cut = |bytes: &[u8]| fed(&[bytes]).0.eof();
    let rejected = |reason, offset: usize| Some(Rejection::new(reason, offset as u64));
    assert_eq!(cut(b""), None);
    assert_eq!(cut(b"\r\n"), None);
    assert_eq!(cut(b"\r\nGET / HT"), rejected(Reason::IncompleteHead, 10));
    assert_eq!(cut(GET), None);
    assert_eq!(
        cut(&[POST, b"abc"].concat()),
        rejected(Reason::IncompleteBody, POST.len() + 3)
    );
    assert_eq!(cut(&[POST, b"abcde"].concat()), None);
    let trailers = [CHUNKED, b"0\r\nx: "].concat();
    assert_eq!(
        cut(&trailers),
        rejected(Reason::IncompleteBody, trailers.len())
    );
    let head = cut(b"HEAD / HT").expect("incomplete");
    assert!(head.head_request);
}

#[test]
fn deadlines() {
    let mut reader = Reader::new(Options::DEFAULT, 100.0);
    assert_eq!(reader.deadline(), Some(130.0));
    more(&mut reader, b"\r\n", 110.0);
    assert_eq!(reader.deadline(), Some(130.0));
    more(&mut reader, b"POST / HTTP/1.1\r\nhost: a\r\n", 120.0);
    more(&mut reader, b"content-length: 1500\r\n\r", 125.0);
    assert_eq!(reader.deadline(), Some(150.0));
    more(&mut reader, b"\n", 130.0);
    assert_eq!(reader.deadline(), Some(160.0));
    more(&mut reader, &[b'x'; 1000], 140.0);
    assert_eq!(reader.deadline(), Some(162.0));
    more(&mut reader, &[b'x'; 500], 150.0);
    assert_eq!((reader.state(), reader.deadline()), ("complete", None));
    assert!(reader.next_request(200.0));
    assert_eq!(reader.deadline(), Some(205.0));
    assert_eq!(reader.expire(204.9), None);
    assert!(!reader.closed());
    assert_eq!(reader.expire(205.0), None);
    assert!(reader.closed() && reader.deadline().is_none());
}

#[test]
fn time_runs_out() {
    let (mut reader, _) = fed(&[b"GET / "]);
    assert_eq!(reader.expire(30.9), None);
    assert_eq!(
        reader.expire(31.0),
        Some(Rejection::new(Reason::HeadTimeout, 6))
    );
    let (mut reader, _) = fed(&[POST, b"a"]);
    let offset = POST.len() as u64 + 1;
    assert_eq!(
        reader.expire(32.0),
        Some(Rejection::new(Reason::BodyTimeout, offset))
    );
    assert!(reader.closed());
    let (mut reader, _) = fed(&[POST]);
    assert!(reader.next_request(1.0));
    assert_eq!(reader.expire(1000.0), None);
    assert!(reader.closed());
}

#[test]
fn the_rest_is_for_another_protocol() {
    let (mut reader, _) = fed(&[GET, b"frame"]);
    assert_eq!(reader.take_rest(), b"frame");
    assert_eq!((reader.state(), reader.buffered()), ("taken", 0));
    assert_eq!(kinds(&more(&mut reader, GET, 2.0)), "");
    assert!(!reader.next_request(2.0));
}

#[test]
fn input_is_wanted_until_there_is_plenty() {
    let options = Options {
        limits: Limits {
            pipeline: 30,
            ..Limits::DEFAULT
        },
        ..Options::DEFAULT
    };
    let mut reader = Reader::new(options, 0.0);
    assert!(reader.wants_input());
    more(&mut reader, &[GET, GET].concat(), 0.0);
    assert!(reader.wants_input());
    more(&mut reader, GET, 0.0);
    assert!(!reader.wants_input() && reader.buffered() == 2 * GET.len());
    reader.next_request(0.0);
    more(&mut reader, b"", 0.0);
    assert!(reader.wants_input());
    // A head that is longer than that has to come in.
    reader.next_request(0.0);
    more(&mut reader, b"", 0.0);
    reader.next_request(0.0);
    more(&mut reader, &[b'G'; 100], 0.0);
    assert!(reader.wants_input() && reader.buffered() == 100);
    reader.eof();
    assert!(!reader.wants_input());
}

/// How many bytes a reader looks at that is given `size` bytes at a time.
fn examined(bytes: &[u8], size: usize, expected: &str) -> u64 {
    let mut reader = Reader::new(Options::DEFAULT, 0.0);
    let mut told = Vec::new();
    for piece in bytes.chunks(size) {
        reader.feed(piece, 0.0);
        events(&mut reader, &mut told);
        while reader.state() == "complete" && reader.next_request(0.0) {
            events(&mut reader, &mut told);
        }
    }
    assert_eq!(kinds(&told), expected);
    reader.examined()
}

#[test]
fn every_byte_is_examined_a_few_times() {
    let fields = format!("x: {}\r\n", "y".repeat(600)).repeat(90);
    let head = format!("GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\nhost: a\r\n{fields}\r\n");
    let body = "1;a=b\r\nx\r\n".repeat(1000) + "0\r\nx: y\r\n\r\n";
    let message = head + &body;
    let empty_line = "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(1000);
    let chunks = String::from_utf8_lossy(CHUNKED) + "1\r\nx\r\n0\r\na: b\r\n\r\n";
    for (bytes, expected) in [
        (message, "hde".to_owned()),
        (empty_line, "he".repeat(1000)),
        (chunks.repeat(1000), "hde".repeat(1000)),
        (format!("G{}", "\n".repeat(70_000)), "r".to_owned()),
        (
            format!("GET / HTTP/1.1\r\n{}", "x\n".repeat(40_000)),
            "r".to_owned(),
        ),
        (
            format!("GET / HTTP/1.1\r\nx: {}", "\r".repeat(70_000)),
            "r".to_owned(),
        ),
    ] {
        for (size, most) in [(1, 6), (7, 4), (1000, 4), (usize::MAX, 4)] {
            let examined = examined(bytes.as_bytes(), size, &expected);
            let length = bytes.len() as u64;
            assert!(
                examined <= most * length,
                "{examined} of {length} by {size}: {bytes:.40}"
            );
        }
    }
}

#[test]
fn what_is_examined_again_is_counted_again() {
    let bytes = b"\r\nGET / HTTP/1.1\r\nhost: a\r\nx: y\r\n\r\n";
    let limits = &Limits::DEFAULT;
    let end = Found {
        leading: 2,
        head: Some(bytes.len() - 2),
    };
    let mut examined = 0;
    assert_eq!(
        HeadSearch::default().advance(bytes, limits, &mut examined),
        Ok(end)
    );
    // Three lines up to their line feeds. Before that, whether they are empty: the first byte of each
    // of them, and both bytes of the two lines that are.
    assert_eq!(examined, (bytes.len() as u64 - 4) + 3 + 4);

    // A search that remembers nothing looks at about n² / 2 bytes, and that is what is counted.
    let mut again = 0;
    for length in 0..=bytes.len() {
        let search = &mut HeadSearch::default();
        let found = search.advance(&bytes[..length], limits, &mut again);
        assert_eq!(
            found.map(|found| found.head.is_some()),
            Ok(length == bytes.len())
        );
    }
    let count = bytes.len() as u64;
    assert!(again > count * count / 2, "{again}");
}

#[test]
fn a_closed_reader_is_closed() {
    let (mut reader, told) = fed(&[b"@", GET]);
    assert_eq!(kinds(&told), "r");
    assert!(reader.closed() && !reader.wants_input() && reader.deadline().is_none());
    assert_eq!(kinds(&more(&mut reader, GET, 2.0)), "");
    assert_eq!((reader.buffered(), reader.eof()), (0, None));
    assert!(!reader.next_request(2.0) && reader.next_event(&NoRoutes).is_none());
}
