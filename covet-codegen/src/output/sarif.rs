//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), of it what code
//! scanning on GitHub reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Context, Spot, lines};
use crate::diagnostics::{Diagnostic, Severity};
use crate::{VERSION, digest, rules};

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

pub(super) fn log<'a>(
    found: impl Iterator<Item = (&'a Diagnostic, Option<Spot>)>,
    context: &Context,
) -> String {
    let found: Vec<_> = found.collect();
    let codes: BTreeSet<&str> = found.iter().map(|(each, _)| each.code.as_str()).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let index: BTreeMap<&str, usize> = codes.iter().copied().zip(0..).collect();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = found
        .iter()
        .map(|(diagnostic, spot)| {
            let spot = spot.clone().or(context.fallback.as_ref().map(Spot::at));
            let mut result = result(diagnostic, spot.as_ref());
            result["ruleIndex"] = json!(index[diagnostic.code.as_str()]);
            result["partialFingerprints"] = json!({
                "covetFinding/v1": fingerprint(diagnostic, spot.as_ref(), &mut seen),
            });
            result
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "covet-codegen",
                    "version": VERSION,
                    "semanticVersion": VERSION,
                    "informationUri": REPOSITORY,
                    "rules": rules,
                },
            },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "%SRCROOT%": { "description": { "text": "the root of the repository" } },
            },
            "invocations": [{
                "executionSuccessful": context.exit_code < 2,
                "exitCode": context.exit_code,
            }],
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).expect("strings and numbers are JSON") + "\n"
}

fn rule(code: &str) -> Value {
    let title = rules::find(code).map_or(code, |rule| &rule.sentence);
    let plain = title.replace('`', "");
    json!({
        "id": code,
        "name": pascal_case(title),
        "shortDescription": { "text": plain },
        "fullDescription": { "text": plain },
        "helpUri": format!("{REPOSITORY}/blob/main/docs/diagnostics.md#{}", code.to_lowercase()),
        "help": { "text": format!("`covet-codegen rules {code}` says what it means and what to do") },
    })
}

/// A name for viewers, of what is an identifier in the title.
fn pascal_case(title: &str) -> String {
    let title = title.replace('\'', "");
    title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| {
            let first = word.chars().next()?;
            Some(format!("{}{}", first.to_ascii_uppercase(), &word[1..]))
        })
        .collect()
}

fn result(diagnostic: &Diagnostic, spot: Option<&Spot>) -> Value {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let located = diagnostic.related.iter().filter_map(|related| {
        let location = related.location.as_ref()?;
        Some((related.message.as_str(), Spot::at(location)))
    });
    let related: Vec<Value> = (1..)
        .zip(located)
        .map(|(id, (message, spot))| {
            let mut location = location(&spot);
            location["id"] = json!(id);
            location["message"] = json!({ "text": message });
            location
        })
        .collect();
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level,
        "message": { "text": lines(diagnostic, false).join("\n") },
        "locations": spot.map(location).into_iter().collect::<Vec<_>>(),
    });
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    result
}

fn location(spot: &Spot) -> Value {
    let mut physical = json!({ "artifactLocation": artifact(&spot.file) });
    if let Some(line) = spot.line {
        physical["region"] = json!({ "startLine": line });
        if let Some(column) = spot.column {
            physical["region"]["startColumn"] = json!(column);
        }
    }
    let mut location = json!({ "physicalLocation": physical });
    if let Some(name) = &spot.name {
        location["logicalLocations"] = json!([{ "name": name, "kind": "function" }]);
    }
    location
}

/// Relative to the root of the repository, where it is below it.
fn artifact(file: &str) -> Value {
    let path = file.replace('\\', "/");
    let path = path.trim_start_matches("./");
    if let Some(rest) = path.strip_prefix('/') {
        json!({ "uri": format!("file:///{}", encode(rest)) })
    } else if path.chars().nth(1) == Some(':') {
        json!({ "uri": format!("file:///{}", encode(path)) })
    } else {
        json!({ "uri": encode(path), "uriBaseId": "%SRCROOT%" })
    }
}

/// A path as part of a URI.
fn encode(path: &str) -> String {
    path.bytes()
        .fold(String::with_capacity(path.len()), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
}

/// What stays the same when lines are moved: the code, the file, what it is about. Findings that are
/// alike in all of that are numbered.
fn fingerprint(
    diagnostic: &Diagnostic,
    spot: Option<&Spot>,
    seen: &mut BTreeMap<String, usize>,
) -> String {
    let file = spot.map_or("", |spot| spot.file.as_str());
    let name = spot.and_then(|spot| spot.name.as_deref()).unwrap_or("");
    let witness = diagnostic.witness.as_deref().unwrap_or("");
    let parts = [&diagnostic.code, file, name, witness, &diagnostic.message];
    let digest = digest::hex(parts.join("\0").as_bytes())[..16].to_owned();
    let count = seen.entry(digest.clone()).or_default();
    *count += 1;
    format!("{digest}:{count}")
}
