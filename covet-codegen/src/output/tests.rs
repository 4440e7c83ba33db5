use super::*;
use crate::diagnostics::Related;

fn findings() -> Diagnostics {
    let mut shadowed = Diagnostic::error("CVT071", "50% is gone:\nall, of it", "run `x`");
    shadowed.location = Some(Location {
        file: "a,b/c:d.py".to_owned(),
        line: Some(7),
        name: Some("handler".to_owned()),
    });
    shadowed.witness = Some("GET /::error::".to_owned());
    shadowed.related = vec![Related {
        message: "the other".to_owned(),
        location: Some(Location {
            file: "größe x.py".to_owned(),
            line: Some(3),
            name: None,
        }),
    }];
    let spanned = Diagnostic::error("CVT030", "broken", "").at(10..12);
    let placeless = Diagnostic::error("CVT070", "nothing", "").as_severity(Severity::Warning);
    Diagnostics(vec![shadowed.clone(), spanned, placeless, shadowed])
}

const SOURCE: Source<'_> = Source {
    name: "routes.toml",
    text: "schema\nä = = 2",
};

#[test]
fn commands_of_a_workflow_are_escaped() {
    let text = render(&findings(), Format::Github, Some(SOURCE));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "::error file=a%2Cb/c%3Ad.py,line=7,title=CVT071::50%25 is gone:%0Aall, of it%0A\
         shown by: GET /::error::%0Athe other (größe x.py:3)%0Ahelp: run `x`"
    );
    assert_eq!(
        lines[1],
        "::error file=routes.toml,line=2,col=3,title=CVT030::broken"
    );
    assert_eq!(lines[2], "::warning title=CVT070::nothing");
    assert_eq!(lines.len(), 4);
}

#[test]
fn sarif_names_rules_places_and_fingerprints() {
    let context = Context {
        fallback: Some(Location {
            file: "/srv/app.py".to_owned(),
            line: None,
            name: None,
        }),
        exit_code: 1,
        ..Context::default()
    };
    let text = render_with(&findings(), Format::Sarif, Some(SOURCE), &context);
    let log: Value = serde_json::from_str(&text).expect("JSON");
    let run = &log["runs"][0];
    let ids: Vec<_> = run["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .map(|rule| rule["id"].as_str().expect("id"))
        .collect();
    assert_eq!(ids, ["CVT030", "CVT070", "CVT071"]);
    let results = run["results"].as_array().expect("results");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%2Cb/c%3Ad.py");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert_eq!(results[0]["ruleIndex"], 2);
    assert_eq!(
        results[0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "gr%C3%B6%C3%9Fe%20x.py"
    );
    assert_eq!(
        results[1]["locations"][0]["physicalLocation"]["region"],
        serde_json::json!({"startLine": 2, "startColumn": 3})
    );
    assert_eq!(
        results[2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "file:///srv/app.py"
    );
    let print = |n: usize| results[n]["partialFingerprints"]["covetFinding/v1"].as_str();
    let first = print(0).expect("a fingerprint").trim_end_matches(":1");
    assert_eq!(print(3), Some(format!("{first}:2").as_str()));
}
