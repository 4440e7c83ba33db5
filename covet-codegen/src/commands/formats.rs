//! Findings on standard output, in the forms that programs read.

use std::path::{Path, PathBuf};

use super::print;
use crate::diagnostics::{Diagnostics, Location, Source};
use crate::output::{self, Context, Format};

/// Writes findings in a form that is not for people. The places in annotations are those in the
/// repository, wherever in it the command runs. `source` is the name and the text that spans point
/// into.
pub(super) fn write(
    format: Format,
    mut found: Diagnostics,
    mut source: Option<(String, String)>,
    mut context: Context,
) {
    if format != Format::Json
        && let Some((root, here)) = repository()
    {
        let rebase = |file: &mut String| *file = output::below(&root, &here, file);
        let places = found.0.iter_mut().flat_map(|each| {
            let related = each.related.iter_mut();
            let related = related.filter_map(|related| related.location.as_mut());
            each.location.as_mut().into_iter().chain(related)
        });
        places
            .chain(context.fallback.as_mut())
            .for_each(|location| rebase(&mut location.file));
        if let Some((name, _)) = &mut source {
            rebase(name);
        }
    }
    let source = source.as_ref().map(|(name, text)| Source { name, text });
    print(&output::render_with(&found, format, source, &context));
}

/// The file that an app is in, as far as its name tells: `app.py:name`, `pkg.mod:name`.
pub(super) fn file_of(app: &str) -> Option<Location> {
    let (file, _) = app.rsplit_once(':').unwrap_or((app, ""));
    let module = file.replace('.', "/");
    let candidates = [
        app.to_owned(),
        file.to_owned(),
        format!("{module}.py"),
        format!("{module}/__init__.py"),
    ];
    let found = candidates
        .into_iter()
        .find(|path| Path::new(path).is_file());
    found.map(|file| Location {
        file,
        line: None,
        name: None,
    })
}

/// The root of the repository that the working directory is in, and the working directory.
fn repository() -> Option<(PathBuf, PathBuf)> {
    let here = std::env::current_dir().ok()?;
    let root = here.ancestors().find(|place| place.join(".git").exists())?;
    Some((root.to_owned(), here.clone()))
}
