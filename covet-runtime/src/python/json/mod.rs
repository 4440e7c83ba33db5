//! JSON: objects to text, for responses, and text to objects, for requests.
//!
//! * [`writer`] walks objects and writes them. It is exact or it gives up.
//! * [`value`] is an object while it is written, [`layout`] how CPython stores it.
//! * [`class`] reads fields that are in slots.
//! * [`model`] has what generated serializers are made of.
//! * [`output`] is what a document becomes.
//! * [`serializer`] is a function from an object to its text, and to whom it turns when a writer
//!   gives up.
//! * [`reader`] makes the objects of a text, or gives up as well, [`keys`] keeps the names of their
//!   fields, and [`loads`] is the function.

mod class;
mod keys;
mod layout;
mod loads;
mod model;
mod output;
mod reader;
mod serializer;
mod value;
mod writer;

pub use class::Class;
pub(super) use class::member_offset;
pub(super) use loads::loads;
pub use model::Keys;
pub use serializer::{Output, Serializer, Write};
pub use value::Value;
pub use writer::{Unusual, Writer, Written};

pub use crate::json::Place;

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::json::metrics;

/// A serializer that is offered by name.
pub struct Model {
    /// The name of the function, `serialize_` and the model's.
    pub name: &'static CStr,
    /// Its documentation, which begins with the signature.
    pub doc: &'static CStr,
    /// How an object is written.
    pub write: Write,
}

/// Adds the serializers of `models` and `json_loads`, and what has to be known before anything is
/// written.
pub(super) fn populate(module: &Bound<'_, PyModule>, models: &[Model]) -> PyResult<()> {
    layout::try_out(module.py())?;
    for Model { name, doc, write } in models {
        let serializer =
            Serializer::new(name.to_string_lossy(), *write, Output::Bytes).with_models();
        let function = serializer.into_function(module.py(), name, doc)?;
        module.add(&*name.to_string_lossy(), function)?;
    }
    module.add("json_loads", loads::function(module.py())?)
}

/// Adds the components that are used without an app.
#[cfg(feature = "module")]
pub(super) fn populate_components(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let functions = [
        (
            c"json_dumps_bytes",
            c"json_dumps_bytes(obj, /)\n--\n\n`obj` as JSON text in UTF-8.",
            Output::Bytes,
        ),
        (
            c"json_dumps_smart",
            c"json_dumps_smart(obj, /)\n--\n\n`obj` as JSON text, in the fastest way there is.",
            Output::Text,
        ),
        (
            c"json_dumps_rust",
            c"json_dumps_rust(obj, /)\n--\n\n`obj` as JSON text, by Rust.",
            Output::Text,
        ),
    ];
    for (name, doc, output) in functions {
        let serializer = Serializer::new(name.to_string_lossy(), any, output);
        let function = serializer.into_function(module.py(), name, doc)?;
        module.add(&*name.to_string_lossy(), function)?;
    }
    Ok(())
}

/// Writes any object.
///
/// # Errors
///
/// When only the standard library can.
pub fn any(writer: &mut Writer<'_>, value: Value<'_>) -> Written {
    writer.any(b"", value)
}

/// The counts of this module: `{route: {place: number}}`. The place is `Model.field`, the model alone
/// when it does not fit as a whole, or empty when the standard library wrote the document.
pub(super) fn metrics(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let routes = PyDict::new(py);
    for (route, place, number) in metrics::all() {
        let places = match routes.get_item(&route)? {
            Some(places) => places.cast_into::<PyDict>()?,
            None => PyDict::new(py),
        };
        let name = match place.field {
            "" => place.model.to_owned(),
            field => format!("{}.{field}", place.model),
        };
        places.set_item(name, number)?;
        routes.set_item(route, places)?;
    }
    Ok(routes)
}
