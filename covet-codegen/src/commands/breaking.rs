//! `breaking`: which changes of the routes break clients.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{Failure, Loaded, formats, say};
use crate::cli::Breaking;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::interpreter::Interpreter;
use crate::output::{Context, Format};
use crate::{breaking, check, read, rules};

/// Runs the command.
pub(super) fn run(options: &Breaking) -> Result<(), Failure> {
    // What is cheap to be wrong about comes first.
    let (name, text) = kept(&options.against)?;
    let old = read(&text).map_err(|found| Failure::Findings(found, Some((name, text))))?;
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let new = Loaded::new(&interpreter, &options.app)?.app;

    let is_asked = |category| options.category.is_empty() || options.category.contains(&category);
    let found: Vec<Diagnostic> = breaking::compare(&old, &new)
        .into_iter()
        .filter(|one| is_asked(one.category))
        .map(|one| one.diagnostic)
        .collect();
    let all = found.len();
    // The configuration may allow what is `check`'s to find.
    let known = breaking::RULES.iter();
    let asked: Vec<&str> = known
        .filter(|rule| is_asked(rule.category))
        .map(|rule| rule.code)
        .collect();
    let allowed = options.allow.iter();
    let allowed: Vec<_> = allowed
        .filter(|code| asked.contains(&code.as_str()))
        .cloned()
        .collect();
    let found = Diagnostics(check::allow(found, &allowed));
    let breaks = found.0.iter().filter(|one| rules::is_breaking(&one.code));
    let allowed = all - breaks.count();
    let failed = !found.0.is_empty();

    match options.format {
        Format::Text if failed => return Err(Failure::Findings(found, None)),
        Format::Text => {
            let also = match allowed {
                0 => String::new(),
                count => format!(" ({count} allowed)"),
            };
            say(&format!(
                "nothing of {} is broken{also}: {} endpoints then, {} now",
                options.against,
                old.endpoints().count(),
                new.endpoints().count(),
            ));
        }
        format => {
            let more = [
                ("against", json!(options.against)),
                ("allowed", json!(allowed)),
            ];
            let context = Context {
                command: "breaking",
                exit_code: u8::from(failed),
                fallback: formats::file_of(&options.app.app),
                more: more
                    .map(|(key, value)| (key.to_owned(), value))
                    .into_iter()
                    .collect(),
            };
            formats::write(format, found, None, context);
        }
    }
    if failed {
        return Err(Failure::Reported(1));
    }
    Ok(())
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
