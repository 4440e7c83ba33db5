//! From the command line and the configuration to a command with all its options.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};

use super::Failure;
use crate::cli::{self, Cli};
use crate::config::{self, Kind, Setting};
use crate::diagnostics::Diagnostic;

/// A pyproject.toml with a table of ours.
pub(super) struct Configuration {
    /// The file, relative to the current directory.
    pub(super) file: PathBuf,
    /// The way to its directory: empty, or `../` as often as it takes.
    pub(super) up: String,
    /// What it says.
    pub(super) settings: Vec<Setting>,
}

/// Reads the command line. What it leaves open is taken from the configuration. Help and misuse
/// end the process, as clap does it.
pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<cli::Command, Failure> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let mut command = cli::command();
    let parse = |command: &mut clap::Command| {
        let matches = command.try_get_matches_from_mut(&arguments);
        matches.unwrap_or_else(|error| error.exit())
    };
    let given = parse(&mut command);
    let Some((name, given)) = given.subcommand() else {
        unreachable!("clap wants a command");
    };
    let known = command.find_subcommand(name).into_iter();
    let known: Vec<_> = known.flat_map(clap::Command::get_arguments).collect();
    let needs_app = known
        .iter()
        .any(|arg| arg.get_id() == "app" && arg.is_positional());
    let mut keys = config::KEYS.iter().map(|key| id(key.name));
    let configuration = if keys.any(|key| {
        let mut known = known.iter();
        known.any(|arg| arg.get_id().as_str() == key && fits(name, arg, &[]))
    }) {
        match find(&env::current_dir().unwrap_or_default()) {
            Ok(found) => found,
            // Its report says what is wrong with the file.
            Err(_) if name == "doctor" => None,
            Err(failure) => return Err(failure),
        }
    } else {
        None
    };
    if let Some(configuration) = &configuration {
        command = configure(cli::command(), name, given, configuration);
    }
    let complete = parse(&mut command);
    let (name, options) = complete.subcommand().unwrap_or((name, given));
    if needs_app && !options.contains_id("app") {
        return Err(no_app(name, configuration.as_ref()).into());
    }
    match Cli::from_arg_matches(&complete) {
        Ok(cli) => Ok(cli.command),
        Err(error) => error.format(&mut command).exit(),
    }
}

/// How clap calls the option of a key.
fn id(key: &str) -> String {
    key.replace('-', "_")
}

/// The nearest configuration, from `start` up to the root of the repository.
pub(super) fn find(start: &Path) -> Result<Option<Configuration>, Failure> {
    let mut up = String::new();
    for directory in start.ancestors() {
        let file = Path::new(&up).join(config::FILE);
        // One that cannot be read is nobody's: it may not even be there.
        if let Ok(bytes) = fs::read(directory.join(config::FILE)) {
            let text = String::from_utf8_lossy(&bytes);
            match config::parse(&text) {
                Ok(None) => {}
                Ok(Some(settings)) => return Ok(Some(Configuration { file, up, settings })),
                Err(found) => {
                    let source = (file.display().to_string(), text.into_owned());
                    return Err(Failure::Misconfigured(found, source));
                }
            }
        }
        if directory.join(".git").exists() {
            break;
        }
        up.push_str("../");
    }
    Ok(None)
}

/// The command line with the settings as the defaults of its options.
fn configure(
    command: clap::Command,
    name: &str,
    given: &ArgMatches,
    configuration: &Configuration,
) -> clap::Command {
    let up = configuration.up.as_str();
    let app_is_given = given.try_contains_id("app").unwrap_or(false)
        && given.value_source("app") == Some(ValueSource::CommandLine);
    command.mut_subcommand(name, |subcommand| {
        let mut subcommand = subcommand;
        for Setting { key, values } in &configuration.settings {
            let mut set = |id: &str, values: Vec<String>| {
                subcommand = subcommand.clone().mut_args(|arg| {
                    if arg.get_id() == id && fits(name, &arg, &values) {
                        arg.default_values(values.clone())
                    } else {
                        arg
                    }
                });
            };
            match (key.kind, values.as_slice()) {
                (Kind::App, [app]) => {
                    let file = config::file_of_app(app, up);
                    let is_module = file.is_none();
                    set("app", vec![file.unwrap_or_else(|| app.clone())]);
                    if is_module && !up.is_empty() && !app_is_given {
                        set("app_dir", vec![up.to_owned()]);
                    }
                }
                (Kind::Path, [path]) => set(&id(key.name), vec![config::below(up, path)]),
                (Kind::Program, [program]) if Path::new(program).components().count() > 1 => {
                    set(&id(key.name), vec![config::below(up, program)]);
                }
                (_, []) => {}
                _ => set(&id(key.name), values.clone()),
            }
        }
        subcommand
    })
}

/// Whether an option of the name of a key is the one that the key is about.
fn fits(command: &str, arg: &clap::Arg, values: &[String]) -> bool {
    match arg.get_id().as_str() {
        // Of other commands it is a report, a table or a directory of pages.
        "out" => command == "build",
        // Where it is no option it is what the command works on.
        "routes" => !arg.is_positional(),
        // Not every command has every format.
        "format" => {
            let known = arg.get_possible_values();
            values
                .iter()
                .all(|value| known.iter().any(|each| each.matches(value, false)))
        }
        _ => true,
    }
}

fn no_app(command: &str, configuration: Option<&Configuration>) -> Diagnostic {
    let message = match configuration {
        Some(found) => format!(
            "no app is named, neither on the command line nor by {}",
            found.file.display()
        ),
        None => {
            "no app is named, and there is no [tool.covet-codegen] in a pyproject.toml".to_owned()
        }
    };
    let help = format!(
        "name it here, as in `covet-codegen {command} app.py`, or write `app = \"app.py\"` below [tool.covet-codegen] in pyproject.toml"
    );
    Diagnostic::error("CVT001", message, help)
}
