//! Findings with a stable code, a cause and a cure.
//!
//! Every stage collects all that it finds and hands it on together; the command line prints them
//! and decides the exit code. The exporter in the app's interpreter reports in the same shape.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::{Deserialize, Serialize};

/// A stable code, `CVT0xx`. The table of all of them is in `docs/diagnostics.md`.
pub type Code = String;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; changes nothing.
    Note,
    /// Probably a mistake.
    Warning,
    /// Nothing is written.
    Error,
}

/// One finding.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence of cause, lower-case.
    pub message: String,
    /// One sentence of cure.
    #[serde(default)]
    pub help: String,
    /// Where in the user's Python code.
    #[serde(default)]
    pub location: Option<Location>,
    /// Where in the route table's text, in bytes.
    #[serde(skip)]
    pub span: Option<Range<usize>>,
    /// Other places that have to do with it.
    #[serde(default)]
    pub related: Vec<Related>,
    /// A request that shows it: `GET /users/me`.
    #[serde(default)]
    pub witness: Option<String>,
}

/// A place that has to do with a finding.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Related {
    /// What it has to do with it: a clause.
    pub message: String,
    /// The place, where it is known.
    pub location: Option<Location>,
}

/// A place in the user's code.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Location {
    /// The file, relative to the working directory when it is below it.
    pub file: String,
    /// 1-based line.
    #[serde(default)]
    pub line: Option<u32>,
    /// The function or class at that place.
    #[serde(default)]
    pub name: Option<String>,
}

impl Location {
    fn origin(&self) -> Origin<'_> {
        let origin = Origin::path(self.file.as_str());
        match self.line {
            Some(line) => origin.line(line as usize),
            None => origin,
        }
    }
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            severity: Severity::Error,
            message: message.into(),
            help: help.into(),
            location: None,
            span: None,
            related: Vec::new(),
            witness: None,
        }
    }

    /// The same finding, as bad as said.
    pub fn as_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same finding, pointing at bytes of the route table's text.
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }
}

/// Several findings, in the order they were made.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// `Err` when one of them is an error: the line between two stages.
    ///
    /// # Errors
    ///
    /// These findings themselves.
    pub fn propagate(self) -> Result<Self, Self> {
        if self.has_errors() {
            Err(self)
        } else {
            Ok(self)
        }
    }

    /// Prints them for people, with the lines of `source` that they point at.
    pub fn render(&self, source: Option<Source<'_>>) -> String {
        let renderer = Renderer::styled();
        let reports: Vec<_> = self
            .0
            .iter()
            .map(|d| renderer.render(&d.report(source)))
            .collect();
        reports.join("\n\n")
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let renderer = Renderer::plain();
        for diagnostic in &self.0 {
            writeln!(f, "{}", renderer.render(&diagnostic.report(None)))?;
        }
        Ok(())
    }
}

/// The text that spans point into, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What to call it.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

impl Diagnostic {
    fn report<'a>(&'a self, source: Option<Source<'a>>) -> Vec<Group<'a>> {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group =
            Group::with_title(level.primary_title(self.message.as_str()).id(&self.code));
        if let (Some(span), Some(source)) = (&self.span, source) {
            group = group.element(
                Snippet::source(source.text)
                    .path(source.name)
                    .annotation(AnnotationKind::Primary.span(span.clone())),
            );
        } else if let Some(location) = &self.location {
            group = group.element(location.origin());
        }
        if let Some(witness) = &self.witness {
            group = group.element(Level::NOTE.with_name("shown by").message(witness.as_str()));
        }
        if !self.help.is_empty() {
            group = group.element(Level::HELP.message(self.help.as_str()));
        }
        let related = self.related.iter().map(|related| {
            let group = Group::with_title(Level::NOTE.secondary_title(related.message.as_str()));
            match &related.location {
                Some(location) => group.element(location.origin()),
                None => group,
            }
        });
        std::iter::once(group).chain(related).collect()
    }
}
