//! Workflow commands that annotate lines
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).

use super::{Spot, lines};
use crate::diagnostics::{Diagnostic, Severity};

/// One finding as one line. The runner of a workflow takes every line that starts with `::` for a
/// command, so nothing else may begin a line.
pub(super) fn annotation(diagnostic: &Diagnostic, spot: Option<&Spot>) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(spot) = spot {
        properties.push(format!("file={}", property(&spot.file)));
        properties.extend(spot.line.map(|line| format!("line={line}")));
        properties.extend(spot.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(&diagnostic.code)));
    let message = lines(diagnostic, true).join("\n");
    format!("::{command} {}::{}\n", properties.join(","), data(&message))
}

/// Text behind the second `::`, as the runner decodes it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Text of a property, which ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
