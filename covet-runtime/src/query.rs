//! Query strings, as `urllib.parse.parse_qsl` reads them.

use std::borrow::Cow;

/// The number of fields that `max_num_fields` counts: one more than there are ampersands.
pub fn field_count(query: &str) -> usize {
    if query.is_empty() {
        0
    } else {
        query.bytes().filter(|byte| *byte == b'&').count() + 1
    }
}

/// Names and values in order. A field without `=` or with an empty value is left out unless
/// `keep_blank`; `;` separates nothing.
pub fn fields(query: &str, keep_blank: bool) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter_map(move |field| {
        if field.is_empty() {
            return None;
        }
        let (name, value) = match field.split_once('=') {
            Some((name, value)) => (name, value),
            None if keep_blank => (field, ""),
            None => return None,
        };
        (keep_blank || !value.is_empty()).then(|| (unquote(name), unquote(value)))
    })
}

/// `unquote_plus`: `+` is a space, `%XX` is a byte, and the bytes of each run of ASCII characters
/// are decoded as UTF-8 on their own, invalid sequences becoming U+FFFD. A `%` that two
/// hexadecimal digits do not follow stays.
pub fn unquote(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let ascii = rest.iter().take_while(|byte| byte.is_ascii()).count();
        let run = unquote_ascii(&rest[..ascii], b' ');
        decoded.push_str(&String::from_utf8_lossy(&run));
        rest = &rest[ascii..];
        let other = rest.iter().take_while(|byte| !byte.is_ascii()).count();
        decoded.push_str(&String::from_utf8_lossy(&rest[..other]));
        rest = &rest[other..];
    }
    Cow::Owned(decoded)
}

/// `unquote` of an ASCII text: as [`unquote`], but `+` stays.
pub fn unquote_path(text: &[u8]) -> String {
    String::from_utf8_lossy(&unquote_ascii(text, b'+')).into_owned()
}

/// Decodes `%XX`, and makes `plus` of every `+`.
fn unquote_ascii(run: &[u8], plus: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len());
    let mut rest = run.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(plus),
            b'%' => {
                let mut ahead = rest.clone();
                let digits = ahead.next().zip(ahead.next());
                if let Some(byte) = digits.and_then(|(high, low)| Some(hex(high)? << 4 | hex(low)?))
                {
                    bytes.push(byte);
                    rest = ahead;
                } else {
                    bytes.push(b'%');
                }
            }
            byte => bytes.push(byte),
        }
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str, keep_blank: bool) -> Vec<(String, String)> {
        fields(query, keep_blank)
            .map(|(n, v)| (n.into_owned(), v.into_owned()))
            .collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    // Every expectation was read off `urllib.parse.parse_qsl`.
    #[test]
    fn fields_are_those_of_the_standard_library() {
        assert_eq!(
            parse("a=1&b=2&a=3", false),
            pairs(&[("a", "1"), ("b", "2"), ("a", "3")])
        );
        assert_eq!(parse("a=&b&=c&&", false), pairs(&[("", "c")]));
        assert_eq!(
            parse("a=&b&=c&&", true),
            pairs(&[("a", ""), ("b", ""), ("", "c")])
        );
        assert_eq!(parse("a=1;b=2", false), pairs(&[("a", "1;b=2")]));
        assert_eq!(parse("a=b=c", false), pairs(&[("a", "b=c")]));
    }

    #[test]
    fn escapes() {
        assert_eq!(unquote("a+b%20c"), "a b c");
        assert_eq!(unquote("%zz%4%"), "%zz%4%");
        assert_eq!(unquote("%C3%A9é%A9"), "éé\u{fffd}");
        assert_eq!(unquote("%F0%9F%98"), "\u{fffd}");
        assert_eq!(unquote("%2541"), "%41");
    }
}
