//! What is wrong with a route table although it can be compiled.
//!
//! A path is a regular expression of a simple kind, so what routes do to each other can be decided
//! and need not be guessed: whether one is ever reached, and which paths two have in common. Each
//! such finding comes with the shortest request that shows it.
//!
//! * [`order`] finds duplicates (`CVT080`), routes that are never reached (`CVT081`) and routes that
//!   overlap partly (`CVT082`).
//! * [`text`] looks at single paths: those that no request has (`CVT083`), those that differ by a
//!   slash (`CVT084`), dots that match any character (`CVT085`), and routes without methods
//!   (`CVT087`).
//! * [`language`] is the automata, [`neighbours`] finds the routes worth comparing, [`table`] puts
//!   them into the framework's order.
//!
//! What needs the signature of a handler (`CVT086`, `CVT087`) is found where handlers are, by the
//! exporter. Routes that are left to Python's `re` are passed over, unless they are word by word
//! the same.

mod language;
mod neighbours;
mod order;
mod requests;
mod table;
mod text;

#[cfg(test)]
mod tests;

use crate::diagnostics::{Diagnostic, Related, Severity};
use crate::model::{App, Route};
use language::Budget;
use table::Table;

/// Two routes that match a path both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Position in [`App::routes`] of the route that comes first and so answers.
    pub first: usize,
    /// Position of the other one.
    pub second: usize,
    /// The methods that both have, in order.
    pub methods: Vec<String>,
    /// The shortest request that fits both: `GET /users/me`.
    pub witness: String,
    /// How their paths are related.
    pub relation: Relation,
}

/// How the paths of two routes are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They are the same: the second route is never reached.
    Same,
    /// All paths of the first are among those of the second: the special case before the general.
    FirstWithin,
    /// All paths of the second are among those of the first: it is never reached.
    SecondWithin,
    /// Each has paths that the other has not.
    Partial,
    /// They have no paths in common but some with a newline (`%0A`) in them.
    Newline,
}

/// Everything that is wrong with the routes of an app or looks like it, in the order of the routes.
pub fn lint(app: &App) -> Vec<Diagnostic> {
    lint_within(app, &mut Budget::new())
}

fn lint_within(app: &App, budget: &mut Budget) -> Vec<Diagnostic> {
    let table = Table::new(app);
    let mut found = text::lint(&table, budget);
    found.extend(order::lint(&table, budget));
    // Stable: what is found of a route stays in the order in which it was found.
    found.sort_by(|(a, x), (b, y)| (a, &x.code).cmp(&(b, &y.code)));
    found
        .into_iter()
        .map(|(_, diagnostic)| diagnostic)
        .collect()
}

/// The pairs of routes that have paths in common, in the order of the second route, then the first.
///
/// At least the second one is dynamic: two static routes never have a path and a method in common.
/// Routes that are left to Python's `re` are left out, and so is what would take too long to decide.
/// No more than 20,000 pairs are returned.
pub fn overlaps(app: &App) -> Vec<Overlap> {
    order::overlaps(&Table::new(app), &mut Budget::new())
}

/// A finding about a route, at its handler, or else at its place in the file.
fn finding(
    route: &Route,
    code: &str,
    severity: Severity,
    message: String,
    help: impl Into<String>,
) -> Diagnostic {
    let diagnostic = Diagnostic {
        severity,
        location: route.source.clone(),
        ..Diagnostic::error(code, message, help)
    };
    match route.source {
        Some(_) => diagnostic,
        None => diagnostic.at(route.span.clone()),
    }
}

/// The route that is tried before. It need not be the one that answers: what is left to `re` may
/// come before both.
fn comes_before(route: &Route) -> Related {
    Related {
        message: format!("{} comes before it", name(route)),
        location: route.source.clone(),
    }
}

/// `route '/users/{id}' (shop:get_user)`, as the exporter calls it.
fn name(route: &Route) -> String {
    let path = route.declared.path.escape_debug();
    format!("route '{path}' ({})", route.declared.handler)
}

/// The same, with the methods in front of it when the route has others besides.
fn of_methods(route: &Route, methods: &[&str]) -> String {
    let all = route.declared.methods.iter();
    if all.clone().all(|method| methods.contains(&method.as_str())) {
        return name(route);
    }
    format!("{} of {}", methods.join(", "), name(route))
}
