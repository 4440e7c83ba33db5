//! The JSON document. Its keys are described in `docs/check.md`.

use serde_json::{Value, json};

use super::{Context, Spot};
use crate::diagnostics::Diagnostic;
use crate::{VERSION, rules};

/// The version of the document's form. It grows when a key is taken away or means something else.
const SCHEMA: u32 = 1;

pub(super) fn document<'a>(
    found: impl Iterator<Item = (&'a Diagnostic, Option<Spot>)>,
    context: &Context,
) -> String {
    let findings: Vec<Value> = found
        .map(|(each, spot)| finding(each, spot.as_ref()))
        .collect();
    let mut document = json!({
        "schema": SCHEMA,
        "tool": { "name": "covet-codegen", "version": VERSION },
        "command": context.command,
        "exit_code": context.exit_code,
        "findings": findings,
    });
    for (key, value) in &context.more {
        document[key] = value.clone();
    }
    let text = serde_json::to_string_pretty(&document).expect("strings and numbers are JSON");
    text + "\n"
}

fn finding(diagnostic: &Diagnostic, spot: Option<&Spot>) -> Value {
    let related = diagnostic.related.iter().map(|related| {
        json!({
            "message": related.message,
            "location": related.location.as_ref().map(Spot::at),
        })
    });
    let rule = rules::find(&diagnostic.code).ok();
    json!({
        "code": diagnostic.code,
        "rule": rule.and_then(|rule| rule.name.as_deref()),
        "category": rule.and_then(|rule| rule.category.rsplit(": ").next()),
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "witness": diagnostic.witness,
        "location": spot,
        "related": related.collect::<Vec<_>>(),
    })
}
