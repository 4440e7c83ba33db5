//! What a target is told besides the bytes: the first byte of its input.

use covet_runtime::http::{Limits, Options};

/// What the first byte of an input stands for. A zero stands for nothing unusual.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The limits, and whether the server speaks WebSocket.
    pub options: Options,
    /// The response to a request with a body is sent before the body is read.
    pub early: bool,
    /// The connection is taken over at the first upgrade.
    pub take: bool,
    /// In the end the time runs out, where otherwise the peer closes its side.
    pub expire: bool,
}

impl Choice {
    /// The choice of a byte.
    pub fn new(byte: u8) -> Self {
        let bit = |number: u8| byte >> number & 1 == 1;
        let mut limits = if bit(0) { small() } else { Limits::DEFAULT };
        limits.body = [None, Some(16), Some(0), Some(1000)][usize::from(byte >> 1 & 3)];
        assert_eq!(limits.check(), Ok(()));
        Self {
            options: Options {
                limits,
                websocket: !bit(3),
            },
            early: bit(4),
            take: bit(5),
            expire: bit(6),
        }
    }
}

/// Limits that an input of a few hundred bytes exceeds.
fn small() -> Limits {
    Limits {
        request_line: 64,
        head: 256,
        fields: 5,
        leading_lines: 1,
        chunk_size_digits: 3,
        chunk_extensions: 16,
        trailers: 64,
        drain: 16,
        pipeline: 96,
        ..Limits::DEFAULT
    }
}
