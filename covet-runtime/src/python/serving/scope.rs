//! The ASGI scope of a request.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::server::Server;
use crate::http::{Head, Version};
use crate::python::http::{Names, header_list, method_text};
use crate::python::raised::owned;
use crate::python::text::Text;

/// What is known of a connection, as scopes have it.
pub(super) struct Peer {
    pub(super) server: Py<PyAny>,
    pub(super) client: Py<PyAny>,
    pub(super) scheme: Py<PyAny>,
}

/// The scope of a request, in the order in which uvicorn sets its keys. Only a connection that was
/// never made has no peer.
pub(super) fn scope<'py>(
    py: Python<'py>,
    server: &Server,
    peer: Option<&Peer>,
    head: &Head,
    names: &Names,
) -> PyResult<Bound<'py, PyDict>> {
    let asgi = PyDict::new(py);
    asgi.set_item(intern!(py, "version"), &server.asgi_version)?;
    asgi.set_item(intern!(py, "spec_version"), intern!(py, "2.3"))?;
    let version = match head.version() {
        Version::Http10 => intern!(py, "1.0"),
        Version::Http11 => intern!(py, "1.1"),
    };
    let (path, raw_path) = paths(py, server, head)?;
    let scope = PyDict::new(py);
    scope.set_item(intern!(py, "type"), intern!(py, "http"))?;
    scope.set_item(intern!(py, "asgi"), asgi)?;
    scope.set_item(intern!(py, "http_version"), version)?;
    scope.set_item(intern!(py, "server"), peer.map(|peer| &peer.server))?;
    scope.set_item(intern!(py, "client"), peer.map(|peer| &peer.client))?;
    scope.set_item(intern!(py, "scheme"), peer.map(|peer| &peer.scheme))?;
    scope.set_item(intern!(py, "root_path"), &server.root_path)?;
    scope.set_item(intern!(py, "headers"), header_list(py, head, names)?)?;
    scope.set_item(intern!(py, "state"), server.app_state.bind(py).copy()?)?;
    scope.set_item(intern!(py, "method"), method_text(py, head.method()))?;
    scope.set_item(intern!(py, "path"), path)?;
    scope.set_item(intern!(py, "raw_path"), raw_path)?;
    let query = PyBytes::new(py, head.query_string().as_bytes());
    scope.set_item(intern!(py, "query_string"), query)?;
    Ok(scope)
}

/// `path` and `raw_path`, both behind the root path.
fn paths<'py>(
    py: Python<'py>,
    server: &Server,
    head: &Head,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let text = Text::of_utf8(py, head.path());
    let path = text.slice(text.bytes()).map_err(PyErr::from)?;
    let raw_path = PyBytes::new(py, head.raw_path()).into_any();
    let root = server.root_path.bind(py);
    if root.is_empty()? {
        return Ok((path, raw_path));
    }
    let raw_root = root.call_method1("encode", ("ascii",))?;
    // SAFETY: both are objects, and the result is checked.
    let join = |a: &Bound<'py, PyAny>, b: &Bound<'py, PyAny>| unsafe {
        owned(py, pyo3::ffi::PyNumber_Add(a.as_ptr(), b.as_ptr())).map_err(PyErr::from)
    };
    Ok((join(root, &path)?, join(&raw_root, &raw_path)?))
}
