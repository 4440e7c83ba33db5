//! Eight characters at a time, or four, for processors with SSSE3: each is encoded in a lane of its own,
//! and a table says which bytes of the lanes to keep.

use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_andnot_si128, _mm_castsi128_ps, _mm_cmpeq_epi8, _mm_cmpeq_epi16,
    _mm_cmpeq_epi32, _mm_cmpgt_epi16, _mm_cmpgt_epi32, _mm_loadl_epi64, _mm_loadu_si128,
    _mm_movemask_epi8, _mm_movemask_ps, _mm_or_si128, _mm_packs_epi16, _mm_set_epi8,
    _mm_set1_epi16, _mm_set1_epi32, _mm_setzero_si128, _mm_shuffle_epi8, _mm_slli_epi16,
    _mm_slli_epi32, _mm_srli_epi16, _mm_srli_epi32, _mm_storeu_si128, _mm_unpackhi_epi16,
    _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi64, _mm_xor_si128,
};

/// How many characters are encoded at a time.
pub(super) const GROUP: usize = 8;

/// A group of characters in registers.
pub(super) trait Group: Sized {
    /// Encodes a group, if it can be done at once, and says where it ends.
    ///
    /// # Safety
    ///
    /// There is room for thirty-two bytes and sixteen more, and the processor has SSSE3.
    unsafe fn encode_group(group: &[Self; GROUP], to: *mut u8) -> Option<*mut u8>;
}

/// Encodes a text up to a group that cannot be encoded at once: how many characters these are, and
/// where they end.
///
/// # Safety
///
/// As [`Group::encode_group`], for all.
#[target_feature(enable = "ssse3")]
pub(super) unsafe fn encode<T: Group>(text: &[T], mut to: *mut u8) -> (usize, *mut u8) {
    let (groups, _) = text.as_chunks();
    for (done, group) in groups.iter().enumerate() {
        // SAFETY: as the caller says.
        match unsafe { T::encode_group(group, to) } {
            Some(end) => to = end,
            None => return (done * GROUP, to),
        }
    }
    (groups.len() * GROUP, to)
}

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
                let halves = _mm_set_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 13, 12, 9, 8, 5, 4, 1, 0);
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
