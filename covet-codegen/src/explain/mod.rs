//! Which route answers a request, and why.
//!
//! The matcher of the runtime decides. What it does not tell, the way through the tree, is found by
//! a [`walk`] over the same tree that a test holds to the matcher; and which other routes match is
//! asked of each on its own. Only the app's interpreter can tell about routes that are left to `re`
//! and about what a handler is called with: that is handed in as [`Asked`].

mod show;
mod stages;
mod walk;

pub use show::{list_text, text};
pub use stages::{model, tree};
pub use walk::{Edge, Reached, Step};

use covet_runtime::routing::pattern::Pattern;
use covet_runtime::routing::{EndpointId, NOT_FOUND, Path, Routes, Table};
use serde::{Deserialize, Serialize};

use crate::diagnostics::{Diagnostic, Location};
use crate::lower::{Plan, Responses, Writer};
use crate::model::{App, Endpoint};
use crate::url::{self, Target};

/// What the app's interpreter was asked. See `covet_runtime/inquiry.py`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The fingerprint of the table that it sees.
    pub fingerprint: String,
    /// The tier that the app runs on in this environment.
    pub tier: String,
    /// Why it is that one.
    pub why: String,
    /// Why the app could not be installed.
    pub not_installed: Option<String>,
    /// Which server the decisions on serving are for.
    pub decided: String,
    /// What they depend on, as sentences.
    pub depends: Vec<String>,
    /// The endpoints by id.
    pub routes: Vec<AskedRoute>,
    /// For each path: the endpoints left to `re` that match it.
    pub left_to_re: Vec<Vec<EndpointId>>,
    /// What handlers are called with.
    pub calls: Vec<Call>,
    /// Why there is no answer.
    pub diagnostics: Vec<Diagnostic>,
}

/// What becomes of an endpoint in this environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskedRoute {
    /// Who writes what the handler returns.
    pub serializer: Option<String>,
    /// `direct`, `asgi` or `websocket`.
    pub served: String,
    /// Why it is not called directly.
    pub reason: Option<String>,
}

/// A call of a handler. Values are as Python prints them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Call {
    /// Whose handler.
    #[serde(skip_serializing)]
    pub endpoint: EndpointId,
    /// The captures in the order of the path, with the values that they have become.
    pub values: Vec<(String, String)>,
    /// The handler's parameters behind the request, in the order in which they are passed.
    pub arguments: Vec<(String, String)>,
    /// The exception that comes of making the values. It leaves the app.
    #[serde(default)]
    pub raises: Option<String>,
    /// Why the handler does not take the arguments.
    #[serde(default)]
    pub refused: Option<String>,
}

/// A table with everything that answers questions about it.
pub struct Subject<'a> {
    app: &'a App,
    plan: Plan<'a>,
    responses: Responses<'a>,
    endpoints: Vec<Endpoint<'a>>,
    table: Table,
}

/// A route, as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Its endpoint.
    pub id: EndpointId,
    /// The method.
    pub method: String,
    /// The path as declared.
    pub path: String,
    /// `module:qualname`.
    pub handler: String,
    /// Where the handler is.
    pub location: Option<Location>,
}

/// The answer to a request.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The method that was asked about.
    pub method: String,
    /// The path, decoded.
    pub path: String,
    /// What was made of the path that was given, as sentences.
    pub remarks: Vec<String>,
    /// Who answers. `None` is a 404.
    pub answer: Option<Answer>,
    /// Other endpoints with this method that match, in the order in which they would be asked.
    pub lost: Vec<Shown>,
    /// Endpoints that match and have another method.
    pub other_methods: Vec<Shown>,
    /// What nearly matches, when nobody answers.
    pub nearest: Vec<Near>,
    /// The nodes of the tree that were reached: candidates in the order of their ids.
    pub walk: Vec<Reached>,
}

/// Who answers, and how.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The endpoint.
    #[serde(flatten)]
    pub route: Shown,
    /// `static`, `tree`, `program` or `re`.
    pub found_by: &'static str,
    /// The text of each capture.
    pub captures: Vec<(String, String)>,
    /// What the handler is called with, when that was asked.
    pub call: Option<Call>,
    /// Whether a WebSocket: its handler gets no values.
    pub websocket: bool,
    /// Why it is left to `re`.
    pub left_to_re: Option<String>,
    /// What is known of the response.
    pub response: Option<String>,
    /// The serializer that a wheel has for it.
    pub serializer: Option<String>,
    /// What holds in this environment.
    pub here: Here,
}

/// What holds in this environment.
#[derive(Debug, Default, Serialize)]
pub struct Here {
    /// The tier.
    pub tier: String,
    /// Why it is that one.
    pub why: String,
    /// Who writes dicts and lists.
    pub written_by: Option<String>,
    /// `direct`, `asgi` or `websocket`.
    pub served: String,
    /// Why it is not served directly.
    pub reason: Option<String>,
    /// For which server that was decided.
    pub decided: String,
    /// What else it depends on, as sentences.
    pub depends: Vec<String>,
}

/// Something that nearly matches.
#[derive(Debug, Serialize)]
pub struct Near {
    /// What is different: a clause.
    pub difference: String,
    /// The request that would be answered.
    pub request: String,
    /// By whom.
    pub route: Shown,
}

/// A row of the list of routes.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The methods.
    pub methods: Vec<String>,
    /// The path as declared.
    pub path: String,
    /// `compiled` or `re`.
    pub tier: &'static str,
    /// `static`, `tree`, `program` or `re`.
    pub found_by: &'static str,
    /// `module:qualname`.
    pub handler: String,
    /// Where the handler is.
    pub location: Option<Location>,
    /// Why it is not compiled.
    pub reason: Option<String>,
}

/// The routes of an app in the order in which they are tried.
pub fn list(app: &App) -> Vec<Row> {
    let rows = app.routes.iter().map(|route| {
        let reason = match &route.pattern {
            Pattern::Regex(regex) => Some(regex.reason.clone()),
            _ => None,
        };
        Row {
            methods: route.declared.methods.clone(),
            path: route.declared.path.clone(),
            tier: if reason.is_some() { "re" } else { "compiled" },
            found_by: found_by(&route.pattern),
            handler: route.declared.handler.clone(),
            location: route.source.clone(),
            reason,
        }
    });
    rows.collect()
}

/// The requests that are asked about: the one, and what is near to it.
pub struct Question {
    /// The method.
    pub method: String,
    /// The path.
    pub target: Target,
    /// What is different, and the path.
    variants: Vec<(&'static str, String)>,
}

impl Question {
    /// A question about one request.
    pub fn new(method: &str, path: &str) -> Self {
        let target = Target::new(path);
        let path = target.path.as_str();
        let mut variants = Vec::new();
        let mut add = |difference, variant: String| {
            let known = |(_, other): &(_, String)| *other == variant;
            if variant != path && !variant.is_empty() && !variants.iter().any(known) {
                variants.push((difference, variant));
            }
        };
        let bare = path.trim_end_matches('\n');
        add("without the newline at the end", bare.to_owned());
        match bare.strip_suffix('/') {
            Some(shorter) => add("without the slash at the end", shorter.to_owned()),
            None => add("with a slash at the end", format!("{bare}/")),
        }
        let mut single = bare.to_owned();
        while single.contains("//") {
            single = single.replace("//", "/");
        }
        add("with single slashes", single);
        if !bare.starts_with('/') {
            add("with a slash in front", format!("/{bare}"));
        }
        add("in lower case", bare.to_lowercase());
        Self {
            method: method.to_owned(),
            target,
            variants,
        }
    }

    /// The paths that are asked about, as in a URL. The first is that of the request.
    pub fn paths(&self) -> Vec<String> {
        let variants = self.variants.iter().map(|(_, path)| url::encode(path));
        std::iter::once(self.target.encoded.clone())
            .chain(variants)
            .collect()
    }
}

impl<'a> Subject<'a> {
    /// Gets ready for questions about `app`.
    ///
    /// # Panics
    ///
    /// Never: a checked table holds no poison.
    pub fn new(app: &'a App) -> Self {
        let endpoints: Vec<_> = app.endpoints().collect();
        let pairs: Vec<_> = endpoints
            .iter()
            .map(|each| (each.route.declared.path.as_str(), each.method))
            .collect();
        Self {
            plan: Plan::new(app),
            responses: Responses::new(app),
            table: Table::new(&pairs).expect("a checked table has no poison"),
            app,
            endpoints,
        }
    }

    /// The endpoint that the compiled table finds, routes left to `re` aside.
    pub fn find(&self, method: &str, path: &str) -> Option<EndpointId> {
        let path = Path::new(path.as_bytes());
        let found = self.table.find_by_name(&path, method.as_bytes());
        (found != NOT_FOUND).then_some(found)
    }

    /// Answers a question.
    pub fn explain(&self, question: &Question, asked: &Asked) -> Explanation {
        let (method, path) = (question.method.as_str(), question.target.path.as_str());
        let found = self.first(method, path, asked.left_to_re.first());
        let mut lost = Vec::new();
        let mut other_methods = Vec::new();
        for (id, endpoint) in (0..).zip(&self.endpoints) {
            if Some(id) == found || !self.matches(id, path, asked.left_to_re.first()) {
                continue;
            }
            if endpoint.method == method {
                lost.push(self.shown(id));
            } else {
                other_methods.push(self.shown(id));
            }
        }
        let nearest = match found {
            Some(_) => Vec::new(),
            None => self.nearest(question, asked),
        };
        Explanation {
            method: method.to_owned(),
            path: path.to_owned(),
            remarks: question.target.remarks.clone(),
            answer: found.map(|id| self.answer(id, path, asked)),
            lost,
            other_methods,
            nearest,
            walk: walk::walk(&self.plan, &self.table, method, path),
        }
    }

    /// The lowest id of what the table finds and what `re` matches.
    fn first(
        &self,
        method: &str,
        path: &str,
        left_to_re: Option<&Vec<EndpointId>>,
    ) -> Option<EndpointId> {
        let matched = left_to_re.into_iter().flatten().copied();
        matched
            .filter(|id| self.endpoints[*id as usize].method == method)
            .chain(self.find(method, path))
            .min()
    }

    /// Whether an endpoint on its own matches a path.
    fn matches(&self, id: EndpointId, path: &str, left_to_re: Option<&Vec<EndpointId>>) -> bool {
        let route = self.endpoints[id as usize].route;
        match &route.pattern {
            Pattern::Static => route.declared.path == path,
            Pattern::Compiled(compiled) => compiled.program.captures(path.as_bytes()).is_some(),
            Pattern::Regex(_) => left_to_re.is_some_and(|matched| matched.contains(&id)),
        }
    }

    fn answer(&self, id: EndpointId, path: &str, asked: &Asked) -> Answer {
        let route = self.endpoints[id as usize].route;
        let here = asked.routes.get(id as usize);
        Answer {
            route: self.shown(id),
            found_by: found_by(&route.pattern),
            captures: self.captures(id, path),
            call: asked.calls.iter().find(|call| call.endpoint == id).cloned(),
            websocket: self.endpoints[id as usize].method == "WEBSOCKET",
            left_to_re: match &route.pattern {
                Pattern::Regex(regex) => Some(regex.reason.clone()),
                _ => None,
            },
            response: route.response.as_ref().map(|ty| self.app.type_text(ty)),
            serializer: self.responses.endpoints[id as usize].map(|writer| match writer {
                Writer::Model(id) => self.app.models[id.0].name.clone(),
                Writer::Shape(_) => match &route.response {
                    Some(ty) => self.app.type_text(ty),
                    None => String::new(),
                },
            }),
            here: Here {
                tier: asked.tier.clone(),
                why: asked.not_installed.clone().unwrap_or(asked.why.clone()),
                written_by: here.and_then(|here| here.serializer.clone()),
                served: here.map(|here| here.served.clone()).unwrap_or_default(),
                reason: here.and_then(|here| here.reason.clone()),
                decided: asked.decided.clone(),
                depends: asked.depends.clone(),
            },
        }
    }

    /// The text of each capture, as the runtime finds it.
    fn captures(&self, id: EndpointId, path: &str) -> Vec<(String, String)> {
        let Pattern::Compiled(compiled) = &self.endpoints[id as usize].route.pattern else {
            return Vec::new();
        };
        let scanned = Path::new(path.as_bytes());
        scanned.scan();
        let mut captures = Vec::new();
        self.table.endpoints()[id as usize].captures(&scanned, |position, range| {
            captures.push((compiled.names[position].clone(), path[range].to_owned()));
        });
        captures
    }

    fn nearest(&self, question: &Question, asked: &Asked) -> Vec<Near> {
        let method = question.method.as_str();
        let upper = method.to_uppercase();
        let path = question.target.path.as_str();
        let mut near = Vec::new();
        let mut add = |difference: &str, method: &str, path: &str, re: Option<&Vec<EndpointId>>| {
            if let Some(id) = self.first(method, path, re) {
                near.push(Near {
                    difference: difference.to_owned(),
                    request: url::request(method, path),
                    route: self.shown(id),
                });
            }
        };
        if upper != method {
            let re = asked.left_to_re.first();
            add("with the method in upper case", &upper, path, re);
        }
        for (position, (difference, variant)) in question.variants.iter().enumerate() {
            let re = asked.left_to_re.get(position + 1);
            add(difference, method, variant, re);
        }
        near
    }

    fn shown(&self, id: EndpointId) -> Shown {
        let Endpoint { route, method } = self.endpoints[id as usize];
        Shown {
            id,
            method: method.to_owned(),
            path: route.declared.path.clone(),
            handler: route.declared.handler.clone(),
            location: route.source.clone(),
        }
    }
}

/// What finds the routes of a pattern.
fn found_by(pattern: &Pattern) -> &'static str {
    match pattern {
        Pattern::Static => "static",
        Pattern::Compiled(compiled) => match covet_runtime::routing::tree::levels(compiled) {
            Some(_) => "tree",
            None => "program",
        },
        Pattern::Regex(_) => "re",
    }
}
