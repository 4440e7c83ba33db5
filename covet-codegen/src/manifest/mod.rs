//! routes.toml as it is on disk: the wire form, with spans for messages.
//!
//! The format is described in `docs/routes-toml.md` and by the JSON Schema that the Python
//! package ships. This module knows its shape; what the values mean is [`crate::model`]'s matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::diagnostics::{Diagnostic, Diagnostics};

/// The schema version that this program reads and writes.
pub const SCHEMA: u32 = 1;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`SCHEMA`] once [`parse`] has returned.
    pub schema: u32,
    /// What the fingerprint leaves out: how the app is called and reached.
    pub app: App,
    /// Whose rules the table follows.
    pub framework: Framework,
    /// Limits of the app.
    pub limits: Limits,
    /// Deliberate departures from the framework, by name.
    #[serde(default)]
    pub compat: BTreeMap<String, Spanned<bool>>,
    /// The routes in order.
    #[serde(default)]
    pub routes: Vec<Spanned<Route>>,
    /// The classes that responses are made of.
    #[serde(default)]
    pub models: Vec<Spanned<Model>>,
}

/// The `[app]` table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Distribution and module name of the wheel.
    pub name: Spanned<String>,
    /// `module:attribute`, or `module:factory()`.
    pub entry: Spanned<String>,
    /// `module:qualname` of each middleware, outermost first.
    pub middleware: Vec<String>,
}

/// The `[framework]` table.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The exporter's name for it: `covet`.
    pub name: String,
    /// The version whose rules were exported.
    pub version: String,
}

/// The `[limits]` table.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest request body in bytes; 0 is no limit.
    pub max_body_size: u64,
}

/// One `[[routes]]` table.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What the route speaks.
    pub kind: Kind,
    /// Whether the framework matches the path with a regular expression.
    pub dynamic: bool,
    /// The path as written.
    pub path: String,
    /// Upper-case methods in registration order.
    pub methods: Vec<String>,
    /// `module:qualname` of the handler.
    pub handler: String,
    /// The handler's parameters behind the request, in order.
    pub parameters: Vec<String>,
    /// Whether the handler is a coroutine function.
    pub coroutine: bool,
    /// Whether the coroutine's code can suspend.
    pub suspends: bool,
    /// The return annotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
    /// What is known of the response: a type expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Spanned<String>>,
    /// Header names that the handler visibly reads, lower-case, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The function that was registered in the handler's place and calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapper: Option<String>,
}

/// What a route speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Requests and responses.
    Http,
    /// `WebSocket` connections.
    Websocket,
}

/// One `[[models]]` table.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What type expressions call it.
    pub name: Spanned<String>,
    /// The class as `module:qualname`, with its type arguments.
    #[serde(rename = "type")]
    pub class: String,
    /// What kind of class it is.
    pub kind: ModelKind,
    /// What the members of an enum are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The fields in the order of the class. Enums have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Spanned<Field>>>,
}

/// What kind of class a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A `TypedDict`.
    TypedDict,
    /// A dataclass.
    Dataclass,
    /// A `NamedTuple` or a `namedtuple`.
    NamedTuple,
    /// A `msgspec.Struct`.
    Struct,
    /// A `pydantic.BaseModel`.
    Pydantic,
    /// An `Enum` whose members are scalars.
    Enum,
}

/// What the members of an enum are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Text.
    Str,
    /// Integers.
    Int,
    /// Floating-point numbers.
    Float,
}

/// One field of a model.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key in JSON.
    pub name: String,
    /// The attribute that is read, when it is called otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// What is known of the value: a type expression.
    #[serde(rename = "type")]
    pub ty: Spanned<String>,
    /// Whether the key may be missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Reads the text of a routes.toml.
///
/// # Errors
///
/// `CVT030` for broken TOML, `CVT031` for a newer schema, `CVT032` for unknown, missing and
/// mistyped keys; each with its span.
pub fn parse(text: &str) -> Result<Manifest, Diagnostics> {
    check_schema(text)?;
    toml::from_str(text).map_err(|error| {
        shape_error(
            "CVT032",
            &error,
            "compare with docs/routes-toml.md, or export the table again",
        )
        .into()
    })
}

/// The schema decides first: a newer file may well have keys that this program does not know.
fn check_schema(text: &str) -> Result<(), Diagnostics> {
    #[derive(Deserialize)]
    struct Probe {
        schema: Option<Spanned<toml::Value>>,
    }
    let probe: Probe = toml::from_str(text).map_err(|error| {
        shape_error(
            "CVT030",
            &error,
            "mend the file, or write it again with `covet-codegen export`",
        )
    })?;
    let Some(schema) = probe.schema else {
        return Err(Diagnostic::error(
            "CVT032",
            "`schema` is missing",
            format!("start the file with `schema = {SCHEMA}`"),
        )
        .into());
    };
    match schema.get_ref().as_integer() {
        Some(version) if version == i64::from(SCHEMA) => Ok(()),
        Some(version) if version > i64::from(SCHEMA) => Err(Diagnostic::error(
            "CVT031",
            format!("schema {version} is newer than {SCHEMA}, the newest this program reads"),
            "install the covet-codegen that wrote the file, or export the table again with this one",
        )
        .at(schema.span())
        .into()),
        _ => Err(Diagnostic::error(
            "CVT032",
            "`schema` is not a version number that exists",
            format!("write `schema = {SCHEMA}`"),
        )
        .at(schema.span())
        .into()),
    }
}

fn shape_error(code: &str, error: &toml::de::Error, help: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, error.message().to_owned(), help);
    match error.span() {
        // What is missing from the whole file has no place; the parser points at its beginning.
        Some(span) if span.start == 0 && error.message().starts_with("missing") => diagnostic,
        Some(span) => diagnostic.at(span),
        None => diagnostic,
    }
}
