//! What the reader of requests has to know of an app.

use super::grammar::Options;
use super::head::{Head, Parts};
use super::names::{FieldId, FieldNames};
use super::parse;
use super::rejection::Rejection;
use crate::routing::{Endpoint, EndpointId, Method, NOT_FOUND, Path, Routes, Table};

/// An app: a route table, and what else the code that was generated for it knows.
///
/// Everything has an answer that fits every app, so a table becomes an app with an empty `impl`.
/// The last two functions are not for overriding. They are here to be compiled once for each
/// implementation: parsing a head and finding its endpoint is then one call through `dyn App`,
/// with nothing but direct calls inside.
pub trait App: Routes {
    /// The field names that have numbers: the common ones and the app's own.
    fn field_names(&self) -> &FieldNames {
        FieldNames::common()
    }

    /// The largest body in bytes that the app itself lets the handlers of an endpoint read, `None`
    /// for no limit. The app answers for it, and a handler that reads no body is never told: so a
    /// reader does not enforce it.
    fn body_limit(&self, endpoint: EndpointId) -> Option<u64> {
        let _ = endpoint;
        None
    }

    /// The fields that the handlers of an endpoint are seen to read. They may read others.
    fn fields_read(&self, endpoint: EndpointId) -> &[FieldId] {
        let _ = endpoint;
        &[]
    }

    /// Parses a complete head, from the first byte of the request line through the empty line,
    /// and finds its endpoint.
    ///
    /// # Errors
    ///
    /// Why the head is refused; the offset counts from the start of `bytes`.
    fn parse_head(&self, bytes: &[u8], options: &Options) -> Result<Parts, Rejection> {
        parse::head(self, bytes, options)
    }

    /// The same for the head that `bytes` begin with, when it is all there and nothing is
    /// remarkable about it. `None` does not mean that something is wrong.
    fn parse_plain_head(
        &self,
        bytes: &[u8],
        options: &Options,
    ) -> Option<Result<Parts, Rejection>> {
        parse::plain_head(self, bytes, options)
    }
}

impl dyn App + '_ {
    /// The head of a complete `bytes`.
    ///
    /// # Errors
    ///
    /// As [`App::parse_head`].
    pub fn head(&self, bytes: &[u8], options: &Options) -> Result<Head, Rejection> {
        let parts = self.parse_head(bytes, options)?;
        Ok(Head::new(bytes.to_vec(), parts))
    }
}

impl App for Table {}

/// No table: no path has an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoRoutes;

impl Routes for NoRoutes {
    fn endpoints(&self) -> &[Endpoint] {
        &[]
    }

    fn method(&self, _name: &[u8]) -> Option<Method> {
        None
    }

    fn may_be_static(&self, _path: &[u8]) -> bool {
        false
    }

    fn find_static(&self, _path: &[u8], _method: Method) -> EndpointId {
        NOT_FOUND
    }

    fn find_dynamic(&self, _path: &Path<'_>, _method: Method) -> EndpointId {
        NOT_FOUND
    }
}

impl App for NoRoutes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_an_app_that_knows_no_more() {
        let table = Table::new(&[("/", "GET")]).expect("a table");
        assert!(std::ptr::eq(table.field_names(), FieldNames::common()));
        assert_eq!(table.body_limit(0), None);
        assert_eq!(table.fields_read(0), &[]);
    }

    #[test]
    fn without_routes_there_is_no_endpoint() {
        let app = NoRoutes;
        assert!(app.endpoints().is_empty());
        assert_eq!(app.method(b"GET"), None);
        for path in [&b""[..], b"/", b"/a/b", b"*", b"/\n"] {
            assert!(!app.may_be_static(path));
            assert_eq!(app.find_static(path, 0), NOT_FOUND);
            assert_eq!(app.find_dynamic(&Path::new(path), 0), NOT_FOUND);
            assert_eq!(app.find_by_name(&Path::new(path), b"GET"), NOT_FOUND);
        }
    }
}
