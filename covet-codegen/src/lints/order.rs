//! What the order of the routes does to each: duplicates (`CVT080`), routes that are never reached
//! (`CVT081`), and routes that overlap partly (`CVT082`).

use covet_runtime::routing::pattern::Pattern;
use covet_runtime::routing::program::Element;

use super::language::{Budget, Exhausted, Language, Newlines, shortest};
use super::requests::request;
use super::table::{Earlier, Entry, Table};
use super::{Overlap, Relation, comes_before, finding, name, of_methods};
use crate::diagnostics::{Diagnostic, Related, Severity};

/// More other routes than this are counted and not listed.
const LISTED: usize = 8;

/// A report of more pairs than this helps nobody.
const MAX_OVERLAPS: usize = 20_000;

/// What becomes of a route, for some of its methods.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// A path gets there.
    Reached,
    /// The route at this position has the same paths.
    Duplicate(usize),
    /// These routes have all of its paths.
    Covered(Vec<usize>),
}

/// Lints the order. Findings come with the position of their route.
pub(super) fn lint(table: &Table<'_>, budget: &mut Budget) -> Vec<(usize, Diagnostic)> {
    let mut found = duplicate_expressions(table);
    let mut undecided = Vec::new();
    for (position, entry) in table.dynamics() {
        let Some(groups) = table.earlier(position, budget) else {
            undecided.push(position);
            continue;
        };
        let mut shared = Vec::new();
        for (methods, earlier) in groups {
            match fate(table, entry, &earlier, budget) {
                Ok(Fate::Reached) => match partly_taken(table, entry, position, &earlier, budget) {
                    Ok(pairs) => {
                        shared.extend(pairs.into_iter().map(|pair| (methods.clone(), pair)));
                    }
                    Err(Exhausted) => undecided.push(position),
                },
                Ok(Fate::Duplicate(other)) => {
                    found.push((position, duplicate(table, entry, &methods, other)));
                }
                Ok(Fate::Covered(others)) => {
                    found.push((
                        position,
                        never_reached(table, entry, &methods, &others, budget),
                    ));
                }
                Err(Exhausted) => undecided.push(position),
            }
        }
        found.extend(overlap(table, entry, shared).map(|found| (position, found)));
    }
    found.extend(not_decided(table, undecided));
    found
}

/// All pairs of routes that have paths in common.
pub(super) fn overlaps(table: &Table<'_>, budget: &mut Budget) -> Vec<Overlap> {
    let mut found: Vec<Overlap> = Vec::new();
    for (position, entry) in table.dynamics() {
        let Some(groups) = table.earlier(position, budget) else {
            continue;
        };
        let mut of_route: Vec<Overlap> = Vec::new();
        for (methods, Earlier { statics, dynamics }) in groups {
            for first in statics.into_iter().chain(dynamics) {
                if let Some(known) = of_route.iter_mut().find(|known| known.first == first) {
                    known.methods.extend(methods.iter().map(|&m| m.to_owned()));
                    continue;
                }
                let Some(before) = &table.entries[first] else {
                    continue;
                };
                if let Ok(Some((path, relation))) = relation(before, entry, budget) {
                    of_route.push(Overlap {
                        first,
                        second: position,
                        methods: methods.iter().map(|&m| m.to_owned()).collect(),
                        witness: request(methods[0], &path),
                        relation,
                    });
                }
            }
        }
        of_route.sort_by_key(|overlap| overlap.first);
        for overlap in &mut of_route {
            overlap.methods.sort();
        }
        found.extend(of_route);
        if found.len() > MAX_OVERLAPS {
            found.truncate(MAX_OVERLAPS);
            break;
        }
    }
    found
}

/// How an earlier route and a later dynamic one meet, and where.
fn relation(
    first: &Entry<'_>,
    second: &Entry<'_>,
    budget: &mut Budget,
) -> Result<Option<(String, Relation)>, Exhausted> {
    if first.program.is_none() {
        // It is a neighbour because the other accepts it.
        return Ok(Some((
            first.route.declared.path.clone(),
            Relation::FirstWithin,
        )));
    }
    let both = [&first.language, &second.language];
    let Some(path) = shortest(&both, &[], Newlines::Left, budget)? else {
        let path = shortest(&both, &[], Newlines::Allowed, budget)?;
        return Ok(path.map(|path| (path, Relation::Newline)));
    };
    let first_within = is_within(&first.language, &[&second.language], budget)?;
    let second_within = is_within(&second.language, &[&first.language], budget)?;
    let relation = match (first_within, second_within) {
        (true, true) => Relation::Same,
        (true, false) => Relation::FirstWithin,
        (false, true) => Relation::SecondWithin,
        (false, false) => Relation::Partial,
    };
    Ok(Some((path, relation)))
}

/// Whether all paths of `language` are among those of `others`.
fn is_within(
    language: &Language,
    others: &[&Language],
    budget: &mut Budget,
) -> Result<bool, Exhausted> {
    shortest(&[language], others, Newlines::Allowed, budget).map(|path| path.is_none())
}

fn fate(
    table: &Table<'_>,
    entry: &Entry<'_>,
    earlier: &Earlier,
    budget: &mut Budget,
) -> Result<Fate, Exhausted> {
    let own = &entry.language;
    let dynamics = table.languages(&earlier.dynamics);
    if dynamics.is_empty() {
        // Statics are paths without brackets, each once: they cannot take all of a dynamic route.
        return Ok(Fate::Reached);
    }
    let mut cover = earlier.dynamics.clone();
    if let Some(path) = shortest(&[own], &dynamics, Newlines::Allowed, budget)? {
        let is_static = |at: &usize| table.app.routes[*at].declared.path == path;
        if !earlier.statics.iter().any(is_static) {
            return Ok(Fate::Reached);
        }
        cover.splice(0..0, earlier.statics.iter().copied());
        if !is_within(own, &table.languages(&cover), budget)? {
            return Ok(Fate::Reached);
        }
    }
    for (&at, language) in earlier.dynamics.iter().zip(&dynamics) {
        if is_within(own, &[language], budget)? && is_within(language, &[own], budget)? {
            return Ok(Fate::Duplicate(at));
        }
    }
    for (&at, language) in earlier.dynamics.iter().zip(&dynamics) {
        if is_within(own, &[language], budget)? {
            return Ok(Fate::Covered(vec![at]));
        }
    }
    // Leave out what is not needed, the last first.
    let mut at = cover.len();
    while at > 0 {
        at -= 1;
        let mut fewer = cover.clone();
        fewer.remove(at);
        if is_within(own, &table.languages(&fewer), budget)? {
            cover = fewer;
        }
    }
    Ok(Fate::Covered(cover))
}

/// A route before that takes some paths of another one.
struct Taken {
    by: usize,
    path: String,
    severity: Severity,
}

/// The dynamic routes that take paths from a later one which they would not be expected to take.
fn partly_taken(
    table: &Table<'_>,
    entry: &Entry<'_>,
    position: usize,
    earlier: &Earlier,
    budget: &mut Budget,
) -> Result<Vec<Taken>, Exhausted> {
    let mut taken = Vec::new();
    for (number, &by) in earlier.dynamics.iter().enumerate() {
        let Some(first) = &table.entries[by] else {
            continue;
        };
        debug_assert!(by < position);
        let both = [&first.language, &entry.language];
        // What has to do with newlines alone is nobody's mistake.
        if shortest(&both, &[], Newlines::Left, budget)?.is_none() {
            continue;
        }
        // The special case stands before the general one: that is what the order is for.
        if shortest(&both[..1], &both[1..], Newlines::Left, budget)?.is_none() {
            continue;
        }
        // What other routes take from both of them has been settled by those.
        let mut before = table.languages(&earlier.dynamics[..number]);
        before.extend(table.languages(&earlier.statics));
        if let Some(path) = shortest(&both, &before, Newlines::Left, budget)? {
            let severity = if is_deliberate(&first.elements, &entry.elements) {
                Severity::Note
            } else {
                Severity::Warning
            };
            taken.push(Taken { by, path, severity });
        }
    }
    Ok(taken)
}

/// Whether two overlapping routes look as if their order had been thought of: they begin with the
/// same text, and where they first differ, the first is the more special one. So do
/// `/posts/me/{status}` and `/posts/{key}/comments`, in this order. `/users/{id}` and
/// `/{kind}/list` are about different things, and meet by accident.
fn is_deliberate(first: &[Element], second: &[Element]) -> bool {
    let mut same_text = false;
    let (first, second) = (segments(first), segments(second));
    for (first, second) in first.iter().zip(&second) {
        match (first.as_slice(), second.as_slice()) {
            (a, b) if a == b => same_text |= is_text(a) && !a.is_empty(),
            (a, [Element::Capture]) => return same_text && is_text(a) | starts_with_text(a),
            _ => return false,
        }
    }
    false
}

fn is_text(segment: &[Element]) -> bool {
    segment.iter().all(|e| matches!(e, Element::Literal(_)))
}

fn starts_with_text(segment: &[Element]) -> bool {
    matches!(segment.first(), Some(Element::Literal(_)))
}

/// A pattern cut at its slashes.
fn segments(elements: &[Element]) -> Vec<Vec<Element>> {
    let mut segments: Vec<Vec<Element>> = vec![Vec::new()];
    for element in elements {
        let Element::Literal(text) = element else {
            segments
                .last_mut()
                .into_iter()
                .for_each(|last| last.push(element.clone()));
            continue;
        };
        for (number, text) in text.split('/').enumerate() {
            if number > 0 {
                segments.push(Vec::new());
            }
            if !text.is_empty() {
                let text = Element::Literal(text.to_owned().into());
                segments
                    .last_mut()
                    .into_iter()
                    .for_each(|last| last.push(text.clone()));
            }
        }
    }
    segments
}

/// Routes that are left to `re` are not looked into, but the same text is the same expression.
fn duplicate_expressions(table: &Table<'_>) -> Vec<(usize, Diagnostic)> {
    let mut seen = std::collections::BTreeMap::new();
    let mut found = Vec::new();
    for (position, route) in table.app.routes.iter().enumerate() {
        let Pattern::Regex(regex) = &route.pattern else {
            continue;
        };
        let mut by_other = std::collections::BTreeMap::<usize, Vec<&str>>::new();
        for method in &route.declared.methods {
            let first = *seen.entry((&regex.source, method)).or_insert(position);
            if first != position {
                by_other.entry(first).or_default().push(method);
            }
        }
        for (other, methods) in by_other {
            let message = format!(
                "{} has the same path as {}, which comes first",
                of_methods(route, &methods),
                name(&table.app.routes[other])
            );
            let mut diagnostic = finding(route, "CVT080", Severity::Error, message, REMOVE);
            diagnostic.related = vec![comes_before(&table.app.routes[other])];
            found.push((position, diagnostic));
        }
    }
    found
}

const REMOVE: &str = "remove one of the two, or give one of them another path or method";

fn duplicate(table: &Table<'_>, entry: &Entry<'_>, methods: &[&str], other: usize) -> Diagnostic {
    let first = &table.app.routes[other];
    let message = format!(
        "{} matches the same paths as {}, which comes first",
        of_methods(entry.route, methods),
        name(first)
    );
    let mut diagnostic = finding(entry.route, "CVT080", Severity::Error, message, REMOVE);
    diagnostic.witness = example(entry, methods);
    diagnostic.related = vec![comes_before(first)];
    diagnostic
}

fn never_reached(
    table: &Table<'_>,
    entry: &Entry<'_>,
    methods: &[&str],
    others: &[usize],
    budget: &mut Budget,
) -> Diagnostic {
    let routes = || others.iter().map(|at| &table.app.routes[*at]);
    let what = of_methods(entry.route, methods);
    let (message, help) = match others {
        [one] => (
            format!(
                "{what} is never reached: {}, which comes first, matches all of its paths",
                name(&table.app.routes[*one])
            ),
            "register it before that route, or remove it",
        ),
        _ => (
            format!(
                "{what} is never reached: {} routes before it match all of its paths between them",
                others.len()
            ),
            "register it before one of those routes, or remove it",
        ),
    };
    let mut diagnostic = finding(entry.route, "CVT081", Severity::Error, message, help);
    diagnostic.witness = example(entry, methods);
    diagnostic.related = if let [one] = others {
        vec![comes_before(&table.app.routes[*one])]
    } else {
        let paths = (0..others.len().min(LISTED))
            .map(|number| path_of_one(table, entry, others, number, budget));
        let taking = paths.zip(routes()).map(|(path, route)| Related {
            message: match path {
                Some(path) => format!("{} matches {}", name(route), request(methods[0], &path)),
                None => format!("{} matches some of them", name(route)),
            },
            location: route.source.clone(),
        });
        with_rest(taking.collect(), others.len())
    };
    diagnostic
}

/// A path of a route that of all `others` only the one with this number takes.
fn path_of_one(
    table: &Table<'_>,
    entry: &Entry<'_>,
    others: &[usize],
    number: usize,
    budget: &mut Budget,
) -> Option<String> {
    let own = table.entries[others[number]].as_ref()?;
    let mut rest = others.to_vec();
    rest.remove(number);
    let both = [&entry.language, &own.language];
    let path = shortest(&both, &table.languages(&rest), Newlines::Allowed, budget);
    path.ok().flatten()
}

fn overlap(
    table: &Table<'_>,
    entry: &Entry<'_>,
    mut shared: Vec<(Vec<&str>, Taken)>,
) -> Option<Diagnostic> {
    // The warnings first. Both parts stay in the order of the table.
    shared.sort_by_key(|(_, taken)| (std::cmp::Reverse(taken.severity), taken.by));
    let (methods, first) = shared.first()?;
    let severity = first.severity;
    let mut others: Vec<usize> = shared.iter().map(|(_, taken)| taken.by).collect();
    others.dedup();
    let message = if others.len() == 1 {
        format!(
            "{} and {} overlap: what fits both is lost to the former, since the latter comes first",
            name(entry.route),
            name(&table.app.routes[first.by])
        )
    } else {
        format!(
            "{} overlaps with {} others: what fits both is lost to it, since the others come first",
            name(entry.route),
            others.len()
        )
    };
    let help = match severity {
        Severity::Note => "nothing has to be done when that is the order you want",
        _ => {
            "register first the one that is to answer, or tell the paths apart by a segment of their own"
        }
    };
    let mut diagnostic = finding(entry.route, "CVT082", severity, message, help);
    diagnostic.witness = Some(request(methods[0], &first.path));
    let mut related = Vec::new();
    for by in others.iter().take(LISTED) {
        let route = &table.app.routes[*by];
        let Some((methods, taken)) = shared.iter().find(|(_, taken)| taken.by == *by) else {
            continue;
        };
        related.push(Related {
            message: format!(
                "{} comes before it and matches {}",
                name(route),
                request(methods[0], &taken.path)
            ),
            location: route.source.clone(),
        });
    }
    diagnostic.related = with_rest(related, others.len());
    Some(diagnostic)
}

/// A note for all routes of which it was too much work to tell.
fn not_decided(table: &Table<'_>, mut routes: Vec<usize>) -> Option<(usize, Diagnostic)> {
    routes.dedup();
    let first = *routes.first()?;
    let route = &table.app.routes[first];
    let others = match routes.len() - 1 {
        0 => String::new(),
        1 => " and one more route".to_owned(),
        more => format!(" and {more} more routes"),
    };
    let message = format!(
        "what the routes before it leave of {}{others} was not decided: it would take too long",
        name(route)
    );
    let help = "nothing has to be done; it can be decided when fewer routes overlap";
    let diagnostic = finding(route, "CVT081", Severity::Note, message, help);
    Some((first, diagnostic))
}

/// A request for the route, to be tried out.
fn example(entry: &Entry<'_>, methods: &[&str]) -> Option<String> {
    let mut budget = Budget::new();
    let path = shortest(&[&entry.language], &[], Newlines::Left, &mut budget);
    Some(request(methods.first()?, &path.ok()??))
}

fn with_rest(mut related: Vec<Related>, all: usize) -> Vec<Related> {
    if all > related.len() {
        related.push(Related {
            message: format!("and {} more", all - related.len()),
            location: None,
        });
    }
    related
}
