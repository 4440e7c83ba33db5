//! Adding a file to a built wheel, and reading what one says of itself.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter, result::ZipResult};

/// Returns `wheel` with the file `path` of `content` in it, listed in RECORD with its digest, as
/// the wheel format wants (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).
///
/// # Errors
///
/// When `wheel` is not a zip archive that can be read.
pub fn add_file(wheel: &[u8], path: &str, content: &[u8]) -> ZipResult<Vec<u8>> {
    let mut source = ZipArchive::new(Cursor::new(wheel))?;
    let mut target = ZipWriter::new(Cursor::new(Vec::with_capacity(wheel.len() + content.len())));
    let mut record = None;
    for index in 0..source.len() {
        let mut file = source.by_index(index)?;
        let name = file.name()?.into_owned();
        if name.ends_with(".dist-info/RECORD") {
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            record = Some((name, file.last_modified().unwrap_or_default(), text));
        } else {
            target.raw_copy_file(file)?;
        }
    }
    let Some((record_name, time, mut text)) = record else {
        return Err(zip::result::ZipError::InvalidArchive(
            "the wheel has no RECORD".into(),
        ));
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(time)
        .unix_permissions(0o644);
    target.start_file(path, options)?;
    target.write_all(content)?;
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
    // RECORD lists itself last, without a digest.
    let own = text
        .lines()
        .find(|line| line.starts_with(&record_name))
        .map(str::to_owned);
    let mut lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with(&record_name))
        .collect();
    let added = format!("{path},sha256={digest},{}", content.len());
    lines.push(&added);
    let own = own.unwrap_or_else(|| format!("{record_name},,"));
    lines.push(&own);
    text = lines.join("\n") + "\n";
    target.start_file(record_name, options)?;
    target.write_all(text.as_bytes())?;
    Ok(target.finish()?.into_inner())
}

/// What a generated wheel says of itself.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The module in it.
    pub name: String,
    /// Its table.
    pub routes_toml: String,
    /// The fingerprint of the table that it is announced for.
    pub fingerprint: String,
    /// The version of covet-runtime that it needs, which is that of the program that made it.
    pub runtime_version: String,
    /// What the comparison with the framework reported.
    pub verification: Option<Verification>,
    /// Files that are not as RECORD lists them.
    pub damage: Damage,
}

/// What a wheel keeps of its verification.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The table that was compared.
    pub fingerprint: String,
    /// How many requests were answered differently.
    pub divergences: usize,
}

/// Files that are not as they were generated.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Damage {
    /// Their content is another.
    pub edited: Vec<String>,
    /// They are not there.
    pub missing: Vec<String>,
    /// They were not generated.
    pub unexpected: Vec<String>,
}

impl Damage {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Each file, and what is wrong with it in a word.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let lists = [
            ("edited", &self.edited),
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
        ];
        lists
            .into_iter()
            .flat_map(|(word, files)| files.iter().map(move |file| (word, file.as_str())))
    }
}

/// Reads what a wheel says of itself.
///
/// # Errors
///
/// Why it is no wheel, or none that this program has built: a clause.
pub fn read(wheel: &[u8]) -> Result<Contents, String> {
    let files =
        unpack(wheel).map_err(|error| format!("it is no wheel, or a damaged one: {error}"))?;
    let text = |path: &str| -> Result<&str, String> {
        let content = files.get(path).ok_or(format!("it has no {path}"))?;
        std::str::from_utf8(content).map_err(|_| format!("its {path} is not UTF-8"))
    };
    let metadata = inside(&files, |path| path.ends_with(".dist-info/METADATA"))
        .ok_or("it has no METADATA, so it is no wheel")?;
    let routes = inside(&files, |path| {
        path.split('/').nth(1) == Some("routes.toml") && path.split('/').count() == 2
    })
    .ok_or("it has no routes.toml, so `covet-codegen build` has not built it")?;
    let directory = metadata.trim_end_matches("METADATA");
    let name = routes.trim_end_matches("/routes.toml");
    let runtime_version = required_runtime(text(metadata)?)
        .ok_or("it does not say for which covet-runtime it is made")?;
    let fingerprint = announced(text(&format!("{directory}entry_points.txt"))?, name)
        .ok_or("it is not announced as the wheel of an app")?;
    let verification = match files.get(&format!("{name}/verification.json")) {
        None => None,
        Some(report) => Some(verification(report)?),
    };
    let damage = match files.get(&format!("{directory}RECORD")) {
        None => return Err("it has no RECORD".to_owned()),
        Some(record) => damage(&files, &String::from_utf8_lossy(record), directory),
    };
    Ok(Contents {
        name: name.to_owned(),
        routes_toml: text(routes)?.to_owned(),
        fingerprint: fingerprint.to_owned(),
        runtime_version: runtime_version.to_owned(),
        verification,
        damage,
    })
}

/// All files. Their checksums are verified on the way.
fn unpack(wheel: &[u8]) -> ZipResult<BTreeMap<String, Vec<u8>>> {
    let mut archive = ZipArchive::new(Cursor::new(wheel))?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = file.name()?.into_owned();
        if !name.ends_with('/') {
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            files.insert(name, content);
        }
    }
    Ok(files)
}

fn inside(files: &BTreeMap<String, Vec<u8>>, is_it: impl Fn(&str) -> bool) -> Option<&str> {
    files.keys().map(String::as_str).find(|path| is_it(path))
}

/// The version in `Requires-Dist: covet-runtime==0.1.0`.
fn required_runtime(metadata: &str) -> Option<&str> {
    metadata.lines().find_map(|line| {
        let requirement = line.strip_prefix("Requires-Dist:")?.trim();
        let version = requirement
            .strip_prefix("covet-runtime")
            .or_else(|| requirement.strip_prefix("covet_runtime"))?;
        version
            .trim_matches([' ', '(', ')'])
            .strip_prefix("==")
            .map(str::trim)
    })
}

/// The fingerprint for which `name` is announced: `99059f7c… = name` in the group of apps.
fn announced<'a>(entry_points: &'a str, name: &str) -> Option<&'a str> {
    let group = entry_points.split("[covet_runtime.apps]").nth(1)?;
    group
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .find(|(_, module)| module.trim() == name)
        .map(|(fingerprint, _)| fingerprint.trim())
}

fn verification(report: &[u8]) -> Result<Verification, String> {
    #[derive(Deserialize)]
    struct Report {
        fingerprint: String,
        divergences: Vec<serde::de::IgnoredAny>,
    }
    let report: Report = serde_json::from_slice(report)
        .map_err(|error| format!("its verification.json cannot be read: {error}"))?;
    Ok(Verification {
        fingerprint: report.fingerprint,
        divergences: report.divergences.len(),
    })
}

/// Compares the files with their digests in RECORD. It lists itself without one.
fn damage(files: &BTreeMap<String, Vec<u8>>, record: &str, directory: &str) -> Damage {
    let mut damage = Damage::default();
    let mut listed = BTreeMap::new();
    for line in record.lines() {
        // From the right, for a path may hold commas, and is quoted then.
        let mut parts = line.rsplitn(3, ',');
        let (_, digest, path) = (parts.next(), parts.next(), parts.next());
        if let (Some(digest), Some(path)) = (digest, path) {
            listed.insert(path.trim_matches('"'), digest);
        }
    }
    for (path, digest) in &listed {
        match files.get(*path) {
            None => damage.missing.push((*path).to_owned()),
            Some(content) if !digest.is_empty() => {
                let actual = format!("sha256={}", URL_SAFE_NO_PAD.encode(Sha256::digest(content)));
                if *digest != actual {
                    damage.edited.push((*path).to_owned());
                }
            }
            Some(_) => {}
        }
    }
    // Signatures of RECORD cannot be in it.
    let own = format!("{directory}RECORD");
    let unlisted = files
        .keys()
        .filter(|path| !listed.contains_key(path.as_str()) && !path.starts_with(&own));
    damage.unexpected.extend(unlisted.cloned());
    damage
}
