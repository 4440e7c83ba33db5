//! The component functions: one message that is in memory.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::lent::lend;
use super::{names, refusal};
use crate::http::{FieldId, Message, MessageError, metrics, parse_message};
use crate::python::text::ascii;

/// Parses one HTTP/1.1 request into a dictionary with the keys `method`, `path`, `version`,
/// `headers` and `body`.
#[pyfunction]
pub(super) fn http_parse_request<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let py = data.py();
    lend(data, "a request is", |bytes| {
        let message = parse(py, bytes)?;
        let result = dictionary(py, &message)?;
        let body = Some(message.body()).filter(|body| !body.is_empty());
        result.set_item(
            pyo3::intern!(py, "body"),
            body.map(|body| PyBytes::new(py, body)),
        )?;
        Ok(result)
    })
}

/// The same without the key `body`.
#[pyfunction]
pub(super) fn http_parse_headers_only<'py>(
    data: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = data.py();
    lend(data, "a request is", |bytes| {
        dictionary(py, &parse(py, bytes)?)
    })
}

fn parse<'a>(py: Python<'_>, data: &'a [u8]) -> PyResult<Message<'a>> {
    let message = metrics::read(|| parse_message(data), Result::is_ok);
    message.map_err(|error| match error {
        MessageError::Incomplete => refusal::incomplete(py, data.len()),
        MessageError::Rejected(rejection) => {
            metrics::count_rejection(rejection.reason);
            refusal::invalid(py, &rejection)
        }
    })
}

fn dictionary<'py>(py: Python<'py>, message: &Message<'_>) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    result.set_item(
        pyo3::intern!(py, "method"),
        names::method(py, message.method()),
    )?;
    result.set_item(
        pyo3::intern!(py, "path"),
        text(py, message.target().as_bytes())?,
    )?;
    let version = match message.version() {
        crate::http::Version::Http10 => pyo3::intern!(py, "HTTP/1.0"),
        crate::http::Version::Http11 => pyo3::intern!(py, "HTTP/1.1"),
    };
    result.set_item(pyo3::intern!(py, "version"), version)?;
    result.set_item(pyo3::intern!(py, "headers"), headers(py, message)?)?;
    metrics::count_head();
    Ok(result)
}

fn headers<'py>(py: Python<'py>, message: &Message<'_>) -> PyResult<Bound<'py, PyDict>> {
    let common = names::common_text(py);
    let headers = PyDict::new(py);
    for field in message.fields() {
        let name = match common.get(usize::from(field.id.0)) {
            Some(name) => name.bind(py).clone(),
            None => PyString::new(py, &lower(message.name(field))),
        };
        let value = text(py, message.value(field))?;
        let before = headers.len();
        // One look-up in the usual case: a name that is new.
        // SAFETY: three live objects, the first a dictionary; a borrowed reference comes back.
        let kept = unsafe {
            let kept = ffi::PyDict_SetDefault(headers.as_ptr(), name.as_ptr(), value.as_ptr());
            Bound::from_borrowed_ptr_or_err(py, kept)?
        };
        if headers.len() == before {
            let separator = if field.id == FieldId::COOKIE {
                "; "
            } else {
                ", "
            };
            let joined = kept.add(separator)?.add(value)?;
            headers.set_item(name, joined)?;
        }
    }
    Ok(headers)
}

/// A token in lower case.
fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

/// A value, which is UTF-8 or `UnicodeDecodeError`.
fn text<'py>(py: Python<'py>, value: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    if value.is_ascii() {
        // SAFETY: as was asked just now.
        return Ok(unsafe { ascii(py, value)? });
    }
    // SAFETY: pointer and length are those of a slice, null asks for the strict handler, and the
    // result is checked.
    unsafe {
        let text = ffi::PyUnicode_DecodeUTF8(
            value.as_ptr().cast(),
            value.len().cast_signed(),
            std::ptr::null(),
        );
        Bound::from_owned_ptr_or_err(py, text)
    }
}
