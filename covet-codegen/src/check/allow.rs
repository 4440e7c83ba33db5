//! `--allow CODE`: leaving findings out.

use std::collections::BTreeMap;

use crate::diagnostics::{Diagnostic, Severity};

/// Leaves out the findings of the codes that are allowed. An allow that leaves out nothing is a
/// finding of its own (`CVT075`): what it was for is gone, or was never there.
///
/// Errors that leave no table or nothing to compare stay, whatever is allowed.
pub fn allow(found: Vec<Diagnostic>, allowed: &[String]) -> Vec<Diagnostic> {
    let mut used: BTreeMap<&str, Outcome> = allowed
        .iter()
        .map(|code| (code.as_str(), Outcome::Unused))
        .collect();
    let mut left = Vec::with_capacity(found.len());
    for diagnostic in found {
        match used.get_mut(diagnostic.code.as_str()) {
            Some(outcome) if is_firm(&diagnostic) => {
                *outcome = (*outcome).max(Outcome::Refused);
                left.push(diagnostic);
            }
            Some(outcome) => *outcome = Outcome::Used,
            None => left.push(diagnostic),
        }
    }
    for (code, outcome) in used {
        let (message, help) = match outcome {
            Outcome::Used => continue,
            Outcome::Unused => (
                format!("`--allow {code}` allows nothing: there is no such finding"),
                "take it away, so that the next such finding is seen",
            ),
            Outcome::Refused => (
                format!("`--allow {code}` allows nothing: without a table there is no gate"),
                "repair what it is about; an error like this cannot be allowed",
            ),
        };
        left.push(Diagnostic::error("CVT075", message, help).as_severity(Severity::Warning));
    }
    left
}

/// What became of an allow, the better the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Unused,
    Refused,
    Used,
}

/// Whether it is an error of the app, of its table or of the machine: there is nothing to be checked
/// then. A route that `--deny-fallback` denies is no such error.
fn is_firm(diagnostic: &Diagnostic) -> bool {
    let code = diagnostic.code.as_str();
    diagnostic.severity == Severity::Error && code < "CVT060" && code != "CVT020"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(found: &[Diagnostic]) -> Vec<&str> {
        found.iter().map(|each| each.code.as_str()).collect()
    }

    fn finding(code: &str) -> Diagnostic {
        Diagnostic::error(code, "", "")
    }

    #[test]
    fn all_findings_of_a_code_are_left_out() {
        let found = vec![finding("CVT071"), finding("CVT082"), finding("CVT071")];
        assert_eq!(codes(&allow(found, &["CVT071".to_owned()])), ["CVT082"]);
    }

    #[test]
    fn an_allow_that_matches_nothing_is_found_once() {
        let twice = ["CVT082".to_owned(), "CVT082".to_owned()];
        let left = allow(Vec::new(), &twice);
        assert_eq!(codes(&left), ["CVT075"]);
        assert_eq!(left[0].severity, Severity::Warning);
    }

    #[test]
    fn what_leaves_no_table_cannot_be_allowed() {
        let left = allow(vec![finding("CVT012")], &["CVT012".to_owned()]);
        assert_eq!(codes(&left), ["CVT012", "CVT075"]);
        assert!(left[1].help.contains("cannot be allowed"));
        let note = finding("CVT020").as_severity(Severity::Note);
        let denied = finding("CVT020");
        assert!(allow(vec![note, denied], &["CVT020".to_owned()]).is_empty());
    }
}
