//! What the tasks of requests do.

use std::sync::Weak;

use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit, intern};

use super::coroutine::{self, Step};
use super::held::Held;
use super::spare::{Idle, Prospect};

/// Something to do for a request, as far as an app does it.
///
/// None of the functions fails: what goes wrong is what they are there to answer and to log.
pub(super) trait Undertaking: Send {
    /// Calls the app. A coroutine that has to be driven, or None when all is done.
    fn begin<'py>(&mut self, py: Python<'py>) -> Option<Bound<'py, PyAny>>;
    /// The coroutine is about to go on.
    fn resumes(&mut self, py: Python<'_>);
    /// The coroutine has returned. Another one that has to be driven, or None when all is done.
    fn returned<'py>(&mut self, value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>>;
    /// The coroutine has raised. Another one that has to be driven, or None when all is done.
    fn raised<'py>(&mut self, py: Python<'py>, error: PyErr) -> Option<Bound<'py, PyAny>>;
    /// Nothing will be done: the task was cancelled before it began.
    fn abandoned(&mut self, py: Python<'_>);
    /// The coroutine is about to wait for something.
    fn waits(&mut self, py: Python<'_>);
    /// Shows the garbage collector what this refers to.
    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError>;
}

impl dyn Undertaking + '_ {
    /// Drives coroutines after a step of the first one: the one that waits and what it waits for, or
    /// None when all is done.
    pub(super) fn drive<'py>(
        &mut self,
        mut coroutine: Bound<'py, PyAny>,
        mut step: Step<'py>,
    ) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let py = coroutine.py();
        loop {
            coroutine = match step {
                Step::Yielded(waits_for) => {
                    self.waits(py);
                    return Some((coroutine, waits_for));
                }
                Step::Returned(value) => self.returned(&value),
                Step::Raised(error) => self.raised(py, error),
            }?;
            step = coroutine::resume(&coroutine);
        }
    }
}

/// An undertaking that has begun.
struct Begun {
    undertaking: Box<dyn Undertaking>,
    coroutine: Py<PyAny>,
    /// What `throw` is called with in the next step: the task was cancelled in the last one.
    cancelled: Option<Py<PyTuple>>,
}

impl Begun {
    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.coroutine)?;
        visit.call(&self.cancelled)?;
        self.undertaking.traverse(visit)
    }
}

/// Where a job is.
enum State {
    /// There is nothing to do yet.
    Vacant,
    /// To be begun by the task.
    New(Box<dyn Undertaking>),
    /// Begun outside of the task, until it had to wait for this.
    Handed(Begun, Awaited),
    /// Going on in the task.
    Driven(Begun),
    /// A step of it is being taken.
    Busy,
    Over,
}

/// What a coroutine waits for, until its task hears of it.
///
/// A future is marked when it is awaited, and a task that is told of it takes the mark away. Until
/// then others may await the same future, and their tasks take the mark away. So it is kept here.
struct Awaited {
    object: Py<PyAny>,
    is_marked: bool,
}

impl Awaited {
    fn new(object: Bound<'_, PyAny>) -> Self {
        let unmark = || -> PyResult<bool> {
            let mark = intern!(object.py(), "_asyncio_future_blocking");
            let Some(value) = object.getattr_opt(mark)? else {
                return Ok(false);
            };
            let is_marked = value.is_truthy()?;
            if is_marked {
                object.setattr(mark, false)?;
            }
            Ok(is_marked)
        };
        // What cannot be asked is no future. The task will say so.
        let is_marked = !object.is_none() && unmark().unwrap_or(false);
        Self {
            object: object.unbind(),
            is_marked,
        }
    }

    /// The object as it was when it was awaited.
    fn marked(self, py: Python<'_>) -> Bound<'_, PyAny> {
        let object = self.object.into_bound(py);
        if self.is_marked {
            let mark = intern!(py, "_asyncio_future_blocking");
            if let Err(error) = object.setattr(mark, true) {
                error.write_unraisable(py, Some(&object));
            }
        }
        object
    }
}

/// What the task of a vacant job waits for: the job itself.
struct Gate {
    blocking: bool,
    /// Whether a request is run in place. To those who cancel it, its task does not wait.
    in_place: bool,
    /// Whether somebody has cancelled the task while it ran in place.
    is_spent: bool,
    /// The function of the task that lets it go on, and its context.
    wake: Option<(Py<PyAny>, Option<Py<PyAny>>)>,
    /// The arguments of the `CancelledError`, when the task was cancelled.
    cancelled: Option<Py<PyTuple>>,
}

/// A coroutine, as far as tasks can tell. While it is vacant it is also the future that its own task
/// waits for, so that a task can be had before there is something to do.
#[pyclass(frozen, module = "covet_runtime")]
pub(super) struct Job {
    event_loop: Py<PyAny>,
    /// The set that the task is in as long as it is at work.
    tasks: Py<PyAny>,
    /// Where the task goes at the end, if it has a prospect.
    idle: Weak<Idle>,
    state: Held<State>,
    gate: Held<Gate>,
    task: Held<Option<Py<PyAny>>>,
    prospect: Held<Option<Prospect>>,
}

impl Job {
    /// A job that is vacant, or has an undertaking to begin.
    pub(super) fn new(
        event_loop: Py<PyAny>,
        tasks: Py<PyAny>,
        idle: Weak<Idle>,
        undertaking: Option<Box<dyn Undertaking>>,
    ) -> Self {
        Self {
            event_loop,
            tasks,
            idle,
            state: Held::new(match undertaking {
                Some(undertaking) => State::New(undertaking),
                None => State::Vacant,
            }),
            gate: Held::new(Gate {
                blocking: false,
                in_place: false,
                is_spent: false,
                wake: None,
                cancelled: None,
            }),
            task: Held::new(None),
            prospect: Held::new(None),
        }
    }

    /// Whether there is nothing to do, and the task was not cancelled.
    pub(super) fn is_vacant(&self, py: Python<'_>) -> bool {
        let is_free = |gate: &mut Gate| gate.cancelled.is_none() && !gate.is_spent;
        self.state.with(py, |state| matches!(state, State::Vacant)) && self.gate.with(py, is_free)
    }

    fn is_cancelled(&self, py: Python<'_>) -> bool {
        self.gate.with(py, |gate| gate.cancelled.is_some())
    }

    /// Notes that a request begins to be run in place, or that it does not go on there.
    pub(super) fn set_in_place(&self, py: Python<'_>, in_place: bool) {
        self.gate.with(py, |gate| gate.in_place = in_place);
    }

    fn is_busy(&self, py: Python<'_>) -> bool {
        self.gate.with(py, |gate| gate.in_place)
            || self.state.with(py, |state| matches!(state, State::Busy))
    }

    /// The context of the task, as long as the task waits for this.
    pub(super) fn context(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.gate.with(py, |gate| {
            let (_, context) = gate.wake.as_ref()?;
            context.as_ref().map(|context| context.clone_ref(py))
        })
    }

    /// Notes that `task` is at work, unless it is over: eager tasks may be when they are made. Without
    /// a prospect it ends with its work.
    pub(super) fn enlist(
        &self,
        task: &Bound<'_, PyAny>,
        prospect: Option<Prospect>,
    ) -> PyResult<()> {
        let py = task.py();
        if self.state.with(py, |state| matches!(state, State::Over)) {
            return Ok(());
        }
        let task_before = self
            .task
            .with(py, |place| place.replace(task.clone().unbind()));
        let prospect_before = self
            .prospect
            .with(py, |place| std::mem::replace(place, prospect));
        drop((task_before, prospect_before));
        self.tasks
            .bind(py)
            .call_method1(intern!(py, "add"), (task,))?;
        Ok(())
    }

    /// Leaves to the task what has begun and now waits for `waits_for`.
    pub(super) fn hand(
        &self,
        undertaking: Box<dyn Undertaking>,
        coroutine: Bound<'_, PyAny>,
        waits_for: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = coroutine.py();
        let begun = Begun {
            undertaking,
            coroutine: coroutine.unbind(),
            cancelled: None,
        };
        self.become_(py, State::Handed(begun, Awaited::new(waits_for)));
        self.wake(py)
    }

    /// Lets the task end: it has served its purpose.
    pub(super) fn retire(&self, py: Python<'_>) -> PyResult<()> {
        self.become_(py, State::Over);
        self.wake(py)
    }

    /// Lets a waiting task make a step now, in which nothing of the app's runs. One that was
    /// cancelled, or has never run, is about to make a step anyway.
    fn wake(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_cancelled(py) {
            return Ok(());
        }
        let Some((wake, context)) = self.gate.with(py, |gate| gate.wake.take()) else {
            return Ok(());
        };
        let gate = self.gate_object(py)?;
        let Err(error) = wake.bind(py).call1((&gate,)) else {
            return Ok(());
        };
        let is_to_come = |state: &mut State| matches!(state, State::Handed(..) | State::Over);
        if self.state.with(py, is_to_come) {
            // Another task is running, and waits for whatever has called this.
            return self.wake_soon(&gate, wake, context);
        }
        // The task has failed by itself, where the loop would have been told.
        let told = PyDict::new(py);
        told.set_item("message", "a task has failed to wait")?;
        told.set_item("exception", error.into_value(py))?;
        self.event_loop
            .call_method1(py, intern!(py, "call_exception_handler"), (told,))?;
        Ok(())
    }

    /// Has the loop let a waiting task go on.
    fn wake_soon(
        &self,
        gate: &Bound<'_, Passed>,
        wake: Py<PyAny>,
        context: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let py = gate.py();
        let call_soon = self.event_loop.bind(py).getattr(intern!(py, "call_soon"))?;
        let keywords = PyDict::new(py);
        if let Some(context) = context {
            keywords.set_item(intern!(py, "context"), context)?;
        }
        call_soon.call((wake, gate), Some(&keywords))?;
        Ok(())
    }

    /// What stands in for this job where the task looks at what it has waited for.
    fn gate_object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Passed>> {
        let cancelled = self.gate.with(py, |gate| {
            gate.cancelled.as_ref().map(|it| it.clone_ref(py))
        });
        Bound::new(py, Passed { cancelled })
    }

    fn become_(&self, py: Python<'_>, new: State) -> State {
        self.state.with(py, |state| std::mem::replace(state, new))
    }

    /// The task lets the job go on.
    fn step(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyAny>>> {
        let py = slf.py();
        let this = slf.get();
        match this.become_(py, State::Busy) {
            State::Vacant => {
                this.become_(py, State::Vacant);
                this.gate.with(py, |gate| gate.blocking = true);
                Ok(Some(slf.clone().into_any().unbind()))
            }
            State::Handed(begun, waits_for) => {
                this.become_(py, State::Driven(begun));
                Ok(Some(waits_for.marked(py).unbind()))
            }
            State::New(mut undertaking) => {
                this.leave_queue(py);
                let Some(coroutine) = undertaking.begin(py) else {
                    return Ok(Self::rest(slf));
                };
                let step = coroutine::resume(&coroutine);
                let next = this.after(undertaking, coroutine, step);
                Ok(next.or_else(|| Self::rest(slf)))
            }
            State::Driven(mut begun) => {
                begun.undertaking.resumes(py);
                let coroutine = begun.coroutine.into_bound(py);
                let step = match begun.cancelled {
                    Some(arguments) if this.is_to_be_cancelled(py)? => {
                        coroutine::throw(&coroutine, arguments.bind(py))
                    }
                    _ => coroutine::resume(&coroutine),
                };
                let next = this.after(begun.undertaking, coroutine, step);
                Ok(next.or_else(|| Self::rest(slf)))
            }
            State::Busy => Err(PyRuntimeError::new_err("coroutine already executing")),
            State::Over => Ok(this.end(py)),
        }
    }

    /// The task raises an exception where the job waits.
    fn interrupt(
        &self,
        error: PyErr,
        arguments: &Bound<'_, PyTuple>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let py = arguments.py();
        match self.become_(py, State::Busy) {
            State::Vacant | State::Over => {
                self.end(py);
                Err(error)
            }
            State::New(mut undertaking) => {
                self.leave_queue(py);
                undertaking.abandoned(py);
                self.end(py);
                Err(error)
            }
            State::Handed(mut begun, waits_for) => {
                // A task that is cancelled before it waits cancels what it is told to wait for, or
                // else is interrupted in the step after that. It is told only now.
                let waits_for = waits_for.marked(py);
                begun.cancelled = Some(arguments.clone().unbind());
                self.become_(py, State::Driven(begun));
                if !waits_for.is_none() && cancel(&waits_for, &error)? {
                    self.state.with(py, |state| match state {
                        State::Driven(begun) => begun.cancelled.take(),
                        _ => None,
                    });
                }
                Ok(Some(waits_for.unbind()))
            }
            State::Driven(mut begun) => {
                begun.undertaking.resumes(py);
                let coroutine = begun.coroutine.into_bound(py);
                let step = coroutine::throw(&coroutine, arguments);
                let next = self.after(begun.undertaking, coroutine, step);
                Ok(next.or_else(|| self.end(py)))
            }
            State::Busy => Err(PyRuntimeError::new_err("coroutine already executing")),
        }
    }

    /// What to wait for after a step, or None when all is done.
    fn after<'py>(
        &self,
        mut undertaking: Box<dyn Undertaking>,
        coroutine: Bound<'py, PyAny>,
        step: Step<'py>,
    ) -> Option<Py<PyAny>> {
        let (coroutine, waits_for) = undertaking.drive(coroutine, step)?;
        let begun = Begun {
            undertaking,
            coroutine: coroutine.unbind(),
            cancelled: None,
        };
        self.become_(waits_for.py(), State::Driven(begun));
        Some(waits_for.unbind())
    }

    /// All is done for a request. The task waits for another one, if it may.
    fn rest(slf: &Bound<'_, Self>) -> Option<Py<PyAny>> {
        let py = slf.py();
        let this = slf.get();
        let prospect = this.prospect.with(py, Option::take);
        let task = this.leave_work(py);
        let (Some(prospect), Some(task)) = (prospect, task) else {
            return this.end(py);
        };
        this.become_(py, State::Vacant);
        match prospect.rest(&this.idle, task, slf) {
            Ok(true) => {
                this.gate.with(py, |gate| gate.blocking = true);
                return Some(slf.clone().into_any().unbind());
            }
            Ok(false) => {}
            Err(error) => error.write_unraisable(py, None),
        }
        this.end(py)
    }

    /// Whether the task is still to be cancelled. From Python 3.13 on, that can be taken back before
    /// it happens.
    fn is_to_be_cancelled(&self, py: Python<'_>) -> PyResult<bool> {
        let task = self
            .task
            .with(py, |task| task.as_ref().map(|task| task.clone_ref(py)));
        match task {
            Some(task) if cfg!(Py_3_13) => task
                .call_method0(py, intern!(py, "cancelling"))?
                .is_truthy(py),
            _ => Ok(true),
        }
    }

    /// The request begins, or never will.
    fn leave_queue(&self, py: Python<'_>) {
        if let Some(idle) = self.idle.upgrade() {
            idle.unbegun.with(py, |unbegun| *unbegun -= 1);
        }
    }

    /// All is done, and the task ends.
    fn end(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.become_(py, State::Over);
        drop(self.leave_work(py));
        None
    }

    /// The task is at work no more.
    fn leave_work(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let task = self.task.with(py, Option::take)?;
        let discarded = self
            .tasks
            .call_method1(py, intern!(py, "discard"), (&task,));
        if let Err(error) = discarded {
            error.write_unraisable(py, None);
        }
        Some(task)
    }
}

/// Cancels what a task would have waited for. False when that is over already, or `error` is not
/// about being cancelled.
fn cancel(waits_for: &Bound<'_, PyAny>, error: &PyErr) -> PyResult<bool> {
    let py = waits_for.py();
    let cancelled = py.import("asyncio")?.getattr("CancelledError")?;
    if !error.matches(py, cancelled)? {
        return Ok(false);
    }
    let arguments = error.value(py).getattr("args")?.cast_into::<PyTuple>()?;
    waits_for.call_method1("cancel", arguments)?.is_truthy()
}

#[pymethods]
impl Job {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(slf: &Bound<'_, Self>) -> PyResult<Option<Py<PyAny>>> {
        Self::step(slf)
    }

    fn send(slf: &Bound<'_, Self>, _value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        Self::step(slf)?.ok_or_else(|| PyStopIteration::new_err(()))
    }

    #[pyo3(signature = (*arguments))]
    fn throw(&self, arguments: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        let [exception, value] = [0, 1].map(|index| arguments.get_item(index).ok());
        let exception = exception.ok_or_else(|| PyRuntimeError::new_err("nothing to throw"))?;
        let error = coroutine::raised(&exception, value.as_ref());
        let next = self.interrupt(error, arguments)?;
        next.ok_or_else(|| PyStopIteration::new_err(()))
    }

    pub(super) fn close(&self, py: Python<'_>) -> PyResult<()> {
        match self.become_(py, State::Over) {
            State::New(_) => self.leave_queue(py),
            State::Driven(begun) | State::Handed(begun, _) => {
                begun.coroutine.call_method0(py, intern!(py, "close"))?;
            }
            State::Vacant | State::Busy | State::Over => {}
        }
        self.end(py);
        Ok(())
    }

    /// What is awaited by the coroutine of the request, for those who print stacks of tasks.
    #[getter]
    fn cr_await<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.state.with(py, |state| match state {
            State::Driven(begun) | State::Handed(begun, _) => {
                Some(begun.coroutine.bind(py).clone())
            }
            _ => None,
        })
    }

    #[getter]
    fn cr_frame<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let coroutine = self.cr_await(py);
        coroutine.map_or(Ok(None), |it| it.getattr_opt("cr_frame"))
    }

    #[getter]
    fn cr_code<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let coroutine = self.cr_await(py);
        coroutine.map_or(Ok(None), |it| it.getattr_opt("cr_code"))
    }

    #[getter]
    fn cr_running(&self, py: Python<'_>) -> bool {
        self.is_busy(py)
    }

    #[getter]
    fn cr_suspended(&self, py: Python<'_>) -> bool {
        let has_begun = self.state.with(py, |state| {
            matches!(state, State::Vacant | State::Handed(..) | State::Driven(_))
        });
        has_begun && !self.is_busy(py)
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "coroutines have names")]
    fn __name__(&self) -> &'static str {
        "request"
    }

    #[getter]
    #[allow(clippy::unused_self, reason = "coroutines have names")]
    fn __qualname__(&self) -> &'static str {
        "covet_runtime.request"
    }

    // What follows makes it the future that the task of a vacant job waits for.

    #[getter(_asyncio_future_blocking)]
    fn blocking(&self, py: Python<'_>) -> bool {
        self.gate.with(py, |gate| gate.blocking)
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, py: Python<'_>, blocking: bool) {
        self.gate.with(py, |gate| gate.blocking = blocking);
    }

    fn get_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.event_loop.bind(py).clone()
    }

    #[pyo3(signature = (function, *, context = None))]
    fn add_done_callback(&self, py: Python<'_>, function: Py<PyAny>, context: Option<Py<PyAny>>) {
        let before = self
            .gate
            .with(py, |gate| gate.wake.replace((function, context)));
        drop(before);
    }

    /// Cancels the task that waits for this.
    #[pyo3(signature = (msg = None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<Py<PyAny>>) -> PyResult<bool> {
        let py = slf.py();
        let this = slf.get();
        let is_noted = this.gate.with(py, |gate| {
            gate.is_spent |= gate.in_place;
            gate.in_place || gate.cancelled.is_some()
        });
        if is_noted {
            // A task that does not wait notes it by itself, and takes it back by itself.
            return Ok(false);
        }
        let arguments = PyTuple::new(py, msg)?.unbind();
        let wake = this.gate.with(py, |gate| {
            gate.cancelled = Some(arguments);
            gate.wake.take()
        });
        if let Some((wake, context)) = wake {
            this.wake_soon(&this.gate_object(py)?, wake, context)?;
        }
        Ok(true)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        visit.call(&self.tasks)?;
        self.task.show(|task| visit.call(task))?;
        self.prospect.show(|prospect| match prospect {
            Some(prospect) => prospect.traverse(&visit),
            None => Ok(()),
        })?;
        self.gate.show(|gate| {
            let Some((wake, context)) = &gate.wake else {
                return Ok(());
            };
            visit.call(wake)?;
            visit.call(context)
        })?;
        self.state.show(|state| match state {
            State::New(undertaking) => undertaking.traverse(&visit),
            State::Handed(begun, waits_for) => {
                visit.call(&waits_for.object)?;
                begun.traverse(&visit)
            }
            State::Driven(begun) => begun.traverse(&visit),
            State::Vacant | State::Busy | State::Over => Ok(()),
        })
    }

    fn __clear__(&self) {
        Python::attach(|py| {
            let state = self.become_(py, State::Over);
            let wake = self.gate.with(py, |gate| gate.wake.take());
            let task = self.task.with(py, Option::take);
            let prospect = self.prospect.with(py, Option::take);
            drop((state, wake, task, prospect));
        });
    }
}

/// The outcome of what the task of a vacant job has waited for.
#[pyclass(frozen, module = "covet_runtime")]
pub(super) struct Passed {
    /// The arguments of the `CancelledError`, when the task was cancelled.
    cancelled: Option<Py<PyTuple>>,
}

#[pymethods]
impl Passed {
    fn result(&self, py: Python<'_>) -> PyResult<()> {
        let Some(arguments) = &self.cancelled else {
            return Ok(());
        };
        let class = py.import("asyncio")?.getattr("CancelledError")?;
        let error = class.call1(arguments.bind(py))?;
        Err(PyErr::from_value(error))
    }
}
