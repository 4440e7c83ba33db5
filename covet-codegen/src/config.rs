//! `[tool.covet-codegen]` of pyproject.toml: what is the same each time that a command is run.
//!
//! The keys are options of the command line, and `docs/configuration.md` describes them. What is
//! found here becomes the default of the option: a command never sees where a value came from.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::{Diagnostic, Diagnostics};

/// The name of the file.
pub const FILE: &str = "pyproject.toml";

/// What the table is called below `[tool]`.
pub const TABLE: &str = "covet-codegen";

/// A key of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// What its value has to be.
    pub kind: Kind,
}

/// What the value of a key has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An app, as on the command line. A file is relative to the configuration.
    App,
    /// A program: a path relative to the configuration or, without a slash, a name on `PATH`.
    Program,
    /// A path relative to the configuration.
    Path,
    /// Text.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number that is not negative.
    Number,
    /// A list of codes of diagnostics.
    Codes,
    /// One of [`FORMATS`].
    Format,
}

/// Every format that a command has. Each takes those that it knows.
pub const FORMATS: &[&str] = &["text", "json", "github", "sarif"];

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind }
}

/// All keys.
pub const KEYS: &[Key] = &[
    key("app", Kind::App),
    key("python", Kind::Program),
    key("name", Kind::Text),
    key("out", Kind::Path),
    key("crate-dir", Kind::Path),
    key("routes", Kind::Path),
    key("deny-fallback", Kind::Switch),
    key("allow", Kind::Codes),
    key("offline", Kind::Switch),
    key("seed", Kind::Number),
    key("requests", Kind::Number),
    key("format", Kind::Format),
];

/// A key with its value, as text that the command line could have.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key.
    pub key: &'static Key,
    /// One value; of [`Kind::Codes`] any number.
    pub values: Vec<String>,
}

/// Reads the text of a pyproject.toml. `None` when it has nothing for us.
///
/// A file that is no TOML is somebody else's matter unless it mentions this program.
///
/// # Errors
///
/// `CVT034`, for everything that is wrong in our table.
pub fn parse(text: &str) -> Result<Option<Vec<Setting>>, Diagnostics> {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(_) if !text.contains(TABLE) => return Ok(None),
        Err(error) => {
            let help = "mend the file at this place: it may hold a [tool.covet-codegen]";
            return Err(finding(error.message(), help, error.span()).into());
        }
    };
    let tool = document.get_ref().get("tool");
    let tool = tool.and_then(|tool| tool.get_ref().as_table());
    let Some(ours) = tool.and_then(|tool| tool.get(TABLE)) else {
        return Ok(None);
    };
    let Some(table) = ours.get_ref().as_table() else {
        let message = format!(
            "`tool.{TABLE}` is {}, not a table",
            described(ours.get_ref())
        );
        let help = format!("write the keys below a line `[tool.{TABLE}]`");
        return Err(finding(&message, &help, Some(ours.span())).into());
    };
    let (mut settings, mut found) = (Vec::new(), Vec::new());
    for (name, value) in table {
        match KEYS.iter().find(|key| key.name == name.get_ref()) {
            Some(key) => match read(key, value) {
                Ok(values) => settings.push((name.span().start, Setting { key, values })),
                Err(faults) => found.extend(faults),
            },
            None => found.push(unknown(name)),
        }
    }
    if !found.is_empty() {
        found.sort_by_key(|each| each.span.as_ref().map(|span| span.start));
        return Err(Diagnostics(found));
    }
    settings.sort_by_key(|(at, _)| *at);
    Ok(Some(settings.into_iter().map(|(_, each)| each).collect()))
}

fn finding(message: &str, help: &str, span: Option<Range<usize>>) -> Diagnostic {
    let diagnostic = Diagnostic::error("CVT034", message, help);
    match span {
        Some(span) => diagnostic.at(span),
        None => diagnostic,
    }
}

fn unknown(name: &Spanned<impl AsRef<str>>) -> Diagnostic {
    let written = name.get_ref().as_ref();
    let names = KEYS.iter().map(|key| key.name);
    let help = match near(written, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys are {}", names.collect::<Vec<_>>().join(", ")),
    };
    let message = format!("unknown key `{}` in [tool.{TABLE}]", written.escape_debug());
    finding(&message, &help, Some(name.span()))
}

/// The most similar of `names`, if one is similar.
fn near<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase().replace('_', "-");
    let rated = names.map(|name| (strsim::jaro_winkler(&written, name), name));
    rated
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

/// The values of a key, or all that is wrong with them.
fn read(key: &Key, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Vec<Diagnostic>> {
    let name = key.name;
    let wrong = |wanted: &str, help: &str| {
        let message = format!("`{name}` is {}, not {wanted}", described(value.get_ref()));
        vec![finding(&message, help, Some(value.span()))]
    };
    match (key.kind, value.get_ref()) {
        (Kind::Switch, DeValue::Boolean(switch)) => Ok(vec![switch.to_string()]),
        (Kind::Switch, _) => Err(wrong(
            "true or false",
            "write `true` or `false`, without quotes",
        )),
        (Kind::Number, DeValue::Integer(number)) => {
            let digits = number.as_str().trim_start_matches('+');
            u64::from_str_radix(digits, number.radix())
                .map(|number| vec![number.to_string()])
                .map_err(|_| wrong("one from 0 to 18446744073709551615", "give one in between"))
        }
        (Kind::Number, _) => Err(wrong(
            "a whole number",
            "write it without quotes or a point",
        )),
        (Kind::Codes, DeValue::Array(codes)) => {
            let (mut values, mut found) = (Vec::new(), Vec::new());
            for each in codes {
                match code(each) {
                    Ok(code) => values.push(code),
                    Err(fault) => found.push(fault),
                }
            }
            if found.is_empty() {
                Ok(values)
            } else {
                Err(found)
            }
        }
        (Kind::Codes, _) => Err(wrong("a list of codes", "write it as `[\"CVT020\"]`")),
        (Kind::Format, DeValue::String(text)) if !FORMATS.contains(&text.as_ref()) => {
            let help = match near(text, FORMATS.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the formats are {}", FORMATS.join(", ")),
            };
            let message = format!("there is no format `{}`", text.escape_debug());
            Err(vec![finding(&message, &help, Some(value.span()))])
        }
        (_, DeValue::String(text)) if text.is_empty() || text.contains('\0') => {
            let message = format!("`{name}` is empty, or holds what no command line can");
            let help = "give a value, or leave the key out";
            Err(vec![finding(&message, help, Some(value.span()))])
        }
        (_, DeValue::String(text)) => Ok(vec![text.to_string()]),
        (_, _) => Err(wrong("text", "write one text, in quotes")),
    }
}

fn code(value: &Spanned<DeValue<'_>>) -> Result<String, Diagnostic> {
    let help = "codes are written as `CVT020`; docs/diagnostics.md has all of them";
    let text = value.get_ref().as_str().unwrap_or_default();
    let digits = text.strip_prefix("CVT").unwrap_or_default();
    if digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    let message = match value.get_ref() {
        DeValue::String(text) => format!("`{}` is not a code", text.escape_debug()),
        other => format!("{} is not a code", described(other)),
    };
    Err(finding(&message, help, Some(value.span())))
}

fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => "a string".to_owned(),
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Boolean(switch) => switch.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// `app` as it is written in a configuration `up` directories above the current one, for the
/// command line: `../app.py:name` for a file. `None` for a module, which is looked up where the
/// configuration is.
pub fn file_of_app(app: &str, up: &str) -> Option<String> {
    let place = match app.rsplit_once(':') {
        Some((place, _)) if !place.is_empty() => place,
        _ => app,
    };
    // The rule is that of `covet_runtime.target`.
    #[allow(
        clippy::case_sensitive_file_extension_comparisons,
        reason = "that rule is"
    )]
    let is_file = place.ends_with(".py")
        || place.contains('/')
        || place.contains(std::path::MAIN_SEPARATOR)
        || matches!(place, "." | "..");
    is_file.then(|| below(up, app))
}

/// `path`, which is relative to the directory `up`.
pub fn below(up: &str, path: &str) -> String {
    if up.is_empty() || std::path::Path::new(path).is_absolute() {
        return path.to_owned();
    }
    format!("{up}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(&'static str, Vec<String>)> {
        let settings = parse(text).expect("valid").expect("there is a table");
        settings
            .into_iter()
            .map(|each| (each.key.name, each.values))
            .collect()
    }

    #[test]
    fn all_keys() {
        let text = "[tool.covet-codegen]
app = 'app.py:app'
python = '.venv/bin/python'
name = 'blog_covet'
out = 'wheels'
crate-dir = 'build/x'
routes = 'routes.toml'
deny-fallback = true
allow = ['CVT082', 'CVT020']
offline = false
seed = 0x10
requests = 1_000
format = 'github'
";
        let found = values(text);
        let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        let keys: Vec<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names, keys);
        let text = |name: &str| {
            let (_, values) = found.iter().find(|(key, _)| *key == name).expect("given");
            values.join(" ")
        };
        assert_eq!(text("allow"), "CVT082 CVT020");
        assert_eq!(text("seed"), "16");
        assert_eq!(text("requests"), "1000");
        assert_eq!(text("offline"), "false");
    }

    #[test]
    fn what_is_not_ours() {
        for text in [
            "",
            "[project]\nname = 'x'\n",
            "[tool.ruff]\nline-length = 100\n",
            "tool = 3\n",
            "[project\n",
        ] {
            assert_eq!(parse(text).expect("not ours"), None, "{text}");
        }
        assert!(parse("[project\n[tool.covet-codegen]\n").is_err());
        assert_eq!(values("[tool.covet-codegen]\n"), []);
        assert_eq!(values("[tool]\ncovet-codegen = { seed = 7 }\n").len(), 1);
    }

    #[test]
    fn near_misses() {
        let names = || KEYS.iter().map(|key| key.name);
        for (written, meant) in [
            ("crate_dir", "crate-dir"),
            ("cratedir", "crate-dir"),
            ("App", "app"),
            ("request", "requests"),
            ("deny_fallbacks", "deny-fallback"),
            ("pyton", "python"),
        ] {
            assert_eq!(near(written, names()), Some(meant));
        }
        assert_eq!(near("colour", names()), None);
    }

    #[test]
    fn apps_are_found_from_below() {
        let file = |app| file_of_app(app, "../../");
        assert_eq!(file("app.py").as_deref(), Some("../../app.py"));
        assert_eq!(
            file("app.py:make()").as_deref(),
            Some("../../app.py:make()")
        );
        assert_eq!(file("src/app").as_deref(), Some("../../src/app"));
        assert_eq!(file("shop.main:app"), None);
        assert_eq!(file("shop"), None);
        assert_eq!(file_of_app("app.py", "").as_deref(), Some("app.py"));
    }
}
