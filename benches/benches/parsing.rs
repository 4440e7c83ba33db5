//! Parsing the heads of requests, in Rust, beside httparse.
//!
//! `cargo bench -p covet-benches --bench parsing [-- --instructions]`
//!
//! httparse finds the parts of a head. `parse_spans` does that under a stricter grammar, knows the
//! names of the fields and judges what they mean: host, framing, connection. What comes after it in
//! the table does more: an owned head, the endpoint, a connection. All parts are compared first.
//!
//! Nanoseconds depend on the machine and its mood. `--instructions` runs this program in valgrind
//! instead, where each count is the difference between many parses and few.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::process::Command;

use covet_benches::{Candidate, interleave, rest_api, rest_api_routes};
use covet_runtime::http::{
    App, Event, Field, FieldNames, NoRoutes, Options, Reader, Spans, parse_spans,
};
use covet_runtime::routing::Table;

const ROUNDS: usize = 1001;
const PASSES: u32 = 100;

/// How often a head is parsed in valgrind: what the first count has, the second has too.
const COUNTS: [u32; 2] = [1000, 3000];

/// The most fields that httparse gets room for, which is what the default limits allow.
const MOST_FIELDS: usize = 100;

/// Every head asks for an endpoint of the table with two parameters.
const HEADS: [(&str, &str); 3] = [
    (
        "minimal",
        "GET /repos/rust-lang/mdbook HTTP/1.1\r\n\
         Host: api.example.com\r\n\
         \r\n",
    ),
    (
        "8 headers",
        "GET /repos/rust-lang/mdbook/issues?state=open&page=2 HTTP/1.1\r\n\
         Host: api.example.com\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         Accept: application/json\r\n\
         Accept-Language: en-GB,en;q=0.7\r\n\
         Accept-Encoding: gzip, deflate, br\r\n\
         Referer: https://www.example.com/issues\r\n\
         Cookie: session=5f2b7a1c9d3e4f60; theme=dark\r\n\
         Connection: keep-alive\r\n\
         \r\n",
    ),
    (
        "20 headers",
        "GET /repos/rust-lang/mdbook/issues?state=open&page=2 HTTP/1.1\r\n\
         Host: api.example.com\r\n\
         Connection: keep-alive\r\n\
         Cache-Control: max-age=0\r\n\
         sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\"\r\n\
         sec-ch-ua-mobile: ?0\r\n\
         sec-ch-ua-platform: \"Linux\"\r\n\
         Upgrade-Insecure-Requests: 1\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/140.0.0.0 Safari/537.36\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,\
         image/apng,*/*;q=0.8\r\n\
         Sec-Fetch-Site: same-origin\r\n\
         Sec-Fetch-Mode: navigate\r\n\
         Sec-Fetch-User: ?1\r\n\
         Sec-Fetch-Dest: document\r\n\
         Referer: https://www.example.com/repositories/rust-lang/mdbook\r\n\
         Accept-Encoding: gzip, deflate, br, zstd\r\n\
         Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
         Cookie: session=5f2b7a1c9d3e4f60; theme=dark; consent=necessary; csrftoken=Jq3vXh2\r\n\
         If-None-Match: W/\"6a1f0c6b2d\"\r\n\
         X-Request-Id: 9f86d081-884c-4d65-9a2f-eaa0c55ad015\r\n\
         X-Tenant: example\r\n\
         \r\n",
    ),
];

/// Parses a head; returns something that depends on all of the work.
type Parse = Box<dyn FnMut(&[u8]) -> usize>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    check();
    if let [mode, head, parser, count] = arguments.as_slice()
        && mode == "--repeat"
    {
        return repeat(head, parser, count.parse().expect("the count is a number"));
    }
    let instructions = arguments
        .iter()
        .any(|argument| argument == "--instructions");
    let unit = if instructions { "instructions" } else { "ns" };
    for (title, head) in HEADS {
        println!("{title}: {} bytes, {unit}", head.len());
        let measured = if instructions {
            count(title)
        } else {
            time(head)
        };
        for ((name, _), each) in parsers().iter().zip(&measured) {
            println!("  {name:<28} {each:>8.0}  {:>6.2}×", each / measured[0]);
        }
    }
}

/// The median time of each parser, in nanoseconds.
fn time(head: &str) -> Vec<f64> {
    let mut parsers = parsers();
    let mut candidates: Vec<_> = parsers
        .iter_mut()
        .map(|(name, parse)| Candidate::new(name, || parse(black_box(head.as_bytes()))))
        .collect();
    let medians = interleave(&mut candidates, ROUNDS, PASSES);
    let nanoseconds = |median: &std::time::Duration| median.as_secs_f64() * 1e9;
    medians.iter().map(nanoseconds).collect()
}

/// The instructions that each parser takes.
fn count(title: &str) -> Vec<f64> {
    let names = parsers().into_iter().map(|(name, _)| name);
    let each = names.map(|name| {
        let [few, many] = COUNTS.map(|count| total(title, name, count));
        (many - few) / f64::from(COUNTS[1] - COUNTS[0])
    });
    each.collect()
}

/// The instructions of this program when it parses a head that often.
fn total(title: &str, parser: &str, count: u32) -> f64 {
    let program = std::env::current_exe().expect("this program is a file");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--repeat", title, parser, &count.to_string()])
        .output()
        .expect("valgrind is installed");
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected :"));
    let (_, total) = collected.unwrap_or_else(|| panic!("{report}"));
    total.trim().parse().expect("valgrind counts in digits")
}

/// One parser, that often.
fn repeat(title: &str, parser: &str, count: usize) {
    let (_, head) = HEADS
        .into_iter()
        .find(|(name, _)| *name == title)
        .expect("a head");
    let mut parsers = parsers();
    let (_, parse) = parsers
        .iter_mut()
        .find(|(name, _)| *name == parser)
        .expect("a parser");
    for _ in 0..count {
        black_box(parse(black_box(head.as_bytes())));
    }
}

fn parsers() -> Vec<(&'static str, Parse)> {
    const OPTIONS: &Options = &Options::DEFAULT;
    let mut fields = Vec::new();
    vec![
        (
            "httparse",
            Box::new(|bytes| httparse_lines(bytes).unwrap_or(0)),
        ),
        (
            "covet, spans",
            Box::new(move |bytes| spans(bytes, OPTIONS, &mut fields).map_or(0, |_| fields.len())),
        ),
        (
            "covet, head",
            Box::new(move |bytes| owned(&NoRoutes, bytes, OPTIONS)),
        ),
        (
            "covet, head, table",
            Box::new({
                let table = table();
                move |bytes| owned(&table, bytes, OPTIONS)
            }),
        ),
        (
            "covet, head, generated",
            Box::new(move |bytes| owned(&rest_api::App, bytes, OPTIONS)),
        ),
        (
            "covet, connection, generated",
            Box::new({
                let mut reader = Reader::new(Options::DEFAULT, 0.0);
                move |bytes| exchange(&mut reader, &rest_api::App, bytes)
            }),
        ),
    ]
}

/// httparse and nothing else: the number of fields.
#[inline]
fn httparse_lines(bytes: &[u8]) -> Option<usize> {
    let mut headers = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let status = request
        .parse_with_uninit_headers(bytes, &mut headers)
        .ok()?;
    black_box((request.method, request.path, request.version));
    status.is_complete().then_some(request.headers.len())
}

fn spans(bytes: &[u8], options: &Options, fields: &mut Vec<Field>) -> Option<Spans> {
    parse_spans(bytes, options, FieldNames::common(), fields)
        .ok()
        .map(black_box)
}

fn owned(app: &dyn App, bytes: &[u8], options: &Options) -> usize {
    let head = black_box(app.head(bytes, options).expect("the head is valid"));
    head.fields().len()
}

/// A request on a connection that lives on: head, end of the body, next request.
fn exchange(reader: &mut Reader, app: &dyn App, bytes: &[u8]) -> usize {
    reader.feed(bytes, 0.0);
    let fields = match black_box(reader.next_event(app)) {
        Some(Event::Head(head)) => head.fields().len(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(reader.next_event(app), Some(Event::End(_))));
    assert!(reader.next_request(0.0));
    fields
}

/// All parsers read the same.
fn check() {
    let options = Options::DEFAULT;
    let table = table();
    for (title, head) in HEADS {
        let bytes = head.as_bytes();
        let mut headers = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut request = httparse::Request::new(&mut headers);
        assert!(
            request
                .parse(bytes)
                .expect("the head is valid")
                .is_complete()
        );

        let mut fields = Vec::new();
        let spans = spans(bytes, &options, &mut fields).expect("the head is valid");
        let method = spans.line.method.of(bytes);
        assert_eq!(Some(method), request.method.map(str::as_bytes), "{title}");
        let target = spans.line.target.of(bytes);
        assert_eq!(Some(target), request.path.map(str::as_bytes), "{title}");
        assert_eq!(fields.len(), request.headers.len(), "{title}");
        for (field, header) in fields.iter().zip(request.headers.iter()) {
            assert_eq!(field.name.of(bytes), header.name.as_bytes(), "{title}");
            assert_eq!(field.value.of(bytes), header.value, "{title}");
        }

        let [first, second] = [&table as &dyn App, &rest_api::App].map(|app| {
            let head = app.head(bytes, &options).expect("the head is valid");
            assert_eq!(head.fields(), fields, "{title}");
            head.endpoint().expect("the table has a route for it")
        });
        assert_eq!(first, second, "{title}");
        for (name, mut parse) in parsers() {
            assert_eq!(parse(bytes), fields.len(), "{title}, {name}");
        }
    }
}

fn table() -> Table {
    let routes = rest_api_routes();
    let pairs: Vec<_> = routes
        .iter()
        .map(|(method, path)| (*path, *method))
        .collect();
    Table::new(&pairs).expect("the table has no poison")
}
