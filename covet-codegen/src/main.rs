//! The command line tool. What it does is in the library's [`covet_codegen::commands`].

use std::process::ExitCode;

use clap::Parser;
use covet_codegen::cli::Cli;

fn main() -> ExitCode {
    covet_codegen::commands::run(Cli::parse().command)
}
