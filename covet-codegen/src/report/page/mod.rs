//! The page: sections of HTML in a template, with a style and a script.
//!
//! All that is to be read is markup, so that it can be read without the script. The script adds
//! searching, keys and the details of a route, for which it has the data once more, as JSON.

mod found;
mod markup;
mod overview;
mod routes;

use std::fmt::Write as _;

use self::markup::{count, word};
use super::data::Report;
use super::html::{escape, fill, json, source_hash};

/// The page of `report`, which is the same for the same report.
pub fn page(report: &Report) -> String {
    let style = text(include_str!("../../../../templates/report/report.css"));
    let script = text(include_str!("../../../../templates/report/report.js"));
    fill(
        &text(include_str!("../../../../templates/report/report.html")),
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
            ("overview", &overview::overview(report)),
            ("chips", &routes::chips(report)),
            ("tree", &routes::tree(report)),
            ("findings", &found::findings(report)),
            ("models", &found::models(report)),
            ("sizes", &overview::sizes(report)),
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
