//! Findings in the forms that programs read: JSON, the workflow commands of GitHub, SARIF.
//!
//! The same findings give the same bytes. Nothing in them depends on the time or the machine.

use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::diagnostics::{Diagnostic, Diagnostics, Location, Severity, Source};

mod github;
mod json;
mod sarif;

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lowercase")]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// Annotations in a workflow of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// What a document says besides its findings.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The command that found them.
    pub command: &'static str,
    /// Exit code of the command.
    pub exit_code: u8,
    /// What is said about findings of no place: code scanning wants a place for each.
    pub fallback: Option<Location>,
    /// Further keys of the JSON document.
    pub more: Map<String, Value>,
}

/// Findings in one of the forms. `source` is the text that spans point into.
pub fn render(found: &Diagnostics, format: Format, source: Option<Source<'_>>) -> String {
    let failed = found.0.iter().any(|each| each.severity > Severity::Note);
    let context = Context {
        exit_code: u8::from(failed),
        ..Context::default()
    };
    render_with(found, format, source, &context)
}

/// [`render`] with what there is to be said besides. The text ends with a newline, unless it is empty
/// or for people.
pub fn render_with(
    found: &Diagnostics,
    format: Format,
    source: Option<Source<'_>>,
    context: &Context,
) -> String {
    let places = || found.0.iter().map(|each| (each, Spot::of(each, source)));
    match format {
        Format::Text => found.render(source),
        Format::Json => json::document(places(), context),
        Format::Github => places()
            .map(|(each, spot)| github::annotation(each, spot.as_ref()))
            .collect(),
        Format::Sarif => sarif::log(places(), context),
    }
}

/// The path of `file`, which is relative to `here` or absolute, relative to `root`. A file that is
/// not below it is given back as an absolute path.
pub fn below(root: &Path, here: &Path, file: &str) -> String {
    let mut path = PathBuf::new();
    for part in here.join(file).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    let inside = path.strip_prefix(root).unwrap_or(&path);
    inside.to_string_lossy().replace('\\', "/")
}

/// Where a finding is: a file, and perhaps a line and a column, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Spot {
    file: String,
    line: Option<u32>,
    /// In characters.
    column: Option<u32>,
    name: Option<String>,
}

impl Spot {
    fn of(diagnostic: &Diagnostic, source: Option<Source<'_>>) -> Option<Self> {
        if let (Some(span), Some(source)) = (&diagnostic.span, source) {
            // A span of another text is no place in this one.
            if let Some(before) = source.text.get(..span.start) {
                let start = before.rfind('\n').map_or(0, |end| end + 1);
                return Some(Self {
                    file: source.name.to_owned(),
                    line: Some(before.matches('\n').count() as u32 + 1),
                    column: Some(before[start..].chars().count() as u32 + 1),
                    name: None,
                });
            }
        }
        diagnostic.location.as_ref().map(Self::at)
    }

    fn at(location: &Location) -> Self {
        Self {
            file: location.file.clone(),
            line: location.line.filter(|line| *line > 0),
            column: None,
            name: location.name.clone(),
        }
    }
}

/// What a finding says, as lines: cause, witness, what has to do with it, cure.
fn lines(diagnostic: &Diagnostic, with_places: bool) -> Vec<String> {
    let mut lines = vec![diagnostic.message.clone()];
    if let Some(witness) = &diagnostic.witness {
        lines.push(format!("shown by: {witness}"));
    }
    for related in &diagnostic.related {
        let place = related.location.as_ref().filter(|_| with_places);
        let place = place.map_or(String::new(), |location| match location.line {
            Some(line) => format!(" ({}:{line})", location.file),
            None => format!(" ({})", location.file),
        });
        lines.push(format!("{}{place}", related.message));
    }
    if !diagnostic.help.is_empty() {
        lines.push(format!("help: {}", diagnostic.help));
    }
    lines
}

#[cfg(test)]
mod tests;
