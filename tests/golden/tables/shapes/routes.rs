//! The routes of `shapes_covet`, compiled.

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
    /// GET /account → app:account
    Endpoint::fixed("GET", "/account"),
    /// GET /firstoptional → app:firstoptional
    Endpoint::fixed("GET", "/firstoptional"),
    /// GET /nonerequired → app:nonerequired
    Endpoint::fixed("GET", "/nonerequired"),
    /// GET /oneoptional → app:oneoptional
    Endpoint::fixed("GET", "/oneoptional"),
    /// GET /literals → app:literals
    Endpoint::fixed("GET", "/literals"),
    /// GET /nested → app:nested
    Endpoint::fixed("GET", "/nested"),
    /// GET /nullable → app:nullable
    Endpoint::fixed("GET", "/nullable"),
    /// GET /unions → app:unions
    Endpoint::fixed("GET", "/unions"),
    /// GET /node → app:node
    Endpoint::fixed("GET", "/node"),
    /// GET /tree → app:tree
    Endpoint::fixed("GET", "/tree"),
    /// GET /onetuple → app:onetuple
    Endpoint::fixed("GET", "/onetuple"),
    /// GET /nowhere → app:nowhere
    Endpoint::fixed("GET", "/nowhere"),
    /// GET /empty → app:empty
    Endpoint::fixed("GET", "/empty"),
    /// GET /level → app:level
    Endpoint::fixed("GET", "/level"),
    /// GET /class → app:class
    Endpoint::fixed("GET", "/class"),
    /// GET /record → app:record
    Endpoint::fixed("GET", "/record"),
    /// GET /validated → app:validated
    Endpoint::fixed("GET", "/validated"),
    /// GET /shape/list → app:list
    Endpoint::fixed("GET", "/shape/list"),
    /// GET /shape/list_again → app:list_again
    Endpoint::fixed("GET", "/shape/list_again"),
    /// GET /shape/dict → app:dict
    Endpoint::fixed("GET", "/shape/dict"),
    /// GET /shape/nullable → app:nullable
    Endpoint::fixed("GET", "/shape/nullable"),
    /// GET /shape/nullable_list → app:nullable_list
    Endpoint::fixed("GET", "/shape/nullable_list"),
    /// GET /shape/tuple → app:tuple
    Endpoint::fixed("GET", "/shape/tuple"),
    /// GET /shape/any → app:any
    Endpoint::fixed("GET", "/shape/any"),
    /// GET /shape/open_list → app:open_list
    Endpoint::fixed("GET", "/shape/open_list"),
    /// GET /shape/text → app:text
    Endpoint::fixed("GET", "/shape/text"),
];

/// The handler of each endpoint, `module:qualname`, by id.
pub static HANDLERS: &[&str] = &[
    "app:account",
    "app:firstoptional",
    "app:nonerequired",
    "app:oneoptional",
    "app:literals",
    "app:nested",
    "app:nullable",
    "app:unions",
    "app:node",
    "app:tree",
    "app:onetuple",
    "app:nowhere",
    "app:empty",
    "app:level",
    "app:class",
    "app:record",
    "app:validated",
    "app:list",
    "app:list_again",
    "app:dict",
    "app:nullable",
    "app:nullable_list",
    "app:tuple",
    "app:any",
    "app:open_list",
    "app:text",
];

/// Static paths to positions in `STATIC_ENDS`.
static STATICS: PerfectMap = PerfectMap::from_static(
    16294208416658607535,
    &[1, 1, 1, 0, 2, 1, 2, 0, 0],
    &[
        Slot::new(230, 12, 22),
        Slot::new(129, 11, 15),
        Slot::new(254, 10, 25),
        Slot::EMPTY,
        Slot::new(219, 11, 21),
        Slot::new(247, 7, 24),
        Slot::new(49, 7, 6),
        Slot::EMPTY,
        Slot::EMPTY,
        Slot::EMPTY,
        Slot::new(168, 15, 18),
        Slot::new(91, 12, 11),
        Slot::new(14, 6, 2),
        Slot::new(34, 6, 4),
        Slot::new(119, 10, 14),
        Slot::new(151, 17, 17),
        Slot::new(40, 9, 5),
        Slot::new(242, 5, 23),
        Slot::new(20, 14, 3),
        Slot::new(140, 11, 16),
        Slot::new(74, 8, 9),
        Slot::new(61, 13, 8),
        Slot::new(56, 5, 7),
        Slot::new(103, 9, 12),
        Slot::EMPTY,
        Slot::new(0, 8, 0),
        Slot::new(203, 16, 20),
        Slot::new(112, 7, 13),
        Slot::new(183, 20, 19),
        Slot::new(8, 6, 1),
        Slot::new(82, 9, 10),
        Slot::EMPTY,
        Slot::EMPTY,
    ],
    b"/account/class/empty/firstoptional/level/literals/nested/node/nonerequired/nowhere/nullable/oneoptional/onetuple/record/shape/any/shape/dict/shape/list/shape/list_again/shape/nullable/shape/nullable_list/shape/open_list/shape/text/shape/tuple/tree/unions/validated",
);

/// The methods of each static path, and the endpoint of each.
static STATIC_ENDS: &[&[(Method, EndpointId)]] = &[
    &[(0, 0)],
    &[(0, 14)],
    &[(0, 12)],
    &[(0, 1)],
    &[(0, 13)],
    &[(0, 4)],
    &[(0, 5)],
    &[(0, 8)],
    &[(0, 2)],
    &[(0, 11)],
    &[(0, 6)],
    &[(0, 3)],
    &[(0, 10)],
    &[(0, 15)],
    &[(0, 23)],
    &[(0, 19)],
    &[(0, 17)],
    &[(0, 18)],
    &[(0, 20)],
    &[(0, 21)],
    &[(0, 24)],
    &[(0, 25)],
    &[(0, 22)],
    &[(0, 9)],
    &[(0, 7)],
    &[(0, 16)],
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
