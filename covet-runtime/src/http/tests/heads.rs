//! Heads that are accepted, and that both parsers agree on all.

use super::{Random, head};
use crate::http::app::App;
use crate::http::grammar::Options;
use crate::http::names::{FieldId, FieldNames};
use crate::http::search::Section;
use crate::http::strict::{self, Syntax};
use crate::http::{Field, Form, Framing, Version, fast, parse_spans};
use crate::routing::Table;

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[test]
fn a_head_and_all_its_parts() {
    let head = head(
        b"GET /a%20b/c?d=%20&e?f HTTP/1.1\r\nHost: example.com:80\r\nX-Thing: \t one \t\r\n\
          Accept:\r\nx-thing:two\r\nX-Latin: \xe9\r\n\r\n",
    );
    assert_eq!(head.method(), "GET");
    assert_eq!(head.target(), b"/a%20b/c?d=%20&e?f");
    assert_eq!(head.version(), Version::Http11);
    assert_eq!(head.raw_path(), b"/a%20b/c");
    assert_eq!(head.path(), "/a b/c");
    assert_eq!(head.query_string(), "d=%20&e?f");
    assert_eq!(head.line().form, Form::Origin);
    let headers: Vec<_> = head.headers().map(|(n, v)| (text(n), text(v))).collect();
    let expected = [
        ("Host", "example.com:80"),
        ("X-Thing", "one"),
        ("Accept", ""),
        ("x-thing", "two"),
        ("X-Latin", "\\xe9"),
    ];
    assert_eq!(headers, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(head.header(b"X-THING"), Some(&b"two"[..]));
    assert_eq!(head.header(b"accept"), Some(&b""[..]));
    assert_eq!(head.header(b"x_thing"), None);
    assert_eq!(head.header_by_id(FieldId::ACCEPT), Some(&b""[..]));
    let ids: Vec<_> = head.fields().iter().map(|field| field.id).collect();
    let none = FieldId::NONE;
    assert_eq!(ids, [FieldId::HOST, none, FieldId::ACCEPT, none, none]);
    assert_eq!(head.framing(), Framing::None);
    assert_eq!((head.content_length(), head.chunked()), (None, false));
    assert_eq!((head.keep_alive(), head.expects_continue()), (true, false));
    assert_eq!((head.upgrade(), head.endpoint()), (None, None));
}

#[test]
fn versions() {
    for version in ["1.0", "1.1"] {
        let head = head(format!("GET / HTTP/{version}\r\nhost: a\r\n\r\n").as_bytes());
        assert_eq!(head.version().as_str(), version);
    }
    assert!(Version::Http10 < Version::Http11);
}

#[test]
fn what_of_a_body_follows() {
    let told = |fields: &str| {
        let bytes = format!("POST /a HTTP/1.1\r\nhost: a\r\n{fields}\r\n");
        let app: &dyn App = &crate::http::NoRoutes;
        let head = app.head(bytes.as_bytes(), &Options::DEFAULT);
        let head = head.expect("a head");
        assert_eq!((head.path(), head.bytes()), ("/a", bytes.as_bytes()));
        (head.framing(), head.content_length(), head.chunked())
    };
    assert_eq!(told(""), (Framing::None, None, false));
    let length = "content-length: 17\r\n";
    assert_eq!(told(length), (Framing::Length(17), Some(17), false));
    let chunked = "transfer-encoding: chunked\r\n";
    assert_eq!(told(chunked), (Framing::Chunked, None, true));
}

#[test]
fn spans_are_those_of_the_head() {
    let mut random = Random(0xfeed_5678_9abc_def1);
    let options = Options::DEFAULT;
    let app: &dyn App = &crate::http::NoRoutes;
    let names = FieldNames::common();
    // What the last head left in it must not matter.
    let mut fields = Vec::new();
    let (mut taken, mut invalid, mut meaningless) = (0, 0, 0);
    for _ in 0..20_000 {
        let bytes = some_head(&mut random);
        let Some(end) = Section::default().end(&bytes, &mut 0) else {
            continue;
        };
        let bytes = &bytes[..end];
        let spans = parse_spans(bytes, &options, names, &mut fields);
        match (spans, app.parse_head(bytes, &options)) {
            (Ok(spans), Ok(parts)) => {
                assert_eq!((spans.line, spans.semantics), (parts.line, parts.semantics));
                assert_eq!(fields, parts.fields);
                taken += 1;
            }
            (spans, parts) => {
                assert_eq!(spans.err(), parts.err(), "{}", bytes.escape_ascii());
                let syntax = strict::syntax(bytes, &options.limits, names, &mut fields);
                *if syntax.is_ok() {
                    &mut meaningless
                } else {
                    &mut invalid
                } += 1;
            }
        }
    }
    assert!(taken > 1000 && invalid > 1000 && meaningless > 1000);
}

#[test]
fn forms_of_targets() {
    let parts = |line: &str| {
        let head = head(format!("{line}\r\nHost: h\r\n\r\n").as_bytes());
        let host = head.header_by_id(FieldId::HOST).expect("a host");
        let parts = [head.raw_path(), head.query_string().as_bytes(), host];
        let [path, query, host] = parts.map(text);
        (head.line().form, path, query, host)
    };
    let of = |form, path: &str, query: &str, host: &str| {
        (form, path.to_owned(), query.to_owned(), host.to_owned())
    };
    assert_eq!(parts("GET /? HTTP/1.1"), of(Form::Origin, "/", "", "h"));
    assert_eq!(
        parts("OPTIONS /a HTTP/1.1"),
        of(Form::Origin, "/a", "", "h")
    );
    assert_eq!(
        parts("get //a/?b HTTP/1.1"),
        of(Form::Origin, "//a/", "b", "h")
    );
    assert_eq!(
        parts("OPTIONS * HTTP/1.1"),
        of(Form::Asterisk, "*", "", "h")
    );
    assert_eq!(
        parts("CONNECT a:1 HTTP/1.1"),
        of(Form::Authority, "a:1", "", "h")
    );
    let absolute = |path: &str, query: &str, host: &str| of(Form::Absolute, path, query, host);
    assert_eq!(parts("GET http://a HTTP/1.1"), absolute("/", "", "a"));
    assert_eq!(
        parts("GET HTTPS://a:1/b?c HTTP/1.0"),
        absolute("/b", "c", "a:1")
    );
    assert_eq!(
        parts("GET http://a?b/c HTTP/1.1"),
        absolute("/", "b/c", "a")
    );
    assert_eq!(parts("OPTIONS http://a HTTP/1.1"), absolute("*", "", "a"));
    assert_eq!(parts("OPTIONS http://a? HTTP/1.1"), absolute("/", "", "a"));
    assert_eq!(parts("OPTIONS http://a/ HTTP/1.1"), absolute("/", "", "a"));
    assert_eq!(
        parts("GET http://[::1]:8/ HTTP/1.1"),
        absolute("/", "", "[::1]:8")
    );
}

#[test]
fn an_absolute_target_brings_its_host() {
    let head = head(b"GET http://a/b HTTP/1.0\r\nX: y\r\n\r\n");
    let headers: Vec<_> = head.headers().map(|(n, v)| (text(n), text(v))).collect();
    let expected = [("host", "a"), ("X", "y")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(headers, expected);
    assert_eq!(head.header(b"Host"), Some(&b"a"[..]));
}

#[test]
fn connections() {
    let keeps = |version: &str, fields: &str| {
        let head = format!("GET / HTTP/{version}\r\nhost: a\r\n{fields}\r\n");
        super::head(head.as_bytes()).keep_alive()
    };
    assert!(keeps("1.1", "") && keeps("1.1", "connection: x\r\nconnection: , keep-alive\r\n"));
    assert!(!keeps(
        "1.1",
        "connection: x\r\nX: y\r\nConnection: ,\t CLOSE ,\r\n"
    ));
    assert!(!keeps("1.1", "connection: keep-alive, close\r\n"));
    assert!(!keeps("1.0", "") && !keeps("1.0", "connection: xkeep-alive\r\n"));
    assert!(keeps("1.0", "connection: Keep-Alive\r\n"));
    assert!(!keeps(
        "1.0",
        "connection: keep-alive\r\nconnection: close\r\n"
    ));
}

#[test]
fn upgrades() {
    let upgrade = |version: &str, fields: &str| {
        let head = format!("GET / HTTP/{version}\r\nhost: a\r\n{fields}\r\n");
        super::head(head.as_bytes())
            .upgrade()
            .map(|protocol| text(&protocol))
    };
    let both = "connection: keep-alive, Upgrade\r\nupgrade: \r\nUpgrade: , H2C/1\t, x\r\n";
    assert_eq!(upgrade("1.1", both).as_deref(), Some("h2c/1"));
    assert_eq!(upgrade("1.0", both), None);
    assert_eq!(upgrade("1.1", "upgrade: h2c\r\n"), None);
    assert_eq!(
        upgrade("1.1", "connection: upgrade\r\nupgrade: ,\t,\r\n"),
        None
    );
    let socket = "connection: upgrade\r\nupgrade: x, WebSocket\r\nsec-websocket-version: 13\r\n";
    assert_eq!(upgrade("1.1", socket).as_deref(), Some("websocket"));
}

#[test]
fn decoded_paths() {
    // Every expectation was read off `urllib.parse.unquote`.
    for (raw, path) in [
        ("/%C3%A9", "/\u{e9}"),
        ("/a%2Fb", "/a/b"),
        ("/%zz%4", "/%zz%4"),
        ("/%", "/%"),
        ("/%F0%9F%98%80", "/\u{1f600}"),
        ("/%F0%9F%98", "/\u{fffd}"),
        ("/%E2%28%A1", "/\u{fffd}(\u{fffd}"),
        ("/%ff%fe", "/\u{fffd}\u{fffd}"),
        ("/%ED%A0%80", "/\u{fffd}\u{fffd}\u{fffd}"),
        ("/%C0%80", "/\u{fffd}\u{fffd}"),
        ("/a+b%2B", "/a+b+"),
        ("/%41%", "/A%"),
        ("/%F4%90%80%80", "/\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        (
            "/%E1%80%E2%F0%91%92%F1%BF%41",
            "/\u{fffd}\u{fffd}\u{fffd}\u{fffd}A",
        ),
        ("/%00%0a", "/\0\n"),
    ] {
        let head = head(format!("GET {raw} HTTP/1.0\r\n\r\n").as_bytes());
        assert_eq!(head.path(), path, "{raw}");
    }
}

#[test]
fn endpoints_are_found_by_the_decoded_path() {
    let table = Table::new(&[("/a b", "GET"), ("/{x}", "GET"), ("*", "OPTIONS")]).expect("a table");
    let app: &dyn App = &table;
    let endpoint = |line: &str| {
        let head = format!("{line} HTTP/1.0\r\n\r\n");
        let head = app
            .head(head.as_bytes(), &Options::DEFAULT)
            .expect("a head");
        head.endpoint()
    };
    assert_eq!(endpoint("GET /a%20b?c"), Some(0));
    assert_eq!(endpoint("GET /a"), Some(1));
    assert_eq!(endpoint("POST /a"), None);
    assert_eq!(endpoint("GET /%2F"), None);
    assert_eq!(endpoint("OPTIONS *"), Some(2));
    assert_eq!(endpoint("OPTIONS http://a"), Some(2));
}

#[test]
fn more_fields_than_the_fast_parser_takes() {
    let mut options = Options::DEFAULT;
    options.limits.fields = 500;
    let fields = "x: y\r\n".repeat(499);
    let bytes = format!("GET / HTTP/1.1\r\n{fields}host: a\r\n\r\n");
    let app: &dyn App = &crate::http::NoRoutes;
    let head = app.head(bytes.as_bytes(), &options).expect("a head");
    assert_eq!(head.fields().len(), 500);
    assert_eq!(head.header_by_id(FieldId::HOST), Some(&b"a"[..]));
}

const METHODS: &[&str] = &[
    "GET",
    "POST",
    "DELETE",
    "get",
    "M-SEARCH",
    "A-METHOD-OF-MANY-BYTES",
];
const TARGETS: &[&str] = &[
    "/",
    "/a",
    "/a/b?c=d%20",
    "http://a/b",
    "https://[::1]:8?x",
    "//x??y",
    "/a/rather/long/path/with/more/than/sixteen/bytes?and=a&query=%3f",
];
const BAD_TARGETS: &[&str] = &["*", "a:80", "/%zz#", "x", "/\u{e9}", "", "http://"];
const VERSIONS: &[&str] = &["HTTP/1.1", "HTTP/1.0"];
const BAD_VERSIONS: &[&str] = &["HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/1.01"];
const BAD_ENDS: &[&str] = &["\n", "\r\r\n", "\r", ""];
const NAMES: &[&str] = &[
    "Host",
    "host",
    "Content-Length",
    "Transfer-Encoding",
    "Accept",
    "X-Unknown-Header",
    "Upgrade-Insecure-Requests",
    "sec-ch-ua-platform",
    "a",
    "Access-Control-Request-Headers",
    "Access-Control-Request_Headers",
    "A-Name-That-Is-Longer-Than-Two-Blocks-Of-Sixteen-Bytes",
];
const BAD_NAMES: &[&str] = &[
    "Host ",
    "",
    " a",
    "content\rlength",
    "(",
    "x-forwarded-f\u{4f}r\u{1}",
];
const VALUES: &[&str] = &[
    "",
    "a",
    "example.com",
    " a\t",
    "\t\t",
    "a b c, d",
    "keep-alive",
    "\u{e9}\u{ff}",
    "                                  after many spaces",
    "a value that is longer than thirty-two bytes, so that blocks count",
];
const BAD_VALUES: &[&str] = &["a\0b", "a\rb", "\x7f", "a\nb", "\x1b"];
/// Bytes that matter somewhere.
const BYTES: &[u8] = b"\r\n\t :/?#%*AZaz09_-,;=\"\\\0\x7f\x80\xff[]";

/// A head that is valid or nearly so.
fn some_head(random: &mut Random) -> Vec<u8> {
    let mut head = String::new();
    head += random.of(METHODS);
    head += " ";
    head += random.mostly(TARGETS, BAD_TARGETS);
    head += " ";
    head += random.mostly(VERSIONS, BAD_VERSIONS);
    head += random.mostly(&["\r\n"], BAD_ENDS);
    for _ in 0..random.below(8) {
        head += random.mostly(NAMES, BAD_NAMES);
        head += random.mostly(&[":", ": ", ":\t  "], &["", "::"]);
        head += random.mostly(VALUES, BAD_VALUES);
        head += random.mostly(&["\r\n"], BAD_ENDS);
    }
    let mut head = head.into_bytes();
    head.extend_from_slice(b"\r\n");
    for _ in 0..random.below(3) {
        let at = random.below(head.len());
        let byte = BYTES[random.below(BYTES.len())];
        match random.below(3) {
            0 => head[at] = byte,
            1 => head.insert(at, byte),
            _ => drop(head.remove(at)),
        }
    }
    head
}

/// A third opinion: httparse is more lenient, and sees the same parts.
fn agrees_with_httparse(bytes: &[u8], head: &Syntax, fields: &[Field]) {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let length = request.parse(bytes);
    assert_eq!(length, Ok(httparse::Status::Complete(head.length)));
    let part = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
    assert_eq!(
        part(request.method),
        Some(head.line.method.of(bytes).to_vec())
    );
    assert_eq!(
        part(request.path),
        Some(head.line.target.of(bytes).to_vec())
    );
    let others: Vec<_> = request
        .headers
        .iter()
        .map(|it| (it.name.as_bytes(), it.value))
        .collect();
    let ours: Vec<_> = fields
        .iter()
        .map(|it| (it.name.of(bytes), it.value.of(bytes)))
        .collect();
    assert_eq!(ours, others);
}

#[test]
fn the_fast_parser_takes_what_the_strict_one_takes() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let limits = &Options::DEFAULT.limits;
    let names = FieldNames::common();
    let (mut quick, mut slow) = (Vec::new(), Vec::new());
    let (mut both, mut valid) = (0, 0);
    for _ in 0..100_000 {
        let mut bytes = some_head(&mut random);
        let end = Section::default().end(&bytes, &mut 0);
        let Some(end) = end.filter(|_| !bytes.starts_with(b"\r") && !bytes.starts_with(b"\n"))
        else {
            continue;
        };
        let strict = strict::syntax(&bytes[..end], limits, names, &mut slow);
        // What follows a head must not matter.
        if random.below(2) == 0 {
            bytes.truncate(end);
        }
        let mut fast = Syntax::default();
        let taken = fast::syntax(&bytes, limits, names, &mut quick, &mut fast);
        valid += u32::from(strict.is_ok());
        if taken.is_some() {
            assert_eq!(Ok(fast), strict, "{}", bytes.escape_ascii());
            assert_eq!(quick, slow, "{}", bytes.escape_ascii());
            agrees_with_httparse(&bytes, &fast, &quick);
            both += 1;
        }
    }
    // Nothing that is valid is left to the strict one.
    assert!(valid > 20_000 && both == valid, "{both} of {valid}");
}
