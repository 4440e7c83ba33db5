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

use std::ptr;
use std::sync::{Arc, Weak};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};
use pyo3::{PyTraverseError, PyVisit, ffi, intern};

use super::coroutine;
use super::held::Held;
use super::job::{Job, Undertaking};

/// Functions of asyncio.
struct Asyncio {
    task: Py<PyAny>,
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

/// How many spare tasks are kept: as many as requests of a busy process wait at the same time.
const KEPT: usize = 64;

/// The references to the context of a spare task: from the task, from what lets it go on, and ours.
const REFERENCES_TO_CONTEXT: isize = 3;

/// A task that waits for something to do.
struct Spare {
    task: Py<PyAny>,
    job: Py<Job>,
    traits: Traits,
    /// Whether the task may go without a word while it waits.
    is_quiet: bool,
}

/// What a spare task was like before a request.
struct Traits {
    /// The context of the task; None while that is not known.
    context: Option<Py<PyAny>>,
    weak_references: WeakReferences,
    /// What asyncio has called the task.
    name: String,
    /// How often it was used again.
    uses: u64,
}

/// The spare tasks of an event loop, the last one to be put there first.
struct Idle(Held<Vec<Spare>>);

impl Idle {
    fn has_room(&self, py: Python<'_>) -> bool {
        self.0.with(py, |spares| spares.len() < KEPT)
    }

    fn take(&self, py: Python<'_>) -> Option<Spare> {
        self.0.with(py, Vec::pop)
    }

    /// Keeps a task for another request. If the loop is closed before, nobody has to be told.
    fn put(&self, py: Python<'_>, mut spare: Spare) -> PyResult<()> {
        if !self.has_room(py) {
            return spare.job.get().retire(py);
        }
        if !spare.is_quiet {
            let task = spare.task.bind(py);
            task.setattr(intern!(py, "_log_destroy_pending"), false)?;
            spare.is_quiet = true;
        }
        self.0.with(py, |spares| spares.push(spare));
        Ok(())
    }
}

/// What is to become of a task when it is done with a request that it has taken over.
pub(super) struct Prospect {
    idle: Weak<Idle>,
    traits: Traits,
    /// A context as the request began in.
    fresh: Py<PyAny>,
    /// How many references to the task there are in a step of it.
    references: isize,
}

impl Prospect {
    /// Makes the task of a job, which takes its last step for a request, spare again. False when
    /// something could tell.
    pub(super) fn rest(self, task: Py<PyAny>, job: &Bound<'_, Job>) -> PyResult<bool> {
        let py = job.py();
        let Some(idle) = self.idle.upgrade().filter(|idle| idle.has_room(py)) else {
            return Ok(false);
        };
        if references_to(&task) != self.references || was_cancelled(task.bind(py))? {
            return Ok(false);
        }
        let spare = Spare {
            task,
            job: job.clone().unbind(),
            traits: self.traits,
            is_quiet: false,
        };
        if !spare.is_untouched(self.fresh.bind(py))? {
            return Ok(false);
        }
        idle.put(py, spare)?;
        Ok(true)
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.traits.context)?;
        visit.call(&self.fresh)
    }
}

/// The first two weak references to a task. One that is new is one of them.
#[derive(PartialEq, Eq)]
struct WeakReferences([*mut ffi::PyObject; 2]);

// SAFETY: the pointers are only compared.
unsafe impl Send for WeakReferences {}

impl WeakReferences {
    fn to(task: &Bound<'_, PyAny>) -> Self {
        // SAFETY: the class says where its objects keep their first weak reference, and each knows the
        // one behind it. None of them can go while this is looked at.
        unsafe {
            let class = ffi::Py_TYPE(task.as_ptr());
            let offset = (*class).tp_weaklistoffset;
            let place = task.as_ptr().byte_offset(offset);
            let first = place.cast::<*mut ffi::_PyWeakReference>().read();
            let second = first
                .as_ref()
                .map_or(ptr::null_mut(), |first| first.wr_next);
            Self([first.cast(), second.cast()])
        }
    }
}

/// Runs the requests of one event loop.
pub(super) struct Tasks {
    event_loop: Py<PyAny>,
    /// The tasks that are at work, as uvicorn knows them.
    at_work: Py<PyAny>,
    /// Whether requests begin in an empty context.
    reset_contextvars: bool,
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
            reset_contextvars,
            keywords: keywords.unbind(),
            idle: Arc::new(Idle(Held::new(Vec::new()))),
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
            && !event_loop.call_method0("get_debug")?.is_truthy()?
            && event_loop.call_method0("get_task_factory")?.is_none())
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        visit.call(&self.at_work)?;
        visit.call(&self.keywords)?;
        self.idle.0.show(|spares| {
            spares.iter().try_for_each(|spare| {
                visit.call(&spare.task)?;
                visit.call(&spare.job)?;
                visit.call(&spare.traits.context)
            })
        })
    }

    /// Runs a request, in place as far as possible or in a task of its own. It begins in a copy of
    /// `context`.
    pub(super) fn run<U: Undertaking + 'static>(
        &self,
        py: Python<'_>,
        in_place: bool,
        context: Option<&Bound<'_, PyAny>>,
        undertaking: U,
    ) -> PyResult<()> {
        let fresh = match context.filter(|_| !self.reset_contextvars) {
            // SAFETY: it is a context, and the result is checked.
            Some(context) => unsafe {
                Bound::from_owned_ptr_or_err(py, ffi::PyContext_Copy(context.as_ptr()))?
            },
            None => empty_context(py)?,
        };
        if in_place
            && let Some(asyncio) = Asyncio::of(py)
            && !self.busy.with(py, |busy| *busy)
            && let Some(spare) = self.take_spare(asyncio, &fresh)?
        {
            return self.run_in_place(asyncio, spare, &fresh, undertaking);
        }
        self.create(&fresh, Box::new(undertaking))
    }

    /// Gives an undertaking to a new task, which begins in a copy of a context.
    fn create(
        &self,
        context: &Bound<'_, PyAny>,
        undertaking: Box<dyn Undertaking>,
    ) -> PyResult<()> {
        let py = context.py();
        let (event_loop, at_work) = (self.event_loop.clone_ref(py), self.at_work.clone_ref(py));
        let job = Bound::new(py, Job::new(event_loop, at_work, undertaking))?;
        let create = self
            .event_loop
            .bind(py)
            .getattr(intern!(py, "create_task"))?;
        let task = context.call_method1(intern!(py, "run"), (create, &job))?;
        job.get().enlist(&task)
    }

    fn run_in_place<U: Undertaking + 'static>(
        &self,
        asyncio: &Asyncio,
        spare: Spare,
        fresh: &Bound<'_, PyAny>,
        mut undertaking: U,
    ) -> PyResult<()> {
        let py = fresh.py();
        let Some(context) = &spare.traits.context else {
            self.idle.put(py, spare)?;
            return self.create(fresh, Box::new(undertaking));
        };
        let references = [&spare.task, context].map(references_to);
        let entered = asyncio
            .enter
            .bind(py)
            .call1((&self.event_loop, &spare.task));
        if entered.is_err() {
            // Another task is running: somebody runs the loop from within it.
            self.idle.put(py, spare)?;
            return self.create(fresh, Box::new(undertaking));
        }
        // SAFETY: it is a context.
        if unsafe { ffi::PyContext_Enter(context.as_ptr()) } != 0 {
            let error = PyErr::fetch(py);
            asyncio
                .leave
                .bind(py)
                .call1((&self.event_loop, &spare.task))?;
            error.write_unraisable(py, None);
            return self.create(fresh, Box::new(undertaking));
        }
        let references_entered = references_to(&spare.task);
        self.busy.with(py, |busy| *busy = true);
        spare.job.get().set_in_place(py, true);
        let waiting = begin(py, &mut undertaking);
        spare.job.get().set_in_place(py, false);
        self.busy.with(py, |busy| *busy = false);
        // SAFETY: it was entered above, and what was entered since was left.
        if unsafe { ffi::PyContext_Exit(context.as_ptr()) } != 0 {
            PyErr::fetch(py).write_unraisable(py, None);
        }
        let left = asyncio
            .leave
            .bind(py)
            .call1((&self.event_loop, &spare.task));
        if let Err(error) = left {
            error.write_unraisable(py, None);
        }
        if let Some((coroutine, waits_for)) = waiting {
            let task = spare.task.bind(py);
            if spare.is_quiet {
                task.setattr(intern!(py, "_log_destroy_pending"), true)?;
            }
            let job = spare.job.get();
            job.enlist(task)?;
            let prospect = Prospect {
                idle: Arc::downgrade(&self.idle),
                traits: spare.traits,
                fresh: fresh.clone().unbind(),
                references: references_entered,
            };
            return job.hand(Box::new(undertaking), coroutine, waits_for, prospect);
        }
        let is_untouched =
            references == [&spare.task, context].map(references_to) && spare.is_untouched(fresh)?;
        if is_untouched {
            return self.idle.put(py, spare);
        }
        spare.job.get().retire(py)
    }

    /// A spare task, in a context like this one. None when none can be used now.
    fn take_spare(&self, asyncio: &Asyncio, fresh: &Bound<'_, PyAny>) -> PyResult<Option<Spare>> {
        let py = fresh.py();
        while let Some(mut spare) = self.idle.take(py) {
            #[cfg(not(Py_3_11))]
            {
                spare.traits.context = spare.job.get().context(py);
            }
            if spare.job.get().is_vacant(py) {
                match &spare.traits.context {
                    Some(context)
                        if references_to(context) == REFERENCES_TO_CONTEXT
                            && context.bind(py).eq(fresh)? =>
                    {
                        spare.name_anew(py)?;
                        return Ok(Some(spare));
                    }
                    None => {
                        self.idle.put(py, spare)?;
                        return Ok(None);
                    }
                    Some(_) => {}
                }
            }
            // Made in another context than this request comes from, which somebody else has got hold
            // of, or cancelled by somebody.
            spare.job.get().retire(py)?;
        }
        let spare = self.make_spare(asyncio, fresh)?;
        if spare.traits.context.is_none() {
            self.idle.put(py, spare)?;
            return Ok(None);
        }
        Ok(Some(spare))
    }

    fn make_spare(&self, asyncio: &Asyncio, fresh: &Bound<'_, PyAny>) -> PyResult<Spare> {
        let py = fresh.py();
        let (event_loop, at_work) = (self.event_loop.clone_ref(py), self.at_work.clone_ref(py));
        let job = Bound::new(py, Job::vacant(event_loop, at_work))?;
        // SAFETY: it is a context, and the result is checked.
        let context =
            unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_Copy(fresh.as_ptr()))? };
        let keywords = self.keywords.bind(py);
        let make = asyncio.task.bind(py);
        let (task, context) = if cfg!(Py_3_11) {
            keywords.set_item(intern!(py, "context"), &context)?;
            let task = make.call((&job,), Some(keywords));
            keywords.del_item(intern!(py, "context"))?;
            (task?, Some(context.unbind()))
        } else {
            // The task has a copy of the context, which is known as soon as it waits.
            (
                context.call_method("run", (make, &job), Some(keywords))?,
                None,
            )
        };
        let weak_references = WeakReferences::to(&task);
        let name = task.call_method0(intern!(py, "get_name"))?.extract()?;
        Ok(Spare {
            task: task.unbind(),
            job: job.unbind(),
            traits: Traits {
                context,
                weak_references,
                name,
                uses: 0,
            },
            is_quiet: false,
        })
    }
}

impl Spare {
    /// Names the task for another request: logs tell requests apart by the names of their tasks, and
    /// the last one may have been given another name.
    fn name_anew(&mut self, py: Python<'_>) -> PyResult<()> {
        let Traits { name, uses, .. } = &mut self.traits;
        *uses += 1;
        let name = format!("{name}.{uses}");
        let task = self.task.bind(py);
        task.call_method1(intern!(py, "set_name"), (name,))?;
        Ok(())
    }

    /// Whether nothing is left of what has run in the task.
    fn is_untouched(&self, fresh: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = fresh.py();
        let task = self.task.bind(py);
        let is_in_context = match &self.traits.context {
            Some(context) => context.bind(py).eq(fresh)?,
            None => false,
        };
        let callbacks = task.getattr(intern!(py, "_callbacks"))?;
        let has_callbacks = match callbacks.cast::<PyList>() {
            Ok(list) => !list.is_empty(),
            Err(_) => !callbacks.is_none(),
        };
        Ok(is_in_context
            && !has_callbacks
            && self.job.get().is_vacant(py)
            && (self.job.get().waits(py)
                || !task.getattr(intern!(py, "_must_cancel"))?.is_truthy()?)
            && self.traits.weak_references == WeakReferences::to(task))
    }
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

fn empty_context(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: it returns a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_New()) }
}

/// Whether somebody has asked a task to be cancelled, and nobody has taken that back.
fn was_cancelled(task: &Bound<'_, PyAny>) -> PyResult<bool> {
    if cfg!(not(Py_3_11)) {
        // Nothing tells. Whoever is in a position to ask has a reference to the task.
        return Ok(false);
    }
    task.call_method0(intern!(task.py(), "cancelling"))?
        .is_truthy()
}

fn references_to(object: &Py<PyAny>) -> isize {
    // SAFETY: the object is alive.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) as isize }
}
