//! Requests that show a finding, as they would be written on a command line.

/// `path` as the target of a request: what cannot stand there as it is becomes `%` and two digits.
/// The server turns it back into `path`.
pub(super) fn target(path: &str) -> String {
    use std::fmt::Write as _;

    let mut target = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte) {
            target.push(char::from(byte));
        } else {
            let _ = write!(target, "%{byte:02X}");
        }
    }
    target
}

/// A request as text: `GET /users/me`.
pub(super) fn request(method: &str, path: &str) -> String {
    format!("{method} {}", target(path))
}
