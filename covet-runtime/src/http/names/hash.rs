//! What of a name is hashed and compared.

/// How many bytes of a name are looked at together.
pub(super) const TAIL: usize = 16;

/// Masks for the last bytes of a word of sixteen, by how many they are.
pub(super) const MASKS: [u128; TAIL + 1] = {
    let mut masks = [0; TAIL + 1];
    let mut length = 1;
    while length <= TAIL {
        masks[length] = u128::MAX << (8 * (TAIL - length));
        length += 1;
    }
    masks
};

/// A word of a token in lower case.
#[inline(always)]
pub(super) const fn lower(bytes: [u8; TAIL]) -> u128 {
    u128::from_le_bytes(bytes) | u128::from_ne_bytes([0x20; TAIL])
}

/// The last sixteen bytes of a name in lower case, with zeros before it.
pub(super) const fn tail(name: &[u8]) -> u128 {
    let mut bytes = [0; TAIL];
    let mut length = 0;
    while length < TAIL && length < name.len() {
        length += 1;
        bytes[TAIL - length] = name[name.len() - length];
    }
    lower(bytes) & MASKS[length]
}

/// The first sixteen bytes of a name in lower case, zeros if it has fewer.
pub(super) const fn head(name: &[u8]) -> u128 {
    match name.first_chunk() {
        Some(bytes) => lower(*bytes),
        None => 0,
    }
}

#[inline(always)]
pub(super) const fn mix(tail: u128) -> u64 {
    (tail as u64).rotate_left(29) ^ (tail >> 64) as u64
}

#[inline(always)]
pub(super) const fn slot(mix: u64, seed: u64, shift: u32) -> usize {
    (mix.wrapping_mul(seed) >> shift) as usize
}

pub(super) const fn shift(slots: usize) -> u32 {
    64 - slots.trailing_zeros()
}

/// The multiplier of a try: odd, so that no bit of a name is lost.
pub(super) const fn seed(number: u64) -> u64 {
    // A step of SplitMix64 (Steele, Lea, Flood), whose output passes for random.
    let mut seed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (seed ^ (seed >> 31)) | 1
}
