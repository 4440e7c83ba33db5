//! The time that a client has had to get on with its request.

use std::time::Instant;

/// Seconds that stand still while the client could not have sent anything.
///
/// Deadlines are for slow clients. When it is the app that is slow, and nothing is read from the
/// client or it has not got the `100 Continue` that it waits for, no time passes.
pub(super) struct Clock {
    epoch: Instant,
    lost: f64,
    stopped: Option<f64>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            lost: 0.0,
            stopped: None,
        }
    }

    fn elapsed(&self) -> f64 {
        self.epoch.elapsed().as_secs_f64()
    }

    pub(super) fn now(&self) -> f64 {
        self.at(Instant::now())
    }

    /// What `now` is at this time.
    pub(super) fn at(&self, now: Instant) -> f64 {
        let elapsed = || (now - self.epoch).as_secs_f64();
        self.stopped.unwrap_or_else(elapsed) - self.lost
    }

    pub(super) const fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    pub(super) fn stop(&mut self) {
        if self.stopped.is_none() {
            self.stopped = Some(self.elapsed());
        }
    }

    pub(super) fn go(&mut self) {
        if let Some(stopped) = self.stopped.take() {
            self.lost += self.elapsed() - stopped;
        }
    }
}
