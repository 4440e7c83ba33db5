//! `init-ci`: a workflow that checks the app and builds its wheel.

use std::env;
use std::path::{Path, PathBuf};

use super::{Failure, print, say};
use crate::ci::{self, Workflow};
use crate::cli::InitCi;
use crate::diagnostics::Diagnostic;
use crate::interpreter::Candidate;
use crate::write;

/// Where GitHub looks for workflows.
const PLACE: &str = ".github/workflows/covet.yml";

/// Runs the command.
pub(super) fn run(options: &InitCi) -> Result<(), Failure> {
    let here = env::current_dir().unwrap_or_default();
    let root = here.ancestors().find(|place| place.join(".git").exists());
    let root = root.unwrap_or(&here);
    let up = "../".repeat(
        here.strip_prefix(root)
            .map_or(0, |below| below.components().count()),
    );
    let directory = here
        .strip_prefix(root)
        .ok()
        .filter(|below| !below.as_os_str().is_empty());
    let directory = directory.map_or(".".to_owned(), |below| {
        below.to_string_lossy().replace('\\', "/")
    });

    let app = &options.app;
    let mut more = Vec::new();
    if let Some(place) = &app.app_dir {
        more.extend(["--app-dir".to_owned(), place.display().to_string()]);
    }
    if let Some(name) = &app.name {
        more.extend(["--name".to_owned(), name.clone()]);
    }
    let candidate = Candidate::find(app.python.as_deref())?;
    candidate.check()?;
    let text = ci::github(&Workflow {
        app: &app.app,
        options: &more,
        python: &candidate.version(),
        directory: &directory,
        requirements: &requirements(&here),
        out: "dist",
    });

    let standard_output = Path::new("-");
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{up}{PLACE}")));
    if out == standard_output {
        print(&text);
        return Ok(());
    }
    if out.exists() && !options.force {
        return Err(Diagnostic::error(
            "CVT050",
            format!(
                "{} exists, and may be changed by now; nothing was changed",
                out.display()
            ),
            "compare it with `covet-codegen init-ci -o -`, or overwrite it with --force",
        )
        .into());
    }
    write::replace(&out, text.as_bytes())?;
    say(&format!("wrote {}", out.display()));
    say("");
    say("what to do next:");
    let kept = here.join("routes.toml").exists();
    let mut files = vec![out.display().to_string()];
    if !kept {
        let mut command = format!(
            "covet-codegen export {}",
            crate::verification::quote(&app.app)
        );
        for word in &more {
            command = format!("{command} {}", crate::verification::quote(word));
        }
        say(&format!(
            "  {command} -o routes.toml    # the table that `check` compares with"
        ));
        files.push("routes.toml".to_owned());
    }
    say(&format!("  git add {}", files.join(" ")));
    say("  git commit and push; the wheel is the artifact `covet-wheel` of the run");
    Ok(())
}

/// What the app needs, as far as the usual files tell.
fn requirements(here: &Path) -> Vec<String> {
    if here.join("requirements.txt").is_file() {
        return vec!["-r".to_owned(), "requirements.txt".to_owned()];
    }
    let project = std::fs::read_to_string(here.join("pyproject.toml")).unwrap_or_default();
    if project.lines().any(|line| line.trim() == "[project]") {
        return vec![".".to_owned()];
    }
    vec!["covet".to_owned()]
}
