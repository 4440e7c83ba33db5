//! Field names as small numbers.
//!
//! A name is looked up once, when its line is parsed; from then on everybody compares numbers.

mod hash;
mod table;

pub(super) use table::Finder;
pub use table::{Entry, FieldNames, slots};

/// A field name's number: its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u16);

impl FieldId {
    /// A name that the table does not have.
    pub const NONE: Self = Self(u16::MAX);

    /// The bit of an id in a set of 64; no bit for ids that are too large for it.
    pub(super) const fn bit(self) -> u64 {
        if self.0 < 64 { 1 << self.0 } else { 0 }
    }

    /// The set of `ids`, all of which are below 64.
    pub(super) const fn set(ids: &[Self]) -> u64 {
        let (mut set, mut index) = (0, 0);
        while index < ids.len() {
            set |= ids[index].bit();
            index += 1;
        }
        set
    }
}

macro_rules! common {
    ($($id:ident = $name:literal,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only counts")]
        #[repr(u16)]
        enum Place { $($id),* }

        impl FieldId {
            $(
                #[doc = concat!("`", $name, "`.")]
                pub const $id: Self = Self(Place::$id as u16);
            )*
        }

        /// The names that every table has, in the order of `grammar.json`. Those that the runtime
        /// itself judges come first.
        pub const COMMON: &[&str] = &[$($name),*];

        pub(super) const COMMON_ENTRIES: [Entry; COMMON.len()] = [$(Entry::new($name)),*];
    };
}

common! {
    HOST = "host",
    CONTENT_LENGTH = "content-length",
    TRANSFER_ENCODING = "transfer-encoding",
    CONNECTION = "connection",
    UPGRADE = "upgrade",
    EXPECT = "expect",
    CONTENT_TYPE = "content-type",
    AUTHORIZATION = "authorization",
    PROXY_AUTHORIZATION = "proxy-authorization",
    USER_AGENT = "user-agent",
    REFERER = "referer",
    FROM = "from",
    DATE = "date",
    MAX_FORWARDS = "max-forwards",
    IF_MODIFIED_SINCE = "if-modified-since",
    IF_UNMODIFIED_SINCE = "if-unmodified-since",
    IF_RANGE = "if-range",
    RANGE = "range",
    CONTENT_RANGE = "content-range",
    CONTENT_LOCATION = "content-location",
    ORIGIN = "origin",
    ACCESS_CONTROL_REQUEST_METHOD = "access-control-request-method",
    SEC_WEBSOCKET_KEY = "sec-websocket-key",
    SEC_WEBSOCKET_VERSION = "sec-websocket-version",
    TRAILER = "trailer",
    TE = "te",
    KEEP_ALIVE = "keep-alive",
    COOKIE = "cookie",
    ACCEPT = "accept",
    ACCEPT_CHARSET = "accept-charset",
    ACCEPT_ENCODING = "accept-encoding",
    ACCEPT_LANGUAGE = "accept-language",
    ACCESS_CONTROL_REQUEST_HEADERS = "access-control-request-headers",
    CACHE_CONTROL = "cache-control",
    CONTENT_ENCODING = "content-encoding",
    CONTENT_LANGUAGE = "content-language",
    CONTENT_DISPOSITION = "content-disposition",
    DNT = "dnt",
    FORWARDED = "forwarded",
    IF_MATCH = "if-match",
    IF_NONE_MATCH = "if-none-match",
    IDEMPOTENCY_KEY = "idempotency-key",
    LAST_EVENT_ID = "last-event-id",
    PRAGMA = "pragma",
    PRIORITY = "priority",
    PROXY_CONNECTION = "proxy-connection",
    SEC_CH_UA = "sec-ch-ua",
    SEC_CH_UA_MOBILE = "sec-ch-ua-mobile",
    SEC_CH_UA_PLATFORM = "sec-ch-ua-platform",
    SEC_FETCH_DEST = "sec-fetch-dest",
    SEC_FETCH_MODE = "sec-fetch-mode",
    SEC_FETCH_SITE = "sec-fetch-site",
    SEC_FETCH_USER = "sec-fetch-user",
    SEC_WEBSOCKET_EXTENSIONS = "sec-websocket-extensions",
    SEC_WEBSOCKET_PROTOCOL = "sec-websocket-protocol",
    TRACEPARENT = "traceparent",
    TRACESTATE = "tracestate",
    UPGRADE_INSECURE_REQUESTS = "upgrade-insecure-requests",
    VIA = "via",
    X_API_KEY = "x-api-key",
    X_CSRF_TOKEN = "x-csrf-token",
    X_FORWARDED_FOR = "x-forwarded-for",
    X_FORWARDED_HOST = "x-forwarded-host",
    X_FORWARDED_PORT = "x-forwarded-port",
    X_FORWARDED_PROTO = "x-forwarded-proto",
    X_REAL_IP = "x-real-ip",
    X_REQUEST_ID = "x-request-id",
    X_REQUESTED_WITH = "x-requested-with",
}

/// Ids below this one are judged in a head; all others mean nothing to the runtime.
pub(super) const JUDGED: usize = FieldId::TRAILER.0 as usize;
/// Of those, ids below this one have a rule of their own; the others may only stand once.
pub(super) const RULED: usize = FieldId::CONTENT_TYPE.0 as usize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let ids = [FieldId(0), FieldId(5), FieldId(63)];
        assert_eq!(FieldId::set(&ids), 1 | 1 << 5 | 1 << 63);
        assert_eq!(FieldId::set(&[]), 0);
        for number in 0..64 {
            assert_eq!(FieldId(number).bit(), 1 << number);
        }
        for id in [FieldId(64), FieldId(65), FieldId::NONE] {
            assert_eq!(id.bit(), 0);
        }
    }
}
