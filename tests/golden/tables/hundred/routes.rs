//! The routes of `hundred_covet`, compiled.

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
    /// GET / → app:hundred
    Endpoint::fixed("GET", "/"),
];

/// The handler of each endpoint, `module:qualname`, by id.
pub static HANDLERS: &[&str] = &["app:hundred"];

/// Static paths to positions in `STATIC_ENDS`.
static STATICS: PerfectMap = PerfectMap::from_static(
    16294208416658607535,
    &[0],
    &[Slot::EMPTY, Slot::new(0, 1, 0)],
    b"/",
);

/// The methods of each static path, and the endpoint of each.
static STATIC_ENDS: &[&[(Method, EndpointId)]] = &[&[(0, 0)]];

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
