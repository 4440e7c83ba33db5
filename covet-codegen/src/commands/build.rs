//! `build`: app to wheel.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use covet_runtime::routing::pattern::Pattern;

use super::verify::{differences, prove};
use super::{Failure, load, say};
use crate::cli::Build;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::interpreter::Interpreter;
use crate::model::App;
use crate::progress::Progress;
use crate::toolchain::{Options, Toolchain};
use crate::{package, wheel, write};

/// Runs the command.
pub(super) fn run(options: &Build) -> Result<(), Failure> {
    let progress = Progress::new();
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let toolchain = Toolchain::find(&interpreter)?;

    progress.stage("Exporting", &options.app.app);
    let (app, routes_toml) = load(&interpreter, &options.app)?;
    let fallbacks = fallbacks(&app);
    if let Some(denied) = denied(&app).filter(|_| options.deny_fallback) {
        return Err(Diagnostics::from(denied).into());
    }

    let crate_dir = match &options.crate_dir {
        Some(directory) => directory.clone(),
        None => Path::new("build/covet").join(app.name.to_string()),
    };
    progress.stage("Generating", &crate_dir.display().to_string());
    let mut directory = write::Directory::claim(&crate_dir)?;
    directory.write(&package::files(&app, &routes_toml))?;
    write::prepare(&options.out)?;

    progress.stage("Compiling", &format!("{} with maturin and cargo", app.name));
    let scratch = tempfile::tempdir()
        .map_err(|error| write::cannot_write(Path::new("a temporary directory"), &error))?;
    let how = Options {
        offline: options.offline,
        verbose: options.verbose,
    };
    let built = toolchain.build(&crate_dir, &interpreter, scratch.path(), how, &progress)?;

    progress.stage("Verifying", "against the framework");
    let (report, verified) = prove(
        &interpreter,
        &options.app,
        Some((&built, &app)),
        &[],
        options.seed,
        options.requests,
    )?;
    if !verified.divergences.is_empty() {
        progress.clear();
        anstream::eprintln!(
            "`--seed {} --requests {}` makes the same requests again",
            verified.seed,
            verified.requested
        );
        return Err(differences(&verified, "the wheel was not handed over").into());
    }

    let unreadable = |error: &dyn std::fmt::Display| {
        let message = format!("the built wheel cannot be read: {error}");
        Diagnostic::error("CVT046", message, "build again")
    };
    let bytes = fs::read(&built).map_err(|error| unreadable(&error))?;
    let inside = format!("{}/verification.json", app.name);
    let bytes = wheel::add_file(&bytes, &inside, &report).map_err(|error| unreadable(&error))?;
    let file_name = built.file_name().map(PathBuf::from).unwrap_or_default();
    let out = options.out.join(file_name);
    write::replace(&out, &bytes)?;
    progress.clear();

    let compiled = app.routes.len() - fallbacks.len();
    say(&format!(
        "compiled {compiled} of {} routes",
        app.routes.len()
    ));
    for (reason, count) in fallbacks {
        say(&format!("  {count} left to Python's `re`: {reason}"));
    }
    say(&format!(
        "verified {} requests against the framework in the tiers {}: no difference (seed {})",
        verified.requests,
        verified.compared_tiers(),
        verified.seed
    ));
    say(&format!(
        "wrote {} ({} KiB)",
        out.display(),
        bytes.len().div_ceil(1024)
    ));
    say(&format!(
        "install it with: {} -m pip install {}",
        interpreter.program.display(),
        out.display()
    ));
    Ok(())
}

/// What `--deny-fallback` says of an app.
pub(super) fn denied(app: &App) -> Option<Diagnostic> {
    let fallbacks = fallbacks(app).len();
    let first = app
        .routes
        .iter()
        .find(|route| matches!(route.pattern, Pattern::Regex(_)))?;
    let help = "change the paths, or leave out --deny-fallback";
    let message = format!(
        "{fallbacks} of {} routes are left to Python's `re`",
        app.routes.len()
    );
    let mut denied = Diagnostic::error("CVT020", message, help);
    denied.location.clone_from(&first.source);
    Some(denied)
}

/// Routes left to Python's `re`, counted by reason.
fn fallbacks(app: &App) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for route in &app.routes {
        if let Pattern::Regex(regex) = &route.pattern {
            *reasons
                .entry(format!("{}: {}", route.declared.path, regex.reason))
                .or_insert(0) += 1;
        }
    }
    reasons
}
