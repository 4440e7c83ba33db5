//! Writing a directory of generated files without ever touching anybody else's.
//!
//! The directory holds a list of the files that were generated, with their digests. A directory
//! that has no list and is not empty is refused. A file is written only when its content changes,
//! so that cargo does not rebuild what is up to date, and by renaming, so that an interruption
//! leaves the old file or the new one. A file that is no longer generated is removed, unless
//! somebody has changed it.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::VERSION;
use crate::diagnostics::Diagnostic;
use crate::digest;

/// The list of generated files.
pub const OWNED: &str = ".covet-codegen.json";
/// Locked while a build uses the directory.
pub const LOCK: &str = ".covet-codegen.lock";

/// Relative paths, with `/`, and contents.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The list of generated files, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Owned {
    /// The version that wrote them.
    pub generated_by: String,
    /// Lower-case hexadecimal SHA-256 by relative path.
    pub files: BTreeMap<String, String>,
}

/// A directory of generated files, locked for as long as this lives.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    owned: Owned,
    _lock: File,
}

impl Directory {
    /// Claims `root`, creating it when it does not exist.
    ///
    /// # Errors
    ///
    /// `CVT050` when it holds files that this program did not write, `CVT051` when it cannot be
    /// written, `CVT052` when another build is using it.
    pub fn claim(root: &Path) -> Result<Self, Diagnostic> {
        let owned = list(root)?.unwrap_or_default();
        fs::create_dir_all(root).map_err(|error| cannot_write(root, &error))?;
        let path = root.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| cannot_write(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                root: root.to_owned(),
                owned,
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Diagnostic::error(
                "CVT052",
                format!("another build is using {}", root.display()),
                "wait for it, or give this one a directory of its own with `--crate-dir`",
            )),
            Err(TryLockError::Error(error)) => Err(cannot_write(&path, &error)),
        }
    }

    /// Makes the directory hold exactly `files` beside what is not ours. Returns whether anything
    /// changed.
    ///
    /// # Errors
    ///
    /// `CVT051` when a file cannot be written.
    pub fn write(&mut self, files: &Files) -> Result<bool, Diagnostic> {
        let digests: BTreeMap<String, String> = files
            .iter()
            .map(|(path, content)| (path.clone(), digest::hex(content)))
            .collect();
        let stale: Vec<String> = self
            .owned
            .files
            .keys()
            .filter(|path| !files.contains_key(*path))
            .cloned()
            .collect();

        // Ownership is written down before the first file, so that an interrupted run can go on.
        let mut claimed = digests.clone();
        claimed.extend(
            stale
                .iter()
                .map(|path| (path.clone(), self.owned.files[path].clone())),
        );
        let mut changed = self.save(claimed)?;
        for (path, content) in files {
            changed |= replace(&self.root.join(path), content)?;
        }
        for path in &stale {
            let file = self.root.join(path);
            let unchanged =
                fs::read(&file).is_ok_and(|now| digest::hex(&now) == self.owned.files[path]);
            if unchanged {
                fs::remove_file(&file).map_err(|error| cannot_write(&file, &error))?;
                changed = true;
            }
        }
        self.save(digests)?;
        Ok(changed)
    }

    fn save(&mut self, files: BTreeMap<String, String>) -> Result<bool, Diagnostic> {
        let owned = Owned {
            generated_by: VERSION.to_owned(),
            files,
        };
        let mut text = serde_json::to_vec_pretty(&owned).expect("a map of strings is JSON");
        text.push(b'\n');
        let changed = replace(&self.root.join(OWNED), &text)?;
        self.owned = owned;
        Ok(changed)
    }
}

/// Writes `content` to `path` by renaming, when it is not there already. Returns whether it was
/// written.
///
/// # Errors
///
/// `CVT051` when it cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> Result<bool, Diagnostic> {
    if fs::read(path).is_ok_and(|now| now == content) {
        return Ok(false);
    }
    if path.is_dir() {
        let message = format!("cannot write {}: it is a directory", path.display());
        return Err(Diagnostic::error(
            "CVT051",
            message,
            "give the path of a file",
        ));
    }
    let write = || -> io::Result<()> {
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        let mut file = tempfile::Builder::new()
            .prefix(".covet-")
            .tempfile_in(parent)?;
        file.write_all(content)?;
        set_ordinary_permissions(file.as_file())?;
        file.persist(path)?;
        Ok(())
    };
    write()
        .map(|()| true)
        .map_err(|error| cannot_write(path, &error))
}

/// Creates `directory` and tries whether files can be written in it, before a build that would
/// take its time and then have no place for its result.
///
/// # Errors
///
/// `CVT051` when they cannot.
pub fn prepare(directory: &Path) -> Result<(), Diagnostic> {
    fs::create_dir_all(directory)
        .and_then(|()| tempfile::tempfile_in(directory))
        .map(drop)
        .map_err(|error| cannot_write(directory, &error))
}

/// A temporary file is private; what is left in its place should be readable like any other.
fn set_ordinary_permissions(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// The list of a directory, or None when it is free to take: it is new or empty.
///
/// # Errors
///
/// `CVT050` when it holds files that this program did not write, `CVT051` when it cannot be used.
pub fn list(root: &Path) -> Result<Option<Owned>, Diagnostic> {
    let foreign = |what: String| {
        let help = "give an empty or new directory; nothing was changed";
        Diagnostic::error("CVT050", what, help)
    };
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot_write(root, &error)),
    };
    let list = root.join(OWNED);
    let Ok(text) = fs::read(&list) else {
        if entries.flatten().any(|entry| entry.file_name() != LOCK) {
            let what = format!(
                "{} holds files that this program did not write",
                root.display()
            );
            return Err(foreign(what));
        }
        return Ok(None);
    };
    let owned: Owned = serde_json::from_slice(&text).map_err(|error| {
        foreign(format!(
            "{} is not a list of generated files: {error}",
            list.display()
        ))
    })?;
    // The list decides what may be removed, so it must not lead out of the directory.
    let inside = |path: &str| {
        Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
    };
    match owned.files.keys().find(|path| !inside(path)) {
        Some(path) => Err(foreign(format!("{} lists `{path}`", list.display()))),
        None => Ok(Some(owned)),
    }
}

/// `CVT051` for what the operating system said about `path`.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(
        "CVT051",
        format!("cannot write {}: {error}", path.display()),
        "check its permissions and the space on the disk, or choose another place",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Files {
        files
            .iter()
            .map(|(p, c)| ((*p).to_owned(), c.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn writes_only_what_changed_and_removes_only_its_own() {
        let place = tempfile::tempdir().expect("temporary directory");
        let root = place.path().join("crate");
        let first = files(&[("a", "1"), ("src/b", "2"), ("c", "3")]);
        let mut directory = Directory::claim(&root).expect("new directory");
        assert!(directory.write(&first).expect("writes"));
        assert!(!directory.write(&first).expect("writes nothing"));
        drop(directory);

        fs::write(root.join("mine"), "kept").expect("writes");
        fs::write(root.join("c"), "edited").expect("writes");
        let mut directory = Directory::claim(&root).expect("own directory");
        assert!(directory.write(&files(&[("a", "1")])).expect("writes"));
        assert!(!root.join("src/b").exists());
        assert_eq!(
            fs::read_to_string(root.join("c")).expect("left alone"),
            "edited"
        );
        assert_eq!(
            fs::read_to_string(root.join("mine")).expect("left alone"),
            "kept"
        );
    }

    #[test]
    fn refuses_what_is_not_its_own() {
        let place = tempfile::tempdir().expect("temporary directory");
        fs::write(place.path().join("thesis.tex"), "years").expect("writes");
        let error = Directory::claim(place.path()).expect_err("foreign");
        assert_eq!(error.code, "CVT050");
        assert_eq!(fs::read_dir(place.path()).expect("reads").count(), 1);
    }

    #[test]
    fn refuses_a_list_that_leads_out() {
        let place = tempfile::tempdir().expect("temporary directory");
        let list = r#"{"generated_by": "0", "files": {"../precious": "00"}}"#;
        fs::write(place.path().join(OWNED), list).expect("writes");
        assert_eq!(
            Directory::claim(place.path()).expect_err("foreign").code,
            "CVT050"
        );
    }

    #[test]
    fn two_builds_do_not_share() {
        let place = tempfile::tempdir().expect("temporary directory");
        let _first = Directory::claim(place.path()).expect("empty directory");
        assert_eq!(
            Directory::claim(place.path()).expect_err("locked").code,
            "CVT052"
        );
    }

    #[test]
    fn an_interrupted_run_can_go_on() {
        let place = tempfile::tempdir().expect("temporary directory");
        let mut directory = Directory::claim(place.path()).expect("empty directory");
        // A file stands where a directory must be: the run fails in the middle.
        fs::write(place.path().join("src"), "in the way").expect("writes");
        let wanted = files(&[("a", "1"), ("src/b", "2")]);
        assert_eq!(
            directory.write(&wanted).expect_err("blocked").code,
            "CVT051"
        );
        drop(directory);
        fs::remove_file(place.path().join("src")).expect("removes");
        let mut directory = Directory::claim(place.path()).expect("own directory");
        assert!(directory.write(&wanted).expect("writes"));
    }
}
