//! Adding a file to a built wheel.

use std::io::{Cursor, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
