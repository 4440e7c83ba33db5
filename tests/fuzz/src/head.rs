//! Heads: the parser that is fast, the one that is strict and the reference agree.
//!
//! The first byte of an input is a [`Choice`], the rest is a message.

use covet_runtime::http::{App, FieldId, Head, Limits, Options, Reason, parse_message};
use covet_runtime::routing::{Path, Routes};

use crate::app::table;
use crate::options::Choice;
use crate::query::unquote_run;
use crate::reference::{self, Outcome};
use crate::seen::{SeenHead, Text, outcome, owned, pairs, refusal};

/// Checks the message behind the first byte.
pub fn check(data: &[u8]) {
    let Some((&choice, message)) = data.split_first() else {
        return;
    };
    check_message(message);
    let options = Choice::new(choice).options;
    let Outcome::Read(start) = reference::leading_lines(message, &options.limits) else {
        return;
    };
    if let Outcome::Read(end) = reference::extent(message, start, &options.limits) {
        check_head(&message[start..end], &options);
    }
}

/// The parser of single messages.
fn check_message(message: &[u8]) {
    let read = parse_message(message).map(|found| {
        let headers = owned(
            found
                .fields()
                .iter()
                .map(|f| (found.name(f), found.value(f))),
        );
        let (method, target) = (Text::from(found.method()), Text::from(found.target()));
        let body = Text::from(found.body());
        (method, target, found.version().as_str(), headers, body)
    });
    let expected = match reference::syntax(message, &Limits::DEFAULT) {
        Outcome::Read((line, fields, end)) => {
            let (method, target) = (Text(line.method), Text(line.target));
            let body = Text::from(&message[end..]);
            Outcome::Read((method, target, line.version, pairs(&fields), body))
        }
        Outcome::Refused(refusal) => Outcome::Refused(refusal),
        Outcome::Incomplete => Outcome::Incomplete,
    };
    assert_eq!(outcome(read), expected);
}

/// The parser of the heads of requests.
fn check_head(bytes: &[u8], options: &Options) {
    let app = table();
    let parsed = (app as &dyn App).head(bytes, options);
    let seen = match &parsed {
        Ok(head) => Outcome::Read(SeenHead::from(head)),
        Err(rejection) => Outcome::Refused(refusal(rejection)),
    };
    let expected = match reference::head(bytes, &options.limits, options.websocket) {
        Outcome::Read(head) => Outcome::Read(SeenHead::from(head)),
        Outcome::Refused(refusal) => Outcome::Refused(refusal),
        Outcome::Incomplete => panic!("the reference found the end of this head"),
    };
    assert_eq!(seen, expected);
    check_tiers(bytes, options);
    if let Ok(head) = parsed {
        check_parts(&head);
    }
}

/// The fast parser gives what the strict one gives, or leaves it to that one.
fn check_tiers(bytes: &[u8], options: &Options) {
    let app = table();
    let either = app.parse_head(bytes, options);
    if let Some(fast) = app.parse_plain_head(bytes, options) {
        assert_eq!(fast, either);
    }
    // With a byte behind the head, only the strict parser takes it, and stops where the head ends.
    let more = [bytes, b"x"].concat();
    let strict = app.parse_head(&more, options).map_err(|mut rejection| {
        if rejection.reason == Reason::HostMissing {
            // The one offset that is that of the end.
            rejection.offset = bytes.len() as u64;
        }
        rejection
    });
    assert_eq!(strict, either);
    // What follows the head does not matter to the fast one.
    assert_eq!(
        app.parse_plain_head(&more, options),
        app.parse_plain_head(bytes, options)
    );
}

/// What a head says about itself fits together.
fn check_parts(head: &Head) {
    let bytes = head.bytes();
    let line = head.line();
    let spans = [
        line.method,
        line.target,
        line.path,
        line.query,
        line.authority,
    ];
    let fields = head.fields();
    let spans = spans
        .into_iter()
        .chain(fields.iter().flat_map(|field| [field.name, field.value]));
    for span in spans {
        assert!(span.end() <= bytes.len(), "{span:?} is not inside the head");
    }
    for field in fields {
        let name = String::from_utf8(head.name(field).to_ascii_lowercase()).expect("a token");
        let id = app_names().iter().position(|known| *known == name);
        let id = id.map_or(FieldId::NONE, |id| FieldId(id as u16));
        assert_eq!(field.id, id, "{name}");
        let last = fields.iter().rev();
        let mut last = last.filter(|field| head.name(field).eq_ignore_ascii_case(name.as_bytes()));
        assert_eq!(
            head.header(name.as_bytes()),
            last.next().map(|field| head.value(field))
        );
        if id != FieldId::NONE {
            assert_eq!(head.header_by_id(id), head.header(name.as_bytes()));
        }
    }

    let raw_path = std::str::from_utf8(head.raw_path()).expect("a target is ASCII");
    assert_eq!(head.path(), unquote_run(raw_path));
    let path = Path::new(head.path().as_bytes());
    let found = table().find_by_name(&path, head.method().as_bytes());
    assert_eq!(
        head.endpoint().unwrap_or(covet_runtime::routing::NOT_FOUND),
        found
    );
}

fn app_names() -> &'static [&'static str] {
    covet_runtime::http::names::COMMON
}
