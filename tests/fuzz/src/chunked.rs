//! Chunked bodies, cut anywhere.
//!
//! An input is that of [`crate::reader`], with the head left out.

use crate::reader::{self, PRELUDE};

const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
/// Of the choice only the limits and the early response: upgrades are not looked at here.
const CHOICES: u8 = 0b0001_0111;

/// Checks the body behind the first bytes.
pub fn check(data: &[u8]) {
    let Some((prelude, body)) = data.split_first_chunk::<PRELUDE>() else {
        return;
    };
    let [choice, rest @ ..] = prelude;
    let input = [&[choice & CHOICES], &rest[..], HEAD, body].concat();
    reader::check(&input);
}
