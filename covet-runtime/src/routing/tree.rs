//! Patterns arranged by segment.
//!
//! A node stands for the segments consumed so far. It has a child for each literal segment, at
//! most one child for "any segment that is not empty", and the endpoints that end here. A path
//! may follow the literal child and the capture child both; the endpoint with the lowest id wins,
//! wherever it is found. The tree is as large as the patterns together, never larger: it is not
//! made deterministic, because a table with many literals beside many captures would explode.
//!
//! A segment that is neither one literal nor one capture (`v{n}`, `{a}-{b}`, `f.{ext}`) is
//! entered as "any segment", and since a dot may stand for a slash, once more for each way of
//! reading dots as slashes. That accepts too much, so such a candidate is **guarded**: its
//! [`Program`](super::Program) has the last word.

use std::collections::BTreeMap;
use std::fmt;

use super::pattern::Compiled;
use super::program::Element;
use super::routes::{EndpointId, Method, NOT_FOUND};

/// Index of a node in [`Tree::nodes`]. The root is 0.
pub type NodeId = usize;

/// An endpoint that ends at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which endpoint.
    pub id: EndpointId,
    /// Whether its program must confirm the match.
    pub guarded: bool,
}

/// A place in the tree.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Children by literal segment.
    pub literals: BTreeMap<String, NodeId>,
    /// The child for any segment that is not empty.
    pub capture: Option<NodeId>,
    /// Candidates by method, lowest id first. Nothing follows a candidate without a guard.
    pub ends: BTreeMap<Method, Vec<Candidate>>,
}

/// All compiled dynamic endpoints of a table.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The nodes; a child always has a higher index than its parent.
    pub nodes: Vec<Node>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

impl Tree {
    /// Enters an endpoint. Ids must come in ascending order.
    pub fn insert(&mut self, id: EndpointId, method: Method, pattern: &Compiled) {
        let dots = pattern
            .program
            .elements()
            .iter()
            .filter(|e| **e == Element::AnyCharacter)
            .count();
        let guarded = levels(pattern).is_none();
        for slashes in 0..1_u32 << dots {
            let mut node = 0;
            for segment in segments(pattern, slashes) {
                node = self.child(node, segment);
            }
            let candidates = self.nodes[node].ends.entry(method).or_default();
            if candidates
                .last()
                .is_none_or(|last| last.guarded && last.id != id)
            {
                candidates.push(Candidate { id, guarded });
            }
        }
    }

    /// The lowest id in the subtree of each node.
    pub fn lowest_ids(&self) -> Vec<EndpointId> {
        let mut lowest = vec![NOT_FOUND; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            let ends = node.ends.values().flatten().map(|candidate| candidate.id);
            let children = node.literals.values().copied().chain(node.capture);
            lowest[index] = ends
                .chain(children.map(|child| lowest[child]))
                .min()
                .unwrap_or(NOT_FOUND);
        }
        lowest
    }

    fn child(&mut self, node: NodeId, segment: Segment) -> NodeId {
        let next = self.nodes.len();
        let child = match segment {
            Segment::Literal(text) => *self.nodes[node].literals.entry(text).or_insert(next),
            Segment::Capture | Segment::Irregular => *self.nodes[node].capture.get_or_insert(next),
        };
        if child == next {
            self.nodes.push(Node::default());
        }
        child
    }

    fn print(&self, f: &mut fmt::Formatter<'_>, node: NodeId, depth: usize) -> fmt::Result {
        let Node {
            literals,
            capture,
            ends,
        } = &self.nodes[node];
        for (method, candidates) in ends {
            for Candidate { id, guarded } in candidates {
                let guard = if *guarded {
                    " if its program matches"
                } else {
                    ""
                };
                writeln!(f, "{:depth$}method {method} → {id}{guard}", "")?;
            }
        }
        for (text, child) in literals {
            writeln!(f, "{:depth$}{:?}", "", text)?;
            self.print(f, *child, depth + 2)?;
        }
        if let Some(child) = capture {
            writeln!(f, "{:depth$}{{}}", "")?;
            self.print(f, *child, depth + 2)?;
        }
        Ok(())
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(f, 0, 0)
    }
}

/// The segment of each capture, when every segment is one literal or one capture; else `None`.
pub fn levels(pattern: &Compiled) -> Option<Vec<u32>> {
    let segments = segments(pattern, 0);
    if segments.contains(&Segment::Irregular) {
        return None;
    }
    Some(
        (0..)
            .zip(&segments)
            .filter(|(_, s)| **s == Segment::Capture)
            .map(|(n, _)| n)
            .collect(),
    )
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Capture,
    Irregular,
}

/// Cuts a pattern at its slashes. Bit `n` of `slashes` makes the `n`th dot one of them.
fn segments(pattern: &Compiled, mut slashes: u32) -> Vec<Segment> {
    let mut segments = vec![Segment::Literal(String::new())];
    let add = |segments: &mut Vec<Segment>, piece: Segment| {
        if let Some(last) = segments.last_mut() {
            *last = match (&last, piece) {
                (Segment::Literal(before), Segment::Literal(text)) => {
                    Segment::Literal(format!("{before}{text}"))
                }
                (Segment::Literal(before), piece) if before.is_empty() => piece,
                (_, Segment::Literal(text)) if text.is_empty() => return,
                _ => Segment::Irregular,
            };
        }
    };
    for element in pattern.program.elements() {
        match element {
            Element::Capture => add(&mut segments, Segment::Capture),
            Element::AnyCharacter => {
                if slashes & 1 == 1 {
                    segments.push(Segment::Literal(String::new()));
                } else {
                    add(&mut segments, Segment::Irregular);
                }
                slashes >>= 1;
            }
            Element::Literal(text) => {
                for (position, text) in text.split('/').enumerate() {
                    if position > 0 {
                        segments.push(Segment::Literal(String::new()));
                    }
                    add(&mut segments, Segment::Literal(text.to_owned()));
                }
            }
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{Pattern, parse};
    use super::*;

    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for (id, path) in (0..).zip(paths) {
            let Ok(Pattern::Compiled(compiled)) = parse(path) else {
                panic!("{path}")
            };
            tree.insert(id, 0, &compiled);
        }
        tree
    }

    #[test]
    fn patterns_share_their_segments() {
        let text = tree(&["/u/{a}", "/u/{b}/x", "/{c}/y"]).to_string();
        let expected = "\
\"\"
  \"u\"
    {}
      method 0 → 0
      \"x\"
        method 0 → 1
  {}
    \"y\"
      method 0 → 2
";
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_is_kept_behind_a_candidate_without_guard() {
        let tree = tree(&["/{a}-{b}", "/{c}", "/{d}", "/{e}.{f}"]);
        let ends = &tree.nodes[2].ends[&0];
        let kept: Vec<_> = ends.iter().map(|c| (c.id, c.guarded)).collect();
        assert_eq!(kept, [(0, true), (1, false)]);
    }

    #[test]
    fn a_dot_may_be_a_slash() {
        let text = tree(&["/v1.0/{x}"]).to_string();
        let expected = "\
\"\"
  \"v1\"
    \"0\"
      {}
        method 0 → 0 if its program matches
  {}
    {}
      method 0 → 0 if its program matches
";
        assert_eq!(text, expected);
    }

    #[test]
    fn irregular_segments_have_no_level() {
        let level = |path| match parse(path) {
            Ok(Pattern::Compiled(compiled)) => levels(&compiled),
            other => panic!("{other:?}"),
        };
        assert_eq!(level("/a/{x}/b/{y}"), Some(vec![2, 4]));
        assert_eq!(level("{x}"), Some(vec![0]));
        assert_eq!(level("/v{x}"), None);
        assert_eq!(level("/{x}{y}"), None);
    }
}
