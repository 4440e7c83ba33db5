//! The stages between an app and Rust, as text that stays the same for the same app.

use std::fmt::Write as _;

use covet_runtime::routing::pattern::Pattern;
use covet_runtime::routing::tree::NodeId;

use super::show::shown;
use crate::lower::Plan;
use crate::manifest::{Base, Kind};
use crate::model::{App, ModelKind};

/// The checked table: what every route means.
pub fn model(app: &App) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "app {} of {}", app.name, app.entry);
    let _ = writeln!(
        out,
        "framework {} {}",
        app.framework.name, app.framework.version
    );
    let _ = writeln!(out, "max_body_size {}", app.limits.max_body_size);
    let _ = writeln!(out, "fingerprint {}", app.fingerprint);
    for middleware in &app.middleware {
        let _ = writeln!(out, "middleware {middleware}");
    }
    let mut id = 0;
    for route in &app.routes {
        let declared = &route.declared;
        let _ = writeln!(out, "\nroute {}", shown(&declared.path));
        for method in &declared.methods {
            let _ = writeln!(out, "  endpoint {id} {method}");
            id += 1;
        }
        match &route.pattern {
            Pattern::Static => out.push_str("  static\n"),
            Pattern::Compiled(compiled) => {
                let _ = writeln!(out, "  matches {}", compiled.program);
                let _ = writeln!(out, "  captures {}", list(&compiled.names));
            }
            Pattern::Regex(regex) => {
                let _ = writeln!(out, "  left to re: {}", regex.reason);
                let _ = writeln!(out, "  expression {}", shown(&regex.source));
            }
        }
        let how = match (declared.kind, declared.coroutine, declared.suspends) {
            (Kind::Websocket, ..) => "a WebSocket",
            (_, false, _) => "a function",
            (_, true, true) => "a coroutine that can suspend",
            (_, true, false) => "a coroutine that never suspends",
        };
        let _ = writeln!(out, "  handler {}, {how}", declared.handler);
        let _ = writeln!(out, "  parameters {}", list(&declared.parameters));
        if let Some(wrapper) = &declared.wrapper {
            let _ = writeln!(out, "  wrapper {wrapper}");
        }
        if let Some(ty) = &route.response {
            let _ = writeln!(out, "  response {}", app.type_text(ty));
        }
    }
    for model in &app.models {
        let kind = match model.kind {
            ModelKind::TypedDict => "a TypedDict",
            ModelKind::Dataclass => "a dataclass",
            ModelKind::NamedTuple => "a named tuple",
            ModelKind::Struct => "a Struct",
            ModelKind::Pydantic => "a pydantic model",
            ModelKind::Enum(Base::Str) => "an enum of str",
            ModelKind::Enum(Base::Int) => "an enum of int",
            ModelKind::Enum(Base::Float) => "an enum of float",
        };
        let _ = writeln!(out, "\nmodel {}, {kind}, {}", model.name, model.class);
        for field in &model.fields {
            let optional = if field.optional {
                ", may be missing"
            } else {
                ""
            };
            let attribute = if field.attribute == field.name {
                String::new()
            } else {
                format!(", attribute {}", field.attribute)
            };
            let ty = app.type_text(&field.ty);
            let _ = writeln!(out, "  {}: {ty}{attribute}{optional}", shown(&field.name));
        }
    }
    out
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

/// What the routes are found with: the map of static paths, the tree, and what is left to `re`.
pub fn tree(app: &App) -> String {
    let plan = Plan::new(app);
    let mut out = String::from("static paths\n");
    let mut last = None;
    for (id, plan) in plan.endpoints.iter().enumerate() {
        let endpoint = plan.endpoint;
        if endpoint.route.pattern != Pattern::Static {
            continue;
        }
        let path = endpoint.route.declared.path.as_str();
        if last.replace(path) != Some(path) {
            let _ = writeln!(out, "  {}", shown(path));
        }
        let _ = writeln!(out, "    {} → {id}", endpoint.method);
    }
    out.push_str("\ntree\n");
    print(&plan, 0, 1, &mut out);
    out.push_str("\nleft to re\n");
    for (id, plan) in plan.endpoints.iter().enumerate() {
        let endpoint = plan.endpoint;
        if let Pattern::Regex(regex) = &endpoint.route.pattern {
            let _ = writeln!(
                out,
                "  {}\n    {} → {id}",
                shown(&regex.source),
                endpoint.method
            );
        }
    }
    out
}

/// Prints a node. `{}` is any segment that is not empty, the number that of the endpoint.
fn print(plan: &Plan<'_>, node: NodeId, depth: usize, out: &mut String) {
    let indent = 2 * depth;
    let node = &plan.tree.nodes[node];
    for (method, candidates) in &node.ends {
        let method = plan.methods[usize::from(*method)];
        for candidate in candidates {
            let id = candidate.id as usize;
            let guard = match &plan.endpoints[id].endpoint.route.pattern {
                Pattern::Compiled(compiled) if candidate.guarded => {
                    format!(" if it matches {}", compiled.program)
                }
                _ => String::new(),
            };
            let _ = writeln!(out, "{:indent$}{method} → {id}{guard}", "");
        }
    }
    for (text, child) in &node.literals {
        let _ = writeln!(out, "{:indent$}{text:?}", "");
        print(plan, *child, depth + 1, out);
    }
    if let Some(child) = node.capture {
        let _ = writeln!(out, "{:indent$}{{}}", "");
        print(plan, child, depth + 1, out);
    }
}
