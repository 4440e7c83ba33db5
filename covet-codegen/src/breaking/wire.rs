//! Who answers, before and now.

use std::collections::{BTreeMap, BTreeSet};

use covet_runtime::routing::pattern::Pattern;
use covet_runtime::routing::{EndpointId, NOT_FOUND, Path, Routes, Table};

use super::samples::samples;
use super::{
    KIND_CHANGED, METHOD_REMOVED, OTHER_HANDLER, PARAMETER_RENAMED, ROUTE_NARROWED, ROUTE_REMOVED,
    Report, Rule, STATIC_CHANGED, VALUES_CHANGED,
};
use crate::diagnostics::Diagnostic;
use crate::manifest::Kind;
use crate::model::{App, Endpoint, Route};
use crate::url;

/// An endpoint of the old table and the one of the new table that took its place.
pub(super) type Pair<'a> = (Endpoint<'a>, Endpoint<'a>);

/// Compares who answers, and returns who took whose place, so that their responses can be compared.
pub(super) fn compare<'a>(old: &'a App, new: &'a App, report: &mut Report) -> Vec<Pair<'a>> {
    let (old, new) = (Side::new(old), Side::new(new));
    let answers = answers(&old, &new);
    let mut pairs = Vec::new();
    for (id, endpoint) in (0..).zip(&old.endpoints) {
        let comparison = Comparison {
            old: &old,
            new: &new,
            endpoint: *endpoint,
            answers: answers.get(&id).map(Vec::as_slice).unwrap_or_default(),
        };
        let takers = comparison.run(report);
        pairs.extend(takers.into_iter().map(|taker| (*endpoint, taker)));
    }
    pairs
}

/// A table that can be asked.
struct Side<'a> {
    app: &'a App,
    table: Table,
    endpoints: Vec<Endpoint<'a>>,
    /// The first endpoint of each language and method.
    languages: BTreeMap<(Language<'a>, &'a str), Endpoint<'a>>,
    /// The methods of each language.
    methods: BTreeMap<Language<'a>, BTreeSet<&'a str>>,
    handlers: BTreeSet<&'a str>,
}

/// What a route matches. Two routes match the same when these are equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Language<'a> {
    Static(&'a str),
    /// A program as text, which has no names in it.
    Program(String),
    /// The expression without the names of its groups.
    Regex(String),
}

impl<'a> Language<'a> {
    fn of(route: &'a Route) -> Self {
        match &route.pattern {
            Pattern::Static => Self::Static(&route.declared.path),
            Pattern::Compiled(compiled) => Self::Program(compiled.program.to_string()),
            Pattern::Regex(regex) => {
                let mut pieces = regex.source.split("(?P<");
                let mut text = pieces.next().unwrap_or_default().to_owned();
                for piece in pieces {
                    text.push('(');
                    text.push_str(piece.split_once('>').map_or(piece, |(_, rest)| rest));
                }
                Self::Regex(text)
            }
        }
    }
}

/// What became of samples that an endpoint answered.
struct Answered {
    /// Who answers now.
    now: Option<EndpointId>,
    /// The first of them.
    path: String,
}

/// For each old endpoint that answers a sample: who answers such samples now, each once.
fn answers(old: &Side<'_>, new: &Side<'_>) -> BTreeMap<EndpointId, Vec<Answered>> {
    let mut answers: BTreeMap<EndpointId, Vec<Answered>> = BTreeMap::new();
    let tables = [old.app, new.app];
    let methods: BTreeSet<_> = old.endpoints.iter().map(|each| each.method).collect();
    for path in samples(&tables) {
        for method in &methods {
            let Some(before) = old.find(&path, method) else {
                continue;
            };
            let now = new.find(&path, method);
            let known = answers.entry(before).or_default();
            if known.iter().all(|other| other.now != now) {
                let path = path.clone();
                known.push(Answered { now, path });
            }
        }
    }
    answers
}

/// One old endpoint and what became of it.
struct Comparison<'a, 's> {
    old: &'s Side<'a>,
    new: &'s Side<'a>,
    endpoint: Endpoint<'a>,
    answers: &'s [Answered],
}

impl<'a> Comparison<'a, '_> {
    /// Reports what became of the endpoint. Returns those that took its place.
    fn run(&self, report: &mut Report) -> Vec<Endpoint<'a>> {
        let same = self.same();
        let is_regex = matches!(self.endpoint.route.pattern, Pattern::Regex(_));
        if is_regex {
            let key = (Language::of(self.endpoint.route), self.endpoint.method);
            if !std::ptr::eq(self.old.languages[&key].route, self.endpoint.route) {
                // There was the same before it, so it has never been reached.
                return Vec::new();
            }
            // Nobody asks `re`. Its expression is there, or it is not.
            match same {
                Some(taker) if self.is_successor(taker) => self.compare_with(taker, None, report),
                Some(taker) => self.report_other(taker, None, report),
                None => self.report_gone(None, report),
            }
            return same
                .filter(|taker| self.is_successor(*taker))
                .into_iter()
                .collect();
        }
        let mut takers = Vec::new();
        let mut lost = None;
        let mut others = Vec::new();
        for Answered { now, path } in self.answers {
            match now.map(|id| self.new.endpoints[id as usize]) {
                None => lost = Some(path),
                Some(taker) if self.is_successor(taker) => {
                    self.compare_with(taker, Some(path), report);
                    takers.push(taker);
                }
                Some(taker) => others.push((taker, path)),
            }
        }
        match lost {
            Some(path) if takers.is_empty() => self.report_gone(Some(path), report),
            Some(path) => self.report_narrowed(path, report),
            None => {}
        }
        // Of a route that is gone it does not matter who has got the rest.
        if lost.is_none() || !takers.is_empty() {
            for (taker, path) in others {
                self.report_other(taker, Some(path), report);
            }
        }
        takers
    }

    /// The endpoint of the new table that matches the same.
    fn same(&self) -> Option<Endpoint<'a>> {
        let key = (Language::of(self.endpoint.route), self.endpoint.method);
        self.new.languages.get(&key).copied()
    }

    /// Whether a route that is left to `re` may answer now: one that was not there before.
    fn has_new_regexes(&self) -> bool {
        let mut languages = self.new.languages.keys();
        languages.any(|key| {
            let (language, method) = key;
            let is_regex = matches!(language, Language::Regex(_));
            is_regex && *method == self.endpoint.method && !self.old.languages.contains_key(key)
        })
    }

    /// Whether this is the same route, or the same handler under another path.
    fn is_successor(&self, taker: Endpoint<'_>) -> bool {
        let (before, now) = (handler(self.endpoint), handler(taker));
        // A handler that was renamed has left its name, and taken one that was not there.
        let renamed = !self.new.handlers.contains(before) && !self.old.handlers.contains(now);
        let same = Language::of(self.endpoint.route) == Language::of(taker.route);
        before == now || (same && renamed)
    }

    /// Compares the endpoint with what took its place, on a path that both match.
    fn compare_with(&self, taker: Endpoint<'_>, path: Option<&str>, report: &mut Report) {
        let (before, now) = (self.endpoint.route, taker.route);
        let witness = path.map(|path| url::request(self.endpoint.method, path));
        if before.declared.dynamic != now.declared.dynamic {
            let kind = |route: &Route| {
                if route.declared.dynamic {
                    "dynamic"
                } else {
                    "static"
                }
            };
            let message = format!(
                "{} of {} is {} now: {}",
                shown(self.endpoint),
                handler(self.endpoint),
                kind(now),
                now.declared.path
            );
            let help = "keep the path as it was: static paths come before dynamic ones, and their handlers are passed no values";
            report.add(
                STATIC_CHANGED,
                Diagnostic {
                    witness,
                    location: now.source.clone(),
                    ..STATIC_CHANGED.broken(&message, help)
                },
            );
            return;
        }
        if Language::of(before) == Language::of(now) {
            self.compare_names(taker, report);
        }
        if let Some(path) = path.filter(|_| before.declared.kind == Kind::Http) {
            self.compare_values(taker, path, report);
        }
    }

    fn compare_names(&self, taker: Endpoint<'_>, report: &mut Report) {
        let (before, now) = (names(self.endpoint.route), names(taker.route));
        for (position, (before, now)) in before.iter().zip(&now).enumerate() {
            if before == now {
                continue;
            }
            let message = format!(
                "parameter {} of {} was called `{before}`, now `{now}`",
                position + 1,
                self.endpoint.route.declared.path,
            );
            let help = "call it as before, or change what was generated from the table and what makes links by name";
            report.add(
                PARAMETER_RENAMED,
                Diagnostic {
                    location: taker.route.source.clone(),
                    ..PARAMETER_RENAMED.broken(&message, help)
                },
            );
        }
    }

    /// Whether a parameter of the handler is given another part of the path than before. It is only
    /// when it is so by name and by position that it was not renamed.
    fn compare_values(&self, taker: Endpoint<'_>, path: &str, report: &mut Report) {
        let before = self.old.passed(self.endpoint, path);
        let now = self.new.passed(taker, path);
        let values = |passed: &[(&str, String)]| -> Vec<String> {
            passed.iter().map(|(_, value)| value.clone()).collect()
        };
        if values(&before) == values(&now) {
            return;
        }
        for (name, value) in &before {
            let Some((_, other)) = now.iter().find(|(other, _)| other == name) else {
                continue;
            };
            if value == other {
                continue;
            }
            let message = format!(
                "`{name}` of {} was `{value}`, now it is `{other}`: {} is {}",
                handler(self.endpoint),
                shown(self.endpoint),
                taker.route.declared.path,
            );
            let help = "pass the handler the parts of the path that it was passed, or change it along with the path";
            let witness = Some(url::request(self.endpoint.method, path));
            report.add(
                VALUES_CHANGED,
                Diagnostic {
                    witness,
                    location: taker.route.source.clone(),
                    ..VALUES_CHANGED.broken(&message, help)
                },
            );
            return;
        }
    }

    /// Nobody answers what the endpoint answered.
    fn report_gone(&self, path: Option<&String>, report: &mut Report) {
        let language = Language::of(self.endpoint.route);
        let others = self.new.methods.get(&language).cloned().unwrap_or_default();
        let before = &self.old.methods[&language];
        let is_socket = self.endpoint.method == "WEBSOCKET";
        let has_socket = others.contains("WEBSOCKET") && !before.contains("WEBSOCKET");
        let has_http = others.iter().any(|method| *method != "WEBSOCKET");
        let list = others.iter().copied().collect::<Vec<_>>().join(", ");
        let subject = shown(self.endpoint);
        let (rule, message, help): (Rule, _, _) = if others.is_empty() {
            (
                ROUTE_REMOVED,
                format!("{subject} was removed"),
                "keep the route as long as it is asked for",
            )
        } else if is_socket || (has_socket && !has_http) {
            let kind = |socket| if socket { "a WebSocket" } else { "a request" };
            (
                KIND_CHANGED,
                format!(
                    "{subject} was {}, and is {} now",
                    kind(is_socket),
                    kind(!is_socket)
                ),
                "serve both: one path can have a WebSocket and other methods",
            )
        } else {
            (
                METHOD_REMOVED,
                format!("{subject} was removed: the path has {list} only"),
                "keep the method: CovetPy answers with 404, never with 405",
            )
        };
        let help = if path.is_none() || self.has_new_regexes() {
            format!("{help} (routes that are left to Python's `re` were compared as text)")
        } else {
            help.to_owned()
        };
        let witness = path.map(|path| url::request(self.endpoint.method, path));
        report.add(
            rule,
            Diagnostic {
                witness,
                ..rule.broken(&message, &help)
            },
        );
    }

    fn report_narrowed(&self, path: &str, report: &mut Report) {
        let message = format!(
            "{} does not match all that it matched",
            shown(self.endpoint)
        );
        let help = "let the path match what it did, or add a route for the rest";
        let witness = Some(url::request(self.endpoint.method, path));
        report.add(
            ROUTE_NARROWED,
            Diagnostic {
                witness,
                ..ROUTE_NARROWED.broken(&message, help)
            },
        );
    }

    /// Another handler answers.
    fn report_other(&self, taker: Endpoint<'_>, path: Option<&str>, report: &mut Report) {
        let (message, help) = if Language::of(self.endpoint.route) == Language::of(taker.route) {
            (
                format!(
                    "{} is answered by {} now, and was by {}",
                    shown(self.endpoint),
                    handler(taker),
                    handler(self.endpoint)
                ),
                "keep the handler; if the other one answers alike, allow this rule",
            )
        } else if self.same().is_some() {
            (
                format!(
                    "{} has lost paths to {}, which comes first",
                    shown(self.endpoint),
                    shown(taker)
                ),
                "register the old route first, or choose a path for the other one that it does not match",
            )
        } else {
            (
                format!(
                    "{} was removed, and {} answers in its place",
                    shown(self.endpoint),
                    shown(taker)
                ),
                "keep the route; if the other handler answers alike, allow this rule",
            )
        };
        let witness = path.map(|path| url::request(self.endpoint.method, path));
        report.add(
            OTHER_HANDLER,
            Diagnostic {
                witness,
                location: taker.route.source.clone(),
                ..OTHER_HANDLER.broken(&message, help)
            },
        );
    }
}

impl<'a> Side<'a> {
    fn new(app: &'a App) -> Self {
        let endpoints: Vec<_> = app.endpoints().collect();
        let pairs: Vec<_> = endpoints
            .iter()
            .map(|each| (each.route.declared.path.as_str(), each.method))
            .collect();
        let mut languages = BTreeMap::new();
        let mut methods: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for endpoint in &endpoints {
            let language = Language::of(endpoint.route);
            methods
                .entry(language.clone())
                .or_default()
                .insert(endpoint.method);
            languages
                .entry((language, endpoint.method))
                .or_insert(*endpoint);
        }
        Self {
            app,
            table: Table::new(&pairs).expect("a checked table has no poison"),
            handlers: app
                .routes
                .iter()
                .map(|route| &*route.declared.handler)
                .collect(),
            endpoints,
            languages,
            methods,
        }
    }

    fn find(&self, path: &str, method: &str) -> Option<EndpointId> {
        let found = self
            .table
            .find_by_name(&Path::new(path.as_bytes()), method.as_bytes());
        (found != NOT_FOUND).then_some(found)
    }

    /// The parameters of an endpoint's handler and the text that each is given for a path.
    fn passed(&self, endpoint: Endpoint<'a>, path: &str) -> Vec<(&'a str, String)> {
        let id = self.find(path, endpoint.method).unwrap_or(NOT_FOUND);
        let Some(found) = self.table.endpoints().get(id as usize) else {
            return Vec::new();
        };
        let names = names(endpoint.route);
        let mut captured = BTreeMap::new();
        let scanned = Path::new(path.as_bytes());
        scanned.scan();
        found.captures(&scanned, |position, range| {
            captured.insert(names[position], path[range].to_owned());
        });
        // Values are passed by position, to the first parameters, whatever these are called.
        let parameters = &endpoint.route.declared.parameters;
        let values: Vec<_> = parameters
            .iter()
            .filter_map(|name| captured.get(name.as_str()).cloned())
            .collect();
        parameters.iter().map(String::as_str).zip(values).collect()
    }
}

fn names(route: &Route) -> Vec<&str> {
    match &route.pattern {
        Pattern::Static => Vec::new(),
        Pattern::Compiled(compiled) => compiled.names.iter().map(String::as_str).collect(),
        Pattern::Regex(regex) => {
            let groups = regex.source.split("(?P<").skip(1);
            groups
                .filter_map(|piece| Some(piece.split_once('>')?.0))
                .collect()
        }
    }
}

fn handler(endpoint: Endpoint<'_>) -> &str {
    &endpoint.route.declared.handler
}

fn shown(endpoint: Endpoint<'_>) -> String {
    format!("{} {}", endpoint.method, endpoint.route.declared.path)
}
