//! What was read, refused and matched, counted over all readers of the process.
//!
//! The counters are relaxed: they tell how much happened, and order nothing. What is done for each
//! request is timed only when somebody wants to know.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::rejection::Reason;

static HEADS: AtomicU64 = AtomicU64::new(0);
static REJECTIONS: [AtomicU64; Reason::ALL.len()] =
    [const { AtomicU64::new(0) }; Reason::ALL.len()];

static MATCHES: AtomicU64 = AtomicU64::new(0);

static TIMING: AtomicBool = AtomicBool::new(false);
static TIMED_HEADS: Timed = Timed::new();
static TIMED_MATCHES: Timed = Timed::new();

/// How often something was timed, and how long it took in nanoseconds.
struct Timed {
    count: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Timed {
    const fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
        }
    }

    #[cold]
    fn add(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.count.fetch_add(1, Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    fn get(&self) -> (u64, u64) {
        (self.count.load(Relaxed), self.nanoseconds.load(Relaxed))
    }

    fn reset(&self) {
        self.count.store(0, Relaxed);
        self.nanoseconds.store(0, Relaxed);
    }
}

/// Whether heads and matches are timed from now on.
pub fn set_timing(timing: bool) {
    TIMING.store(timing, Relaxed);
}

/// Reads a head, which `is_head` tells from none.
#[inline]
pub fn read<T>(read: impl FnOnce() -> T, is_head: impl FnOnce(&T) -> bool) -> T {
    if !TIMING.load(Relaxed) {
        return read();
    }
    let began = Instant::now();
    let result = read();
    if is_head(&result) {
        TIMED_HEADS.add(began.elapsed());
    }
    result
}

/// Counts a search for the endpoint of a request, and does it.
///
/// The addition is not one instruction, which would take a good part of the time of the search: two
/// threads that search at the same moment, without a GIL, may be counted as one.
#[inline(always)]
pub fn find<T>(find: impl FnOnce() -> T) -> T {
    MATCHES.store(MATCHES.load(Relaxed).wrapping_add(1), Relaxed);
    if !TIMING.load(Relaxed) {
        return find();
    }
    let began = Instant::now();
    let found = find();
    TIMED_MATCHES.add(began.elapsed());
    found
}

/// The searches for endpoints.
pub fn matches() -> u64 {
    MATCHES.load(Relaxed)
}

/// The number of heads that were timed, and how long they took together in nanoseconds.
pub fn timed_heads() -> (u64, u64) {
    TIMED_HEADS.get()
}

/// The same of searches for endpoints.
pub fn timed_matches() -> (u64, u64) {
    TIMED_MATCHES.get()
}

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
    MATCHES.store(0, Relaxed);
    TIMED_HEADS.reset();
    TIMED_MATCHES.reset();
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

        // In the same test, because nothing may be reset meanwhile.
        let timed = || (timed_heads().0, timed_matches().0);
        let before = timed();
        assert_eq!((read(|| 1, |_| true), find(|| 2)), (1, 2));
        assert!(matches() > 0);
        set_timing(true);
        assert_eq!((read(|| 3, |_| true), find(|| 4)), (3, 4));
        assert_eq!(read(|| 5, |_| false), 5);
        set_timing(false);
        assert!(timed().0 > before.0 && timed().1 > before.1);
    }
}
