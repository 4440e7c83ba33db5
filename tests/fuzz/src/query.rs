//! Query strings against a second reading of `urllib.parse.parse_qsl`.
//!
//! The reference here is written for nothing but likeness to the rules: it splits where the standard
//! library splits and copies everything.

use covet_runtime::query::{field_count, fields, unquote};

/// Checks the query string that the bytes are, invalid UTF-8 replaced.
pub fn check(data: &[u8]) {
    let query = String::from_utf8_lossy(data);
    let all = fields_of(&query, true);
    let filled = fields_of(&query, false);
    assert_eq!(all, reference(&query, true));
    assert_eq!(filled, reference(&query, false));
    assert!(filled.len() <= all.len());
    assert!(all.len() <= field_count(&query));

    let decoded = unquote(&query);
    assert_eq!(decoded, unquote_reference(&query));
    // One byte that is no UTF-8 becomes the three of U+FFFD, and no byte becomes more.
    assert!(decoded.len() <= 3 * query.len());
}

fn fields_of(query: &str, keep_blank: bool) -> Vec<(String, String)> {
    fields(query, keep_blank)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn reference(query: &str, keep_blank: bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for field in query.split('&') {
        let mut parts = field.splitn(2, '=');
        let name = parts.next().unwrap_or_default();
        let value = parts.next();
        let blank = value.is_none_or(str::is_empty);
        if field.is_empty() || (blank && !keep_blank) {
            continue;
        }
        found.push((
            unquote_reference(name),
            unquote_reference(value.unwrap_or_default()),
        ));
    }
    found
}

/// Runs of ASCII are decoded on their own, as `re.split('([\x00-\x7f]+)', text)` divides them.
fn unquote_reference(text: &str) -> String {
    let mut decoded = String::new();
    let mut run = String::new();
    for character in text.chars() {
        if character.is_ascii() {
            run.push(if character == '+' { ' ' } else { character });
        } else {
            decoded.push_str(&unquote_run(&std::mem::take(&mut run)));
            decoded.push(character);
        }
    }
    decoded.push_str(&unquote_run(&run));
    decoded
}

/// `unquote_to_bytes`: what follows each `%` begins with two hexadecimal digits or stays as it is.
pub(crate) fn unquote_run(run: &str) -> String {
    let mut parts = run.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            bytes.extend(&part.as_bytes()[2..]);
        } else {
            bytes.push(b'%');
            bytes.extend(part.as_bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
