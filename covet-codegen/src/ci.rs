//! A workflow of GitHub's that checks an app and builds its wheel.

use std::fmt::Write as _;

use crate::VERSION;
use crate::verification::quote;

/// What is filled into the template.
#[derive(Debug)]
pub struct Workflow<'a> {
    /// The app, as on the command line.
    pub app: &'a str,
    /// Options of the commands that import the app.
    pub options: &'a [String],
    /// The version of Python: `3.11`.
    pub python: &'a str,
    /// The project's directory in the repository, with `/`; `.` for its root.
    pub directory: &'a str,
    /// What pip installs beside covet-codegen: arguments of `pip install`.
    pub requirements: &'a [String],
    /// Where the wheel goes.
    pub out: &'a str,
}

/// The text of the workflow.
pub fn github(workflow: &Workflow<'_>) -> String {
    let Workflow {
        directory, python, ..
    } = workflow;
    let mut app = quote(workflow.app).into_owned();
    for word in workflow.options {
        let _ = write!(app, " {}", quote(word));
    }
    let mut install = format!("python -m pip install covet-codegen=={VERSION}");
    for word in workflow.requirements {
        let _ = write!(install, " {}", quote(word));
    }
    let out = workflow.out.trim_end_matches('/');
    let wheels = match *directory {
        "." => format!("{out}/*.whl"),
        directory => format!("{directory}/{out}/*.whl"),
    };
    [
        ("{{version}}", VERSION.to_owned()),
        ("{{directory}}", text(directory)),
        ("{{python}}", text(python)),
        ("{{python_version}}", (*python).to_owned()),
        ("{{install}}", literal(&install)),
        ("{{app}}", literal(&app)),
        ("{{out}}", literal(&quote(out))),
        ("{{wheels}}", text(&wheels)),
    ]
    .iter()
    .fold(
        include_str!("../../templates/ci/github.yml").replace("\r\n", "\n"),
        |text, (key, value)| text.replace(key, value),
    )
}

/// A string of YAML's: those of JSON are.
fn text(value: &str) -> String {
    literal(&serde_json::Value::from(value).to_string())
}

/// Text that GitHub takes for no expression. One in a path is not meant as one.
fn literal(value: &str) -> String {
    value.replace("${{", "${{ '${{' }}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(app: &str, directory: &str) -> String {
        github(&Workflow {
            app,
            options: &["--name".to_owned(), "shop_covet".to_owned()],
            python: "3.10",
            directory,
            requirements: &["-r".to_owned(), "requirements.txt".to_owned()],
            out: "dist",
        })
    }

    #[test]
    fn all_is_filled_in() {
        let text = filled("app:make()", ".");
        assert!(text.contains(
            "covet-codegen build 'app:make()' --name shop_covet --python python --out dist\n"
        ));
        assert!(text.contains("python-version: \"3.10\"\n"));
        assert!(text.contains("working-directory: \".\"\n"));
        assert!(text.contains("path: \"dist/*.whl\"\n"));
        assert!(text.contains("-r requirements.txt\n"));
        let rest = text.replace("${{ github.", "").replace("${{ runner.", "");
        assert!(!rest.contains("{{"), "{rest}");
        assert!(filled("app.py", "a/b").contains("path: \"a/b/dist/*.whl\"\n"));
    }

    #[test]
    fn a_path_is_no_expression() {
        let text = filled("${{ secrets.X }}.py", ".");
        assert!(!text.contains("build '${{ secrets.X }}"), "{text}");
    }
}
