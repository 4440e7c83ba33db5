//! A map whose keys are known when it is built, without collisions.
//!
//! Hash and displace (Belazzougui, Botelho, Dietzfelbinger: "Hash, displace, and compress"): a
//! first hash picks a bucket, the bucket's displacement picks the slot, and displacements are
//! searched at build time until every key has a slot of its own. A look-up is one hash, two
//! loads and one comparison, whatever the number of keys and whether the key is there or not.

use std::borrow::Cow;

use super::hash::{self, equal, fold, hash};

/// Where a key stands in [`PerfectMap::keys`], and what it maps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// First byte of the key.
    pub start: u32,
    /// Length of the key in bytes.
    pub length: u32,
    /// The value.
    pub value: u32,
}

impl Slot {
    /// A slot that no key took. No key is this long: keys are parts of URL paths.
    pub const EMPTY: Self = Self {
        start: 0,
        length: u32::MAX,
        value: 0,
    };

    /// A slot in generated code.
    pub const fn new(start: u32, length: u32, value: u32) -> Self {
        Self {
            start,
            length,
            value,
        }
    }
}

/// Byte strings to numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerfectMap {
    /// Seed of the first hash.
    pub seed: u64,
    /// One displacement for each bucket.
    pub displacements: Cow<'static, [u32]>,
    /// The slots; more than there are keys, so that the search for displacements stays short.
    pub slots: Cow<'static, [Slot]>,
    /// All keys, one behind the other.
    pub keys: Cow<'static, [u8]>,
    /// Bit `n` is set when a key has `n` bytes; the last bit stands for all lengths from there on.
    lengths: u64,
}

impl PerfectMap {
    /// A map in generated code, made of the parts of one that [`PerfectMap::build`] returned.
    pub const fn from_static(
        seed: u64,
        displacements: &'static [u32],
        slots: &'static [Slot],
        keys: &'static [u8],
    ) -> Self {
        Self {
            seed,
            displacements: Cow::Borrowed(displacements),
            slots: Cow::Borrowed(slots),
            keys: Cow::Borrowed(keys),
            lengths: lengths(slots),
        }
    }

    /// Builds the map of `entries`, whose keys are distinct. The same entries in the same order
    /// give the same map.
    ///
    /// # Panics
    ///
    /// When two keys are equal, or when all keys together are 4 GiB or more.
    pub fn build(entries: &[(&[u8], u32)]) -> Self {
        let mut keys = Vec::new();
        let mut placed = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let start = u32::try_from(keys.len()).expect("the keys of one table fit in 4 GiB");
            placed.push(Slot {
                start,
                length: key.len() as u32,
                value: *value,
            });
            keys.extend_from_slice(key);
        }
        let mut sorted: Vec<_> = entries.iter().map(|(key, _)| *key).collect();
        sorted.sort_unstable();
        assert!(
            sorted.windows(2).all(|pair| pair[0] != pair[1]),
            "two keys are equal"
        );

        (1_u64..)
            .map(hash::seed)
            .find_map(|seed| {
                let hashes: Vec<_> = entries.iter().map(|(key, _)| hash(key, seed)).collect();
                let (displacements, slots) = displace(&hashes, &placed)?;
                Some(Self {
                    seed,
                    displacements: displacements.into(),
                    lengths: lengths(&slots),
                    slots: slots.into(),
                    keys: Cow::Owned(keys.clone()),
                })
            })
            .expect("the search for a seed has no end")
    }

    /// The value of `key`.
    #[inline(always)]
    pub fn get(&self, key: &[u8]) -> Option<u32> {
        if !self.has_length(key.len()) {
            return None;
        }
        if key.len() > hash::SHORT {
            return self.get_long(key);
        }
        self.get_by_hash(key, hash::hash_short(key, self.seed))
    }

    /// Whether some key has this many bytes.
    #[inline(always)]
    pub const fn has_length(&self, length: usize) -> bool {
        self.lengths & length_bit(length) != 0
    }

    #[inline(never)]
    fn get_long(&self, key: &[u8]) -> Option<u32> {
        self.get_by_hash(key, hash(key, self.seed))
    }

    #[inline(always)]
    fn get_by_hash(&self, key: &[u8], hash: u64) -> Option<u32> {
        // `build` makes at least one bucket and one slot, and `reduce` stays below the count.
        let displacement = self.displacements[reduce(hash, self.displacements.len())];
        let slot = &self.slots[slot_of(hash, displacement, self.slots.len())];
        if slot.length as usize != key.len() {
            return None;
        }
        let start = slot.start as usize;
        equal(&self.keys[start..start + key.len()], key).then_some(slot.value)
    }

    /// The number of bytes that the tables take.
    pub fn size(&self) -> usize {
        self.displacements.len() * 4 + self.slots.len() * size_of::<Slot>() + self.keys.len()
    }
}

/// The lengths of all keys.
const fn lengths(slots: &[Slot]) -> u64 {
    let (mut lengths, mut index) = (0, 0);
    while index < slots.len() {
        if slots[index].length != Slot::EMPTY.length {
            lengths |= length_bit(slots[index].length as usize);
        }
        index += 1;
    }
    lengths
}

#[inline(always)]
const fn length_bit(length: usize) -> u64 {
    1 << if length < 63 { length } else { 63 }
}

/// Places every hash, largest buckets first, or gives up on this seed.
fn displace(hashes: &[u64], entries: &[Slot]) -> Option<(Vec<u32>, Vec<Slot>)> {
    const TRIES: u32 = 1 << 16;
    let bucket_count = hashes.len() / 3 + 1;
    let slot_count = hashes.len() + hashes.len() / 4 + 1;

    let mut buckets = vec![Vec::new(); bucket_count];
    for (key, hash) in hashes.iter().enumerate() {
        buckets[reduce(*hash, bucket_count)].push(key);
    }
    let mut order: Vec<usize> = (0..bucket_count).collect();
    order.sort_by_key(|bucket| std::cmp::Reverse(buckets[*bucket].len()));

    let mut slots = vec![Slot::EMPTY; slot_count];
    let mut displacements = vec![0; bucket_count];
    let mut taken = Vec::new();
    for bucket in order {
        let keys = &buckets[bucket];
        let displacement = (0..TRIES).find(|displacement| {
            taken.clear();
            keys.iter().all(|key| {
                let slot = slot_of(hashes[*key], *displacement, slot_count);
                let free = slots[slot] == Slot::EMPTY && !taken.contains(&slot);
                taken.push(slot);
                free
            })
        })?;
        displacements[bucket] = displacement;
        for (key, slot) in keys.iter().zip(&taken) {
            slots[*slot] = entries[*key];
        }
    }
    Some((displacements, slots))
}

#[inline(always)]
fn slot_of(hash: u64, displacement: u32, slots: usize) -> usize {
    reduce(
        fold(hash, 0xd6e8_feb8_6659_fd93 ^ u64::from(displacement)),
        slots,
    )
}

/// Maps the upper half of `hash` to `0..count` without a division (Lemire: "Fast Random Integer
/// Generation in an Interval").
#[inline(always)]
fn reduce(hash: u64, count: usize) -> usize {
    (((hash >> 32) * count as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_and_nothing_else() {
        for count in [0, 1, 2, 3, 10, 100, 5_000] {
            let keys: Vec<_> = (0..count)
                .map(|n| format!("/route{n}/x").into_bytes())
                .collect();
            let entries: Vec<_> = (0..)
                .zip(&keys)
                .map(|(n, key)| (key.as_slice(), n))
                .collect();
            let map = PerfectMap::build(&entries);
            for (key, value) in &entries {
                assert_eq!(map.get(key), Some(*value));
                assert_eq!(map.get(&key[..key.len() - 1]), None);
            }
            assert_eq!(map.get(b""), None);
            assert_eq!(map.get(&[b'x'; 8192]), None);
            assert_eq!(map, PerfectMap::build(&entries));
        }
    }

    #[test]
    fn the_empty_key_is_a_key() {
        assert_eq!(PerfectMap::build(&[(b"", 7)]).get(b""), Some(7));
    }
}
