//! Reading what was kept.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use super::{Failure, repairs};
use crate::check::Crate;
use crate::cli::Check;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::model::App;
use crate::{VERSION, digest, package, write};

/// The routes.toml that is looked for when none is given.
pub(super) const ROUTES: &str = "routes.toml";

/// The files that the command line names, or that are where they are looked for.
pub(super) struct Inputs {
    pub(super) routes: Option<(PathBuf, Vec<u8>)>,
    pub(super) wheel: Option<(PathBuf, Vec<u8>)>,
}

impl Inputs {
    /// Reads them before the app is imported, so that a wrong path is known at once, and all of them.
    pub(super) fn read(options: &Check) -> Result<Self, Failure> {
        let mut found = Diagnostics::default();
        let mut read = |path: &Path, what: &str, help: String| match fs::read(path) {
            Ok(bytes) => Some((path.to_owned(), bytes)),
            Err(error) => {
                let path = path.display();
                let message = match error.kind() {
                    io::ErrorKind::NotFound => format!("there is no {what} {path}"),
                    _ => format!("cannot read the {what} {path}: {error}"),
                };
                found.push(Diagnostic::error("CVT001", message, help));
                None
            }
        };
        let default = Path::new(ROUTES);
        let routes = options.routes.as_deref();
        let routes = routes
            .or(default.exists().then_some(default))
            .and_then(|path| {
                let command = repairs::export(options, path);
                read(path, "table", format!("export it first: `{command}`"))
            });
        let wheel = options.wheel.as_deref().and_then(|path| {
            let command = repairs::build(options, Some(path));
            read(path, "wheel", format!("build it first: `{command}`"))
        });
        if let Some(path) = &options.crate_dir
            && !path.exists()
        {
            let message = format!("there is no crate in {}", path.display());
            let help = format!("generate it first: `{}`", repairs::build(options, None));
            found.push(Diagnostic::error("CVT001", message, help));
        }
        if found.0.is_empty() {
            Ok(Self { routes, wheel })
        } else {
            Err(Failure::CouldNotRun(found))
        }
    }
}

/// The crate to compare with, and where it is.
pub(super) fn kept_crate(
    options: &Check,
    app: &App,
    ahead: ReadAhead,
) -> Result<Option<(PathBuf, Crate)>, Failure> {
    let name = app.name.to_string();
    let path = match &options.crate_dir {
        Some(path) => path.clone(),
        None => default_crate(&name),
    };
    match (ahead.finish(&path)?, &options.crate_dir) {
        (Some(kept), _) => Ok(Some((path, kept))),
        (None, None) => Ok(None),
        (None, Some(_)) => {
            let message = format!("there is no crate in {}: it is empty", path.display());
            let help = format!("generate it first: `{}`", repairs::build(options, None));
            Err(Diagnostic::error("CVT001", message, help).into())
        }
    }
}

pub(super) fn default_crate(name: &str) -> PathBuf {
    Path::new("build/covet").join(name)
}

/// A crate that is read while something else goes on.
pub(super) struct ReadAhead(Option<(PathBuf, JoinHandle<ReadCrate>)>);

type ReadCrate = Result<Option<Crate>, Diagnostic>;

impl ReadAhead {
    /// Begins with the crate that will be wanted. How the app is called is not known yet, but most
    /// often there is one crate only.
    pub(super) fn start(options: &Check) -> Self {
        let given = options.crate_dir.clone();
        let named = || options.app.name.as_deref().map(default_crate);
        let path = given.or_else(named).or_else(|| {
            let mut crates = fs::read_dir("build/covet").ok()?.flatten();
            let only = crates.next().filter(|_| crates.next().is_none())?;
            Some(Path::new("build/covet").join(only.file_name()))
        });
        Self(path.map(|path| {
            let wanted = path.clone();
            (path, aside(move || read_crate(&wanted)))
        }))
    }

    fn finish(self, wanted: &Path) -> ReadCrate {
        match self.0 {
            Some((path, reading)) if path == wanted => match reading.join() {
                Ok(read) => read,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            _ => read_crate(wanted),
        }
    }
}

/// Runs `work` in a thread with as much stack as the main one has: generated code is as deep as the
/// paths are long.
fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let thread = thread::Builder::new().stack_size(8 << 20);
    thread.spawn(work).expect("a program may have two threads")
}

/// Reads what is known of a generated crate, and generates it once more from its own table. None
/// when there is nothing in the directory, or no directory.
fn read_crate(root: &Path) -> ReadCrate {
    let unusable = |message: String| {
        let help = "give the directory of a crate that covet-codegen has generated";
        Diagnostic::error("CVT050", message, help)
    };
    let cannot_read =
        |error: &io::Error| unusable(format!("cannot read {}: {error}", root.display()));
    match fs::read_dir(root) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot_read(&error)),
    }
    let owned = write::list(root).map_err(|error| unusable(error.message))?;
    let Some(owned) = owned else {
        return Ok(None);
    };
    let mut kept = Crate {
        owned,
        ..Crate::default()
    };
    kept.present = digests(root, &kept).map_err(|error| cannot_read(&error))?;
    let routes = Crate::routes_path(&kept.owned).map(|path| root.join(path));
    kept.routes_toml = routes.and_then(|path| fs::read_to_string(path).ok());
    // An edited table says nothing about what the other files were made of.
    if kept.owned.generated_by == VERSION
        && let Some(text) = kept.table()
        && let Ok(app) = crate::read(text)
    {
        kept.expected = Some(package::files(&app, text));
        kept.otherwise = kept
            .unlike()
            .filter_map(|path| {
                let content = fs::read(root.join(path)).ok()?;
                let as_listed = kept.owned.files.get(path) == Some(&digest::hex(&content));
                as_listed.then(|| (path.to_owned(), content))
            })
            .collect();
    }
    Ok(Some(kept))
}

/// The digests of all files below `root` that matter.
fn digests(root: &Path, kept: &Crate) -> io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            // What has a name that is no text was not generated.
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                if kept.matters(&format!("{path}/file")) {
                    folders.push(path + "/");
                }
            } else if kept.matters(&path) {
                let content = fs::read(entry.path()).unwrap_or_default();
                found.insert(path, digest::hex(&content));
            }
        }
    }
    Ok(found)
}
