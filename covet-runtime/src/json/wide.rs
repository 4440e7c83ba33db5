//! Strings that are not ASCII, from the forms that CPython stores them in: one, two or four bytes for
//! each character.
//!
//! Eight characters are encoded at a time, or four, where the processor can move the bytes of a
//! register about by a table (SSSE3, which nearly all x86-64 processors have). Others, and what has to
//! be escaped, go character by character.

use super::buffer::Buffer;
use super::string::{ESCAPES, escape};

/// A surrogate stood in a string that was to be encoded. UTF-8 has no form for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surrogate;

/// How many characters are encoded before there is a look at the room that is left.
const RUN: usize = 64;

/// The most bytes of a run, and of what may be written behind them.
const ROOM: usize = 6 * RUN + 16;

/// How many characters are encoded at a time.
const GROUP: usize = 8;

/// A character as it is stored.
trait Unit: Copy + Into<u32> {
    /// Encodes groups of characters, up to the first that cannot be done at once. The number of those
    /// that were, and where they end.
    ///
    /// # Safety
    ///
    /// There is room for four bytes for each character, and for sixteen more.
    unsafe fn encode(groups: &[[Self; GROUP]], to: *mut u8, vectors: Vectors) -> (usize, *mut u8);
}

impl Buffer<'_> {
    /// Writes a string that is stored as Latin-1.
    #[inline(never)]
    pub fn latin1(&mut self, text: &[u8]) {
        // There are no surrogates in it.
        let _ = self.wide(text, true);
    }

    /// Writes a string that is stored as UCS-2.
    ///
    /// # Errors
    ///
    /// [`Surrogate`] when there is one and `keep` is not set. Kept ones are encoded like any other
    /// character, which Python calls `surrogatepass`.
    #[inline(never)]
    pub fn ucs2(&mut self, text: &[u16], keep: bool) -> Result<(), Surrogate> {
        self.wide(text, keep)
    }

    /// Writes a string that is stored as UCS-4.
    ///
    /// # Errors
    ///
    /// As [`ucs2`](Self::ucs2).
    #[inline(never)]
    pub fn ucs4(&mut self, text: &[u32], keep: bool) -> Result<(), Surrogate> {
        self.wide(text, keep)
    }

    #[inline(always)]
    fn wide<T: Unit>(&mut self, text: &[T], keep: bool) -> Result<(), Surrogate> {
        let vectors = Vectors::find();
        self.put(b"\"");
        for run in text.chunks(RUN) {
            let mut to = self.room(ROOM);
            let (mut groups, rest) = run.as_chunks();
            // SAFETY: a character takes six bytes at most, four when nothing is escaped, and there
            // is room for those of a run and sixteen more.
            unsafe {
                loop {
                    let (done, end) = T::encode(groups, to, vectors);
                    to = end;
                    let Some((group, behind)) = groups.get(done..).and_then(<[_]>::split_first)
                    else {
                        break;
                    };
                    to = one_by_one(group, to, keep)?;
                    groups = behind;
                }
                to = one_by_one(rest, to, keep)?;
                // Everything before `to` was written.
                self.advance(to);
            }
        }
        self.put(b"\"");
        Ok(())
    }
}

/// Encodes characters, escaped where they have to be, and says where they end.
///
/// # Safety
///
/// There is room for six bytes for each.
#[inline(always)]
unsafe fn one_by_one<T: Unit>(
    text: &[T],
    mut to: *mut u8,
    keep: bool,
) -> Result<*mut u8, Surrogate> {
    for unit in text {
        let character: u32 = (*unit).into();
        // SAFETY: a character takes six bytes at most.
        unsafe {
            to = if character < 0x800 {
                short(to, character)
            } else if character > 0xffff {
                four_bytes(to, character)
            } else if character & 0xf800 == 0xd800 && !keep {
                return Err(Surrogate);
            } else {
                three_bytes(to, character)
            };
        }
    }
    Ok(to)
}

/// Encodes a character below U+0800, escaped if it has to be, and says where it ends. Letters of one
/// script and the spaces between them take the same path.
///
/// # Safety
///
/// There is room for six bytes.
#[inline(always)]
unsafe fn short(to: *mut u8, character: u32) -> *mut u8 {
    // SAFETY: as the caller says.
    unsafe {
        let is_ascii = character < 0x80;
        if is_ascii && ESCAPES[(character & 0x7f) as usize] != 0 {
            return escape(to, character as u8);
        }
        let two = (0xc0 | (character >> 6)) | ((0x80 | (character & 0x3f)) << 8);
        let bytes = if is_ascii { character } else { two };
        to.cast::<[u8; 2]>().write((bytes as u16).to_le_bytes());
        to.add(2 - usize::from(is_ascii))
    }
}

/// Encodes a character of U+0800 to U+FFFF, and says where it ends.
///
/// # Safety
///
/// There is room for three bytes.
#[inline(always)]
const unsafe fn three_bytes(to: *mut u8, character: u32) -> *mut u8 {
    let bytes = [
        0xe0 | (character >> 12) as u8,
        last_byte(character >> 6),
        last_byte(character),
    ];
    // SAFETY: as the caller says.
    unsafe {
        to.cast::<[u8; 3]>().write(bytes);
        to.add(3)
    }
}

/// Encodes a character beyond U+FFFF, and says where it ends.
///
/// # Safety
///
/// There is room for four bytes.
#[inline(always)]
const unsafe fn four_bytes(to: *mut u8, character: u32) -> *mut u8 {
    let bytes = [
        0xf0 | (character >> 18) as u8,
        last_byte(character >> 12),
        last_byte(character >> 6),
        last_byte(character),
    ];
    // SAFETY: as the caller says.
    unsafe {
        to.cast::<[u8; 4]>().write(bytes);
        to.add(4)
    }
}

/// A byte of a character that is not its first: six bits of it.
#[inline(always)]
const fn last_byte(bits: u32) -> u8 {
    0x80 | (bits & 0x3f) as u8
}

#[cfg(not(target_arch = "x86_64"))]
use scalar::Vectors;
#[cfg(target_arch = "x86_64")]
use vectors::Vectors;

#[cfg(not(target_arch = "x86_64"))]
mod scalar {
    use super::{GROUP, Unit};

    /// There are none that this module knows how to use.
    #[derive(Clone, Copy)]
    pub(super) struct Vectors;

    impl Vectors {
        pub(super) const fn find() -> Self {
            Self
        }
    }

    macro_rules! units {
        ($($unit:ty)*) => {
            $(
                impl Unit for $unit {
                    #[inline(always)]
                    unsafe fn encode(
                        _: &[[Self; GROUP]],
                        to: *mut u8,
                        _: Vectors,
                    ) -> (usize, *mut u8) {
                        (0, to)
                    }
                }
            )*
        };
    }

    units!(u8 u16 u32);
}

#[cfg(target_arch = "x86_64")]
mod vectors {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_andnot_si128, _mm_castsi128_ps, _mm_cmpeq_epi8,
        _mm_cmpeq_epi16, _mm_cmpeq_epi32, _mm_cmpgt_epi16, _mm_cmpgt_epi32, _mm_loadl_epi64,
        _mm_loadu_si128, _mm_movemask_epi8, _mm_movemask_ps, _mm_or_si128, _mm_packs_epi16,
        _mm_set_epi8, _mm_set1_epi16, _mm_set1_epi32, _mm_setzero_si128, _mm_shuffle_epi8,
        _mm_slli_epi16, _mm_slli_epi32, _mm_srli_epi16, _mm_srli_epi32, _mm_storeu_si128,
        _mm_unpackhi_epi16, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi64,
        _mm_xor_si128,
    };

    use super::{GROUP, Unit};

    /// Whether the processor has SSSE3.
    #[derive(Clone, Copy)]
    pub(super) struct Vectors(bool);

    impl Vectors {
        #[inline(always)]
        pub(super) fn find() -> Self {
            Self(is_x86_feature_detected!("ssse3"))
        }
    }

    /// A group of characters in registers.
    trait Group: Unit {
        /// Encodes a group, if it can be done at once, and says where it ends.
        ///
        /// # Safety
        ///
        /// There is room for four bytes for each character, and for sixteen more. The processor has
        /// SSSE3.
        unsafe fn encode_group(group: &[Self; GROUP], to: *mut u8) -> Option<*mut u8>;
    }

    /// All groups up to one that cannot be encoded at once.
    ///
    /// # Safety
    ///
    /// As [`Group::encode_group`], for all.
    #[target_feature(enable = "ssse3")]
    unsafe fn encode_groups<T: Group>(groups: &[[T; GROUP]], mut to: *mut u8) -> (usize, *mut u8) {
        for (done, group) in groups.iter().enumerate() {
            // SAFETY: as the caller says.
            match unsafe { T::encode_group(group, to) } {
                Some(end) => to = end,
                None => return (done, to),
            }
        }
        (groups.len(), to)
    }

    macro_rules! units {
        ($($unit:ty)*) => {
            $(
                impl Unit for $unit {
                    #[inline(always)]
                    unsafe fn encode(
                        groups: &[[Self; GROUP]],
                        to: *mut u8,
                        vectors: Vectors,
                    ) -> (usize, *mut u8) {
                        if !vectors.0 {
                            return (0, to);
                        }
                        // SAFETY: there is the room, and the processor has SSSE3.
                        unsafe { encode_groups(groups, to) }
                    }
                }
            )*
        };
    }

    units!(u8 u16 u32);

    impl Group for u8 {
        #[inline]
        #[target_feature(enable = "ssse3")]
        unsafe fn encode_group(group: &[u8; 8], to: *mut u8) -> Option<*mut u8> {
            // SAFETY: eight bytes can be read from the group, and the caller says the rest.
            unsafe {
                let bytes = _mm_loadl_epi64(group.as_ptr().cast());
                below_800(_mm_unpacklo_epi8(bytes, _mm_setzero_si128()), to)
            }
        }
    }

    impl Group for u16 {
        #[inline]
        #[target_feature(enable = "ssse3")]
        unsafe fn encode_group(group: &[u16; 8], to: *mut u8) -> Option<*mut u8> {
            // SAFETY: sixteen bytes can be read from the group, and the caller says the rest.
            unsafe { below_10000(_mm_loadu_si128(group.as_ptr().cast()), to) }
        }
    }

    impl Group for u32 {
        #[inline]
        #[target_feature(enable = "ssse3")]
        unsafe fn encode_group(group: &[u32; 8], to: *mut u8) -> Option<*mut u8> {
            let (halves, _) = group.as_chunks::<4>();
            // SAFETY: sixteen bytes can be read from each half, and the caller says the rest.
            unsafe {
                let [low, high] = [0, 1].map(|n: usize| _mm_loadu_si128(halves[n].as_ptr().cast()));
                let beyond = _mm_and_si128(_mm_or_si128(low, high), _mm_set1_epi32(!0xffff));
                if all_zero(beyond) {
                    // The lower half of each character.
                    let halves =
                        _mm_set_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 13, 12, 9, 8, 5, 4, 1, 0);
                    let [low, high] = [low, high].map(|half| _mm_shuffle_epi8(half, halves));
                    return below_10000(_mm_unpacklo_epi64(low, high), to);
                }
                let to = any(low, to)?;
                any(high, to)
            }
        }
    }

    /// Encodes eight characters below U+10000, of which none has to be escaped and none is a
    /// surrogate.
    ///
    /// # Safety
    ///
    /// There is room for thirty-two bytes.
    #[target_feature(enable = "ssse3")]
    #[inline]
    unsafe fn below_10000(units: __m128i, to: *mut u8) -> Option<*mut u8> {
        let zero = _mm_setzero_si128();
        let high = _mm_and_si128(units, _mm_set1_epi16(!0x7ff));
        let low = _mm_cmpeq_epi16(high, zero);
        // SAFETY: as the caller says.
        unsafe {
            match _mm_movemask_epi8(low) {
                0xffff => below_800(units, to),
                0 => three_each(units, high, to),
                _ => {
                    let to = any(_mm_unpacklo_epi16(units, zero), to)?;
                    any(_mm_unpackhi_epi16(units, zero), to)
                }
            }
        }
    }

    /// Encodes eight characters of U+0800 to U+FFFF, unless there is a surrogate; `high` are the
    /// upper five bits of each.
    ///
    /// # Safety
    ///
    /// There is room for thirty-two bytes.
    #[target_feature(enable = "ssse3")]
    #[inline]
    unsafe fn three_each(units: __m128i, high: __m128i, to: *mut u8) -> Option<*mut u8> {
        let all = |unit: i16| _mm_set1_epi16(unit);
        let surrogates = _mm_cmpeq_epi16(high, all(0xd800_u16.cast_signed()));
        if _mm_movemask_epi8(surrogates) != 0 {
            return None;
        }
        let six = |bits| _mm_or_si128(_mm_and_si128(bits, all(0x3f)), all(0x80));
        let first = _mm_or_si128(_mm_srli_epi16(units, 12), all(0xe0));
        let second = _mm_slli_epi16(six(_mm_srli_epi16(units, 6)), 8);
        let two = _mm_or_si128(first, second);
        let third = six(units);
        // Two bytes of `two` and one of `third` in turn; a place that is negative stays empty.
        let two_low = _mm_set_epi8(10, -1, 9, 8, -1, 7, 6, -1, 5, 4, -1, 3, 2, -1, 1, 0);
        let third_low = _mm_set_epi8(-1, 8, -1, -1, 6, -1, -1, 4, -1, -1, 2, -1, -1, 0, -1, -1);
        let two_high = _mm_set_epi8(
            -1, -1, -1, -1, -1, -1, -1, -1, -1, 15, 14, -1, 13, 12, -1, 11,
        );
        let third_high = _mm_set_epi8(
            -1, -1, -1, -1, -1, -1, -1, -1, 14, -1, -1, 12, -1, -1, 10, -1,
        );
        let merge = |of_two, of_third| {
            _mm_or_si128(
                _mm_shuffle_epi8(two, of_two),
                _mm_shuffle_epi8(third, of_third),
            )
        };
        // SAFETY: twenty-four bytes belong there, and eight more may be written.
        unsafe {
            _mm_storeu_si128(to.cast(), merge(two_low, third_low));
            _mm_storeu_si128(to.add(16).cast(), merge(two_high, third_high));
            Some(to.add(24))
        }
    }

    #[target_feature(enable = "ssse3")]
    #[inline]
    fn all_zero(register: __m128i) -> bool {
        _mm_movemask_epi8(_mm_cmpeq_epi8(register, _mm_setzero_si128())) == 0xffff
    }

    /// Encodes eight characters below U+0800, of which none has to be escaped.
    ///
    /// # Safety
    ///
    /// There is room for sixteen bytes.
    #[target_feature(enable = "ssse3")]
    #[inline]
    unsafe fn below_800(units: __m128i, to: *mut u8) -> Option<*mut u8> {
        let all = |unit: i16| _mm_set1_epi16(unit);
        let quotes = _mm_or_si128(
            _mm_cmpeq_epi16(units, all(0x22)),
            _mm_cmpeq_epi16(units, all(0x5c)),
        );
        let low = _mm_cmpgt_epi16(all(0x20), units);
        if _mm_movemask_epi8(_mm_or_si128(quotes, low)) != 0 {
            return None;
        }
        let ascii = _mm_cmpgt_epi16(all(0x80), units);
        let first = _mm_or_si128(_mm_srli_epi16(units, 6), all(0xc0));
        let last = _mm_or_si128(_mm_and_si128(units, all(0x3f)), all(0x80));
        let two = _mm_or_si128(first, _mm_slli_epi16(last, 8));
        let bytes = select(ascii, units, two);
        let lanes = _mm_movemask_epi8(_mm_packs_epi16(ascii, _mm_setzero_si128()));
        // SAFETY: as the caller says.
        unsafe { Some(SHORT.pack(bytes, lanes.cast_unsigned() as usize, to)) }
    }

    /// Encodes four characters, of which none has to be escaped and none is a surrogate.
    ///
    /// # Safety
    ///
    /// There is room for sixteen bytes.
    #[target_feature(enable = "ssse3")]
    #[inline(never)]
    unsafe fn any(characters: __m128i, to: *mut u8) -> Option<*mut u8> {
        let all = |unit: i32| _mm_set1_epi32(unit);
        let quotes = _mm_or_si128(
            _mm_cmpeq_epi32(characters, all(0x22)),
            _mm_cmpeq_epi32(characters, all(0x5c)),
        );
        let low = _mm_cmpgt_epi32(all(0x20), characters);
        let surrogates = _mm_cmpeq_epi32(_mm_and_si128(characters, all(!0x7ff)), all(0xd800));
        if _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, low), surrogates)) != 0 {
            return None;
        }
        let [two, three, four] =
            [0x7f, 0x7ff, 0xffff].map(|most| _mm_cmpgt_epi32(characters, all(most)));
        // What is behind the first byte of a character, the last byte last.
        let six = |bits| _mm_or_si128(_mm_and_si128(bits, all(0x3f)), all(0x80));
        let d = six(characters);
        let c = six(_mm_srli_epi32(characters, 6));
        let b = six(_mm_srli_epi32(characters, 12));
        let first = |bits, mark| _mm_or_si128(bits, all(mark));
        let of_two = _mm_or_si128(
            first(_mm_srli_epi32(characters, 6), 0xc0),
            _mm_slli_epi32(d, 8),
        );
        let of_three = _mm_or_si128(
            first(_mm_srli_epi32(characters, 12), 0xe0),
            _mm_or_si128(_mm_slli_epi32(c, 8), _mm_slli_epi32(d, 16)),
        );
        let of_four = _mm_or_si128(
            _mm_or_si128(
                first(_mm_srli_epi32(characters, 18), 0xf0),
                _mm_slli_epi32(b, 8),
            ),
            _mm_or_si128(_mm_slli_epi32(c, 16), _mm_slli_epi32(d, 24)),
        );
        let bytes = select(two, of_two, characters);
        let bytes = select(three, of_three, bytes);
        let bytes = select(four, of_four, bytes);
        // Two bits for each character say how many bytes there are behind its first.
        let odd = _mm_xor_si128(_mm_xor_si128(two, three), four);
        let lanes = |mask| _mm_movemask_ps(_mm_castsi128_ps(mask)).cast_unsigned() as usize;
        // SAFETY: as the caller says.
        unsafe { Some(LONG.pack(bytes, lanes(odd) | lanes(three) << 4, to)) }
    }

    #[inline(always)]
    fn select(mask: __m128i, yes: __m128i, no: __m128i) -> __m128i {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no)) }
    }

    /// Which bytes of a register to keep, in order, and how many these are.
    struct Moves {
        orders: [Order; 256],
        lengths: [u8; 256],
    }

    #[derive(Clone, Copy)]
    #[repr(align(16))]
    struct Order([u8; 16]);

    /// Eight characters of two bytes, or of one where a bit is set.
    static SHORT: Moves = {
        let mut moves = Moves::new();
        let mut lanes = 0;
        while lanes < moves.orders.len() {
            let mut lane = 0;
            while lane < GROUP {
                moves.keep(lanes, 2 * lane, 2 - (lanes >> lane & 1));
                lane += 1;
            }
            lanes += 1;
        }
        moves
    };

    /// Four characters of one to four bytes: of one, and of as many more as two bits say.
    static LONG: Moves = {
        let mut moves = Moves::new();
        let mut lanes = 0;
        while lanes < moves.orders.len() {
            let mut lane = 0;
            while lane < 4 {
                let more = (lanes >> lane & 1) + 2 * (lanes >> (lane + 4) & 1);
                moves.keep(lanes, 4 * lane, 1 + more);
                lane += 1;
            }
            lanes += 1;
        }
        moves
    };

    impl Moves {
        const fn new() -> Self {
            Self {
                orders: [Order([0; 16]); 256],
                lengths: [0; 256],
            }
        }

        /// Keeps `count` bytes from `first` on.
        const fn keep(&mut self, lanes: usize, first: usize, count: usize) {
            let mut byte = 0;
            while byte < count {
                self.orders[lanes].0[self.lengths[lanes] as usize] = (first + byte) as u8;
                self.lengths[lanes] += 1;
                byte += 1;
            }
        }

        /// Writes the bytes that are kept, and says where they end.
        ///
        /// # Safety
        ///
        /// There is room for sixteen bytes.
        #[target_feature(enable = "ssse3")]
        #[inline]
        unsafe fn pack(&self, bytes: __m128i, lanes: usize, to: *mut u8) -> *mut u8 {
            let lanes = lanes & 0xff;
            // SAFETY: sixteen bytes can be read from the order, and written as the caller says.
            unsafe {
                let order = _mm_loadu_si128(self.orders[lanes].0.as_ptr().cast());
                _mm_storeu_si128(to.cast(), _mm_shuffle_epi8(bytes, order));
                to.add(usize::from(self.lengths[lanes]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes as the vectors do and as the scalar code does.
    fn compare<T: Unit>(text: &[T]) {
        let mut scratch = Buffer::uninit();
        let mut buffer = Buffer::new(&mut scratch);
        let outcome = buffer.wide(text, false);
        let mut expected = vec![0; 6 * text.len() + 2];
        let start = expected.as_mut_ptr();
        // SAFETY: there is room for six bytes for each character.
        let end = unsafe { one_by_one(text, start, false) };
        match end {
            Err(Surrogate) => assert_eq!(outcome, Err(Surrogate)),
            Ok(end) => {
                assert_eq!(outcome, Ok(()));
                // SAFETY: both point into the vector.
                let length = unsafe { end.offset_from_unsigned(start) };
                let text = buffer.text();
                assert_eq!(text[1..text.len() - 1], expected[..length]);
            }
        }
    }

    #[test]
    fn mixtures_of_all_lengths() {
        let kinds: [&[u32]; 8] = [
            &[0x61, 0x20, 0x7e],
            &[0xe4, 0x7ff, 0x80],
            &[0x800, 0x4e00, 0xffff, 0xd7ff, 0xe000],
            &[0x1_0000, 0x1_f600, 0x10_ffff],
            &[0x61, 0xe4],
            &[0x61, 0xe4, 0x20ac, 0x1_f600],
            &[0x22, 0x61, 0xe4, 0x4e00],
            &[0xd800, 0x61, 0xe4, 0x4e00, 0x4e00, 0x4e00, 0x4e00, 0x4e00],
        ];
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let kind = kinds[random(kinds.len())];
            let text: Vec<u32> = (0..random(100)).map(|_| kind[random(kind.len())]).collect();
            compare(&text);
            let narrow: Option<Vec<u16>> = text.iter().map(|c| u16::try_from(*c).ok()).collect();
            if let Some(text) = narrow {
                compare(&text);
            }
            let bytes: Option<Vec<u8>> = text.iter().map(|c| u8::try_from(*c).ok()).collect();
            if let Some(text) = bytes {
                compare(&text);
            }
        }
    }
}
