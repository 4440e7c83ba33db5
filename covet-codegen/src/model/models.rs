//! The classes that responses are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::PYTHON_KEYWORDS;
use super::types::{self, ModelId, Type, WORDS};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::manifest::{self, Base};

/// A class whose fields are known.
#[derive(Clone, Debug)]
pub struct Model {
    /// What it is called in the table: an identifier of Rust and of Python.
    pub name: String,
    /// `module:qualname`, with type arguments.
    pub class: String,
    /// What kind of class it is.
    pub kind: ModelKind,
    /// The fields in the order of the class. Enums have none.
    pub fields: Vec<Field>,
}

/// What kind of class a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// A `TypedDict`: a `dict` with these keys.
    TypedDict,
    /// A dataclass.
    Dataclass,
    /// A `tuple` whose items have names.
    NamedTuple,
    /// A `msgspec.Struct`.
    Struct,
    /// A `pydantic.BaseModel`.
    Pydantic,
    /// An `Enum` whose members are such scalars.
    Enum(Base),
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key in JSON: any text.
    pub name: String,
    /// The attribute that is read, or the key of a `TypedDict`.
    pub attribute: String,
    /// What is known of the value.
    pub ty: Type,
    /// Whether the key may be missing, which only those of a `TypedDict` may.
    pub optional: bool,
}

/// The models by name. Of those that share a name, the first.
pub(super) fn names(models: &[Spanned<manifest::Model>]) -> BTreeMap<String, ModelId> {
    let mut names = BTreeMap::new();
    for (position, model) in models.iter().enumerate() {
        let name = model.get_ref().name.get_ref();
        names.entry(name.clone()).or_insert(ModelId(position));
    }
    names
}

/// Checks all models. The result is of use only when nothing was found.
pub(super) fn check(
    models: &[Spanned<manifest::Model>],
    names: &BTreeMap<String, ModelId>,
    found: &mut Diagnostics,
) -> Vec<Model> {
    let mut checked = Vec::with_capacity(models.len());
    for (position, model) in models.iter().enumerate() {
        let declared = model.get_ref();
        check_name(&declared.name, names, ModelId(position), found);
        let Some(kind) = check_kind(declared) else {
            let message = format!(
                "model {} must have a base, and no fields, exactly when it is an enum",
                declared.name.get_ref()
            );
            found.push(contradiction(message, model.span()));
            continue;
        };
        checked.push(Model {
            name: declared.name.get_ref().clone(),
            class: declared.class.clone(),
            kind,
            fields: check_fields(declared, names, found),
        });
    }
    checked
}

/// Reads a type expression, and points into it when something is wrong.
pub(super) fn check_type(
    text: &Spanned<String>,
    names: &BTreeMap<String, ModelId>,
    found: &mut Diagnostics,
) -> Option<Type> {
    match types::parse(text.get_ref(), names) {
        Ok(found) => Some(found),
        Err(fault) => {
            found.push(contradiction(fault.message, place(text, fault.at)));
            None
        }
    }
}

/// Where a part of a string stands in the file. Only that of the whole string is known when there
/// are escapes in it, or more quotes than one at each end.
fn place(text: &Spanned<String>, part: Range<usize>) -> Range<usize> {
    let whole = text.span();
    if whole.len() == text.get_ref().len() + 2 {
        let start = whole.start + 1;
        start + part.start..start + part.end
    } else {
        whole
    }
}

fn check_name(
    name: &Spanned<String>,
    names: &BTreeMap<String, ModelId>,
    id: ModelId,
    found: &mut Diagnostics,
) {
    let text = name.get_ref();
    if names.get(text) != Some(&id) {
        let message = format!("there are two models `{text}`");
        found.push(contradiction(message, name.span()));
    } else if WORDS.contains(&text.as_str()) {
        let message = format!("`{text}` is a word of type expressions and cannot name a model");
        found.push(contradiction(message, name.span()));
    } else if !is_identifier(text) {
        let message = format!(
            "`{}` cannot name a model: it is no ASCII identifier, or a keyword",
            text.escape_debug()
        );
        found.push(contradiction(message, name.span()));
    }
}

/// Whether a text can be a name in Rust and in Python.
fn is_identifier(text: &str) -> bool {
    // The parser would overlook white space.
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && syn::parse_str::<syn::Ident>(text).is_ok()
        && !PYTHON_KEYWORDS.contains(&text)
}

fn check_kind(model: &manifest::Model) -> Option<ModelKind> {
    use manifest::ModelKind as Declared;

    match (model.kind, model.base, &model.fields) {
        (Declared::Enum, Some(base), None) => Some(ModelKind::Enum(base)),
        (Declared::TypedDict, None, Some(_)) => Some(ModelKind::TypedDict),
        (Declared::Dataclass, None, Some(_)) => Some(ModelKind::Dataclass),
        (Declared::NamedTuple, None, Some(_)) => Some(ModelKind::NamedTuple),
        (Declared::Struct, None, Some(_)) => Some(ModelKind::Struct),
        (Declared::Pydantic, None, Some(_)) => Some(ModelKind::Pydantic),
        _ => None,
    }
}

fn check_fields(
    model: &manifest::Model,
    names: &BTreeMap<String, ModelId>,
    found: &mut Diagnostics,
) -> Vec<Field> {
    let is_dict = model.kind == manifest::ModelKind::TypedDict;
    let mut seen = BTreeSet::new();
    let mut fields = Vec::new();
    for field in model.fields.iter().flatten() {
        let declared = field.get_ref();
        let mut refuse = |what: &str| {
            let model = model.name.get_ref();
            let message = format!("field {model}.{} {what}", declared.name.escape_debug());
            found.push(contradiction(message, field.span()));
        };
        if !seen.insert(&declared.name) {
            refuse("occurs twice");
        }
        if is_dict && declared.attribute.is_some() {
            refuse("has an attribute, but a typed_dict has keys only");
        }
        if !is_dict && declared.optional {
            refuse("is optional, which only the keys of a typed_dict can be");
        }
        if let Some(ty) = check_type(&declared.ty, names, found) {
            fields.push(Field {
                name: declared.name.clone(),
                attribute: declared.attribute.clone().unwrap_or(declared.name.clone()),
                ty,
                optional: declared.optional,
            });
        }
    }
    fields
}

fn contradiction(message: String, span: Range<usize>) -> Diagnostic {
    let help = "export the table again; it is not meant to be edited by hand";
    Diagnostic::error("CVT033", message, help).at(span)
}
