//! A request path and its slashes.

use std::cell::Cell;
use std::ops::Range;

/// Paths up to this many bytes have every slash in one word.
const MASKED: usize = 64;

/// A decoded request path: UTF-8 (or UTF-8 with lone surrogates) and where its slashes are.
///
/// Finding all slashes at once costs a few instructions per sixteen bytes; every later "where does
/// this segment end" is then a shift and a bit scan instead of a search. A path that is refused
/// before anybody asks is never scanned.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    bytes: &'a [u8],
    /// Bit `i` is set when byte `i` is a slash. Bit `len` is set too when it exists, so that the
    /// last segment ends like every other. Nothing is set before the scan.
    ends: Cell<u64>,
}

impl<'a> Path<'a> {
    /// A path whose slashes have yet to be found.
    #[inline(always)]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            ends: Cell::new(0),
        }
    }

    /// Finds the slashes, which whoever asks for segments must have done.
    #[inline(always)]
    pub fn scan(&self) {
        let bytes = self.bytes;
        let length = bytes.len();
        let mut ends = if length < MASKED { 1 << length } else { 0 };
        if length >= 16 {
            let last = length.min(MASKED) - 16;
            ends |= slashes_of_block(load(bytes, last)) << last;
            for at in [0, 16, 32] {
                let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
                    break;
                };
                ends |= slashes_of_block(*block) << at;
            }
        } else {
            ends |= slashes_of_short(bytes);
        }
        self.ends.set(ends);
    }

    /// Takes over what was found by scanning `other`, the same path.
    #[inline(always)]
    pub fn take_scan(&self, other: &Self) {
        self.ends.set(other.ends.get());
    }

    /// The bytes of the path.
    #[inline(always)]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The number of bytes of the path.
    #[inline(always)]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the path has no bytes.
    #[inline(always)]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Where the segment that starts at `at` ends: the position of the next slash, or the length
    /// of the path. `at` is at most that length.
    #[inline(always)]
    pub fn segment_end(&self, at: usize) -> usize {
        let ends = self.ends.get();
        debug_assert!(
            ends != 0 || self.len() >= MASKED,
            "the path was not scanned"
        );
        if at < MASKED {
            let rest = ends >> at;
            if rest != 0 {
                return at + rest.trailing_zeros() as usize;
            }
        }
        distant_segment_end(self.bytes, at.max(MASKED))
    }

    /// Segments by their number, for callers that ask in ascending order.
    #[inline(always)]
    pub fn cursor(&self) -> Cursor<'a> {
        Cursor {
            bytes: self.bytes,
            level: 0,
            start: 0,
            ends: self.ends.get(),
        }
    }

    /// The same path without its last byte, which is not a slash.
    pub fn without_last_byte(&self) -> Self {
        Self::new(&self.bytes[..self.len() - 1])
    }
}

#[cold]
fn distant_segment_end(bytes: &[u8], from: usize) -> usize {
    let found = bytes[from..].iter().position(|byte| *byte == b'/');
    found.map_or(bytes.len(), |offset| from + offset)
}

#[cold]
fn distant_segment(bytes: &[u8], level: u32) -> Range<usize> {
    let path = Path::new(bytes);
    path.scan();
    let start = (0..level).fold(0, |start, _| path.segment_end(start) + 1);
    start..path.segment_end(start)
}

/// A segment of a path.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    level: u32,
    start: usize,
    /// The bits of [`Path::ends`] from this segment on; none once it lies too far to have one.
    ends: u64,
}

impl Cursor<'_> {
    /// Where segment number `level` is. The path has that many segments, and `level` is not below
    /// that of the call before.
    #[inline(always)]
    pub fn segment(&mut self, level: u32) -> Range<usize> {
        if self.level < level {
            // Take a bit away for each segment that ends before; the last one says where this
            // segment starts.
            while self.level < level && self.ends != 0 {
                self.start = self.ends.trailing_zeros() as usize + 1;
                self.ends &= self.ends - 1;
                self.level += 1;
            }
        }
        if self.ends == 0 {
            return distant_segment(self.bytes, level);
        }
        self.start..self.ends.trailing_zeros() as usize
    }
}

/// The slashes of fewer than sixteen bytes.
fn slashes_of_short(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if length >= 8 {
        return slashes(u64::from_le_bytes(load(bytes, 0)))
            | slashes(u64::from_le_bytes(load(bytes, length - 8))) << (length - 8);
    }
    (0..)
        .zip(bytes)
        .fold(0, |ends, (at, byte)| ends | u64::from(*byte == b'/') << at)
}

#[inline(always)]
fn load<const SIZE: usize>(bytes: &[u8], at: usize) -> [u8; SIZE] {
    let mut block = [0; SIZE];
    block.copy_from_slice(&bytes[at..at + SIZE]);
    block
}

/// Bit `i` of the result is set when byte `i` of `block` is a slash.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn slashes_of_block(block: [u8; 16]) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
    // SAFETY: every x86-64 processor has SSE2, and sixteen bytes can be read from `block`.
    let mask = unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'/'.cast_signed())))
    };
    u64::from(mask.cast_unsigned())
}

/// Bit `i` of the result is set when byte `i` of `block` is a slash.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn slashes_of_block(block: [u8; 16]) -> u64 {
    let low = slashes(u64::from_le_bytes(load(&block, 0)));
    low | slashes(u64::from_le_bytes(load(&block, 8))) << 8
}

/// Bit `i` of the result is set when byte `i` of `word` (least significant first) is a slash.
#[inline(always)]
const fn slashes(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let difference = word ^ 0x2f2f_2f2f_2f2f_2f2f;
    // The high bit of each byte that is zero, exactly: no carry leaves a byte.
    let zero = !(((difference & LOW) + LOW) | difference | LOW);
    (zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_those_of_split() {
        let long = "/seg".repeat(40);
        for text in [
            "",
            "/",
            "//",
            "a",
            "/a",
            "/a/b",
            "/a/b/",
            "/é/語",
            "a/\u{2f}x",
            &long,
        ] {
            let path = Path::new(text.as_bytes());
            path.scan();
            let (mut start, mut cursor) = (0, path.cursor());
            for (level, segment) in (0..).zip(text.split('/')) {
                let end = path.segment_end(start);
                assert_eq!(&text[start..end], segment, "{text} {start}");
                assert_eq!(cursor.segment(level), start..end, "{text} {level}");
                assert_eq!(path.cursor().segment(level), start..end, "{text} {level}");
                start = end + 1;
            }
            assert_eq!(start, text.len() + 1);
        }
    }

    #[test]
    fn every_length_and_position() {
        for length in 0..140 {
            for slash in 0..length {
                let mut bytes = vec![b'x'; length];
                bytes[slash] = b'/';
                let path = Path::new(&bytes);
                path.scan();
                assert_eq!(path.segment_end(0), slash, "{length} {slash}");
                assert_eq!(path.segment_end(slash + 1), length, "{length} {slash}");
            }
        }
    }

    #[test]
    fn no_other_byte_is_a_slash() {
        for byte in 0..=255_u8 {
            let expected = if byte == b'/' { 0xff } else { 0 };
            assert_eq!(slashes(u64::from_le_bytes([byte; 8])), expected, "{byte}");
            assert_eq!(
                slashes_of_block([byte; 16]),
                expected << 8 | expected,
                "{byte}"
            );
        }
    }
}
