//! `verify`: app, and perhaps wheel, to verdict.

use std::path::Path;

use super::{Failure, load, say};
use crate::cli::{AppArgs, Verify};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::interpreter::{Divergence, Interpreter, VerifyReport};
use crate::model::App;
use crate::write;

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
    let (report, verified) = prove(
        &interpreter,
        &options.app,
        wheel,
        options.seed,
        options.requests,
    )?;
    if let Some(path) = &options.report {
        write::replace(path, &report)?;
    }
    say(&format!(
        "no difference in {} requests (tiers {}, seed {})",
        verified.requests,
        verified.compared_tiers(),
        verified.seed
    ));
    Ok(())
}

/// A failed verification shows this many witnesses.
const SHOWN: usize = 5;

/// Runs the verification and turns divergences into findings.
pub(super) fn prove(
    interpreter: &Interpreter,
    options: &AppArgs,
    wheel: Option<(&Path, &App)>,
    seed: Option<u64>,
    requests: Option<u64>,
) -> Result<(Vec<u8>, VerifyReport), Failure> {
    let mut arguments = Vec::new();
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    if let Some((path, app)) = wheel {
        add("--wheel-path", path.display().to_string());
        add("--module", app.name.to_string());
    }
    if let Some(name) = &options.name {
        add("--name", name.clone());
    }
    if let Some(seed) = seed {
        add("--seed", seed.to_string());
    }
    if let Some(requests) = requests {
        add("--requests", requests.to_string());
    }
    let (text, report) = interpreter.verify(&options.app, &arguments)?;
    if report.divergences.is_empty() {
        return Ok((text, report));
    }
    let mut found: Vec<_> = report
        .divergences
        .iter()
        .take(SHOWN)
        .map(diverges)
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
    Err(Diagnostics(found).into())
}

fn diverges(divergence: &Divergence) -> Diagnostic {
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
        "this is a defect of covet-codegen: the wheel was not handed over; please report the route table",
    )
}
