//! Spare tasks: they exist already, and wait for something to do.
//!
//! A spare task is used, and used again, only while nobody could tell it from one that was made for
//! the request: nobody has a reference to it or to its context, nobody has left anything with it.

use std::ptr;
use std::sync::Weak;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use pyo3::{PyTraverseError, PyVisit, ffi, intern};

use super::held::Held;
use super::job::Job;
use crate::json::number;

/// How many spare tasks are kept: as many as requests of a busy process wait at the same time.
const KEPT: usize = 64;

/// The references to a task that waits: ours, and that of what lets it go on.
const TO_WAITING_TASK: isize = 2;
/// The references to what it does: ours, and those of the task, whose coroutine it is and which waits
/// for it.
const TO_WAITING_JOB: isize = 3;
/// The references to its context: ours, that of the task, and that of what lets it go on.
const TO_WAITING_CONTEXT: isize = 3;
/// The references to a task that makes a step: ours, that of what the loop has called, and that of
/// asyncio to the current task.
const TO_STEPPING_TASK: isize = 3;
/// The references to what it does: that of the task whose coroutine it is.
const TO_STEPPING_JOB: isize = 1;

/// A task that waits for something to do.
pub(super) struct Spare {
    pub(super) task: Py<PyAny>,
    pub(super) job: Py<Job>,
    pub(super) traits: Traits,
    /// Whether the task may go without a word while it waits.
    pub(super) is_quiet: bool,
}

/// What a task is known by.
pub(super) struct Traits {
    weak_references: WeakReferences,
    /// What asyncio has called the task, a dot, and how often it was used again.
    name: Vec<u8>,
    /// How much of `name` is in front of that number.
    stem: usize,
    uses: u64,
}

impl Traits {
    /// Those of a task that was just made.
    pub(super) fn of(task: &Bound<'_, PyAny>) -> PyResult<Self> {
        let name = task.call_method0(intern!(task.py(), "get_name"))?;
        let name = format!("{}.", name.cast::<PyString>()?.to_str()?).into_bytes();
        Ok(Self {
            weak_references: WeakReferences::to(task),
            stem: name.len(),
            name,
            uses: 0,
        })
    }
}

/// What a task may become when it is done with a request: spare.
pub(super) struct Prospect {
    pub(super) traits: Traits,
    /// A context as the request began in.
    pub(super) fresh: Py<PyAny>,
}

/// The spare tasks of an event loop.
pub(super) struct Idle {
    spares: Held<Vec<Spare>>,
    /// How many requests were given to new tasks that have yet to begin.
    pub(super) unbegun: Held<usize>,
}

impl Idle {
    pub(super) const fn new() -> Self {
        Self {
            spares: Held::new(Vec::new()),
            unbegun: Held::new(0),
        }
    }

    /// The one that was put here last.
    pub(super) fn take(&self, py: Python<'_>) -> Option<Spare> {
        self.spares.with(py, Vec::pop)
    }

    /// Keeps a task for another request. If the loop is closed before, nobody has to be told.
    pub(super) fn put(&self, py: Python<'_>, mut spare: Spare) -> PyResult<()> {
        if !self.has_room(py) {
            return spare.job.get().retire(py);
        }
        spare.set_quiet(py, true)?;
        self.spares.with(py, |spares| spares.push(spare));
        Ok(())
    }

    fn has_room(&self, py: Python<'_>) -> bool {
        self.spares.with(py, |spares| spares.len() < KEPT)
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.spares.show(|spares| {
            spares.iter().try_for_each(|spare| {
                visit.call(&spare.task)?;
                visit.call(&spare.job)
            })
        })
    }
}

impl Prospect {
    /// Makes the task of a vacant job, which takes its last step for a request, spare again. False
    /// when somebody could tell.
    pub(super) fn rest(
        self,
        idle: &Weak<Idle>,
        task: Py<PyAny>,
        job: &Bound<'_, Job>,
    ) -> PyResult<bool> {
        let py = job.py();
        let Some(idle) = idle.upgrade().filter(|idle| idle.has_room(py)) else {
            return Ok(false);
        };
        let is_unknown = references_to(&task) == TO_STEPPING_TASK
            && references_to(job.as_unbound()) == TO_STEPPING_JOB;
        if !is_unknown || was_cancelled(task.bind(py))? {
            return Ok(false);
        }
        // SAFETY: it returns a new reference, or null with an exception.
        let context = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_CopyCurrent())? };
        let spare = Spare {
            task,
            job: job.clone().unbind(),
            traits: self.traits,
            is_quiet: false,
        };
        let is_unmarked = spare.is_unmarked(py) && !spare.has_callbacks(py);
        if !have_the_same(&context, self.fresh.bind(py)) || !is_unmarked {
            return Ok(false);
        }
        idle.put(py, spare)?;
        Ok(true)
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.fresh)
    }
}

impl Spare {
    /// Names the task for another request: logs tell requests apart by the names of their tasks, and
    /// the last one may have been given another name.
    ///
    /// `set_name` is the method of all tasks.
    pub(super) fn name_anew(&mut self, set_name: &Bound<'_, PyAny>) -> PyResult<()> {
        let Traits {
            name, stem, uses, ..
        } = &mut self.traits;
        *uses += 1;
        name.truncate(*stem);
        number::append(name, *uses);
        set_name.call1((&self.task, PyString::from_bytes(set_name.py(), name)?))?;
        Ok(())
    }

    /// Whether the task may be spare, where a new one would begin in a copy of `fresh`. `context` is
    /// that of the task, which waits.
    pub(super) fn is_untouched(&self, context: &Py<PyAny>, fresh: &Bound<'_, PyAny>) -> bool {
        self.is_usable(context, fresh) && !self.has_callbacks(fresh.py())
    }

    /// Whether the task, which is spare, may be used. A callback that somebody has added meanwhile
    /// changes nothing: the task will not be spare again.
    pub(super) fn is_usable(&self, context: &Py<PyAny>, fresh: &Bound<'_, PyAny>) -> bool {
        let py = fresh.py();
        references_to(&self.task) == TO_WAITING_TASK
            && references_to(&self.job) == TO_WAITING_JOB
            && references_to(context) == TO_WAITING_CONTEXT
            && self.job.get().is_vacant(py)
            && have_the_same(context.bind(py), fresh)
            && self.is_unmarked(py)
    }

    /// Whether nobody has left anything with the task but callbacks.
    fn is_unmarked(&self, py: Python<'_>) -> bool {
        let task = self.task.bind(py);
        self.traits.weak_references == WeakReferences::to(task) && !has_attributes(task)
    }

    fn has_callbacks(&self, py: Python<'_>) -> bool {
        let callbacks = self.task.bind(py).getattr(intern!(py, "_callbacks"));
        callbacks.map_or(true, |callbacks| match callbacks.cast::<PyList>() {
            Ok(list) => !list.is_empty(),
            Err(_) => !callbacks.is_none(),
        })
    }

    /// Says whether asyncio complains when the task goes while it waits.
    pub(super) fn set_quiet(&mut self, py: Python<'_>, is_quiet: bool) -> PyResult<()> {
        if self.is_quiet != is_quiet {
            let task = self.task.bind(py);
            task.setattr(intern!(py, "_log_destroy_pending"), !is_quiet)?;
            self.is_quiet = is_quiet;
        }
        Ok(())
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

/// Whether somebody has set attributes of his own on a task.
fn has_attributes(task: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the class says where its objects keep their dictionary, or that CPython does it, which
    // is in front of all that each object has. There is a dictionary, or null.
    unsafe {
        let offset = match (*ffi::Py_TYPE(task.as_ptr())).tp_dictoffset {
            0 => return false,
            managed if managed < 0 => -3 * size_of::<*mut ffi::PyObject>().cast_signed(),
            offset => offset,
        };
        let place = task.as_ptr().byte_offset(offset);
        let dict = place.cast::<*mut ffi::PyObject>().read();
        !dict.is_null() && ffi::PyDict_Size(dict) != 0
    }
}

/// Whether somebody has asked a task to be cancelled, which makes a step, and nobody has taken that
/// back.
fn was_cancelled(task: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = task.py();
    if task.getattr(intern!(py, "_must_cancel"))?.is_truthy()? {
        return Ok(true);
    }
    if cfg!(Py_3_11) {
        let count = task.call_method0(intern!(py, "cancelling"))?;
        return count.is_truthy();
    }
    // Nothing tells. Whoever is in a position to ask has a reference to the task.
    Ok(false)
}

/// Whether two contexts have the same variables with the same objects as values. To compare the
/// contexts would be to compare the values, and one that equals another is not that one.
fn have_the_same(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> bool {
    let compare = || -> PyResult<bool> {
        let length = a.len()?;
        if length != b.len()? {
            return Ok(false);
        }
        if length > 0 {
            for variable in a.try_iter()? {
                let variable = variable?;
                if !a.get_item(&variable)?.is(&b.get_item(&variable)?) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    };
    // One lacks a variable that the other has.
    compare().unwrap_or(false)
}

fn references_to<T>(object: &Py<T>) -> isize {
    // SAFETY: the object is alive.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) as isize }
}
