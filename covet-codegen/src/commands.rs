//! The commands: each is the pipeline up to some stage, with its inputs and outputs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use covet_runtime::routing::pattern::Pattern;

use crate::cli::{AppArgs, Build, Command, Export, Generate, Verify};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity, Source};
use crate::interpreter::{Divergence, ExportReport, Interpreter, VerifyReport};
use crate::model::App;
use crate::progress::Progress;
use crate::toolchain::{Options, Toolchain};
use crate::{package, read, wheel, write};

/// Why a command ends without its result.
#[derive(Debug)]
pub enum Failure {
    /// The app, its table or its wheel are at fault: exit code 1. The second part is the text
    /// that spans point into, and its name.
    Findings(Diagnostics, Option<(String, String)>),
    /// The command could not do its work: exit code 2.
    CouldNotRun(Diagnostics),
}

/// What is wrong with the app is findings. What is wrong with the interpreter, the toolchain or the
/// place to write to (`CVT04x`, `CVT05x`) keeps a command from telling.
impl From<Diagnostics> for Failure {
    fn from(found: Diagnostics) -> Self {
        let surroundings = |found: &Diagnostic| {
            found.severity == Severity::Error
                && (found.code.starts_with("CVT04") || found.code.starts_with("CVT05"))
        };
        if found.0.iter().any(surroundings) {
            Self::CouldNotRun(found)
        } else {
            Self::Findings(found, None)
        }
    }
}

/// Errors of the surroundings: no interpreter, no compiler, no permission.
impl From<Diagnostic> for Failure {
    fn from(found: Diagnostic) -> Self {
        Self::CouldNotRun(found.into())
    }
}

/// Runs a command and prints what it has to say. 0 is success, 1 is findings, 2 is everything
/// that kept it from telling.
pub fn run(command: Command) -> ExitCode {
    let result = match command {
        Command::Build(options) => build(&options),
        Command::Export(options) => export(&options),
        Command::Generate(options) => generate(&options),
        Command::Verify(options) => verify(&options),
    };
    let (code, found, source) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Findings(found, source)) => (1, found, source),
        Err(Failure::CouldNotRun(found)) => (2, found, None),
    };
    let source = source.as_ref().map(|(name, text)| Source { name, text });
    anstream::eprintln!("{}", found.render(source));
    ExitCode::from(code)
}

/// `build`: app to wheel.
fn build(options: &Build) -> Result<(), Failure> {
    let progress = Progress::new();
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let toolchain = Toolchain::find(&interpreter)?;

    progress.stage("Exporting", &options.app.app);
    let (app, routes_toml) = load(&interpreter, &options.app)?;
    let fallbacks = fallbacks(&app);
    if options.deny_fallback && !fallbacks.is_empty() {
        let help = "change the paths, or build without --deny-fallback";
        let message = format!(
            "{} of {} routes are left to Python's `re`",
            fallbacks.len(),
            app.routes.len()
        );
        return Err(Diagnostics::from(Diagnostic::error("CVT020", message, help)).into());
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
        options.seed,
        options.requests,
    )?;

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

/// `export`: app to routes.toml.
fn export(options: &Export) -> Result<(), Failure> {
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let (_, routes_toml) = load(&interpreter, &options.app)?;
    match &options.out {
        Some(path) => write::replace(path, routes_toml.as_bytes()).map(|_| ())?,
        None => print(&routes_toml),
    }
    Ok(())
}

/// `generate`: routes.toml to crate.
fn generate(options: &Generate) -> Result<(), Failure> {
    let text = fs::read_to_string(&options.routes).map_err(|error| {
        Diagnostic::error(
            "CVT001",
            format!("cannot read {}: {error}", options.routes.display()),
            "export the table first: `covet-codegen export app.py -o routes.toml`",
        )
    })?;
    let app = read(&text).map_err(|found| {
        Failure::Findings(
            found,
            Some((options.routes.display().to_string(), text.clone())),
        )
    })?;
    write::Directory::claim(&options.out)?.write(&package::files(&app, &text))?;
    say(&format!(
        "wrote the crate of {} to {}",
        app.name,
        options.out.display()
    ));
    Ok(())
}

/// `verify`: app, and perhaps wheel, to verdict.
fn verify(options: &Verify) -> Result<(), Failure> {
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let (app, _) = load(&interpreter, &options.app)?;
    let wheel = match &options.wheel {
        Some(path) if !path.exists() => {
            let message = format!("there is no wheel {}", path.display());
            let help = "build it first: `covet-codegen build app.py`";
            return Err(Diagnostic::error("CVT001", message, help).into());
        }
        wheel => wheel.as_deref().map(|path| (path, &app)),
    };
    let (report, verified) = prove(
        &interpreter,
        &options.app,
        wheel,
        options.seed,
        options.requests,
    )?;
    if let Some(path) = &options.report {
        write::replace(path, &report)?;
    }
    say(&format!(
        "no difference in {} requests (tiers {}, seed {})",
        verified.requests,
        verified.compared_tiers(),
        verified.seed
    ));
    Ok(())
}

/// Exports, parses and checks the table of an app, and prints what is worth knowing about it.
fn load(interpreter: &Interpreter, options: &AppArgs) -> Result<(App, String), Failure> {
    let report = interpreter.export(&options.app, options.name.as_deref())?;
    let ExportReport {
        routes_toml,
        fingerprint,
        sources,
        diagnostics,
    } = report;
    let text = routes_toml.unwrap_or_default();
    let mut app = read(&text).map_err(|found| {
        Failure::Findings(found, Some(("routes.toml".to_owned(), text.clone())))
    })?;
    if fingerprint
        .as_deref()
        .is_some_and(|theirs| theirs != app.fingerprint)
    {
        return Err(Diagnostic::error(
            "CVT042",
            "covet_runtime computes another fingerprint for this table than this program",
            format!(
                "install covet-runtime=={} in the app's environment",
                crate::VERSION
            ),
        )
        .into());
    }
    for source in sources {
        if let Some(route) = app.routes.get_mut(source.route) {
            route.source = Some(source.location);
        }
    }
    let remarks: Vec<_> = diagnostics
        .into_iter()
        .filter(|d| d.severity < Severity::Error)
        .collect();
    if !remarks.is_empty() {
        anstream::eprintln!("{}", Diagnostics(remarks).render(None));
    }
    Ok((app, text))
}

/// A failed verification shows this many witnesses.
const SHOWN: usize = 5;

/// Runs the verification and turns divergences into findings.
fn prove(
    interpreter: &Interpreter,
    options: &AppArgs,
    wheel: Option<(&Path, &App)>,
    seed: Option<u64>,
    requests: Option<u64>,
) -> Result<(Vec<u8>, VerifyReport), Failure> {
    let mut arguments = Vec::new();
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    if let Some((path, app)) = wheel {
        add("--wheel-path", path.display().to_string());
        add("--module", app.name.to_string());
    }
    if let Some(name) = &options.name {
        add("--name", name.clone());
    }
    if let Some(seed) = seed {
        add("--seed", seed.to_string());
    }
    if let Some(requests) = requests {
        add("--requests", requests.to_string());
    }
    let (text, report) = interpreter.verify(&options.app, &arguments)?;
    if report.divergences.is_empty() {
        return Ok((text, report));
    }
    let mut found: Vec<_> = report
        .divergences
        .iter()
        .take(SHOWN)
        .map(diverges)
        .collect();
    if report.divergences.len() > SHOWN {
        let message = format!(
            "{} more requests are answered differently",
            report.divergences.len() - SHOWN
        );
        found.push(Diagnostic::error(
            "CVT060",
            message,
            "see the JSON report of `covet-codegen verify --report`",
        ));
    }
    Err(Diagnostics(found).into())
}

fn diverges(divergence: &Divergence) -> Diagnostic {
    let Divergence {
        tier,
        method,
        path,
        expected,
        actual,
        witness,
    } = divergence;
    let shown: String = path.escape_debug().take(200).collect();
    Diagnostic::error(
        "CVT060",
        format!(
            "{method} {shown}: the framework answers {expected}, the {tier} tier {actual} ({witness})"
        ),
        "this is a defect of covet-codegen: the wheel was not handed over; please report the route table",
    )
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

/// A line of result, on standard output.
fn say(line: &str) {
    print(&format!("{line}\n"));
}

/// Text on standard output. A reader that has gone away is not an error of ours.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
