//! Paths that show how two tables differ.

use std::collections::{BTreeMap, HashSet};

use covet_runtime::routing::pattern::{Compiled, Pattern};
use covet_runtime::routing::program::Element;

use crate::model::App;

/// So many merged samples are made of one route.
const MERGED: usize = 64;

/// Paths deeper than this have no merged samples.
const DEEPEST: usize = 60;

/// The samples of two tables, each once: every static path; every dynamic one with its captures
/// filled with text and with digits, different at each place; and with the literals of all other
/// routes in place of the captures, and the other way round, so that where two routes meet there is
/// a path that both match.
pub(super) fn samples(tables: &[&App]) -> Vec<String> {
    let mut known = HashSet::new();
    let mut samples = Vec::new();
    let mut add = |path: String| {
        // No request has another path.
        if path.starts_with('/') && known.insert(path.clone()) {
            samples.push(path);
        }
    };
    let mut trie = Trie::default();
    let mut shapes = Vec::new();
    for route in tables.iter().flat_map(|app| &app.routes) {
        match &route.pattern {
            Pattern::Static => {
                let path = &route.declared.path;
                trie.insert(path.split('/').map(Segment::literal).collect());
                add(path.clone());
            }
            Pattern::Compiled(compiled) => {
                for fill in FILLS {
                    let shape = shape(compiled, fill);
                    add(text_of(&shape, fill.value));
                    trie.insert(shape.clone());
                    shapes.push(shape);
                }
            }
            Pattern::Regex(_) => {}
        }
    }
    trie.measure();
    for shape in shapes {
        let mut merger = Merger {
            trie: &trie,
            shape: &shape,
            path: Vec::new(),
            found: Vec::new(),
        };
        merger.walk(0);
        merger.found.into_iter().for_each(&mut add);
    }
    samples
}

/// How what is open in a pattern is filled.
#[derive(Clone, Copy)]
struct Fill {
    /// The value of the capture at a position.
    value: fn(usize) -> String,
    /// What stands for a dot.
    dot: char,
}

const FILLS: [Fill; 3] = [
    Fill {
        value: |position| format!("x{position}"),
        dot: '.',
    },
    Fill {
        value: |position| (position + 1).to_string(),
        dot: '/',
    },
    Fill {
        value: |position| format!("y-{position}.z"),
        dot: 'X',
    },
];

/// A segment of a sample.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    /// A whole segment that the route captures: its position among the captures.
    Capture(usize),
}

impl Segment {
    fn literal(text: &str) -> Self {
        Self::Literal(text.to_owned())
    }
}

/// The segments of a pattern. Those that are captured in part are filled.
fn shape(compiled: &Compiled, fill: Fill) -> Vec<Segment> {
    let elements = compiled.program.elements();
    let mut segments = vec![Vec::new()];
    let mut captures = 0;
    for element in elements {
        let pieces: Vec<Segment> = match element {
            Element::Literal(text) => text.split('/').map(Segment::literal).collect(),
            Element::AnyCharacter if fill.dot == '/' => {
                vec![Segment::literal(""), Segment::literal("")]
            }
            Element::AnyCharacter => vec![Segment::literal(&fill.dot.to_string())],
            Element::Capture => {
                captures += 1;
                vec![Segment::Capture(captures - 1)]
            }
        };
        for (position, piece) in pieces.into_iter().enumerate() {
            if position > 0 {
                segments.push(Vec::new());
            }
            let last = segments.last_mut().expect("there is one from the start");
            if piece != Segment::literal("") {
                last.push(piece);
            }
        }
    }
    let segments = segments.into_iter();
    let whole = segments.map(|pieces| match &pieces[..] {
        [one] => one.clone(),
        pieces => Segment::Literal(
            pieces
                .iter()
                .map(|piece| filled(piece, fill.value))
                .collect(),
        ),
    });
    whole.collect()
}

fn filled(segment: &Segment, value: fn(usize) -> String) -> String {
    match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Capture(position) => value(*position),
    }
}

fn text_of(shape: &[Segment], value: fn(usize) -> String) -> String {
    let segments: Vec<_> = shape.iter().map(|segment| filled(segment, value)).collect();
    segments.join("/")
}

/// All shapes by segment.
#[derive(Default)]
struct Trie {
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    literals: BTreeMap<String, usize>,
    capture: Option<usize>,
    is_end: bool,
    /// Bit `n` is set when a shape ends `n` segments further on.
    heights: u64,
}

impl Trie {
    fn insert(&mut self, shape: Vec<Segment>) {
        if shape.len() > DEEPEST {
            return;
        }
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut node = 0;
        for segment in shape {
            let next = self.nodes.len();
            let child = match segment {
                Segment::Literal(text) => *self.nodes[node].literals.entry(text).or_insert(next),
                Segment::Capture(_) => *self.nodes[node].capture.get_or_insert(next),
            };
            if child == next {
                self.nodes.push(Node::default());
            }
            node = child;
        }
        self.nodes[node].is_end = true;
    }

    /// Children have higher numbers than their parents.
    fn measure(&mut self) {
        for index in (0..self.nodes.len()).rev() {
            let node = &self.nodes[index];
            let children = node.literals.values().copied().chain(node.capture);
            let below = children.fold(0, |all, child| all | self.nodes[child].heights);
            self.nodes[index].heights = below << 1 | u64::from(node.is_end);
        }
    }
}

/// Walks the trie with one shape and makes a path of each end that both can reach.
struct Merger<'a> {
    trie: &'a Trie,
    shape: &'a [Segment],
    path: Vec<String>,
    found: Vec<String>,
}

impl Merger<'_> {
    fn walk(&mut self, node: usize) {
        let depth = self.path.len();
        let here = &self.trie.nodes[node];
        let left = self.shape.len() - depth;
        if self.found.len() == MERGED || left >= DEEPEST || here.heights >> left & 1 == 0 {
            return;
        }
        let Some(segment) = self.shape.get(depth) else {
            self.found.push(self.path.join("/"));
            return;
        };
        match segment {
            Segment::Literal(text) => {
                let children = here.literals.get(text).copied().into_iter();
                let capture = here.capture.filter(|_| !text.is_empty());
                for child in children.chain(capture) {
                    self.step(child, text.clone());
                }
            }
            Segment::Capture(position) => {
                for (text, child) in here.literals.iter().filter(|(text, _)| !text.is_empty()) {
                    self.step(*child, text.clone());
                }
                if let Some(child) = here.capture {
                    self.step(child, (FILLS[0].value)(*position));
                }
            }
        }
    }

    fn step(&mut self, child: usize, text: String) {
        self.path.push(text);
        self.walk(child);
        self.path.pop();
    }
}
