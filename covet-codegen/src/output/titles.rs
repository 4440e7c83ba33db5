//! The codes and what each is about, from their documentation.

use std::sync::LazyLock;

const DOCUMENTATION: &str = include_str!("../../../docs/diagnostics.md");

static TITLES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    DOCUMENTATION
        .split("\n### ")
        .skip(1)
        .filter_map(|section| {
            let (code, text) = section.split_once('\n')?;
            let (_, text) = text.split_once("**")?;
            let (title, _) = text.split_once("**")?;
            let words: Vec<_> = title.split_whitespace().collect();
            Some((
                code.trim(),
                words.join(" ").trim_end_matches(['.', ',']).to_owned(),
            ))
        })
        .collect()
});

/// What findings of `code` are about, in a sentence without a full stop; None when there is no such
/// code.
pub fn title(code: &str) -> Option<&'static str> {
    let found = TITLES.iter().find(|(each, _)| *each == code);
    found.map(|(_, title)| title.as_str())
}

/// All codes, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    TITLES.iter().map(|(code, _)| *code)
}
