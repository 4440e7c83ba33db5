//! Request targets (RFC 9112 §3.2) and authorities (RFC 3986 §3.2).

use super::grammar::{HEX, HOST, IP_LITERAL};
use super::head::{Form, RequestLine, Span, Version};
use crate::block::{Block, SIZE};

/// What a pass over a target finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// Where the target ends: at the first byte that may not be in one.
    pub(super) end: usize,
    /// The first `?`, or the end.
    pub(super) question: usize,
    /// The first `%`, or the end.
    pub(super) percent: usize,
}

/// Looks through the target that starts at `start`.
#[inline(always)]
pub(super) fn scan(bytes: &[u8], start: usize) -> Marks {
    const NONE: usize = usize::MAX;
    let (mut question, mut percent) = (NONE, NONE);
    let mut at = start;
    loop {
        let block = Block::at(bytes, at);
        let end = block.no_target();
        let [questions, percents] = [b'?', b'%'].map(|byte| block.equal(byte));
        if questions != 0 && question == NONE {
            question = at + questions.trailing_zeros() as usize;
        }
        if percents != 0 && percent == NONE {
            percent = at + percents.trailing_zeros() as usize;
        }
        if end != 0 {
            // What was found behind the end counts as not found.
            let end = at + end.trailing_zeros() as usize;
            return Marks {
                end,
                question: question.min(end),
                percent: percent.min(end),
            };
        }
        at += SIZE;
    }
}

/// Takes a target apart whose bytes are all of the class of targets. False when it has none of
/// the four forms, or has one that does not go with the method.
///
/// The line is written where it stays: to move what was written just now, in other pieces than it
/// was written in, makes a processor wait.
#[inline(always)]
pub(super) fn split(
    bytes: &[u8],
    method: Span,
    target: Span,
    version: Version,
    marks: Marks,
    line: &mut RequestLine,
) -> bool {
    *line = RequestLine {
        method,
        target,
        path: Span::between(target.start(), marks.question),
        query: query(marks.question, target.end()),
        authority: Span::default(),
        form: Form::Origin,
        escaped: marks.percent < marks.question,
        asterisk: false,
        version,
    };
    // Only one method of seven bytes has a form of its own for its target.
    let is_origin = bytes.get(target.start()) == Some(&b'/') && method.length != 7;
    is_origin || split_other(bytes, line)
}

/// What is between a `?` at `question`, if there is one, and `end`.
#[inline(always)]
const fn query(question: usize, end: usize) -> Span {
    Span::between(if question < end { question + 1 } else { end }, end)
}

/// Reads the forms that are rare into `line`, which has been filled in for the usual one.
#[cold]
#[inline(never)]
fn split_other(bytes: &[u8], line: &mut RequestLine) -> bool {
    let target = line.target;
    let (name, text) = (line.method.of(bytes), target.of(bytes));
    let (start, end) = (target.start(), target.end());
    if name == b"CONNECT" {
        line.form = Form::Authority;
        line.path = target;
        line.query = Span::between(end, end);
        line.escaped = text.contains(&b'%');
        return is_authority(text, true);
    }
    if text.starts_with(b"/") {
        return true;
    }
    if text == b"*" {
        line.form = Form::Asterisk;
        return name == b"OPTIONS";
    }
    let mut schemes = [&b"http://"[..], b"https://"].into_iter();
    let Some(scheme) = schemes.find(|scheme| starts_with(text, scheme)) else {
        return false;
    };
    let host = start + scheme.len();
    let rest = bytes.get(host..end).unwrap_or_default();
    let find = |wanted: &[u8]| rest.iter().position(|byte| wanted.contains(byte));
    let path = find(b"/?").map_or(end, |at| host + at);
    let question = find(b"?").map_or(end, |at| host + at);
    line.form = Form::Absolute;
    line.authority = Span::between(host, path);
    line.path = Span::between(path, question);
    line.query = query(question, end);
    line.escaped = line.path.of(bytes).contains(&b'%');
    line.asterisk = line.path.length == 0 && question == end && name == b"OPTIONS";
    is_authority(line.authority.of(bytes), false)
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// Whether the value of `Host` that is at `value` in `bytes` is valid.
#[inline(always)]
pub(super) fn is_host(bytes: &[u8], value: Span) -> bool {
    // Most are lower-case names of up to sixteen bytes, which are looked at together.
    let others = Block::at(bytes, value.start()).no_plain_host() | 1 << SIZE;
    let plain = others.trailing_zeros();
    (value.length > 0 && value.length <= plain) || is_authority(value.of(bytes), false)
}

/// Whether `text` is a host and perhaps a port: what `Host` has as its value.
pub(super) fn is_authority(text: &[u8], port_required: bool) -> bool {
    let host = HOST.run(text);
    match text.get(host..) {
        Some([]) => host > 0 && !port_required,
        Some([b':', port @ ..]) if host > 0 => is_port(port, port_required),
        _ => is_rare_authority(text, port_required),
    }
}

/// The same for IP literals and names with escapes.
#[cold]
fn is_rare_authority(text: &[u8], port_required: bool) -> bool {
    let rest = if let [b'[', literal @ ..] = text {
        let length = IP_LITERAL.run(literal);
        let colons = literal.iter().take(length).filter(|byte| **byte == b':');
        match literal.get(length..) {
            Some([b']', rest @ ..]) if colons.count() >= 2 => rest,
            _ => return false,
        }
    } else {
        let mut rest = text;
        loop {
            rest = match rest {
                [b'%', high, low, rest @ ..] if HEX.contains(*high) && HEX.contains(*low) => rest,
                [byte, rest @ ..] if HOST.contains(*byte) => rest,
                _ => break,
            };
        }
        if rest.len() == text.len() {
            return false;
        }
        rest
    };
    match rest {
        [] => !port_required,
        [b':', port @ ..] => is_port(port, port_required),
        _ => false,
    }
}

fn is_port(text: &[u8], required: bool) -> bool {
    if text.len() > 5 || !text.iter().all(u8::is_ascii_digit) || (required && text.is_empty()) {
        return false;
    }
    let digits = text.iter().map(|digit| u32::from(digit - b'0'));
    let port = digits.fold(0, |port, digit| port * 10 + digit);
    u16::try_from(port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_the_same_wherever_the_target_stands() {
        let target = b"/a/longer/path%20with?query=%41&and?more&or";
        for length in 0..=target.len() {
            for end in [&b" ?%"[..], b"#?%", b"\xc3?%", b"\r?%", b"\x7f?%", b""] {
                let bytes = [&b"?%?"[..], &target[..length], end].concat();
                let end = 3 + length;
                let expected = Marks {
                    end,
                    question: if length > 21 { 24 } else { end },
                    percent: if length > 14 { 17 } else { end },
                };
                assert_eq!(scan(&bytes, 3), expected, "{length}");
            }
        }
    }

    #[test]
    fn authorities() {
        for good in [
            "a",
            "a.b",
            "a:",
            "a:80",
            "a:65535",
            "127.0.0.1:8000",
            "[::1]",
            "[::1]:80",
            "%41",
            "a%2fb:1",
            "_x~!$&'()*+;=-",
            "[1:2:3:4:5:6:1.2.3.4]",
        ] {
            assert!(is_authority(good.as_bytes(), false), "{good}");
        }
        for bad in [
            "", ":80", "a:65536", "a:123456", "a:b", "a:+1", "u@a", "a/b", "a,b", "[:1]", "[::1",
            "[]", "[::g]", "%4", "%zz", "a%", "[::1]x", "a b", "::1", "%41,", "a:80:80",
        ] {
            assert!(!is_authority(bad.as_bytes(), false), "{bad}");
        }
        assert!(is_authority(b"a:1", true) && is_authority(b"[::1]:1", true));
        assert!(!is_authority(b"a", true) && !is_authority(b"a:", true));
        assert!(!is_authority(b"[::1]", true) && !is_authority(b"%41:", true));
    }
}
