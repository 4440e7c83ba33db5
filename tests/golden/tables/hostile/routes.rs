//! The routes of `hostile_covet`, compiled.

use ::covet_runtime::routing::*;

/// The route table. It holds nothing: everything about it is code and constants.
pub struct App;

impl Routes for App {
    fn endpoints(&self) -> &[Endpoint] {
        ENDPOINTS
    }
    #[inline]
    fn method(&self, name: &[u8]) -> ::core::option::Option<Method> {
        method::number(name)
    }
    #[inline]
    fn may_be_static(&self, path: &[u8]) -> bool {
        may_be_static(path)
    }
    #[inline]
    fn find_static(&self, path: &[u8], method: Method) -> EndpointId {
        find_static(path, method)
    }
    #[inline]
    fn find_dynamic(&self, path: &Path<'_>, method: Method) -> EndpointId {
        find_dynamic(path, method)
    }
}

impl ::covet_runtime::http::App for App {
    fn body_limit(&self, endpoint: EndpointId) -> ::core::option::Option<u64> {
        match ENDPOINTS.get(endpoint as usize)?.method.as_ref() {
            "GET" | "HEAD" | "OPTIONS" => ::core::option::Option::None,
            _ => ::core::option::Option::Some(10485760),
        }
    }
}

/// The methods that some endpoint has.
mod method {
    use super::Method;
    /// `GET`
    pub const GET: Method = 0;
    /// The number of the method `name`.
    #[inline]
    pub fn number(name: &[u8]) -> ::core::option::Option<Method> {
        let number = match name {
            b"GET" => GET,
            _ => return ::core::option::Option::None,
        };
        ::core::option::Option::Some(number)
    }
}

/// Every endpoint; the position is the id.
#[allow(unused_doc_comments, reason = "each row says which handler it leads to")]
pub static ENDPOINTS: &[Endpoint] = &[
    /// GET / → app:hostile
    Endpoint::fixed("GET", "/"),
    /// GET /hostileoptional → app:hostileoptional
    Endpoint::fixed("GET", "/hostileoptional"),
    /// GET /writer → app:writer
    Endpoint::fixed("GET", "/writer"),
    /// GET /value → app:value
    Endpoint::fixed("GET", "/value"),
    /// GET /keys → app:keys
    Endpoint::fixed("GET", "/keys"),
    /// GET /some → app:some
    Endpoint::fixed("GET", "/some"),
    /// GET /a1 → app:a1
    Endpoint::fixed("GET", "/a1"),
    /// GET /_x → app:_x
    Endpoint::fixed("GET", "/_x"),
    /// GET /written → app:written
    Endpoint::fixed("GET", "/written"),
    /// GET /response → app:response
    Endpoint::fixed("GET", "/response"),
    /// GET /responses → app:responses
    Endpoint::fixed("GET", "/responses"),
];

/// The handler of each endpoint, `module:qualname`, by id.
pub static HANDLERS: &[&str] = &[
    "app:hostile",
    "app:hostileoptional",
    "app:writer",
    "app:value",
    "app:keys",
    "app:some",
    "app:a1",
    "app:_x",
    "app:written",
    "app:response",
    "app:responses",
];

/// Static paths to positions in `STATIC_ENDS`.
static STATICS: PerfectMap = PerfectMap::from_static(
    16294208416658607535,
    &[2, 23, 0, 32],
    &[
        Slot::new(28, 9, 5),
        Slot::new(58, 7, 9),
        Slot::new(7, 16, 3),
        Slot::EMPTY,
        Slot::new(0, 1, 0),
        Slot::new(65, 8, 10),
        Slot::new(37, 10, 6),
        Slot::new(52, 6, 8),
        Slot::new(1, 3, 1),
        Slot::new(4, 3, 2),
        Slot::new(47, 5, 7),
        Slot::EMPTY,
        Slot::EMPTY,
        Slot::new(23, 5, 4),
    ],
    b"//_x/a1/hostileoptional/keys/response/responses/some/value/writer/written",
);

/// The methods of each static path, and the endpoint of each.
static STATIC_ENDS: &[&[(Method, EndpointId)]] = &[
    &[(0, 0)],
    &[(0, 7)],
    &[(0, 6)],
    &[(0, 1)],
    &[(0, 4)],
    &[(0, 9)],
    &[(0, 10)],
    &[(0, 5)],
    &[(0, 3)],
    &[(0, 2)],
    &[(0, 8)],
];

#[inline]
fn may_be_static(path: &[u8]) -> bool {
    STATICS.has_length(path.len())
}

#[inline]
fn find_static(path: &[u8], method: Method) -> EndpointId {
    let ::core::option::Option::Some(position) = STATICS.get(path) else {
        return NOT_FOUND;
    };
    for &(candidate, id) in STATIC_ENDS[position as usize] {
        if candidate == method {
            return id;
        }
    }
    NOT_FOUND
}

/// There are no dynamic paths.
#[inline]
fn find_dynamic(_path: &Path<'_>, _method: Method) -> EndpointId {
    NOT_FOUND
}
