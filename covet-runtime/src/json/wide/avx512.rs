//! Up to thirty-two characters at a time, for processors with AVX-512 VBMI2: each is encoded in a lane
//! of its own, and one instruction leaves out the bytes that stayed zero. No character that is encoded
//! here has a byte of zero.

use std::arch::x86_64::{
    __m512i, _mm256_maskz_loadu_epi8, _mm512_and_si512, _mm512_castsi512_si256,
    _mm512_cmpgt_epu16_mask, _mm512_cmplt_epu16_mask, _mm512_cmplt_epu32_mask,
    _mm512_cvtepu8_epi16, _mm512_cvtepu16_epi32, _mm512_mask_blend_epi16, _mm512_mask_blend_epi32,
    _mm512_mask_cmpeq_epi16_mask, _mm512_mask_cmpeq_epi32_mask, _mm512_mask_cmplt_epu16_mask,
    _mm512_mask_cmplt_epu32_mask, _mm512_maskz_compress_epi8, _mm512_maskz_loadu_epi16,
    _mm512_maskz_loadu_epi32, _mm512_maskz_mov_epi16, _mm512_maskz_mov_epi32, _mm512_or_si512,
    _mm512_set1_epi16, _mm512_set1_epi32, _mm512_slli_epi16, _mm512_slli_epi32, _mm512_srli_epi16,
    _mm512_srli_epi32, _mm512_storeu_si512, _mm512_test_epi8_mask,
};

/// A text in lanes.
pub(super) trait Lanes: Sized {
    /// Encodes a text up to a character that has to be escaped or is a surrogate: how many characters
    /// these are, and where they end.
    ///
    /// # Safety
    ///
    /// There is room for four bytes for each character, and for sixty-four more. The processor has
    /// AVX-512 with VBMI2.
    unsafe fn encode(text: &[Self], to: *mut u8) -> (usize, *mut u8);
}

/// As many of the lowest bits as there are characters, thirty-two at most.
#[inline(always)]
const fn lowest(count: usize) -> u32 {
    if count >= 32 {
        u32::MAX
    } else {
        (1 << count) - 1
    }
}

impl Lanes for u8 {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
    unsafe fn encode(text: &[u8], to: *mut u8) -> (usize, *mut u8) {
        let (mut done, mut to) = (0, to);
        while done < text.len() {
            let rest = &text[done..];
            // SAFETY: only what is valid is read, and the caller says the rest.
            unsafe {
                let valid = lowest(rest.len());
                let bytes = _mm256_maskz_loadu_epi8(valid, rest.as_ptr().cast());
                let units = _mm512_cvtepu8_epi16(bytes);
                let stops = stops_below_800(units, valid);
                if stops != 0 {
                    let count = stops.trailing_zeros() as usize;
                    return (done + count, below_800(units, lowest(count), to));
                }
                to = below_800(units, valid, to);
                done += rest.len().min(32);
            }
        }
        (done, to)
    }
}

impl Lanes for u16 {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
    unsafe fn encode(text: &[u16], to: *mut u8) -> (usize, *mut u8) {
        let (mut done, mut to) = (0, to);
        while done < text.len() {
            let rest = &text[done..];
            // SAFETY: only what is valid is read, and the caller says the rest.
            unsafe {
                let valid = lowest(rest.len());
                let units = _mm512_maskz_loadu_epi16(valid, rest.as_ptr().cast());
                if _mm512_cmpgt_epu16_mask(units, _mm512_set1_epi16(0x7ff)) == 0 {
                    let stops = stops_below_800(units, valid);
                    if stops != 0 {
                        let count = stops.trailing_zeros() as usize;
                        return (done + count, below_800(units, lowest(count), to));
                    }
                    to = below_800(units, valid, to);
                    done += rest.len().min(32);
                    continue;
                }
                // Sixteen of them; the others are read again.
                let characters = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(units));
                let valid = valid as u16;
                let stops = stops(characters, valid);
                if stops != 0 {
                    let count = stops.trailing_zeros() as usize;
                    return (done + count, any(characters, lowest(count) as u16, to));
                }
                to = any(characters, valid, to);
                done += rest.len().min(16);
            }
        }
        (done, to)
    }
}

impl Lanes for u32 {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
    unsafe fn encode(text: &[u32], to: *mut u8) -> (usize, *mut u8) {
        let (mut done, mut to) = (0, to);
        while done < text.len() {
            let rest = &text[done..];
            // SAFETY: only what is valid is read, and the caller says the rest.
            unsafe {
                let valid = lowest(rest.len()) as u16;
                let characters = _mm512_maskz_loadu_epi32(valid, rest.as_ptr().cast());
                let stops = stops(characters, valid);
                if stops != 0 {
                    let count = stops.trailing_zeros() as usize;
                    return (done + count, any(characters, lowest(count) as u16, to));
                }
                to = any(characters, valid, to);
                done += rest.len().min(16);
            }
        }
        (done, to)
    }
}

/// Which of the valid characters, all below U+0800, have to be escaped.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
fn stops_below_800(units: __m512i, valid: u32) -> u32 {
    let all = |unit: i16| _mm512_set1_epi16(unit);
    _mm512_mask_cmplt_epu16_mask(valid, units, all(0x20))
        | _mm512_mask_cmpeq_epi16_mask(valid, units, all(0x22))
        | _mm512_mask_cmpeq_epi16_mask(valid, units, all(0x5c))
}

/// Which of the valid characters have to be escaped or are surrogates.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
fn stops(characters: __m512i, valid: u16) -> u16 {
    let all = |unit: i32| _mm512_set1_epi32(unit);
    let high = _mm512_and_si512(characters, all(!0x7ff));
    _mm512_mask_cmplt_epu32_mask(valid, characters, all(0x20))
        | _mm512_mask_cmpeq_epi32_mask(valid, characters, all(0x22))
        | _mm512_mask_cmpeq_epi32_mask(valid, characters, all(0x5c))
        | _mm512_mask_cmpeq_epi32_mask(valid, high, all(0xd800))
}

/// Encodes the characters in `lanes`, all below U+0800, and says where they end.
///
/// # Safety
///
/// There is room for sixty-four bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
unsafe fn below_800(units: __m512i, lanes: u32, to: *mut u8) -> *mut u8 {
    let all = |unit: i16| _mm512_set1_epi16(unit);
    let first = _mm512_or_si512(_mm512_srli_epi16(units, 6), all(0xc0));
    let last = _mm512_or_si512(_mm512_and_si512(units, all(0x3f)), all(0x80));
    let two = _mm512_or_si512(first, _mm512_slli_epi16(last, 8));
    let ascii = _mm512_cmplt_epu16_mask(units, all(0x80));
    let bytes = _mm512_mask_blend_epi16(ascii, two, units);
    // SAFETY: as the caller says.
    unsafe { pack(_mm512_maskz_mov_epi16(lanes, bytes), to) }
}

/// Encodes the characters in `lanes`, and says where they end.
///
/// # Safety
///
/// There is room for sixty-four bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
unsafe fn any(characters: __m512i, lanes: u16, to: *mut u8) -> *mut u8 {
    let all = |unit: i32| _mm512_set1_epi32(unit);
    // What is behind the first byte of a character, the last byte last.
    let six = |bits| _mm512_or_si512(_mm512_and_si512(bits, all(0x3f)), all(0x80));
    let d = six(characters);
    let c = six(_mm512_srli_epi32(characters, 6));
    let b = six(_mm512_srli_epi32(characters, 12));
    let first = |bits, mark| _mm512_or_si512(bits, all(mark));
    let of_two = _mm512_or_si512(
        first(_mm512_srli_epi32(characters, 6), 0xc0),
        _mm512_slli_epi32(d, 8),
    );
    let of_three = _mm512_or_si512(
        first(_mm512_srli_epi32(characters, 12), 0xe0),
        _mm512_or_si512(_mm512_slli_epi32(c, 8), _mm512_slli_epi32(d, 16)),
    );
    let of_four = _mm512_or_si512(
        _mm512_or_si512(
            first(_mm512_srli_epi32(characters, 18), 0xf0),
            _mm512_slli_epi32(b, 8),
        ),
        _mm512_or_si512(_mm512_slli_epi32(c, 16), _mm512_slli_epi32(d, 24)),
    );
    let below = |most| _mm512_cmplt_epu32_mask(characters, all(most));
    let bytes = _mm512_mask_blend_epi32(below(0x1_0000), of_four, of_three);
    let bytes = _mm512_mask_blend_epi32(below(0x800), bytes, of_two);
    let bytes = _mm512_mask_blend_epi32(below(0x80), bytes, characters);
    // SAFETY: as the caller says.
    unsafe { pack(_mm512_maskz_mov_epi32(lanes, bytes), to) }
}

/// Writes the bytes that are not zero, and says where they end.
///
/// # Safety
///
/// There is room for sixty-four bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2,popcnt")]
unsafe fn pack(bytes: __m512i, to: *mut u8) -> *mut u8 {
    let kept = _mm512_test_epi8_mask(bytes, bytes);
    // SAFETY: as the caller says.
    unsafe {
        _mm512_storeu_si512(to.cast(), _mm512_maskz_compress_epi8(kept, bytes));
        to.add(kept.count_ones() as usize)
    }
}
