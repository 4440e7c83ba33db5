//! How much there is of everything: the figures and charts at the top, and the sizes at the end.

use std::fmt::Write as _;

use super::markup::{WAYS, grouped, mark, method, plural};
use crate::report::data::{How, Report};
use crate::report::html::{escape, visible};

/// As many prefixes have a bar.
const PREFIXES: usize = 10;

pub(super) fn overview(report: &Report) -> String {
    let statics = report.decided(How::Static);
    let mut html = String::from("<dl class=\"figures\">");
    let mut figure = |number: usize, noun: &str| {
        let _ = write!(
            html,
            "<div><dt>{noun}</dt><dd{}>{}</dd></div>",
            if number == 0 { " class=\"none\"" } else { "" },
            grouped(number)
        );
    };
    figure(report.routes.len(), "routes");
    figure(report.sizes.endpoints, "endpoints");
    figure(statics, "static");
    figure(report.routes.len() - statics, "dynamic");
    figure(report.decided(How::Regex), "left to re");
    figure(report.models.len(), "models");
    figure(report.findings.len(), "findings");
    html.push_str("</dl><div class=\"charts\">");
    html.push_str(&ways(report));
    html.push_str(&prefixes(report));
    html.push_str(&methods(report));
    html.push_str("</div>");
    html
}

/// How routes are decided: one bar, and a line for each way.
fn ways(report: &Report) -> String {
    let total = report.routes.len().max(1);
    let mut bar = String::new();
    let mut legend = String::new();
    let mut before = 0;
    for (how, class, name, meaning) in WAYS {
        let number = report.decided(how);
        if number == 0 {
            continue;
        }
        let (from, to) = (1000 * before / total, 1000 * (before + number) / total);
        before += number;
        let _ = write!(
            bar,
            "<rect class=\"{class}\" x=\"{from}\" width=\"{}\" height=\"10\"/>",
            to - from
        );
        let _ = write!(
            legend,
            "<li>{}<b>{}</b> <span>{name}<small>{meaning}</small></span></li>",
            mark(how),
            grouped(number)
        );
    }
    format!(
        "<div class=\"chart\"><h3>How a request finds its route</h3>\
         <svg class=\"stack\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{bar}</svg>\
         <ul class=\"legend\">{legend}</ul></div>"
    )
}

/// A bar of a chart with its label and number. `label` is HTML.
fn bar(label: &str, number: usize, most: usize) -> String {
    format!(
        "<li><span>{label}</span><svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect width=\"{}\" height=\"10\"/></svg><b>{}</b></li>",
        (1000 * number / most.max(1)).max(5),
        grouped(number)
    )
}

fn prefixes(report: &Report) -> String {
    let mut folders = report.tree.prefixes();
    if folders.is_empty() {
        return String::new();
    }
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.routes));
    let most = folders[0].routes;
    let mut html =
        String::from("<div class=\"chart\"><h3>Routes by prefix</h3><ul class=\"bars\">");
    for folder in folders.iter().take(PREFIXES) {
        let label = format!(
            "<a href=\"#p{}\"><code>{}</code></a>",
            folder.id,
            escape(&visible(&folder.prefix))
        );
        html.push_str(&bar(&label, folder.routes, most));
    }
    html.push_str("</ul>");
    let rest = folders.iter().skip(PREFIXES);
    let (others, routes) = rest.fold((0, 0), |(n, sum), folder| (n + 1, sum + folder.routes));
    if others > 0 {
        let _ = write!(
            html,
            "<p class=\"rest\">{} more with {}</p>",
            grouped(others),
            plural(routes, "route")
        );
    }
    html.push_str("</div>");
    html
}

fn methods(report: &Report) -> String {
    let methods = &report.sizes.methods;
    let most = methods.first().map_or(0, |method| method.endpoints);
    let bars = methods
        .iter()
        .map(|m| bar(&method(&m.name), m.endpoints, most));
    format!(
        "<div class=\"chart\"><h3>Endpoints by method</h3><ul class=\"bars\">{}</ul></div>",
        bars.collect::<String>()
    )
}

pub(super) fn sizes(report: &Report) -> String {
    let sizes = &report.sizes;
    let mut html = String::from(
        "<div class=\"charts\"><div class=\"chart\"><h3>The table</h3><dl class=\"facts\">",
    );
    let mut fact = |name: &str, value: &str| {
        let _ = write!(html, "<dt>{name}</dt><dd>{value}</dd>");
    };
    fact(
        "fingerprint",
        &format!("<code>{}</code>", escape(&report.fingerprint)),
    );
    fact("framework", &escape(&report.framework));
    fact("made by", &format!("covet-codegen {}", report.version));
    fact(
        "tree",
        &format!(
            "{}, {} deep",
            plural(sizes.tree_nodes, "node"),
            plural(sizes.tree_depth, "segment")
        ),
    );
    fact(
        "largest body",
        &match report.max_body_size {
            0 => "no limit".to_owned(),
            bytes => plural(bytes.try_into().unwrap_or(usize::MAX), "byte"),
        },
    );
    let middleware: Vec<_> = report
        .middleware
        .iter()
        .map(|m| format!("<code>{}</code>", escape(m)))
        .collect();
    fact(
        "middleware",
        &if middleware.is_empty() {
            "none".to_owned()
        } else {
            middleware.join("<br>")
        },
    );
    html.push_str("</dl></div><div class=\"chart wide\"><h3>The generated crate</h3><table class=\"files\">\
        <thead><tr><th scope=\"col\">file</th><th scope=\"col\">lines</th><th scope=\"col\">bytes</th></tr></thead><tbody>");
    let mut line = |class: &str, name: &str, lines: usize, bytes: usize| {
        let _ = write!(
            html,
            "<tr{class}><th scope=\"row\">{name}</th><td>{}</td><td>{}</td></tr>",
            grouped(lines),
            grouped(bytes)
        );
    };
    for file in &sizes.files {
        let name = format!("<code>{}</code>", escape(&file.path));
        line("", &name, file.lines, file.bytes);
    }
    let (lines, bytes) = sizes.files.iter().fold((0, 0), |(lines, bytes), f| {
        (lines + f.lines, bytes + f.bytes)
    });
    line(" class=\"sum\"", "made for this app", lines, bytes);
    let runtime = &sizes.vendored;
    line(
        "",
        "the runtime, the same in every crate",
        runtime.lines,
        runtime.bytes,
    );
    html.push_str("</tbody></table></div></div>");
    html
}
