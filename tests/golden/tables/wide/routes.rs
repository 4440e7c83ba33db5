//! The routes of `wide_covet`, compiled.

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
    fn find_dynamic(&self, path: Path<'_>, method: Method) -> EndpointId {
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
    /// GET /r0/{x} → app:r0
    Endpoint::segments("GET", "/r0/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r1/{x} → app:r1
    Endpoint::segments("GET", "/r1/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r2/{x} → app:r2
    Endpoint::segments("GET", "/r2/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r3/{x} → app:r3
    Endpoint::segments("GET", "/r3/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r4/{x} → app:r4
    Endpoint::segments("GET", "/r4/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r5/{x} → app:r5
    Endpoint::segments("GET", "/r5/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r6/{x} → app:r6
    Endpoint::segments("GET", "/r6/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r7/{x} → app:r7
    Endpoint::segments("GET", "/r7/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r8/{x} → app:r8
    Endpoint::segments("GET", "/r8/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r9/{x} → app:r9
    Endpoint::segments("GET", "/r9/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r10/{x} → app:r10
    Endpoint::segments("GET", "/r10/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r11/{x} → app:r11
    Endpoint::segments("GET", "/r11/{x}", const { &[Capture::new("x", 2)] }),
];

/// The handler of each endpoint, `module:qualname`, by id.
pub static HANDLERS: &[&str] = &[
    "app:r0",
    "app:r1",
    "app:r2",
    "app:r3",
    "app:r4",
    "app:r5",
    "app:r6",
    "app:r7",
    "app:r8",
    "app:r9",
    "app:r10",
    "app:r11",
];

/// There are no static paths.
#[inline]
fn find_static(_path: &[u8], _method: Method) -> EndpointId {
    NOT_FOUND
}

#[inline]
fn find_dynamic(path: Path<'_>, method: Method) -> EndpointId {
    node_0(path, 0, method)
}

/// Behind ``.
fn node_0(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    match &path.bytes()[at..end] {
        b"" => if end == path.len() { NOT_FOUND } else { node_1(path, end + 1, method) }
        _ => NOT_FOUND,
    }
}

/// Behind `/`.
fn node_1(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    match &path.bytes()[at..end] {
        b"r0" => {
            if end == path.len() { NOT_FOUND } else { node_2(path, end + 1, method) }
        }
        b"r1" => {
            if end == path.len() { NOT_FOUND } else { node_4(path, end + 1, method) }
        }
        b"r10" => {
            if end == path.len() { NOT_FOUND } else { node_22(path, end + 1, method) }
        }
        b"r11" => {
            if end == path.len() { NOT_FOUND } else { node_24(path, end + 1, method) }
        }
        b"r2" => {
            if end == path.len() { NOT_FOUND } else { node_6(path, end + 1, method) }
        }
        b"r3" => {
            if end == path.len() { NOT_FOUND } else { node_8(path, end + 1, method) }
        }
        b"r4" => {
            if end == path.len() { NOT_FOUND } else { node_10(path, end + 1, method) }
        }
        b"r5" => {
            if end == path.len() { NOT_FOUND } else { node_12(path, end + 1, method) }
        }
        b"r6" => {
            if end == path.len() { NOT_FOUND } else { node_14(path, end + 1, method) }
        }
        b"r7" => {
            if end == path.len() { NOT_FOUND } else { node_16(path, end + 1, method) }
        }
        b"r8" => {
            if end == path.len() { NOT_FOUND } else { node_18(path, end + 1, method) }
        }
        b"r9" => {
            if end == path.len() { NOT_FOUND } else { node_20(path, end + 1, method) }
        }
        _ => NOT_FOUND,
    }
}

/// Behind `/r0/`.
fn node_2(path: Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r1/`.
fn node_4(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 1 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r10/`.
fn node_22(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 10 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r11/`.
fn node_24(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 11 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r2/`.
fn node_6(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 2 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r3/`.
fn node_8(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 3 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r4/`.
fn node_10(path: Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r5/`.
fn node_12(path: Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r6/`.
fn node_14(path: Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r7/`.
fn node_16(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 7 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r8/`.
fn node_18(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 8 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r9/`.
fn node_20(path: Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 9 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}
