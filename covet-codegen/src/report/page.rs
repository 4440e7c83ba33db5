//! The page: sections of HTML in a template, with a style and a script.
//!
//! All that is to be read is markup, so that it can be read without the script. The script adds
//! searching, keys and the details of a route, for which it has the data once more, as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::data::{Finding, How, Model, Place, Report, Route};
use super::html::{escape, fill, json, source_hash, visible};
use super::tree::{Folder, Item};
use crate::diagnostics::Severity;

/// As many prefixes have a bar.
const PREFIXES: usize = 10;

/// The ways in which routes are decided, with the mark that each has in the tree.
const WAYS: [(How, &str, &str, &str); 4] = [
    (How::Static, "static", "static", "one look-up in a map"),
    (
        How::Segments,
        "segments",
        "by segments",
        "one walk down the tree",
    ),
    (
        How::Program,
        "program",
        "by segments and text",
        "a walk down the tree, then a look at the whole path",
    ),
    (
        How::Regex,
        "regex",
        "left to re",
        "Python’s regular expression, at its place in the order",
    ),
];

/// The page of `report`, which is the same for the same report.
pub fn page(report: &Report) -> String {
    let style = text(include_str!("../../../templates/report/report.css"));
    let script = text(include_str!("../../../templates/report/report.js"));
    fill(
        &text(include_str!("../../../templates/report/report.html")),
        &[
            ("name", &escape(&report.name)),
            ("entry", &escape(&report.entry)),
            ("framework", &escape(&report.framework)),
            ("version", report.version),
            ("style", &style),
            ("style_hash", &source_hash(&style)),
            ("script", &script),
            ("script_hash", &source_hash(&script)),
            ("navigation", &navigation(report)),
            ("overview", &overview(report)),
            ("chips", &chips(report)),
            ("tree", &tree(report)),
            ("findings", &findings(report)),
            ("models", &models(report)),
            ("sizes", &sizes(report)),
            ("data", &json(report)),
        ],
    )
}

/// A template's text. A browser hashes a script with the line ends that HTML has, and a checkout
/// may have others.
fn text(template: &str) -> String {
    template.replace("\r\n", "\n")
}

fn navigation(report: &Report) -> String {
    let mut links = format!(
        "<a href=\"#routes\">Routes {}</a>",
        count(report.routes.len())
    );
    if !report.findings.is_empty() {
        let worst = report.findings.first().map_or("note", |f| word(f.severity));
        let _ = write!(
            links,
            " <a class=\"{worst}\" href=\"#findings\">Findings {}</a>",
            count(report.findings.len())
        );
    }
    if !report.models.is_empty() {
        let _ = write!(
            links,
            " <a href=\"#models\">Models {}</a>",
            count(report.models.len())
        );
    }
    links.push_str(" <a href=\"#sizes\">Sizes</a>");
    links
}

/// `12345` as `12,345`, small beside what it counts.
fn count(number: usize) -> String {
    format!("<small>{}</small>", grouped(number))
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut result = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}

fn plural(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

fn overview(report: &Report) -> String {
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

/// The mark of a way: a shape, not a colour alone.
fn mark(how: How) -> String {
    let (_, class, name, _) = WAYS[how as usize];
    format!("<i class=\"mark {class}\" title=\"{name}\"></i>")
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

/// A method. Its class is one of a few words, whatever the method is.
fn method(name: &str) -> String {
    let class = match name {
        "GET" | "HEAD" | "OPTIONS" => "get",
        "POST" => "post",
        "PUT" | "PATCH" => "put",
        "DELETE" => "delete",
        "WEBSOCKET" => "websocket",
        _ => "other",
    };
    format!("<b class=\"m {class}\">{}</b>", escape(name))
}

/// Buttons that narrow the tree. A group is what `data-by` says.
fn chips(report: &Report) -> String {
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

fn tree(report: &Report) -> String {
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

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// `get_post` of `posts:register.<locals>.get_post`.
fn short(handler: &str) -> &str {
    let name = handler.rsplit_once(':').map_or(handler, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// The brackets that captures of a path have: angles count only without a pair of braces.
fn brackets(path: &str) -> Option<(char, char)> {
    let pairs = [('{', '}'), ('<', '>')];
    pairs
        .into_iter()
        .find(|(open, close)| path.contains(*open) && path.contains(*close))
}

/// A part of a path with its captures marked. To be read, not to be relied on.
fn path(text: &str, brackets: Option<(char, char)>) -> String {
    let Some((open, close)) = brackets else {
        return escape(text);
    };
    let mut html = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let Some(length) = rest[start..].find(close) else {
            break;
        };
        let end = start + length + 1;
        let _ = write!(
            html,
            "{}<var>{}</var>",
            escape(&rest[..start]),
            escape(&rest[start..end])
        );
        rest = &rest[end..];
    }
    html + &escape(rest)
}

/// A route as a link to its line.
fn link(position: usize, report: &Report) -> String {
    let route = &report.routes[position];
    format!(
        "<a href=\"#r{position}\">{} <code>{}</code></a>",
        escape(&route.methods.join(" ")),
        escape(&route.path)
    )
}

fn findings(report: &Report) -> String {
    if report.findings.is_empty() {
        return String::new();
    }
    let cards: String = report.findings.iter().map(|f| finding(f, report)).collect();
    format!(
        "<section id=\"findings\" aria-labelledby=\"findings-title\">\
         <h2 id=\"findings-title\">Findings</h2><ol class=\"cards\">{cards}</ol></section>"
    )
}

fn finding(finding: &Finding, report: &Report) -> String {
    let mut html = format!(
        "<li class=\"finding\"><p><em class=\"{0}\">{0}</em> <b>{1}</b> {2}</p>",
        word(finding.severity),
        escape(&finding.code),
        escape(&finding.message)
    );
    if let Some(witness) = &finding.witness {
        let _ = write!(
            html,
            "<p class=\"witness\">shown by <code>{}</code></p>",
            escape(witness)
        );
    }
    html.push_str("<ul>");
    if let Some(found) = &finding.place {
        let _ = write!(html, "<li>{}</li>", place(found, report));
    }
    for related in &finding.related {
        let _ = write!(html, "<li>{}", escape(&related.message));
        if let Some(found) = &related.place {
            let _ = write!(html, ": {}", place(found, report));
        }
        html.push_str("</li>");
    }
    html.push_str("</ul>");
    if !finding.help.is_empty() {
        let _ = write!(html, "<p class=\"help\">{}</p>", escape(&finding.help));
    }
    html.push_str("</li>");
    html
}

/// A place, with the routes whose handler is there.
fn place(place: &Place, report: &Report) -> String {
    let routes: Vec<_> = place.routes.iter().map(|r| link(*r, report)).collect();
    format!(
        "{} <span class=\"f\">{}</span>",
        routes.join(", "),
        escape(&place.source)
    )
}

fn models(report: &Report) -> String {
    if report.models.is_empty() {
        return String::new();
    }
    let ids: BTreeMap<&str, usize> = report
        .models
        .iter()
        .enumerate()
        .map(|(id, model)| (model.name.as_str(), id))
        .collect();
    let cards = report.models.iter().enumerate();
    let cards: String = cards.map(|(id, m)| model(id, m, &ids, report)).collect();
    format!(
        "<section id=\"models\" aria-labelledby=\"models-title\">\
         <h2 id=\"models-title\">Models</h2><div class=\"models\">{cards}</div></section>"
    )
}

fn model(id: usize, model: &Model, ids: &BTreeMap<&str, usize>, report: &Report) -> String {
    let mut html = format!(
        "<article id=\"m{id}\"><h3>{}</h3><p class=\"under\">{} <code>{}</code></p>",
        escape(&model.name),
        model.kind,
        escape(&model.class)
    );
    if !model.fields.is_empty() {
        html.push_str("<table><tbody>");
        for field in &model.fields {
            let _ = write!(
                html,
                "<tr><th scope=\"row\">{}{}</th><td><code>{}</code></td></tr>",
                escape(&field.name),
                if field.optional {
                    " <small>may be missing</small>"
                } else {
                    ""
                },
                ty(&field.ty, ids)
            );
        }
        html.push_str("</tbody></table>");
    }
    if !model.within.is_empty() {
        let names = model.within.iter().map(|m| &report.models[*m].name);
        let links: Vec<_> = names.map(|name| ty(name, ids)).collect();
        let _ = write!(html, "<p>part of <code>{}</code></p>", links.join(", "));
    }
    if !model.routes.is_empty() {
        let _ = write!(
            html,
            "<details><summary>in the response of {}</summary><ul>",
            plural(model.routes.len(), "route")
        );
        for route in &model.routes {
            let _ = write!(html, "<li>{}</li>", link(*route, report));
        }
        html.push_str("</ul></details>");
    }
    html.push_str("</article>");
    html
}

/// A type whose models are links. Words in the strings of a literal are none.
fn ty(text: &str, ids: &BTreeMap<&str, usize>) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = if c == '"' {
            string(rest)
        } else if word(c) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        match ids.get(token) {
            Some(id) => {
                let _ = write!(html, "<a href=\"#m{id}\">{token}</a>");
            }
            None => html.push_str(&escape(token)),
        }
        rest = after;
    }
    html
}

/// Where the JSON string ends that `text` begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

fn sizes(report: &Report) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_marked_by_the_brackets_of_the_whole_path() {
        let marked = |text: &str| path(text, brackets(text));
        assert_eq!(marked("/a/{b}-{c}.x"), "/a/<var>{b}</var>-<var>{c}</var>.x");
        assert_eq!(marked("/<b>/x"), "/<var>&lt;b&gt;</var>/x");
        assert_eq!(marked("/<b>/{c}"), "/&lt;b&gt;/<var>{c}</var>");
        assert_eq!(marked("/open{"), "/open{");
        assert_eq!(path("/>", Some(('<', '>'))), "/&gt;");
    }

    #[test]
    fn models_in_types_are_links_and_words_in_strings_are_not() {
        let ids = BTreeMap::from([("Item", 3)]);
        assert_eq!(
            ty(r#"dict[str, Item] | literal["Item \" Item<", 1]"#, &ids),
            "dict[str, <a href=\"#m3\">Item</a>] | \
             literal[&quot;Item \\&quot; Item&lt;&quot;, 1]"
        );
        assert_eq!(ty("Items | \"", &ids), "Items | &quot;");
    }

    #[test]
    fn handlers_are_called_by_their_last_name() {
        assert_eq!(short("posts:register.<locals>.get_post"), "get_post");
        assert_eq!(short("app:<lambda>"), "<lambda>");
        assert_eq!(short("plain"), "plain");
    }

    #[test]
    fn numbers_are_grouped() {
        let texts = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(plural(1, "route"), "1 route");
    }
}
