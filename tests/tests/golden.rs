//! What is generated from a few small tables, for readers and against accidents.
//!
//! `BLESS=1 cargo test -p covet-tests` writes the expected files anew.

use std::fmt::Write as _;
use std::fs;

use covet_codegen::lower::{Plan, Responses};
use covet_codegen::model::App;
use covet_codegen::{emit, package};
use covet_runtime::routing::pattern::Pattern;
use covet_tests::{assert_golden, entries, golden_folder};

fn tables() -> Vec<(std::path::PathBuf, String, App)> {
    let folders = entries(&golden_folder().join("tables"));
    assert!(folders.len() >= 4, "{folders:?}");
    folders
        .into_iter()
        .map(|folder| {
            let text = fs::read_to_string(folder.join("routes.toml")).expect("each has a table");
            let text = text.replace("\r\n", "\n");
            let app = covet_codegen::read(&text).expect("golden tables are right");
            (folder, text, app)
        })
        .collect()
}

#[test]
fn trees() {
    for (folder, _, app) in tables() {
        assert_golden(&folder.join("tree.txt"), &tree(&app));
    }
}

#[test]
fn routes() {
    for (folder, _, app) in tables() {
        assert_golden(
            &folder.join("routes.rs"),
            &emit::routes(&app, &Plan::new(&app)),
        );
    }
}

#[test]
fn responses() {
    let tables = tables().into_iter();
    let tables: Vec<_> = tables.filter(|(.., app)| !app.models.is_empty()).collect();
    assert!(tables.len() >= 4, "{}", tables.len());
    for (folder, _, app) in tables {
        assert_golden(
            &folder.join("responses.rs"),
            &emit::responses(&app, &Responses::new(&app)),
        );
    }
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    for (_, text, app) in tables() {
        let first = package::files(&app, &text);
        let again = covet_codegen::read(&text).expect("read before");
        assert!(first == package::files(&again, &text), "{}", app.name);
    }
}

#[test]
fn no_placeholder_of_a_template_is_left() {
    for (_, text, app) in tables() {
        for (path, content) in package::files(&app, &text) {
            let text = String::from_utf8(content).expect("generated files are text");
            let vendored = path.starts_with("vendor/covet-runtime/src");
            assert!(vendored || !text.contains("{{"), "{path}");
        }
    }
}

/// What is known of responses, when that is anything, as text.
fn models(app: &App) -> String {
    let mut text = String::new();
    for route in &app.routes {
        if let Some(response) = &route.response {
            let _ = writeln!(text, "  {:?}: {response:?}", route.declared.path);
        }
    }
    for (id, model) in app.models.iter().enumerate() {
        let _ = writeln!(
            text,
            "  {id} {} {:?} {:?}",
            model.name, model.class, model.kind
        );
        for field in &model.fields {
            let optional = if field.optional { " optional" } else { "" };
            let _ = writeln!(
                text,
                "    {:?} from {:?}{optional}: {:?}",
                field.name, field.attribute, field.ty
            );
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("\nresponses\n{text}")
    }
}

/// The fingerprint, the endpoints, the tree and the responses of a table, as text.
fn tree(app: &App) -> String {
    let plan = Plan::new(app);
    let mut text = format!("fingerprint {}\n\nendpoints\n", app.fingerprint);
    for (id, endpoint) in app.endpoints().enumerate() {
        let how = match &endpoint.route.pattern {
            Pattern::Static => "static".to_owned(),
            Pattern::Compiled(compiled) => compiled.program.to_string(),
            Pattern::Regex(regex) => format!("`re`, because {}", regex.reason),
        };
        let path = &endpoint.route.declared.path;
        let _ = writeln!(text, "  {id} {} {path:?}: {how}", endpoint.method);
    }
    let _ = write!(text, "\ntree\n{}", plan.tree);
    text + &models(app)
}
