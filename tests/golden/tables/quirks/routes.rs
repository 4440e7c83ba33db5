//! The routes of `quirks_covet`, compiled.

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
    /// `PURGE`
    pub const PURGE: Method = 1;
    /// `M-SEARCH`
    pub const METHOD_2: Method = 2;
    /// The number of the method `name`.
    #[inline]
    pub fn number(name: &[u8]) -> ::core::option::Option<Method> {
        let number = match name {
            b"GET" => GET,
            b"PURGE" => PURGE,
            b"M-SEARCH" => METHOD_2,
            _ => return ::core::option::Option::None,
        };
        ::core::option::Option::Some(number)
    }
}

/// Every endpoint; the position is the id.
#[allow(unused_doc_comments, reason = "each row says which handler it leads to")]
pub static ENDPOINTS: &[Endpoint] = &[
    /// GET /files/{name}.{ext} → app:file
    Endpoint::program(
        "GET",
        "/files/{name}.{ext}",
        Program::from_static(const {
            &[
                Element::literal("/files/"),
                Element::Capture,
                Element::AnyCharacter,
                Element::Capture,
            ]
        }),
        const {
            &[::std::borrow::Cow::Borrowed("name"), ::std::borrow::Cow::Borrowed("ext")]
        },
    ),
    /// GET /{a}-{b} → app:pair
    Endpoint::program(
        "GET",
        "/{a}-{b}",
        Program::from_static(const {
            &[
                Element::literal("/"),
                Element::Capture,
                Element::literal("-"),
                Element::Capture,
            ]
        }),
        const { &[::std::borrow::Cow::Borrowed("a"), ::std::borrow::Cow::Borrowed("b")] },
    ),
    /// GET /v1.0/{x} → app:version
    Endpoint::program(
        "GET",
        "/v1.0/{x}",
        Program::from_static(const {
            &[
                Element::literal("/v1"),
                Element::AnyCharacter,
                Element::literal("0/"),
                Element::Capture,
            ]
        }),
        const { &[::std::borrow::Cow::Borrowed("x")] },
    ),
    /// GET /a+b/{x} → app:operator (Python's `re`: `+` is a regular-expression operator here)
    Endpoint::regex("GET", "/a+b/{x}", "^/a+b/(?P<x>[^/]+)$"),
    /// GET /<c>/{d} → app:angle
    Endpoint::segments("GET", "/<c>/{d}", const { &[Capture::new("d", 2)] }),
    /// PURGE /{e}/ → app:odd_methods
    Endpoint::segments("PURGE", "/{e}/", const { &[Capture::new("e", 1)] }),
    /// M-SEARCH /{e}/ → app:odd_methods
    Endpoint::segments("M-SEARCH", "/{e}/", const { &[Capture::new("e", 1)] }),
    /// GET /{é} → app:name (Python's `re`: the capture name `é` is not an ASCII identifier)
    Endpoint::regex("GET", "/{é}", "^/(?P<é>[^/]+)$"),
];

/// The handler of each endpoint, `module:qualname`, by id.
pub static HANDLERS: &[&str] = &[
    "app:file",
    "app:pair",
    "app:version",
    "app:operator",
    "app:angle",
    "app:odd_methods",
    "app:odd_methods",
    "app:name",
];

/// There are no static paths.
#[inline]
fn may_be_static(_path: &[u8]) -> bool {
    false
}

/// There are no static paths.
#[inline]
fn find_static(_path: &[u8], _method: Method) -> EndpointId {
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
        b"<c>" => {
            if end == path.len() { NOT_FOUND } else { node_10(path, end + 1, method) }
        }
        b"files" => {
            if end == path.len() { NOT_FOUND } else { node_2(path, end + 1, method) }
        }
        b"v1" => {
            if end == path.len() { NOT_FOUND } else { node_7(path, end + 1, method) }
        }
        _ => NOT_FOUND,
    };
    if found < 1 || end == at {
        return found;
    }
    let captured = if end == path.len() {
        if method == method::GET {
            if ENDPOINTS[1].confirms(path.bytes()) { 1 } else { NOT_FOUND }
        } else {
            NOT_FOUND
        }
    } else {
        node_5(path, end + 1, method)
    };
    found.min(captured)
}

/// Behind `/<c>/`.
fn node_10(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/files/`.
fn node_2(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET {
            if ENDPOINTS[0].confirms(path.bytes()) { 0 } else { NOT_FOUND }
        } else {
            NOT_FOUND
        }
    } else {
        node_3(path, end + 1, method)
    }
}

/// Behind `/files/{}/`.
fn node_3(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET {
            if ENDPOINTS[0].confirms(path.bytes()) { 0 } else { NOT_FOUND }
        } else {
            NOT_FOUND
        }
    } else {
        NOT_FOUND
    }
}

/// Behind `/v1/`.
fn node_7(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    if !path.bytes()[at..].starts_with(b"0/") {
        return NOT_FOUND;
    }
    node_8(path, at + 2, method)
}

/// Behind `/v1/0/`.
fn node_8(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET {
            if ENDPOINTS[2].confirms(path.bytes()) { 2 } else { NOT_FOUND }
        } else {
            NOT_FOUND
        }
    } else {
        NOT_FOUND
    }
}

/// Behind `/{}/`.
fn node_5(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    let found = match &path.bytes()[at..end] {
        b"" => {
            if end == path.len() {
                match method {
                    method::PURGE => 5,
                    method::METHOD_2 => 6,
                    _ => NOT_FOUND,
                }
            } else {
                NOT_FOUND
            }
        }
        _ => NOT_FOUND,
    };
    if found < 2 || end == at {
        return found;
    }
    let captured = if end == path.len() {
        if method == method::GET {
            if ENDPOINTS[2].confirms(path.bytes()) { 2 } else { NOT_FOUND }
        } else {
            NOT_FOUND
        }
    } else {
        NOT_FOUND
    };
    found.min(captured)
}
