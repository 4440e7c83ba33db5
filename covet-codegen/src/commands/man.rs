//! `man`: the manual pages.

use std::io;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::{Failure, print, say};
use crate::{cli, write};

/// Runs the command.
pub(super) fn run(options: &cli::Man) -> Result<(), Failure> {
    let mut command = cli::command().disable_help_subcommand(true);
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
        let path = directory.join(format!("{name}.1"));
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
    let _ = render(command, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The sections in their usual order. Examples are kept line by line, which the crate would fill.
fn render(command: clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    let examples = command.get_after_help().map(ToString::to_string);
    let has_commands = command.has_subcommands();
    let man = Man::new(command);
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if has_commands {
        man.render_subcommands_section(page)?;
    }
    let examples = examples.unwrap_or_default();
    let examples = examples.split_once('\n').map(|(_, lines)| lines);
    Roff::new()
        .control("SH", ["EXAMPLES"])
        .control("nf", [])
        .text([roman(examples.unwrap_or_default())])
        .control("fi", [])
        .to_writer(page)?;
    man.render_version_section(page)
}
