//! `breaking`: which changes of the routes break clients.

use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::{Failure, Loaded, print, say};
use crate::breaking::{self, Finding};
use crate::cli::{Breaking, ResultFormat};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::interpreter::Interpreter;
use crate::read;

/// The result as JSON.
#[derive(Serialize)]
struct Report<'a> {
    against: &'a str,
    findings: &'a [Finding],
    /// How many more there were of rules that are allowed.
    allowed: usize,
}

/// Runs the command.
pub(super) fn run(options: &Breaking) -> Result<(), Failure> {
    // What is cheap to be wrong about comes first.
    let (name, text) = kept(&options.against)?;
    let old = read(&text).map_err(|found| Failure::Findings(found, Some((name, text))))?;
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let new = Loaded::new(&interpreter, &options.app)?.app;

    let mut found = breaking::compare(&old, &new);
    found.retain(|one| options.category.is_empty() || options.category.contains(&one.category));
    let all = found.len();
    found.retain(|one| !options.allow.contains(&one.diagnostic.code));
    let allowed = all - found.len();

    match options.format {
        ResultFormat::Json => {
            let report = Report {
                against: &options.against,
                findings: &found,
                allowed,
            };
            let text = serde_json::to_string_pretty(&report).expect("text and numbers are JSON");
            say(&text);
        }
        ResultFormat::Text if found.is_empty() => {
            let also = match allowed {
                0 => String::new(),
                count => format!(" ({count} allowed)"),
            };
            print(&format!(
                "nothing of {} is broken{also}: {} endpoints then, {} now\n",
                options.against,
                old.endpoints().count(),
                new.endpoints().count(),
            ));
        }
        ResultFormat::Text => {}
    }
    if found.is_empty() {
        return Ok(());
    }
    if options.format == ResultFormat::Json {
        return Err(Failure::Reported(1));
    }
    let found = found.into_iter().map(|one| one.diagnostic).collect();
    Err(Failure::Findings(Diagnostics(found), None))
}

/// The table to compare with: what to call it, and its text.
fn kept(against: &str) -> Result<(String, String), Diagnostic> {
    if let Some(revision) = against.strip_prefix("git:") {
        let (revision, path) = match revision.split_once(':') {
            Some((revision, path)) => (revision, path),
            None => (revision, "routes.toml"),
        };
        return Ok((format!("{revision}:{path}"), from_git(revision, path)?));
    }
    let text = fs::read_to_string(against).map_err(|error| {
        let message = format!("cannot read {against}: {error}");
        let help = "keep the table of what clients rely on, `covet-codegen export app.py -o routes.toml`, or compare with `git:REVISION`";
        Diagnostic::error("CVT001", message, help)
    })?;
    Ok((against.to_owned(), text))
}

/// A file as it was at a revision. The path is relative to the working directory.
fn from_git(revision: &str, path: &str) -> Result<String, Diagnostic> {
    let refuse = |message: String, help: &str| Diagnostic::error("CVT119", message, help);
    if revision.is_empty() || revision.starts_with('-') {
        let message = format!("`{revision}` is no revision");
        let help = "name a branch, a tag or a commit: `--against git:main`";
        return Err(refuse(message, help));
    }
    let is_below = !path.starts_with(['/', '.']);
    let object = format!("{revision}:{}{path}", if is_below { "./" } else { "" });
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .stdin(Stdio::null())
            // What git says is shown, and read by nobody but people.
            .env("LC_ALL", "C")
            .output();
        output.map_err(|error| {
            let help = "install git, or compare with a file: `--against routes.toml`";
            refuse(format!("git cannot be run: {error}"), help)
        })
    };
    let commit = format!("{revision}^{{commit}}");
    let found = git(&[
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ])?;
    if !found.status.success() {
        let said = String::from_utf8_lossy(&found.stderr);
        let message = match said.lines().next() {
            Some(reason) => format!("git cannot tell what `{revision}` is: {reason}"),
            None => format!("git knows no revision `{revision}`"),
        };
        let help = "name a branch, a tag or a commit that is here: a shallow clone has few (`git fetch --unshallow`)";
        return Err(refuse(message, help));
    }
    let found = git(&["cat-file", "blob", &object])?;
    if !found.status.success() {
        let said = String::from_utf8_lossy(&found.stderr);
        let reason = said.lines().next().unwrap_or_default();
        let message = format!("there is no {path} at `{revision}`: {reason}");
        let help = "name the file as it is found from here, `--against git:REVISION:PATH`, and commit it where it is not";
        return Err(refuse(message, help));
    }
    String::from_utf8(found.stdout).map_err(|_| {
        let message = format!("{path} at `{revision}` is no text");
        refuse(message, "name a file that `covet-codegen export` wrote")
    })
}
