//! The routes of `overlap_covet`, compiled.

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
    /// `PUT`
    pub const PUT: Method = 1;
    /// `POST`
    pub const POST: Method = 2;
    /// `WEBSOCKET`
    pub const WEBSOCKET: Method = 3;
    /// The number of the method `name`.
    #[inline]
    pub fn number(name: &[u8]) -> ::core::option::Option<Method> {
        let number = match name {
            b"GET" => GET,
            b"PUT" => PUT,
            b"POST" => POST,
            b"WEBSOCKET" => WEBSOCKET,
            _ => return ::core::option::Option::None,
        };
        ::core::option::Option::Some(number)
    }
}

/// Every endpoint; the position is the id.
#[allow(unused_doc_comments, reason = "each row says which handler it leads to")]
pub static ENDPOINTS: &[Endpoint] = &[
    /// GET / → app:index
    Endpoint::fixed("GET", "/"),
    /// GET /users/me → app:me
    Endpoint::fixed("GET", "/users/me"),
    /// GET /users/{user_id} → app:user
    Endpoint::segments(
        "GET",
        "/users/{user_id}",
        const { &[Capture::new("user_id", 2)] },
    ),
    /// PUT /users/{user_id} → app:user
    Endpoint::segments(
        "PUT",
        "/users/{user_id}",
        const { &[Capture::new("user_id", 2)] },
    ),
    /// GET /users/{user_id}/posts/{post_id} → app:post
    Endpoint::segments(
        "GET",
        "/users/{user_id}/posts/{post_id}",
        const { &[Capture::new("user_id", 2), Capture::new("post_id", 4)] },
    ),
    /// GET /users/me/posts/latest/{count} → app:latest
    Endpoint::segments(
        "GET",
        "/users/me/posts/latest/{count}",
        const { &[Capture::new("count", 5)] },
    ),
    /// GET /{section}/{page} → app:page
    Endpoint::segments(
        "GET",
        "/{section}/{page}",
        const { &[Capture::new("section", 1), Capture::new("page", 2)] },
    ),
    /// GET /api/v1/items/{item_id} → app:item
    Endpoint::segments(
        "GET",
        "/api/v1/items/{item_id}",
        const { &[Capture::new("item_id", 4)] },
    ),
    /// POST /api/v1/items/{item_id}/parts → app:parts
    Endpoint::segments(
        "POST",
        "/api/v1/items/{item_id}/parts",
        const { &[Capture::new("item_id", 4)] },
    ),
    /// WEBSOCKET /live/{room} → app:live
    Endpoint::segments("WEBSOCKET", "/live/{room}", const { &[Capture::new("room", 2)] }),
];

/// The handler of each endpoint, `module:qualname`, by id.
pub static HANDLERS: &[&str] = &[
    "app:index",
    "app:me",
    "app:user",
    "app:user",
    "app:post",
    "app:latest",
    "app:page",
    "app:item",
    "app:parts",
    "app:live",
];

/// Static paths to positions in `STATIC_ENDS`.
static STATICS: PerfectMap = PerfectMap::from_static(
    16294208416658607535,
    &[0],
    &[Slot::EMPTY, Slot::new(0, 1, 0), Slot::new(1, 9, 1)],
    b"//users/me",
);

/// The methods of each static path, and the endpoint of each.
static STATIC_ENDS: &[&[(Method, EndpointId)]] = &[&[(0, 0)], &[(0, 1)]];

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

#[inline]
fn find_dynamic(path: &Path<'_>, method: Method) -> EndpointId {
    path.scan();
    node_0(path, 0, method)
}

/// Behind ``.
fn node_0(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    match &path.bytes()[at..end] {
        b"" => if end == path.len() { NOT_FOUND } else { node_1(path, end + 1, method) }
        _ => NOT_FOUND,
    }
}

/// Behind `/`.
fn node_1(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    let found = match &path.bytes()[at..end] {
        b"api" => {
            if end == path.len() { NOT_FOUND } else { node_12(path, end + 1, method) }
        }
        b"live" => {
            if end == path.len() { NOT_FOUND } else { node_17(path, end + 1, method) }
        }
        b"users" => {
            if end == path.len() { NOT_FOUND } else { node_2(path, end + 1, method) }
        }
        _ => NOT_FOUND,
    };
    if found < 6 || end == at {
        return found;
    }
    let captured = if end == path.len() {
        NOT_FOUND
    } else {
        node_10(path, end + 1, method)
    };
    found.min(captured)
}

/// Behind `/api/`.
fn node_12(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    if !path.bytes()[at..].starts_with(b"v1/items/") {
        return NOT_FOUND;
    }
    node_14(path, at + 9, method)
}

/// Behind `/api/v1/items/`.
fn node_14(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 7 } else { NOT_FOUND }
    } else {
        node_15(path, end + 1, method)
    }
}

/// Behind `/api/v1/items/{}/`.
fn node_15(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    if path.bytes()[at..] != *b"parts" {
        return NOT_FOUND;
    }
    if method == method::POST { 8 } else { NOT_FOUND }
}

/// Behind `/live/`.
fn node_17(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::WEBSOCKET { 9 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/users/`.
fn node_2(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    let found = match &path.bytes()[at..end] {
        b"me" => {
            if end == path.len() { NOT_FOUND } else { node_6(path, end + 1, method) }
        }
        _ => NOT_FOUND,
    };
    if found < 2 || end == at {
        return found;
    }
    let captured = if end == path.len() {
        match method {
            method::GET => 2,
            method::PUT => 3,
            _ => NOT_FOUND,
        }
    } else {
        node_3(path, end + 1, method)
    };
    found.min(captured)
}

/// Behind `/users/me/`.
fn node_6(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    if !path.bytes()[at..].starts_with(b"posts/latest/") {
        return NOT_FOUND;
    }
    node_8(path, at + 13, method)
}

/// Behind `/users/me/posts/latest/`.
fn node_8(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 5 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/users/{}/`.
fn node_3(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    if !path.bytes()[at..].starts_with(b"posts/") {
        return NOT_FOUND;
    }
    node_4(path, at + 6, method)
}

/// Behind `/users/{}/posts/`.
fn node_4(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 4 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/{}/`.
fn node_10(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 6 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}
