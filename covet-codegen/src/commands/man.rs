//! `man`: the manual pages.

use std::path::Path;

use clap_mangen::Man;

use super::{Failure, print, say};
use crate::cli;
use crate::write;

/// Runs the command.
pub(super) fn run(options: &cli::Man) -> Result<(), Failure> {
    let mut command = cli::command()
        .help_template("{about}")
        .disable_help_subcommand(true);
    command.build();
    let Some(directory) = &options.out else {
        print(&page(command));
        return Ok(());
    };
    write::prepare(directory)?;
    let pages: Vec<_> = std::iter::once(command.clone())
        .chain(command.get_subcommands().cloned())
        .collect();
    for command in &pages {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let path = directory.join(Path::new(&format!("{name}.1")));
        write::replace(&path, page(command.clone()).as_bytes())?;
    }
    say(&format!(
        "wrote {} pages to {}",
        pages.len(),
        directory.display()
    ));
    Ok(())
}

fn page(command: clap::Command) -> String {
    let mut text = Vec::new();
    // Into memory nothing fails.
    let _ = Man::new(command).render(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
