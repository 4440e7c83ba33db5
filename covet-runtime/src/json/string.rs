//! Strings: quoted, escaped as little as JSON allows, in UTF-8.
//!
//! ASCII and UTF-8 are copied here, sixteen bytes at a time up to a byte that has to be escaped.
//! `wide` has the other forms that CPython stores strings in.

use super::buffer::Buffer;
use crate::block::{Block, SIZE};

/// What a byte becomes: 0 stands for itself, `u` for `\u00XX`, all else for what follows `\`.
pub(super) static ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[8] = b'b';
    escapes[9] = b't';
    escapes[10] = b'n';
    escapes[12] = b'f';
    escapes[13] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

impl Buffer<'_> {
    /// Writes `before`, and a string that is stored as UTF-8.
    #[inline(always)]
    pub fn string<const N: usize>(&mut self, before: &[u8; N], text: &[u8]) {
        let to = self.room(N + text.len() + 2);
        // SAFETY: there is room for N bytes, two quotes and the text between them.
        unsafe {
            to.cast::<[u8; N]>().write_unaligned(*before);
            let to = to.add(N);
            to.write(b'"');
            let to = to.add(1);
            let plain = copy_plain(text, to);
            let to = to.add(plain);
            if plain == text.len() {
                to.write(b'"');
                self.advance(to.add(1));
            } else {
                self.advance(to);
                self.escaped(&text[plain..]);
            }
        }
    }

    /// The rest of a string, which begins with a byte that has to be escaped; and the quote.
    #[cold]
    #[inline(never)]
    fn escaped(&mut self, mut text: &[u8]) {
        while let Some((byte, rest)) = text.split_first() {
            let to = self.room(6 + rest.len() + 1);
            // SAFETY: there is room for the longest escape, what follows it and the quote.
            unsafe {
                let to = escape(to, *byte);
                let plain = copy_plain(rest, to);
                self.advance(to.add(plain));
                text = &rest[plain..];
            }
        }
        self.put(b"\"");
    }
}

/// Copies `text` to `to` up to the first byte that has to be escaped; the number of bytes copied.
/// What is behind them in `to` may have been written as well.
///
/// # Safety
///
/// `to` has room for `text` and does not overlap it.
#[inline(always)]
unsafe fn copy_plain(text: &[u8], to: *mut u8) -> usize {
    let mut done = 0;
    // Long texts rarely have anything to escape: one question for four blocks.
    for four in text.as_chunks::<{ 4 * SIZE }>().0 {
        let blocks = four.as_chunks::<SIZE>().0.iter();
        if blocks.fold(0, |found, block| found | Block::load(block).no_json()) != 0 {
            break;
        }
        // SAFETY: these bytes of the text belong there.
        unsafe { to.add(done).cast::<[u8; 4 * SIZE]>().write_unaligned(*four) };
        done += 4 * SIZE;
    }
    let (blocks, rest) = text[done..].as_chunks::<SIZE>();
    for block in blocks {
        let block = Block::load(block);
        // SAFETY: sixteen bytes of the text belong there.
        unsafe { block.store(&mut *to.add(done).cast()) };
        let escaped = block.no_json();
        if escaped != 0 {
            return done + escaped.trailing_zeros() as usize;
        }
        done += SIZE;
    }
    if rest.is_empty() {
        return done;
    }
    if let Some(last) = text.last_chunk() {
        // The last sixteen bytes, some of which are in their place already.
        let block = Block::load(last);
        let before = SIZE - rest.len();
        // SAFETY: the last sixteen bytes of the text belong there.
        unsafe { block.store(&mut *to.add(text.len() - SIZE).cast()) };
        let escaped = block.no_json() >> before;
        return done + (escaped.trailing_zeros() as usize).min(rest.len());
    }
    // SAFETY: as the caller says.
    unsafe { copy_short(text, to) }
}

/// [`copy_plain`] for one to fifteen bytes: as two words that may overlap.
///
/// # Safety
///
/// `to` has room for `text` and does not overlap it.
#[inline(always)]
unsafe fn copy_short(text: &[u8], to: *mut u8) -> usize {
    // SAFETY: all that is written is some bytes of the text, to where they belong.
    let escaped = unsafe {
        if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
            to.cast::<[u8; 8]>().write_unaligned(*first);
            let end = to.add(text.len() - 8);
            end.cast::<[u8; 8]>().write_unaligned(*last);
            let [first, last] = [*first, *last].map(u64::from_le_bytes);
            Block::from_word(u128::from(first) | u128::from(last) << 64).no_json()
        } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>())
        {
            to.cast::<[u8; 4]>().write_unaligned(*first);
            let end = to.add(text.len() - 4);
            end.cast::<[u8; 4]>().write_unaligned(*last);
            let [first, last] = [*first, *last].map(u32::from_le_bytes);
            no_json(u64::from(first) | u64::from(last) << 32)
        } else {
            let mut escaped = 0;
            for (at, byte) in text.iter().enumerate() {
                to.add(at).write(*byte);
                escaped |= u32::from(ESCAPES[usize::from(*byte)]);
            }
            escaped
        }
    };
    if escaped == 0 {
        return text.len();
    }
    let plain = text
        .iter()
        .position(|byte| ESCAPES[usize::from(*byte)] != 0);
    plain.unwrap_or(text.len())
}

/// Whether one of eight bytes has to be escaped. What fills the rest of the block has not.
#[inline(always)]
fn no_json(word: u64) -> u32 {
    Block::from_word(u128::from(word)).no_json() & 0xff
}

/// Writes the escape for a byte, and says where it ends.
///
/// # Safety
///
/// There is room for six bytes, and the byte has an escape.
#[inline]
pub(super) unsafe fn escape(to: *mut u8, byte: u8) -> *mut u8 {
    let escape = ESCAPES[usize::from(byte)];
    // SAFETY: as the caller says.
    unsafe {
        if escape == b'u' {
            let low = b"0123456789abcdef"[usize::from(byte & 15)];
            to.cast::<[u8; 6]>()
                .write([b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), low]);
            to.add(6)
        } else {
            to.cast::<[u8; 2]>().write([b'\\', escape]);
            to.add(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::wide::Surrogate;
    use super::*;

    fn written(write: impl FnOnce(&mut Buffer<'_>)) -> Vec<u8> {
        let (mut scratch, mut heap) = (Buffer::uninit(), Vec::new());
        let mut buffer = Buffer::new(&mut scratch, &mut heap, 0);
        write(&mut buffer);
        buffer.text().to_vec()
    }

    /// Character by character.
    fn expected(text: &str) -> Vec<u8> {
        let mut json = String::from("\"");
        for character in text.chars() {
            match character {
                '"' => json += "\\\"",
                '\\' => json += "\\\\",
                '\u{8}' => json += "\\b",
                '\t' => json += "\\t",
                '\n' => json += "\\n",
                '\u{c}' => json += "\\f",
                '\r' => json += "\\r",
                '\0'..' ' => {
                    let _ = write!(json, "\\u{:04x}", u32::from(character));
                }
                _ => json.push(character),
            }
        }
        json.push('"');
        json.into_bytes()
    }

    #[track_caller]
    fn check(text: &str) {
        let expected = expected(text);
        assert_eq!(
            written(|buffer| buffer.string(b"", text.as_bytes())),
            expected
        );
        let wide: Vec<u32> = text.chars().map(u32::from).collect();
        let mut outcome = Ok(());
        assert_eq!(
            written(|buffer| outcome = buffer.ucs4(&wide, false)),
            expected
        );
        assert_eq!(outcome, Ok(()));
        let narrow: Option<Vec<u16>> = wide.iter().map(|c| u16::try_from(*c).ok()).collect();
        if let Some(narrow) = narrow {
            assert_eq!(
                written(|buffer| outcome = buffer.ucs2(&narrow, false)),
                expected
            );
            assert_eq!(outcome, Ok(()));
        }
        let latin1: Option<Vec<u8>> = wide.iter().map(|c| u8::try_from(*c).ok()).collect();
        if let Some(latin1) = latin1 {
            assert_eq!(written(|buffer| buffer.latin1(&latin1)), expected);
        }
    }

    #[test]
    fn every_character_in_every_place() {
        let odd: Vec<char> = ('\0'..='\u{7f}')
            .chain([
                '\u{80}', '\u{ff}', '\u{100}', '\u{7ff}', '\u{800}', '\u{2028}', '\u{d7ff}',
                '\u{e000}',
            ])
            .chain(['\u{ffff}', '\u{10000}', '\u{10ffff}'])
            .collect();
        for length in 0..40 {
            for place in 0..length {
                for character in &odd {
                    let mut text: Vec<char> = vec!['x'; length];
                    text[place] = *character;
                    check(&text.into_iter().collect::<String>());
                }
            }
        }
    }

    #[test]
    fn many_escapes_and_long_texts() {
        check("");
        check(&"\"".repeat(3000));
        check(&"\u{1}".repeat(3000));
        check(&"x".repeat(100_000));
        check(&"äß€𝄞\n".repeat(10_000));
        let mixed: String = (0..5000_u32).filter_map(char::from_u32).collect();
        check(&mixed);
    }

    #[test]
    fn surrogates() {
        let text = [0x61, 0xd800, 0x62];
        let mut outcome = Ok(());
        written(|buffer| outcome = buffer.ucs2(&text, false));
        assert_eq!(outcome, Err(Surrogate));
        let kept = written(|buffer| outcome = buffer.ucs2(&text, true));
        assert_eq!(outcome, Ok(()));
        assert_eq!(kept, b"\"a\xed\xa0\x80b\"");
        written(|buffer| outcome = buffer.ucs4(&[0xdfff], false));
        assert_eq!(outcome, Err(Surrogate));
    }

    #[test]
    fn what_stands_before_a_string() {
        let text = written(|buffer| buffer.string(b"{\"a\":", b"b"));
        assert_eq!(text, b"{\"a\":\"b\"");
    }
}
