//! `rules`: what a code means.

use super::print;
use crate::cli::Rules;
use crate::rules;

/// Runs the command.
pub(super) fn run(options: &Rules) {
    // The command line has looked it up.
    print(&match options.code.as_deref().map(rules::find) {
        Some(Ok(rule)) => format!("{} ({})\n\n{}\n", rule.code, rule.category, rule.text),
        Some(Err(near)) => near,
        None => rules::list(),
    });
}
