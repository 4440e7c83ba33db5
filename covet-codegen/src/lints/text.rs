//! What is wrong with single paths: those that no request has (`CVT083`), those that differ by a
//! slash (`CVT084`), dots that match any character (`CVT085`), and routes without methods
//! (`CVT087`).

use std::collections::BTreeMap;

use covet_runtime::routing::pattern::Pattern;
use covet_runtime::routing::program::Element;

use super::language::{Budget, Language, Newlines, shortest};
use super::requests::request;
use super::table::{Entry, Table};
use super::{finding, name, of_methods};
use crate::diagnostics::{Diagnostic, Related, Severity};
use crate::model::Route;

/// Lints the texts. Findings come with the position of their route.
pub(super) fn lint(table: &Table<'_>, budget: &mut Budget) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    let slashes = trailing_slashes(table);
    for (position, route) in table.app.routes.iter().enumerate() {
        let entry = table.entries[position].as_ref();
        let of_route = [
            no_methods(route),
            entry.and_then(not_a_path),
            cut_off(route, entry),
            double_slash(route),
            slashes
                .get(&position)
                .map(|other| trailing_slash(route, &table.app.routes[*other])),
            entry.and_then(|entry| dots(table, position, entry, budget)),
        ];
        found.extend(
            of_route
                .into_iter()
                .flatten()
                .map(|found| (position, found)),
        );
    }
    found
}

fn no_methods(route: &Route) -> Option<Diagnostic> {
    route.declared.methods.is_empty().then(|| {
        let message = format!("{} has no methods, so no request gets there", name(route));
        let help = "give it methods, such as `methods=[\"GET\"]`, or remove it";
        finding(route, "CVT087", Severity::Warning, message, help)
    })
}

/// Methods whose requests may have a target that is no path: `OPTIONS *`, `CONNECT host:443`.
const WITHOUT_PATH: [&str; 2] = ["OPTIONS", "CONNECT"];

/// A path that does not begin with a slash.
fn not_a_path(entry: &Entry<'_>) -> Option<Diagnostic> {
    let route = entry.route;
    let methods = route.declared.methods.iter().map(String::as_str);
    let methods: Vec<_> = methods
        .filter(|method| !WITHOUT_PATH.contains(method))
        .collect();
    if entry.can_be_requested() || may_be_a_url(&entry.elements) || methods.is_empty() {
        return None;
    }
    let message = format!(
        "{} is never reached: the path of a request begins with `/`",
        of_methods(route, &methods)
    );
    let help = match &*route.declared.path {
        "" => "write `/`".to_owned(),
        path => {
            let path = path.trim_start_matches('^');
            format!(
                "write `/{}`; a prefix is put in front as it is, without a slash between",
                path.escape_debug()
            )
        }
    };
    Some(finding(route, "CVT083", Severity::Error, message, help))
}

/// Whether a path could be a whole `http://host/path`, which a server may hand on as it came.
fn may_be_a_url(elements: &[Element]) -> bool {
    match elements.first() {
        Some(Element::Literal(text)) => text.starts_with("http"),
        Some(_) => elements
            .iter()
            .any(|e| matches!(e, Element::Literal(text) if text.contains("//"))),
        None => false,
    }
}

/// Characters that a request writes in another way.
fn cut_off(route: &Route, entry: Option<&Entry<'_>>) -> Option<Diagnostic> {
    let path = &route.declared.path;
    let Some(entry) = entry else {
        return is_meant_as_query(path).then(|| {
            let message = format!(
                "{} cannot match a query: `?` is a regular expression operator in it, and the path of a request ends before its `?`",
                name(route)
            );
            finding(route, "CVT083", Severity::Warning, message, READ_QUERY)
        });
    };
    if !entry.can_be_requested() {
        return None;
    }
    let texts = || {
        entry.elements.iter().filter_map(|element| match element {
            Element::Literal(text) => Some(&**text),
            _ => None,
        })
    };
    let (what, help) = if texts().any(|text| text.contains('?')) {
        (
            "the path of a request ends before its `?`".to_owned(),
            READ_QUERY,
        )
    } else if texts().any(|text| text.contains('#')) {
        (
            "clients do not send `#` and what follows it".to_owned(),
            "leave the `#` out of the path",
        )
    } else {
        let escape = texts().find_map(escape)?;
        (
            format!("the server has decoded `{escape}` before"),
            "write the character itself",
        )
    };
    let message = format!("{} is not what requests have: {what}", name(route));
    let mut diagnostic = finding(route, "CVT083", Severity::Warning, message, help);
    let path = shortest(&[&entry.language], &[], Newlines::Left, &mut Budget::new());
    let path = path.ok().flatten();
    // A route without methods has no requests.
    let method = route.declared.methods.first();
    diagnostic.witness = path
        .zip(method)
        .map(|(path, method)| request(method, &path));
    Some(diagnostic)
}

const READ_QUERY: &str = "leave the query out of the path and read `request.query`";

/// Whether a path that is left to `re` holds `?name={value}`, and nothing that would make the `?`
/// anything but an operator.
fn is_meant_as_query(path: &str) -> bool {
    let Some((before, after)) = path.split_once('?') else {
        return false;
    };
    let name: String = after
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    let plain = |text: &str| !text.contains(['(', '[', '\\', '|']);
    plain(before) && !name.is_empty() && after[name.len()..].starts_with("={")
}

/// The first `%` with two hexadecimal digits behind it, with them.
fn escape(text: &str) -> Option<&str> {
    let mut places = text.match_indices('%').map(|(at, _)| at);
    places.find_map(|at| {
        let escape = text.get(at..at + 3)?;
        escape[1..]
            .chars()
            .all(|c| c.is_ascii_hexdigit())
            .then_some(escape)
    })
}

fn double_slash(route: &Route) -> Option<Diagnostic> {
    let decided = !matches!(route.pattern, Pattern::Regex(_));
    (decided && route.declared.path.contains("//")).then(|| {
        let message = format!(
            "{} has two slashes in a row, and nothing makes one of them",
            name(route)
        );
        let help = "write one slash; a prefix that ends in a slash and a path that begins with one make two";
        let mut diagnostic = finding(route, "CVT084", Severity::Warning, message, help);
        let method = route.declared.methods.first().filter(|_| route.pattern == Pattern::Static);
        diagnostic.witness = method.map(|method| request(method, &route.declared.path));
        diagnostic
    })
}

/// For a route that differs from another by a slash at its end alone, has a method in common with
/// it and another handler, that other route. Reported at the later of the two.
fn trailing_slashes(table: &Table<'_>) -> BTreeMap<usize, usize> {
    let mut seen: BTreeMap<(String, &str), Vec<(bool, usize)>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (position, entry) in table.entries.iter().enumerate() {
        let Some(Entry {
            route, elements, ..
        }) = entry
        else {
            continue;
        };
        let text = anonymous(elements);
        let shorter = text.strip_suffix('/').filter(|text| !text.is_empty());
        let key = shorter.unwrap_or(&text);
        for method in &route.declared.methods {
            let same = seen.entry((key.to_owned(), method)).or_default();
            let differs = |(slash, other): &&(bool, usize)| {
                let other = &table.app.routes[*other].declared;
                *slash != shorter.is_some() && other.handler != route.declared.handler
            };
            if let Some((_, other)) = same.iter().find(differs) {
                found.entry(position).or_insert(*other);
            }
            // The first route of a path answers; more of them say nothing new.
            if same.iter().all(|(slash, _)| *slash != shorter.is_some()) {
                same.push((shorter.is_some(), position));
            }
        }
    }
    found
}

/// The text of a pattern without the names of its captures.
fn anonymous(elements: &[Element]) -> String {
    let pieces = elements.iter().map(|element| match element {
        Element::Literal(text) => text,
        Element::AnyCharacter => "\0.",
        Element::Capture => "\0{}",
    });
    pieces.collect()
}

fn trailing_slash(route: &Route, other: &Route) -> Diagnostic {
    let message = format!(
        "{} and {} differ by a slash at the end, and the framework takes neither for the other",
        name(route),
        name(other)
    );
    let help = "give both paths one handler, or keep one of them";
    let mut diagnostic = finding(route, "CVT084", Severity::Warning, message, help);
    diagnostic.related = vec![Related {
        message: format!("{} is the other one", name(other)),
        location: other.source.clone(),
    }];
    diagnostic
}

/// A dot in a dynamic path, and a path that gets there because it is no dot.
fn dots(
    table: &Table<'_>,
    position: usize,
    entry: &Entry<'_>,
    budget: &mut Budget,
) -> Option<Diagnostic> {
    let program = entry.program.filter(|_| entry.can_be_requested())?;
    if !entry.elements.contains(&Element::AnyCharacter) {
        return None;
    }
    let plain = Language::with_plain_dots(program);
    for (methods, earlier) in table.earlier(position, budget)? {
        let mut others = vec![&plain];
        others.extend(table.languages(&earlier.dynamics));
        others.extend(table.languages(&earlier.statics));
        let Ok(Some(path)) = shortest(&[&entry.language], &others, Newlines::Left, budget) else {
            continue;
        };
        let message = format!(
            "{} matches any character in the place of `.`, a slash included",
            name(entry.route)
        );
        let help = "nothing has to be done when its handler refuses what it does not know";
        let mut diagnostic = finding(entry.route, "CVT085", Severity::Note, message, help);
        diagnostic.witness = Some(request(methods[0], &path));
        return Some(diagnostic);
    }
    None
}
