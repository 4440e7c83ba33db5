//! Running maturin, which runs cargo, which runs rustc, which runs a linker.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use crate::diagnostics::Diagnostic;
use crate::interpreter::{Interpreter, on_path};
use crate::progress::Progress;
use crate::{digest, process};

/// A program that says its version, or that links nothing, takes never this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The programs that a build needs.
#[derive(Debug)]
pub struct Toolchain {
    maturin: Vec<PathBuf>,
    /// What `rustc -vV` prints: part of the cache key.
    rustc: String,
}

/// How to build.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Do not reach for the network.
    pub offline: bool,
    /// Show everything that the programs print.
    pub verbose: bool,
}

/// The oldest Rust that generated crates, and this program, can be built with.
pub const MINIMUM_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

impl Toolchain {
    /// Finds the programs.
    ///
    /// # Errors
    ///
    /// `CVT043` without cargo or rustc, `CVT044` without maturin.
    pub fn find(interpreter: &Interpreter) -> Result<Self, Diagnostic> {
        find_cargo()?;
        Ok(Self {
            maturin: find_maturin(&interpreter.program)?,
            rustc: rustc_version()?,
        })
    }

    /// Builds the crate in `source` for `interpreter` and returns the wheel, in a directory of
    /// its own below `out`.
    ///
    /// # Errors
    ///
    /// `CVT045` when there is no linker, `CVT046` when the build fails otherwise.
    pub fn build(
        &self,
        source: &Path,
        interpreter: &Interpreter,
        out: &Path,
        options: Options,
        progress: &Progress,
    ) -> Result<PathBuf, Diagnostic> {
        let log = source.join("build.log");
        let mut command = Command::new(&self.maturin[0]);
        command
            .args(&self.maturin[1..])
            .args(["build", "--release", "--locked", "--manifest-path"])
            .arg(source.join("Cargo.toml"))
            .arg("--interpreter")
            .arg(&interpreter.program)
            .arg("--out")
            .arg(out)
            .args(options.offline.then_some("--offline"))
            .env("CARGO_TARGET_DIR", self.target_directory(interpreter))
            .env_remove("VIRTUAL_ENV")
            .env_remove("CONDA_PREFIX")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let output = run(&mut command, options.verbose, progress)
            .map_err(|error| failed(&format!("cannot run maturin: {error}"), "", &log))?;
        let _ = fs::write(&log, &output.text);
        if !output.success {
            return Err(explain(&output.text, &log));
        }
        wheel_in(out).ok_or_else(|| failed("maturin left no wheel", &output.text, &log))
    }

    /// Where cargo keeps what it has compiled: shared by all apps, but not between compilers or
    /// interpreters, since an object for another ABI would be silently broken.
    fn target_directory(&self, interpreter: &Interpreter) -> PathBuf {
        let program = interpreter.program.to_string_lossy();
        let key = [self.rustc.as_str(), &interpreter.abi, &program].join("\0");
        let key = &digest::hex(key.as_bytes())[..16];
        cache_directory().join(key)
    }
}

fn missing(program: &str) -> Diagnostic {
    Diagnostic::error(
        "CVT043",
        format!("{program} is not on PATH"),
        "install Rust from https://rustup.rs, or open a new shell if you just have",
    )
}

/// Where cargo is.
///
/// # Errors
///
/// `CVT043` when it is nowhere.
pub fn find_cargo() -> Result<PathBuf, Diagnostic> {
    on_path("cargo".as_ref()).ok_or_else(|| missing("cargo"))
}

/// What `rustc -vV` prints.
///
/// # Errors
///
/// `CVT043` when there is no rustc that answers.
pub fn rustc_version() -> Result<String, Diagnostic> {
    let output = process::output(Command::new("rustc").arg("-vV"), PATIENCE)
        .map_err(|_| missing("rustc"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Compiles and links an empty program in a directory of its own.
///
/// # Errors
///
/// `CVT045` when there is no linker, `CVT046` when it fails otherwise.
pub fn link() -> Result<(), Diagnostic> {
    let log = Path::new("what rustc printed");
    let cannot = |error: &std::io::Error| {
        let message = format!("an empty program cannot be built: {error}");
        Diagnostic::error(
            "CVT046",
            message,
            "see that rustc works and that there is disk space",
        )
    };
    let place = tempfile::tempdir().map_err(|error| cannot(&error))?;
    fs::write(place.path().join("empty.rs"), "fn main() {}\n").map_err(|error| cannot(&error))?;
    let mut command = Command::new("rustc");
    command
        .args(["--edition", "2024", "empty.rs"])
        .current_dir(place.path());
    let output = process::output(&mut command, PATIENCE).map_err(|error| cannot(&error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(explain(&String::from_utf8_lossy(&output.stderr), log))
}

/// `$COVET_CODEGEN_CACHE`, else the platform's place for caches.
pub fn cache_directory() -> PathBuf {
    let from = |variable: &str| {
        env::var_os(variable)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    if let Some(chosen) = from("COVET_CODEGEN_CACHE") {
        return chosen;
    }
    let base = if cfg!(windows) {
        from("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        from("HOME").map(|home| home.join("Library/Caches"))
    } else {
        from("XDG_CACHE_HOME").or_else(|| from("HOME").map(|home| home.join(".cache")))
    };
    base.unwrap_or_else(env::temp_dir).join("covet-codegen")
}

/// Beside this program (they are installed together), beside the app's interpreter, on `PATH`, or
/// as a module of the interpreter.
///
/// # Errors
///
/// `CVT044` when it is nowhere.
pub fn find_maturin(python: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let name = format!("maturin{}", env::consts::EXE_SUFFIX);
    let own = env::current_exe().unwrap_or_default();
    let places: Vec<_> = [own.as_path(), python]
        .iter()
        .filter_map(|program| Some(program.parent()?.join(&name)))
        .collect();
    let installed = places.iter().find(|place| place.is_file()).cloned();
    if let Some(program) = installed.or_else(|| on_path(name.as_ref())) {
        return Ok(vec![program]);
    }
    let as_module = [python.to_owned(), "-m".into(), "maturin".into()];
    let mut command = Command::new(&as_module[0]);
    let probe = process::output(command.args(&as_module[1..]).arg("--version"), PATIENCE);
    if probe.is_ok_and(|output| output.status.success()) {
        return Ok(as_module.to_vec());
    }
    let places: Vec<_> = places
        .iter()
        .map(|place| place.display().to_string())
        .collect();
    let (places, python) = (places.join(", "), python.display());
    Err(Diagnostic::error(
        "CVT044",
        format!("maturin is missing: looked for {places}, on PATH, and for a module of {python}"),
        "run `pip install 'maturin>=1.16,<2'`",
    ))
}

struct Output {
    success: bool,
    text: String,
}

fn run(command: &mut Command, verbose: bool, progress: &Progress) -> std::io::Result<Output> {
    let mut child = command.spawn()?;
    let mut text = String::new();
    if let Some(stderr) = child.stderr.take() {
        let mut reader = BufReader::new(stderr);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let shown = String::from_utf8_lossy(&line);
            if verbose {
                anstream::eprint!("{shown}");
            } else {
                progress.line(&shown);
            }
            text.push_str(&shown);
            line.clear();
        }
    }
    progress.clear();
    Ok(Output {
        success: child.wait()?.success(),
        text,
    })
}

fn explain(text: &str, log: &Path) -> Diagnostic {
    let linker_missing = text.contains("linker `") && text.contains("not found");
    if linker_missing || text.contains("linker 'cc' not found") {
        return Diagnostic::error(
            "CVT045",
            "rustc finds no linker",
            "install a C toolchain: `apt-get install gcc`, `xcode-select --install`, or the Visual Studio Build Tools",
        );
    }
    if text.contains("--offline")
        && (text.contains("no matching package") || text.contains("failed to download"))
    {
        return failed(
            "a crate is not in cargo's cache and --offline forbids to fetch it",
            "",
            log,
        );
    }
    failed("the build failed", text, log)
}

fn failed(message: &str, text: &str, log: &Path) -> Diagnostic {
    const SHOWN: usize = 25;
    let lines: Vec<_> = text.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.starts_with("error"))
        .unwrap_or_else(|| lines.len().saturating_sub(SHOWN));
    let shown: Vec<_> = lines[first..]
        .iter()
        .take(SHOWN)
        .map(|line| format!("\n{line}"))
        .collect();
    Diagnostic::error(
        "CVT046",
        format!("{message}{}", shown.concat()),
        format!(
            "the whole output is in {}; `--verbose` shows it as it comes",
            log.display()
        ),
    )
}

fn wheel_in(directory: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(directory).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "whl"))
}
