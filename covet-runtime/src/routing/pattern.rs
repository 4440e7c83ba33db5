//! Paths as CovetPy understands them.
//!
//! The framework turns a path that holds `{` or `<` into a regular expression by replacing each
//! `{name}` (or, when the path has no pair of braces, each `<name>`) with `(?P<name>[^/]+)`,
//! escaping nothing, and anchoring the result with `^` and `$`. What follows is that rule read
//! backwards: what does the expression accept, and can we decide it without a regex engine?

use std::fmt;

use super::program::{Element, Program};

/// More dots than this and the path is left to Python's `re`: each `.` of a path may stand for a
/// slash too, and the tree enters every combination.
pub const MAX_DOTS: usize = 3;

/// A path with more slashes than this is left to Python's `re`: the tree is as deep as its longest
/// path, and what walks it recursively must not run out of stack.
pub const MAX_SLASHES: usize = 200;

/// What a path written in a route table means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Matched by equality.
    Static,
    /// Decided by this crate.
    Compiled(Compiled),
    /// Decided by Python's `re`, at its place in the order.
    Regex(Regex),
}

/// A dynamic path in elements, with the names of its captures in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// Literal text, single characters and captures, anchored at both ends.
    pub program: Program,
    /// One name for each [`Element::Capture`], in order.
    pub names: Vec<String>,
}

/// A dynamic path that needs a regex engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regex {
    /// The expression the framework compiles, anchors included.
    pub source: String,
    /// Why it was not compiled, as a clause: "`+` is a regular-expression operator here".
    pub reason: String,
}

/// A path whose expression Python refuses: in the framework it makes every dynamic look-up raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poison {
    /// `int:x` of `<int:x>` or `id:int` of `{id:int}`: the framework has no converter that works.
    TypedConverter(String),
    /// `{user-id}`, `{3}`: not a Python identifier.
    InvalidName(String),
    /// The same name twice.
    DuplicateName(String),
}

impl fmt::Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TypedConverter(text) => {
                write!(
                    f,
                    "typed converter `{text}` is not a valid expression in this framework"
                )
            }
            Self::InvalidName(name) => {
                write!(f, "capture name `{name}` is not an identifier")
            }
            Self::DuplicateName(name) => write!(f, "capture name `{name}` occurs twice"),
        }
    }
}

impl std::error::Error for Poison {}

/// Reads a path as written.
///
/// # Errors
///
/// [`Poison`] when a capture's name is certain to make Python's `re` refuse the expression. Where
/// text and name together decide that (`/[<int:x>]` is a set of characters), it cannot be told
/// here: the path comes back as [`Pattern::Regex`], and compiling that may fail.
pub fn parse(path: &str) -> Result<Pattern, Poison> {
    if !path.contains(['{', '<']) {
        return Ok(Pattern::Static);
    }
    let pieces = split(path);
    let reason = match obstacle(path, &pieces) {
        Some(reason) => reason,
        None => match check_names(&pieces)? {
            Some(reason) => reason,
            None => return Ok(Pattern::Compiled(compile(&pieces))),
        },
    };
    Ok(Pattern::Regex(Regex {
        source: source(path),
        reason,
    }))
}

/// A path cut at its placeholders.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Capture(&'a str),
}

/// The brackets that placeholders of this path have: angles count only without a pair of braces.
fn brackets(path: &str) -> Option<(char, char)> {
    let has = |&(open, close): &(char, char)| path.contains(open) && path.contains(close);
    [('{', '}'), ('<', '>')].into_iter().find(has)
}

fn split(path: &str) -> Vec<Piece<'_>> {
    let Some((open, close)) = brackets(path) else {
        return vec![Piece::Text(path)];
    };
    let mut pieces = Vec::new();
    let mut text_start = 0;
    for (start, name) in placeholders(path, open.encode_utf8(&mut [0; 4]), close) {
        if text_start < start {
            pieces.push(Piece::Text(&path[text_start..start]));
        }
        pieces.push(Piece::Capture(name));
        text_start = start + name.len() + 2;
    }
    if text_start < path.len() {
        pieces.push(Piece::Text(&path[text_start..]));
    }
    pieces
}

/// Every `open name close` of `text` from left to right: where it starts, and the name, which has
/// at least one character. That is what the expression `open([^close]+)close` finds.
fn placeholders<'a>(text: &'a str, open: &str, close: char) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut search = 0;
    while let Some(offset) = text[search..].find(open) {
        let start = search + offset;
        let name_start = start + open.len();
        let Some(length) = text[name_start..].find(close) else {
            break;
        };
        if length == 0 {
            // `{}` is no placeholder. The brackets stay text.
            search = start + 1;
        } else {
            found.push((start, &text[name_start..name_start + length]));
            search = name_start + length + close.len_utf8();
        }
    }
    found
}

/// Looks at the names of a path whose text is harmless: the reason for a regex engine, if any.
fn check_names(pieces: &[Piece<'_>]) -> Result<Option<String>, Poison> {
    let mut names: Vec<&str> = Vec::new();
    let mut reason = None;
    for piece in pieces {
        let Piece::Capture(name) = piece else {
            continue;
        };
        let identifier = !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !name.is_ascii() || name.contains('>') {
            // Python says what an identifier is beyond ASCII; and `{a>b}` is the name `a`, then
            // the text `b>` in front of the segment.
            reason = Some(format!(
                "the capture name `{name}` is not an ASCII identifier"
            ));
        } else if !identifier && name.contains(':') {
            return Err(Poison::TypedConverter((*name).to_owned()));
        } else if !identifier {
            return Err(Poison::InvalidName((*name).to_owned()));
        } else if names.contains(name) {
            return Err(Poison::DuplicateName((*name).to_owned()));
        }
        names.push(name);
    }
    Ok(reason)
}

/// What in the text of the path needs a regex engine, if anything does.
fn obstacle(path: &str, pieces: &[Piece<'_>]) -> Option<String> {
    let (mut dots, mut slashes) = (0, 0);
    for piece in pieces {
        let Piece::Text(text) = piece else { continue };
        dots += text.matches('.').count();
        slashes += text.matches('/').count();
        let inner = without_anchors(path, text);
        if let Some(operator) = inner.chars().find(|c| r"^$*+?{}[]\|()".contains(*c)) {
            return Some(format!(
                "`{operator}` is a regular-expression operator here"
            ));
        }
    }
    if slashes > MAX_SLASHES {
        return Some(format!("it has {slashes} slashes"));
    }
    (dots > MAX_DOTS).then(|| format!("it has {dots} dots, each of which may match a slash"))
}

/// `text`, a piece of `path`, less the anchor that the path's own first or last character is.
fn without_anchors<'a>(path: &str, text: &'a str) -> &'a str {
    let (path, piece) = (
        path.as_bytes().as_ptr_range(),
        text.as_bytes().as_ptr_range(),
    );
    let text = if piece.start == path.start {
        text.strip_prefix('^').unwrap_or(text)
    } else {
        text
    };
    if piece.end == path.end {
        text.strip_suffix('$').unwrap_or(text)
    } else {
        text
    }
}

/// The expression that the framework compiles.
fn source(path: &str) -> String {
    let mut source = path.to_owned();
    match brackets(path) {
        Some(('{', _)) => source = substitute(&source, "{", '}', "[^/]+"),
        Some(_) => {
            for (open, body) in [
                ("<int:", r"\d+"),
                ("<str:", "[^/]+"),
                ("<float:", r"[\d.]+"),
                ("<", "[^/]+"),
            ] {
                source = substitute(&source, open, '>', body);
            }
        }
        None => {}
    }
    if !source.starts_with('^') {
        source.insert(0, '^');
    }
    if !source.ends_with('$') {
        source.push('$');
    }
    source
}

/// Replaces every placeholder by a group of that name.
fn substitute(text: &str, open: &str, close: char, body: &str) -> String {
    let mut result = String::with_capacity(2 * text.len());
    let mut rest = 0;
    for (start, name) in placeholders(text, open, close) {
        result.push_str(&text[rest..start]);
        result.push_str("(?P<");
        result.push_str(name);
        result.push('>');
        result.push_str(body);
        result.push(')');
        rest = start + open.len() + name.len() + close.len_utf8();
    }
    result.push_str(&text[rest..]);
    result
}

fn compile(pieces: &[Piece<'_>]) -> Compiled {
    let mut elements = Vec::new();
    let mut names = Vec::new();
    let last = pieces.len() - 1;
    for (position, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Capture(name) => {
                elements.push(Element::Capture);
                names.push((*name).to_owned());
            }
            Piece::Text(text) => {
                let text = if position == 0 {
                    text.strip_prefix('^').unwrap_or(text)
                } else {
                    text
                };
                let text = if position == last {
                    text.strip_suffix('$').unwrap_or(text)
                } else {
                    text
                };
                for (index, literal) in text.split('.').enumerate() {
                    if index > 0 {
                        elements.push(Element::AnyCharacter);
                    }
                    if !literal.is_empty() {
                        elements.push(Element::Literal(literal.to_owned().into()));
                    }
                }
            }
        }
    }
    Compiled {
        program: Program::new(elements),
        names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(path: &str) -> (String, Vec<String>) {
        match parse(path) {
            Ok(Pattern::Compiled(compiled)) => (compiled.program.to_string(), compiled.names),
            other => panic!("{path}: {other:?}"),
        }
    }

    fn regex(path: &str) -> String {
        match parse(path) {
            Ok(Pattern::Regex(regex)) => regex.source,
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn both_notations_capture() {
        assert_eq!(compiled("/u/{id}"), ("'/u/' {}".into(), vec!["id".into()]));
        assert_eq!(
            compiled("/u/<id>/x"),
            ("'/u/' {} '/x'".into(), vec!["id".into()])
        );
    }

    #[test]
    fn braces_win_over_angles() {
        assert_eq!(
            compiled("/{a}/<b>"),
            ("'/' {} '/<b>'".into(), vec!["a".into()])
        );
    }

    #[test]
    fn a_lone_angle_is_dynamic_text() {
        assert_eq!(compiled("/a<b"), ("'/a<b'".into(), vec![]));
    }

    #[test]
    fn dots_match_any_character() {
        assert_eq!(compiled("/f.{e}").0, "'/f' . {}");
    }

    #[test]
    fn one_anchor_at_each_end_is_dropped() {
        assert_eq!(compiled("^/{a}$").0, "'/' {}");
        assert_eq!(regex("/{a}$$"), "^/(?P<a>[^/]+)$$");
        assert_eq!(regex("^^/{a}"), "^^/(?P<a>[^/]+)$");
    }

    #[test]
    fn operators_are_left_to_python() {
        assert_eq!(regex("/a+b/{x}"), "^/a+b/(?P<x>[^/]+)$");
        assert_eq!(regex("/{}/{x}"), "^/{}/(?P<x>[^/]+)$");
        assert_eq!(regex("/a{b"), "^/a{b$");
        assert_eq!(regex("/{é}"), "^/(?P<é>[^/]+)$");
        assert_eq!(regex("/{x}/a.b.c.d.e"), "^/(?P<x>[^/]+)/a.b.c.d.e$");
        assert_eq!(regex("/{a>b}"), "^/(?P<a>b>[^/]+)$");
        assert_eq!(regex("/[<int:x>]"), r"^/[(?P(?P<x>[^/]+)\d+)]$");
    }

    #[test]
    fn names_that_python_refuses_poison_the_table() {
        for (path, poison) in [
            ("/<int:x>", Poison::TypedConverter("int:x".into())),
            ("/{id:int}", Poison::TypedConverter("id:int".into())),
            ("/{user-id}", Poison::InvalidName("user-id".into())),
            ("/{3}", Poison::InvalidName("3".into())),
            ("/{a}/{a}", Poison::DuplicateName("a".into())),
            ("/{{a}", Poison::InvalidName("{a".into())),
        ] {
            assert_eq!(parse(path), Err(poison), "{path}");
        }
    }
}
