//! `check`: app, and what was kept of it, to verdicts.

mod inputs;
mod repairs;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use self::inputs::{Inputs, ROUTES, ReadAhead, default_crate, kept_crate};
use super::build::denied;
use super::{Failure, Loaded, formats, say};
use crate::check::{self, Compared, Kind, Live, Outcome, Place, Verdict};
use crate::cli::Check;
use crate::diagnostics::{Diagnostic, Diagnostics, Severity, Source};
use crate::interpreter::Interpreter;
use crate::model::App;
use crate::output::{Context, Format};
use crate::progress::Progress;
use crate::{lints, rules, wheel};

/// Runs the command. It writes nothing but its output.
pub(super) fn run(options: &Check) -> Result<(), Failure> {
    let examined = match examine(options) {
        Ok(examined) => examined,
        Err(failure) if options.format == Format::Text => return Err(failure),
        Err(failure) => return Err(report_failure(options, failure)),
    };
    let failed = examined
        .found
        .iter()
        .any(|each| each.severity > Severity::Note);
    let code = u8::from(failed);
    let found = Diagnostics(examined.found);
    match options.format {
        Format::Text => {
            let source = examined.source.as_ref();
            let source = source.map(|(name, text)| Source { name, text });
            show(&found, source, &examined.compared);
            if !failed {
                all_well(&examined.app, &examined.compared);
            }
        }
        format => {
            let more = details(
                options,
                &examined.app,
                &examined.compared,
                &examined.allowed,
            );
            write_as(options, found, examined.source, code, more);
            if format == Format::Github && !failed {
                all_well(&examined.app, &examined.compared);
            }
        }
    }
    if failed {
        Err(Failure::Reported(code))
    } else {
        Ok(())
    }
}

/// What a run of `check` has found.
struct Examined {
    app: App,
    compared: Vec<Compared>,
    /// Worst first.
    found: Vec<Diagnostic>,
    /// How many findings of each code were left out.
    allowed: BTreeMap<String, usize>,
    /// The routes.toml that spans point into.
    source: Option<(String, String)>,
}

fn examine(options: &Check) -> Result<Examined, Failure> {
    let progress = Progress::new();
    let inputs = Inputs::read(options)?;
    // What takes long about a crate is generating its table once more. That goes on while the app
    // is imported.
    let ahead = ReadAhead::start(options);
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    progress.stage("Exporting", &options.app.app);
    let loaded = Loaded::new(&interpreter, &options.app)?;
    progress.clear();

    let live = Live::new(&options.app.app, &loaded.app, &loaded.routes_toml);
    let mut source = None;
    let outcomes = compare(options, &inputs, ahead, &live, &mut source)?;
    let (compared, findings): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
    let mut found: Vec<Diagnostic> = findings.into_iter().flatten().collect();
    if compared.is_empty() {
        let looked_for = [
            ROUTES.to_owned(),
            shown(&default_crate(&loaded.app.name.to_string())),
        ];
        let keep = repairs::export(options, Path::new(ROUTES));
        found.push(check::nothing_kept(&options.app.app, &looked_for, &keep));
    }
    found.extend(lints::lint(&loaded.app));
    found.extend(denied(&loaded.app).filter(|_| options.deny_fallback));
    found.extend(loaded.remarks.0);
    let before = by_code(&found);
    // The configuration may allow what is `breaking`'s to find.
    let allowed = options
        .allow
        .iter()
        .filter(|code| !rules::is_breaking(code));
    let mut found = check::allow(found, &allowed.cloned().collect::<Vec<_>>());
    let left = by_code(&found);
    found.sort_by_key(|each| std::cmp::Reverse(each.severity));
    let allowed = before
        .into_iter()
        .filter(|(code, _)| !left.contains_key(code));
    Ok(Examined {
        allowed: allowed.collect(),
        app: loaded.app,
        compared,
        found,
        source,
    })
}

/// Compares the app with all that was kept of it.
fn compare(
    options: &Check,
    inputs: &Inputs,
    ahead: ReadAhead,
    live: &Live<'_>,
    source: &mut Option<(String, String)>,
) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    if let Some((path, text)) = &inputs.routes {
        outcomes.push(compare_routes(live, options, path, text, source));
    }
    if let Some((path, kept)) = kept_crate(options, live.app, ahead)? {
        let (path, repair) = (shown(&path), repairs::build(options, None));
        let place = Place {
            path: &path,
            repair: &repair,
        };
        outcomes.push(check::generated(live, place, &kept));
    }
    if let Some((path, bytes)) = &inputs.wheel {
        let (shown, repair) = (shown(path), repairs::build(options, Some(path)));
        let place = Place {
            path: &shown,
            repair: &repair,
        };
        outcomes.push(match wheel::read(bytes) {
            Ok(contents) => check::wheel(live, place, &contents),
            Err(reason) => check::unreadable_wheel(place, &reason),
        });
    }
    check::say_once(&mut outcomes);
    Ok(outcomes)
}

fn compare_routes(
    live: &Live<'_>,
    options: &Check,
    path: &Path,
    bytes: &[u8],
    source: &mut Option<(String, String)>,
) -> Outcome {
    let (shown, repair) = (shown(path), repairs::export(options, path));
    let place = Place {
        path: &shown,
        repair: &repair,
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        let message = format!("{shown} is not a text in UTF-8");
        let finding = Diagnostic::error("CVT030", message, format!("run `{repair}`"));
        return check::unreadable_routes(place, vec![finding]);
    };
    if text != live.text
        && let Err(errors) = crate::read(text)
    {
        *source = Some((shown.clone(), text.to_owned()));
        return check::unreadable_routes(place, errors.0);
    }
    check::routes(live, place, text)
}

/// A path as the user would write it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn by_code(found: &[Diagnostic]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for each in found {
        *counts.entry(each.code.clone()).or_insert(0) += 1;
    }
    counts
}

/// Findings for people, and the diffs on standard output, where `patch` finds them.
fn show(found: &Diagnostics, source: Option<Source<'_>>, compared: &[Compared]) {
    if !found.0.is_empty() {
        anstream::eprintln!("{}", found.render(source));
    }
    let mut shown = Vec::new();
    for each in compared {
        // The tables that were kept are most often one and the same, and so is what follows the
        // header of their diffs.
        let body = each.diff.split_once("@@").map_or("", |(_, body)| body);
        if body.is_empty() || shown.contains(&body) {
            continue;
        }
        shown.push(body);
        anstream::print!("{}", coloured(&each.diff));
        let left = each.diff.lines().count().saturating_sub(LONGEST_DIFF);
        if left > 0 {
            anstream::eprintln!(
                "{left} more lines of the diff are left out; `--format json` has all"
            );
        }
    }
    let count = |severity| {
        found
            .0
            .iter()
            .filter(|each| each.severity == severity)
            .count()
    };
    let counts = [
        (count(Severity::Error), "error", "errors"),
        (count(Severity::Warning), "warning", "warnings"),
    ];
    let counts: Vec<_> = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    if !counts.is_empty() {
        anstream::eprintln!("check: {}", counts.join(", "));
    }
}

/// More lines of a diff are not for people.
const LONGEST_DIFF: usize = 1_000;

fn coloured(diff: &str) -> String {
    let line = |line: &str| match line.chars().next() {
        Some('+') => format!("\x1b[32m{line}\x1b[0m\n"),
        Some('-') => format!("\x1b[31m{line}\x1b[0m\n"),
        Some('@') => format!("\x1b[36m{line}\x1b[0m\n"),
        _ => format!("{line}\n"),
    };
    diff.lines().take(LONGEST_DIFF).map(line).collect()
}

/// Says that nothing fails, and what that was compared with.
fn all_well(app: &App, compared: &[Compared]) {
    let routes = match app.routes.len() {
        1 => "1 route".to_owned(),
        count => format!("{count} routes"),
    };
    let of_them: Vec<_> = compared
        .iter()
        .map(|each| {
            let path = &each.path;
            let what = match each.kind {
                Kind::Routes => format!("{routes} are as kept in {path}"),
                Kind::Crate => format!("the crate in {path} is of them"),
                Kind::Wheel => format!("the wheel {path} is of them"),
            };
            match each.verdict {
                Verdict::Same => what,
                _ => format!("{what}, but for what a note says"),
            }
        })
        .collect();
    match (of_them.first(), compared.first()) {
        (Some(_), Some(first)) if first.kind == Kind::Routes => say(&of_them.join("; ")),
        (Some(_), _) => say(&format!("{routes}; {}", of_them.join("; "))),
        (None, _) => say(&format!("{routes}, compared with nothing that was kept")),
    }
}

/// What the JSON document says of the app and of what it was compared with.
fn details(
    options: &Check,
    app: &App,
    compared: &[Compared],
    allowed: &BTreeMap<String, usize>,
) -> Map<String, Value> {
    let about = json!({
        "called": options.app.app,
        "name": app.name.to_string(),
        "entry": app.entry,
        "framework": app.framework,
        "routes": app.routes.len(),
        "fingerprint": app.fingerprint,
    });
    let more = [
        ("app", about),
        ("compared", json!(compared)),
        ("allowed", json!(allowed)),
    ];
    more.map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}

/// A failure in the form that was asked for.
fn report_failure(options: &Check, failure: Failure) -> Failure {
    let (code, found, source) = match failure {
        Failure::Findings(found, source) => (1, found, source),
        Failure::CouldNotRun(found) => (2, found, None),
        Failure::Misconfigured(found, source) => (2, found, Some(source)),
        Failure::Reported(code) => return Failure::Reported(code),
    };
    let about = json!({ "called": options.app.app });
    let more = Map::from_iter([
        ("app".to_owned(), about),
        ("compared".to_owned(), json!([])),
        ("allowed".to_owned(), json!({})),
    ]);
    write_as(options, found, source, code, more);
    Failure::Reported(code)
}

fn write_as(
    options: &Check,
    found: Diagnostics,
    source: Option<(String, String)>,
    exit_code: u8,
    more: Map<String, Value>,
) {
    let context = Context {
        command: "check",
        exit_code,
        fallback: formats::file_of(&options.app.app),
        more,
    };
    formats::write(options.format, found, source, context);
}
