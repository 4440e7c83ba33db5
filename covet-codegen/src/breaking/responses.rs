//! What a response may be, before and now.
//!
//! What may come now has to be something that could come before: then who understood the one
//! understands the other. Types are compared by the JSON that they become.

use std::collections::BTreeSet;

use super::wire::Pair;
use super::{
    BECAME_NULLABLE, BECAME_OPTIONAL, FIELD_CHANGED, FIELD_REMOVED, FIELD_RENAMED,
    RESPONSE_CHANGED, Report, Rule,
};
use crate::diagnostics::{Diagnostic, Severity};
use crate::manifest::Base;
use crate::model::{App, Field, Model, ModelId, ModelKind, Scalar, Type};

/// Compares the responses of endpoints with those of what took their place.
pub(super) fn compare(old: &App, new: &App, pairs: &[Pair<'_>], report: &mut Report) {
    let mut found: Vec<(Change, Vec<String>, Option<_>)> = Vec::new();
    for (before, now) in pairs {
        let shown = format!("{} {}", before.method, before.route.declared.path);
        let Some(ty) = &before.route.response else {
            continue;
        };
        let Some(other) = &now.route.response else {
            let was = print(old, ty);
            let message = format!("the response of {shown} was {was}, now nothing is known of it");
            let help = "annotate the handler as it was, so that this can be told";
            report.add(
                RESPONSE_CHANGED,
                Diagnostic {
                    // It may well be what it was.
                    severity: Severity::Warning,
                    location: now.route.source.clone(),
                    ..RESPONSE_CHANGED.broken(&message, help)
                },
            );
            continue;
        };
        let mut comparison = Comparison {
            old,
            new,
            seen: BTreeSet::new(),
            changes: Vec::new(),
        };
        comparison.types(ty, other, &Place::Response(String::new()));
        for change in comparison.changes {
            match found.iter_mut().find(|(other, ..)| *other == change) {
                Some((_, routes, _)) if change.is_in_model() => routes.push(shown.clone()),
                _ => found.push((change, vec![shown.clone()], now.route.source.as_ref())),
            }
        }
    }
    for (change, routes, source) in found {
        let subject = change.place.subject(&routes[0]);
        let others = match routes.len() {
            1 => String::new(),
            2 => " and another endpoint".to_owned(),
            count => format!(" and {} other endpoints", count - 1),
        };
        let where_from = match change.place {
            Place::Response(_) => String::new(),
            Place::Field(..) => format!(", in responses of {}{others}", routes[0]),
        };
        let message = format!("{subject} {}{where_from}", change.what);
        let broken = change.rule.broken(&message, help(change.rule));
        let location = source.cloned();
        report.add(change.rule, Diagnostic { location, ..broken });
    }
}

fn help(rule: Rule) -> &'static str {
    match rule {
        FIELD_REMOVED => "keep the field until no client reads it",
        FIELD_RENAMED => "send both fields until no client reads the old one",
        BECAME_NULLABLE => "send a value, or let clients accept null first",
        BECAME_OPTIONAL => "always send the key, or let clients do without it first",
        _ => "send what was sent before, under a new field or path what is new",
    }
}

/// A change that breaks.
#[derive(Clone, PartialEq, Eq)]
struct Change {
    rule: Rule,
    place: Place,
    /// The rest of the sentence.
    what: String,
}

impl Change {
    const fn is_in_model(&self) -> bool {
        matches!(self.place, Place::Field(..))
    }
}

/// Where in a response. The text at the end says which items: ` (items)`.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    Response(String),
    Field(String, String, String),
}

impl Place {
    fn subject(&self, route: &str) -> String {
        match self {
            Self::Response(inside) => format!("the response of {route}{inside}"),
            Self::Field(model, field, inside) => format!("{model}.{field}{inside}"),
        }
    }

    fn inside(&self, what: &str) -> Self {
        let mut place = self.clone();
        let (Self::Response(inside) | Self::Field(_, _, inside)) = &mut place;
        *inside = match inside.strip_suffix(')') {
            Some(outer) => format!("{outer}, {what})"),
            None => format!(" ({what})"),
        };
        place
    }
}

struct Comparison<'a> {
    old: &'a App,
    new: &'a App,
    /// Models that were compared with each other, or are being.
    seen: BTreeSet<(ModelId, ModelId)>,
    changes: Vec<Change>,
}

impl<'a> Comparison<'a> {
    /// Whether everything of the one type is of the other.
    fn fits(&self, before: &Type, now: &Type) -> bool {
        let mut attempt = Self {
            old: self.old,
            new: self.new,
            seen: self.seen.clone(),
            changes: Vec::new(),
        };
        attempt.types(before, now, &Place::Response(String::new()));
        attempt.changes.is_empty()
    }

    fn types(&mut self, before: &Type, now: &Type, place: &Place) {
        let (before, now) = (json(self.old, before), json(self.new, now));
        match (&before, &now) {
            (Type::Any, _) | (Type::Float, Type::Int) => {}
            (Type::Union(_) | Type::Literal(_), _) | (_, Type::Union(_) | Type::Literal(_)) => {
                self.alternatives(&before, &now, place);
            }
            (Type::Model(a), Type::Model(b)) => match (parts(self.old, *a), parts(self.new, *b)) {
                (None, None) => self.models(*a, *b, &before, &now, place),
                // They may hold themselves.
                (Some(a_parts), Some(b_parts)) => {
                    if self.seen.insert((*a, *b)) {
                        self.types(&a_parts, &b_parts, place);
                    }
                }
                _ => self.changed(&before, &now, place),
            },
            (Type::Model(a), Type::List(_) | Type::Tuple(_)) => match parts(self.old, *a) {
                Some(a) => self.types(&a, &now, place),
                None => self.changed(&before, &now, place),
            },
            (Type::List(_) | Type::Tuple(_), Type::Model(b)) => match parts(self.new, *b) {
                Some(b) => self.types(&before, &b, place),
                None => self.changed(&before, &now, place),
            },
            (Type::List(a), Type::List(b)) => self.types(a, b, &place.inside("its items")),
            (Type::List(item), Type::Tuple(parts)) => {
                if !parts.iter().all(|part| self.fits(item, part)) {
                    self.changed(&before, &now, place);
                }
            }
            (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
                for (position, (a, b)) in (1..).zip(a.iter().zip(b)) {
                    self.types(a, b, &place.inside(&format!("item {position}")));
                }
            }
            (Type::Dict(keys, a), Type::Dict(others, b)) => {
                if self.fits(keys, others) {
                    self.types(a, b, &place.inside("its values"));
                } else {
                    self.changed(&before, &now, place);
                }
            }
            (Type::Dict(keys, value), Type::Model(id)) if parts(self.new, *id).is_none() => {
                let fields = &self.new.models[id.0].fields;
                let fit = fields.iter().all(|field| self.fits(value, &field.ty));
                if !fit || !self.fits(keys, &Type::Str) {
                    self.changed(&before, &now, place);
                }
            }
            (a, b) if a == b => {}
            _ => self.changed(&before, &now, place),
        }
    }

    /// Types of which one at least has alternatives.
    fn alternatives(&mut self, before: &Type, now: &Type, place: &Place) {
        let (olds, news) = (members(self.old, before), members(self.new, now));
        let has_null = |members: &[Type]| members.contains(&Type::None);
        if has_null(&news) && !has_null(&olds) {
            let what = format!("may be null now: it is {}", print(self.new, now));
            self.add(BECAME_NULLABLE, place, what);
        }
        let some = |members: Vec<Type>| -> Vec<Type> {
            members
                .into_iter()
                .filter(|one| *one != Type::None)
                .collect()
        };
        let (olds, news) = (some(olds), some(news));
        if let ([one], [other]) = (&olds[..], &news[..])
            && !matches!((one, other), (Type::Literal(_), _) | (_, Type::Literal(_)))
        {
            self.types(one, other, place);
            return;
        }
        let mut grown = false;
        for other in &news {
            if olds.iter().any(|one| self.is_one(one, other)) {
                continue;
            }
            // A model among others is known again by its name.
            match olds.iter().find(|one| self.share_name(one, other)) {
                Some(one) => self.types(one, other, place),
                None => grown = true,
            }
        }
        if grown {
            self.changed(before, now, place);
        }
    }

    /// [`Self::fits`] for members of alternatives.
    fn is_one(&self, one: &Type, other: &Type) -> bool {
        match (one, other) {
            (Type::Literal(values), Type::Literal(others)) => {
                others.iter().all(|value| values.contains(value))
            }
            (Type::Literal(_), _) => false,
            (one, Type::Literal(values)) => values.iter().all(|value| self.fits(one, &wide(value))),
            _ => self.fits(one, other),
        }
    }

    fn share_name(&self, one: &Type, other: &Type) -> bool {
        match (one, other) {
            (Type::Model(a), Type::Model(b)) => {
                self.old.models[a.0].name == self.new.models[b.0].name
            }
            _ => false,
        }
    }

    fn models(&mut self, a: ModelId, b: ModelId, before: &Type, now: &Type, place: &Place) {
        if !self.seen.insert((a, b)) {
            return;
        }
        let (one, other) = (&self.old.models[a.0], &self.new.models[b.0]);
        // Another class with other fields is another type; that it is a change of the class can only
        // be said when there is something of it.
        let alike = |field: &Field| other.fields.iter().any(|f| f.name == field.name);
        if one.name != other.name && !one.fields.is_empty() && !one.fields.iter().any(alike) {
            self.changed(before, now, place);
            return;
        }
        for (position, field) in one.fields.iter().enumerate() {
            let place = Place::Field(one.name.clone(), field.name.clone(), String::new());
            let Some(kept) = other.fields.iter().find(|f| f.name == field.name) else {
                let what = match self.renamed(one, other, position) {
                    Some(name) => (FIELD_RENAMED, format!("is called `{name}` now")),
                    None => (FIELD_REMOVED, "was removed".to_owned()),
                };
                self.add(what.0, &place, what.1);
                continue;
            };
            if kept.optional && !field.optional {
                self.add(BECAME_OPTIONAL, &place, "may be missing now".to_owned());
            }
            self.types(&field.ty, &kept.ty, &place);
        }
    }

    /// The new name of a field that is not there any more: that of one that is new, and has the same
    /// attribute, or the same place and type.
    fn renamed(&self, one: &Model, other: &'a Model, position: usize) -> Option<&'a str> {
        let field = &one.fields[position];
        let is_new = |candidate: &Field| one.fields.iter().all(|f| f.name != candidate.name);
        let mut candidates = other.fields.iter().enumerate();
        let found = candidates.find(|(at, candidate)| {
            let same_attribute = candidate.attribute == field.attribute;
            let same_place = *at == position && self.fits(&field.ty, &candidate.ty);
            is_new(candidate) && (same_attribute || same_place)
        });
        found.map(|(_, candidate)| candidate.name.as_str())
    }

    fn changed(&mut self, before: &Type, now: &Type, place: &Place) {
        let rule = match place {
            Place::Response(_) => RESPONSE_CHANGED,
            Place::Field(..) => FIELD_CHANGED,
        };
        let (before, now) = (print(self.old, before), print(self.new, now));
        self.add(rule, place, format!("was {before}, now it is {now}"));
    }

    fn add(&mut self, rule: Rule, place: &Place, what: String) {
        self.changes.push(Change {
            rule,
            place: place.clone(),
            what,
        });
    }
}

/// A type as the JSON that it becomes: arrays are lists, an enum is what its members are.
fn json(app: &App, ty: &Type) -> Type {
    match ty {
        Type::Sequence(item) => Type::List(item.clone()),
        Type::Model(id) => {
            let model = &app.models[id.0];
            match model.kind {
                ModelKind::Enum(Base::Str) => Type::Str,
                ModelKind::Enum(Base::Int) => Type::Int,
                ModelKind::Enum(Base::Float) => Type::Float,
                _ => Type::Model(*id),
            }
        }
        other => other.clone(),
    }
}

/// The array that a named tuple becomes.
fn parts(app: &App, id: ModelId) -> Option<Type> {
    let model = &app.models[id.0];
    let parts = || model.fields.iter().map(|field| field.ty.clone()).collect();
    (model.kind == ModelKind::NamedTuple).then(|| Type::Tuple(parts()))
}

/// The alternatives of a type, as JSON.
fn members(app: &App, ty: &Type) -> Vec<Type> {
    match ty {
        Type::Union(types) => types.iter().flat_map(|ty| members(app, ty)).collect(),
        Type::Literal(values) => {
            let (nulls, others): (Vec<_>, Vec<_>) = values
                .iter()
                .cloned()
                .partition(|value| *value == Scalar::None);
            let null = (!nulls.is_empty()).then_some(Type::None);
            let others = (!others.is_empty()).then_some(Type::Literal(others));
            null.into_iter().chain(others).collect()
        }
        other => vec![json(app, other)],
    }
}

const fn wide(value: &Scalar) -> Type {
    match value {
        Scalar::None => Type::None,
        Scalar::Bool(_) => Type::Bool,
        Scalar::Int(_) => Type::Int,
        Scalar::Str(_) => Type::Str,
    }
}

/// A type as it stands in a table, within backticks.
fn print(app: &App, ty: &Type) -> String {
    format!("`{}`", app.type_text(ty))
}
