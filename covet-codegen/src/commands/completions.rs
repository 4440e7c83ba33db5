//! `completions`: a script for a shell.

use super::print;
use crate::cli::{self, Completions};

/// Runs the command.
pub(super) fn run(options: &Completions) {
    let mut script = Vec::new();
    let mut command = cli::command();
    clap_complete::generate(options.shell, &mut command, "covet-codegen", &mut script);
    print(&String::from_utf8_lossy(&script));
}
