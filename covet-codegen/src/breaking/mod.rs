//! What a change of the route table breaks for clients and callers.
//!
//! Two checked tables are compared by what they mean. A route is known again by what it matches and
//! its method, whatever its captures and its handler are called; what a response may be has to fit
//! into what it could be before. Adding breaks nothing, unless it takes paths away from a route.
//!
//! Which route answers is decided by the matcher of the runtime, on samples made from the routes of
//! both tables ([`samples`]). What is found has a sample as its witness; what no sample shows is not
//! found.

mod responses;
mod samples;
mod wire;

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::model::App;

/// Whom a change breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    /// A request that worked is answered otherwise.
    Wire,
    /// A client does not understand the JSON of a response any more.
    Json,
    /// Code that was generated from the table, or makes links by name, has to be changed.
    Source,
}

impl Category {
    /// As it is written in messages and in the docs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wire => "WIRE",
            Self::Json => "JSON",
            Self::Source => "SOURCE",
        }
    }
}

/// One of the rules. The texts are in `docs/diagnostics.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The code.
    pub code: &'static str,
    /// The name.
    pub name: &'static str,
    /// Whom it is for.
    pub category: Category,
}

impl Rule {
    /// What is said when the rule is broken.
    fn broken(self, message: &str, help: &str) -> Diagnostic {
        let message = format!("{message} ({})", self.category.name());
        Diagnostic::error(self.code, message, help)
    }
}

const fn wire(code: &'static str, name: &'static str) -> Rule {
    let category = Category::Wire;
    Rule {
        code,
        name,
        category,
    }
}

const fn json(code: &'static str, name: &'static str) -> Rule {
    let category = Category::Json;
    Rule {
        code,
        name,
        category,
    }
}

const ROUTE_REMOVED: Rule = wire("CVT100", "route-removed");
const METHOD_REMOVED: Rule = wire("CVT101", "method-removed");
const OTHER_HANDLER: Rule = wire("CVT102", "other-handler");
const STATIC_CHANGED: Rule = wire("CVT103", "static-changed");
const ROUTE_NARROWED: Rule = wire("CVT104", "route-narrowed");
const KIND_CHANGED: Rule = wire("CVT105", "kind-changed");
const LIMIT_LOWERED: Rule = wire("CVT106", "body-limit-lowered");
const VALUES_CHANGED: Rule = wire("CVT107", "values-changed");
const RESPONSE_CHANGED: Rule = json("CVT110", "response-type-changed");
const FIELD_REMOVED: Rule = json("CVT111", "field-removed");
const FIELD_RENAMED: Rule = json("CVT112", "field-renamed");
const FIELD_CHANGED: Rule = json("CVT113", "field-type-changed");
const BECAME_NULLABLE: Rule = json("CVT114", "became-nullable");
const BECAME_OPTIONAL: Rule = json("CVT115", "became-optional");
const PARAMETER_RENAMED: Rule = Rule {
    code: "CVT117",
    name: "parameter-renamed",
    category: Category::Source,
};

/// All rules in order.
pub const RULES: [Rule; 15] = [
    ROUTE_REMOVED,
    METHOD_REMOVED,
    OTHER_HANDLER,
    STATIC_CHANGED,
    ROUTE_NARROWED,
    KIND_CHANGED,
    LIMIT_LOWERED,
    VALUES_CHANGED,
    RESPONSE_CHANGED,
    FIELD_REMOVED,
    FIELD_RENAMED,
    FIELD_CHANGED,
    BECAME_NULLABLE,
    BECAME_OPTIONAL,
    PARAMETER_RENAMED,
];

/// A change that breaks something.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// Whom it breaks.
    pub category: Category,
    /// What is said about it.
    pub diagnostic: Diagnostic,
}

/// Everything in `new` that breaks who relied on `old`, in the order of the rules and, within one,
/// of the old table.
pub fn compare(old: &App, new: &App) -> Vec<Finding> {
    let mut report = Report::default();
    compare_limits(old, new, &mut report);
    let pairs = wire::compare(old, new, &mut report);
    responses::compare(old, new, &pairs, &mut report);
    report.finish()
}

fn compare_limits(old: &App, new: &App, report: &mut Report) {
    let (before, now) = (old.limits.max_body_size, new.limits.max_body_size);
    let lowered = now != 0 && (before == 0 || now < before);
    if lowered {
        let before = match before {
            0 => "without a limit".to_owned(),
            bytes => format!("of {bytes} bytes"),
        };
        let message = format!("request bodies {before} were accepted, now {now} bytes at most");
        let help = "raise max_body_size of the app, or tell clients: larger bodies get a 413";
        report.add(LIMIT_LOWERED, LIMIT_LOWERED.broken(&message, help));
    }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Report {
    found: Vec<Finding>,
    /// Messages that were given, so that none is given twice.
    seen: BTreeSet<(&'static str, String)>,
}

impl Report {
    /// Adds a finding, unless there is the same already.
    fn add(&mut self, rule: Rule, diagnostic: Diagnostic) {
        if self.seen.insert((rule.code, diagnostic.message.clone())) {
            self.found.push(Finding {
                rule: rule.name,
                category: rule.category,
                diagnostic,
            });
        }
    }

    fn finish(mut self) -> Vec<Finding> {
        self.found
            .sort_by(|a, b| a.diagnostic.code.cmp(&b.diagnostic.code));
        self.found
    }
}
