//! Words of the page that all of its sections use.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::diagnostics::Severity;
use crate::report::data::{How, Report};
use crate::report::html::escape;

/// The ways in which routes are decided, with the mark that each has in the tree.
pub(super) const WAYS: [(How, &str, &str, &str); 4] = [
    (How::Static, "static", "static", "one look-up in a map"),
    (
        How::Segments,
        "segments",
        "by segments",
        "one walk down the tree",
    ),
    (
        How::Program,
        "program",
        "by segments and text",
        "a walk down the tree, then a look at the whole path",
    ),
    (
        How::Regex,
        "regex",
        "left to re",
        "Python’s regular expression, at its place in the order",
    ),
];

/// The mark of a way: a shape, not a colour alone.
pub(super) fn mark(how: How) -> String {
    let (_, class, name, _) = WAYS[how as usize];
    format!("<i class=\"mark {class}\" title=\"{name}\"></i>")
}

/// A method. Its class is one of a few words, whatever the method is.
pub(super) fn method(name: &str) -> String {
    let class = match name {
        "GET" | "HEAD" | "OPTIONS" => "get",
        "POST" => "post",
        "PUT" | "PATCH" => "put",
        "DELETE" => "delete",
        "WEBSOCKET" => "websocket",
        _ => "other",
    };
    format!("<b class=\"m {class}\">{}</b>", escape(name))
}

/// `12345` as `12,345`, small beside what it counts.
pub(super) fn count(number: usize) -> String {
    format!("<small>{}</small>", grouped(number))
}

pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut result = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}

pub(super) fn plural(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A route as a link to its line.
pub(super) fn link(position: usize, report: &Report) -> String {
    let route = &report.routes[position];
    format!(
        "<a href=\"#r{position}\">{} <code>{}</code></a>",
        escape(&route.methods.join(" ")),
        escape(&route.path)
    )
}

/// `get_post` of `posts:register.<locals>.get_post`.
pub(super) fn short(handler: &str) -> &str {
    let name = handler.rsplit_once(':').map_or(handler, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// The brackets that captures of a path have: angles count only without a pair of braces.
pub(super) fn brackets(path: &str) -> Option<(char, char)> {
    let pairs = [('{', '}'), ('<', '>')];
    pairs
        .into_iter()
        .find(|(open, close)| path.contains(*open) && path.contains(*close))
}

/// A part of a path with its captures marked. To be read, not to be relied on.
pub(super) fn path(text: &str, brackets: Option<(char, char)>) -> String {
    let Some((open, close)) = brackets else {
        return escape(text);
    };
    let mut html = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let Some(length) = rest[start..].find(close) else {
            break;
        };
        let end = start + length + 1;
        let _ = write!(
            html,
            "{}<var>{}</var>",
            escape(&rest[..start]),
            escape(&rest[start..end])
        );
        rest = &rest[end..];
    }
    html + &escape(rest)
}

/// A type whose models are links. Words in the strings of a literal are none.
pub(super) fn ty(text: &str, ids: &BTreeMap<&str, usize>) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = if c == '"' {
            string(rest)
        } else if word(c) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        match ids.get(token) {
            Some(id) => {
                let _ = write!(html, "<a href=\"#m{id}\">{token}</a>");
            }
            None => html.push_str(&escape(token)),
        }
        rest = after;
    }
    html
}

/// Where the JSON string ends that `text` begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_marked_by_the_brackets_of_the_whole_path() {
        let marked = |text: &str| path(text, brackets(text));
        assert_eq!(marked("/a/{b}-{c}.x"), "/a/<var>{b}</var>-<var>{c}</var>.x");
        assert_eq!(marked("/<b>/x"), "/<var>&lt;b&gt;</var>/x");
        assert_eq!(marked("/<b>/{c}"), "/&lt;b&gt;/<var>{c}</var>");
        assert_eq!(marked("/open{"), "/open{");
        assert_eq!(path("/>", Some(('<', '>'))), "/&gt;");
    }

    #[test]
    fn models_in_types_are_links_and_words_in_strings_are_not() {
        let ids = BTreeMap::from([("Item", 3)]);
        assert_eq!(
            ty(r#"dict[str, Item] | literal["Item \" Item<", 1]"#, &ids),
            "dict[str, <a href=\"#m3\">Item</a>] | \
             literal[&quot;Item \\&quot; Item&lt;&quot;, 1]"
        );
        assert_eq!(ty("Items | \"", &ids), "Items | &quot;");
    }

    #[test]
    fn handlers_are_called_by_their_last_name() {
        assert_eq!(short("posts:register.<locals>.get_post"), "get_post");
        assert_eq!(short("app:<lambda>"), "<lambda>");
        assert_eq!(short("plain"), "plain");
    }

    #[test]
    fn numbers_are_grouped() {
        let texts = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(plural(1, "route"), "1 route");
    }
}
