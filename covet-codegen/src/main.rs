//! The command line tool. What it does is in the library's [`covet_codegen::commands`].

use std::process::ExitCode;

fn main() -> ExitCode {
    covet_codegen::commands::main(std::env::args_os())
}
