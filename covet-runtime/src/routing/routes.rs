//! The one specialisation trait of routing, and the order in which its answers count.

use std::borrow::Cow;
use std::ops::Range;

use super::path::Path;
use super::program::Program;

/// An endpoint's id: its place in the framework's order. The lowest id that matches wins.
pub type EndpointId = u32;

/// The id that stands for "no endpoint": greater than every id, so that `min` works on results.
pub const NOT_FOUND: EndpointId = EndpointId::MAX;

/// A method of the table, numbered in order of first appearance.
pub type Method = u16;

/// A route table, compiled ahead of time or built at start-up.
///
/// Both implementations answer for one set of endpoints; [`find`] is what callers use.
pub trait Routes: Send + Sync {
    /// What each endpoint is, by id.
    fn endpoints(&self) -> &[Endpoint];

    /// The number of a method, or `None` when no endpoint has it. Case matters.
    fn method(&self, name: &[u8]) -> Option<Method>;

    /// Whether some static path is as long as `path`. Most others end here.
    fn may_be_static(&self, path: &[u8]) -> bool;

    /// The static endpoint whose path is exactly `path`, or [`NOT_FOUND`].
    fn find_static(&self, path: &[u8], method: Method) -> EndpointId;

    /// The lowest dynamic endpoint that accepts exactly the segments of `path`, or [`NOT_FOUND`].
    /// Endpoints that are left to Python's `re` are not looked at, and the newline that may follow
    /// a path is not this function's matter. Unless nothing is found, `path` is scanned afterwards.
    fn find_dynamic(&self, path: &Path<'_>, method: Method) -> EndpointId;

    /// [`find`] for a method by name. Behind a `dyn Routes` this is one call into code that was
    /// compiled for one implementation, where the functions above would be three.
    #[inline]
    fn find_by_name(&self, path: &Path<'_>, method: &[u8]) -> EndpointId {
        self.method(method)
            .map_or(NOT_FOUND, |method| find(self, path, method))
    }
}

/// The endpoint that CovetPy would choose, endpoints left to `re` aside; or [`NOT_FOUND`].
///
/// Static endpoints come first. Among dynamic ones the lowest id wins, and `$` also matches just
/// before a newline that ends the path: such a path is tried whole and without the newline. When
/// both readings give the same endpoint, the whole path counts, because `[^/]+` is greedy.
#[inline]
pub fn find<R: Routes + ?Sized>(routes: &R, path: &Path<'_>, method: Method) -> EndpointId {
    if routes.may_be_static(path.bytes()) {
        return find_static_first(routes, path, method);
    }
    find_only_dynamic(routes, path, method)
}

/// A function of its own, so that [`find`] has nothing to keep during a call.
#[inline(never)]
fn find_static_first<R: Routes + ?Sized>(
    routes: &R,
    path: &Path<'_>,
    method: Method,
) -> EndpointId {
    let found = routes.find_static(path.bytes(), method);
    if found != NOT_FOUND {
        return found;
    }
    find_only_dynamic(routes, path, method)
}

#[inline(always)]
fn find_only_dynamic<R: Routes + ?Sized>(
    routes: &R,
    path: &Path<'_>,
    method: Method,
) -> EndpointId {
    if path.bytes().last() == Some(&b'\n') {
        return find_around_newline(routes, path, method);
    }
    routes.find_dynamic(path, method)
}

#[cold]
fn find_around_newline<R: Routes + ?Sized>(
    routes: &R,
    path: &Path<'_>,
    method: Method,
) -> EndpointId {
    path.scan();
    let whole = routes.find_dynamic(path, method);
    whole.min(routes.find_dynamic(&path.without_last_byte(), method))
}

/// One method of one route, as the generated crate or the start-up code declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The method, upper-case as the framework registers it.
    pub method: Cow<'static, str>,
    /// The path as written.
    pub path: Cow<'static, str>,
    /// Where parameter values come from.
    pub extraction: Extraction,
}

/// Where the parameter values of an endpoint come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extraction {
    /// A static path: there are none.
    Nothing,
    /// Each capture is a whole segment.
    Segments(Cow<'static, [Capture]>),
    /// The program finds them; `names` are those of its captures in order.
    Program {
        /// Decides the match, too: the tree alone accepts too much.
        program: Program,
        /// Capture names in order.
        names: Cow<'static, [Cow<'static, str>]>,
    },
    /// Python's `re` decides with this expression and finds them.
    Regex(Cow<'static, str>),
}

/// A capture that is a whole segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The parameter's name.
    pub name: Cow<'static, str>,
    /// Which segment: the number of slashes before it.
    pub level: u32,
}

impl Capture {
    /// A capture in generated code.
    pub const fn new(name: &'static str, level: u32) -> Self {
        Self {
            name: Cow::Borrowed(name),
            level,
        }
    }
}

impl Endpoint {
    /// A static endpoint in generated code.
    pub const fn fixed(method: &'static str, path: &'static str) -> Self {
        Self::new(method, path, Extraction::Nothing)
    }

    /// An endpoint in generated code whose captures are whole segments.
    pub const fn segments(
        method: &'static str,
        path: &'static str,
        captures: &'static [Capture],
    ) -> Self {
        Self::new(method, path, Extraction::Segments(Cow::Borrowed(captures)))
    }

    /// An endpoint in generated code that a program decides.
    pub const fn program(
        method: &'static str,
        path: &'static str,
        program: Program,
        names: &'static [Cow<'static, str>],
    ) -> Self {
        Self::new(
            method,
            path,
            Extraction::Program {
                program,
                names: Cow::Borrowed(names),
            },
        )
    }

    /// An endpoint in generated code that Python's `re` decides.
    pub const fn regex(method: &'static str, path: &'static str, source: &'static str) -> Self {
        Self::new(method, path, Extraction::Regex(Cow::Borrowed(source)))
    }

    const fn new(method: &'static str, path: &'static str, extraction: Extraction) -> Self {
        Self {
            method: Cow::Borrowed(method),
            path: Cow::Borrowed(path),
            extraction,
        }
    }

    /// Calls `each` with the position and the byte range of every capture in order, for a `path`
    /// that [`find`] gave to this endpoint. An endpoint left to `re` has none to give.
    #[inline]
    pub fn captures(&self, path: &Path<'_>, mut each: impl FnMut(usize, Range<usize>)) {
        match &self.extraction {
            Extraction::Nothing | Extraction::Regex(_) => {}
            Extraction::Segments(captures) => {
                let mut cursor = path.cursor();
                for (position, capture) in captures.iter().enumerate() {
                    each(position, cursor.segment(capture.level));
                }
            }
            Extraction::Program { program, .. } => {
                let captures = program.captures(path.bytes()).unwrap_or_default();
                captures
                    .into_iter()
                    .enumerate()
                    .for_each(|(position, range)| each(position, range));
            }
        }
    }

    /// Whether the endpoint, chosen by its segments, really accepts `path`.
    #[inline]
    pub fn confirms(&self, path: &[u8]) -> bool {
        match &self.extraction {
            Extraction::Program { program, .. } => program.matches(path),
            _ => true,
        }
    }
}
