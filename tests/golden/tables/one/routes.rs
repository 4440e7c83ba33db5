//! The routes of `one_covet`, compiled.

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
    fn find_static(&self, path: &[u8], method: Method) -> EndpointId {
        find_static(path, method)
    }
    #[inline]
    fn find_dynamic(&self, path: &Path<'_>, method: Method) -> EndpointId {
        find_dynamic(path, method)
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
    /// GET /users/{user_id} → app:user
    Endpoint::segments(
        "GET",
        "/users/{user_id}",
        const { &[Capture::new("user_id", 2)] },
    ),
];

/// The handler of each endpoint, `module:qualname`, by id.
pub static HANDLERS: &[&str] = &["app:user"];

/// There are no static paths.
#[inline]
fn find_static(_path: &[u8], _method: Method) -> EndpointId {
    NOT_FOUND
}

#[inline]
fn find_dynamic(path: &Path<'_>, method: Method) -> EndpointId {
    node_0(path, 0, method)
}

/// Behind ``.
fn node_0(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    if !path.bytes()[at..].starts_with(b"/users/") {
        return NOT_FOUND;
    }
    node_2(path, at + 7, method)
}

/// Behind `/users/`.
fn node_2(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 0 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}
