//! What was read and refused, counted over all readers of the process.
//!
//! The counters are relaxed: they tell how much happened, and order nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::rejection::Reason;

static HEADS: AtomicU64 = AtomicU64::new(0);
static REJECTIONS: [AtomicU64; Reason::ALL.len()] =
    [const { AtomicU64::new(0) }; Reason::ALL.len()];

/// Counts a head that was read.
#[inline]
pub fn count_head() {
    HEADS.fetch_add(1, Relaxed);
}

/// Counts a refusal.
#[cold]
pub fn count_rejection(reason: Reason) {
    REJECTIONS[reason as usize].fetch_add(1, Relaxed);
}

/// The heads read since the start or the last [`reset`].
pub fn heads() -> u64 {
    HEADS.load(Relaxed)
}

/// How often each reason was given, those left out that were not.
pub fn rejections() -> impl Iterator<Item = (Reason, u64)> {
    Reason::ALL
        .iter()
        .zip(&REJECTIONS)
        .map(|(reason, count)| (*reason, count.load(Relaxed)))
        .filter(|(_, count)| *count > 0)
}

/// Counts from zero again.
pub fn reset() {
    HEADS.store(0, Relaxed);
    for count in &REJECTIONS {
        count.store(0, Relaxed);
    }
}
