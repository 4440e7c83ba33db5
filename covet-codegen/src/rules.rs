//! Every code and what is to be known about it.
//!
//! The one source is `docs/diagnostics.md`, the page that people read on the web. It is part of the
//! program and read when somebody asks: a section of level two is a category, one of level three a
//! code. A code that is not in the page does not exist; a test compares it with the sources.

use std::sync::LazyLock;

use strsim::levenshtein;

/// The page.
const PAGE: &str = include_str!("../../docs/diagnostics.md");

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| read(PAGE));

/// A code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `CVT012`.
    pub code: String,
    /// The name, of rules that have one: `route-removed`.
    pub name: Option<String>,
    /// What it belongs to: `The routes`, or `Breaking changes: WIRE`.
    pub category: String,
    /// One sentence.
    pub sentence: String,
    /// The section, in Markdown, without its heading. Links are only their text.
    pub text: String,
}

/// All codes, in the order of the page.
pub fn all() -> &'static [Rule] {
    &RULES
}

/// The rule of a code or a name. `12` is `CVT012`.
///
/// # Errors
///
/// What may have been meant instead.
pub fn find(wanted: &str) -> Result<&'static Rule, String> {
    let wanted = wanted.trim();
    let code = normalized(wanted);
    let found = all()
        .iter()
        .find(|rule| rule.code == code || rule.name.as_deref() == Some(wanted));
    found.ok_or_else(|| {
        let near = nearest(&code, wanted).join(", ");
        format!("there is no such code; near it are {near}")
    })
}

/// [`find`] for the command line: the code itself.
///
/// # Errors
///
/// As of [`find`].
pub fn code(wanted: &str) -> Result<String, String> {
    find(wanted).map(|rule| rule.code.clone())
}

/// Whether a code is one of `covet-codegen breaking`.
pub fn is_breaking(code: &str) -> bool {
    find(code).is_ok_and(|rule| rule.category.starts_with("Breaking changes"))
}

/// A line for each code, in columns.
pub fn list() -> String {
    let width = |of: fn(&Rule) -> &str| all().iter().map(|rule| of(rule).chars().count()).max();
    let sentences = width(|rule| &rule.sentence).unwrap_or_default();
    let lines = all().iter().map(|rule| {
        format!(
            "{}  {:sentences$}  {}\n",
            rule.code, rule.sentence, rule.category
        )
    });
    lines.collect()
}

/// `cvt12` and `12` as `CVT012`.
fn normalized(wanted: &str) -> String {
    let upper = wanted.to_ascii_uppercase();
    let digits = upper.strip_prefix("CVT").unwrap_or(&upper);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return upper;
    }
    format!("CVT{:0>3}", digits.trim_start_matches('0'))
}

/// The three codes or names that are nearest to what was asked for.
fn nearest(code: &str, name: &str) -> Vec<&'static str> {
    let number = |code: &str| code.get(3..)?.parse::<i64>().ok();
    let mut all: Vec<_> = all()
        .iter()
        .map(|rule| {
            let apart = match (number(&rule.code), number(code)) {
                (Some(a), Some(b)) => (a - b).abs(),
                _ => i64::MAX,
            };
            let by_code = (levenshtein(&rule.code, code), apart, rule.code.as_str());
            let by_name = rule.name.as_deref();
            let by_name = by_name.map(|other| (levenshtein(other, name), 0, other));
            by_name.map_or(by_code, |by_name| by_name.min(by_code))
        })
        .collect();
    all.sort_unstable();
    all.into_iter().take(3).map(|(_, _, text)| text).collect()
}

fn read(page: &str) -> Vec<Rule> {
    let page = page.replace("\r\n", "\n");
    let mut rules = Vec::new();
    // A line of a code block may look like a heading, so sections are found line by line.
    let mut category = String::new();
    let mut section: Option<(String, Vec<&str>)> = None;
    let mut in_code = false;
    for line in page.lines() {
        in_code ^= line.starts_with("```");
        let heading = if in_code { None } else { line.split_once("# ") };
        match heading {
            Some(("##", title)) if title.starts_with("CVT") => {
                rules.extend(section.take().map(|found| rule(&category, found)));
                section = Some((title.to_owned(), Vec::new()));
            }
            Some(("#" | "", title)) => {
                rules.extend(section.take().map(|found| rule(&category, found)));
                title.clone_into(&mut category);
            }
            _ => {
                if let Some((_, lines)) = &mut section {
                    lines.push(line);
                }
            }
        }
    }
    rules.extend(section.take().map(|found| rule(&category, found)));
    rules
}

fn rule(category: &str, (code, lines): (String, Vec<&str>)) -> Rule {
    let text = without_links(lines.join("\n").trim());
    let bold = text.split("**").nth(1).unwrap_or_default();
    let sentence = bold.split_whitespace().collect::<Vec<_>>().join(" ");
    // A rule with a name: "Rule `route-removed`, category WIRE."
    let named = text
        .split_once("Rule `")
        .and_then(|(_, rest)| rest.split_once("`, category "))
        .and_then(|(name, rest)| Some((name.to_owned(), rest.split_once('.')?.0)));
    let category = match &named {
        Some((_, kind)) => format!("{category}: {kind}"),
        None => category.to_owned(),
    };
    Rule {
        code,
        name: named.map(|(name, _)| name),
        category,
        sentence: sentence.trim_end_matches([',', '.']).to_owned(),
        text,
    }
}

/// `[text](target)` as `text`, because there is nothing to click on in a terminal.
fn without_links(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let (Some(open), Some((_, behind))) = (before.rfind('['), after.split_once(')')) else {
            result.push_str(before);
            result.push_str("](");
            rest = after;
            continue;
        };
        result.push_str(&before[..open]);
        result.push_str(&before[open + 1..]);
        rest = behind;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_parts() {
        assert!(all().len() > 30);
        for rule in all() {
            assert!(!rule.category.is_empty(), "{rule:?}");
            assert!(!rule.sentence.is_empty(), "{rule:?}");
            assert!(rule.sentence.chars().count() < 90, "{rule:?}");
            assert!(
                !rule.text.contains("](") && !rule.text.contains("\n#"),
                "{rule:?}"
            );
        }
        let mut codes: Vec<_> = all().iter().map(|rule| &rule.code).collect();
        assert!(codes.is_sorted(), "{codes:?}");
        codes.dedup();
        assert_eq!(codes.len(), all().len());
    }

    #[test]
    fn codes_are_found_however_they_are_written() {
        for wanted in ["CVT012", "cvt012", "12", "012", " CVT12 "] {
            assert_eq!(find(wanted).expect(wanted).code, "CVT012");
        }
        let rule = find("CVT012").expect("it is there");
        assert_eq!(rule.sentence, "A typed converter");
        assert_eq!(rule.category, "The routes");
        assert!(rule.text.contains("@app.get(\"/users/<int:id>\")"));
        assert!(
            !rule.text.contains("CVT013"),
            "the next section is not part"
        );
        assert_eq!(code("3"), Ok("CVT003".to_owned()));
    }

    #[test]
    fn what_is_not_there_has_near_misses() {
        let fault = find("CVT013x").expect_err("no such code");
        assert!(fault.contains("CVT013"), "{fault}");
        let fault = find("CVT22").expect_err("no such code");
        assert!(
            fault.contains("CVT021") && fault.contains("CVT020"),
            "{fault}"
        );
        for wanted in ["", "CVT", "CVT9999999999999999999999", "語", "route"] {
            assert!(find(wanted).is_err(), "{wanted}");
        }
    }

    #[test]
    fn links_are_their_text() {
        assert_eq!(without_links("a [b](c#d) e [f](g)"), "a b e f");
        assert_eq!(without_links("x](y) [z"), "x](y) [z");
    }
}
