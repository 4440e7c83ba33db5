//! What sets two route tables apart, in words.
//!
//! The tables are compared as documents, so that a key that a later schema adds is compared, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use toml::{Table, Value};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened to it.
    pub change: Kind,
    /// `GET /users/{id}`, `model User`, `limits`.
    pub subject: String,
    /// What is known of it, or what was and what is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What is affected.
    pub reach: Reach,
    /// Position of the route that it is about in the table that was kept.
    #[serde(skip)]
    pub before: Option<usize>,
    /// Position of the route that it is about in the table as it is now.
    #[serde(skip)]
    pub now: Option<usize>,
}

/// What happened to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
    /// It stands in another place.
    Moved,
}

/// How far a difference reaches, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// What was read from the bodies of handlers: no wheel is stale, the table is the same.
    Bodies,
    /// What a kept file says of the app, and no fingerprint covers: its name, where it is found, its
    /// middleware.
    Record,
    /// The table, and so its fingerprint.
    Table,
}

impl Change {
    /// What has a part in the fingerprint but is nothing that could be named.
    pub fn of_the_rest() -> Self {
        let detail = "in what belongs to no endpoint".to_owned();
        change(Kind::Changed, "routes".to_owned(), detail, Reach::Table)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            change,
            subject,
            detail,
            ..
        } = self;
        match change {
            Kind::Added => write!(f, "added {subject}")?,
            Kind::Removed => write!(f, "removed {subject}")?,
            Kind::Changed => write!(f, "changed {subject}")?,
            Kind::Moved => write!(f, "moved {subject}")?,
        }
        match change {
            _ if detail.is_empty() => Ok(()),
            Kind::Added | Kind::Removed => write!(f, " ({detail})"),
            Kind::Changed | Kind::Moved => write!(f, ": {detail}"),
        }
    }
}

/// All differences, most telling first: endpoints, models, the rest.
pub fn between(before: &Table, now: &Table) -> Vec<Change> {
    let mut found = endpoints(before, now);
    found.extend(models(before, now));
    // What there is besides, also what a table should not have.
    let listed = ["routes", "models"];
    let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    for key in keys {
        if listed.contains(&key.as_str()) {
            continue;
        }
        let empty = Value::Table(Table::new());
        let sides = [before, now].map(|table| table.get(key).unwrap_or(&empty));
        let detail = match sides.map(Value::as_table) {
            [Some(before), Some(now)] => values(before, now, &[]),
            _ => value(sides[0], sides[1]),
        };
        if !detail.is_empty() {
            let reach = if key == "app" {
                Reach::Record
            } else {
                Reach::Table
            };
            found.push(change(Kind::Changed, key.clone(), detail, reach));
        }
    }
    found
}

/// What the fingerprint leaves out of a route.
const FROM_BODIES: [&str; 2] = ["suspends", "headers"];

/// An endpoint, and which one it is of those that are called alike.
type Key = (String, usize);

fn endpoints(before: &Table, now: &Table) -> Vec<Change> {
    let (before, now) = (Endpoints::new(before), Endpoints::new(now));
    let (mut found, mut changed) = (Vec::new(), Vec::new());
    for key in &now.order {
        let (position, route) = now.facts[key];
        if let Some((old_position, old)) = before.facts.get(key) {
            changed.extend(endpoint(key, old, route).map(|change| Change {
                before: Some(*old_position),
                now: Some(position),
                ..change
            }));
        } else {
            let mut added = change(Kind::Added, key.0.clone(), handler(route), Reach::Table);
            added.now = Some(position);
            found.push(added);
        }
    }
    for key in &before.order {
        if !now.facts.contains_key(key) {
            let (position, route) = before.facts[key];
            let mut removed = change(Kind::Removed, key.0.clone(), handler(route), Reach::Table);
            removed.before = Some(position);
            found.push(removed);
        }
    }
    found.extend(changed);
    found.extend(moves(&before, &now));
    // Methods that were divided over routes in another way leave every endpoint as it was.
    if found.is_empty() && before.divided != now.divided {
        let detail = "methods are divided over routes in another way".to_owned();
        found.push(change(
            Kind::Changed,
            "routes".to_owned(),
            detail,
            Reach::Table,
        ));
    }
    found
}

/// What became of an endpoint that is in both tables.
fn endpoint(key: &Key, before: &Table, now: &Table) -> Option<Change> {
    let places = ["path", "methods"];
    let detail = values(before, now, &[&places[..], &FROM_BODIES[..]].concat());
    let bodies = values(&pick(before, &FROM_BODIES), &pick(now, &FROM_BODIES), &[]);
    let reach = if detail.is_empty() {
        Reach::Bodies
    } else {
        Reach::Table
    };
    let detail = joined([detail, bodies]);
    (!detail.is_empty()).then(|| change(Kind::Changed, key.0.clone(), detail, reach))
}

struct Endpoints<'a> {
    order: Vec<Key>,
    facts: BTreeMap<Key, (usize, &'a Table)>,
    /// How many endpoints each route has.
    divided: Vec<usize>,
}

impl<'a> Endpoints<'a> {
    fn new(table: &'a Table) -> Self {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut this = Self {
            order: Vec::new(),
            facts: BTreeMap::new(),
            divided: Vec::new(),
        };
        for (position, route) in tables(table, "routes").enumerate() {
            let path = text(route, "path");
            let methods = route.get("methods").and_then(Value::as_array);
            let methods: Vec<_> = methods
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            this.divided.push(methods.len());
            for method in methods {
                let name = format!("{method} {path}");
                let count = seen.entry(name.clone()).or_default();
                let key = (name, *count);
                *count += 1;
                this.order.push(key.clone());
                this.facts.insert(key, (position, route));
            }
        }
        this
    }
}

/// The fewest endpoints that have to be taken up and put down elsewhere.
fn moves(before: &Endpoints<'_>, now: &Endpoints<'_>) -> Vec<Change> {
    let old: Vec<&Key> = before
        .order
        .iter()
        .filter(|key| now.facts.contains_key(key))
        .collect();
    let new: Vec<&Key> = now
        .order
        .iter()
        .filter(|key| before.facts.contains_key(key))
        .collect();
    if old == new {
        return Vec::new();
    }
    let mut found = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let placed = match operation {
            DiffOp::Insert {
                new_index, new_len, ..
            }
            | DiffOp::Replace {
                new_index, new_len, ..
            } => new_index..new_index + new_len,
            DiffOp::Equal { .. } | DiffOp::Delete { .. } => continue,
        };
        let next = new.get(placed.end);
        for key in &new[placed] {
            let detail = match next {
                Some(next) => format!("it is now before {}", next.0),
                None => "it is now the last".to_owned(),
            };
            let mut moved = change(Kind::Moved, key.0.clone(), detail, Reach::Table);
            moved.before = Some(before.facts[*key].0);
            moved.now = Some(now.facts[*key].0);
            found.push(moved);
        }
    }
    found
}

fn models(before: &Table, now: &Table) -> Vec<Change> {
    let named = |table| -> BTreeMap<String, &Table> {
        tables(table, "models")
            .map(|model| (text(model, "name").to_owned(), model))
            .collect()
    };
    let (old, new) = (named(before), named(now));
    let mut found = Vec::new();
    for (name, model) in &new {
        let Some(was) = old.get(name) else {
            let detail = text(model, "type").to_owned();
            found.push(change(
                Kind::Added,
                format!("model {name}"),
                detail,
                Reach::Table,
            ));
            continue;
        };
        let detail = joined([values(was, model, &["fields"]), fields(was, model)]);
        if !detail.is_empty() {
            found.push(change(
                Kind::Changed,
                format!("model {name}"),
                detail,
                Reach::Table,
            ));
        }
    }
    for (name, model) in &old {
        if !new.contains_key(name) {
            let detail = text(model, "type").to_owned();
            found.push(change(
                Kind::Removed,
                format!("model {name}"),
                detail,
                Reach::Table,
            ));
        }
    }
    let order = |table| -> Vec<String> {
        tables(table, "models")
            .map(|model| text(model, "name").to_owned())
            .collect()
    };
    if found.is_empty() && order(before) != order(now) {
        let detail = "their order".to_owned();
        found.push(change(
            Kind::Changed,
            "models".to_owned(),
            detail,
            Reach::Table,
        ));
    }
    found
}

/// What became of the fields of a model.
fn fields(before: &Table, now: &Table) -> String {
    let old: Vec<_> = tables(before, "fields").collect();
    let new: Vec<_> = tables(now, "fields").collect();
    let find = |fields: &[&Table], name: &str| -> Option<Table> {
        let field = fields.iter().find(|field| text(field, "name") == name);
        field.map(|field| (*field).clone())
    };
    let mut found = Vec::new();
    for field in &new {
        let name = text(field, "name");
        match find(&old, name) {
            None => found.push(format!("field {name} added")),
            Some(was) => {
                let detail = values(&was, field, &[]);
                if !detail.is_empty() {
                    found.push(format!("field {name} {detail}"));
                }
            }
        }
    }
    for field in &old {
        let name = text(field, "name");
        if find(&new, name).is_none() {
            found.push(format!("field {name} removed"));
        }
    }
    if found.is_empty() && old != new {
        found.push("the order of the fields".to_owned());
    }
    found.join(", ")
}

fn change(change: Kind, subject: String, detail: String, reach: Reach) -> Change {
    Change {
        change,
        subject,
        detail,
        reach,
        before: None,
        now: None,
    }
}

/// Two texts as a list. Either may be empty.
fn joined(texts: [String; 2]) -> String {
    let texts = texts.into_iter().filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join(", ")
}

fn handler(route: &Table) -> String {
    text(route, "handler").to_owned()
}

fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn tables<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    let items = table.get(key).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_table)
}

fn pick(table: &Table, keys: &[&str]) -> Table {
    table
        .iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The keys that differ, but for those that are left out: `handler "app:a" → "app:b"`.
fn values(before: &Table, now: &Table, left_out: &[&str]) -> String {
    let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let differing = keys
        .into_iter()
        .filter(|key| !left_out.contains(&key.as_str()) && before.get(*key) != now.get(*key));
    let each = differing.map(|key| {
        let shown = |table: &Table| table.get(key).map_or("none".to_owned(), as_json);
        format!("{key} {} → {}", shown(before), shown(now))
    });
    each.collect::<Vec<_>>().join(", ")
}

fn value(before: &Value, now: &Value) -> String {
    if before == now {
        String::new()
    } else {
        format!("{} → {}", as_json(before), as_json(now))
    }
}

/// In one line; what a table of an app holds looks the same in JSON and in TOML.
fn as_json(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[(&str, &str)]) -> Table {
        let routes = routes.iter().map(|(path, rest)| {
            format!("[[routes]]\npath = \"{path}\"\nmethods = [\"GET\"]\n{rest}\n")
        });
        let text = "[app]\nname = \"a\"\n".to_owned() + &routes.collect::<String>();
        text.parse().expect("TOML")
    }

    fn words(before: &Table, now: &Table) -> Vec<String> {
        between(before, now).iter().map(Change::to_string).collect()
    }

    #[test]
    fn a_route_that_changed_places_is_said_once() {
        let before = table(&[("/a", ""), ("/b", ""), ("/c", ""), ("/d", "")]);
        let now = table(&[("/b", ""), ("/c", ""), ("/a", ""), ("/d", "")]);
        assert_eq!(
            words(&before, &now),
            ["moved GET /a: it is now before GET /d"]
        );
        let now = table(&[("/b", ""), ("/c", ""), ("/d", ""), ("/a", "")]);
        assert_eq!(words(&before, &now), ["moved GET /a: it is now the last"]);
    }

    #[test]
    fn equal_routes_are_told_apart_by_their_number() {
        let before = table(&[("/{a}", "handler = \"m:f\""), ("/{a}", "handler = \"m:g\"")]);
        let now = table(&[("/{a}", "handler = \"m:f\"")]);
        assert_eq!(words(&before, &now), ["removed GET /{a} (m:g)"]);
    }

    #[test]
    fn bodies_reach_least() {
        let before = table(&[("/a", "suspends = true")]);
        let now = table(&[("/a", "suspends = false\nheaders = [\"range\"]")]);
        let found = between(&before, &now);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].reach, Reach::Bodies);
        assert_eq!(
            found[0].to_string(),
            "changed GET /a: headers none → [\"range\"], suspends true → false"
        );
    }

    #[test]
    fn what_no_fingerprint_covers_is_not_the_table() {
        let before = table(&[("/a", "")]);
        let mut now = before.clone();
        now["app"]["name"] = Value::from("b");
        let found = between(&before, &now);
        assert_eq!(found[0].to_string(), "changed app: name \"a\" → \"b\"");
        assert_eq!(found[0].reach, Reach::Record);
    }
}
