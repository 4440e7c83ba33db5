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
    fn field_names(&self) -> &::covet_runtime::http::FieldNames {
        &fields::NAMES
    }
    fn body_limit(&self, endpoint: EndpointId) -> ::core::option::Option<u64> {
        match ENDPOINTS.get(endpoint as usize)?.method.as_ref() {
            "GET" | "HEAD" | "OPTIONS" => ::core::option::Option::None,
            _ => ::core::option::Option::Some(10485760),
        }
    }
    fn fields_read(&self, endpoint: EndpointId) -> &[::covet_runtime::http::FieldId] {
        fields::READ.get(endpoint as usize).copied().unwrap_or_default()
    }
}

/// Names of fields, as numbers.
mod fields {
    use ::covet_runtime::http::*;
    /// The common field names and those that only this app reads: x-tenant.
    pub static NAMES: FieldNames = {
        const SEED: u64 = 412268354897948391;
        static SLOTS: [u16; 512] = slots(SEED, ENTRIES, OTHERS);
        static ENTRIES: &[Entry] = &[
            Entry::new("host"),
            Entry::new("content-length"),
            Entry::new("transfer-encoding"),
            Entry::new("connection"),
            Entry::new("upgrade"),
            Entry::new("expect"),
            Entry::new("content-type"),
            Entry::new("authorization"),
            Entry::new("proxy-authorization"),
            Entry::new("user-agent"),
            Entry::new("referer"),
            Entry::new("from"),
            Entry::new("date"),
            Entry::new("max-forwards"),
            Entry::new("if-modified-since"),
            Entry::new("if-unmodified-since"),
            Entry::new("if-range"),
            Entry::new("range"),
            Entry::new("content-range"),
            Entry::new("content-location"),
            Entry::new("origin"),
            Entry::new("access-control-request-method"),
            Entry::new("sec-websocket-key"),
            Entry::new("sec-websocket-version"),
            Entry::new("trailer"),
            Entry::new("te"),
            Entry::new("keep-alive"),
            Entry::new("cookie"),
            Entry::new("accept"),
            Entry::new("accept-charset"),
            Entry::new("accept-encoding"),
            Entry::new("accept-language"),
            Entry::new("access-control-request-headers"),
            Entry::new("cache-control"),
            Entry::new("content-encoding"),
            Entry::new("content-language"),
            Entry::new("content-disposition"),
            Entry::new("dnt"),
            Entry::new("forwarded"),
            Entry::new("if-match"),
            Entry::new("if-none-match"),
            Entry::new("idempotency-key"),
            Entry::new("last-event-id"),
            Entry::new("pragma"),
            Entry::new("priority"),
            Entry::new("proxy-connection"),
            Entry::new("sec-ch-ua"),
            Entry::new("sec-ch-ua-mobile"),
            Entry::new("sec-ch-ua-platform"),
            Entry::new("sec-fetch-dest"),
            Entry::new("sec-fetch-mode"),
            Entry::new("sec-fetch-site"),
            Entry::new("sec-fetch-user"),
            Entry::new("sec-websocket-extensions"),
            Entry::new("sec-websocket-protocol"),
            Entry::new("traceparent"),
            Entry::new("tracestate"),
            Entry::new("upgrade-insecure-requests"),
            Entry::new("via"),
            Entry::new("x-api-key"),
            Entry::new("x-csrf-token"),
            Entry::new("x-forwarded-for"),
            Entry::new("x-forwarded-host"),
            Entry::new("x-forwarded-port"),
            Entry::new("x-forwarded-proto"),
            Entry::new("x-real-ip"),
            Entry::new("x-request-id"),
            Entry::new("x-requested-with"),
            Entry::new("x-tenant"),
        ];
        static OTHERS: &[u16] = &[];
        FieldNames::from_static(SEED, &SLOTS, ENTRIES, OTHERS)
    };
    /// The fields that the handler of each endpoint is seen to read, by id.
    pub static READ: &[&[FieldId]] = &[&[FieldId(28), FieldId(68)]];
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
    node_0(path, 0, method)
}

/// Behind ``.
fn node_0(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    if !path.bytes()[at..].starts_with(b"/users/") {
        return NOT_FOUND;
    }
    path.scan();
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
