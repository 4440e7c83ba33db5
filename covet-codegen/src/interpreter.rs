//! The app's own Python: finding it, and asking `covet_runtime` in it about the app.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use covet_runtime::routing::EndpointId;
use serde::Deserialize;

use crate::cli::AppArgs;
use crate::diagnostics::{Diagnostic, Diagnostics, Location};
use crate::explain::Asked;
use crate::{VERSION, process};

/// An interpreter in which `covet_runtime` of our version is installed.
#[derive(Debug)]
pub struct Interpreter {
    /// The program, absolute.
    pub program: PathBuf,
    /// What extension modules are named after: it tells version, architecture and threading.
    pub abi: String,
}

/// An interpreter that runs, whether or not it can be used.
#[derive(Debug)]
pub struct Candidate {
    /// The program, absolute.
    pub program: PathBuf,
    /// Why it was chosen: a clause.
    pub reason: String,
    probe: Probe,
}

/// What the packages in an interpreter are.
#[derive(Debug, Deserialize)]
pub struct Packages {
    /// The version of `covet_runtime`.
    pub runtime: String,
    /// Whether its Rust extension can be used.
    pub native: bool,
    /// Why, or why not.
    pub reason: String,
    /// The version of the framework, if it is installed.
    pub framework: Option<String>,
    /// The versions whose rules `covet_runtime` knows.
    pub supported: Vec<String>,
}

/// Importing takes time on a cold disk, and never this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// `python -m covet_runtime` without the working directory on the path, where a `json.py` of the
/// user would be taken for Python's. The runtime adds the app's own directory when it imports it.
const RUN: &str = "import sys
sys.path[:] = [place for place in sys.path if place]
from covet_runtime.__main__ import leave, main
leave(main())";

/// What the interpreter says of itself.
#[derive(Debug, Deserialize)]
struct Probe {
    implementation: String,
    version: (u32, u32),
    full_version: String,
    abi: String,
    free_threaded: bool,
    has_runtime: bool,
}

/// What `export` reports.
#[derive(Debug, Deserialize)]
pub struct ExportReport {
    /// The canonical routes.toml, unless there are errors.
    pub routes_toml: Option<String>,
    /// The fingerprint that the interpreter computed.
    pub fingerprint: Option<String>,
    /// Where handlers are.
    #[serde(default)]
    pub sources: Vec<RouteSource>,
    /// What was found.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}

/// Where the handler of a route is.
#[derive(Debug, Deserialize)]
pub struct RouteSource {
    /// Position of the route in the table.
    pub route: usize,
    /// The place.
    #[serde(flatten)]
    pub location: Location,
}

/// What `verify` reports. `docs/verification.md` describes it.
#[derive(Debug, Deserialize)]
pub struct VerifyReport {
    /// Seed of the random part.
    #[serde(default)]
    pub seed: u64,
    /// How many endpoints the table has.
    #[serde(default)]
    pub endpoints: u64,
    /// How many requests were wanted at most.
    #[serde(default)]
    pub requested: u64,
    /// How many requests were made.
    #[serde(default)]
    pub requests: u64,
    /// How many there were of each kind.
    #[serde(default)]
    pub kinds: BTreeMap<String, u64>,
    /// Whether it ended because its time was up.
    #[serde(default)]
    pub out_of_time: bool,
    /// How long it took in all, and the framework and each tier, if that was asked for.
    #[serde(default)]
    pub seconds: BTreeMap<String, f64>,
    /// Which tiers were compared.
    #[serde(default)]
    pub tiers: BTreeMap<String, bool>,
    /// Why, or why not.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
    /// Where a tier and the framework differ.
    #[serde(default)]
    pub divergences: Vec<Divergence>,
    /// Why it could not run.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}

impl VerifyReport {
    /// The names of the tiers that were compared, as a list to read.
    pub fn compared_tiers(&self) -> String {
        let compared = self.tiers.iter().filter(|(_, compared)| **compared);
        compared
            .map(|(tier, _)| tier.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// A request that a tier answers differently.
#[derive(Debug, Deserialize)]
pub struct Divergence {
    /// `generated`, `native` or `pure`.
    pub tier: String,
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// What the framework answers.
    pub expected: serde_json::Value,
    /// What the tier answers.
    pub actual: serde_json::Value,
    /// Why the request was made.
    #[serde(default)]
    pub witness: String,
}

impl Candidate {
    /// The interpreter that [`Interpreter::find`] looks at.
    ///
    /// # Errors
    ///
    /// `CVT040` when there is none that runs.
    pub fn find(chosen: Option<&Path>) -> Result<Self, Diagnostic> {
        let (program, reason) = candidate(chosen)?;
        // Other programs are told of it, and run elsewhere. Links stay: they make an environment.
        let program = std::path::absolute(&program).unwrap_or(program);
        let probe = probe(&program, &reason)?;
        Ok(Self {
            program,
            reason,
            probe,
        })
    }

    /// Whether it is of a kind that wheels can be built for.
    ///
    /// # Errors
    ///
    /// `CVT040` when it is not.
    pub fn check(&self) -> Result<(), Diagnostic> {
        let (shown, probe) = (self.program.display(), &self.probe);
        let (major, minor) = probe.version;
        if probe.implementation != "cpython" || probe.version < (3, 9) {
            return Err(Diagnostic::error(
                "CVT040",
                format!("{shown} is {} {major}.{minor}", probe.implementation),
                "use CPython 3.9 or newer: `--python PATH`",
            ));
        }
        if probe.free_threaded {
            return Err(Diagnostic::error(
                "CVT040",
                format!("{shown} is a free-threaded build of Python"),
                "use the ordinary build: free-threaded Python is not supported yet",
            ));
        }
        Ok(())
    }

    /// Whether `covet_runtime` is installed in it.
    ///
    /// # Errors
    ///
    /// `CVT041` when it is not.
    pub fn check_runtime(&self) -> Result<(), Diagnostic> {
        if self.probe.has_runtime {
            return Ok(());
        }
        let (shown, reason) = (self.program.display(), &self.reason);
        Err(Diagnostic::error(
            "CVT041",
            format!("covet_runtime is not installed for {shown}, {reason}"),
            format!(
                "run `{shown} -m pip install covet-runtime=={VERSION}`, or choose the app's interpreter with `--python`"
            ),
        ))
    }

    /// Its version as a wheel's user knows it: `3.11`.
    pub fn version(&self) -> String {
        let (major, minor) = self.probe.version;
        format!("{major}.{minor}")
    }

    /// What it is: implementation, version, ABI and threading.
    pub fn description(&self) -> String {
        let Probe {
            implementation,
            full_version,
            abi,
            free_threaded,
            ..
        } = &self.probe;
        let threading = if *free_threaded {
            "free-threaded"
        } else {
            "with the GIL"
        };
        format!("{implementation} {full_version}, {abi}, {threading}")
    }

    /// Asks it for the packages that matter.
    ///
    /// # Errors
    ///
    /// `CVT042` when `covet_runtime` does not answer as it should.
    pub fn packages(&self) -> Result<Packages, Diagnostic> {
        const SCRIPT: &str = "import sys
sys.path[:] = [place for place in sys.path if place]
import importlib.metadata, json
from covet_runtime import __version__, _loader
from covet_runtime.frameworks import covet_responses
try:
    framework = importlib.metadata.version('covet')
except importlib.metadata.PackageNotFoundError:
    framework = None
found = _loader.available()
print(json.dumps({
    'runtime': __version__, 'native': found.module is not None, 'reason': found.reason,
    'framework': framework, 'supported': [covet_responses.VERSION],
}))";
        let shown = self.program.display();
        let cure = format!("run `{shown} -m pip install covet-runtime=={VERSION}`");
        let broken = |said: &str| {
            let message = format!("covet_runtime does not work in {shown}: {said}");
            Diagnostic::error("CVT042", message, cure.clone())
        };
        let mut command = Command::new(&self.program);
        let output = process::output(command.args(["-c", SCRIPT]), PATIENCE)
            .map_err(|error| broken(&error.to_string()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.trim().lines().last().unwrap_or("it says nothing");
        serde_json::from_slice(&output.stdout).map_err(|_| broken(last))
    }
}

impl Interpreter {
    /// The interpreter to use: `chosen`, else that of `$VIRTUAL_ENV`, else `python3` on `PATH`.
    ///
    /// # Errors
    ///
    /// `CVT040` when there is none that works, `CVT041` when `covet_runtime` is missing in it.
    pub fn find(chosen: Option<&Path>) -> Result<Self, Diagnostic> {
        let candidate = Candidate::find(chosen)?;
        candidate.check()?;
        candidate.check_runtime()?;
        Ok(Self {
            program: candidate.program,
            abi: candidate.probe.abi,
        })
    }

    /// Exports the app's route table.
    ///
    /// # Errors
    ///
    /// What the exporter found; `CVT042` when it is of another version.
    pub fn export(&self, app: &AppArgs) -> Result<ExportReport, Diagnostics> {
        let options = ["--expect-version", VERSION].map(str::to_owned);
        let report = self.ask("export", app, &options)?;
        let report: ExportReport = read_report(&report)?;
        if report.routes_toml.is_none() {
            return Err(Diagnostics(report.diagnostics));
        }
        Ok(report)
    }

    /// Compares the tiers with the framework. Returns the report as text and as values.
    ///
    /// # Errors
    ///
    /// Why it could not run.
    pub fn verify(
        &self,
        app: &AppArgs,
        options: &[String],
    ) -> Result<(Vec<u8>, VerifyReport), Diagnostics> {
        let text = self.ask("verify", app, options)?;
        let report: VerifyReport = read_report(&text)?;
        if report
            .diagnostics
            .iter()
            .any(|d| d.severity == crate::diagnostics::Severity::Error)
        {
            return Err(Diagnostics(report.diagnostics));
        }
        Ok((text, report))
    }

    /// Asks what `covet-codegen explain` cannot know: about an app, `paths` as in a URL, and the call
    /// of the handler of an endpoint for the first of them.
    ///
    /// # Errors
    ///
    /// Why it could not be asked.
    pub fn explain(
        &self,
        app: &AppArgs,
        paths: &[String],
        candidate: Option<EndpointId>,
    ) -> Result<Asked, Diagnostics> {
        let paths = paths.iter().map(|path| format!("--path={path}"));
        let candidate = candidate.map(|id| format!("--candidate={id}"));
        let options: Vec<_> = paths.chain(candidate).collect();
        let text = self.ask("explain", app, &options)?;
        read_report(&text)
    }

    /// Runs a command of `python -m covet_runtime`. What the app prints goes to standard error.
    fn ask(
        &self,
        command: &str,
        options: &AppArgs,
        more: &[String],
    ) -> Result<Vec<u8>, Diagnostics> {
        let app = &options.app;
        let place = tempfile::tempdir().map_err(|error| cannot_run(&self.program, &error))?;
        let report = place.path().join("report.json");
        let status = Command::new(&self.program)
            .args(["-c", RUN, command, app, "--report"])
            .arg(&report)
            .args(options.name.iter().flat_map(|name| ["--name", name]))
            .args(
                options
                    .app_dir
                    .iter()
                    .flat_map(|place| ["--app-dir".as_ref(), place.as_os_str()]),
            )
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .map_err(|error| cannot_run(&self.program, &error))?;
        if status.success() && !report.exists() {
            let message = format!("{app} ended the process while it was imported");
            let help = "keep calls such as `os._exit` out of what runs at import";
            return Err(Diagnostic::error("CVT002", message, help).into());
        }
        fs::read(&report).map_err(|_| {
            Diagnostic::error(
                "CVT042",
                format!("`{} -m covet_runtime {command}` left no report ({status})", self.program.display()),
                format!("see what it printed above; if it does not know the command, install covet-runtime=={VERSION}"),
            )
            .into()
        })
    }
}

/// The program to try and where it comes from.
fn candidate(chosen: Option<&Path>) -> Result<(PathBuf, String), Diagnostic> {
    if let Some(chosen) = chosen {
        let found = if chosen.components().count() > 1 {
            Some(chosen.to_owned())
        } else {
            on_path(chosen.as_os_str())
        };
        return found
            .filter(|path| path.is_file())
            .map(|path| (path, "given with --python".to_owned()))
            .ok_or_else(|| {
                Diagnostic::error(
                    "CVT040",
                    format!("there is no interpreter {}", chosen.display()),
                    "give `--python` the path of the app's interpreter",
                )
            });
    }
    if let Some(environment) = env::var_os("VIRTUAL_ENV").filter(|value| !value.is_empty()) {
        let environment = PathBuf::from(environment);
        let program = if cfg!(windows) {
            "Scripts/python.exe"
        } else {
            "bin/python"
        };
        let program = environment.join(program);
        if program.is_file() {
            return Ok((program, "from $VIRTUAL_ENV".to_owned()));
        }
        return Err(Diagnostic::error(
            "CVT040",
            format!(
                "$VIRTUAL_ENV is {}, which has no Python",
                environment.display()
            ),
            "activate an environment that exists, or use `--python PATH`",
        ));
    }
    let names: &[&str] = if cfg!(windows) {
        &["python3", "python"]
    } else {
        &["python3"]
    };
    let found = names.iter().find_map(|name| on_path(OsStr::new(name)));
    found
        .map(|path| (path, "found on PATH".to_owned()))
        .ok_or_else(|| {
            Diagnostic::error(
                "CVT040",
                "there is no python3 on PATH and no virtual environment is active",
                "activate the app's environment, or use `--python PATH`",
            )
        })
}

/// The first executable file called `name` in the directories of `PATH`.
pub(crate) fn on_path(name: &OsStr) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths).find_map(|directory| {
        let path = directory.join(name);
        let with_suffix = path.with_extension(env::consts::EXE_EXTENSION);
        [path, with_suffix]
            .into_iter()
            .find(|path| is_executable(path))
    })
}

fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path)
            .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

fn probe(program: &Path, reason: &str) -> Result<Probe, Diagnostic> {
    const SCRIPT: &str = "import sys
sys.path[:] = [place for place in sys.path if place]
import importlib.util, json, platform, sysconfig
print(json.dumps({
    'implementation': sys.implementation.name,
    'version': sys.version_info[:2],
    'full_version': platform.python_version(),
    'abi': sysconfig.get_config_var('SOABI') or sysconfig.get_config_var('EXT_SUFFIX') or '',
    'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),
    'has_runtime': importlib.util.find_spec('covet_runtime') is not None,
}))";
    let output = process::output(Command::new(program).args(["-c", SCRIPT]), PATIENCE);
    let output = output.map_err(|error| cannot_run(program, &error))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        Diagnostic::error(
            "CVT040",
            format!(
                "{}, {reason}, is no Python that works: {}",
                program.display(),
                said.trim()
            ),
            "choose the app's interpreter with `--python PATH`",
        )
    })
}

fn read_report<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Diagnostics> {
    serde_json::from_slice(text).map_err(|error| {
        Diagnostic::error(
            "CVT042",
            format!("covet_runtime reports in a form that this program does not read: {error}"),
            format!("install covet-runtime=={VERSION} in the app's environment"),
        )
        .into()
    })
}

fn cannot_run(program: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "CVT040",
        format!("cannot run {}: {error}", program.display()),
        "choose the app's interpreter with `--python PATH`",
    )
}
