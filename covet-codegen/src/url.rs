//! Paths as they stand in a URL.

use std::fmt::Write as _;

use covet_runtime::query::unquote_path;

/// What is asked for, as a server understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The path, decoded: what routes are matched with.
    pub path: String,
    /// The path as a URL has it.
    pub encoded: String,
    /// What was cut off or taken otherwise than it was written, as sentences.
    pub remarks: Vec<String>,
}

impl Target {
    /// Reads a path, or a whole URL.
    pub fn new(text: &str) -> Self {
        let mut remarks = Vec::new();
        let mut rest = text;
        for scheme in ["http://", "https://", "ws://", "wss://"] {
            let Some(start) = rest.get(..scheme.len()) else {
                continue;
            };
            if start.eq_ignore_ascii_case(scheme) {
                let authority = &rest[scheme.len()..];
                let end = authority.find(['/', '?', '#']).unwrap_or(authority.len());
                rest = &authority[end..];
                remarks.push(format!(
                    "`{}` names the server; only the path is matched",
                    &text[..scheme.len() + end]
                ));
                break;
            }
        }
        let (before, fragment) = cut(rest, '#');
        if let Some(fragment) = fragment {
            remarks.push(format!("`#{fragment}` is cut off: no client sends it"));
        }
        let (path, query) = cut(before, '?');
        if let Some(query) = query {
            remarks.push(format!(
                "`?{query}` is cut off: the query is not part of the path that is matched"
            ));
        }
        // A URL without a path has this one.
        let path = if path.is_empty() && rest.len() < text.len() {
            "/"
        } else {
            path
        };
        let encoded = encode_with(path, b"%");
        if encoded != path {
            remarks.push(format!(
                "a URL has it as `{encoded}`: a request with other characters is refused"
            ));
        }
        if !path.starts_with('/') {
            remarks.push("a request's path starts with a slash".to_owned());
        }
        Self {
            path: unquote_path(encoded.as_bytes()),
            encoded,
            remarks,
        }
    }
}

/// A request as text that [`Target::new`] reads: `GET /users/me`.
pub fn request(method: &str, path: &str) -> String {
    format!("{method} {}", encode(path))
}

/// A decoded path as a URL has it.
pub fn encode(path: &str) -> String {
    encode_with(path, b"")
}

/// Encodes what cannot stand in a path (RFC 3986 §3.3), but for the bytes in `kept`.
fn encode_with(path: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte);
        if is_plain || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> String {
        Target::new(text).path
    }

    #[test]
    fn paths_are_decoded_as_servers_do() {
        for (text, expected) in [
            ("/users/7", "/users/7"),
            ("/a%2Fb", "/a/b"),
            ("/%C3%A9", "/é"),
            ("/a+b", "/a+b"),
            ("/%zz%", "/%zz%"),
            ("/%ff", "/\u{FFFD}"),
            ("/x%0A", "/x\n"),
            ("/x%00", "/x\0"),
        ] {
            assert_eq!(path(text), expected, "{text}");
        }
        assert!(Target::new("/a%2Fb").remarks.is_empty());
    }

    #[test]
    fn what_is_no_path_is_cut_off_and_said() {
        for (text, expected, remarks) in [
            ("/a?b=1", "/a", 1),
            ("/a?b#c", "/a", 2),
            ("/a#b?c", "/a", 1),
            ("http://host:80/a?b", "/a", 2),
            ("HTTPS://host", "/", 1),
            ("/http://x", "/http://x", 0),
            ("a/b", "a/b", 1),
            ("/naïve", "/naïve", 1),
            ("/a b", "/a b", 1),
            ("", "", 1),
        ] {
            let target = Target::new(text);
            assert_eq!(target.path, expected, "{text}");
            assert_eq!(target.remarks.len(), remarks, "{:?}", target.remarks);
        }
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        for text in [
            "/", "/a b", "/100%", "/é\n", "/a?b#c", "/%2F", "/{x}", "/[^a]",
        ] {
            assert_eq!(path(&encode(text)), text);
            assert!(Target::new(&encode(text)).remarks.is_empty(), "{text}");
        }
    }
}
