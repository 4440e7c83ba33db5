//! Every reason, and the byte it points at, however the request arrives.

use std::collections::BTreeSet;

use super::refusal;
use crate::http::grammar::{Limits, Options};
use crate::http::rejection::Reason;

/// Requests that are refused: the byte at fault follows `|`, which is not sent.
const REFUSED: &[(&str, &str)] = &[
    ("leading-lines", "\r\n\r\n|\r\nGET / HTTP/1.1\r\n"),
    ("leading-lines", "\r\n\r\n|\n"),
    ("bare-lf", "|\nGET / HTTP/1.1\r\n\r\n"),
    ("bare-cr", "\r\n|\rGET / HTTP/1.1\r\n\r\n"),
    ("method", "|\x16\x03\x01\x02"),
    ("method", "| GET / HTTP/1.1\r\n\r\n"),
    ("method", "|:"),
    ("method", "GE|:T / HTTP/1.1\r\n\r\n"),
    ("control-character", "GE|\tT / HTTP/1.1\r\n\r\n"),
    ("bare-cr", "GET|\r / HTTP/1.1\r\n\r\n"),
    ("request-line", "GET|\r\n\r\n"),
    ("request-line", "GET|\n\n"),
    ("request-line", "GET /|\r\n\r\n"),
    ("request-line", "GET /|\n\n"),
    ("request-line", "GET |\r\n\r\n"),
    ("request-target", "GET | / HTTP/1.1\r\n\r\n"),
    ("request-target", "GET /|#a HTTP/1.1\r\n\r\n"),
    ("request-target", "GET /|\u{e9} HTTP/1.1\r\n\r\n"),
    ("control-character", "GET /|\t HTTP/1.1\r\n\r\n"),
    ("control-character", "GET /|\x7f HTTP/1.1\r\n\r\n"),
    ("bare-cr", "GET /|\ra HTTP/1.1\r\n\r\n"),
    ("version", "GET / |HTTP/1.1 \r\n\r\n"),
    ("version", "GET / | HTTP/1.1\r\n\r\n"),
    ("version", "GET / |http/1.1\r\n\r\n"),
    ("version", "GET / |HTTP/1.10\r\n\r\n"),
    ("version", "GET / |HTTP/1.1\r\r\n\r\n"),
    ("version", "GET / |\r\n\r\n"),
    ("version-unsupported", "GET / |HTTP/2.0\r\n\r\n"),
    ("version-unsupported", "GET / |HTTP/1.2\n\n"),
    ("bare-lf", "GET / HTTP/1.1|\nhost: a\r\n\r\n"),
    ("request-target", "GET |a HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("request-target", "GET |* HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("request-target", "GET |a:1 HTTP/1.1\r\nhost: a\r\n\r\n"),
    (
        "request-target",
        "GET |ftp://a/ HTTP/1.1\r\nhost: a\r\n\r\n",
    ),
    (
        "request-target",
        "GET |http:///a HTTP/1.1\r\nhost: a\r\n\r\n",
    ),
    (
        "request-target",
        "GET |http://u@a/ HTTP/1.1\r\nhost: a\r\n\r\n",
    ),
    ("request-target", "CONNECT |/ HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("request-target", "CONNECT |a HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("request-target", "CONNECT |a: HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("obs-fold", "GET / HTTP/1.1\r\n| a: b\r\n\r\n"),
    ("obs-fold", "GET / HTTP/1.1\r\na: b\r\n|\tc\r\n\r\n"),
    ("field-name", "GET / HTTP/1.1\r\n|: b\r\n\r\n"),
    ("field-name", "GET / HTTP/1.1\r\na|(: b\r\n\r\n"),
    ("control-character", "GET / HTTP/1.1\r\na|\0: b\r\n\r\n"),
    ("space-before-colon", "GET / HTTP/1.1\r\na| : b\r\n\r\n"),
    ("field-without-colon", "GET / HTTP/1.1\r\nabc|\r\n\r\n"),
    ("bare-lf", "GET / HTTP/1.1\r\nabc|\n\r\n"),
    ("bare-cr", "GET / HTTP/1.1\r\nabc|\rd: e\r\n\r\n"),
    ("bare-cr", "GET / HTTP/1.1\r\n|\rd: e\r\n\r\n"),
    ("bare-lf", "GET / HTTP/1.1\r\na: b\r\n|\n"),
    ("bare-lf", "GET / HTTP/1.1\r\na: b|\nc: d\r\n\r\n"),
    ("bare-lf", "GET / HTTP/1.1\r\na: b|\n\r\n"),
    ("bare-cr", "GET / HTTP/1.1\r\na: b|\rc\r\n\r\n"),
    ("control-character", "GET / HTTP/1.1\r\na: b|\0c\r\n\r\n"),
    ("control-character", "GET / HTTP/1.1\r\na:|\x7f\r\n\r\n"),
    ("host-missing", "GET / HTTP/1.1\r\na: b\r\n\r\n|"),
    ("host-missing", "GET http://a/ HTTP/1.1\r\n\r\n|"),
    (
        "host-repeated",
        "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n|Host: a\r\n\r\n",
    ),
    (
        "host-repeated",
        "GET / HTTP/1.0\r\nhost: \r\n|host: a\r\n\r\n",
    ),
    ("host", "GET / HTTP/1.1\r\nhost: |\r\n\r\n"),
    ("host", "GET / HTTP/1.0\r\nhost: |u@a\r\n\r\n"),
    ("host", "GET / HTTP/1.1\r\nhost:\t|a, b\r\n\r\n"),
    ("host", "GET / HTTP/1.1\r\nhost: |a:65536\r\n\r\n"),
    (
        "host",
        "GET / HTTP/1.1\r\nhost: |a.example.of.a/very.long.name\r\n\r\n",
    ),
    (
        "field-repeated",
        "GET / HTTP/1.1\r\nhost: a\r\nDate: \r\nage: 1\r\nage: 1\r\n|date: \r\n\r\n",
    ),
    (
        "field-repeated",
        "GET / HTTP/1.1\r\nhost: a\r\nreferer: \r\nfrom: \r\n|from: \r\nreferer: \r\n\r\n",
    ),
    (
        "content-length",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: |\r\n\r\n",
    ),
    (
        "content-length",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: |+1\r\n\r\n",
    ),
    (
        "content-length",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: |1, 1\r\n\r\n",
    ),
    (
        "content-length",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: |9223372036854775808\r\n\r\n",
    ),
    (
        "content-length",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: |x\r\ntransfer-encoding: chunked\r\n\r\n",
    ),
    (
        "content-length",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: |x\r\ncontent-length: 1\r\n\r\n",
    ),
    (
        "content-length-repeated",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n|Content-Length: x\r\n\r\n",
    ),
    (
        "transfer-encoding-http10",
        "GET / HTTP/1.0\r\n|transfer-encoding: x\r\n\r\n",
    ),
    (
        "content-length-with-transfer-encoding",
        "GET / HTTP/1.1\r\nhost: a\r\n|transfer-encoding: x\r\ncontent-length: 1\r\n\r\n",
    ),
    (
        "transfer-encoding",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: |\r\n\r\n",
    ),
    (
        "transfer-encoding",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: |chunked,\r\n\r\n",
    ),
    (
        "transfer-encoding",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: |chunked, x\r\n\r\n",
    ),
    (
        "transfer-encoding",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: |a b\r\n\r\n",
    ),
    (
        "transfer-encoding",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: |chunked\r\n\
         transfer-encoding: chunked\r\n\r\n",
    ),
    (
        "transfer-coding-unknown",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: |gzip, chunked\r\n\r\n",
    ),
    (
        "transfer-coding-unknown",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: |xchunked\r\n\r\n",
    ),
    (
        "expectation",
        "GET / HTTP/1.1\r\nhost: a\r\nexpect: |100-continue, x\r\n\r\n",
    ),
    (
        "expectation",
        "GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\nexpect: |\r\n\r\n",
    ),
    (
        "websocket-upgrade",
        "POST / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         |upgrade: websocket\r\n\r\n",
    ),
    (
        "websocket-upgrade",
        "GET / HTTP/1.1\r\nhost: a\r\nconnection: x, Upgrade\r\nsec-websocket-version: 8\r\n\
         |upgrade: h2c, WebSocket\r\n\r\n",
    ),
    (
        "websocket-upgrade",
        "GET / HTTP/1.1\r\nhost: a\r\n|upgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    ),
];

/// Chunked bodies that are refused.
const CHUNKS: &[(&str, &str)] = &[
    ("chunk-size", "|x"),
    ("chunk-size", "| 1\r\n"),
    ("chunk-size", "1| \r\n"),
    ("chunk-size", "|;a\r\n"),
    ("chunk-size", "1|g\r\n"),
    ("chunk-size", "0000000000000000|0\r\n"),
    ("chunk-size", "|\r\n"),
    ("bare-lf", "1|\n"),
    ("bare-cr", "1|\ra"),
    ("bare-cr", "1|\r\r\n"),
    ("control-character", "1|\t\r\n"),
    ("chunk-extension", "1;| a\r\n"),
    ("chunk-extension", "1;|;\r\n"),
    ("chunk-extension", "1;a=|;\r\n"),
    ("chunk-extension", "1;a| =b\r\n"),
    ("chunk-extension", "1;a=b|\"\r\n"),
    ("chunk-extension", "1;a=\"b\"|c\r\n"),
    ("chunk-extension", "1;|\r\n"),
    ("chunk-extension", "1;a=|\r\n"),
    ("chunk-extension", "1;a=\"|\r\n"),
    ("chunk-extension", "1;a=\"\\|\r\n"),
    ("bare-cr", "1;a=\"b\"|\rc"),
    ("bare-lf", "1;a|\n"),
    ("control-character", "1;a=\"|\0"),
    ("chunk-end", "1\r\na|b"),
    ("chunk-end", "1\r\na|\n"),
    ("chunk-end", "1\r\na\r|\r\n"),
    ("bare-lf", "0\r\n|\n"),
    ("bare-cr", "0\r\n|\rx\r\n\r\n"),
    ("obs-fold", "0\r\n| a: b\r\n\r\n"),
    ("field-without-colon", "0\r\na|\r\n\r\n"),
    ("control-character", "0\r\na: |\0\r\n\r\n"),
    ("trailer-field", "0\r\na: b\r\n|Host: a\r\n\r\n"),
    ("trailer-field", "0\r\n|Keep-Alive: a\r\n\r\n"),
    ("control-character", "0\r\nhost: |\0\r\n\r\n"),
];

const CHUNKED: &str = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";

fn check(code: &str, marked: &str, options: &Options) {
    let at = marked.find('|').expect("a mark");
    let bytes = [&marked.as_bytes()[..at], &marked.as_bytes()[at + 1..]].concat();
    let rejection = refusal(&bytes, options);
    let rejection = rejection.unwrap_or_else(|| panic!("not refused: {marked:?}"));
    let found = (rejection.reason.code(), rejection.offset);
    assert_eq!(found, (code, at as u64), "{marked:?}");
    assert!(!rejection.head_request);
}

#[test]
fn heads() {
    for (code, marked) in REFUSED {
        check(code, marked, &Options::DEFAULT);
        // The same behind an empty line, which counts, unless there may be no other.
        if !marked.starts_with(['\r', '\n', '|']) {
            check(code, &format!("\r\n{marked}"), &Options::DEFAULT);
        }
    }
}

#[test]
fn chunks() {
    for (code, marked) in CHUNKS {
        check(code, &format!("{CHUNKED}{marked}"), &Options::DEFAULT);
        let marked = format!("{CHUNKED}3;a;b=c\r\nabc\r\n{marked}");
        check(code, &marked, &Options::DEFAULT);
    }
}

fn limited(change: fn(&mut Limits)) -> Options {
    let mut options = Options::DEFAULT;
    change(&mut options.limits);
    assert_eq!(options.limits.check(), Ok(()));
    options
}

#[test]
fn sizes() {
    let line = limited(|limits| limits.request_line = 14);
    check("request-line-too-long", "GET /a HTTP/1.|11", &line);
    assert_eq!(refusal(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", &line), None);
    check("request-line-too-long", "GET /1 HTTP/1.|1\r\n\r\n", &line);
    check("request-line-too-long", "GET /1 HTTP/1.|1\n\n", &line);

    // With no room between the two limits, the line still goes first.
    let head = limited(|limits| (limits.request_line, limits.head) = (14, 14));
    check("head-too-large", "GET / HTTP/1.1|\r\n\r\n", &head);
    check("request-line-too-long", "GET / HTTP/1.1|1\r\n", &head);
    let head = limited(|limits| (limits.request_line, limits.head) = (14, 27));
    assert_eq!(refusal(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", &head), None);
    check(
        "head-too-large",
        "GET / HTTP/1.1\r\nhost: ab\r\n\r|\n",
        &head,
    );

    let fields = limited(|limits| limits.fields = 2);
    assert_eq!(
        refusal(b"GET / HTTP/1.1\r\nhost: a\r\nb:\r\n\r\n", &fields),
        None
    );
    check(
        "too-many-fields",
        "GET / HTTP/1.1\r\nhost: a\r\nb:\r\n|c\r\n\r\n",
        &fields,
    );
    let marked = format!("{CHUNKED}0\r\na:\r\nb:\r\n|c\r\n\r\n");
    check("trailers-too-large", &marked, &fields);

    let trailers = limited(|limits| limits.trailers = 8);
    assert_eq!(
        refusal(format!("{CHUNKED}0\r\nab:c\r\n\r\n").as_bytes(), &trailers),
        None
    );
    check(
        "trailers-too-large",
        &format!("{CHUNKED}0\r\nab:cd\r\n\r|\n"),
        &trailers,
    );

    let body = limited(|limits| limits.body = Some(3));
    check(
        "body-too-large",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: |4\r\n\r\n",
        &body,
    );
    check(
        "body-too-large",
        &format!("{CHUNKED}1\r\na\r\n|3;a\r\n"),
        &body,
    );
    assert_eq!(
        refusal(
            format!("{CHUNKED}1\r\na\r\n2\r\nbc\r\n0\r\n\r\n").as_bytes(),
            &body
        ),
        None
    );
    let huge = format!("{CHUNKED}1\r\na\r\n|ffffffffffffffff\r\n");
    check("body-too-large", &huge, &body);

    let extensions = limited(|limits| limits.chunk_extensions = 4);
    let sent = format!("{CHUNKED}1;a\r\na\r\n0;b\r\n\r\n");
    assert_eq!(refusal(sent.as_bytes(), &extensions), None);
    let marked = format!("{CHUNKED}1;a\r\na\r\n0;b|c\r\n\r\n");
    check("chunk-extensions-too-long", &marked, &extensions);
    let digits = limited(|limits| limits.chunk_size_digits = 2);
    check("chunk-size", &format!("{CHUNKED}00|1\r\n"), &digits);
}

#[test]
fn every_reason_is_tested() {
    let mut tested: BTreeSet<_> = REFUSED
        .iter()
        .chain(CHUNKS)
        .map(|(code, _)| *code)
        .collect();
    // Those of `sizes` above, and those of the tests of connections.
    tested.extend([
        "request-line-too-long",
        "head-too-large",
        "too-many-fields",
        "trailers-too-large",
        "body-too-large",
        "chunk-extensions-too-long",
        "incomplete-head",
        "incomplete-body",
        "head-timeout",
        "body-timeout",
    ]);
    let all: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(tested, all);
}

#[test]
fn an_answer_to_head_has_no_body() {
    let refused = |bytes: &[u8], options| refusal(bytes, options).map(|it| it.head_request);
    let options = &Options::DEFAULT;
    assert_eq!(refused(b"HEAD / HTTP/1.1\r\n\r\n", options), Some(true));
    assert_eq!(refused(b"\r\nHEAD / HTTP/2.0\r\n\r\n", options), Some(true));
    assert_eq!(refused(b"HEADS / HTTP/1.1\r\n\r\n", options), Some(false));
    let chunks = CHUNKED.replace("POST", "HEAD") + "x";
    assert_eq!(refused(chunks.as_bytes(), options), Some(true));
    // The line is too long before there is a whole `HEAD `.
    let line = limited(|limits| limits.request_line = 2);
    assert_eq!(refused(b"HEAD / HTTP/1.1\r\n\r\n", &line), Some(false));
    let line = limited(|limits| limits.request_line = 3);
    assert_eq!(refused(b"HEAD / HTTP/1.1\r\n\r\n", &line), Some(true));
}
