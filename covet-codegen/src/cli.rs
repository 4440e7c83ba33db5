//! The command line.
#![allow(clippy::doc_markdown, reason = "these comments are the text of --help")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::output::{self, Format};

/// Compiles the front end of a CovetPy app.
///
/// Reads the app's route table in the app's own interpreter, generates a Rust crate specialised to
/// it, builds the crate with maturin, proves the result against the framework and leaves a wheel.
#[derive(Debug, Parser)]
#[command(
    name = "covet-codegen",
    version,
    propagate_version = true,
    max_term_width = 100
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
  covet-codegen verify app.py --wheel dist/blog_covet-0.1.0-cp311-cp311-linux_x86_64.whl
  covet-codegen verify app.py --requests 1000000 --seed 7")]
    Verify(Verify),
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
    /// The app: app.py, app.py:name, pkg.mod:name or pkg.mod:create_app()
    pub app: String,
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
    /// The wheel to verify; without it only the other tiers are compared
    #[arg(long, value_name = "FILE")]
    pub wheel: Option<PathBuf>,
    /// Seed of the random part
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many requests to make
    #[arg(long, value_name = "N")]
    pub requests: Option<u64>,
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
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = known_code)]
    pub allow: Vec<String>,
}

/// A code of `docs/diagnostics.md`.
fn known_code(code: &str) -> Result<String, String> {
    let known = |code: &str| output::title(code).is_some();
    if known(code) {
        return Ok(code.to_owned());
    }
    let upper = code.to_uppercase();
    Err(if known(&upper) {
        format!("did you mean {upper}?")
    } else {
        "there is no such code; docs/diagnostics.md has all of them".to_owned()
    })
}
