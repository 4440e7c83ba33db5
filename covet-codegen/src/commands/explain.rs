//! `explain`: which route answers a request, and why.

use clap::CommandFactory;
use clap::error::ErrorKind;
use serde::Serialize;

use super::{Failure, Loaded, print, say};
use crate::cli::{AppArgs, Cli, Explain, ResultFormat, Stage};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::emit;
use crate::explain::{self, Asked, Question, Subject};
use crate::interpreter::Interpreter;
use crate::lower::{Plan, Responses};
use crate::model::App;

/// Runs the command.
pub(super) fn run(options: &Explain) -> Result<(), Failure> {
    let (request, app) = match &options.what[..] {
        [] => (None, None),
        [app] => (None, Some(app)),
        [method, path] => (Some((method, path)), None),
        [method, path, app] => (Some((method, path)), Some(app)),
        _ => misused("more than a request and an app: covet-codegen explain METHOD PATH APP"),
    };
    let Some(app) = app.or(options.app.as_ref()) else {
        misused(
            "the app is missing, and no pyproject.toml names one: covet-codegen explain METHOD PATH APP",
        )
    };
    if options.stage.is_some() && (request.is_some() || options.format == ResultFormat::Json) {
        misused(
            "--stage prints a stage of the whole app, as text: covet-codegen explain APP --stage tree",
        );
    }
    let interpreter = Interpreter::find(options.python.as_deref())?;
    let arguments = AppArgs {
        app: app.clone(),
        app_dir: options.app_dir.clone(),
        python: options.python.clone(),
        name: options.name.clone(),
    };
    // What is to be noted about other routes is not what was asked.
    let Loaded {
        app, routes_toml, ..
    } = Loaded::new(&interpreter, &arguments)?;
    if let Some(stage) = options.stage {
        print(&print_stage(stage, &app, &routes_toml));
        return Ok(());
    }
    let Some((method, path)) = request else {
        let rows = explain::list(&app);
        match options.format {
            ResultFormat::Text => print(&explain::list_text(&rows)),
            ResultFormat::Json => say(&json(&rows)),
        }
        return Ok(());
    };
    let subject = Subject::new(&app);
    let question = Question::new(method, path);
    let candidate = subject.find(method, &question.target.path);
    let asked = interpreter.explain(&arguments, &question.paths(), candidate)?;
    check(&asked, &app)?;
    let explanation = subject.explain(&question, &asked);
    match options.format {
        ResultFormat::Text => print(&explain::text(&explanation)),
        ResultFormat::Json => say(&json(&explanation)),
    }
    Ok(())
}

fn print_stage(stage: Stage, app: &App, routes_toml: &str) -> String {
    match stage {
        Stage::Manifest => routes_toml.to_owned(),
        Stage::Model => explain::model(app),
        Stage::Tree => explain::tree(app),
        Stage::Rust => format!(
            "// src/routes.rs\n\n{}\n// src/responses.rs\n\n{}",
            emit::routes(app, &Plan::new(app)),
            emit::responses(app, &Responses::new(app))
        ),
    }
}

/// The app was imported twice, and has to have been the same.
fn check(asked: &Asked, app: &App) -> Result<(), Failure> {
    if asked
        .diagnostics
        .iter()
        .any(|one| one.severity == Severity::Error)
    {
        return Err(Diagnostics(asked.diagnostics.clone()).into());
    }
    if asked.fingerprint == app.fingerprint {
        return Ok(());
    }
    let message = "the app has another table each time it is imported";
    let help = "make the routes independent of what changes from process to process, such as the order of a set";
    Err(Failure::Findings(
        Diagnostic::error("CVT033", message, help).into(),
        None,
    ))
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("text and numbers are JSON")
}

/// Ends the program as clap does when the command line is wrong.
fn misused(message: &str) -> ! {
    let mut command = Cli::command();
    command.build();
    let explain = command.find_subcommand_mut("explain");
    let command = explain.expect("this is it");
    command
        .error(ErrorKind::MissingRequiredArgument, message)
        .exit()
}
