//! The commands that repair what was found, of the user's own arguments, quoted for a shell.

use std::path::Path;

use crate::cli::Check;

pub(super) fn export(options: &Check, out: &Path) -> String {
    let mut words = begin(options, "export");
    words.extend(["-o".to_owned(), out.display().to_string()]);
    quoted(&words)
}

/// `wheel` is where the wheel is wanted.
pub(super) fn build(options: &Check, wheel: Option<&Path>) -> String {
    let mut words = begin(options, "build");
    if let Some(directory) = &options.crate_dir {
        words.extend(["--crate-dir".to_owned(), directory.display().to_string()]);
    }
    let out = wheel.and_then(Path::parent);
    if let Some(out) = out.filter(|out| *out != Path::new("dist")) {
        let out = if out.as_os_str().is_empty() {
            Path::new(".")
        } else {
            out
        };
        words.extend(["--out".to_owned(), out.display().to_string()]);
    }
    if options.deny_fallback {
        words.push("--deny-fallback".to_owned());
    }
    quoted(&words)
}

fn begin(options: &Check, command: &str) -> Vec<String> {
    let mut words = vec!["covet-codegen".to_owned(), command.to_owned()];
    words.push(options.app.app.clone());
    if let Some(python) = &options.app.python {
        words.extend(["--python".to_owned(), python.display().to_string()]);
    }
    if let Some(name) = &options.app.name {
        words.extend(["--name".to_owned(), name.clone()]);
    }
    words
}

fn quoted(words: &[String]) -> String {
    // No argument of a program holds the one character that cannot be quoted, NUL.
    let words = words.iter().map(String::as_str);
    shlex::try_join(words.clone()).unwrap_or_else(|_| words.collect::<Vec<_>>().join(" "))
}
