//! What a machine needs for a build, and how it is told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use crate::diagnostics::Diagnostic;

/// How it stands with one thing that a build needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// A build can work, but something is worth knowing.
    Warning,
    /// A build cannot work.
    Problem,
}

/// One thing that a build needs.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What it is.
    pub name: &'static str,
    /// How it stands with it.
    pub status: Status,
    /// What was found.
    pub found: String,
    /// What to do, unless all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The code of the diagnostic that a build would end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Ok,
            found: found.into(),
            help: None,
            code: None,
        }
    }

    /// Worth knowing.
    pub fn warning(name: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            help: Some(help.into()),
            ..Self::ok(name, found)
        }
    }

    /// What a build would end with.
    pub fn problem(name: &'static str, fault: &Diagnostic) -> Self {
        Self {
            status: Status::Problem,
            help: Some(fault.help.clone()),
            code: Some(fault.code.clone()),
            ..Self::ok(name, fault.message.clone())
        }
    }

    /// A problem, or a warning.
    pub fn is(mut self, status: Status) -> Self {
        self.status = status;
        self
    }
}

/// Whether a build can work.
pub fn works(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.status != Status::Problem)
}

/// The report for people, in colours.
pub fn text(checks: &[Check]) -> String {
    const RED: &str = "\x1b[1;31m";
    const YELLOW: &str = "\x1b[1;33m";
    const GREEN: &str = "\x1b[32m";
    let width = checks.iter().map(|check| check.name.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let (colour, status) = match check.status {
            Status::Ok => (GREEN, "ok"),
            Status::Warning => (YELLOW, "warning"),
            Status::Problem => (RED, "problem"),
        };
        let Check { name, found, .. } = check;
        let code = check.code.iter().map(|code| format!(" [{code}]"));
        let code = code.collect::<String>();
        let _ = write!(text, "{colour}{status:<7}\x1b[0m  {name:<width$}  ");
        let indent = 9 + width + 2;
        let _ = writeln!(text, "{}{code}", indented(found, indent));
        if let Some(help) = &check.help {
            let _ = writeln!(text, "{:indent$}help: {}", "", indented(help, indent + 6));
        }
    }
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let verdict = match (count(Status::Problem), count(Status::Warning)) {
        (0, 0) => format!("{GREEN}A build can work here.\x1b[0m"),
        (0, warnings) => format!(
            "{GREEN}A build can work here.\x1b[0m {}",
            many(warnings, "warning")
        ),
        (problems, _) => format!(
            "{RED}No build can work here:\x1b[0m {}",
            many(problems, "problem")
        ),
    };
    let _ = writeln!(text, "\n{verdict}");
    text
}

fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Several lines, all but the first behind `width` spaces.
fn indented(text: &str, width: usize) -> String {
    text.trim_end().replace('\n', &format!("\n{:width$}", ""))
}

/// The report for programs.
pub fn json(checks: &[Check]) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        works: bool,
        checks: &'a [Check],
    }
    let report = Report {
        works: works(checks),
        checks,
    };
    // Text and a switch can always be written.
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

/// Whether a version such as `1.89.0` is at least `minimum`, such as `1.89`. `None` when it is no
/// version.
pub fn is_at_least(version: &str, minimum: &str) -> Option<bool> {
    let numbers = |text: &str| {
        // `1.91.0-nightly` counts as what it will become.
        let text = text.split(['-', '+']).next()?;
        text.split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u64>>>()
    };
    Some(numbers(version)? >= numbers(minimum)?)
}

/// The file names of the crates that a generated crate needs, as cargo keeps them.
pub fn crates_of(lock: &str) -> BTreeSet<String> {
    let value = |line: &str, key: &str| {
        let value = line.strip_prefix(key)?.trim().strip_prefix('"')?;
        value.strip_suffix('"').map(str::to_owned)
    };
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter(|package| package.contains("\nsource = "))
        .filter_map(|package| {
            let find = |key| package.lines().find_map(|line| value(line, key));
            Some(format!(
                "{}-{}.crate",
                find("name = ")?,
                find("version = ")?
            ))
        })
        .collect()
}

/// A number of bytes, for people.
pub fn size(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    match bytes {
        0 => "empty".to_owned(),
        1..MIB => format!("{} KiB", bytes.div_ceil(1 << 10)),
        _ if bytes < 1 << 30 => format!("{} MiB", bytes / MIB),
        _ => format!("{}.{} GiB", bytes >> 30, ((bytes % (1 << 30)) * 10) >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(is_at_least("1.89.0", "1.89"), Some(true));
        assert_eq!(is_at_least("1.88.2", "1.89"), Some(false));
        assert_eq!(is_at_least("1.100.0", "1.89"), Some(true));
        assert_eq!(is_at_least("2.0.0", "1.89"), Some(true));
        assert_eq!(is_at_least("1.91.0-nightly", "1.89"), Some(true));
        assert_eq!(is_at_least("rustc", "1.89"), None);
    }

    #[test]
    fn crates() {
        let crates = crates_of(include_str!("../../templates/crate/Cargo.lock"));
        assert!(crates.len() > 10, "{crates:?}");
        assert!(crates.iter().any(|name| name.starts_with("pyo3-0.")));
        assert!(!crates.iter().any(|name| name.starts_with("covet")));
    }

    #[test]
    fn sizes() {
        let shown: Vec<_> = [0, 1, 1 << 20, 5 << 29, (1 << 30) - 1].map(size).into();
        assert_eq!(shown, ["empty", "1 KiB", "1 MiB", "2.5 GiB", "1023 MiB"]);
    }

    #[test]
    fn reports() {
        let fault = Diagnostic::error("CVT043", "cargo is not on PATH", "install Rust");
        let checks = [
            Check::ok("python", "3.11"),
            Check::warning("network", "two crates\nare missing", "go online"),
            Check::problem("rust", &fault),
        ];
        assert!(works(&checks[..2]) && !works(&checks));
        let shown = anstream::adapter::strip_str(&text(&checks)).to_string();
        assert_eq!(
            shown,
            "\
ok       python   3.11
warning  network  two crates
                  are missing
                  help: go online
problem  rust     cargo is not on PATH [CVT043]
                  help: install Rust

No build can work here: 1 problem
"
        );
        let shown: serde_json::Value = serde_json::from_str(&json(&checks)).expect("JSON");
        assert_eq!(shown["works"], false);
        assert_eq!(shown["checks"][2]["code"], "CVT043");
        assert_eq!(shown["checks"][0].get("help"), None);
    }
}
