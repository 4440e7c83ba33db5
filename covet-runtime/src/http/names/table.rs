//! The table that names are looked up in.
//!
//! It is a perfect hash over the last sixteen bytes, which are loaded at once: the bytes before
//! a short name (there is always a request line) are masked off. Case is folded by setting bit 5
//! of every byte. For the bytes of the table's own names that is exact, because they are `a`–`z`,
//! `0`–`9` and `-` alone, and the only other bytes that fold to those are control characters,
//! which no token has.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::fmt;

use super::hash::{MASKS, TAIL, head, lower, mix, seed, shift, slot, tail};
use super::{COMMON, COMMON_ENTRIES, FieldId};

/// A name, and what decides most comparisons with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The last sixteen bytes, with zeros before them if there are fewer.
    tail: u128,
    /// The first sixteen bytes, zeros if there are fewer.
    head: u128,
    name: Cow<'static, str>,
}

impl Entry {
    /// A name in generated code: `a`–`z`, `0`–`9` and `-` alone.
    pub const fn new(name: &'static str) -> Self {
        Self {
            tail: tail(name.as_bytes()),
            head: head(name.as_bytes()),
            name: Cow::Borrowed(name),
        }
    }

    fn owned(name: String) -> Self {
        Self {
            tail: tail(name.as_bytes()),
            head: head(name.as_bytes()),
            name: Cow::Owned(name),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether `name`, whose last sixteen bytes are those of this one, is this one.
    #[inline(always)]
    fn has_start_of(&self, name: &[u8]) -> bool {
        name.len() == self.name.len()
            && (head(name) == self.head)
            && (name.len() <= 2 * TAIL || self.name.as_bytes().eq_ignore_ascii_case(name))
    }
}

/// A table of field names.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldNames {
    seed: u64,
    /// What is left of the hash: the number of slots is a power of two.
    shift: u32,
    /// Ids; [`FieldId::NONE`] where there is none.
    slots: Cow<'static, [u16]>,
    entries: Cow<'static, [Entry]>,
    /// Ids of names that no seed tells from an earlier one, compared one after the other.
    others: Cow<'static, [u16]>,
}

const COMMON_SLOTS: usize = 256;
/// The first try whose seed separates the common names; found by trying.
const COMMON_TRY: u64 = 4470;
const COMMON_SEED: u64 = seed(COMMON_TRY);

static COMMON_TABLE: FieldNames = {
    static ENTRIES: [Entry; COMMON.len()] = COMMON_ENTRIES;
    static SLOTS: [u16; COMMON_SLOTS] = slots(COMMON_SEED, &ENTRIES, &[]);
    FieldNames::from_static(COMMON_SEED, &SLOTS, &ENTRIES, &[])
};

/// Which id is in each of `COUNT` slots, for [`FieldNames::from_static`]. `others` are the ids that
/// get no slot.
///
/// # Panics
///
/// At compile time, when `seed` is not one that [`FieldNames::build`] found for that many slots.
pub const fn slots<const COUNT: usize>(
    seed: u64,
    entries: &[Entry],
    others: &[u16],
) -> [u16; COUNT] {
    let mut slots = [FieldId::NONE.0; COUNT];
    let (mut id, mut other) = (0, 0);
    while id < entries.len() {
        if other < others.len() && others[other] as usize == id {
            other += 1;
        } else {
            let slot = slot(mix(entries[id].tail), seed, shift(COUNT));
            assert!(slots[slot] == FieldId::NONE.0, "two names have one slot");
            slots[slot] = id as u16;
        }
        id += 1;
    }
    slots
}

impl FieldNames {
    /// The table of the common names alone.
    pub fn common() -> &'static Self {
        &COMMON_TABLE
    }

    /// A table in generated code, made of the parts of one that [`FieldNames::build`] returned.
    /// The number of slots is a power of two.
    pub const fn from_static(
        seed: u64,
        slots: &'static [u16],
        entries: &'static [Entry],
        others: &'static [u16],
    ) -> Self {
        Self {
            seed,
            shift: shift(slots.len()),
            slots: Cow::Borrowed(slots),
            entries: Cow::Borrowed(entries),
            others: Cow::Borrowed(others),
        }
    }

    /// The table of the common names and of `extra`, which get the ids behind them in
    /// alphabetical order. The same names give the same table.
    ///
    /// Names are taken in lower case. One that has other bytes than letters, digits and `-`, or
    /// for which no id is left, is left out: fields of that name have no id.
    pub fn build(extra: &[&str]) -> Self {
        let mut extra: Vec<_> = extra
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name.bytes().all(is_plain))
            .filter(|name| !COMMON.contains(&name.as_str()))
            .collect();
        extra.sort_unstable();
        extra.dedup();
        let mut entries = COMMON_ENTRIES.to_vec();
        entries.extend(extra.into_iter().map(Entry::owned));
        entries.truncate(usize::from(FieldId::NONE.0));

        let (mut mixes, mut others) = (BTreeMap::new(), Vec::new());
        for (id, entry) in (0..).zip(&entries) {
            match mixes.entry(mix(entry.tail)) {
                Vacant(place) => drop(place.insert(id)),
                Occupied(_) => others.push(id),
            }
        }
        let (seed, slots) = place(&mixes);
        Self {
            seed,
            shift: shift(slots.len()),
            slots: Cow::Owned(slots),
            entries: Cow::Owned(entries),
            others: Cow::Owned(others),
        }
    }

    /// The seed, for generated code.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of slots, for generated code.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The ids of names that are compared one after the other, for generated code.
    pub fn others(&self) -> &[u16] {
        &self.others
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no names, which is never so.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The name of an id, in lower case.
    pub fn name(&self, id: FieldId) -> Option<&str> {
        Some(self.entries.get(usize::from(id.0))?.name())
    }

    /// The id of `name`, a token of any case, or [`FieldId::NONE`].
    pub fn find(&self, name: &[u8]) -> FieldId {
        self.finder().find(name, tail(name))
    }

    /// What look-ups in a row need, at hand.
    #[inline(always)]
    pub(in super::super) fn finder(&self) -> Finder<'_> {
        Finder {
            seed: self.seed,
            shift: self.shift,
            slots: &self.slots,
            entries: &self.entries,
            others: &self.others,
        }
    }
}

impl fmt::Debug for FieldNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.entries.iter().map(Entry::name);
        f.debug_tuple("FieldNames")
            .field(&names.collect::<Vec<_>>())
            .finish()
    }
}

/// [`FieldNames`] taken apart for a loop.
#[derive(Clone, Copy)]
pub(in super::super) struct Finder<'a> {
    seed: u64,
    shift: u32,
    slots: &'a [u16],
    entries: &'a [Entry],
    others: &'a [u16],
}

impl Finder<'_> {
    /// The id of the token `name`, which ends at `end` in `bytes`.
    #[inline(always)]
    pub(in super::super) fn find_in(&self, bytes: &[u8], end: usize, name: &[u8]) -> FieldId {
        match bytes.get(..end).and_then(<[u8]>::last_chunk) {
            Some(bytes) => self.find(name, lower(*bytes) & MASKS[name.len().min(TAIL)]),
            None => self.find_alone(name),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_alone(&self, name: &[u8]) -> FieldId {
        self.find(name, tail(name))
    }

    #[inline(always)]
    fn find(&self, name: &[u8], tail: u128) -> FieldId {
        let slot = slot(mix(tail), self.seed, self.shift);
        let id = self.slots.get(slot).copied().unwrap_or(FieldId::NONE.0);
        if let Some(entry) = self.entries.get(usize::from(id))
            && entry.tail == tail
            && (name.len() < TAIL || entry.has_start_of(name))
        {
            return FieldId(id);
        }
        if self.others.is_empty() {
            FieldId::NONE
        } else {
            self.find_other(name)
        }
    }

    #[cold]
    #[inline(never)]
    fn find_other(&self, name: &[u8]) -> FieldId {
        let equal = |id: &u16| {
            self.entries
                .get(usize::from(*id))
                .is_some_and(|entry| entry.name.as_bytes().eq_ignore_ascii_case(name))
        };
        let mut others = self.others.iter().copied();
        others.find(equal).map_or(FieldId::NONE, FieldId)
    }
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')
}

/// Finds a seed that gives every name a slot of its own, with twice the slots whenever a good
/// number of seeds did not.
fn place(ids: &BTreeMap<u64, u16>) -> (u64, Vec<u16>) {
    const TRIES: u64 = 4096;
    let mut count = (4 * ids.len()).next_power_of_two();
    loop {
        let mut slots = vec![FieldId::NONE.0; count];
        for seed in (0..TRIES).map(seed) {
            let alone = ids.iter().all(|(mix, id)| {
                let slot = slot(*mix, seed, shift(count));
                std::mem::replace(&mut slots[slot], *id) == FieldId::NONE.0
            });
            if alone {
                return (seed, slots);
            }
            slots.fill(FieldId::NONE.0);
        }
        count *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(names: &FieldNames, name: &str) -> FieldId {
        let found = names.find(name.as_bytes());
        // The same behind a request line, where the bytes before it are others.
        let bytes = format!("GET / HTTP/1.1\r\n{name}: \r\n");
        let end = 16 + name.len();
        let within = names
            .finder()
            .find_in(bytes.as_bytes(), end, name.as_bytes());
        assert_eq!(within, found, "{name}");
        found
    }

    #[test]
    fn common_names_are_found_in_any_case() {
        let names = FieldNames::common();
        assert_eq!(names.len(), COMMON.len());
        for (number, name) in (0..).zip(COMMON) {
            assert_eq!(id(names, name), FieldId(number));
            assert_eq!(id(names, &name.to_uppercase()), FieldId(number));
            assert_eq!(names.name(FieldId(number)), Some(*name));
        }
        assert_eq!(names.name(FieldId::NONE), None);
    }

    #[test]
    fn other_names_are_not_found() {
        let names = FieldNames::common();
        for name in COMMON {
            for other in [
                format!("x{name}"),
                format!("{name}s"),
                name.replace('-', "_"),
                name[1..].to_owned(),
                name[..name.len() - 1].to_owned(),
            ] {
                let expected = COMMON.contains(&other.as_str());
                assert_eq!(id(names, &other) != FieldId::NONE, expected, "{other}");
            }
        }
        assert_eq!(id(names, "content_length"), FieldId::NONE);
        assert_eq!(id(names, ""), FieldId::NONE);
    }

    #[test]
    fn an_app_has_names_of_its_own() {
        let names = FieldNames::build(&["X-Mine", "x-another", "Host", "x_none", "", "x-mine"]);
        let first = COMMON.len() as u16;
        assert_eq!(id(&names, "host"), FieldId::HOST);
        assert_eq!(id(&names, "X-Another"), FieldId(first));
        assert_eq!(id(&names, "x-mine"), FieldId(first + 1));
        assert_eq!(id(&names, "x_none"), FieldId::NONE);
        assert_eq!(names.len(), COMMON.len() + 2);
        assert_eq!(names, FieldNames::build(&["x-another", "x-mine"]));
    }

    #[test]
    fn names_that_only_differ_before_the_tail() {
        // Sixteen equal bytes at the end are all that is hashed.
        let extra: Vec<_> =
            (0..40)
                .map(|n| format!("x-{n}-0123456789abcdef"))
                .chain((0..40).map(|n| {
                    format!("x-a-name-of-more-than-thirty-two-bytes-{n}-0123456789abcdef")
                }))
                .collect();
        let names = FieldNames::build(&extra.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(names.others().len(), 79);
        let mut found: Vec<_> = extra.iter().map(|name| id(&names, name)).collect();
        found.sort_unstable();
        found.dedup();
        assert!(found.len() == 80 && !found.contains(&FieldId::NONE));
        assert_eq!(id(&names, "x-40-0123456789abcdef"), FieldId::NONE);
    }

    #[test]
    fn large_tables() {
        let extra: Vec<_> = (0..500).map(|n| format!("x-header-{n}")).collect();
        let names = FieldNames::build(&extra.iter().map(String::as_str).collect::<Vec<_>>());
        for name in &extra {
            assert_eq!(names.name(id(&names, name)), Some(name.as_str()));
        }
    }

    #[test]
    fn parts_make_the_same_table() {
        let extra = ["x-mine", "x-1-0123456789abcdef", "x-2-0123456789abcdef"];
        let built = FieldNames::build(&extra);
        let entries: Vec<_> = COMMON
            .iter()
            .chain(&[extra[1], extra[2], extra[0]])
            .map(|name| Entry::new(name))
            .collect();
        assert_eq!(built.others(), [COMMON.len() as u16 + 1]);
        assert_eq!(built.slots(), 512);
        let slots: [u16; 512] = slots(built.seed(), &entries, built.others());
        let again = FieldNames::from_static(
            built.seed(),
            Vec::leak(slots.to_vec()),
            Vec::leak(entries),
            Vec::leak(built.others().to_vec()),
        );
        assert_eq!(again, built);
        for name in extra {
            let id = id(&again, name);
            assert_eq!(again.name(id), Some(name));
        }
    }

    #[test]
    fn a_table_shows_its_names() {
        let names = FieldNames::build(&["x-mine"]);
        assert!(!names.is_empty());
        let shown = format!("{names:?}");
        assert!(shown.starts_with("FieldNames([\"host\", \"content-length\", "));
        assert!(shown.ends_with(", \"x-requested-with\", \"x-mine\"])"));
    }
}
