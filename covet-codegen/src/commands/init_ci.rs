//! `init-ci`: a workflow that checks the app and builds its wheel.

use std::env;
use std::path::{Path, PathBuf};

use super::{Failure, options, print, say};
use crate::ci::{self, Workflow};
use crate::cli::InitCi;
use crate::diagnostics::Diagnostic;
use crate::interpreter::Candidate;
use crate::verification::quote;
use crate::{config, write};

/// Where GitHub looks for workflows.
const PLACE: &str = ".github/workflows/covet.yml";

/// Runs the command.
pub(super) fn run(options: &InitCi) -> Result<(), Failure> {
    let here = env::current_dir().unwrap_or_default();
    let root = here.ancestors().find(|place| place.join(".git").exists());
    let root = root.unwrap_or(&here);
    let project = Project::of(options, &here)?;
    let candidate = Candidate::find(options.app.python.as_deref())?;
    candidate.check()?;
    let text = ci::github(&Workflow {
        app: &project.app,
        options: &project.options,
        python: &candidate.version(),
        directory: &below(root, &project.directory),
        requirements: &requirements(&project.directory),
        out: "dist",
    });
    let up = "../".repeat(depth(root, &here));
    let out = options.out.clone();
    let out = out.unwrap_or_else(|| PathBuf::from(format!("{up}{PLACE}")));
    if out == Path::new("-") {
        print(&text);
        return Ok(());
    }
    if out.exists() && !options.force {
        let message = format!("{} exists; nothing was changed", out.display());
        let help = "compare it with `covet-codegen init-ci -o -`, or overwrite it with --force";
        return Err(Diagnostic::error("CVT050", message, help).into());
    }
    write::replace(&out, text.as_bytes())?;
    say(&format!("wrote {}\n\nwhat to do next:", out.display()));
    let mut files = vec![out.display().to_string()];
    if !Path::new(&project.kept).exists() {
        let place = options.app.app_dir.as_ref();
        let place = place.map(|place| place.display().to_string());
        let mut words = vec!["covet-codegen", "export", &options.app.app];
        words.extend(place.iter().flat_map(|place| ["--app-dir", place]));
        words.extend(options.app.name.iter().flat_map(|name| ["--name", name]));
        words.extend(["-o", &project.kept]);
        let words: Vec<_> = words.into_iter().map(quote).collect();
        say(&format!(
            "  {}    # what `check` compares with",
            words.join(" ")
        ));
        files.push(project.kept.clone());
    }
    let files: Vec<_> = files.iter().map(|file| quote(file)).collect();
    say(&format!("  git add {}", files.join(" ")));
    say("  commit and push; the wheel is the artifact `covet-wheel` of the run");
    Ok(())
}

/// Where the commands of the workflow run, and what they are given there.
struct Project {
    directory: PathBuf,
    app: String,
    options: Vec<String>,
    /// The table that `check` compares with, from here.
    kept: String,
}

impl Project {
    /// Where the configuration is, when the app is the one that it names. Else here.
    fn of(options: &InitCi, here: &Path) -> Result<Self, Failure> {
        let InitCi { app: given, .. } = options;
        let name = given.name.as_ref();
        let mut more: Vec<String> =
            name.map_or(Vec::new(), |name| vec!["--name".to_owned(), name.clone()]);
        let configuration = options::find(here)?;
        let setting = |key: &str| {
            let settings = &configuration.as_ref()?.settings;
            let found = settings.iter().find(|each| each.key.name == key)?;
            found.values.first()
        };
        let up = configuration.as_ref().map_or("", |found| &found.up);
        let kept = setting("routes").map_or("routes.toml", String::as_str);
        let kept = config::below(up, kept);
        if let Some(app) = setting("app") {
            let file = config::file_of_app(app, up);
            let place = if file.is_none() { up } else { "" };
            let given_place = given.app_dir.as_deref().unwrap_or(Path::new(""));
            if file.as_ref().unwrap_or(app) == &given.app && given_place == Path::new(place) {
                // What the file says it says there, too.
                if setting("name") == name {
                    more.clear();
                }
                let above = here.ancestors().nth(up.matches('/').count());
                return Ok(Self {
                    directory: above.unwrap_or(here).to_owned(),
                    app: app.clone(),
                    options: more,
                    kept,
                });
            }
        }
        let place = given.app_dir.iter();
        more.extend(place.flat_map(|place| ["--app-dir".to_owned(), place.display().to_string()]));
        Ok(Self {
            directory: here.to_owned(),
            app: given.app.clone(),
            options: more,
            kept,
        })
    }
}

/// How many directories `place` is below `root`.
fn depth(root: &Path, place: &Path) -> usize {
    let below = place.strip_prefix(root);
    below.map_or(0, |below| below.components().count())
}

/// `place` as seen from `root`, with `/`.
fn below(root: &Path, place: &Path) -> String {
    match place.strip_prefix(root) {
        Ok(below) if depth(root, place) > 0 => below.to_string_lossy().replace('\\', "/"),
        _ => ".".to_owned(),
    }
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
