//! A route table that has been checked: no impossible states.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use covet_runtime::routing::pattern::{self, Pattern};
use serde::Serialize;

use crate::diagnostics::{Diagnostic, Diagnostics, Location};
use crate::digest;
use crate::manifest::{self, Framework, Kind, Limits, Manifest, SCHEMA};

mod models;
mod types;

pub use models::{Field, Model, ModelKind};
pub use types::{ModelId, Scalar, Type};

/// An app whose route table can be compiled.
#[derive(Debug)]
pub struct App {
    /// Distribution and module name of the wheel: a Python identifier.
    pub name: Name,
    /// `module:attribute`.
    pub entry: String,
    /// Middleware, outermost first.
    pub middleware: Vec<String>,
    /// Whose rules the table follows.
    pub framework: Framework,
    /// Limits of the app.
    pub limits: Limits,
    /// The routes in order.
    pub routes: Vec<Route>,
    /// The models; the position of each is its [`ModelId`].
    pub models: Vec<Model>,
    /// Lower-case hexadecimal SHA-256 of the canonical table.
    pub fingerprint: String,
}

/// A name that can be a Python module, a Rust crate and a distribution at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// As declared.
    pub declared: manifest::Route,
    /// What its path means.
    pub pattern: Pattern,
    /// What is known of its response.
    pub response: Option<Type>,
    /// Where its handler is, when the table came from a live app.
    pub source: Option<Location>,
    /// Where it is in the table's text, in bytes.
    pub span: Range<usize>,
}

/// One method of one route.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    /// The route.
    pub route: &'a Route,
    /// The method.
    pub method: &'a str,
}

impl App {
    /// Checks a manifest.
    ///
    /// # Errors
    ///
    /// All contradictions at once: poisoned paths (`CVT012` to `CVT014`), unknown compat flags
    /// (`CVT017`), values that contradict each other and models that cannot be (`CVT033`).
    pub fn check(manifest: Manifest) -> Result<Self, Diagnostics> {
        let fingerprint = fingerprint(&manifest);
        let mut found = Diagnostics::default();
        check_app(&manifest, &mut found);
        let names = models::names(&manifest.models);
        let mut routes = Vec::with_capacity(manifest.routes.len());
        let mut statics = BTreeSet::new();
        for route in manifest.routes {
            let span = route.span();
            let declared = route.into_inner();
            if !declared.dynamic {
                check_unique(&declared, &span, &mut statics, &mut found);
            }
            routes.extend(check_route(declared, span, &names, &mut found));
        }
        let models = models::check(&manifest.models, &names, &mut found);
        found.propagate()?;
        Ok(Self {
            name: Name(manifest.app.name.into_inner()),
            entry: manifest.app.entry.into_inner(),
            middleware: manifest.app.middleware,
            framework: manifest.framework,
            limits: manifest.limits,
            routes,
            models,
            fingerprint,
        })
    }

    /// The endpoints; the position of each is its id.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint<'_>> {
        self.routes.iter().flat_map(|route| {
            route
                .declared
                .methods
                .iter()
                .map(move |method| Endpoint { route, method })
        })
    }
}

impl Name {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// Why it cannot be the name of a Python module and a Rust crate.
    pub fn new(name: &str) -> Result<Self, String> {
        // The name of a distribution ends in a letter or digit.
        let identifier = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.ends_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !identifier {
            return Err(format!(
                "`{name}` is not an ASCII identifier that ends in a letter or digit"
            ));
        }
        // A crate name cannot be a keyword of Rust, and a module name cannot be one of Python.
        if syn::parse_str::<syn::Ident>(name).is_err() || PYTHON_KEYWORDS.contains(&name) {
            return Err(format!("`{name}` is a keyword"));
        }
        if TAKEN.contains(&name) {
            return Err(format!(
                "`{name}` is the name of something that the wheel needs"
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The compat flags there are. All of them are the business of `covet_runtime`.
const FLAGS: [&str; 1] = ["model_responses"];

/// What is imported by every wheel or compiled into it.
const TAKEN: [&str; 21] = [
    "alloc",
    "core",
    "covet",
    "covet_runtime",
    "heck",
    "libc",
    "once_cell",
    "portable_atomic",
    "proc_macro",
    "proc_macro2",
    "pyo3",
    "pyo3_build_config",
    "pyo3_ffi",
    "pyo3_macros",
    "pyo3_macros_backend",
    "quote",
    "std",
    "syn",
    "target_lexicon",
    "unicode_ident",
    "zmij",
];

/// Keywords that Rust does not have (<https://docs.python.org/3/reference/lexical_analysis.html>).
const PYTHON_KEYWORDS: [&str; 22] = [
    "False", "None", "True", "and", "assert", "class", "def", "del", "elif", "except", "finally",
    "from", "global", "import", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "with",
];

fn check_app(manifest: &Manifest, found: &mut Diagnostics) {
    let name = &manifest.app.name;
    if let Err(reason) = Name::new(name.get_ref()) {
        let help = "name the wheel with `--name`, in letters, digits and underscores";
        found.push(Diagnostic::error("CVT033", reason, help).at(name.span()));
    }
    let (module, _) = manifest
        .app
        .entry
        .get_ref()
        .split_once([':', '.'])
        .unwrap_or_default();
    if module == name.get_ref() {
        let reason = format!("`{module}` is the module of the app itself");
        let help = "name the wheel otherwise, such as `blog_covet`";
        found.push(Diagnostic::error("CVT033", reason, help).at(name.span()));
    }
    if manifest.framework.name != "covet" {
        found.push(Diagnostic::error(
            "CVT033",
            format!(
                "framework `{}` is not one that this program compiles",
                manifest.framework.name
            ),
            "the only framework today is `covet`",
        ));
    }
    for (flag, value) in &manifest.compat {
        if FLAGS.contains(&flag.as_str()) {
            continue;
        }
        found.push(
            Diagnostic::error(
                "CVT017",
                format!("compat flag `{flag}` is not known to this version"),
                "remove it: without flags the compiled app does exactly what the framework does",
            )
            .at(value.span()),
        );
    }
    if manifest.routes.is_empty() {
        found.push(Diagnostic::error(
            "CVT006",
            "the app has no routes",
            "export it after its routes are registered",
        ));
    }
}

fn check_unique(
    route: &manifest::Route,
    span: &Range<usize>,
    statics: &mut BTreeSet<(String, String)>,
    found: &mut Diagnostics,
) {
    for method in &route.methods {
        if !statics.insert((route.path.clone(), method.clone())) {
            let message = format!("static route {method} {} occurs twice", route.path);
            let help = "keep the last one: that is the one the framework serves";
            found.push(Diagnostic::error("CVT033", message, help).at(span.clone()));
        }
    }
}

fn check_route(
    declared: manifest::Route,
    span: Range<usize>,
    names: &BTreeMap<String, ModelId>,
    found: &mut Diagnostics,
) -> Option<Route> {
    let response = declared
        .response
        .as_ref()
        .and_then(|text| models::check_type(text, names, found));
    let mut contradiction = |message: String| {
        let help = "export the table again; it is not meant to be edited by hand";
        found.push(Diagnostic::error("CVT033", message, help).at(span.clone()));
    };
    if (declared.kind == Kind::Websocket) != (declared.methods == ["WEBSOCKET"]) {
        contradiction(format!(
            "route {} must have kind \"websocket\" exactly when its only method is WEBSOCKET",
            declared.path
        ));
    }
    if declared.kind == Kind::Websocket && declared.response.is_some() {
        contradiction(format!(
            "route {} has a response but is a WebSocket",
            declared.path
        ));
    }
    if declared.suspends && !declared.coroutine {
        contradiction(format!(
            "route {} suspends but is no coroutine",
            declared.path
        ));
    }
    let pattern = match pattern::parse(&declared.path) {
        Ok(pattern) => pattern,
        Err(poison) => {
            let code = match poison {
                pattern::Poison::TypedConverter(_) => "CVT012",
                pattern::Poison::InvalidName(_) => "CVT013",
                pattern::Poison::DuplicateName(_) => "CVT014",
            };
            let message = format!("route {}: {poison}", declared.path);
            let help =
                "the framework cannot serve any dynamic route beside this one: change the path";
            found.push(Diagnostic::error(code, message, help).at(span));
            return None;
        }
    };
    if declared.dynamic == (pattern == Pattern::Static) {
        contradiction(format!(
            "route {} is {}dynamic: its path has {}placeholder bracket",
            declared.path,
            if declared.dynamic { "not " } else { "" },
            if declared.dynamic { "no " } else { "a " },
        ));
    }
    Some(Route {
        declared,
        pattern,
        response,
        source: None,
        span,
    })
}

/// SHA-256 of the canonical table: compact JSON with sorted keys. Left out are the `[app]` table,
/// since an app does not know how it was imported, and what was read from the bodies of handlers,
/// so that to edit one makes no wheel stale. The Python package computes the same
/// (`covet_runtime.table.fingerprint`).
fn fingerprint(manifest: &Manifest) -> String {
    #[derive(Serialize)]
    struct Canonical<'a> {
        compat: BTreeMap<&'a str, bool>,
        framework: &'a Framework,
        limits: &'a Limits,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        models: Vec<&'a manifest::Model>,
        routes: Vec<&'a manifest::Route>,
        schema: u32,
    }
    let canonical = Canonical {
        compat: manifest
            .compat
            .iter()
            .map(|(flag, on)| (flag.as_str(), *on.get_ref()))
            .collect(),
        framework: &manifest.framework,
        limits: &manifest.limits,
        models: manifest.models.iter().map(toml::Spanned::get_ref).collect(),
        routes: manifest.routes.iter().map(toml::Spanned::get_ref).collect(),
        schema: SCHEMA,
    };
    // Through `Value`, whose maps are sorted.
    let mut value = serde_json::to_value(&canonical).expect("strings, numbers and lists are JSON");
    for route in value["routes"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = route.as_object_mut() {
            for from_body in ["suspends", "headers"] {
                fields.remove(from_body);
            }
        }
    }
    digest::hex(value.to_string().as_bytes())
}
