//! Sixteen bytes at a time.
//!
//! The scans of a head and of a text that becomes JSON ask one question: where is the first byte of
//! some kind? A block answers it for sixteen bytes with a number of which bit `i` stands for byte `i`. On x86-64 that takes a few
//! instructions of SSE2, which every such processor has; elsewhere the compiler does what it can.

/// The number of bytes of a block.
pub(crate) const SIZE: usize = 16;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::Block;
#[cfg(target_arch = "x86_64")]
pub(crate) use vectors::Block;

impl Block {
    /// The bytes of `bytes` from `at` on, with zeros behind the last one.
    #[inline(always)]
    pub(crate) fn at(bytes: &[u8], at: usize) -> Self {
        match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(chunk) => Self::load(chunk),
            None => Self::last(bytes, at),
        }
    }

    #[inline(never)]
    fn last(bytes: &[u8], at: usize) -> Self {
        // Shifts out what is before `at`.
        let word = bytes.last_chunk().map_or_else(
            || Some(copied(bytes, at)),
            |chunk| {
                let before = 8 * (at + SIZE).saturating_sub(bytes.len());
                u128::from_le_bytes(*chunk).checked_shr(before as u32)
            },
        );
        Self::from_word(word.unwrap_or(0))
    }
}

#[cold]
#[inline(never)]
fn copied(bytes: &[u8], at: usize) -> u128 {
    let mut chunk = [0; SIZE];
    let rest = bytes.get(at..).unwrap_or_default();
    chunk
        .iter_mut()
        .zip(rest)
        .for_each(|(to, from)| *to = *from);
    u128::from_le_bytes(chunk)
}

#[cfg(target_arch = "x86_64")]
mod vectors {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_cmplt_epi8,
        _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8, _mm_storeu_si128,
    };

    use std::mem::MaybeUninit;

    use super::SIZE;

    type Bytes = __m128i;

    /// Sixteen bytes.
    #[derive(Clone, Copy)]
    pub(crate) struct Block(Bytes);

    #[inline(always)]
    fn all(byte: u8) -> Bytes {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_set1_epi8(byte.cast_signed()) }
    }

    #[inline(always)]
    fn mask(bytes: Bytes) -> u32 {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_movemask_epi8(bytes) }.cast_unsigned()
    }

    macro_rules! instructions {
        ($($name:ident is $intrinsic:ident,)*) => {
            $(
                #[inline(always)]
                fn $name(one: Bytes, other: Bytes) -> Bytes {
                    // SAFETY: every x86-64 processor has SSE2.
                    unsafe { $intrinsic(one, other) }
                }
            )*
        };
    }

    // `not_but` is what is in the other and not in the one. Comparisons take bytes as signed.
    instructions! {
        equal is _mm_cmpeq_epi8,
        greater is _mm_cmpgt_epi8,
        lesser is _mm_cmplt_epi8,
        min is _mm_min_epu8,
        both is _mm_and_si128,
        either is _mm_or_si128,
        not_but is _mm_andnot_si128,
    }

    impl Block {
        #[inline(always)]
        pub(crate) fn load(chunk: &[u8; SIZE]) -> Self {
            // SAFETY: sixteen bytes can be read from `chunk`.
            Self(unsafe { _mm_loadu_si128(chunk.as_ptr().cast()) })
        }

        /// The bytes of a word, little end first, without a detour through memory.
        #[inline(always)]
        pub(crate) fn from_word(word: u128) -> Self {
            let [low, high] = [word as u64, (word >> 64) as u64].map(u64::cast_signed);
            // SAFETY: every x86-64 processor has SSE2.
            Self(unsafe { _mm_set_epi64x(high, low) })
        }

        #[inline(always)]
        fn is(self, byte: u8) -> Bytes {
            equal(self.0, all(byte))
        }

        /// Bytes below 0x20.
        #[inline(always)]
        fn is_low(self) -> Bytes {
            equal(min(self.0, all(0x1f)), self.0)
        }

        /// ASCII from `low` to `high`. Other bytes are negative here, and below all of these.
        #[inline(always)]
        fn is_between(self, low: u8, high: u8) -> Bytes {
            let above = greater(self.0, all(low - 1));
            both(above, lesser(self.0, all(high + 1)))
        }

        /// Bytes equal to `byte`.
        #[inline(always)]
        pub(crate) fn equal(self, byte: u8) -> u32 {
            mask(self.is(byte))
        }

        /// Bytes that may not be in a field value.
        #[inline(always)]
        pub(crate) fn no_value(self) -> u32 {
            let low = not_but(self.is(b'\t'), self.is_low());
            mask(either(low, self.is(0x7f)))
        }

        /// Bytes that may not be in a request target.
        #[inline(always)]
        pub(crate) fn no_target(self) -> u32 {
            let invisible = either(lesser(self.0, all(b'!')), self.is(0x7f));
            mask(either(invisible, self.is(b'#')))
        }

        /// Bytes that are not ASCII.
        #[inline(always)]
        pub(crate) fn no_ascii(self) -> u32 {
            mask(self.0)
        }

        /// Bytes that JSON escapes in a string: control characters, `"` and `\`.
        #[inline(always)]
        pub(crate) fn no_json(self) -> u32 {
            let quotes = either(self.is(b'"'), self.is(b'\\'));
            mask(either(quotes, self.is_low()))
        }

        /// The bytes.
        #[inline(always)]
        pub(crate) fn store(self, chunk: &mut [MaybeUninit<u8>; SIZE]) {
            // SAFETY: sixteen bytes can be written to `chunk`.
            unsafe { _mm_storeu_si128(chunk.as_mut_ptr().cast(), self.0) }
        }

        /// Bytes that are not `a`–`z`, `0`–`9`, `.` or `-`: what few hosts have.
        #[inline(always)]
        pub(crate) fn no_plain_host(self) -> u32 {
            let rest = not_but(self.is(b'/'), self.is_between(b'-', b'9'));
            !mask(either(self.is_between(b'a', b'z'), rest)) & 0xffff
        }
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    use std::mem::MaybeUninit;

    use super::SIZE;

    /// Sixteen bytes.
    #[derive(Clone, Copy)]
    pub(crate) struct Block([u8; SIZE]);

    impl Block {
        #[inline(always)]
        pub(crate) fn load(chunk: &[u8; SIZE]) -> Self {
            Self(*chunk)
        }

        /// The bytes of a word, little end first.
        #[inline(always)]
        pub(crate) fn from_word(word: u128) -> Self {
            Self(word.to_le_bytes())
        }

        #[inline(always)]
        fn mask(self, is: impl Fn(u8) -> bool) -> u32 {
            let bits = (0..).zip(self.0);
            bits.fold(0, |mask, (at, byte)| mask | u32::from(is(byte)) << at)
        }

        /// Bytes equal to `byte`.
        #[inline(always)]
        pub(crate) fn equal(self, byte: u8) -> u32 {
            self.mask(|other| other == byte)
        }

        /// Bytes that may not be in a field value.
        #[inline(always)]
        pub(crate) fn no_value(self) -> u32 {
            self.mask(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f)
        }

        /// Bytes that may not be in a request target.
        #[inline(always)]
        pub(crate) fn no_target(self) -> u32 {
            self.mask(|byte| !byte.is_ascii_graphic() || byte == b'#')
        }

        /// Bytes that are not ASCII.
        #[inline(always)]
        pub(crate) fn no_ascii(self) -> u32 {
            self.mask(|byte| !byte.is_ascii())
        }

        /// Bytes that JSON escapes in a string: control characters, `"` and `\`.
        #[inline(always)]
        pub(crate) fn no_json(self) -> u32 {
            self.mask(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
        }

        /// The bytes.
        #[inline(always)]
        pub(crate) fn store(self, chunk: &mut [MaybeUninit<u8>; SIZE]) {
            *chunk = self.0.map(MaybeUninit::new);
        }

        /// Bytes that are not `a`–`z`, `0`–`9`, `.` or `-`: what few hosts have.
        #[inline(always)]
        pub(crate) fn no_plain_host(self) -> u32 {
            self.mask(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;
    use crate::http::grammar::{TARGET, VALUE};

    #[test]
    fn every_byte_in_every_place() {
        /// All that a block answers, the places of `byte` last.
        macro_rules! answers {
            ($block:expr, $byte:expr) => {{
                let block = $block;
                let masks = [
                    block.no_value(),
                    block.no_target(),
                    block.no_plain_host(),
                    block.no_json(),
                    block.no_ascii(),
                ];
                let mut stored = [MaybeUninit::new(0); SIZE];
                block.store(&mut stored);
                // SAFETY: it was initialised above.
                let stored = stored.map(|byte| unsafe { byte.assume_init() });
                (masks, block.equal($byte), stored)
            }};
        }
        for byte in 0..=u8::MAX {
            for place in 0..SIZE {
                let mut bytes = [b'x'; SIZE];
                bytes[place] = byte;
                let bit = |is: bool| u32::from(is) << place;
                let no_plain_host = !byte.is_ascii_lowercase()
                    && !byte.is_ascii_digit()
                    && !matches!(byte, b'.' | b'-');
                let no_json = byte < b' ' || matches!(byte, b'"' | b'\\');
                let masks = [
                    !VALUE.contains(byte),
                    !TARGET.contains(byte),
                    no_plain_host,
                    no_json,
                    !byte.is_ascii(),
                ];
                let equal = if byte == b'x' { 0xffff } else { bit(true) };
                let expected = (masks.map(bit), equal, bytes);
                let word = u128::from_le_bytes(bytes);
                assert_eq!(answers!(Block::at(&bytes, 0), byte), expected, "{byte:#x}");
                assert_eq!(answers!(Block::from_word(word), byte), expected);
                // What stands in for it on other processors.
                assert_eq!(answers!(portable::Block::load(&bytes), byte), expected);
                assert_eq!(answers!(portable::Block::from_word(word), byte), expected);
            }
        }
    }

    #[test]
    fn zeros_follow_the_last_byte() {
        for length in 0..40 {
            let bytes = vec![b'x'; length];
            for at in 0..=length {
                let left = (length - at).min(SIZE);
                let block = Block::at(&bytes, at);
                assert_eq!(block.equal(b'x').count_ones() as usize, left);
                assert_eq!(block.equal(b'x').trailing_ones() as usize, left);
                assert_eq!(block.equal(0).count_ones() as usize, SIZE - left);
            }
        }
    }
}
