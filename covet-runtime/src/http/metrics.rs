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

#[cfg(test)]
mod tests {
    use super::*;

    /// More than other tests, which run at the same time, ever count.
    const MANY: u64 = 1 << 60;

    fn rejected(wanted: Reason) -> u64 {
        let mut counts = rejections();
        counts
            .find(|(reason, _)| *reason == wanted)
            .map_or(0, |(_, count)| count)
    }

    #[test]
    fn what_is_counted_is_told_until_the_reset() {
        let [before, before_rejected] = [heads(), rejected(Reason::HeadTimeout)];
        count_head();
        for _ in 0..3 {
            count_rejection(Reason::HeadTimeout);
        }
        assert!(heads() > before);
        assert!(rejected(Reason::HeadTimeout) >= before_rejected + 3);
        assert!(rejections().all(|(_, count)| count > 0));

        HEADS.fetch_add(MANY, Relaxed);
        for count in &REJECTIONS {
            count.fetch_add(MANY, Relaxed);
        }
        let reasons: Vec<_> = rejections().map(|(reason, _)| reason).collect();
        assert_eq!(reasons, Reason::ALL);
        assert!(heads() >= MANY && rejections().all(|(_, count)| count >= MANY));
        reset();
        assert!(heads() < MANY && rejections().all(|(_, count)| count < MANY));
    }
}
