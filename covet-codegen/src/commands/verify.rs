//! `verify`: app, and perhaps wheel, to verdict.

use std::path::Path;

use super::{Failure, load, print};
use crate::cli::{AppArgs, Verify};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::interpreter::{Divergence, Interpreter, VerifyReport};
use crate::model::App;
use crate::{verification, write};

/// Runs the command.
pub(super) fn run(options: &Verify) -> Result<(), Failure> {
    let interpreter = Interpreter::find(options.app.python.as_deref())?;
    let (app, _) = load(&interpreter, &options.app)?;
    let wheel = match &options.wheel {
        Some(path) if !path.exists() => {
            let message = format!("there is no wheel {}", path.display());
            let help = "build it first: `covet-codegen build app.py`";
            return Err(Diagnostic::error("CVT001", message, help).into());
        }
        wheel => wheel.as_deref().map(|path| (path, &app)),
    };
    let mut more = vec!["--timing".to_owned()];
    if wheel.is_none() {
        more.push("--installed".to_owned());
    }
    if let Some(time) = options.time {
        more.extend(["--time".to_owned(), time.to_string()]);
    }
    let (report, verified) = prove(
        &interpreter,
        &options.app,
        wheel,
        &more,
        options.seed,
        options.requests,
    )?;
    if let Some(path) = &options.report {
        write::replace(path, &report)?;
    }
    let text = verification::text(&verified, &verification::repeat(options, &verified));
    if verified.divergences.is_empty() {
        print(&text);
        return Ok(());
    }
    anstream::eprintln!("{text}");
    Err(differences(&verified, "do not use the wheel").into())
}

/// A failed verification shows this many witnesses.
const SHOWN: usize = 5;

/// Runs the verification. Returns its report as text and as values, whatever it found.
pub(super) fn prove(
    interpreter: &Interpreter,
    options: &AppArgs,
    wheel: Option<(&Path, &App)>,
    more: &[String],
    seed: Option<u64>,
    requests: Option<u64>,
) -> Result<(Vec<u8>, VerifyReport), Failure> {
    let mut arguments = more.to_vec();
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    if let Some((path, app)) = wheel {
        add("--wheel-path", path.display().to_string());
        add("--module", app.name.to_string());
    }
    if let Some(seed) = seed {
        add("--seed", seed.to_string());
    }
    if let Some(requests) = requests {
        add("--requests", requests.to_string());
    }
    Ok(interpreter.verify(options, &arguments)?)
}

/// The differences as findings, with what to do about the wheel.
pub(super) fn differences(report: &VerifyReport, wheel: &str) -> Diagnostics {
    let mut found: Vec<_> = report
        .divergences
        .iter()
        .take(SHOWN)
        .map(|divergence| diverges(divergence, wheel))
        .collect();
    if report.divergences.len() > SHOWN {
        let message = format!(
            "{} more requests are answered differently",
            report.divergences.len() - SHOWN
        );
        found.push(Diagnostic::error(
            "CVT060",
            message,
            "see the JSON report of `covet-codegen verify --report`",
        ));
    }
    Diagnostics(found)
}

fn diverges(divergence: &Divergence, wheel: &str) -> Diagnostic {
    let Divergence {
        tier,
        method,
        path,
        expected,
        actual,
        witness,
    } = divergence;
    let shown: String = path.escape_debug().take(200).collect();
    Diagnostic::error(
        "CVT060",
        format!(
            "{method} {shown}: the framework answers {expected}, the {tier} tier {actual} ({witness})"
        ),
        format!("this is a defect of covet-codegen: {wheel}; please report the route table"),
    )
}
