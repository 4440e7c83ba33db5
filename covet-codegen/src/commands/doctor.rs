//! `doctor`: can a build work here?

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Failure, options, print};
use crate::cli::{Doctor, ResultFormat};
use crate::diagnostics::Diagnostic;
use crate::doctor::{self, Check, Status, size};
use crate::interpreter::Candidate;
use crate::{VERSION, process, toolchain};

/// Less than this is too little for one build.
const SPACE_NEEDED: u64 = 300 << 20;
/// Less than this will not do for long.
const SPACE_ENOUGH: u64 = 1 << 30;
/// To add up the cache may take this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the command.
pub(super) fn run(options: &Doctor) -> Result<(), Failure> {
    let (configuration, offline) = configuration();
    let mut checks = python(options.python.as_deref());
    checks.extend(rust());
    checks.extend(cache());
    checks.push(crates(offline));
    checks.extend(configuration);
    match options.format {
        ResultFormat::Text => anstream::print!("{}", doctor::text(&checks)),
        ResultFormat::Json => print(&doctor::json(&checks)),
    }
    if doctor::works(&checks) {
        Ok(())
    } else {
        Err(Failure::Reported(1))
    }
}

/// The interpreter, what is installed in it, and maturin, which is looked for beside it.
fn python(chosen: Option<&Path>) -> Vec<Check> {
    let candidate = match Candidate::find(chosen) {
        Ok(candidate) => candidate,
        Err(fault) => return vec![Check::problem("python", &fault)],
    };
    let (program, reason) = (candidate.program.display(), &candidate.reason);
    let mut checks = vec![match candidate.check() {
        Ok(()) => Check::ok(
            "python",
            format!("{program}, {reason}: {}", candidate.description()),
        ),
        Err(fault) => Check::problem("python", &fault),
    }];
    match candidate.check_runtime() {
        Ok(()) => checks.extend(packages(&candidate)),
        Err(fault) => checks.push(Check::problem("covet_runtime", &fault)),
    }
    checks.push(maturin(&candidate.program));
    checks
}

fn packages(candidate: &Candidate) -> Vec<Check> {
    let found = match candidate.packages() {
        Ok(found) => found,
        Err(fault) => return vec![Check::problem("covet_runtime", &fault)],
    };
    let program = candidate.program.display();
    let tier = if found.native { "native" } else { "pure" };
    let shown = format!("{}, {tier} tier: {}", found.runtime, found.reason);
    let install = format!("run `{program} -m pip install covet-runtime=={VERSION}`");
    let runtime = if found.runtime != VERSION {
        let message = format!("{shown}; this program needs {VERSION}");
        Check::problem(
            "covet_runtime",
            &Diagnostic::error("CVT042", message, install),
        )
    } else if found.native {
        Check::ok("covet_runtime", shown)
    } else {
        let help = "nothing has to be done for a build; apps without their wheel are slower so";
        Check::warning("covet_runtime", shown, help)
    };
    let supported = found.supported.join(", ");
    let framework = match found.framework {
        None => Check::problem(
            "framework",
            &Diagnostic::error(
                "CVT002",
                format!("covet is not installed for {program}"),
                format!(
                    "run `{program} -m pip install covet=={supported}`, or choose the app's interpreter with `--python`"
                ),
            ),
        ),
        Some(version) if found.supported.contains(&version) => {
            Check::ok("framework", format!("covet {version}, which is supported"))
        }
        Some(version) => Check::warning(
            "framework",
            format!("covet {version}; {supported} is what this version is made for"),
            "the verification says whether its matching is the same; responses are left to it",
        ),
    };
    vec![runtime, framework]
}

fn maturin(python: &Path) -> Check {
    let words = match toolchain::find_maturin(python) {
        Ok(words) => words,
        Err(fault) => return Check::problem("maturin", &fault),
    };
    let place = words.iter().map(|word| word.display().to_string());
    let place = place.collect::<Vec<_>>().join(" ");
    let mut command = Command::new(&words[0]);
    match process::output(
        command.args(&words[1..]).arg("--version"),
        toolchain::PATIENCE,
    ) {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            Check::ok("maturin", format!("{version}, {place}"))
        }
        Ok(output) => broken(
            "maturin",
            &place,
            String::from_utf8_lossy(&output.stderr).trim(),
        ),
        Err(error) => broken("maturin", &place, &error.to_string()),
    }
}

fn broken(name: &'static str, place: &str, said: &str) -> Check {
    let message = format!("{place} does not work: {said}");
    Check::problem(
        name,
        &Diagnostic::error("CVT044", message, "run `pip install 'maturin>=1.16,<2'`"),
    )
}

/// cargo, rustc and what it links with.
fn rust() -> Vec<Check> {
    let cargo = match toolchain::find_cargo() {
        Ok(place) => match process::output(Command::new(&place).arg("-V"), toolchain::PATIENCE) {
            Ok(output) => of_version(
                "cargo",
                &String::from_utf8_lossy(&output.stdout),
                &place.display().to_string(),
            ),
            Err(error) => of_version("cargo", &error.to_string(), &place.display().to_string()),
        },
        Err(fault) => Check::problem("cargo", &fault),
    };
    let rustc = match toolchain::rustc_version() {
        Ok(said) => {
            let host = said.lines().find_map(|line| line.strip_prefix("host: "));
            of_version("rustc", &said, host.unwrap_or_default())
        }
        Err(fault) => Check::problem("rustc", &fault),
    };
    let usable = rustc.status != Status::Problem;
    let mut checks = vec![cargo, rustc];
    if usable {
        checks.push(match toolchain::link() {
            Ok(()) => Check::ok("linker", "an empty program was compiled and linked"),
            Err(fault) => Check::problem("linker", &fault),
        });
    }
    checks
}

/// What a program of Rust's says of itself, `rustc 1.89.0 (...)`, against the oldest that will do.
fn of_version(name: &'static str, said: &str, place: &str) -> Check {
    let line = said.lines().next().unwrap_or_default();
    let version = line.split(' ').nth(1).unwrap_or_default();
    let minimum = toolchain::MINIMUM_RUST;
    let help = "run `rustup update stable`, or install Rust from https://rustup.rs";
    match doctor::is_at_least(version, minimum) {
        Some(true) => Check::ok(name, format!("{version}, {place}")),
        Some(false) => {
            let message = format!("{version}, {place}: {minimum} is the oldest that will do");
            Check::problem(name, &Diagnostic::error("CVT043", message, help))
        }
        None => {
            let message = format!("{name} does not say its version, but: {line}");
            Check::problem(name, &Diagnostic::error("CVT043", message, help))
        }
    }
}

/// Where compiled dependencies are kept, and how much fits there.
fn cache() -> Vec<Check> {
    let place = toolchain::cache_directory();
    let shown = place.display();
    // It may not be there yet: what counts is the nearest directory above it.
    let absolute = std::path::absolute(&place).unwrap_or_else(|_| place.clone());
    let there = absolute.ancestors().find(|place| place.exists());
    let there = there.unwrap_or(Path::new(".")).to_owned();
    let help = "free it, or name another place with COVET_CODEGEN_CACHE";
    if let Err(error) = tempfile::tempfile_in(&there) {
        let message = format!("{shown} cannot be written: {error}");
        return vec![Check::problem(
            "cache",
            &Diagnostic::error("CVT051", message, help),
        )];
    }
    let (bytes, complete) = size_of(&place);
    let more = if complete { "" } else { "more than " };
    let mut checks = vec![Check::ok(
        "cache",
        format!("{shown}, {more}{}", size(bytes)),
    )];
    if let Ok(free) = fs4::available_space(&there) {
        let found = format!("{} free for the cache", size(free));
        checks.push(if free < SPACE_NEEDED {
            let message = format!("{found}; a first build takes about {}", size(SPACE_NEEDED));
            Check::problem("disk", &Diagnostic::error("CVT051", message, help))
        } else if free < SPACE_ENOUGH {
            Check::warning("disk", found, help)
        } else {
            Check::ok("disk", found)
        });
    }
    checks
}

/// The bytes in a directory, and whether there was time to count all.
fn size_of(directory: &Path) -> (u64, bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut left = vec![directory.to_owned()];
    let mut bytes = 0;
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => left.push(entry.path()),
                Ok(data) => bytes += data.len(),
                Err(_) => {}
            }
            if Instant::now() > deadline {
                return (bytes, false);
            }
        }
    }
    (bytes, true)
}

/// Whether cargo has to fetch anything. Nobody asks the network: a mirror may be what is reached.
fn crates(offline: bool) -> Check {
    let needed = doctor::crates_of(include_str!("../../../templates/crate/Cargo.lock"));
    let home = env::var_os("CARGO_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let Some(home) = home else {
        return Check::warning("crates", "there is no cargo home", "set CARGO_HOME");
    };
    let registries = fs::read_dir(home.join("registry/cache"));
    let kept: Vec<OsString> = registries
        .into_iter()
        .flatten()
        .flatten()
        .flat_map(|registry| {
            fs::read_dir(registry.path())
                .into_iter()
                .flatten()
                .flatten()
        })
        .map(|entry| entry.file_name())
        .collect();
    let missing = needed
        .iter()
        .filter(|name| !kept.iter().any(|kept| kept == name.as_str()));
    let (missing, needed) = (missing.count(), needed.len());
    let home = home.display();
    if missing == 0 {
        return Check::ok(
            "crates",
            format!("all {needed} are in {home}: `--offline` works"),
        );
    }
    let found = format!("{missing} of {needed} are not in {home}: the next build fetches them");
    let check = Check::warning(
        "crates",
        found,
        "build once with a network, without --offline",
    );
    if offline {
        // On some targets a few are not needed, so a build might work; nobody should rely on that.
        check.is(Status::Problem)
    } else {
        check
    }
}

/// The configuration in effect, and whether it says `offline`.
fn configuration() -> (Vec<Check>, bool) {
    match options::find(&env::current_dir().unwrap_or_default()) {
        Ok(None) => {
            let found = "no [tool.covet-codegen] in a pyproject.toml here or above";
            (vec![Check::ok("configuration", found)], false)
        }
        Ok(Some(found)) => {
            let keys = found.settings.iter().map(|setting| setting.key.name);
            let keys = keys.collect::<Vec<_>>().join(", ");
            let offline = found
                .settings
                .iter()
                .any(|setting| setting.key.name == "offline" && setting.values == ["true"]);
            let shown = format!("{}: {keys}", found.file.display());
            (vec![Check::ok("configuration", shown)], offline)
        }
        Err(Failure::Misconfigured(found, (name, text))) => {
            let checks = found.0.into_iter().map(|mut fault| {
                let before = fault.span.as_ref().map_or("", |span| &text[..span.start]);
                let line = before.matches('\n').count() + 1;
                fault.message = format!("{name}:{line}: {}", fault.message);
                Check::problem("configuration", &fault)
            });
            (checks.collect(), false)
        }
        Err(_) => unreachable!("nothing else is found in a configuration"),
    }
}
