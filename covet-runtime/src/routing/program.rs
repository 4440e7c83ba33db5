//! Deciding one pattern exactly.
//!
//! A [`Program`] is a path's regular expression without the engine: literal text, `.`, and
//! `[^/]+`, anchored at both ends, where the end also accepts one newline (`$` in Python). It
//! confirms what the segment tree could only narrow down, and finds the text of each capture as
//! a backtracking engine would: every capture as long as the rest allows, the first one first.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// These bytes (UTF-8).
    Literal(Cow<'static, str>),
    /// `.`: one character that is not a newline. It may be a slash.
    AnyCharacter,
    /// `[^/]+`: at least one character, none of them a slash.
    Capture,
}

impl Element {
    /// A literal in generated code.
    pub const fn literal(text: &'static str) -> Self {
        Self::Literal(Cow::Borrowed(text))
    }
}

/// A whole pattern, anchored at both ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    elements: Cow<'static, [Element]>,
}

impl Program {
    /// A program of `elements` in order.
    pub fn new(elements: Vec<Element>) -> Self {
        Self {
            elements: Cow::Owned(elements),
        }
    }

    /// A program in generated code.
    pub const fn from_static(elements: &'static [Element]) -> Self {
        Self {
            elements: Cow::Borrowed(elements),
        }
    }

    /// The elements in order.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Whether the pattern accepts exactly `path` (UTF-8, or UTF-8 with lone surrogates). The
    /// newline that `$` forgives is not forgiven here: [`find`](super::find) deals with it for all
    /// kinds of endpoints alike.
    pub fn matches(&self, path: &[u8]) -> bool {
        self.run(path, &[path.len()], |_| {})
    }

    /// The byte range of each capture in order, or `None` when the pattern accepts neither `path`
    /// nor what is before the newline at its end.
    pub fn captures(&self, path: &[u8]) -> Option<Vec<Range<usize>>> {
        let mut captures = Vec::new();
        let ends = [path.len(), path.len().saturating_sub(1)];
        let ends = if path.last() == Some(&b'\n') {
            &ends[..]
        } else {
            &ends[..1]
        };
        self.run(path, ends, |capture| captures.push(capture))
            .then_some(captures)
    }

    /// Matches `path` up to one of `ends`, the furthest first.
    fn run(&self, path: &[u8], ends: &[usize], mut capture: impl FnMut(Range<usize>)) -> bool {
        let fixed = self.elements.iter().position(|e| *e == Element::Capture);
        let (prefix, rest) = self.elements.split_at(fixed.unwrap_or(self.elements.len()));
        let Some(start) = forward(prefix, path, 0) else {
            return false;
        };
        match rest {
            [] => ends.contains(&start),
            [Element::Capture, suffix @ ..] if !suffix.contains(&Element::Capture) => {
                // The common case: what is not the capture has a fixed place at either end. The
                // longer end goes first, because the capture is greedy.
                let found = ends.iter().find_map(|end| {
                    let end = backward(suffix, path, *end)?;
                    (start < end && !path[start..end].contains(&b'/')).then_some(start..end)
                });
                found.map(&mut capture).is_some()
            }
            _ => search(rest, path, start, ends, capture),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, element) in self.elements.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            match element {
                Element::Literal(text) => write!(f, "'{}'", text.escape_debug())?,
                Element::AnyCharacter => f.write_str(".")?,
                Element::Capture => f.write_str("{}")?,
            }
        }
        Ok(())
    }
}

/// Matches elements of fixed width from `at` on; the position behind them.
fn forward(elements: &[Element], path: &[u8], mut at: usize) -> Option<usize> {
    for element in elements {
        at = match element {
            Element::Literal(text) => path[at..]
                .starts_with(text.as_bytes())
                .then(|| at + text.len())?,
            Element::AnyCharacter => (*path.get(at)? != b'\n').then(|| next_character(path, at))?,
            Element::Capture => return None,
        };
    }
    Some(at)
}

/// Matches elements of fixed width up to `end`; the position before them.
fn backward(elements: &[Element], path: &[u8], mut end: usize) -> Option<usize> {
    for element in elements.iter().rev() {
        end = match element {
            Element::Literal(text) => path[..end]
                .ends_with(text.as_bytes())
                .then(|| end - text.len())?,
            Element::AnyCharacter => {
                let start = path[..end]
                    .iter()
                    .rposition(|byte| !is_continuation(*byte))?;
                (path[start] != b'\n').then_some(start)?
            }
            Element::Capture => return None,
        };
    }
    Some(end)
}

/// Several captures: first which positions each element can start from and still reach the end,
/// right to left; then every capture takes the longest stretch that the rest can follow. Time and
/// space are proportional to elements × length, where a backtracking engine may be quadratic.
fn search(
    elements: &[Element],
    path: &[u8],
    start: usize,
    ends: &[usize],
    mut capture: impl FnMut(Range<usize>),
) -> bool {
    let width = path.len() + 1;
    let mut reachable = vec![false; (elements.len() + 1) * width];
    for end in ends {
        reachable[elements.len() * width + end] = true;
    }
    for (index, element) in elements.iter().enumerate().rev() {
        let (row, next) = (index * width, (index + 1) * width);
        for at in (start..path.len())
            .rev()
            .filter(|&at| !is_continuation(path[at]))
        {
            reachable[row + at] = match element {
                Element::Literal(text) => {
                    path[at..].starts_with(text.as_bytes()) && reachable[next + at + text.len()]
                }
                Element::AnyCharacter => {
                    path[at] != b'\n' && reachable[next + next_character(path, at)]
                }
                Element::Capture => {
                    let after = next_character(path, at);
                    path[at] != b'/' && (reachable[next + after] || reachable[row + after])
                }
            };
        }
    }
    if !reachable[start] {
        return false;
    }
    let mut at = start;
    for (index, element) in elements.iter().enumerate() {
        let next = (index + 1) * width;
        at = match element {
            Element::Literal(text) => at + text.len(),
            Element::AnyCharacter => next_character(path, at),
            Element::Capture => {
                let limit = path[at..]
                    .iter()
                    .position(|b| *b == b'/')
                    .map_or(path.len(), |n| at + n);
                let Some(end) = (at + 1..=limit).rev().find(|&end| reachable[next + end]) else {
                    return false;
                };
                capture(at..end);
                end
            }
        };
    }
    true
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// The position behind the character that starts at `at` (which is inside `path`).
fn next_character(path: &[u8], at: usize) -> usize {
    let continuation = path[at + 1..]
        .iter()
        .take_while(|byte| is_continuation(**byte))
        .count();
    at + 1 + continuation
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{Pattern, parse};

    fn captures<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
        let Ok(Pattern::Compiled(compiled)) = parse(pattern) else {
            panic!("{pattern}")
        };
        let program = compiled.program;
        let captures = program.captures(path.as_bytes());
        let shorter = path.strip_suffix('\n').unwrap_or(path);
        let matches = [path, shorter]
            .iter()
            .any(|path| program.matches(path.as_bytes()));
        assert_eq!(captures.is_some(), matches, "{pattern} {path:?}");
        captures.map(|ranges| ranges.into_iter().map(|range| &path[range]).collect())
    }

    // Every expectation was read off `re.match` in CPython.
    #[test]
    fn captures_are_greedy() {
        assert_eq!(captures("/{a}-{b}", "/1-2-3"), Some(vec!["1-2", "3"]));
        assert_eq!(captures("/{a}{b}", "/xyz"), Some(vec!["xy", "z"]));
        assert_eq!(captures("/{a}{b}", "/é語"), Some(vec!["é", "語"]));
        assert_eq!(captures("/{a}{b}", "/x"), None);
        assert_eq!(captures("/{a}-{b}", "/-"), None);
        assert_eq!(captures("/{a}/{b}", "/x/"), None);
    }

    #[test]
    fn a_dot_is_any_character_but_newline() {
        assert_eq!(captures("/f.{e}", "/fXtxt"), Some(vec!["txt"]));
        assert_eq!(captures("/f.{e}", "/f/txt"), Some(vec!["txt"]));
        assert_eq!(captures("/f.{e}", "/f語t"), Some(vec!["t"]));
        assert_eq!(captures("/f.{e}", "/f\ntxt"), None);
        assert_eq!(
            captures("/{a}.{b}.{c}", "/x.y/q.z"),
            Some(vec!["x.y", "q", "z"])
        );
        assert_eq!(captures("/{n}.xml", "/a.b.xml"), Some(vec!["a.b"]));
        assert_eq!(captures("/{n}.xml", "/.xml"), None);
    }

    #[test]
    fn the_end_accepts_one_newline() {
        assert_eq!(captures("/{n}.xml", "/a.xml\n"), Some(vec!["a"]));
        assert_eq!(captures("/{n}.xml", "/a.xml\n\n"), None);
        assert_eq!(captures("/u/{x}", "/u/5\n"), Some(vec!["5\n"]));
        assert_eq!(captures("/{a}-{b}", "/1-2\n"), Some(vec!["1", "2\n"]));
        assert_eq!(captures("/{a}-{b}/x", "/1-2/x\n"), Some(vec!["1", "2"]));
        assert_eq!(captures("/a<b", "/a<b\n"), Some(vec![]));
    }

    #[test]
    fn many_captures_take_linear_time() {
        let path = format!("/{}", "-".repeat(20_000));
        assert_eq!(captures("/{a}-{b}-{c}-x", &path), None);
    }
}
