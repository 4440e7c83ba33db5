//! Bytes in and out, and how long they take.

use std::time::Instant;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::Connection;
use crate::http::Reader;
use crate::python::serving::clock::Clock;
use crate::python::serving::exchange::{Exchange, with_another};

/// How many bytes of responses are gathered before they are written.
const GATHERED: usize = 65_536;
/// How much memory for gathering a connection keeps while it is idle.
const KEPT: usize = 4096;
/// From how many bytes on a body is not copied to stand behind its head.
const LARGE: usize = 262_144;

#[allow(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
pub(super) struct Wire {
    pub(super) reader: Reader,
    pub(super) clock: Clock,
    /// When it last came to it to answer: bytes arrived, a response was complete, or the loop let it
    /// go on.
    pub(super) latest: Instant,
    pub(super) transport: Option<Py<PyAny>>,
    pub(super) write: Option<Py<PyAny>>,
    /// The request that is being answered.
    pub(super) exchange: Option<Py<Exchange>>,
    /// What is to be written when all that has arrived is answered.
    pub(super) out: Vec<u8>,
    /// Whether `out` is in use.
    pub(super) gathering: bool,
    /// Whether `advance` is to be called.
    pub(super) advance_is_due: bool,
    pub(super) flush_is_due: bool,
    pub(super) reading_paused: bool,
    pub(super) writing_paused: bool,
    pub(super) waiting_to_write: Vec<Py<PyAny>>,
    pub(super) timer: Option<Py<PyAny>>,
    /// When the timer goes off, by the clock.
    pub(super) timer_at: f64,
    /// Whether requests may begin in place.
    pub(super) in_place: bool,
    /// Responses that uvicorn has not been told of.
    pub(super) completed: u64,
    pub(super) closing: bool,
    pub(super) lost: bool,
}

/// What a wire refers to.
pub(super) struct Objects {
    pub(super) exchange: Option<Py<Exchange>>,
    pub(super) transport: Option<Py<PyAny>>,
    pub(super) write: Option<Py<PyAny>>,
    pub(super) timer: Option<Py<PyAny>>,
    pub(super) waiting: Vec<Py<PyAny>>,
}

impl Wire {
    /// Takes them out, to be used and dropped when the state is given back.
    pub(super) fn let_go(&mut self) -> Objects {
        Objects {
            exchange: self.exchange.take(),
            transport: self.transport.take(),
            write: self.write.take(),
            timer: self.timer.take(),
            waiting: std::mem::take(&mut self.waiting_to_write),
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.clock.go();
        self.latest = Instant::now();
        self.reader.feed(bytes, self.clock.at(self.latest));
    }
}

impl Connection {
    /// Writes parts that belong together.
    pub(in crate::python::serving) fn write(
        &self,
        py: Python<'_>,
        parts: &[&[u8]],
    ) -> PyResult<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length == 0 {
            return Ok(());
        }
        let (is_gathered, has_more) = self.wire.with(py, |wire| {
            // Without another request there is nothing to wait for: what runs may take its time.
            let has_more = wire.gathering && wire.reader.buffered() > 0;
            let fits = wire.out.len() + length <= GATHERED;
            let is_gathered = fits && (has_more || !wire.out.is_empty());
            if is_gathered {
                wire.out.reserve(length);
                for part in parts {
                    wire.out.extend_from_slice(part);
                }
            }
            (is_gathered, has_more)
        });
        if is_gathered {
            return if has_more {
                Ok(())
            } else {
                self.write_gathered(py)
            };
        }
        self.write_gathered(py)?;
        if length < LARGE {
            return self.write_now(py, length, parts);
        }
        parts
            .iter()
            .filter(|part| !part.is_empty())
            .try_for_each(|part| self.write_now(py, part.len(), &[part]))
    }

    /// What is to be written soon, to be given back to `gather` with more behind it.
    pub(in crate::python::serving) fn take_gathered(&self, py: Python<'_>) -> Vec<u8> {
        let mut out = self.wire.with(py, |wire| std::mem::take(&mut wire.out));
        out.reserve(512);
        out
    }

    /// Writes what was taken and added to, soon if there may be more.
    pub(in crate::python::serving) fn gather(&self, py: Python<'_>, out: Vec<u8>) -> PyResult<()> {
        let is_due = self.wire.with(py, |wire| {
            wire.out = out;
            !wire.gathering || wire.out.len() > GATHERED
        });
        if is_due {
            return self.write_gathered(py);
        }
        Ok(())
    }

    fn write_now(&self, py: Python<'_>, length: usize, parts: &[&[u8]]) -> PyResult<()> {
        let write = self
            .wire
            .with(py, |wire| wire.write.as_ref().map(|it| it.clone_ref(py)));
        let Some(write) = write else {
            return Ok(());
        };
        let data = PyBytes::new_with(py, length, |target| {
            let mut rest = target;
            for part in parts {
                let (place, next) = rest.split_at_mut(part.len());
                place.copy_from_slice(part);
                rest = next;
            }
            Ok(())
        })?;
        write.call1(py, (data,))?;
        Ok(())
    }

    pub(super) fn write_gathered(&self, py: Python<'_>) -> PyResult<()> {
        let mut out = self.wire.with(py, |wire| std::mem::take(&mut wire.out));
        if out.is_empty() {
            return Ok(());
        }
        let result = self.write_now(py, out.len(), &[&out]);
        // The memory serves the next response, unless something was gathered meanwhile.
        if out.capacity() <= KEPT {
            out.clear();
            self.wire.with(py, |wire| {
                if wire.out.is_empty() {
                    wire.out = out;
                }
            });
        }
        result
    }

    /// Closes the connection behind what was written.
    pub(in crate::python::serving) fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.write_gathered(py)?;
        let transport = self.wire.with(py, |wire| {
            wire.closing = true;
            wire.transport.as_ref().map(|it| it.clone_ref(py))
        });
        if let Some(transport) = transport {
            transport.call_method0(py, intern!(py, "close"))?;
        }
        Ok(())
    }

    pub(in crate::python::serving) fn is_write_paused(&self, py: Python<'_>) -> bool {
        self.wire.with(py, |wire| wire.writing_paused && !wire.lost)
    }

    pub(in crate::python::serving) fn wait_to_write(
        &self,
        py: Python<'_>,
        future: Py<PyAny>,
    ) -> PyResult<()> {
        let waiting = self
            .wire
            .with(py, |wire| std::mem::take(&mut wire.waiting_to_write));
        let waiting = with_another(py, waiting, future)?;
        self.wire.with(py, |wire| wire.waiting_to_write = waiting);
        Ok(())
    }

    /// Reads no more while enough is there, and goes on when it is not.
    pub(super) fn control_reading(&self, py: Python<'_>) -> PyResult<()> {
        let exchange = self.exchange(py);
        let has_room = exchange.is_none_or(|exchange| exchange.get().has_room(py));
        let change = self.wire.with(py, |wire| {
            let pause = !has_room || !wire.reader.wants_input() || wire.writing_paused;
            if wire.closing || pause == wire.reading_paused {
                return None;
            }
            wire.reading_paused = pause;
            if pause {
                wire.clock.stop();
            } else {
                wire.clock.go();
            }
            wire.transport.as_ref().map(|it| (it.clone_ref(py), pause))
        });
        let Some((transport, pause)) = change else {
            return Ok(());
        };
        if pause {
            transport.call_method0(py, intern!(py, "pause_reading"))?;
            return Ok(());
        }
        let resume = transport.getattr(py, intern!(py, "resume_reading"))?;
        // Whatever the transport calls from now on, it calls in the context that this runs in.
        match self.context.get() {
            Some(context) => {
                let context = context.call_method0(py, intern!(py, "copy"))?;
                context.call_method1(py, intern!(py, "run"), (resume,))?;
            }
            None => {
                resume.call0(py)?;
            }
        }
        Ok(())
    }

    /// Tells uvicorn how many responses there were.
    pub(super) fn tell_completed(&self, py: Python<'_>) -> PyResult<()> {
        let completed = self
            .wire
            .with(py, |wire| std::mem::take(&mut wire.completed));
        if completed == 0 {
            return Ok(());
        }
        let name = intern!(py, "total_requests");
        let state = self.server().state.bind(py);
        let Some(before) = state.get_item(name)? else {
            return Ok(());
        };
        state.set_item(name, before.add(completed)?)
    }

    /// Sees to it that the timer goes off no later than the next deadline.
    pub(super) fn set_timer(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let (deadline, now) = {
            let due = this.wire.with(py, |wire| {
                let deadline = wire.reader.deadline()?;
                let is_due = !wire.closing && !wire.clock.is_stopped() && deadline < wire.timer_at;
                is_due.then(|| (deadline, wire.clock.now()))
            });
            match due {
                Some(due) => due,
                None => return Ok(()),
            }
        };
        let before = this.wire.with(py, |wire| wire.timer.take());
        if let Some(before) = before {
            before.call_method0(py, intern!(py, "cancel"))?;
        }
        let expire = slf.getattr(intern!(py, "_expire"))?;
        // Loops do not wait much longer at once, and a timer must not be set for no time at all.
        let delay = (deadline - now).clamp(0.001, 86_400.0);
        let event_loop = this.server().event_loop.bind(py);
        let timer = event_loop.call_method1(intern!(py, "call_later"), (delay, expire))?;
        let timer = timer.unbind();
        this.wire.with(py, |wire| {
            wire.timer_at = deadline;
            wire.timer = Some(timer);
        });
        Ok(())
    }
}
