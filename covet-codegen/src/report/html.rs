//! Text as HTML: nothing of the user's is ever markup.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// `text` with the characters that cannot be seen, or that turn the text around them, as escapes:
/// a path may hold a line break, a zero, or a mark that has the rest read from right to left.
pub(super) fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{ad}'
                    | '\u{61c}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
            )
    };
    if !text.contains(hidden) {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            c if hidden(c) => {
                let _ = write!(result, "\\u{:04x}", u32::from(c));
            }
            c => result.push(c),
        }
    }
    result
}

/// `text` as it may stand in an element or in an attribute with quotes.
pub(super) fn escape(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            '\'' => result.push_str("&#39;"),
            c => result.push(c),
        }
    }
    result
}

/// JSON as it may stand in a `script` element of data. Outside of strings JSON has none of these
/// characters, so that it stays the same JSON.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).expect("strings, numbers and lists are JSON");
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// What a Content-Security-Policy calls an inline style or script with this very text.
pub(super) fn source_hash(text: &str) -> String {
    format!(
        "'sha256-{}'",
        BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
    )
}

/// A template with its `{{names}}` filled in, in one pass: what is filled in may hold such names,
/// as a path does that is written `/{{title}}`.
///
/// # Panics
///
/// When the template has a name that is not among `values`.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut result = String::new();
    let mut parts = template.split("{{");
    result.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, text) = part.split_once("}}").expect("a name ends");
        let (_, value) = values
            .iter()
            .find(|(key, _)| *key == name)
            .expect("every name of the template has a value");
        result.push_str(value);
        result.push_str(text);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        let hostile = "</script><img src=x onerror='a()'>&\"";
        let shown = escape(hostile);
        assert_eq!(
            shown,
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot;"
        );
        let data = json(&[hostile, "<!--"]);
        assert!(!data.contains(['<', '>', '&']), "{data}");
        let back: Vec<String> = serde_json::from_str(&data).expect("JSON");
        assert_eq!(back, [hostile, "<!--"]);
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(visible("/a\n\0\u{202e}b é"), "/a\\n\\u0000\\u202eb é");
        assert_eq!(visible("/plain"), "/plain");
    }

    #[test]
    fn what_is_filled_in_is_not_filled() {
        let values = [("a", "{{b}}"), ("b", "x}}")];
        assert_eq!(fill("<{{a}}|{{b}}>", &values), "<{{b}}|x}}>");
    }

    #[test]
    fn hashes_are_those_of_the_policy() {
        assert_eq!(
            source_hash("doSomething();"),
            "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='"
        );
    }
}
