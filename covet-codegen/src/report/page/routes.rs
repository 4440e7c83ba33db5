//! The tree of routes, and the buttons that narrow it.

use std::fmt::Write as _;

use super::markup::{WAYS, brackets, count, mark, method, path, plural, short, word};
use crate::report::data::{How, Report, Route};
use crate::report::html::{escape, visible};
use crate::report::tree::{Folder, Item};

/// Buttons that narrow the tree. A group is what `data-by` says.
pub(super) fn chips(report: &Report) -> String {
    let mut html = String::new();
    let mut chip = |by: &str, value: &str, label: &str, number: usize| {
        let _ = write!(
            html,
            "<button type=\"button\" aria-pressed=\"false\" data-by=\"{by}\" data-value=\"{}\">{label} {}</button>",
            escape(value),
            count(number)
        );
    };
    for (how, class, name, _) in WAYS {
        let number = report.decided(how);
        if number > 0 {
            chip("how", class, &format!("{}{name}", mark(how)), number);
        }
    }
    for method in report.sizes.methods.iter().take(8) {
        chip(
            "method",
            &method.name,
            &escape(&method.name),
            method.endpoints,
        );
    }
    let found = |route: &&Route| !route.findings.is_empty();
    let number = report.routes.iter().filter(found).count();
    if number > 0 {
        chip("found", "1", "with findings", number);
    }
    html
}

pub(super) fn tree(report: &Report) -> String {
    let mut html = String::new();
    items(&report.tree.items, "", report, &mut html);
    html
}

fn items(items: &[Item], prefix: &str, report: &Report, html: &mut String) {
    for item in items {
        match item {
            Item::Route(position) => row(*position, prefix, report, html),
            Item::Folder(folder) => self::folder(folder, report, html),
        }
    }
}

fn folder(folder: &Folder, report: &Report, html: &mut String) {
    let _ = write!(
        html,
        "<li class=\"d\" id=\"p{}\"><details{}><summary><code>{}</code> <span>{}</span></summary><ul>",
        folder.id,
        if folder.open { " open" } else { "" },
        path(&visible(&folder.label), brackets(&folder.label)),
        plural(folder.routes, "route"),
    );
    items(&folder.items, &folder.prefix, report, html);
    html.push_str("</ul></details></li>");
}

/// The line of a route. What the folder around it says already, `prefix`, is pale.
fn row(position: usize, prefix: &str, report: &Report, html: &mut String) {
    let route = &report.routes[position];
    let (before, after) = match route.path.strip_prefix(visible(prefix).as_str()) {
        Some(after) if !after.is_empty() => (&route.path[..route.path.len() - after.len()], after),
        _ => ("", route.path.as_str()),
    };
    let _ = write!(
        html,
        "<li class=\"r\" id=\"r{position}\"><div><span class=\"p\">{}{} <code>",
        mark(route.how),
        methods_of(route)
    );
    if !before.is_empty() {
        let _ = write!(html, "<span>{}</span>", escape(before));
    }
    if route.path.is_empty() {
        html.push_str("<small>empty path</small>");
    }
    let brackets = match route.how {
        How::Static => None,
        _ => brackets(&route.path),
    };
    let _ = write!(
        html,
        "{}</code>{}</span><span class=\"h\">{}({})",
        path(after, brackets),
        flag(route, report),
        escape(short(&route.handler)),
        escape(&route.parameters.join(", "))
    );
    if let Some(response) = &route.response {
        let _ = write!(html, " <i>→ {}</i>", escape(response));
    }
    html.push_str("</span>");
    if let Some(source) = &route.source {
        let _ = write!(html, "<span class=\"f\">{}</span>", escape(source));
    }
    if let Some(reason) = &route.reason {
        let _ = write!(
            html,
            "<span class=\"why\">left to re: {}</span>",
            escape(reason)
        );
    }
    html.push_str("</div></li>");
}

fn methods_of(route: &Route) -> String {
    if route.methods.is_empty() {
        return "<b class=\"m other\">no method</b>".to_owned();
    }
    let methods: Vec<_> = route.methods.iter().map(|m| method(m)).collect();
    methods.join(" ")
}

/// How many findings a route has, with the mark of the worst.
fn flag(route: &Route, report: &Report) -> String {
    // They are sorted, the worst first.
    let Some(first) = route.findings.first() else {
        return String::new();
    };
    let worst = word(report.findings[*first].severity);
    format!(
        " <em class=\"{worst}\">{}</em>",
        plural(route.findings.len(), "finding")
    )
}
