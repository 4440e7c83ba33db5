//! Findings and models, with links to the routes that they have to do with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::markup::{link, plural, ty, word};
use crate::report::data::{Finding, Model, Place, Report};
use crate::report::html::escape;

pub(super) fn findings(report: &Report) -> String {
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

pub(super) fn models(report: &Report) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::tests::{TABLE, app, overlap};

    #[test]
    fn a_finding_shows_its_request_and_leads_to_its_routes() {
        let report = Report::new(&app(), TABLE, &[overlap()]);
        let html = findings(&report);
        for text in [
            "<em class=\"error\">error</em> <b>CVT081</b> route &#39;/items/{id}/all&#39;",
            "<p class=\"witness\">shown by <code>GET /items/&lt;1&gt;/all</code></p>",
            "<a href=\"#r2\">GET <code>/items/{id}/all</code></a> <span class=\"f\">shop.py:20</span>",
            "<li>it is taken: <a href=\"#r4\">POST <code>/a+/{id}</code></a>",
        ] {
            assert!(html.contains(text), "{text} is not in {html}");
        }
        assert_eq!(findings(&Report::new(&app(), TABLE, &[])), "");
    }
}
