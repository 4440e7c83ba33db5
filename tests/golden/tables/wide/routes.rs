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
    /// GET /r12/{x} → app:r12
    Endpoint::segments("GET", "/r12/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r13/{x} → app:r13
    Endpoint::segments("GET", "/r13/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r14/{x} → app:r14
    Endpoint::segments("GET", "/r14/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r15/{x} → app:r15
    Endpoint::segments("GET", "/r15/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r16/{x} → app:r16
    Endpoint::segments("GET", "/r16/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r17/{x} → app:r17
    Endpoint::segments("GET", "/r17/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r18/{x} → app:r18
    Endpoint::segments("GET", "/r18/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r19/{x} → app:r19
    Endpoint::segments("GET", "/r19/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r20/{x} → app:r20
    Endpoint::segments("GET", "/r20/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r21/{x} → app:r21
    Endpoint::segments("GET", "/r21/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r22/{x} → app:r22
    Endpoint::segments("GET", "/r22/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r23/{x} → app:r23
    Endpoint::segments("GET", "/r23/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r24/{x} → app:r24
    Endpoint::segments("GET", "/r24/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r25/{x} → app:r25
    Endpoint::segments("GET", "/r25/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r26/{x} → app:r26
    Endpoint::segments("GET", "/r26/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r27/{x} → app:r27
    Endpoint::segments("GET", "/r27/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r28/{x} → app:r28
    Endpoint::segments("GET", "/r28/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r29/{x} → app:r29
    Endpoint::segments("GET", "/r29/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r30/{x} → app:r30
    Endpoint::segments("GET", "/r30/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r31/{x} → app:r31
    Endpoint::segments("GET", "/r31/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r32/{x} → app:r32
    Endpoint::segments("GET", "/r32/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r33/{x} → app:r33
    Endpoint::segments("GET", "/r33/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r34/{x} → app:r34
    Endpoint::segments("GET", "/r34/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r35/{x} → app:r35
    Endpoint::segments("GET", "/r35/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r36/{x} → app:r36
    Endpoint::segments("GET", "/r36/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r37/{x} → app:r37
    Endpoint::segments("GET", "/r37/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r38/{x} → app:r38
    Endpoint::segments("GET", "/r38/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r39/{x} → app:r39
    Endpoint::segments("GET", "/r39/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r40/{x} → app:r40
    Endpoint::segments("GET", "/r40/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r41/{x} → app:r41
    Endpoint::segments("GET", "/r41/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r42/{x} → app:r42
    Endpoint::segments("GET", "/r42/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r43/{x} → app:r43
    Endpoint::segments("GET", "/r43/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r44/{x} → app:r44
    Endpoint::segments("GET", "/r44/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r45/{x} → app:r45
    Endpoint::segments("GET", "/r45/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r46/{x} → app:r46
    Endpoint::segments("GET", "/r46/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r47/{x} → app:r47
    Endpoint::segments("GET", "/r47/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r48/{x} → app:r48
    Endpoint::segments("GET", "/r48/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r49/{x} → app:r49
    Endpoint::segments("GET", "/r49/{x}", const { &[Capture::new("x", 2)] }),
    /// GET /r50/{x} → app:r50
    Endpoint::segments("GET", "/r50/{x}", const { &[Capture::new("x", 2)] }),
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
    "app:r12",
    "app:r13",
    "app:r14",
    "app:r15",
    "app:r16",
    "app:r17",
    "app:r18",
    "app:r19",
    "app:r20",
    "app:r21",
    "app:r22",
    "app:r23",
    "app:r24",
    "app:r25",
    "app:r26",
    "app:r27",
    "app:r28",
    "app:r29",
    "app:r30",
    "app:r31",
    "app:r32",
    "app:r33",
    "app:r34",
    "app:r35",
    "app:r36",
    "app:r37",
    "app:r38",
    "app:r39",
    "app:r40",
    "app:r41",
    "app:r42",
    "app:r43",
    "app:r44",
    "app:r45",
    "app:r46",
    "app:r47",
    "app:r48",
    "app:r49",
    "app:r50",
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

static SEGMENTS_BEFORE_2: PerfectMap = PerfectMap::from_static(
    16294208416658607535,
    &[3, 0, 0, 0, 2, 1, 6, 2, 40, 1, 0, 0, 2, 0, 7, 5, 6, 2],
    &[
        Slot::new(118, 3, 41),
        Slot::new(28, 3, 10),
        Slot::new(39, 3, 14),
        Slot::new(45, 3, 16),
        Slot::EMPTY,
        Slot::new(121, 3, 42),
        Slot::new(31, 3, 11),
        Slot::new(2, 2, 1),
        Slot::new(16, 3, 6),
        Slot::new(60, 3, 21),
        Slot::EMPTY,
        Slot::EMPTY,
        Slot::new(22, 3, 8),
        Slot::new(19, 3, 7),
        Slot::new(103, 3, 36),
        Slot::new(74, 3, 26),
        Slot::new(89, 3, 31),
        Slot::new(139, 2, 49),
        Slot::new(77, 3, 27),
        Slot::new(36, 3, 13),
        Slot::EMPTY,
        Slot::new(68, 3, 24),
        Slot::EMPTY,
        Slot::new(83, 3, 29),
        Slot::new(66, 2, 23),
        Slot::new(0, 2, 0),
        Slot::new(127, 3, 44),
        Slot::new(132, 3, 46),
        Slot::new(112, 3, 39),
        Slot::new(106, 3, 37),
        Slot::new(98, 2, 34),
        Slot::new(100, 3, 35),
        Slot::new(54, 3, 19),
        Slot::new(7, 3, 3),
        Slot::EMPTY,
        Slot::EMPTY,
        Slot::new(80, 3, 28),
        Slot::new(130, 2, 45),
        Slot::EMPTY,
        Slot::new(92, 3, 32),
        Slot::new(109, 3, 38),
        Slot::new(115, 3, 40),
        Slot::new(13, 3, 5),
        Slot::new(137, 2, 48),
        Slot::new(42, 3, 15),
        Slot::new(135, 2, 47),
        Slot::EMPTY,
        Slot::EMPTY,
        Slot::new(48, 3, 17),
        Slot::new(63, 3, 22),
        Slot::new(141, 2, 50),
        Slot::new(71, 3, 25),
        Slot::EMPTY,
        Slot::new(25, 3, 9),
        Slot::new(34, 2, 12),
        Slot::new(4, 3, 2),
        Slot::new(10, 3, 4),
        Slot::EMPTY,
        Slot::EMPTY,
        Slot::new(57, 3, 20),
        Slot::new(95, 3, 33),
        Slot::new(86, 3, 30),
        Slot::new(51, 3, 18),
        Slot::new(124, 3, 43),
    ],
    b"r0r1r10r11r12r13r14r15r16r17r18r19r2r20r21r22r23r24r25r26r27r28r29r3r30r31r32r33r34r35r36r37r38r39r4r40r41r42r43r44r45r46r47r48r49r5r50r6r7r8r9",
);

static CHILDREN_FROM_2: [fn(&Path<'_>, usize, Method) -> EndpointId; 51] = [
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_2(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_4(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_22(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_24(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_26(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_28(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_30(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_32(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_34(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_36(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_38(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_40(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_6(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_42(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_44(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_46(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_48(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_50(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_52(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_54(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_56(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_58(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_60(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_8(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_62(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_64(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_66(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_68(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_70(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_72(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_74(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_76(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_78(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_80(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_10(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_82(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_84(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_86(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_88(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_90(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_92(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_94(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_96(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_98(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_100(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_12(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_102(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_14(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_16(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_18(path, end + 1, method) }
    },
    |path, end, method| {
        if end == path.len() { NOT_FOUND } else { node_20(path, end + 1, method) }
    },
];

/// Behind `/`.
fn node_1(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    match SEGMENTS_BEFORE_2.get(&path.bytes()[at..end]) {
        ::core::option::Option::Some(child) => {
            CHILDREN_FROM_2[child as usize](path, end, method)
        }
        ::core::option::Option::None => NOT_FOUND,
    }
}

/// Behind `/r0/`.
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

/// Behind `/r1/`.
fn node_4(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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
fn node_22(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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
fn node_24(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r12/`.
fn node_26(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 12 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r13/`.
fn node_28(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 13 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r14/`.
fn node_30(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 14 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r15/`.
fn node_32(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 15 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r16/`.
fn node_34(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 16 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r17/`.
fn node_36(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 17 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r18/`.
fn node_38(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 18 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r19/`.
fn node_40(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 19 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r2/`.
fn node_6(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r20/`.
fn node_42(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 20 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r21/`.
fn node_44(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 21 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r22/`.
fn node_46(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 22 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r23/`.
fn node_48(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 23 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r24/`.
fn node_50(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 24 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r25/`.
fn node_52(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 25 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r26/`.
fn node_54(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 26 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r27/`.
fn node_56(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 27 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r28/`.
fn node_58(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 28 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r29/`.
fn node_60(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 29 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r3/`.
fn node_8(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r30/`.
fn node_62(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 30 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r31/`.
fn node_64(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 31 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r32/`.
fn node_66(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 32 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r33/`.
fn node_68(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 33 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r34/`.
fn node_70(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 34 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r35/`.
fn node_72(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 35 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r36/`.
fn node_74(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 36 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r37/`.
fn node_76(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 37 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r38/`.
fn node_78(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 38 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r39/`.
fn node_80(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 39 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r4/`.
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

/// Behind `/r40/`.
fn node_82(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 40 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r41/`.
fn node_84(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 41 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r42/`.
fn node_86(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 42 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r43/`.
fn node_88(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 43 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r44/`.
fn node_90(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 44 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r45/`.
fn node_92(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 45 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r46/`.
fn node_94(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 46 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r47/`.
fn node_96(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 47 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r48/`.
fn node_98(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 48 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r49/`.
fn node_100(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 49 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r5/`.
fn node_12(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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

/// Behind `/r50/`.
fn node_102(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
    let end = path.segment_end(at);
    if end == at {
        return NOT_FOUND;
    }
    if end == path.len() {
        if method == method::GET { 50 } else { NOT_FOUND }
    } else {
        NOT_FOUND
    }
}

/// Behind `/r6/`.
fn node_14(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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
fn node_16(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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
fn node_18(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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
fn node_20(path: &Path<'_>, at: usize, method: Method) -> EndpointId {
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
