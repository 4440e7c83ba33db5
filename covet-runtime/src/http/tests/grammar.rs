//! The tables are those of `grammar.json`.

use serde_json::Value;

use crate::http::framing::{FORBIDDEN_TRAILERS, SINGLETONS};
use crate::http::grammar::{
    Class, HEX, HOST, IP_LITERAL, Limits, Options, QUOTED, QUOTED_PAIR, TARGET, TOKEN, VALUE,
    classes_of,
};
use crate::http::names::{COMMON, FieldId, FieldNames};
use crate::http::rejection::{Reason, Rejection, status_phrase};

fn json() -> Value {
    let text = include_str!("../../../python/covet_runtime/http/grammar.json");
    serde_json::from_str(text).expect("valid JSON")
}

fn texts(value: &Value) -> Vec<&str> {
    let values = value.as_array().expect("a list").iter();
    values.map(|text| text.as_str().expect("a text")).collect()
}

#[test]
fn classes() {
    let json = json();
    let classes: [(&str, Class); 8] = [
        ("token", TOKEN),
        ("target", TARGET),
        ("value", VALUE),
        ("host", HOST),
        ("ip_literal", IP_LITERAL),
        ("quoted", QUOTED),
        ("quoted_pair", QUOTED_PAIR),
        ("hex", HEX),
    ];
    assert_eq!(
        json["classes"].as_object().expect("an object").len(),
        classes.len()
    );
    for (bit, (name, class)) in classes.into_iter().enumerate() {
        let members = json["classes"][name].as_str().expect("a text");
        for byte in 0..=u8::MAX {
            let expected = members.contains(char::from(byte));
            assert_eq!(class.contains(byte), expected, "{name} {byte:#x}");
            let computed = classes_of(byte) >> bit & 1 == 1;
            assert_eq!(computed, expected, "{name} {byte:#x}");
        }
    }
}

#[test]
fn limits() {
    let json = json();
    let limits = Limits::DEFAULT;
    let sizes = [
        ("request_line", limits.request_line as u64),
        ("head", limits.head as u64),
        ("fields", limits.fields as u64),
        ("leading_lines", limits.leading_lines as u64),
        ("chunk_size_digits", limits.chunk_size_digits as u64),
        ("chunk_extensions", limits.chunk_extensions),
        ("trailers", limits.trailers as u64),
        ("drain", limits.drain),
        ("pipeline", limits.pipeline as u64),
    ];
    for (name, size) in sizes {
        assert_eq!(json["limits"][name].as_u64(), Some(size), "{name}");
    }
    let times = [
        ("head_seconds", limits.head_seconds),
        ("body_seconds", limits.body_seconds),
        ("body_rate", limits.body_rate),
        ("keep_alive_seconds", limits.keep_alive_seconds),
    ];
    for (name, time) in times {
        assert_eq!(json["limits"][name].as_f64(), Some(time), "{name}");
    }
    assert!(json["limits"]["body"].is_null() && limits.body.is_none());
    let count = json["limits"].as_object().expect("an object").len();
    assert_eq!(count, sizes.len() + times.len() + 1);
    assert_eq!(limits.check(), Ok(()));
    assert_eq!(Limits::default(), limits);
    let options = Options::default();
    assert_eq!((&options.limits, options.websocket), (&limits, true));
    assert_eq!(options, Options::DEFAULT);
}

#[test]
fn limits_out_of_bounds() {
    let wrong = |change: fn(&mut Limits)| {
        let mut limits = Limits::DEFAULT;
        change(&mut limits);
        limits.check().expect_err("out of bounds")
    };
    assert_eq!(wrong(|limits| limits.fields = 0), "fields must be positive");
    assert_eq!(
        wrong(|limits| limits.fields = 1001),
        "fields must be at most 1000"
    );
    assert_eq!(
        wrong(|limits| limits.head = (16 << 20) + 1),
        "head must be at most 16 MiB"
    );
    assert_eq!(
        wrong(|limits| limits.head = 8000),
        "request_line must be at most head"
    );
    assert_eq!(wrong(|limits| limits.drain = 0), "drain must be positive");
    let time = "body_rate must be positive";
    assert_eq!(wrong(|limits| limits.body_rate = 0.0), time);
    assert_eq!(wrong(|limits| limits.body_rate = f64::NAN), time);
    let digits = "chunk_size_digits must be at most 16";
    assert_eq!(wrong(|limits| limits.chunk_size_digits = 17), digits);
    let none = Limits {
        body: Some(0),
        ..Limits::DEFAULT
    };
    assert_eq!(none.check(), Ok(()));
}

#[test]
fn reasons() {
    let json = json();
    let rows = json["reasons"].as_array().expect("a list");
    assert_eq!(rows.len(), Reason::ALL.len());
    for (reason, row) in Reason::ALL.iter().zip(rows) {
        assert_eq!(row["code"], reason.code());
        assert_eq!(row["status"], reason.status());
        assert_eq!(row["section"], reason.section());
        assert_eq!(row["text"], reason.text());
        let phrase = &json["status_phrases"][reason.status().to_string()];
        assert_eq!(phrase, status_phrase(reason.status()), "{}", reason.code());
    }
}

#[test]
fn lists() {
    let json = json();
    let names = FieldNames::common();
    let list = |ids: &[FieldId]| -> Vec<_> {
        ids.iter()
            .map(|id| names.name(*id).expect("a name"))
            .collect()
    };
    assert_eq!(texts(&json["field_names"]), COMMON);
    assert_eq!(texts(&json["singletons"]), list(SINGLETONS));
    assert_eq!(texts(&json["forbidden_trailers"]), list(FORBIDDEN_TRAILERS));
}

#[test]
fn answers() {
    let mut rejection = Rejection::new(Reason::BareLf, 17);
    assert_eq!(
        rejection.log_line(),
        "400 bare-lf at byte 17 (RFC 9112 §2.2)"
    );
    assert_eq!(
        rejection.to_string(),
        "Invalid request: line feed without a carriage return (bare-lf, RFC 9112 §2.2, byte 17)"
    );
    let body = "Invalid request: line feed without a carriage return (bare-lf)\n";
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let answer = |rejection: &Rejection| String::from_utf8(rejection.response()).expect("UTF-8");
    assert_eq!(answer(&rejection), format!("{head}{body}"));
    rejection.head_request = true;
    assert_eq!(answer(&rejection), head);
    let upgrade = answer(&Rejection::new(Reason::WebsocketUpgrade, 0));
    assert!(upgrade.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
    assert!(upgrade.contains(
        "\r\nconnection: close, upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n"
    ));
}
