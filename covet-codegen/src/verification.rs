//! What a verification did, for people.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::cli::Verify;
use crate::interpreter::VerifyReport;

/// What the kinds of requests are, in the order in which they are made.
const KINDS: &[(&str, &str)] = &[
    ("hits", "every endpoint once"),
    ("overlaps", "paths that two routes want"),
    ("values", "captures at the edges of what is converted"),
    ("texts", "text that is nearly that of a path"),
    ("edges", "slashes, newlines and more around a path"),
    ("methods", "other methods"),
    ("random", "random mixtures of all that"),
];

/// The tiers, fastest first.
const TIERS: &[&str] = &["generated", "native", "pure"];

/// The report. `repeat` is the command that makes the same requests again.
pub fn text(report: &VerifyReport, repeat: &str) -> String {
    let mut text = String::new();
    let (requests, tiers, seed) = (report.requests, report.compared_tiers(), report.seed);
    let verdict = match report.divergences.len() {
        0 => "no difference".to_owned(),
        count => differences(count),
    };
    let _ = writeln!(
        text,
        "{verdict} in {requests} requests (tiers {tiers}, seed {seed})"
    );
    if report.out_of_time {
        let _ = writeln!(
            text,
            "the time was up after {requests} of {} requests",
            report.requested
        );
    }
    let _ = writeln!(
        text,
        "\nrequests, made from {} endpoints:",
        report.endpoints
    );
    for (kind, what) in KINDS {
        if let Some(count) = report.kinds.get(*kind) {
            let _ = writeln!(text, "  {count:>9}  {what}");
        }
    }
    let _ = writeln!(text, "\ntiers:");
    for tier in TIERS {
        let compared = report.tiers.get(*tier).copied().unwrap_or_default();
        let reason = report.reasons.get(*tier).map_or("", String::as_str);
        let _ = if compared {
            let time = report.seconds.get(*tier).copied().unwrap_or_default();
            let found = report.divergences.iter().filter(|d| d.tier == *tier);
            let result = match found.count() {
                0 => "equal".to_owned(),
                count => differences(count),
            };
            writeln!(text, "  {tier:<9}  {result}, {time:.2} s: {reason}")
        } else {
            writeln!(text, "  {tier:<9}  not compared: {reason}")
        };
    }
    let time = |name: &str| report.seconds.get(name).copied().unwrap_or_default();
    let _ = writeln!(
        text,
        "\nit took {:.2} s, {:.2} of which in the framework",
        time("all"),
        time("framework")
    );
    let _ = writeln!(text, "the same requests again: {repeat}");
    text
}

fn differences(count: usize) -> String {
    format!("{count} difference{}", if count == 1 { "" } else { "s" })
}

/// The command that makes the same requests again, for a shell.
pub fn repeat(options: &Verify, report: &VerifyReport) -> String {
    let mut words = vec!["covet-codegen".to_owned(), "verify".to_owned()];
    words.push(options.app.app.clone());
    let mut add = |name: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    let shown = |path: &Option<std::path::PathBuf>| path.as_ref().map(|p| p.display().to_string());
    add("--app-dir", shown(&options.app.app_dir));
    add("--python", shown(&options.app.python));
    add("--name", options.app.name.clone());
    add("--wheel", shown(&options.wheel));
    add("--seed", Some(report.seed.to_string()));
    // All that were wanted: which are made depends on how many are.
    add("--requests", Some(report.requested.to_string()));
    let words: Vec<_> = words.iter().map(|word| quote(word)).collect();
    words.join(" ")
}

/// A word as a POSIX shell reads it, in quotes only where it has to be.
pub fn quote(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "_-./:+=,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        for (word, quoted) in [
            ("app.py:app", "app.py:app"),
            ("app:create_app()", "'app:create_app()'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }

    #[test]
    fn every_tier_and_kind_is_told_of() {
        let report = r#"{"seed": 3, "endpoints": 2, "requested": 100, "requests": 40,
            "out_of_time": true, "kinds": {"hits": 2, "random": 38},
            "tiers": {"generated": false, "native": true, "pure": true},
            "reasons": {"generated": "no wheel", "native": "loaded", "pure": "always"},
            "seconds": {"all": 0.5, "framework": 0.25, "native": 0.1, "pure": 0.15},
            "divergences": [{"tier": "pure", "method": "GET", "path": "/", "expected": "a",
                             "actual": "b", "witness": "hits"}]}"#;
        let report: VerifyReport = serde_json::from_str(report).expect("a report");
        assert_eq!(
            text(&report, "again"),
            "\
1 difference in 40 requests (tiers native, pure, seed 3)
the time was up after 40 of 100 requests

requests, made from 2 endpoints:
          2  every endpoint once
         38  random mixtures of all that

tiers:
  generated  not compared: no wheel
  native     equal, 0.10 s: loaded
  pure       1 difference, 0.15 s: always

it took 0.50 s, 0.25 of which in the framework
the same requests again: again
"
        );
    }
}
