//! Running requests as tasks, with as little of a task as can be.
//!
//! A task costs several microseconds to make, and one more turn of the event loop before it does
//! anything. So a request begins in place, as a step of a *spare* task: one that exists already and
//! waits for something to do. While the step lasts it is the current task, in its own context. If the
//! request is over after that step, the task is spare again, unless something could tell: a reference
//! to it that somebody has kept, a callback, a cancellation, a context variable that was set. If the
//! request has to wait, the task takes it over and is at work until its end, and another spare one
//! serves the next request. At the end it is spare again, under the same conditions.
//!
//! All of this needs an event loop and tasks that are known. Otherwise each request is given to
//! `create_task`, as uvicorn does.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use pyo3::{PyTraverseError, PyVisit, ffi, intern};

use super::coroutine;
use super::held::Held;
use super::job::{Job, Undertaking};
use super::spare::{Idle, Prospect, Spare, Traits};

/// Functions of asyncio.
struct Asyncio {
    task: Py<PyAny>,
    set_name: Py<PyAny>,
    enter: Py<PyAny>,
    leave: Py<PyAny>,
}

impl Asyncio {
    /// None when tasks are not those of CPython's accelerator module.
    fn of(py: Python<'_>) -> Option<&'static Self> {
        static FUNCTIONS: PyOnceLock<Option<Asyncio>> = PyOnceLock::new();
        let find = || -> PyResult<Option<Self>> {
            let tasks = py.import("asyncio.tasks")?;
            let accelerated = py.import("_asyncio")?;
            let task = tasks.getattr("Task")?;
            if !task.is(accelerated.getattr("Task")?) {
                return Ok(None);
            }
            Ok(Some(Self {
                set_name: task.getattr("set_name")?.unbind(),
                task: task.unbind(),
                enter: accelerated.getattr("_enter_task")?.unbind(),
                leave: accelerated.getattr("_leave_task")?.unbind(),
            }))
        };
        FUNCTIONS
            .get_or_init(py, || find().unwrap_or(None))
            .as_ref()
    }
}

/// Runs the requests of one event loop.
pub(super) struct Tasks {
    event_loop: Py<PyAny>,
    /// The tasks that are at work, as uvicorn knows them.
    at_work: Py<PyAny>,
    /// The empty context that requests begin in a copy of, if they are to.
    empty: Option<Py<PyAny>>,
    /// What tasks are made with.
    keywords: Py<PyDict>,
    idle: Arc<Idle>,
    /// Whether a request is being run in place.
    busy: Held<bool>,
}

impl Tasks {
    pub(super) fn new(
        py: Python<'_>,
        event_loop: Py<PyAny>,
        at_work: Py<PyAny>,
        reset_contextvars: bool,
    ) -> PyResult<Self> {
        let keywords = PyDict::new(py);
        keywords.set_item("loop", &event_loop)?;
        if cfg!(Py_3_12) {
            // A task has made its first step when it is made.
            keywords.set_item("eager_start", true)?;
        }
        Ok(Self {
            event_loop,
            at_work,
            empty: reset_contextvars.then(|| empty_context(py)).transpose()?,
            keywords: keywords.unbind(),
            idle: Arc::new(Idle::new()),
            busy: Held::new(false),
        })
    }

    /// Whether requests may begin in place: the loop is one that is known, it makes tasks as it does
    /// by itself, and nobody is debugging it.
    pub(super) fn may_run_in_place(&self, py: Python<'_>) -> PyResult<bool> {
        let event_loop = self.event_loop.bind(py);
        let module = event_loop.get_type().module()?;
        let is_known = [
            "asyncio.unix_events",
            "asyncio.windows_events",
            "uvloop",
            "uvloop.loop",
        ]
        .iter()
        .any(|known| module == *known);
        Ok(is_known
            && Asyncio::of(py).is_some()
            && makes_tasks_by_itself(event_loop)?
            && !event_loop.call_method0("get_debug")?.is_truthy()?
            && event_loop.call_method0("get_task_factory")?.is_none())
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        visit.call(&self.at_work)?;
        visit.call(&self.keywords)?;
        self.idle.traverse(visit)
    }

    /// Runs a request, in place as far as possible or in a task of its own. It begins in a copy of
    /// `context`.
    pub(super) fn run<U: Undertaking + 'static>(
        &self,
        py: Python<'_>,
        in_place: bool,
        context: &Bound<'_, PyAny>,
        undertaking: U,
    ) -> PyResult<()> {
        let fresh = match self.empty.as_ref() {
            Some(empty) => empty.bind(py),
            None => context,
        };
        if in_place
            && let Some(asyncio) = Asyncio::of(py)
            && !self.busy.with(py, |busy| *busy)
            // None is begun before those that came before it.
            && self.idle.unbegun.with(py, |unbegun| *unbegun == 0)
            && let Some((spare, context)) = self.take_spare(asyncio, fresh)?
        {
            return self.run_in_place(asyncio, spare, context, fresh, undertaking);
        }
        self.create(fresh, in_place, Box::new(undertaking))
    }

    /// Gives an undertaking to a new task, which begins in a copy of a context. It may be spare after
    /// that.
    fn create(
        &self,
        fresh: &Bound<'_, PyAny>,
        may_rest: bool,
        undertaking: Box<dyn Undertaking>,
    ) -> PyResult<()> {
        let py = fresh.py();
        let job = Bound::new(py, self.job(py, Some(undertaking)))?;
        let create = self
            .event_loop
            .bind(py)
            .getattr(intern!(py, "create_task"))?;
        self.idle.unbegun.with(py, |unbegun| *unbegun += 1);
        // What makes the task may set something.
        let task = match copy(fresh)?.call_method1(intern!(py, "run"), (create, &job)) {
            Ok(task) => task,
            Err(error) => {
                job.get().close(py)?;
                return Err(error);
            }
        };
        let prospect = if may_rest {
            Some(Prospect {
                traits: Traits::of(&task)?,
                fresh: fresh.clone().unbind(),
            })
        } else {
            None
        };
        job.get().enlist(&task, prospect)
    }

    fn job(&self, py: Python<'_>, undertaking: Option<Box<dyn Undertaking>>) -> Job {
        Job::new(
            self.event_loop.clone_ref(py),
            self.at_work.clone_ref(py),
            Arc::downgrade(&self.idle),
            undertaking,
        )
    }

    fn run_in_place<U: Undertaking + 'static>(
        &self,
        asyncio: &Asyncio,
        spare: Spare,
        context: Py<PyAny>,
        fresh: &Bound<'_, PyAny>,
        mut undertaking: U,
    ) -> PyResult<()> {
        let py = fresh.py();
        let (enter, leave) = (asyncio.enter.bind(py), asyncio.leave.bind(py));
        if enter.call1((&self.event_loop, &spare.task)).is_err() {
            // Another task is running: somebody runs the loop from within it.
            drop(context);
            self.idle.put(py, spare)?;
            return self.create(fresh, true, Box::new(undertaking));
        }
        // SAFETY: it is a context.
        if unsafe { ffi::PyContext_Enter(context.as_ptr()) } != 0 {
            let error = PyErr::fetch(py);
            leave.call1((&self.event_loop, &spare.task))?;
            error.write_unraisable(py, None);
            spare.job.get().retire(py)?;
            return self.create(fresh, true, Box::new(undertaking));
        }
        self.busy.with(py, |busy| *busy = true);
        spare.job.get().set_in_place(py, true);
        let waiting = begin(py, &mut undertaking);
        spare.job.get().set_in_place(py, false);
        self.busy.with(py, |busy| *busy = false);
        if let Err(error) = leave.call1((&self.event_loop, &spare.task)) {
            error.write_unraisable(py, None);
        }
        // The task hears in its context of what it waits for, as if it had made the step.
        let spare = match waiting {
            None => Ok(Some(spare)),
            Some((coroutine, waits_for)) => {
                hand_over(spare, fresh, Box::new(undertaking), coroutine, waits_for).map(|()| None)
            }
        };
        // SAFETY: it was entered above, and what was entered since was left.
        if unsafe { ffi::PyContext_Exit(context.as_ptr()) } != 0 {
            PyErr::fetch(py).write_unraisable(py, None);
        }
        let Some(spare) = spare? else {
            return Ok(());
        };
        if spare.is_untouched(&context, fresh) {
            self.idle.put(py, spare)
        } else {
            spare.job.get().retire(py)
        }
    }

    /// A spare task and its context, which is like this one. None when none can be used now.
    fn take_spare(
        &self,
        asyncio: &Asyncio,
        fresh: &Bound<'_, PyAny>,
    ) -> PyResult<Option<(Spare, Py<PyAny>)>> {
        let py = fresh.py();
        while let Some(mut spare) = self.idle.take(py) {
            let Some(context) = spare.job.get().context(py) else {
                if spare.job.get().is_vacant(py) {
                    // It has yet to make its first step.
                    self.idle.put(py, spare)?;
                    return Ok(None);
                }
                spare.job.get().retire(py)?;
                continue;
            };
            if spare.is_usable(&context, fresh) {
                spare.name_anew(asyncio.set_name.bind(py))?;
                return Ok(Some((spare, context)));
            }
            // Made in another context than this request comes from, or known to somebody by now.
            drop(context);
            spare.job.get().retire(py)?;
        }
        let spare = self.make_spare(asyncio, fresh)?;
        if let Some(context) = spare.job.get().context(py) {
            return Ok(Some((spare, context)));
        }
        self.idle.put(py, spare)?;
        Ok(None)
    }

    fn make_spare(&self, asyncio: &Asyncio, fresh: &Bound<'_, PyAny>) -> PyResult<Spare> {
        let py = fresh.py();
        let job = Bound::new(py, self.job(py, None))?;
        // The task has a copy of the context that it is made in.
        let arguments = (asyncio.task.bind(py), &job);
        let keywords = Some(self.keywords.bind(py));
        let task = copy(fresh)?.call_method(intern!(py, "run"), arguments, keywords)?;
        Ok(Spare {
            traits: Traits::of(&task)?,
            task: task.unbind(),
            job: job.unbind(),
            is_quiet: false,
        })
    }
}

/// Whether nobody has put another function in the place of the one that makes tasks: it comes from the
/// file that another method of the loop comes from, which nobody has a reason to replace.
fn makes_tasks_by_itself(event_loop: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = event_loop.py();
    let name = intern!(py, "create_task");
    let of_instance = event_loop.getattr_opt(intern!(py, "__dict__"))?;
    if of_instance.is_some_and(|dict| dict.contains(name).unwrap_or(true)) {
        return Ok(false);
    }
    let class = event_loop.get_type();
    let [create, other] = [name, intern!(py, "call_exception_handler")].map(|name| {
        let method = class.getattr(name)?;
        let code = method.getattr_opt(intern!(py, "__code__"))?;
        // What is compiled may have none.
        code.map_or(Ok(method.get_type().into_any()), |code| {
            code.getattr(intern!(py, "co_filename"))
        })
    });
    create?.eq(other?)
}

/// Leaves to a task what has begun in it and now waits for something.
fn hand_over(
    mut spare: Spare,
    fresh: &Bound<'_, PyAny>,
    undertaking: Box<dyn Undertaking>,
    coroutine: Bound<'_, PyAny>,
    waits_for: Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = fresh.py();
    spare.set_quiet(py, false)?;
    let prospect = Prospect {
        traits: spare.traits,
        fresh: fresh.clone().unbind(),
    };
    let job = spare.job.get();
    job.enlist(spare.task.bind(py), Some(prospect))?;
    drop(spare.task);
    job.hand(undertaking, coroutine, waits_for)
}

/// The first step: what waits, and for what, or None when all is done.
fn begin<'py>(
    py: Python<'py>,
    undertaking: &mut dyn Undertaking,
) -> Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let coroutine = undertaking.begin(py)?;
    let step = coroutine::resume(&coroutine);
    undertaking.drive(coroutine, step)
}

fn copy<'py>(context: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: it is a context, and the result is checked.
    unsafe { Bound::from_owned_ptr_or_err(context.py(), ffi::PyContext_Copy(context.as_ptr())) }
}

fn empty_context(py: Python<'_>) -> PyResult<Py<PyAny>> {
    // SAFETY: it returns a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_New()).map(Bound::unbind) }
}
