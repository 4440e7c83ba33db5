//! What the page shows, as data.

use std::collections::BTreeMap;

use covet_runtime::routing::pattern::Pattern;
use covet_runtime::routing::{Tree, tree};
use serde::Serialize;

use super::html::visible;
use super::places::{Places, source};
use super::tree::RouteTree;
use super::types;
use crate::diagnostics::{Diagnostic, Location, Severity};
use crate::lower::Plan;
use crate::manifest::Base;
use crate::model::{self, App, ModelId, ModelKind};
use crate::{VERSION, package};

/// All that the page shows. Texts are as they are shown, with what cannot be seen written out.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Name of the wheel.
    pub name: String,
    /// `module:attribute`.
    pub entry: String,
    /// Middleware, outermost first.
    pub middleware: Vec<String>,
    /// Name and version of the framework.
    pub framework: String,
    /// Version of this program.
    pub version: &'static str,
    /// Fingerprint of the table.
    pub fingerprint: String,
    /// Bytes of the largest request body, 0 for no limit.
    pub max_body_size: u64,
    /// How much there is of everything.
    pub sizes: Sizes,
    /// The routes in the order of the table.
    pub routes: Vec<Route>,
    /// The models in the order of the table.
    pub models: Vec<Model>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// The routes by prefix. On the page it is the tree itself.
    #[serde(skip)]
    pub tree: RouteTree,
}

/// How much there is of everything.
#[derive(Debug, Serialize)]
pub struct Sizes {
    /// Methods of routes.
    pub endpoints: usize,
    /// Endpoints by method, most frequent first.
    pub methods: Vec<Method>,
    /// Nodes of the tree that finds dynamic routes.
    pub tree_nodes: usize,
    /// Segments of the longest way through it.
    pub tree_depth: usize,
    /// The files that are made for this app.
    pub files: Vec<File>,
    /// The sources of the runtime, which are the same for all apps, as if they were one file.
    pub vendored: File,
}

/// How many endpoints have a method.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Method {
    /// The method.
    pub name: String,
    /// How many.
    pub endpoints: usize,
}

/// A generated file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct File {
    /// Where it is in the crate.
    pub path: String,
    /// How many lines it has.
    pub lines: usize,
    /// How many bytes.
    pub bytes: usize,
}

/// Who decides whether a path is that of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// A map, by equality.
    Static,
    /// The tree: each segment is one literal or one capture.
    Segments,
    /// The tree, and then a comparison of the whole path.
    Program,
    /// Python's `re`.
    Regex,
}

/// One route.
#[derive(Debug, Serialize)]
pub struct Route {
    /// The path as written.
    pub path: String,
    /// The methods.
    pub methods: Vec<String>,
    /// Id of its first endpoint.
    pub id: usize,
    /// `module:qualname` of the handler.
    pub handler: String,
    /// Where the handler is: `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its parameters behind the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// Whether it is awaited.
    pub coroutine: bool,
    /// Whether it can suspend.
    pub suspends: bool,
    /// The return annotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
    /// What is known of the response, as a type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Request headers that the handler reads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// What CovetPy put around the handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrapper: Option<String>,
    /// Who decides on its path.
    pub how: How,
    /// Why it is left to Python's `re`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The expression that Python's `re` matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Positions of the findings that have to do with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<usize>,
}

/// One model.
#[derive(Debug, Serialize)]
pub struct Model {
    /// What it is called in the table.
    pub name: String,
    /// `module:qualname`.
    pub class: String,
    /// What kind of class it is, in words.
    pub kind: &'static str,
    /// The fields.
    pub fields: Vec<Field>,
    /// Positions of the routes whose response names it.
    pub routes: Vec<usize>,
    /// Positions of the models with a field that names it.
    pub within: Vec<usize>,
}

/// One field of a model.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The key in JSON.
    pub name: String,
    /// What is known of the value, as a type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it may be missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// One finding.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence of cause.
    pub message: String,
    /// One sentence of cure.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// A request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Other places that have to do with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedPlace>,
}

/// A place that has to do with a finding.
#[derive(Debug, Serialize)]
pub struct RelatedPlace {
    /// What it has to do with it.
    pub message: String,
    /// The place, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A place in the user's code.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// `file:line`.
    pub source: String,
    /// The function there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Positions of the routes that are meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<usize>,
}

impl Report {
    /// Gathers everything about `app`, of which `routes_toml` is the table and `found` what is to
    /// be said about it.
    pub fn new(app: &App, routes_toml: &str, found: &[Diagnostic]) -> Self {
        let mut routes = Vec::with_capacity(app.routes.len());
        let mut id = 0;
        for route in &app.routes {
            routes.push(Route::new(route, id));
            id += route.declared.methods.len();
        }
        let places = Places::new(app);
        let mut found: Vec<_> = found.iter().collect();
        found.sort_by(|a, b| (b.severity, &a.code).cmp(&(a.severity, &b.code)));
        let findings: Vec<_> = found.iter().map(|f| Finding::new(f, &places)).collect();
        for (position, finding) in findings.iter().enumerate() {
            for route in finding.routes() {
                let findings = &mut routes[route].findings;
                if findings.last() != Some(&position) {
                    findings.push(position);
                }
            }
        }
        Self {
            name: app.name.to_string(),
            entry: visible(&app.entry),
            middleware: app.middleware.iter().map(|m| visible(m)).collect(),
            framework: visible(&format!("{} {}", app.framework.name, app.framework.version)),
            version: VERSION,
            fingerprint: app.fingerprint.clone(),
            max_body_size: app.limits.max_body_size,
            sizes: Sizes::new(app, routes_toml),
            tree: RouteTree::new(app.routes.iter().map(|route| route.declared.path.as_str())),
            routes,
            models: models(app),
            findings,
        }
    }

    /// How many routes are decided in this way.
    pub fn decided(&self, how: How) -> usize {
        self.routes.iter().filter(|route| route.how == how).count()
    }
}

impl Route {
    fn new(route: &model::Route, id: usize) -> Self {
        let declared = &route.declared;
        let (how, regex) = match &route.pattern {
            Pattern::Static => (How::Static, None),
            Pattern::Compiled(compiled) if tree::levels(compiled).is_some() => {
                (How::Segments, None)
            }
            Pattern::Compiled(_) => (How::Program, None),
            Pattern::Regex(regex) => (How::Regex, Some(regex)),
        };
        Self {
            path: visible(&declared.path),
            methods: declared.methods.iter().map(|m| visible(m)).collect(),
            id,
            handler: visible(&declared.handler),
            source: route.source.as_ref().map(source),
            parameters: declared.parameters.iter().map(|p| visible(p)).collect(),
            coroutine: declared.coroutine,
            suspends: declared.suspends,
            returns: declared.returns.as_deref().map(visible),
            response: declared.response.as_ref().map(|r| visible(r.get_ref())),
            headers: declared.headers.iter().map(|h| visible(h)).collect(),
            wrapper: declared.wrapper.as_deref().map(visible),
            how,
            reason: regex.map(|regex| visible(&regex.reason)),
            expression: regex.map(|regex| visible(&regex.source)),
            findings: Vec::new(),
        }
    }
}

impl Sizes {
    fn new(app: &App, routes_toml: &str) -> Self {
        let mut by_method: BTreeMap<&str, usize> = BTreeMap::new();
        for endpoint in app.endpoints() {
            *by_method.entry(endpoint.method).or_default() += 1;
        }
        let mut methods: Vec<_> = by_method
            .into_iter()
            .map(|(name, endpoints)| Method {
                name: visible(name),
                endpoints,
            })
            .collect();
        methods.sort_by_key(|method| std::cmp::Reverse(method.endpoints));
        let tree = Plan::new(app).tree;
        let mut vendored = File {
            path: "vendor/covet-runtime".to_owned(),
            lines: 0,
            bytes: 0,
        };
        let mut files = Vec::new();
        for (path, content) in package::files(app, routes_toml) {
            let lines = String::from_utf8_lossy(&content).lines().count();
            let bytes = content.len();
            if path.starts_with("vendor/") {
                vendored.lines += lines;
                vendored.bytes += bytes;
            } else {
                files.push(File { path, lines, bytes });
            }
        }
        files.sort_by_key(|file| std::cmp::Reverse(file.bytes));
        Self {
            endpoints: app.endpoints().count(),
            methods,
            tree_nodes: tree.nodes.len(),
            tree_depth: depth(&tree),
            files,
            vendored,
        }
    }
}

/// The number of nodes on the longest way from the root, the root not counted.
fn depth(tree: &Tree) -> usize {
    let mut depths = vec![0; tree.nodes.len()];
    let mut deepest = 0;
    for (index, node) in tree.nodes.iter().enumerate() {
        for child in node.literals.values().copied().chain(node.capture) {
            // A child comes behind its parent.
            depths[child] = depths[index] + 1;
            deepest = deepest.max(depths[child]);
        }
    }
    deepest
}

fn models(app: &App) -> Vec<Model> {
    let mut models: Vec<_> = app
        .models
        .iter()
        .map(|model| Model {
            name: model.name.clone(),
            class: visible(&model.class),
            kind: kind(model.kind),
            fields: model.fields.iter().map(|f| field(f, app)).collect(),
            routes: Vec::new(),
            within: Vec::new(),
        })
        .collect();
    for (position, route) in app.routes.iter().enumerate() {
        let mut named = Vec::new();
        if let Some(response) = &route.response {
            types::models(response, &mut named);
        }
        for ModelId(model) in named {
            models[model].routes.push(position);
        }
    }
    for (position, model) in app.models.iter().enumerate() {
        let mut named = Vec::new();
        for field in &model.fields {
            types::models(&field.ty, &mut named);
        }
        for ModelId(model) in named {
            models[model].within.push(position);
        }
    }
    models
}

fn field(field: &model::Field, app: &App) -> Field {
    Field {
        name: visible(&field.name),
        ty: visible(&types::text(&field.ty, &app.models)),
        optional: field.optional,
    }
}

fn kind(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::TypedDict => "TypedDict",
        ModelKind::Dataclass => "dataclass",
        ModelKind::NamedTuple => "NamedTuple",
        ModelKind::Struct => "msgspec Struct",
        ModelKind::Pydantic => "pydantic model",
        ModelKind::Enum(Base::Str) => "Enum of str",
        ModelKind::Enum(Base::Int) => "Enum of int",
        ModelKind::Enum(Base::Float) => "Enum of float",
    }
}

impl Finding {
    fn new(found: &Diagnostic, places: &Places<'_>) -> Self {
        let place = |location: &Option<Location>, message: &str| {
            location.as_ref().map(|place| places.find(place, message))
        };
        Self {
            code: found.code.clone(),
            severity: found.severity,
            message: visible(&found.message),
            help: visible(&found.help),
            witness: found.witness.as_deref().map(visible),
            place: place(&found.location, &found.message),
            related: found
                .related
                .iter()
                .map(|related| RelatedPlace {
                    message: visible(&related.message),
                    place: place(&related.location, &related.message),
                })
                .collect(),
        }
    }

    /// The routes that it has to do with.
    fn routes(&self) -> impl Iterator<Item = usize> {
        let related = self.related.iter().filter_map(|r| r.place.as_ref());
        let places = self.place.iter().chain(related);
        places.flat_map(|place| place.routes.iter().copied())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::How::{Program, Regex, Segments, Static};
    use super::Severity::{Error, Note, Warning};
    use super::*;
    use crate::diagnostics::Related;

    pub(in crate::report) const TABLE: &str = r#"
schema = 1
[app]
name = "shop_covet"
entry = "shop:app"
middleware = []
[framework]
name = "covet"
version = "0.1.0b6"
[limits]
max_body_size = 0

[[routes]]
kind = "http"
dynamic = false
path = "/items"
methods = ["GET", "HEAD"]
handler = "shop:items"
parameters = []
coroutine = true
suspends = false
response = "list[Item] | Page"

[[routes]]
kind = "http"
dynamic = true
path = "/items/{id}"
methods = ["GET"]
handler = "shop:item"
parameters = ["id"]
coroutine = true
suspends = true
response = "Item"

[[routes]]
kind = "http"
dynamic = true
path = "/items/{id}/all"
methods = ["GET"]
handler = "shop:item"
parameters = ["id"]
coroutine = true
suspends = true

[[routes]]
kind = "http"
dynamic = true
path = "/v{n}\u202e"
methods = []
handler = "shop:<lambda>"
parameters = []
coroutine = false
suspends = false

[[routes]]
kind = "http"
dynamic = true
path = "/a+/{id}"
methods = ["POST"]
handler = "shop:left"
parameters = []
coroutine = false
suspends = false

[[models]]
name = "Item"
type = "shop:Item"
kind = "dataclass"
fields = [{ name = "id", type = "int | literal[\"a\\\"b\", 1, true, None]" }]

[[models]]
name = "Page"
type = "shop:Page"
kind = "typed_dict"
fields = [
  { name = "items", type = "dict[str, tuple[Item, ...]]", optional = true },
  { name = "rest", type = "tuple[()] | tuple[any, list[float]]" },
]
"#;

    fn location(line: u32) -> Location {
        Location {
            file: "shop.py".to_owned(),
            line: Some(line),
            name: None,
        }
    }

    pub(in crate::report) fn app() -> App {
        let mut app = crate::read(TABLE).expect("a table");
        for (route, line) in app.routes.iter_mut().zip([10, 20, 20, 30, 40]) {
            route.source = Some(location(line));
        }
        app
    }

    fn finding(severity: Severity, message: &str, line: u32) -> Diagnostic {
        Diagnostic {
            severity,
            location: Some(location(line)),
            ..Diagnostic::error("CVT081", message, "")
        }
    }

    /// Routes that overlap, with a request that shows it.
    pub(in crate::report) fn overlap() -> Diagnostic {
        let message = "route '/items/{id}/all' (shop:item) is hidden by '/items/{id}'";
        Diagnostic {
            witness: Some("GET /items/<1>/all".to_owned()),
            related: vec![Related {
                message: "it is taken".to_owned(),
                location: Some(location(40)),
            }],
            ..finding(Severity::Error, message, 20)
        }
    }

    #[test]
    fn routes_have_a_tier_a_place_and_an_id() {
        let report = Report::new(&app(), TABLE, &[]);
        let how: Vec<_> = report.routes.iter().map(|route| route.how).collect();
        assert_eq!(how, [Static, Segments, Segments, Program, Regex]);
        let ids: Vec<_> = report.routes.iter().map(|route| route.id).collect();
        assert_eq!(ids, [0, 2, 3, 4, 4]);
        assert_eq!(report.routes[1].source.as_deref(), Some("shop.py:20"));
        assert_eq!(report.routes[3].path, "/v{n}\\u202e");
        let left = &report.routes[4];
        assert_eq!(left.expression.as_deref(), Some("^/a+/(?P<id>[^/]+)$"));
        assert!(left.reason.as_deref().is_some_and(|why| why.contains('+')));
    }

    #[test]
    fn models_know_who_answers_with_them() {
        let report = Report::new(&app(), TABLE, &[]);
        let [item, page] = report.models.as_slice() else {
            panic!("two models")
        };
        assert_eq!((&item.routes, &item.within), (&vec![0, 1], &vec![1]));
        assert_eq!((&page.routes, &page.within), (&vec![0], &vec![]));
        let types: Vec<_> = [item, page]
            .iter()
            .flat_map(|model| model.fields.iter().map(|field| field.ty.as_str()))
            .collect();
        assert_eq!(
            types,
            [
                r#"int | literal["a\"b", 1, true, None]"#,
                "dict[str, tuple[Item, ...]]",
                "tuple[()] | tuple[any, list[float]]"
            ]
        );
        assert!(page.fields[0].optional && !page.fields[1].optional);
    }

    #[test]
    fn sizes_are_those_of_the_crate() {
        let app = app();
        let sizes = Report::new(&app, TABLE, &[]).sizes;
        assert_eq!(sizes.endpoints, 5);
        let methods: Vec<_> = sizes
            .methods
            .iter()
            .map(|m| (m.name.as_str(), m.endpoints))
            .collect();
        assert_eq!(methods, [("GET", 3), ("HEAD", 1), ("POST", 1)]);
        // The root, the empty segment, `items`, its capture, `all`, and nothing for no method.
        assert_eq!((sizes.tree_nodes, sizes.tree_depth), (5, 4));
        let all: usize = package::files(&app, TABLE).values().map(Vec::len).sum();
        let made: usize = sizes.files.iter().map(|file| file.bytes).sum();
        assert_eq!(made + sizes.vendored.bytes, all);
        let table = |file: &&File| file.path.ends_with("/routes.toml");
        let table = sizes.files.iter().find(table).expect("is in the crate");
        assert_eq!(table.lines, TABLE.lines().count());
    }

    #[test]
    fn findings_are_with_the_routes_that_they_are_about() {
        let overlap = overlap();
        let found = [
            finding(Severity::Note, "worth knowing", 20),
            overlap,
            finding(Severity::Warning, "somewhere else", 99),
        ];
        let report = Report::new(&app(), TABLE, &found);
        let severities: Vec<_> = report.findings.iter().map(|f| f.severity).collect();
        assert_eq!(severities, [Error, Warning, Note]);
        // Both routes of a handler, unless the message says which one is meant.
        let findings: Vec<_> = report.routes.iter().map(|r| r.findings.clone()).collect();
        assert_eq!(findings, [vec![], vec![2], vec![0, 2], vec![], vec![0]]);
        let overlap = &report.findings[0];
        assert_eq!(overlap.witness.as_deref(), Some("GET /items/<1>/all"));
        assert_eq!(
            overlap.place.as_ref().map(|place| &place.routes),
            Some(&vec![2])
        );
        let place = report.findings[1].place.as_ref().expect("it has one");
        assert_eq!(
            (place.source.as_str(), place.routes.len()),
            ("shop.py:99", 0)
        );
    }
}
