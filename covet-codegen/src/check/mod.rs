//! Comparing an app with what was kept of it: a routes.toml, a generated crate, a wheel.
//!
//! Three things can have happened to what was kept, and each is repaired in its own way, so they are
//! told apart: the app's table changed (`CVT071`, and `CVT061` for a wheel), only covet-codegen's
//! version did (`CVT072`), or somebody edited what was generated (`CVT073`). What is kept comes in
//! as text and bytes; nothing here reads or writes a file.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use similar::{Algorithm, TextDiff};
use toml::Table;

use crate::VERSION;
use crate::diagnostics::{Diagnostic, Location, Related, Severity};
use crate::digest;
use crate::model::App;
use crate::wheel::{Contents, Damage};
use crate::write::{Files, Owned};

mod allow;
pub mod changes;

pub use allow::allow;
pub use changes::Change;
use changes::{Kind as ChangeKind, Reach};

/// The app as it is now.
#[derive(Debug)]
pub struct Live<'a> {
    /// What the user calls it: `app.py`.
    pub called: &'a str,
    /// Its table.
    pub app: &'a App,
    /// Its table as text, in canonical form.
    pub text: &'a str,
    document: OnceCell<Table>,
}

impl<'a> Live<'a> {
    /// An app by the name that the user gave it.
    pub fn new(called: &'a str, app: &'a App, text: &'a str) -> Self {
        Self {
            called,
            app,
            text,
            document: OnceCell::new(),
        }
    }

    fn document(&self) -> &Table {
        self.document
            .get_or_init(|| document(self.text).expect("the table was read before"))
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A routes.toml.
    Routes,
    /// A directory with a generated crate.
    Crate,
    /// A wheel.
    Wheel,
}

/// How what was kept stands to the app, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is as this app and this program would make it.
    Same,
    /// It differs only in what no fingerprint covers, and nothing is stale.
    Older,
    /// Only the version of covet-codegen is another.
    OtherVersion,
    /// Generated files were edited, or are missing.
    Edited,
    /// The app's table changed.
    AppChanged,
    /// It cannot be read.
    Unreadable,
}

/// One thing that was compared, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// What it is.
    pub kind: Kind,
    /// Where it is, as the user said it.
    pub path: String,
    /// The worst that is to be said of it.
    pub verdict: Verdict,
    /// How its table differs from the app's.
    pub changes: Vec<Change>,
    /// The unified diff of its table and the app's; empty when they are equal.
    pub diff: String,
    /// Generated files that are not as they were generated.
    pub files: Damage,
    /// The command that repairs it.
    pub repair: Option<String>,
}

/// What was compared and what was found, of one thing.
pub type Outcome = (Compared, Vec<Diagnostic>);

/// Where something lies, and the command that makes it anew.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// As the user said it.
    pub path: &'a str,
    /// The command.
    pub repair: &'a str,
}

/// Compares a routes.toml that can be read.
pub fn routes(live: &Live<'_>, place: Place<'_>, kept: &str) -> Outcome {
    let mut compared = Compared::new(Kind::Routes, place);
    let kept = &unix_lines(kept);
    let difference = Difference::new(live, place.path, kept);
    let found = difference.judge(&mut compared, live, place, kept, None);
    (compared, found)
}

/// A generated crate, as it was found.
#[derive(Debug, Default)]
pub struct Crate {
    /// The list of its files.
    pub owned: Owned,
    /// Digests of the files that there are, but for those that belong to nobody's wheel.
    pub present: BTreeMap<String, String>,
    /// Its routes.toml, when it is there and can be read.
    pub routes_toml: Option<String>,
    /// What this version of the program makes of that routes.toml, when it has been tried.
    pub expected: Option<Files>,
    /// Those of its files that are not what was expected, as they were generated.
    pub otherwise: Files,
}

impl Crate {
    /// Where its routes.toml is: `python/NAME/routes.toml`.
    pub fn routes_path(owned: &Owned) -> Option<&str> {
        let inside = |path: &&String| {
            let parts: Vec<_> = path.split('/').collect();
            matches!(parts[..], ["python", _, "routes.toml"])
        };
        owned.files.keys().find(inside).map(String::as_str)
    }

    /// Its table, when it is as it was generated.
    pub fn table(&self) -> Option<&str> {
        let listed = Self::routes_path(&self.owned).and_then(|path| self.owned.files.get(path));
        let text = self.routes_toml.as_deref()?;
        (Some(&digest::hex(text.as_bytes())) == listed).then_some(text)
    }

    /// Whether the file at `path` would become part of a wheel, or decide how one is built. The rest
    /// of what is in a crate's directory, such as a log of the build, is nobody's business.
    pub fn matters(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let first = parts.next().unwrap_or_default();
        if parts.next().is_none() {
            return self.owned.files.contains_key(path) || path == "build.rs";
        }
        if path.contains("__pycache__/") {
            return false;
        }
        let ours = |owned: &String| owned.split('/').next() == Some(first);
        first == ".cargo"
            || self
                .owned
                .files
                .keys()
                .any(|owned| ours(owned) && owned.contains('/'))
    }

    fn damage(&self) -> Damage {
        let is_new = |path: &str, digest: &str| {
            let expected = self.expected.as_ref().and_then(|files| files.get(path));
            expected.is_some_and(|content| digest::hex(content) == digest)
        };
        let mut damage = Damage::default();
        for (path, listed) in &self.owned.files {
            match self.present.get(path) {
                None => damage.missing.push(path.clone()),
                Some(digest) if digest != listed && !is_new(path, digest) => {
                    damage.edited.push(path.clone());
                }
                Some(_) => {}
            }
        }
        let unlisted = self
            .present
            .keys()
            .filter(|path| !self.owned.files.contains_key(*path) && self.matters(path));
        damage.unexpected.extend(unlisted.cloned());
        damage
    }

    /// The files whose digests in the list are not those of what was expected.
    pub fn unlike(&self) -> impl Iterator<Item = &str> {
        let expected = self.expected.iter().flatten();
        expected
            .filter(|(path, content)| self.owned.files.get(*path) != Some(&digest::hex(content)))
            .map(|(path, _)| path.as_str())
    }

    /// Whether the files are those that this version of the program makes of the crate's table. What
    /// was edited does not tell.
    fn is_of_this_version(&self) -> bool {
        let Some(expected) = &self.expected else {
            return self.owned.generated_by == VERSION;
        };
        let as_expected = |path: &str| {
            self.owned.files.contains_key(path)
                && self
                    .otherwise
                    .get(path)
                    .is_none_or(|content| is_same_code(content, &expected[path]))
        };
        self.owned.generated_by == VERSION
            && self
                .owned
                .files
                .keys()
                .all(|path| expected.contains_key(path))
            && self.unlike().all(as_expected)
    }
}

/// Whether two generated files differ only in comments. A build notes there in which lines the
/// handlers are, which is not in the table: a handler that is moved makes no other crate.
fn is_same_code(one: &[u8], other: &[u8]) -> bool {
    let code = |content| -> Option<Vec<_>> {
        let lines = std::str::from_utf8(content).ok()?.lines();
        Some(
            lines
                .filter(|line| !line.trim_start().starts_with("///"))
                .collect(),
        )
    };
    code(one).is_some() && code(one) == code(other)
}

/// Compares a generated crate.
pub fn generated(live: &Live<'_>, place: Place<'_>, kept: &Crate) -> Outcome {
    let mut compared = Compared::new(Kind::Crate, place);
    let mut found = Vec::new();
    compared.files = kept.damage();
    let listed = Crate::routes_path(&kept.owned).and_then(|path| kept.owned.files.get(path));
    let file = format!(
        "{}/{}",
        place.path,
        Crate::routes_path(&kept.owned).unwrap_or("routes.toml")
    );
    let difference = match kept.table() {
        Some(text) => Difference::new(live, &file, text),
        // Its table was edited or is missing, but its digest still tells whether it was this one.
        None if listed == Some(&digest::hex(live.text.as_bytes())) => Difference::default(),
        None => Difference::unknown(),
    };
    let text = kept.table().unwrap_or_default();
    found.extend(difference.judge(&mut compared, live, place, text, Some(&file)));
    if compared.verdict <= Verdict::Older && !kept.is_of_this_version() {
        compared.verdict = Verdict::OtherVersion;
        found.push(other_version(
            &format!("the crate in {}", place.path),
            &kept.owned.generated_by,
            "the table is the same",
            place,
            Severity::Warning,
        ));
    }
    if !compared.files.is_empty() {
        compared.verdict = compared.verdict.max(Verdict::Edited);
        let help = "generate them again";
        found.push(edited(&compared.files, "", place, help));
    }
    (compared, found)
}

/// Compares a wheel.
pub fn wheel(live: &Live<'_>, place: Place<'_>, kept: &Contents) -> Outcome {
    let mut compared = Compared::new(Kind::Wheel, place);
    let mut found = Vec::new();
    compared.files = kept.damage.clone();
    if !compared.files.is_empty() {
        compared.verdict = Verdict::Edited;
        found.push(edited(
            &compared.files,
            " of the wheel",
            place,
            "build it again",
        ));
    }
    let text = unix_lines(&kept.routes_toml);
    let is_of_this_version = kept.runtime_version == VERSION;
    let other = |but: &str| {
        let what = format!("the wheel {}", place.path);
        other_version(&what, &kept.runtime_version, but, place, Severity::Error)
    };
    match crate::read(&text) {
        // Another version may write its tables, and compute their fingerprints, in another way.
        Err(_) if !is_of_this_version => {
            found.push(other("its table cannot be read by this one"));
            return (compared.unreadable(), found);
        }
        Err(errors) => {
            let first = errors.0.first().map_or("", |each| each.message.as_str());
            let reason = format!("the routes.toml in it cannot be read: {first}");
            found.push(unusable(place, &reason));
            return (compared.unreadable(), found);
        }
        Ok(app) if is_of_this_version && app.fingerprint != kept.fingerprint => {
            found.push(unusable(
                place,
                "it is announced for another table than it holds",
            ));
            return (compared.unreadable(), found);
        }
        Ok(_) => {}
    }
    let inside = format!("{}!{}/routes.toml", place.path, kept.name);
    let difference = Difference::new(live, &inside, &text);
    found.extend(difference.judge(&mut compared, live, place, &text, Some(place.path)));
    if compared.verdict <= Verdict::Older && !is_of_this_version {
        compared.verdict = compared.verdict.max(Verdict::OtherVersion);
        found.push(other(
            "the table is the same, but the wheel is not used with this version",
        ));
    }
    if let Some(message) = unproven(kept) {
        let message = format!("the wheel {} {message}", place.path);
        let help = format!("run `{}`, which compares what it builds", place.repair);
        let mut finding = Diagnostic::error("CVT061", message, help);
        finding.location = Some(at(place.path));
        found.push(finding.as_severity(Severity::Warning));
    }
    (compared, found)
}

/// A wheel that is none, or none of ours.
pub fn unreadable_wheel(place: Place<'_>, reason: &str) -> Outcome {
    let compared = Compared::new(Kind::Wheel, place).unreadable();
    (compared, vec![unusable(place, reason)])
}

/// A routes.toml in which `errors` were found.
pub fn unreadable_routes(place: Place<'_>, errors: Vec<Diagnostic>) -> Outcome {
    (Compared::new(Kind::Routes, place).unreadable(), errors)
}

/// `CVT070`: there is nothing to compare with. `looked_for` are places.
pub fn nothing_kept(called: &str, looked_for: &[String], keep: &str) -> Diagnostic {
    let message = format!(
        "nothing of {called} was kept to compare it with: there is no {}",
        looked_for.join(", no ")
    );
    let help = format!("keep its table beside the code: `{keep}`");
    Diagnostic::error("CVT070", message, help).as_severity(Severity::Warning)
}

/// What was kept in several places is most often one table. How it differs is said once.
pub fn say_once(outcomes: &mut [Outcome]) {
    for index in 1..outcomes.len() {
        let (before, rest) = outcomes.split_at_mut(index);
        let (compared, found) = &mut rest[0];
        let same = |(earlier, _): &&Outcome| earlier.changes == compared.changes;
        let Some((earlier, _)) = before.iter().find(same) else {
            continue;
        };
        let said = found.iter_mut().filter(|each| {
            let first = compared.changes.first().map(Change::to_string);
            first.is_some()
                && each.related.first().map(|related| &related.message) == first.as_ref()
        });
        for each in said {
            each.related = vec![Related {
                message: format!("it differs as {} does", earlier.path),
                location: None,
            }];
        }
    }
}

impl Compared {
    fn new(kind: Kind, place: Place<'_>) -> Self {
        Self {
            kind,
            path: place.path.to_owned(),
            verdict: Verdict::Same,
            changes: Vec::new(),
            diff: String::new(),
            files: Damage::default(),
            repair: Some(place.repair.to_owned()),
        }
    }

    fn unreadable(mut self) -> Self {
        self.verdict = Verdict::Unreadable;
        self
    }
}

/// How a table that was kept differs from the app's.
#[derive(Default)]
struct Difference {
    changes: Vec<Change>,
    diff: String,
    /// The table is another, but nobody knows any more which.
    unknown: bool,
}

impl Difference {
    fn new(live: &Live<'_>, name: &str, kept: &str) -> Self {
        if kept == live.text {
            return Self::default();
        }
        let Some(document) = document(kept) else {
            return Self::unknown();
        };
        let mut changes = changes::between(&document, live.document());
        // The fingerprint has the last word: a route without methods has no endpoint to compare.
        let of_table = |change: &Change| change.reach == Reach::Table;
        let is_other = |kept: App| kept.fingerprint != live.app.fingerprint;
        if !changes.iter().any(of_table) && crate::read(kept).is_ok_and(is_other) {
            changes.push(Change::of_the_rest());
        }
        if changes.is_empty() {
            // The same in another form: comments, white space.
            return Self::default();
        }
        Self {
            changes,
            diff: unified(name, kept, live.called, live.text),
            unknown: false,
        }
    }

    fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }

    fn reach(&self) -> Option<Reach> {
        let reach = self.changes.iter().map(|change| change.reach).max();
        reach.or(self.unknown.then_some(Reach::Table))
    }

    /// Says what the difference means for what was kept. `file` is what to point at instead of a
    /// line of the kept table.
    fn judge(
        self,
        compared: &mut Compared,
        live: &Live<'_>,
        place: Place<'_>,
        kept: &str,
        file: Option<&str>,
    ) -> Vec<Diagnostic> {
        let Some(reach) = self.reach() else {
            return Vec::new();
        };
        let path = place.path;
        let called = live.called;
        let summary = if self.unknown {
            "its own was edited or is missing, so how cannot be told".to_owned()
        } else {
            summary(&self.changes)
        };
        let again = format!("run `{}`", place.repair);
        let (verdict, mut finding) = match (compared.kind, reach) {
            (Kind::Wheel, Reach::Table) => {
                let what = if is_same_app(kept, live.app) {
                    "is stale"
                } else {
                    "is of another app"
                };
                let message = format!("the wheel {path} {what}: its table is not that of {called}");
                let finding = Diagnostic::error("CVT061", format!("{message}: {summary}"), again);
                (Verdict::AppChanged, finding)
            }
            (Kind::Wheel, _) | (_, Reach::Bodies) => {
                let what = if compared.kind == Kind::Wheel {
                    "the wheel "
                } else {
                    ""
                };
                let message = format!("{what}{path} is of an older {called}: {summary}");
                let help = format!("nothing is stale; to have it up to date, {again}");
                let finding = Diagnostic::error("CVT071", message, help);
                (Verdict::Older, finding.as_severity(Severity::Note))
            }
            (Kind::Crate, _) => {
                let message =
                    format!("the crate in {path} is not of the table of {called}: {summary}");
                (
                    Verdict::AppChanged,
                    Diagnostic::error("CVT071", message, again),
                )
            }
            (Kind::Routes, _) => {
                let message = format!("the table of {called} is not the one in {path}: {summary}");
                let help = format!("if that is meant, {again} and commit it with the change");
                (
                    Verdict::AppChanged,
                    Diagnostic::error("CVT071", message, help),
                )
            }
        };
        finding.location = Some(Location {
            file: file.unwrap_or(path).to_owned(),
            line: file.is_none().then(|| first_difference(kept, live.text)),
            name: None,
        });
        let lines = if file.is_none() {
            route_lines(kept)
        } else {
            Vec::new()
        };
        finding.related = related(&self.changes, live.app, path, &lines);
        compared.verdict = compared.verdict.max(verdict);
        compared.changes = self.changes;
        compared.diff = self.diff;
        vec![finding]
    }
}

/// A finding names this many differences and counts the rest.
const SHOWN: usize = 12;

fn related(changes: &[Change], app: &App, path: &str, lines: &[u32]) -> Vec<Related> {
    let mut related: Vec<_> = changes
        .iter()
        .take(SHOWN)
        .map(|change| {
            let source = change.now.and_then(|route| app.routes.get(route));
            let kept = change.before.and_then(|route| lines.get(route));
            let kept = kept.map(|line| Location {
                file: path.to_owned(),
                line: Some(*line),
                name: None,
            });
            Related {
                message: change.to_string(),
                location: source.and_then(|route| route.source.clone()).or(kept),
            }
        })
        .collect();
    if changes.len() > SHOWN {
        related.push(Related {
            message: format!("and {} more", changes.len() - SHOWN),
            location: None,
        });
    }
    related
}

/// `2 added, 1 removed`.
fn summary(changes: &[Change]) -> String {
    let kinds = [
        (ChangeKind::Added, "added"),
        (ChangeKind::Removed, "removed"),
        (ChangeKind::Changed, "changed"),
        (ChangeKind::Moved, "moved"),
    ];
    let counts = kinds.map(|(kind, word)| {
        let count = changes.iter().filter(|each| each.change == kind).count();
        (count > 0).then(|| format!("{count} {word}"))
    });
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `CVT072`.
fn other_version(
    what: &str,
    version: &str,
    but: &str,
    place: Place<'_>,
    severity: Severity,
) -> Diagnostic {
    let version = if version == VERSION {
        format!("another build of covet-codegen {VERSION}")
    } else {
        format!("covet-codegen {version}, this is {VERSION}")
    };
    let message = format!("{what} was generated by {version}; {but}");
    let help = format!("run `{}`, or use that version", place.repair);
    let mut finding = Diagnostic::error("CVT072", message, help).as_severity(severity);
    finding.location = Some(at(place.path));
    finding
}

/// `CVT073`.
fn edited(damage: &Damage, of: &str, place: Place<'_>, verb: &str) -> Diagnostic {
    let counts = [
        (damage.edited.len(), "edited"),
        (damage.missing.len(), "missing"),
        (damage.unexpected.len(), "unexpected"),
    ];
    let counts = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"));
    let message = format!(
        "files{of} in {} are not as they were generated: {}",
        place.path,
        counts.collect::<Vec<_>>().join(", ")
    );
    let mut help = format!("{verb}: `{}`", place.repair);
    if !damage.unexpected.is_empty() && of.is_empty() {
        help.push_str("; it leaves unexpected files alone, take them away yourself");
    } else if !damage.edited.is_empty() && of.is_empty() {
        help.push_str("; what you want to keep belongs into the app");
    }
    let mut finding = Diagnostic::error("CVT073", message, help);
    finding.location = Some(at(place.path));
    let all: Vec<_> = damage.iter().collect();
    finding.related = all
        .iter()
        .take(SHOWN)
        .map(|(word, file)| Related {
            message: format!("{word}: {file}"),
            location: None,
        })
        .collect();
    if all.len() > SHOWN {
        finding.related.push(Related {
            message: format!("and {} more", all.len() - SHOWN),
            location: None,
        });
    }
    finding
}

/// `CVT061`.
fn unusable(place: Place<'_>, reason: &str) -> Diagnostic {
    let message = format!("the wheel {} cannot be used: {reason}", place.path);
    let mut finding = Diagnostic::error("CVT061", message, format!("run `{}`", place.repair));
    finding.location = Some(at(place.path));
    finding
}

/// What is wrong with the proof in a wheel.
fn unproven(kept: &Contents) -> Option<&'static str> {
    match &kept.verification {
        None => Some("was never compared with the framework: it has no verification.json"),
        Some(proof) if proof.fingerprint != kept.fingerprint => {
            Some("has the verification.json of another table")
        }
        Some(proof) if proof.divergences > 0 => {
            Some("has a verification.json that tells of differences from the framework")
        }
        Some(_) => None,
    }
}

fn at(file: &str) -> Location {
    Location {
        file: file.to_owned(),
        line: None,
        name: None,
    }
}

/// Whether a table is evidently of an earlier state of this app: as in `covet_runtime.wheels`, a
/// third of the handlers are the same.
fn is_same_app(kept: &str, app: &App) -> bool {
    let Ok(kept) = crate::read(kept) else {
        return false;
    };
    let handlers = |app: &App| -> BTreeSet<String> {
        let routes = app.routes.iter();
        routes.map(|route| route.declared.handler.clone()).collect()
    };
    let (ours, theirs) = (handlers(app), handlers(&kept));
    3 * ours.intersection(&theirs).count() >= ours.len().max(theirs.len())
}

fn document(text: &str) -> Option<Table> {
    text.parse().ok()
}

/// A file that went through a checkout on Windows is no other file.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The unified diff of two tables.
fn unified(name: &str, before: &str, called: &str, now: &str) -> String {
    // Lines such as `methods = ["GET"]` occur thousands of times; lines that occur once are what
    // this algorithm goes by, which is quick and gives the smaller diffs here.
    TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .diff_lines(before, now)
        .unified_diff()
        .context_radius(3)
        .header(name, &format!("the table of {called}"))
        .to_string()
}

/// 1-based line of the first difference of two texts.
fn first_difference(before: &str, now: &str) -> u32 {
    let equal = before.lines().zip(now.lines()).take_while(|(a, b)| a == b);
    let line = equal.count() + 1;
    line.min(before.lines().count().max(1)) as u32
}

/// 1-based lines of the headers of routes.
fn route_lines(text: &str) -> Vec<u32> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| line.trim() == "[[routes]]")
        .map(|(number, _)| number)
        .collect()
}
