//! Explanations as text.

use std::fmt::Write as _;

use super::{Answer, Edge, Explanation, Reached, Row, Shown};
use crate::diagnostics::Location;

/// An explanation for people.
pub fn text(explanation: &Explanation) -> String {
    let mut out = String::new();
    let Explanation { method, path, .. } = explanation;
    line(&mut out, &format!("{method} {}", shown(path)));
    for remark in &explanation.remarks {
        line(&mut out, &format!("  note: {remark}"));
    }
    match &explanation.answer {
        Some(answer) => {
            answered(&mut out, answer);
            why(&mut out, explanation, answer);
        }
        None => unanswered(&mut out, explanation),
    }
    section(
        &mut out,
        "lost to it, since they come later:",
        &explanation.lost,
    );
    let title = match &explanation.answer {
        Some(_) => "match, but have another method:",
        None => "match the path, but have another method:",
    };
    section(&mut out, title, &explanation.other_methods);
    nearest(&mut out, explanation);
    if let Some(answer) = &explanation.answer {
        how(&mut out, answer);
    }
    out
}

fn answered(out: &mut String, answer: &Answer) {
    let route = &answer.route;
    let told = format!(
        "  is answered by {}{}",
        route.handler,
        place(route.location.as_ref())
    );
    line(out, &told);
    line(
        out,
        &format!("  route {} {}", route.method, shown(&route.path)),
    );
    if answer.websocket {
        line(
            out,
            "\nThe handler is called as handler(scope, receive, send), without values.",
        );
        return;
    }
    let Some(call) = &answer.call else {
        return;
    };
    line(out, "\nvalues:");
    if call.values.is_empty() && call.raises.is_none() {
        line(out, "  none");
    }
    for (name, value) in &call.values {
        let captured = answer.captures.iter().find(|(other, _)| other == name);
        let from = match captured {
            // Text is seen to be what it was.
            Some((_, text)) if !value.starts_with(['\'', '"']) && text != value => {
                format!("   from `{}`", shown(text))
            }
            _ => String::new(),
        };
        line(out, &format!("  {name} = {value}{from}"));
    }
    if let Some(raised) = &call.raises {
        line(out, &format!("  to make them raises {raised}"));
        line(out, "  that leaves the app, and the server answers 500");
        return;
    }
    let arguments = call.arguments.iter();
    let arguments: Vec<_> = std::iter::once("request".to_owned())
        .chain(arguments.map(|(name, value)| format!("{name}={value}")))
        .collect();
    let arguments = arguments.join(", ");
    match &call.refused {
        None => line(out, &format!("  the handler is called with ({arguments})")),
        Some(reason) => {
            line(out, &format!("  the handler does not take them: {reason}"));
            line(out, "  the framework answers 500");
        }
    }
}

fn why(out: &mut String, explanation: &Explanation, answer: &Answer) {
    line(out, "\nwhy:");
    match answer.found_by {
        "static" => line(
            out,
            "  its path is static and equal; static routes come before all others",
        ),
        "re" => {
            let reason = answer.left_to_re.as_deref().unwrap_or_default();
            line(
                out,
                "  Python's `re` was asked and matches, and no route before it does",
            );
            line(out, &format!("  it is left to `re`: {reason}"));
        }
        _ => {
            let reached = explanation
                .walk
                .iter()
                .find(|reached| reached.id == answer.route.id);
            line(
                out,
                "  no static path is equal; of the dynamic routes that match it comes first",
            );
            if let Some(reached) = reached {
                way(out, reached);
            }
        }
    }
    let refused = explanation.walk.iter().filter(|reached| !reached.matches());
    for reached in refused.filter(|reached| reached.id < answer.route.id) {
        let (program, _) = reached.program.as_ref().expect("it was refused by it");
        let path = shown(&reached.path);
        line(
            out,
            &format!("  {path} was reached, but {program} does not match"),
        );
    }
}

/// The edges to a candidate.
fn way(out: &mut String, reached: &Reached) {
    if reached.without_newline {
        line(out, "  one newline at the end is forgiven");
    }
    let width = reached
        .steps
        .iter()
        .map(|step| shown(&step.segment).chars().count())
        .max();
    let width = width.unwrap_or_default().min(40) + 1;
    for (depth, step) in reached.steps.iter().enumerate() {
        let edge = match step.edge {
            Edge::Literal => "literal",
            Edge::Any => "any segment",
        };
        // What is before the first slash is empty in every request.
        if depth > 0 || !step.segment.is_empty() {
            let slash = if depth == 0 { "" } else { "/" };
            let segment = format!("{slash}{}", shown(&step.segment));
            line(out, &format!("    {segment:width$}  {edge}"));
        }
    }
    if let Some((program, _)) = &reached.program {
        line(out, &format!("  and its program matches: {program}"));
    }
}

fn unanswered(out: &mut String, explanation: &Explanation) {
    if explanation.method == "WEBSOCKET" {
        line(
            out,
            "  is answered by no route: the framework closes the connection with code 1000",
        );
    } else {
        line(
            out,
            "  is answered by no route: the framework sends 404, never 405",
        );
    }
    let refused: Vec<_> = explanation
        .walk
        .iter()
        .filter(|reached| !reached.matches())
        .collect();
    for reached in refused {
        let (program, _) = reached.program.as_ref().expect("it was refused by it");
        let path = shown(&reached.path);
        line(
            out,
            &format!("  {path} was reached in the tree, but {program} does not match"),
        );
    }
}

fn nearest(out: &mut String, explanation: &Explanation) {
    if explanation.nearest.is_empty() {
        return;
    }
    line(out, "\nnearest:");
    for near in &explanation.nearest {
        line(out, &format!("  {} ({})", near.request, near.difference));
        line(out, &format!("    {}", row(&near.route)));
    }
}

fn how(out: &mut String, answer: &Answer) {
    line(out, "\nhow:");
    let tier = match answer.found_by {
        "static" => "compiled: a map of the static paths",
        "tree" => "compiled: the tree alone",
        "program" => "compiled: the tree, and a program that has the last word",
        _ => "left to Python's `re`",
    };
    line(out, &format!("  matched    {tier}"));
    if !answer.websocket {
        let response = match (&answer.response, &answer.serializer) {
            (Some(ty), Some(_)) => format!("`{ty}`, which a wheel has a serializer for"),
            (Some(ty), None) => format!("`{ty}`; the generic serializer writes it if it is JSON"),
            (None, _) => {
                "nothing is known of it; the generic serializer writes it if it is JSON".to_owned()
            }
        };
        line(out, &format!("  response   {response}"));
    }
    let here = &answer.here;
    if here.tier.is_empty() {
        return;
    }
    line(out, &format!("  here       {} ({})", here.tier, here.why));
    if let Some(writer) = &here.written_by {
        let writer = match writer.as_str() {
            "generated" => "the wheel's serializer for its type",
            "native" => "the generic serializer, in Rust",
            _ => "CovetPy",
        };
        line(out, &format!("  written    by {writer}"));
    }
    let served = match (here.served.as_str(), &here.reason) {
        ("direct", _) => "directly: the server calls the handler".to_owned(),
        ("asgi", Some(reason)) => format!("through the app: {reason}"),
        (other, _) => format!("as a {other}"),
    };
    line(out, &format!("  served     {served}"));
    line(out, &format!("             decided {}", here.decided));
    for sentence in &here.depends {
        line(out, &format!("             {sentence}"));
    }
}

fn section(out: &mut String, title: &str, routes: &[Shown]) {
    if routes.is_empty() {
        return;
    }
    line(out, &format!("\n{title}"));
    for route in routes {
        line(out, &format!("  {}", row(route)));
    }
}

fn row(route: &Shown) -> String {
    format!(
        "{} {}  {}{}",
        route.method,
        shown(&route.path),
        route.handler,
        place(route.location.as_ref())
    )
}

fn place(location: Option<&Location>) -> String {
    match location {
        Some(Location { file, line, .. }) => match line {
            Some(line) => format!(" ({file}:{line})"),
            None => format!(" ({file})"),
        },
        None => String::new(),
    }
}

/// Text with what cannot be seen escaped.
pub(super) fn shown(text: &str) -> String {
    let escape = |c: char| {
        if c.is_control() || c == '\u{FFFD}' {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect()
}

/// The list of routes for people.
pub fn list_text(rows: &[Row]) -> String {
    let heading = ["methods", "path", "tier", "found by", "handler", "place"];
    let mut table = vec![heading.map(str::to_owned)];
    table.extend(rows.iter().map(|row| {
        let place = place(row.location.as_ref());
        [
            match &row.methods[..] {
                [] => "-".to_owned(),
                methods => methods.join(","),
            },
            shown(&row.path),
            row.tier.to_owned(),
            row.found_by.to_owned(),
            row.handler.clone(),
            place.trim_matches([' ', '(', ')']).to_owned(),
        ]
    }));
    let mut out = columns(&table);
    let left: Vec<_> = rows.iter().filter(|row| row.reason.is_some()).collect();
    if !left.is_empty() {
        line(
            &mut out,
            &format!(
                "\n{} of {} routes are left to Python's `re`:",
                left.len(),
                rows.len()
            ),
        );
    }
    for row in left {
        let reason = row.reason.as_deref().unwrap_or_default();
        line(&mut out, &format!("  {}: {reason}", shown(&row.path)));
    }
    out
}

/// Rows with their cells below each other.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    });
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        line(&mut out, cells.join("  ").trim_end());
    }
    out
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{text}");
}
