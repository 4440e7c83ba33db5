//! A seeded hash of short byte strings.
//!
//! Path segments are short, and a table is built once and asked millions of times, so what
//! counts is the latency of one key of 1 to 30 bytes. Two overlapping words and one folded
//! 128-bit product cover sixteen bytes. The hash resists no adversary and need not: tables are
//! made from route declarations, with a seed that was searched until no key collides, and a key
//! from a request costs the same whatever it is.

/// The golden ratio's fraction. Its bytes `7f b9` occur in no UTF-8 text, so no part of a path
/// equals it, and a factor below can be zero under one seed but not under all.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
/// Spreads a length over all bits.
const SPREAD: u64 = 0xd6e8_feb8_6659_fd93;

/// The `attempt`th seed: the output function of `SplitMix64` (Steele, Lea, Flood 2014). A folded
/// product of regular operands is regular, so a seed must look random.
pub const fn seed(attempt: u64) -> u64 {
    let z = attempt.wrapping_mul(MIX);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Up to this many bytes are hashed without a loop.
pub(super) const SHORT: usize = 16;

/// Hashes `key` under `seed`.
#[inline(always)]
pub fn hash(key: &[u8], seed: u64) -> u64 {
    if key.len() > SHORT {
        hash_long(key, seed)
    } else {
        hash_short(key, seed)
    }
}

/// Hashes a `key` of at most [`SHORT`] bytes.
#[inline(always)]
pub(super) fn hash_short(key: &[u8], seed: u64) -> u64 {
    let length = key.len();
    let (first, last) = if length >= 8 {
        (word(key, 0), word(key, length - 8))
    } else if length >= 4 {
        (half(key, 0), half(key, length - 4))
    } else if length > 0 {
        let ends = u64::from(key[0]) | u64::from(key[length - 1]) << 8;
        (ends | u64::from(key[length / 2]) << 16, 0)
    } else {
        (0, 0)
    };
    finish(first, last, seed, length)
}

fn hash_long(key: &[u8], seed: u64) -> u64 {
    let mut state = seed;
    let mut at = 0;
    while at + 16 < key.len() {
        state = fold(word(key, at) ^ state, word(key, at + 8) ^ MIX);
        at += 16;
    }
    let end = key.len();
    finish(word(key, end - 16), word(key, end - 8), state, end)
}

#[inline(always)]
fn finish(first: u64, last: u64, seed: u64, length: usize) -> u64 {
    let spread = (length as u64).wrapping_mul(SPREAD);
    fold(first ^ seed.wrapping_add(spread), last ^ MIX)
}

/// The two halves of the 128-bit product, folded: every input bit reaches every output bit.
#[inline(always)]
pub(super) const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Whether two texts are equal, by the same words that [`hash`] reads when they are short.
///
/// It is not only the call of `memcmp` that is saved. An empty text may point nowhere, and some
/// processors take a hundred nanoseconds to find that `memcmp` need not read from there.
#[inline(always)]
pub(super) fn equal(one: &[u8], other: &[u8]) -> bool {
    let length = one.len();
    if length != other.len() {
        return false;
    }
    match length {
        0 => true,
        1..4 => [0, length / 2, length - 1]
            .iter()
            .all(|&at| one[at] == other[at]),
        4..8 => [0, length - 4]
            .iter()
            .all(|&at| half(one, at) == half(other, at)),
        8..=16 => [0, length - 8]
            .iter()
            .all(|&at| word(one, at) == word(other, at)),
        _ => one == other,
    }
}

#[inline(always)]
fn word(key: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&key[at..at + 8]);
    u64::from_le_bytes(word)
}

#[inline(always)]
fn half(key: &[u8], at: usize) -> u64 {
    let mut half = [0; 4];
    half.copy_from_slice(&key[at..at + 4]);
    u64::from(u32::from_le_bytes(half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn texts_are_equal_when_all_bytes_are() {
        for length in 0..40 {
            let text = vec![b'a'; length];
            assert!(equal(&text, &text.clone()));
            assert!(!equal(&text, &vec![b'a'; length + 1]));
            for changed in 0..length {
                let mut other = text.clone();
                other[changed] = b'b';
                assert!(!equal(&text, &other), "{length} {changed}");
            }
        }
    }

    #[test]
    fn near_misses_differ() {
        let mut seen = HashSet::new();
        for length in 0..64 {
            for changed in 0..=length {
                let mut key = vec![b'a'; length];
                if let Some(byte) = key.get_mut(changed) {
                    *byte = b'b';
                }
                seen.insert((hash(&key, seed(1)), key.clone()));
            }
        }
        let hashes: HashSet<_> = seen.iter().map(|(hash, _)| hash).collect();
        assert_eq!(hashes.len(), seen.len());
    }
}
