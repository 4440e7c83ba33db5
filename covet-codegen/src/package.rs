//! The files of a generated crate.

use crate::VERSION;
use crate::emit;
use crate::lower::{Plan, Responses};
use crate::model::{App, Model};
use crate::write::Files;

include!(concat!(env!("OUT_DIR"), "/runtime.rs"));

/// The release of PyO3 that generated crates are pinned to; `templates/crate/Cargo.lock` has the
/// exact version.
const PYO3: &str = "0.30";

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../templates/crate/", $path))
    };
}

/// Every file of the crate of `app`. `routes_toml` is the table it was made from, byte for byte.
///
/// The same app gives the same files.
pub fn files(app: &App, routes_toml: &str) -> Files {
    let plan = Plan::new(app);
    let responses = Responses::new(app);
    let fill = |template: &str| fill(template, app).into_bytes();
    let offer = |template: &str| offer(template, app, &responses).into_bytes();
    let package = |file: &str| format!("python/{}/{file}", app.name);
    let mut files = Files::from([
        ("Cargo.toml".to_owned(), fill(template!("Cargo.toml"))),
        ("Cargo.lock".to_owned(), lock(app).into_bytes()),
        (
            "pyproject.toml".to_owned(),
            fill(template!("pyproject.toml")),
        ),
        ("README.md".to_owned(), fill(template!("README.md"))),
        ("src/lib.rs".to_owned(), fill(template!("lib.rs"))),
        (
            "src/routes.rs".to_owned(),
            emit::routes(app, &plan).into_bytes(),
        ),
        (
            "src/responses.rs".to_owned(),
            emit::responses(app, &responses).into_bytes(),
        ),
        (
            package("__init__.py"),
            offer(template!("python/__init__.py")),
        ),
        (
            package("__init__.pyi"),
            offer(template!("python/__init__.pyi")),
        ),
        (package("py.typed"), Vec::new()),
        (package("routes.toml"), routes_toml.as_bytes().to_vec()),
        (
            "vendor/covet-runtime/Cargo.toml".to_owned(),
            fill(template!("covet-runtime.Cargo.toml")),
        ),
        (
            "vendor/covet-runtime/build.rs".to_owned(),
            include_bytes!("../../covet-runtime/build.rs").to_vec(),
        ),
    ]);
    for (path, text) in RUNTIME {
        files.insert(
            format!("vendor/covet-runtime/src/{path}"),
            text.as_bytes().to_vec(),
        );
    }
    files
}

/// The version of the wheel: the fingerprint is in it, so that pip sees that another table is
/// another version and never keeps an old wheel in its place.
pub fn wheel_version(app: &App) -> String {
    format!("{VERSION}+{}", &app.fingerprint[..12])
}

fn fill(template: &str, app: &App) -> String {
    [
        ("{{name}}", app.name.to_string()),
        ("{{entry}}", printable(&app.entry)),
        ("{{fingerprint}}", app.fingerprint.clone()),
        ("{{version}}", VERSION.to_owned()),
        ("{{wheel_version}}", wheel_version(app)),
        ("{{pyo3}}", PYO3.to_owned()),
    ]
    .iter()
    .fold(template.to_owned(), |text, (key, value)| {
        text.replace(key, value)
    })
}

/// [`fill`] for the Python side of the module, which offers a serializer for each model.
fn offer(template: &str, app: &App, responses: &Responses<'_>) -> String {
    let models = || responses.models.iter().map(|plan| plan.model);
    let each = |line: fn(&Model) -> String| models().map(line).collect::<String>();
    [
        (
            "{{imported_serializers}}",
            each(|m| format!("    serialize_{},\n", m.name)),
        ),
        (
            "{{exported_serializers}}",
            each(|m| format!("    \"serialize_{}\",\n", m.name)),
        ),
        ("{{declared_serializers}}", each(declaration)),
    ]
    .iter()
    .fold(fill(template, app), |text, (key, value)| {
        text.replace(key, value)
    })
}

/// The stub of a model's serializer.
fn declaration(model: &Model) -> String {
    format!(
        "\ndef serialize_{}(obj: Any, /) -> bytes:\n    \"\"\"A ``{}`` as JSON text in UTF-8.\n\n    \
         Any other object is written as well, as the framework would write it.\n    \"\"\"\n",
        model.name,
        printable(&model.class)
    )
}

/// An entry as it may stand in a comment, a docstring and a TOML string: `module:attribute` of
/// Python has nothing else in it, but the table may come from anywhere.
fn printable(entry: &str) -> String {
    entry
        .chars()
        .filter(|c| c.is_alphanumeric() || "_.:()[], ".contains(*c))
        .collect()
}

/// The lock file of the template crate, with the generated crate's own entry where cargo would
/// put it: entries are sorted by name.
fn lock(app: &App) -> String {
    let template = template!("Cargo.lock").replace("\r\n", "\n");
    let (head, packages) = template
        .split_once("\n[[package]]\n")
        .expect("a lock file has packages");
    let mut packages: Vec<String> = packages
        .split("\n[[package]]\n")
        .map(|package| fill(package.trim_end(), app))
        .collect();
    packages.sort_by(|a, b| a.lines().next().cmp(&b.lines().next()));
    let packages: Vec<_> = packages
        .iter()
        .map(|p| format!("\n[[package]]\n{p}\n"))
        .collect();
    format!("{head}\n{}", packages.concat().trim_start_matches('\n'))
}

#[cfg(test)]
mod tests {
    use crate::model::Name;

    #[test]
    fn no_app_is_called_like_a_crate_that_it_needs() {
        let lock = template!("Cargo.lock");
        let names = lock
            .lines()
            .filter_map(|line| line.strip_prefix("name = ")?.split('"').nth(1))
            .filter(|name| !name.contains('{'));
        for name in names {
            assert!(Name::new(&name.replace('-', "_")).is_err(), "{name}");
        }
    }
}
