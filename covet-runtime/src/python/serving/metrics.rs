//! What servers have answered, counted.
//!
//! A request costs a reading of the clock and a few additions. Nothing is allocated for it, but once
//! for each status that a route answers with: the counters of a route are at the place of its endpoint.
//!
//! Whoever counts has the GIL. So an addition to an atomic number need not be one instruction; they are
//! atomic because the last reference to what counts may go without a token of the GIL at hand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU16, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::held::Held;
use crate::http::{App, Head, NoRoutes};
use crate::python::answer::Found;
use crate::python::fastcall::Request;
use crate::python::table::RouteTable;
use crate::python::text::Text;
use crate::routing::NOT_FOUND;

/// The upper bounds of durations in nanoseconds. What takes longer has a place behind them.
const BOUNDS: [u64; 16] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The methods that requests without a route are told apart by, in the order of their counters. Clients
/// choose methods, and must not be able to add counters: all others are the last one.
const METHODS: [&str; 10] = [
    "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "other",
];

/// The route of requests that have none.
const NO_ROUTE: &str = "<none>";

/// The status of requests that nobody waited to have answered.
const NO_STATUS: u16 = 0;

static CONNECTIONS: AtomicI64 = AtomicI64::new(0);
static IN_FLIGHT: AtomicI64 = AtomicI64::new(0);

/// The books in use, and what was in those that are not any more.
static BOOKS: Mutex<Vec<Weak<Book>>> = Mutex::new(Vec::new());
static PAST: Mutex<Totals> = Mutex::new(BTreeMap::new());

/// By route and method.
type Totals = BTreeMap<(String, String), Series>;

fn add(number: &AtomicI64, change: i64) {
    number.store(number.load(Relaxed) + change, Relaxed);
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Numbers are whole whatever happened to the thread that held them.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An open connection, for as long as this exists.
pub(super) struct Presence(());

impl Presence {
    pub(super) fn new() -> Self {
        add(&CONNECTIONS, 1);
        Self(())
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        add(&CONNECTIONS, -1);
    }
}

/// The responses to one method of one route.
#[derive(Clone, Default)]
struct Series {
    /// By duration; the last one is for those beyond all bounds.
    durations: [u64; BOUNDS.len() + 1],
    nanoseconds: u64,
    /// Most routes answer with one or two.
    statuses: Vec<(u16, u64)>,
    /// Those that did not go through ASGI.
    direct: u64,
    broken_off: u64,
}

impl Series {
    fn count(&mut self, status: u16, number: u64) {
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += number,
            None => self.statuses.push((status, number)),
        }
    }

    fn time(&mut self, duration: Duration) {
        // Centuries of sums fit.
        let nanoseconds = duration
            .as_secs()
            .saturating_mul(1_000_000_000)
            .saturating_add(duration.subsec_nanos().into());
        self.nanoseconds = self.nanoseconds.saturating_add(nanoseconds);
        let place = BOUNDS.iter().take_while(|bound| **bound < nanoseconds);
        self.durations[place.count()] += 1;
    }

    fn add(&mut self, other: &Self) {
        for (sum, number) in self.durations.iter_mut().zip(other.durations) {
            *sum += number;
        }
        self.nanoseconds = self.nanoseconds.saturating_add(other.nanoseconds);
        for (status, number) in &other.statuses {
            self.count(*status, *number);
        }
        self.direct += other.direct;
        self.broken_off += other.broken_off;
    }
}

/// The counters of a server for one route table, and the table.
///
/// The table is the one that heads are read with. An app that answers all requests itself has one, too,
/// if it can be read.
pub(super) struct Book {
    table: Option<Py<RouteTable>>,
    /// What the app sees in front of every path.
    root_path: String,
    /// By endpoint; behind those, by method, for requests without a route.
    series: Held<Box<[Series]>>,
}

impl Book {
    pub(super) fn new(table: Option<Py<RouteTable>>, root_path: &str) -> Arc<Self> {
        let routes = table.as_ref().map_or(0, |table| endpoints(table.get()));
        let book = Arc::new(Self {
            table,
            root_path: root_path.to_owned(),
            series: Held::new(vec![Series::default(); routes + METHODS.len()].into()),
        });
        let mut books = locked(&BOOKS);
        books.retain(|book| book.strong_count() > 0);
        books.push(Arc::downgrade(&book));
        book
    }

    /// What a reader has to know of the app.
    pub(super) fn app(&self) -> &dyn App {
        self.table.as_ref().map_or(&NoRoutes, |it| it.get().app())
    }

    pub(super) const fn table(&self) -> Option<&Py<RouteTable>> {
        self.table.as_ref()
    }

    /// Where the counters for a request are.
    fn position(&self, py: Python<'_>, head: &Head) -> usize {
        let Some(table) = &self.table else {
            return method(head);
        };
        let table = table.get();
        let endpoint = if table.regexes().is_empty() && self.root_path.is_empty() {
            head.endpoint()
        } else {
            self.endpoint(py, table, head)
        };
        endpoint.map_or_else(|| endpoints(table) + method(head), |id| id as usize)
    }

    /// The endpoint of a request where the reader has not found it, or not for certain.
    #[cold]
    fn endpoint(&self, py: Python<'_>, table: &RouteTable, head: &Head) -> Option<u32> {
        let path = format!("{}{}", self.root_path, head.path());
        let (text, method) = (Text::of_utf8(py, &path), Text::of_utf8(py, head.method()));
        // What the app makes of a path that its own expressions fail with is not a matter of ours.
        let object = text.slice(text.bytes()).ok()?;
        match table.find(&Request::new(&object, text, method)).ok()? {
            Found::Endpoint(id) | Found::Regex(id, _) if id != NOT_FOUND => Some(id),
            _ => None,
        }
    }

    /// Adds what is counted here to `totals`.
    fn add_to(&self, series: &[Series], totals: &mut Totals) {
        let endpoints = self.app().endpoints().iter();
        let endpoints = endpoints.map(|it| (it.path.as_ref(), it.method.as_ref()));
        let labels = endpoints.chain(METHODS.map(|method| (NO_ROUTE, method)));
        for (series, (route, method)) in series.iter().zip(labels) {
            if !series.statuses.is_empty() {
                let key = (route.to_owned(), method.to_owned());
                totals.entry(key).or_default().add(series);
            }
        }
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        let series = std::mem::take(self.series.get_mut());
        self.add_to(&series, &mut locked(&PAST));
    }
}

fn endpoints(table: &RouteTable) -> usize {
    table.app().endpoints().len()
}

/// The number of the method of a request, as [`METHODS`] has it.
fn method(head: &Head) -> usize {
    let known = METHODS[..METHODS.len() - 1].iter();
    let mut known = known.take_while(|known| **known != head.method());
    known.by_ref().count()
}

/// A request that is being answered.
pub(super) struct Record {
    book: Arc<Book>,
    position: usize,
    direct: bool,
    /// Of the head that was written.
    status: AtomicU16,
    over: AtomicBool,
}

impl Record {
    /// `direct` says whether the handler is called without ASGI in between.
    pub(super) fn begin(py: Python<'_>, book: Arc<Book>, head: &Head, direct: bool) -> Self {
        add(&IN_FLIGHT, 1);
        Self {
            position: book.position(py, head),
            book,
            direct,
            status: AtomicU16::new(NO_STATUS),
            over: AtomicBool::new(false),
        }
    }

    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// The head of the response is being written.
    pub(super) fn answered(&self, status: u16) {
        self.status.store(status, Relaxed);
    }

    /// All of the response is written.
    pub(super) fn complete(&self, py: Python<'_>, duration: Duration) {
        self.end(py, duration, false);
    }

    /// There will be no more of the response. `refusal` is the status of what is answered if it has not
    /// begun.
    pub(super) fn broken_off(&self, py: Python<'_>, duration: Duration, refusal: Option<u16>) {
        match refusal {
            Some(status) if self.status.load(Relaxed) == NO_STATUS => {
                self.answered(status);
                self.end(py, duration, false);
            }
            _ => self.end(py, duration, true),
        }
    }

    fn end(&self, py: Python<'_>, duration: Duration, broken_off: bool) {
        if !self.be_over() {
            return;
        }
        self.book.series.with(py, |series| {
            if let Some(series) = series.get_mut(self.position) {
                series.time(duration);
                series.count(self.status.load(Relaxed), 1);
                series.direct += u64::from(self.direct);
                series.broken_off += u64::from(broken_off);
            }
        });
    }

    /// Whether it was not before.
    fn be_over(&self) -> bool {
        if self.over.load(Relaxed) {
            return false;
        }
        self.over.store(true, Relaxed);
        add(&IN_FLIGHT, -1);
        true
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // A loop that is closed tells its connections nothing.
        self.be_over();
    }
}

/// Adds to what `metrics` of this module tells.
pub(in crate::python) fn report(counted: &Bound<'_, PyDict>) -> PyResult<()> {
    let py = counted.py();
    let (requests, durations) = (PyDict::new(py), PyDict::new(py));
    let [mut all, mut direct, mut broken_off] = [0; 3];
    for ((route, method), series) in totals(py) {
        let statuses = PyDict::new(py);
        for (status, number) in &series.statuses {
            all += number;
            statuses.set_item(*status, *number)?;
        }
        direct += series.direct;
        broken_off += series.broken_off;
        let seconds = Duration::from_nanos(series.nanoseconds).as_secs_f64();
        nested(&requests, &route)?.set_item(&method, statuses)?;
        nested(&durations, &route)?.set_item(&method, (series.durations.to_vec(), seconds))?;
    }
    counted.set_item("http_connections", CONNECTIONS.load(Relaxed))?;
    counted.set_item("http_in_flight", IN_FLIGHT.load(Relaxed))?;
    counted.set_item("http_requests", requests)?;
    counted.set_item("http_durations", durations)?;
    counted.set_item("http_direct_count", direct)?;
    counted.set_item("http_asgi_count", all - direct)?;
    counted.set_item("http_broken_off_count", broken_off)
}

fn nested<'py>(dict: &Bound<'py, PyDict>, key: &str) -> PyResult<Bound<'py, PyDict>> {
    if let Some(known) = dict.get_item(key)? {
        return Ok(known.cast_into()?);
    }
    let new = PyDict::new(dict.py());
    dict.set_item(key, &new)?;
    Ok(new)
}

fn totals(py: Python<'_>) -> Totals {
    // A book that is given up meanwhile adds to the past, so no lock may be held then.
    let books = books();
    let mut totals = locked(&PAST).clone();
    for book in &books {
        let series = book.series.with(py, |series| series.clone());
        book.add_to(&series, &mut totals);
    }
    totals
}

fn books() -> Vec<Arc<Book>> {
    locked(&BOOKS).iter().filter_map(Weak::upgrade).collect()
}

/// Counts from zero again. What is open and in flight stays so.
pub(in crate::python) fn reset(py: Python<'_>) {
    let books = books();
    locked(&PAST).clear();
    for book in &books {
        book.series
            .with(py, |series| series.fill(Series::default()));
    }
}
