//! The commands: each is the pipeline up to some stage, with its inputs and outputs.

mod breaking;
mod build;
mod check;
mod completions;
mod doctor;
mod explain;
mod export;
mod formats;
mod generate;
mod init_ci;
mod man;
mod options;
mod report;
mod rules;
mod verify;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::cli::{AppArgs, Command};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity, Source};
use crate::interpreter::{ExportReport, Interpreter};
use crate::model::App;
use crate::read;

/// Why a command ends without its result.
#[derive(Debug)]
pub enum Failure {
    /// The app, its table or its wheel are at fault: exit code 1. The second part is the text
    /// that spans point into, and its name.
    Findings(Diagnostics, Option<(String, String)>),
    /// The command could not do its work: exit code 2.
    CouldNotRun(Diagnostics),
    /// The configuration is at fault: exit code 2. The second part is its name and its text.
    Misconfigured(Diagnostics, (String, String)),
    /// The command has said itself why, and this is its exit code.
    Reported(u8),
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

/// Reads a command line and runs its command.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match options::read(arguments) {
        Ok(command) => run(command),
        Err(failure) => conclude(Err(failure)),
    }
}

/// Runs a command and prints what it has to say. 0 is success, 1 is findings, 2 is everything
/// that kept it from telling.
pub fn run(command: Command) -> ExitCode {
    conclude(match command {
        Command::Build(options) => build::run(&options),
        Command::Export(options) => export::run(&options),
        Command::Generate(options) => generate::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Rules(options) => {
            rules::run(&options);
            Ok(())
        }
        Command::Breaking(options) => breaking::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::InitCi(options) => init_ci::run(&options),
        Command::Completions(options) => {
            completions::run(&options);
            Ok(())
        }
        Command::Man(options) => man::run(&options),
    })
}

/// The end of a command.
fn conclude(result: Result<(), Failure>) -> ExitCode {
    let (code, found, source) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Findings(found, source)) => (1, found, source),
        Err(Failure::CouldNotRun(found)) => (2, found, None),
        Err(Failure::Misconfigured(found, source)) => (2, found, Some(source)),
        Err(Failure::Reported(code)) => return ExitCode::from(code),
    };
    let source = source.as_ref().map(|(name, text)| Source { name, text });
    anstream::eprintln!("{}", found.render(source));
    ExitCode::from(code)
}

/// The table of an app.
struct Loaded {
    app: App,
    /// The table as text.
    routes_toml: String,
    /// What is worth knowing about it: notes and warnings.
    remarks: Diagnostics,
}

impl Loaded {
    /// Exports, parses and checks the table of an app.
    fn new(interpreter: &Interpreter, options: &AppArgs) -> Result<Self, Failure> {
        let ExportReport {
            routes_toml,
            fingerprint,
            sources,
            diagnostics,
        } = interpreter.export(options)?;
        let routes_toml = routes_toml.unwrap_or_default();
        let mut app = read(&routes_toml).map_err(|found| {
            Failure::Findings(found, Some(("routes.toml".to_owned(), routes_toml.clone())))
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
        let remarks = diagnostics.into_iter();
        Ok(Self {
            app,
            routes_toml,
            remarks: Diagnostics(remarks.filter(|d| d.severity < Severity::Error).collect()),
        })
    }
}

/// Exports, parses and checks the table of an app, and prints what is worth knowing about it.
fn load(interpreter: &Interpreter, options: &AppArgs) -> Result<(App, String), Failure> {
    let loaded = Loaded::new(interpreter, options)?;
    if !loaded.remarks.0.is_empty() {
        anstream::eprintln!("{}", loaded.remarks.render(None));
    }
    Ok((loaded.app, loaded.routes_toml))
}

/// A line of result, on standard output.
fn say(line: &str) {
    print(&format!("{line}\n"));
}

/// Text on standard output. A reader that has gone away is not an error of ours.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
