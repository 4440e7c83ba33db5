//! The command line.
#![allow(clippy::doc_markdown, reason = "these comments are the text of --help")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
        override_usage = "covet-codegen explain [OPTIONS] METHOD PATH APP\n       covet-codegen explain [OPTIONS] APP",
        after_help = "\
Examples:
  covet-codegen explain GET /users/007 app.py         the route, the values, and what lost to it
  covet-codegen explain WEBSOCKET /live app.py
  covet-codegen explain app.py                        all routes in order
  covet-codegen explain app.py --stage tree           what the routes are found with

PATH is written as in a URL: what is percent-encoded is decoded as a server does it, and a query is
cut off."
    )]
    Explain(Explain),
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
    #[arg(long, value_name = "CODE", value_parser = crate::rules::code)]
    pub allow: Vec<String>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
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
    #[arg(value_name = "METHOD PATH APP", num_args = 1..=3, required = true)]
    pub what: Vec<String>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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
