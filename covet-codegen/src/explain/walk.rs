//! The way through the tree.

use covet_runtime::routing::tree::{Candidate, NodeId};
use covet_runtime::routing::{EndpointId, Method, Routes, Table};
use serde::Serialize;

use crate::lower::Plan;

/// An edge that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The segment of the path.
    pub segment: String,
    /// What it was taken for.
    pub edge: Edge,
}

/// What a segment was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Edge {
    /// The text itself.
    Literal,
    /// Any segment that is not empty.
    Any,
}

/// A candidate at the end of a way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// The endpoint.
    pub id: EndpointId,
    /// Its path as declared.
    pub path: String,
    /// How it was reached.
    pub steps: Vec<Step>,
    /// The program that had the last word, and its word.
    pub program: Option<(String, bool)>,
    /// Whether it was reached without the newline that ends the path.
    pub without_newline: bool,
}

impl Reached {
    /// Whether the endpoint matches.
    pub fn matches(&self) -> bool {
        self.program
            .as_ref()
            .is_none_or(|(_, confirmed)| *confirmed)
    }
}

/// Every candidate that the tree has for a path, by id. The lowest that matches is what the matcher
/// finds among dynamic routes; a test says so. It follows all ways, where the matcher leaves out
/// those that cannot win.
pub(super) fn walk(plan: &Plan<'_>, table: &Table, method: &str, path: &str) -> Vec<Reached> {
    let Some(method) = plan.methods.iter().position(|name| *name == method) else {
        return Vec::new();
    };
    let mut walker = Walker {
        plan,
        table,
        method: method as Method,
        path,
        without_newline: false,
        steps: Vec::new(),
        found: Vec::new(),
    };
    walker.node(0, path);
    if let Some(shorter) = path.strip_suffix('\n') {
        walker.path = shorter;
        walker.without_newline = true;
        walker.node(0, shorter);
    }
    let mut found = walker.found;
    // A path may reach an endpoint by several ways, and of two readings the longer counts.
    found.sort_by_key(|reached| (reached.id, !reached.matches(), reached.without_newline));
    found.dedup_by_key(|reached| reached.id);
    found
}

struct Walker<'a> {
    plan: &'a Plan<'a>,
    table: &'a Table,
    method: Method,
    path: &'a str,
    without_newline: bool,
    steps: Vec<Step>,
    found: Vec<Reached>,
}

impl Walker<'_> {
    /// Goes on from a node with what is left of the path.
    fn node(&mut self, node: NodeId, left: &str) {
        let here = &self.plan.tree.nodes[node];
        let (segment, rest) = match left.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (left, None),
        };
        let literal = here
            .literals
            .get(segment)
            .map(|child| (*child, Edge::Literal));
        let any = here.capture.filter(|_| !segment.is_empty());
        for (child, edge) in literal
            .into_iter()
            .chain(any.map(|child| (child, Edge::Any)))
        {
            self.steps.push(Step {
                segment: segment.to_owned(),
                edge,
            });
            match rest {
                Some(rest) => self.node(child, rest),
                None => self.end(child),
            }
            self.steps.pop();
        }
    }

    fn end(&mut self, node: NodeId) {
        let ends = &self.plan.tree.nodes[node].ends;
        for Candidate { id, guarded } in ends.get(&self.method).into_iter().flatten() {
            let program = guarded.then(|| self.program(*id));
            let reached = Reached {
                id: *id,
                path: self.table.endpoints()[*id as usize]
                    .path
                    .clone()
                    .into_owned(),
                steps: self.steps.clone(),
                program,
                without_newline: self.without_newline,
            };
            let matches = reached.matches();
            self.found.push(reached);
            if matches {
                return;
            }
        }
    }

    fn program(&self, id: EndpointId) -> (String, bool) {
        use covet_runtime::routing::Extraction;

        let endpoint = &self.table.endpoints()[id as usize];
        let text = match &endpoint.extraction {
            Extraction::Program { program, .. } => program.to_string(),
            _ => String::new(),
        };
        (text, endpoint.confirms(self.path.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::Subject;
    use crate::model::App;

    fn app(paths: &[&str]) -> App {
        let mut text = String::from(
            "schema = 1\n[app]\nname = \"t_covet\"\nentry = \"t:app\"\nmiddleware = []\n\
             [framework]\nname = \"covet\"\nversion = \"0.1.0b6\"\n[limits]\nmax_body_size = 0\n",
        );
        for path in paths {
            let (method, path) = path.split_once(' ').expect("METHOD path");
            let dynamic = path.contains(['{', '<']);
            let _ = write!(
                text,
                "[[routes]]\nkind = \"http\"\ndynamic = {dynamic}\npath = '{path}'\n\
                 methods = [\"{method}\"]\nhandler = \"t:f\"\nparameters = []\n\
                 coroutine = true\nsuspends = false\n"
            );
        }
        crate::read(&text).expect("the table is fine")
    }

    /// All texts over an alphabet up to a length.
    fn texts(alphabet: &[char], length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = 0;
        for _ in 0..length {
            let end = all.len();
            for at in last..end {
                let before = all[at].clone();
                all.extend(alphabet.iter().map(|c| format!("{before}{c}")));
            }
            last = end;
        }
        all
    }

    const TABLES: &[&[&str]] = &[
        &[
            "GET /a",
            "GET /{x}",
            "PUT /a/{y}",
            "GET /a/{y}",
            "GET /{x}/a",
        ],
        &[
            "GET /a{x}",
            "GET /{a}-{b}",
            "GET /{c}",
            "GET /{d}",
            "GET /{a}/",
        ],
        &[
            "GET /a.{x}",
            "GET /{x}.a",
            "GET /{a}/{b}/{c}",
            "GET /a/{b}",
            "GET /-.{x}/a",
        ],
        &[
            "GET {x}",
            "GET /<x>/a",
            "GET /a<",
            "GET //{x}",
            "GET /{x}{y}",
            "GET /{a}/{b}",
        ],
        &[
            "GET /{x}/a",
            "GET /a/{x}",
            "GET /{x}/{y}",
            "PUT /{x}",
            "GET /{x}/",
        ],
    ];

    #[test]
    fn the_walk_finds_what_the_matcher_finds() {
        let paths = texts(&['/', 'a', '-', '.', '\n'], 6);
        for table in TABLES {
            let app = app(table);
            let subject = Subject::new(&app);
            let statics = app
                .endpoints()
                .take_while(|e| !e.route.declared.dynamic)
                .count();
            for path in &paths {
                for method in ["GET", "PUT", "get"] {
                    let found = subject.find(method, path);
                    let walk = super::walk(&subject.plan, &subject.table, method, path);
                    let first = walk.iter().find(|reached| reached.matches()).map(|r| r.id);
                    let is_static = found.is_some_and(|id| (id as usize) < statics);
                    assert!(is_static || first == found, "{table:?} {method} {path:?}");
                }
            }
        }
    }

    #[test]
    fn an_endpoint_on_its_own_matches_when_it_would_win_alone() {
        let paths = texts(&['/', 'a', '-', '.', '\n'], 5);
        for route in TABLES.iter().copied().flatten() {
            let app = app(&[route]);
            let subject = Subject::new(&app);
            let (method, _) = route.split_once(' ').expect("METHOD path");
            for path in &paths {
                let alone = subject.find(method, path).is_some();
                assert_eq!(subject.matches(0, path, None), alone, "{route} {path:?}");
            }
        }
    }
}
