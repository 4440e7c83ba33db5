//! Which routes may have a path in common: a quick look before the exact one.
//!
//! Routes are entered into a tree by segments, as the matcher's own tree has them. A route finds
//! its neighbours by walking down where its segments can be those of others. What is found may turn
//! out to have nothing in common; what is not found certainly has nothing.

use std::collections::{BTreeMap, BTreeSet};

use covet_runtime::routing::program::Element;

/// One segment of a pattern, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// Text alone.
    Text(String),
    /// Captures or dots somewhere, between this beginning and this end.
    Between(String, String),
}

impl Segment {
    /// As [`meets`](Self::meets), of a text.
    fn admits(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => own == text,
            Self::Between(head, tail) => {
                text.starts_with(head.as_str()) && text.ends_with(tail.as_str())
            }
        }
    }

    /// Whether a segment of a path may be both. Lengths are left out of account: a newline that `$`
    /// forgives may be a capture's, so even no text and a capture meet.
    fn meets(&self, other: &Self) -> bool {
        let begin = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
        let end = |a: &str, b: &str| a.ends_with(b) || b.ends_with(a);
        match (self, other) {
            (Self::Text(text), segment) | (segment, Self::Text(text)) => segment.admits(text),
            (Self::Between(head, tail), Self::Between(other_head, other_tail)) => {
                begin(head, other_head) && end(tail, other_tail)
            }
        }
    }
}

/// Routes by their segments.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    nodes: Vec<Node>,
    /// Routes with a newline in their text: too rare for the rules about the newline at the end to
    /// be thought through here. They are everybody's neighbours.
    odd: BTreeSet<usize>,
    all: BTreeSet<usize>,
}

#[derive(Debug, Default)]
struct Node {
    texts: BTreeMap<String, usize>,
    others: BTreeMap<Segment, usize>,
    routes: Vec<usize>,
}

impl Neighbours {
    /// Enters a route.
    pub(super) fn insert(&mut self, route: usize, elements: &[Element]) {
        self.all.insert(route);
        if is_odd(elements) {
            self.odd.insert(route);
            return;
        }
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        for segments in readings(elements) {
            let mut node = 0;
            for segment in segments {
                node = self.child(node, segment);
            }
            if self.nodes[node].routes.last() != Some(&route) {
                self.nodes[node].routes.push(route);
            }
        }
    }

    /// The routes that may have a path in common with a route of these elements, which is one of
    /// them unless it was not entered. `None` once all of these steps have been taken.
    pub(super) fn of(&self, elements: &[Element], steps: &mut usize) -> Option<BTreeSet<usize>> {
        if is_odd(elements) {
            take(steps, FOUND * self.all.len())?;
            return Some(self.all.clone());
        }
        let mut found = self.odd.clone();
        for segments in readings(elements) {
            let mut places: Vec<_> = if self.nodes.is_empty() {
                vec![]
            } else {
                vec![0]
            };
            for segment in &segments {
                let mut next = Vec::new();
                for place in places {
                    let Node { texts, others, .. } = &self.nodes[place];
                    take(steps, 1 + others.len())?;
                    if let Segment::Text(text) = segment {
                        next.extend(texts.get(text));
                    } else {
                        take(steps, texts.len())?;
                        let meeting = texts.iter().filter(|(text, _)| segment.admits(text));
                        next.extend(meeting.map(|(_, child)| child));
                    }
                    let meeting = others.iter().filter(|(other, _)| other.meets(segment));
                    next.extend(meeting.map(|(_, child)| child));
                }
                places = next;
            }
            for place in places {
                take(steps, FOUND * self.nodes[place].routes.len())?;
                found.extend(&self.nodes[place].routes);
            }
        }
        Some(found)
    }

    fn child(&mut self, node: usize, segment: Segment) -> usize {
        let new = self.nodes.len();
        let children = &mut self.nodes[node];
        let child = match segment {
            Segment::Text(text) => *children.texts.entry(text).or_insert(new),
            between @ Segment::Between(..) => *children.others.entry(between).or_insert(new),
        };
        if child == new {
            self.nodes.push(Node::default());
        }
        child
    }
}

/// What it costs to find a route, in segments that are looked at.
const FOUND: usize = 5;

/// Takes steps, all that are left when they are too few.
fn take(steps: &mut usize, count: usize) -> Option<()> {
    let enough = count <= *steps;
    *steps -= count.min(*steps);
    enough.then_some(())
}

fn is_odd(elements: &[Element]) -> bool {
    let has_newline = |e: &Element| matches!(e, Element::Literal(text) if text.contains('\n'));
    elements.iter().any(has_newline)
}

/// The segments of a pattern, once for each way of reading its dots as slashes or other characters.
fn readings(elements: &[Element]) -> impl Iterator<Item = Vec<Segment>> + '_ {
    let dots = elements.iter().filter(|e| **e == Element::AnyCharacter);
    let ways = 1_u32 << dots.count().min(31);
    (0..ways).map(move |slashes| segments(elements, slashes))
}

fn segments(elements: &[Element], mut slashes: u32) -> Vec<Segment> {
    let mut segments = vec![Segment::Text(String::new())];
    for element in elements {
        match element {
            Element::Literal(text) => {
                for (position, text) in text.split('/').enumerate() {
                    if position > 0 {
                        segments.push(Segment::Text(String::new()));
                    }
                    match segments.last_mut() {
                        Some(Segment::Text(last) | Segment::Between(_, last)) => {
                            last.push_str(text);
                        }
                        None => {}
                    }
                }
            }
            Element::AnyCharacter if slashes & 1 == 1 => {
                slashes >>= 1;
                segments.push(Segment::Text(String::new()));
            }
            Element::AnyCharacter | Element::Capture => {
                if *element == Element::AnyCharacter {
                    slashes >>= 1;
                }
                if let Some(last) = segments.last_mut() {
                    let head = match last {
                        Segment::Text(text) | Segment::Between(text, _) => std::mem::take(text),
                    };
                    *last = Segment::Between(head, String::new());
                }
            }
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use covet_runtime::routing::pattern::{Pattern, parse};

    use super::*;

    fn elements(path: &str) -> Vec<Element> {
        match parse(path) {
            Ok(Pattern::Compiled(compiled)) => compiled.program.elements().to_vec(),
            Ok(Pattern::Static) => vec![Element::Literal(path.to_owned().into())],
            other => panic!("{path}: {other:?}"),
        }
    }

    fn of(path: &str, others: &[&str]) -> Vec<usize> {
        let mut neighbours = Neighbours::default();
        for (route, other) in others.iter().enumerate() {
            neighbours.insert(route, &elements(other));
        }
        let found = neighbours.of(&elements(path), &mut 1_000);
        found.expect("few steps").into_iter().collect()
    }

    #[test]
    fn segments_decide() {
        let others = [
            "/users/{id}",
            "/users/me",
            "/{kind}/list",
            "/posts/{id}",
            "/{page}",
        ];
        assert_eq!(of("/users/{name}", &others), [0, 1, 2]);
        assert_eq!(of("/{kind}/list", &others), [0, 2, 3]);
        assert_eq!(of("/x", &others), [4]);
    }

    #[test]
    fn beginnings_and_ends_decide() {
        let others = ["/f/{a}.xml", "/f/{a}-{b}", "/f/v{n}", "/f/{n}.json"];
        assert_eq!(of("/f/x.xml", &others), [0, 1]);
        assert_eq!(of("/f/v1", &others), [1, 2]);
        assert_eq!(of("/f/{a}l", &others), [0, 1, 2]);
        assert_eq!(of("/f/w{a}n", &others), [1, 3]);
    }

    #[test]
    fn a_dot_may_be_a_slash() {
        assert_eq!(of("/{a}/xml", &["/{name}.xml", "/{name}.json"]), [0]);
        assert_eq!(of("/{name}.xml", &["/a/xml", "/a/b/xml"]), [0]);
    }

    #[test]
    fn a_newline_may_be_a_value() {
        assert_eq!(of("/a/", &["/a/{x}"]), [0]);
        assert_eq!(of("/a\n", &["/b/{x}"]), [0]);
    }

    #[test]
    fn the_steps_are_bounded() {
        let mut neighbours = Neighbours::default();
        for route in 0..100 {
            neighbours.insert(route, &elements(&format!("/r{route}/{{id}}")));
        }
        assert_eq!(neighbours.of(&elements("/{a}/{b}"), &mut 50), None);
        assert!(neighbours.of(&elements("/r7/{b}"), &mut 50).is_some());
    }
}
