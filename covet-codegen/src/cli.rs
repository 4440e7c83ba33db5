//! The command line.
#![allow(clippy::doc_markdown, reason = "these comments are the text of --help")]

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum, value_parser};

use crate::output::Format;

/// Compiles the front end of a CovetPy app.
///
/// Reads the app's route table in the app's own interpreter, generates a Rust crate specialised to
/// it, builds the crate with maturin, proves the result against the framework and leaves a wheel.
#[derive(Debug, Parser)]
#[command(
    name = "covet-codegen",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Examples:
  covet-codegen doctor                            can a build work here?
  covet-codegen build app.py                      from the app to a wheel that is proven
  covet-codegen init-ci                           have a workflow of GitHub do that

What is the same each time belongs under [tool.covet-codegen] of pyproject.toml.
`covet-codegen COMMAND --help` has examples of each command.
Documentation: https://github.com/covet-codegen/covet-codegen/tree/main/docs"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the wheel of an app
    #[command(after_help = "\
Examples:
  covet-codegen build app.py                      the app object is found in the file
  covet-codegen build blog/app.py:application     when there are several
  covet-codegen build 'shop.main:create_app()'    a factory

It ends with the command that installs the wheel. In the app: covet_runtime.install(app)")]
    Build(Build),
    /// Write the route table of an app as TOML
    #[command(after_help = "\
Examples:
  covet-codegen export app.py                     to standard output
  covet-codegen export app.py -o routes.toml      keep it beside the code and review its changes")]
    Export(Export),
    /// Write the Rust crate of a route table, without building it
    #[command(after_help = "\
Example:
  covet-codegen generate routes.toml -o build/blog_covet")]
    Generate(Generate),
    /// Compare a built wheel, and the other tiers, with the framework
    #[command(after_help = "\
Examples:
  covet-codegen verify app.py                     the wheel that is installed for the app
  covet-codegen verify app.py --wheel dist/blog_covet-0.1.0-cp311-cp311-linux_x86_64.whl
  covet-codegen verify app.py --requests 1000000 --seed 7
  covet-codegen verify app.py --requests 100000000 --time 600 --report report.json

It ends with the command that makes the same requests again.")]
    Verify(Verify),
    /// Write a page about an app: its routes as a tree, its models, findings and sizes
    #[command(after_help = "\
Examples:
  covet-codegen report app.py                     report.html, for any browser
  covet-codegen report app.py -o public/api.html  as an artifact of CI, to look at beside a change

The page is a single file that needs no network. The same app gives the same bytes.")]
    Report(Report),
    /// Say whether a build can work here, and what to do if not
    #[command(after_help = "\
Examples:
  covet-codegen doctor                            every line is ok, a warning or a problem
  covet-codegen doctor --python .venv/bin/python  of another interpreter
  covet-codegen doctor --format json              for programs

It exits with 0 when a build can work, with 1 when it cannot. It fetches and changes nothing.")]
    Doctor(Doctor),
    /// Write a workflow for GitHub that checks the app and builds its wheel
    #[command(after_help = "\
Examples:
  covet-codegen init-ci                           the app of [tool.covet-codegen]
  covet-codegen init-ci app.py                    this one
  covet-codegen init-ci -o - app.py               only look at it

The workflow is yours: change it as you like. It is not overwritten without --force.")]
    InitCi(InitCi),
    /// Write a script that completes commands and options in a shell
    #[command(after_help = "\
Examples:
  covet-codegen completions bash > ~/.local/share/bash-completion/completions/covet-codegen
  covet-codegen completions zsh > \"${fpath[1]}/_covet-codegen\"
  covet-codegen completions fish > ~/.config/fish/completions/covet-codegen.fish
  covet-codegen completions powershell >> $PROFILE")]
    Completions(Completions),
    /// Write the manual pages
    #[command(after_help = "\
Examples:
  covet-codegen man | man -l -                    read the first page
  covet-codegen man -o ~/.local/share/man/man1    all pages, for `man covet-codegen-build`")]
    Man(Man),
    /// Say what a code means
    #[command(after_help = "\
Examples:
  covet-codegen rules                             all codes, a line each
  covet-codegen rules CVT012                      what it means and what to do
  covet-codegen rules route-removed               by the name of a rule

It is the text of docs/diagnostics.md, and needs neither an app nor an interpreter.")]
    Rules(Rules),
    /// Say which changes of the routes break clients
    #[command(after_help = "\
Examples:
  covet-codegen breaking app.py --against routes.toml         the table kept beside the code
  covet-codegen breaking app.py --against git:main            routes.toml as it is on main
  covet-codegen breaking app.py --against git:v1.2:api/routes.toml
  covet-codegen breaking app.py --against git:main --category wire,json
  covet-codegen breaking app.py --against git:main --allow CVT117

Categories: wire, a request that worked is answered otherwise; json, a client does not understand a
response any more; source, generated code and links made by name have to be changed. What a rule
means and what to do: covet-codegen rules CVT100. Exit code 1 when something breaks.")]
    Breaking(Breaking),
    /// Say which route answers a request, and why
    #[command(
        override_usage = "covet-codegen explain [OPTIONS] METHOD PATH [APP]\n       covet-codegen explain [OPTIONS] [APP]",
        after_help = "\
Examples:
  covet-codegen explain GET /users/007 app.py         the route, the values, and what lost to it
  covet-codegen explain WEBSOCKET /live               of the app that pyproject.toml names
  covet-codegen explain app.py                        all routes in order
  covet-codegen explain app.py --stage tree           what the routes are found with

PATH is written as in a URL: what is percent-encoded is decoded as a server does it, and a query is
cut off."
    )]
    Explain(Explain),
    /// Compare an app with what was kept of it, without writing anything
    #[command(after_help = "\
Examples:
  covet-codegen check app.py                      with routes.toml, if it is there
  covet-codegen check app.py --wheel dist/*.whl   with a wheel, too
  covet-codegen check app.py --format github      in a workflow: annotates lines
  covet-codegen check app.py --format sarif > check.sarif
  covet-codegen check app.py --allow CVT070       leaves out findings of a code

Exit codes: 0 nothing was found, notes aside; 1 there are findings; 2 it could
not run. docs/check.md says what is compared, docs/diagnostics.md what codes mean.")]
    Check(Check),
}

/// Options of the commands that import the app.
#[derive(Debug, Args)]
pub struct AppArgs {
    /// The app: app.py, app.py:name, pkg.mod:name or pkg.mod:create_app() [default: `app` of
    /// pyproject.toml]
    // `commands::options` sees to it that there is one.
    #[arg(required = false)]
    pub app: String,
    /// Where pkg.mod is looked up [default: the current directory]
    #[arg(long, value_name = "DIR")]
    pub app_dir: Option<PathBuf>,
    /// The app's interpreter [default: that of $VIRTUAL_ENV, else python3 on PATH]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Name of the wheel and its module [default: made from the app's module]
    #[arg(long)]
    pub name: Option<String>,
}

/// Options of `build`.
#[derive(Debug, Args)]
pub struct Build {
    /// How to find the app.
    #[command(flatten)]
    pub app: AppArgs,
    /// Where the wheel goes
    #[arg(short, long, value_name = "DIR", default_value = "dist")]
    pub out: PathBuf,
    /// Where the generated crate goes [default: build/covet/NAME]
    #[arg(long, value_name = "DIR")]
    pub crate_dir: Option<PathBuf>,
    /// Fail when a route has to be left to Python's `re`
    #[arg(long)]
    pub deny_fallback: bool,
    /// Do not reach for the network: all crates must be in cargo's cache
    #[arg(long)]
    pub offline: bool,
    /// Seed of the random part of the verification
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many requests the verification makes
    #[arg(long, value_name = "N")]
    pub requests: Option<u64>,
    /// Show what maturin and cargo print
    #[arg(short, long)]
    pub verbose: bool,
}

/// Options of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// How to find the app.
    #[command(flatten)]
    pub app: AppArgs,
    /// Where the table goes [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// The route table
    pub routes: PathBuf,
    /// Where the crate goes
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// How to find the app.
    #[command(flatten)]
    pub app: AppArgs,
    /// The wheel to verify [default: the one that is installed for this app, if there is one]
    #[arg(long, value_name = "FILE")]
    pub wheel: Option<PathBuf>,
    /// Seed of the random part [default: 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many requests to make at most [default: up to 20000, by the size of the table]
    #[arg(long, value_name = "N")]
    pub requests: Option<u64>,
    /// Make no more requests after this time [default: no limit]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub time: Option<f64>,
    /// Where to leave the report as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// How to find the app.
    #[command(flatten)]
    pub app: AppArgs,
    /// The table that was kept [default: routes.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub routes: Option<PathBuf>,
    /// The generated crate that was kept [default: build/covet/NAME, if there is one]
    #[arg(long, value_name = "DIR")]
    pub crate_dir: Option<PathBuf>,
    /// A wheel that has to be of this app
    #[arg(long, value_name = "FILE")]
    pub wheel: Option<PathBuf>,
    /// The form of the output: text, json, github or sarif
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    pub format: Format,
    /// Fail when a route has to be left to Python's `re`
    #[arg(long)]
    pub deny_fallback: bool,
    /// Leave out findings of this code; may be given again
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = crate::rules::code)]
    pub allow: Vec<String>,
}

/// Options of `rules`.
#[derive(Debug, Args)]
pub struct Rules {
    /// The code, or the name of a rule; without it all are listed
    #[arg(value_parser = crate::rules::code)]
    pub code: Option<String>,
}

/// Options of `breaking`.
#[derive(Debug, Args)]
pub struct Breaking {
    /// How to find the app.
    #[command(flatten)]
    pub app: AppArgs,
    /// The table that clients rely on: a file, or git:REVISION[:PATH]
    #[arg(long, value_name = "FILE|git:REV[:PATH]")]
    pub against: String,
    /// Only changes of these categories
    #[arg(long, value_delimiter = ',', ignore_case = true)]
    pub category: Vec<crate::breaking::Category>,
    /// Changes by this rule are meant: its code or its name
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = crate::rules::code)]
    pub allow: Vec<String>,
    /// The form of the output: text, json, github or sarif
    #[arg(long, value_enum, default_value_t, hide_possible_values = true)]
    pub format: Format,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The request, METHOD and PATH, and the app: app.py, app.py:name, pkg.mod:name or
    /// pkg.mod:create_app(). Without a request the routes are listed
    #[arg(value_name = "METHOD PATH APP", num_args = 0..=3)]
    pub what: Vec<String>,
    /// The app where it is not named behind the request [default: `app` of pyproject.toml]
    #[arg(long)]
    pub app: Option<String>,
    /// Where pkg.mod is looked up [default: the current directory]
    #[arg(long, value_name = "DIR")]
    pub app_dir: Option<PathBuf>,
    /// The app's interpreter [default: that of $VIRTUAL_ENV, else python3 on PATH]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Name of the wheel and its module [default: made from the app's module]
    #[arg(long)]
    pub name: Option<String>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
    /// Print what the app is at a stage on its way to Rust
    #[arg(long, value_enum)]
    pub stage: Option<Stage>,
}

/// A stage between an app and the Rust that is generated for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// The route table as TOML
    Manifest,
    /// The checked table, and what each path means
    Model,
    /// The map and the tree that routes are found with
    Tree,
    /// The Rust code
    Rust,
}

/// Options of `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// How to find the app.
    #[command(flatten)]
    pub app: AppArgs,
    /// Where the page goes
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub out: PathBuf,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The app's interpreter [default: that of $VIRTUAL_ENV, else python3 on PATH]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// Options of `init-ci`.
#[derive(Debug, Args)]
pub struct InitCi {
    /// How to find the app.
    #[command(flatten)]
    pub app: AppArgs,
    /// Where the workflow goes; `-` is standard output [default: .github/workflows/covet.yml in
    /// the repository's root]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long)]
    pub force: bool,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The directory for a page of each command [default: the first page to standard output]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// What the list of commands in `--help` is divided into. A command that is not named here is
/// listed behind all others.
const GROUPS: &[(&str, &[&str])] = &[
    ("Build", &["build", "export", "generate", "verify"]),
    ("Gate", &["check", "breaking", "init-ci"]),
    ("Understand", &["explain", "report", "rules"]),
    ("Set-up", &["doctor", "completions", "man"]),
];

/// Switches that pyproject.toml can turn on. The command line can then turn them off: they take
/// `=false`.
const SWITCHES: &[&str] = &["deny_fallback", "offline"];

/// The command line as it is parsed, with everything that derive macros cannot say.
pub fn command() -> clap::Command {
    let command = Cli::command().mut_subcommands(|subcommand| {
        subcommand.mut_args(|arg| {
            if SWITCHES.contains(&arg.get_id().as_str()) {
                arg.action(ArgAction::Set)
                    .value_parser(value_parser!(bool))
                    .value_name("BOOL")
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_value("false")
                    .default_missing_value("true")
                    .hide_default_value(true)
                    .hide_possible_values(true)
            } else {
                arg
            }
        })
    });
    let commands = grouped(&command);
    let header = *command.get_styles().get_header();
    command.help_template(StyledStr::from(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{commands}{header}Options:{header:#}\n{{options}}{{after-help}}"
    )))
}

/// The list of commands, in groups.
fn grouped(command: &clap::Command) -> String {
    let mut rest: Vec<_> = command.get_subcommands().collect();
    let width = rest.iter().map(|each| each.get_name().len()).max();
    let width = width.unwrap_or_default() + 2;
    let (header, literal) = {
        let styles = command.get_styles();
        (*styles.get_header(), *styles.get_literal())
    };
    let mut groups: Vec<(&str, Vec<&clap::Command>)> = Vec::new();
    for (title, names) in GROUPS {
        let found = names
            .iter()
            .filter_map(|name| command.find_subcommand(name))
            .collect();
        rest.retain(|each| !names.contains(&each.get_name()));
        groups.push((title, found));
    }
    groups.push(("Other", rest));
    let mut text = String::new();
    for (title, commands) in groups.iter().filter(|(_, commands)| !commands.is_empty()) {
        let _ = writeln!(text, "{header}{title}:{header:#}");
        for each in commands {
            let (name, about) = (each.get_name(), each.get_about().cloned());
            let about = about.unwrap_or_default();
            let space = width - name.len();
            let _ = writeln!(text, "  {literal}{name}{literal:#}{:space$}{about}", "");
        }
        text.push('\n');
    }
    text
}

/// A time in seconds that can pass.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err("not a number of seconds greater than 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn every_command_has_a_group_and_examples() {
        let named: Vec<_> = GROUPS.iter().flat_map(|(_, names)| *names).collect();
        for each in command().get_subcommands() {
            assert!(named.contains(&&each.get_name()), "{}", each.get_name());
            let examples = each.get_after_help().map(ToString::to_string);
            assert!(
                examples.is_some_and(|text| text.starts_with("Example")),
                "{}",
                each.get_name()
            );
        }
    }

    #[test]
    fn switches_can_be_turned_off() {
        let offline = |given: &[&str]| {
            let arguments = ["covet-codegen", "build", "app.py"].iter().chain(given);
            let matches = command().try_get_matches_from(arguments)?;
            let (_, build) = matches.subcommand().expect("there is one");
            Ok::<_, clap::Error>(build.get_flag("offline"))
        };
        assert!(!offline(&[]).expect("valid"));
        assert!(offline(&["--offline"]).expect("valid"));
        assert!(offline(&["--offline=true"]).expect("valid"));
        assert!(!offline(&["--offline=false"]).expect("valid"));
        assert!(offline(&["--offline=maybe"]).is_err());
        // An app behind it is an app.
        assert!(offline(&["--offline", "false"]).is_err());
    }

    #[test]
    fn no_time_is_no_limit() {
        assert_eq!(seconds("1.5"), Ok(1.5));
        for text in ["0", "-1", "nan", "inf", "soon", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
