//! Types as they are written in routes.toml.

use crate::model::{Model, ModelId, Scalar, Type};

/// `ty` as a type expression.
pub(super) fn text(ty: &Type, models: &[Model]) -> String {
    let list = |types: &[Type], between: &str| {
        let texts: Vec<_> = types.iter().map(|ty| text(ty, models)).collect();
        texts.join(between)
    };
    match ty {
        Type::Any => "any".to_owned(),
        Type::None => "None".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Int => "int".to_owned(),
        Type::Float => "float".to_owned(),
        Type::Str => "str".to_owned(),
        Type::List(item) => format!("list[{}]", text(item, models)),
        Type::Tuple(items) if items.is_empty() => "tuple[()]".to_owned(),
        Type::Tuple(items) => format!("tuple[{}]", list(items, ", ")),
        Type::Sequence(item) => format!("tuple[{}, ...]", text(item, models)),
        Type::Dict(key, value) => format!("dict[{}, {}]", text(key, models), text(value, models)),
        Type::Union(members) => list(members, " | "),
        Type::Literal(values) => {
            let values: Vec<_> = values.iter().map(scalar).collect();
            format!("literal[{}]", values.join(", "))
        }
        Type::Model(id) => models[id.0].name.clone(),
    }
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::None => "None".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Str(text) => serde_json::Value::from(text.as_str()).to_string(),
    }
}

/// Every model that `ty` names itself, in order.
pub(super) fn models(ty: &Type, found: &mut Vec<ModelId>) {
    match ty {
        Type::List(inner) | Type::Sequence(inner) => models(inner, found),
        Type::Dict(key, value) => {
            models(key, found);
            models(value, found);
        }
        Type::Tuple(items) | Type::Union(items) => {
            for item in items {
                models(item, found);
            }
        }
        Type::Model(id) if !found.contains(id) => found.push(*id),
        _ => {}
    }
}
