//! Routes whose handlers are called without ASGI in between.
//!
//! A framework's own way from a request to its handler and back is known: which handler, with which
//! arguments, and what becomes of each kind of result. Where nothing else can have a say in it, it is
//! taken in one go. Where something might, the request goes to the app like any other; whether that is
//! so is asked anew for each request.

use std::cell::Cell;
use std::ffi::c_uint;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyNone, PyString, PyType};
use pyo3::{PyTraverseError, PyVisit, ffi, intern};

use super::coroutine;
use super::exchange::{Block, Call, Exchange, glue};
use super::job::Undertaking;
use crate::http::response::Said;
use crate::http::{FieldId, Head};
use crate::python::json::member_offset;
use crate::python::table::RouteTable;
use crate::python::text::Text;

/// An app that is not asked about some of its routes.
#[pyclass(frozen, module = "covet_runtime")]
pub(super) struct Direct {
    app: Py<PyAny>,
    table: Py<RouteTable>,
    /// By endpoint id.
    plans: Box<[Option<Plan>]>,
    conditions: Conditions,
    requests: Requests,
    /// Whether a server in between looks for the address of the client in the fields.
    proxied: bool,
    json: Block,
    text: Block,
    octets: Block,
}

/// How a route is answered.
struct Plan {
    handler: Py<PyAny>,
    is_coroutine: bool,
    /// Which parameters of the path the handler takes, in its order.
    order: Box<[usize]>,
    serializer: Py<PyAny>,
}

/// A dictionary and what it has to have: a key and its value.
type Condition = (Py<PyDict>, Py<PyString>, Py<PyAny>);
/// Names and values. The length of the body, which is not known yet, has none.
type Fields = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// What has to be as it was when the plans were made.
struct Conditions {
    class: Py<PyType>,
    version: c_uint,
    values: Box<[Condition]>,
    /// How many attributes the app has: none of its methods is covered by one.
    app: Py<PyDict>,
    attributes: usize,
    /// The dictionaries as they were when they were last looked into.
    seen: Box<[Seen]>,
}

/// A dictionary, and the number that CPython up to 3.12 gives it anew with each change.
struct Seen {
    #[cfg_attr(Py_3_13, allow(dead_code, reason = "there is no such number"))]
    dict: Py<PyDict>,
    #[cfg_attr(Py_3_13, allow(dead_code, reason = "there is no such number"))]
    version: Cell<u64>,
}

// SAFETY: the number is only looked at with the GIL.
unsafe impl Sync for Seen {}

impl Seen {
    /// Whether the dictionary may have changed since this was last asked.
    #[cfg(not(Py_3_13))]
    #[allow(deprecated, reason = "the versions that have it are asked for it")]
    fn is_news(&self) -> bool {
        let dict = self.dict.as_ptr().cast::<ffi::PyDictObject>();
        // SAFETY: it is a dictionary, and alive.
        let version = unsafe { (*dict).ma_version_tag };
        self.version.replace(version) != version
    }

    /// Whether the dictionary may have changed since this was last asked.
    #[cfg(Py_3_13)]
    #[allow(clippy::unused_self, reason = "other versions know")]
    const fn is_news(&self) -> bool {
        true
    }
}

/// Requests that are filled in when somebody looks at them.
struct Requests {
    class: Py<PyType>,
    /// Where a request keeps what it is filled from.
    source: isize,
    /// Where its way to receive the body is, once somebody has asked for it.
    receive: isize,
    /// What is the same in all requests.
    constants: Box<[(isize, Py<PyAny>)]>,
}

#[pymethods]
impl Direct {
    /// `handlers` are `(handler, is a coroutine function, names of its parameters, serializer)` by
    /// endpoint, None for those that are left to the app. `values` are `(dict, key, value)`.
    /// `constants` are attributes of all requests. `heads` are the fields of a JSON, a text and a
    /// binary response before and after their length.
    #[new]
    #[allow(clippy::too_many_arguments, reason = "each is something else")]
    fn new(
        app: &Bound<'_, PyAny>,
        table: &Bound<'_, RouteTable>,
        handlers: &Bound<'_, PyList>,
        values: Vec<Condition>,
        attributes: &Bound<'_, PyDict>,
        request_class: &Bound<'_, PyType>,
        constants: &Bound<'_, PyDict>,
        heads: [Fields; 3],
        proxied: bool,
    ) -> PyResult<Self> {
        let py = app.py();
        let mut plans = Vec::with_capacity(handlers.len());
        for (endpoint, handler) in handlers.iter().enumerate() {
            plans.push(if handler.is_none() {
                None
            } else {
                Some(Plan::new(table.get(), endpoint as u32, &handler)?)
            });
        }
        let [json, text, octets] = heads.map(|fields| block(&fields));
        Ok(Self {
            app: app.clone().unbind(),
            table: table.clone().unbind(),
            plans: plans.into(),
            conditions: Conditions::new(app.get_type(), values, attributes),
            requests: Requests::new(py, request_class, constants)?,
            proxied,
            json: json?,
            text: text?,
            octets: octets?,
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.app)?;
        visit.call(&self.table)?;
        visit.call(&self.conditions.class)?;
        visit.call(&self.conditions.app)?;
        visit.call(&self.requests.class)?;
        let mut plans = self.plans.iter().flatten();
        plans.try_for_each(|plan| plan.traverse(&visit))?;
        let mut seen = self.conditions.seen.iter();
        seen.try_for_each(|seen| visit.call(&seen.dict))?;
        self.conditions
            .values
            .iter()
            .try_for_each(|(dict, _, value)| {
                visit.call(dict)?;
                visit.call(value)
            })
    }
}

impl Plan {
    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.handler)?;
        visit.call(&self.serializer)
    }
}

/// The text of a head before and after the length of the body, which is the value of the field
/// that has none here.
fn block(fields: &[(Vec<u8>, Option<Vec<u8>>)]) -> PyResult<Block> {
    let (mut before, mut after, mut said) = (Vec::new(), Vec::new(), Said::default());
    let mut is_before = true;
    for (name, value) in fields {
        let written = match value {
            None => {
                before.extend_from_slice(name);
                before.extend_from_slice(b": ");
                after.extend_from_slice(b"\r\n");
                is_before = false;
                Ok(())
            }
            Some(value) if is_before => said.field(&mut before, name, value),
            Some(value) => said.field(&mut after, name, value),
        };
        written.map_err(|_| PyValueError::new_err("a field that cannot be written"))?;
    }
    if is_before || said != Said::default() {
        return Err(PyValueError::new_err(
            "fields that say something of the body",
        ));
    }
    Ok(Block {
        before: before.into(),
        after: after.into(),
    })
}

impl Plan {
    fn new(table: &RouteTable, endpoint: u32, plan: &Bound<'_, PyAny>) -> PyResult<Self> {
        type Parts = (Py<PyAny>, bool, Vec<String>, Py<PyAny>);
        let (handler, is_coroutine, names, serializer): Parts = plan.extract()?;
        let parameters = &table.recipe(endpoint).parameters;
        let py = plan.py();
        let position = |name: &String| {
            let mut known = parameters.iter();
            known.position(|parameter| parameter.name.bind(py) == name.as_str())
        };
        Ok(Self {
            handler,
            is_coroutine,
            order: names.iter().filter_map(position).collect(),
            serializer,
        })
    }

    /// Calls the handler: what it returns.
    fn call<'py>(
        &self,
        values: &[Bound<'py, PyAny>],
        request: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = request.py();
        let mut arguments = [std::ptr::null_mut(); 8];
        let mut more = Vec::new();
        let count = 1 + self.order.len();
        let arguments = if let Some(arguments) = arguments.get_mut(..count) {
            arguments
        } else {
            more.resize(count, std::ptr::null_mut());
            &mut more[..]
        };
        let chosen = self.order.iter().map(|position| &values[*position]);
        for (place, argument) in arguments
            .iter_mut()
            .zip([request].into_iter().chain(chosen))
        {
            *place = argument.as_ptr();
        }
        // SAFETY: the arguments are as many live objects, and the result is checked.
        unsafe {
            let handler = self.handler.as_ptr();
            let result =
                ffi::PyObject_Vectorcall(handler, arguments.as_ptr(), count, std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, result)
        }
    }
}

impl Conditions {
    fn new(class: Bound<'_, PyType>, values: Vec<Condition>, app: &Bound<'_, PyDict>) -> Self {
        // SAFETY: the class is alive.
        let version = unsafe { (*class.as_type_ptr()).tp_version_tag };
        let py = app.py();
        let mut seen: Vec<Seen> = Vec::new();
        for dict in values
            .iter()
            .map(|(dict, ..)| dict)
            .chain([app.as_unbound()])
        {
            if !seen.iter().any(|known| known.dict.is(dict)) {
                seen.push(Seen {
                    dict: dict.clone_ref(py),
                    version: Cell::new(0),
                });
            }
        }
        Self {
            class: class.unbind(),
            version,
            values: values.into(),
            app: app.clone().unbind(),
            attributes: app.len(),
            seen: seen.into(),
        }
    }

    /// Whether everything is as it was.
    fn hold(&self, app: &Py<PyAny>, py: Python<'_>) -> bool {
        self.is_class_same(app) && (!self.is_news() || self.hold_all(py))
    }

    /// Whether the app has the methods that it had.
    fn has_its_methods(&self, app: &Py<PyAny>, py: Python<'_>) -> bool {
        self.is_class_same(app) && self.app.bind(py).len() == self.attributes
    }

    fn is_class_same(&self, app: &Py<PyAny>) -> bool {
        // SAFETY: the app is alive, and so is its class.
        unsafe {
            let class = ffi::Py_TYPE(app.as_ptr());
            class == self.class.as_ptr().cast()
                && (*class).tp_version_tag == self.version
                && self.version != 0
        }
    }

    fn is_news(&self) -> bool {
        // All are asked, so that each knows from when on there is something new.
        let dicts = self.seen.iter();
        dicts.fold(false, |news, dict| news | dict.is_news())
    }

    #[inline(never)]
    fn hold_all(&self, py: Python<'_>) -> bool {
        let hold = self.look(py);
        if !hold {
            // Nothing has been seen that may be relied on.
            for dict in &self.seen {
                dict.version.set(0);
            }
        }
        hold
    }

    fn look(&self, py: Python<'_>) -> bool {
        // SAFETY: all of these are live objects. Looking a `str` up in a dictionary whose keys are
        // strings runs no code of Python's.
        unsafe {
            self.app.bind(py).len() == self.attributes
                && self.values.iter().all(|(dict, key, value)| {
                    ffi::PyDict_GetItemWithError(dict.as_ptr(), key.as_ptr()) == value.as_ptr()
                })
        }
    }
}

impl Requests {
    fn new(
        py: Python<'_>,
        class: &Bound<'_, PyType>,
        constants: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let offset = |name: &Bound<'_, PyAny>| {
            let slot = class.getattr(name.cast::<PyString>()?)?;
            member_offset(class, &slot).ok_or_else(|| PyValueError::new_err("no such slot"))
        };
        let mut slots = Vec::with_capacity(constants.len());
        for (name, value) in constants {
            slots.push((offset(&name)?, value.unbind()));
        }
        Ok(Self {
            class: class.clone().unbind(),
            source: offset(intern!(py, "_covet_exchange"))?,
            receive: offset(intern!(py, "_receive"))?,
            constants: slots.into(),
        })
    }

    /// A request that is filled from an exchange.
    fn make<'py>(&self, exchange: &Bound<'py, Exchange>) -> PyResult<Bound<'py, PyAny>> {
        let py = exchange.py();
        let class = self.class.bind(py).as_type_ptr();
        // SAFETY: an object of the class has references, or null, at the offsets of its slots, null
        // while it is new.
        unsafe {
            let request = ffi::PyType_GenericAlloc(class, 0);
            let request = Bound::from_owned_ptr_or_err(py, request)?;
            let slot = |offset| {
                let place = request.as_ptr().byte_offset(offset);
                place.cast::<*mut ffi::PyObject>()
            };
            slot(self.source).write(exchange.clone().into_ptr());
            for (offset, value) in &self.constants {
                slot(*offset).write(value.clone_ref(py).into_ptr());
            }
            Ok(request)
        }
    }
}

impl Direct {
    /// Whether a request was made here, and nobody has asked it for a way to receive its body, or put
    /// another there.
    pub(super) fn is_unread(&self, request: &Bound<'_, PyAny>) -> bool {
        let Requests { class, receive, .. } = &self.requests;
        let is_ours = request.get_type_ptr() == class.bind(request.py()).as_type_ptr();
        // SAFETY: an object of the class has a reference, or null, at the offset of the slot.
        is_ours
            && unsafe {
                let place = request.as_ptr().byte_offset(*receive);
                (*place.cast::<*mut ffi::PyObject>()).is_null()
            }
    }

    /// The plan for a request: its endpoint, if it may be answered without the app.
    pub(super) fn endpoint(&self, py: Python<'_>, head: &Head) -> Option<u32> {
        let endpoint = head.endpoint()?;
        self.plans.get(endpoint as usize)?.as_ref()?;
        let is_forwarded = || {
            let mut fields = head.fields().iter();
            fields.any(|field| {
                field.id == FieldId::X_FORWARDED_FOR || field.id == FieldId::X_FORWARDED_PROTO
            })
        };
        if self.proxied && is_forwarded() {
            return None;
        }
        self.conditions.hold(&self.app, py).then_some(endpoint)
    }

    /// Whether the plans are still right.
    pub(super) fn holds(&self, py: Python<'_>) -> bool {
        self.conditions.hold(&self.app, py)
    }

    fn sends_by_itself(&self, py: Python<'_>) -> bool {
        self.conditions.has_its_methods(&self.app, py)
    }

    /// The parameters of a request by name, as the framework's router makes them.
    pub(super) fn parameters<'py>(
        &self,
        py: Python<'py>,
        endpoint: u32,
        head: &Head,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let table = self.table.get();
        if table.is_static(endpoint) {
            return Ok(None);
        }
        let values = table.values(endpoint, Text::of_utf8(py, head.path()))?;
        let parameters = PyDict::new(py);
        for (parameter, value) in table.recipe(endpoint).parameters.iter().zip(values) {
            parameters.set_item(&parameter.name, value)?;
        }
        Ok(Some(parameters))
    }
}

/// A request that is answered without the app, as far as possible.
pub(super) struct DirectCall {
    pub(super) direct: Py<Direct>,
    pub(super) endpoint: u32,
    /// The same request for the app.
    pub(super) call: Call,
    /// Whether the rest is left to coroutines of the framework's, which send by themselves.
    pub(super) is_left: bool,
}

impl DirectCall {
    fn exchange(&self) -> &Py<Exchange> {
        &self.call.exchange
    }

    fn plan(&self) -> Option<&Plan> {
        self.direct
            .get()
            .plans
            .get(self.endpoint as usize)?
            .as_ref()
    }

    /// Leaves the rest to a coroutine of Python's, a function of the direct part there.
    fn leave<'py>(
        &mut self,
        py: Python<'py>,
        function: &str,
        argument: Bound<'py, PyAny>,
    ) -> Option<Bound<'py, PyAny>> {
        self.is_left = true;
        self.call.resumes(py);
        let exchange = self.exchange().bind(py);
        let coroutine = exchange.getattr(intern!(py, "send")).and_then(|send| {
            let app = &self.direct.get().app;
            glue(py, "covet_runtime.server.direct", function)?.call1((app, argument, send))
        });
        match coroutine {
            Ok(coroutine) => Some(coroutine),
            Err(error) => self.call.raised(py, error),
        }
    }

    /// Answers with what the handler has returned: whether that is done.
    fn respond(&self, plan: &Plan, result: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = result.py();
        let exchange = self.exchange().bind(py);
        let direct = self.direct.get();
        // SAFETY: it is a live object.
        let class = unsafe { ffi::Py_TYPE(result.as_ptr()) };
        let is = |known: *mut ffi::PyTypeObject| std::ptr::eq(class, known);
        let json = is(&raw mut ffi::PyDict_Type) || is(&raw mut ffi::PyList_Type);
        if json {
            let body = plan.serializer.bind(py).call1((result,))?;
            let body = body.cast::<PyBytes>()?;
            return Exchange::respond(exchange, 200, &direct.json, body.as_bytes());
        }
        if is(&raw mut ffi::PyUnicode_Type) {
            // The exception of text that has no UTF-8 form is the framework's, too.
            let text = result.cast::<PyString>()?.to_str()?;
            return Exchange::respond(exchange, 200, &direct.text, text.as_bytes());
        }
        if is(&raw mut ffi::PyBytes_Type) {
            let body = result.cast::<PyBytes>()?;
            return Exchange::respond(exchange, 200, &direct.octets, body.as_bytes());
        }
        if result.is_instance_of::<PyNone>() {
            return Exchange::respond(exchange, 204, &direct.text, b"");
        }
        Ok(false)
    }
}

impl Undertaking for DirectCall {
    fn begin<'py>(&mut self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let direct = self.direct.clone_ref(py);
        let Some(plan) = direct.get().plans.get(self.endpoint as usize)?.as_ref() else {
            return self.call.begin(py);
        };
        let table = direct.get().table.get();
        let values = if table.is_static(self.endpoint) {
            Ok(Vec::new())
        } else {
            let head = self.exchange().get().head();
            table.values(self.endpoint, Text::of_utf8(py, head.path()))
        };
        let Ok(values) = values else {
            // The framework raises it again, where it is not answered as an error of the handler.
            drop(PyErr::take(py));
            self.is_left = true;
            return self.call.begin(py);
        };
        let exchange = self.exchange().bind(py).clone();
        let result = direct
            .get()
            .requests
            .make(&exchange)
            .and_then(|request| plan.call(&values, &request));
        match result {
            Err(error) => self.raised(py, error),
            Ok(result) if !plan.is_coroutine => self.returned(&result),
            Ok(result) => match coroutine::of(result) {
                Ok(coroutine) => Some(coroutine),
                Err(error) => self.raised(py, error),
            },
        }
    }

    fn abandoned(&mut self, py: Python<'_>) {
        self.call.abandoned(py);
    }

    fn resumes(&mut self, py: Python<'_>) {
        if self.is_left {
            self.call.resumes(py);
        }
    }

    fn waits(&mut self, py: Python<'_>) {
        if self.is_left {
            self.call.waits(py);
        }
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.direct)?;
        self.call.traverse(visit)
    }

    fn returned<'py>(&mut self, value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        if self.is_left {
            return self.call.returned(value);
        }
        let answered = match self.plan() {
            // The handler itself may have changed how its result is sent.
            Some(plan) if self.direct.get().sends_by_itself(value.py()) => {
                self.respond(plan, value)
            }
            _ => Ok(false),
        };
        match answered {
            Ok(true) => None,
            Ok(false) => self.leave(value.py(), "send_result", value.clone()),
            Err(error) => self.raised(value.py(), error),
        }
    }

    fn raised<'py>(&mut self, py: Python<'py>, error: PyErr) -> Option<Bound<'py, PyAny>> {
        if self.is_left || !error.is_instance_of::<PyException>(py) {
            return self.call.raised(py, error);
        }
        let error = error.into_value(py).into_bound(py).into_any();
        self.leave(py, "send_failure", error)
    }
}
