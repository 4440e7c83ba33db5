//! `rules`: what a code means.

use super::{Failure, print};
use crate::cli::Rules;
use crate::rules;

/// Runs the command.
pub(super) fn run(options: &Rules) -> Result<(), Failure> {
    let Some(code) = &options.code else {
        print(&rules::list());
        return Ok(());
    };
    let rule = rules::find(code).expect("the command line has looked it up");
    print(&format!("{} ({})\n\n{}\n", rule.code, rule.category, rule.text));
    Ok(())
}
