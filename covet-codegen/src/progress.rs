//! What is shown while work goes on: on a terminal only, on standard error only.

use std::io::{IsTerminal, Write};

/// Shows stages, and under the current one a line that changes.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
}

impl Progress {
    /// Shows nothing unless standard error is a terminal.
    pub fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// A stage begins.
    pub fn stage(&self, verb: &str, what: &str) {
        if self.terminal {
            anstream::eprintln!("\r\x1b[2K\x1b[1;32m{verb:>12}\x1b[0m {what}");
        }
    }

    /// A line of output of the current stage's program, cut to the width of a narrow terminal.
    pub fn line(&self, line: &str) {
        if self.terminal {
            let line: String = line.trim().chars().take(76).collect();
            anstream::eprint!("\r\x1b[2K{line}");
            let _ = std::io::stderr().flush();
        }
    }

    /// Removes the changing line.
    pub fn clear(&self) {
        if self.terminal {
            anstream::eprint!("\r\x1b[2K");
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
