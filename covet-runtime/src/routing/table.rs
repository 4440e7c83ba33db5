//! The generic tier: the tree as flat arrays, built once at start-up, and the loop that walks them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::hash::equal;
use super::path::Path;
use super::pattern::{Pattern, Poison, parse};
use super::perfect::PerfectMap;
use super::routes::{Capture, Endpoint, EndpointId, Extraction, Method, NOT_FOUND, Routes};
use super::tree::{self, Tree};

/// A node with at most this many literal children compares them one after the other; one with
/// more looks them up in a [`PerfectMap`]. A comparison that fails on the length costs about a
/// quarter of a hash.
const NARROW: usize = 4;

/// Stands for "no such node".
const NONE: u32 = u32::MAX;

/// A route table built from its declaration.
#[derive(Debug)]
pub struct Table {
    endpoints: Vec<Endpoint>,
    methods: Vec<Box<[u8]>>,
    /// Static paths; the value is an index into `static_ends`.
    statics: PerfectMap,
    static_ends: Vec<Box<[End]>>,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
struct End {
    method: Method,
    guarded: bool,
    id: EndpointId,
}

#[derive(Debug)]
struct Node {
    literals: Literals,
    /// The child for any segment that is not empty.
    capture: u32,
    /// The lowest id below that child: what a literal child found first need only beat this.
    capture_lowest: EndpointId,
    ends: Box<[End]>,
}

#[derive(Debug)]
enum Literals {
    Narrow(Box<[(Box<[u8]>, u32)]>),
    Wide(PerfectMap),
}

impl Table {
    /// Builds the table of `endpoints`, pairs of path and method; the position is the id.
    ///
    /// As in the framework, the last of several static endpoints with the same path and method
    /// counts, and the first of several dynamic ones.
    ///
    /// # Errors
    ///
    /// The first path that poisons the table, and why.
    pub fn new<P: AsRef<str>, M: AsRef<str>>(
        endpoints: &[(P, M)],
    ) -> Result<Self, (String, Poison)> {
        let mut builder = Builder::default();
        for (path, method) in endpoints {
            let (path, method) = (path.as_ref(), method.as_ref());
            let pattern = parse(path).map_err(|poison| (path.to_owned(), poison))?;
            builder.add(path, method, pattern);
        }
        Ok(builder.finish())
    }
}

impl Routes for Table {
    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    #[inline]
    fn method(&self, name: &[u8]) -> Option<Method> {
        self.methods
            .iter()
            .position(|method| equal(method, name))
            .map(|index| index as Method)
    }

    #[inline]
    fn may_be_static(&self, path: &[u8]) -> bool {
        self.statics.has_length(path.len())
    }

    #[inline]
    fn find_static(&self, path: &[u8], method: Method) -> EndpointId {
        let Some(ends) = self.statics.get(path) else {
            return NOT_FOUND;
        };
        let ends = &self.static_ends[ends as usize];
        ends.iter()
            .find(|end| end.method == method)
            .map_or(NOT_FOUND, |end| end.id)
    }

    #[inline]
    fn find_dynamic(&self, path: &Path<'_>, method: Method) -> EndpointId {
        path.scan();
        self.walk(0, path, 0, method)
    }
}

impl Table {
    /// The lowest endpoint below `node` for what is left of `path` from `at` on.
    fn walk(&self, mut node: u32, path: &Path<'_>, mut at: usize, method: Method) -> EndpointId {
        let mut found = NOT_FOUND;
        loop {
            let here = &self.nodes[node as usize];
            let end = path.segment_end(at);
            let segment = &path.bytes()[at..end];
            let literal = here.literals.get(segment);
            let capture = if segment.is_empty() {
                NONE
            } else {
                here.capture
            };
            if end == path.len() {
                for child in [literal, capture] {
                    if child != NONE {
                        found = found.min(self.end(child, path, method));
                    }
                }
                return found;
            }
            at = end + 1;
            node = match (literal, capture) {
                (NONE, NONE) => return found,
                (child, NONE) | (NONE, child) => child,
                (literal, capture) => {
                    found = found.min(self.walk(literal, path, at, method));
                    if found < here.capture_lowest {
                        return found;
                    }
                    capture
                }
            };
        }
    }

    fn end(&self, node: u32, path: &Path<'_>, method: Method) -> EndpointId {
        let ends = self.nodes[node as usize].ends.iter();
        let mut ends = ends.filter(|end| end.method == method);
        ends.find(|end| !end.guarded || self.endpoints[end.id as usize].confirms(path.bytes()))
            .map_or(NOT_FOUND, |end| end.id)
    }
}

impl Literals {
    fn new(literals: &BTreeMap<String, tree::NodeId>) -> Self {
        let entries = literals
            .iter()
            .map(|(text, node)| (text.as_bytes(), *node as u32));
        if literals.len() <= NARROW {
            Self::Narrow(entries.map(|(text, node)| (text.into(), node)).collect())
        } else {
            Self::Wide(PerfectMap::build(&entries.collect::<Vec<_>>()))
        }
    }

    #[inline]
    fn get(&self, segment: &[u8]) -> u32 {
        match self {
            Self::Narrow(edges) => edges
                .iter()
                .find(|(text, _)| equal(text, segment))
                .map_or(NONE, |(_, node)| *node),
            Self::Wide(map) => map.get(segment).unwrap_or(NONE),
        }
    }
}

#[derive(Default)]
struct Builder {
    endpoints: Vec<Endpoint>,
    methods: Vec<Box<[u8]>>,
    method_numbers: HashMap<String, Method>,
    statics: BTreeMap<String, BTreeMap<Method, EndpointId>>,
    tree: Tree,
}

impl Builder {
    fn add(&mut self, path: &str, method: &str, pattern: Pattern) {
        let id = self.endpoints.len() as EndpointId;
        let number = self.method(method);
        let extraction = match pattern {
            Pattern::Static => {
                self.statics
                    .entry(path.to_owned())
                    .or_default()
                    .insert(number, id);
                Extraction::Nothing
            }
            Pattern::Regex(regex) => Extraction::Regex(regex.source.into()),
            Pattern::Compiled(compiled) => {
                self.tree.insert(id, number, &compiled);
                extraction(compiled)
            }
        };
        let (method, path) = (method.to_owned().into(), path.to_owned().into());
        self.endpoints.push(Endpoint {
            method,
            path,
            extraction,
        });
    }

    fn method(&mut self, name: &str) -> Method {
        if let Some(number) = self.method_numbers.get(name) {
            return *number;
        }
        let number = self.methods.len() as Method;
        self.methods.push(name.as_bytes().into());
        self.method_numbers.insert(name.to_owned(), number);
        number
    }

    fn finish(self) -> Table {
        let static_ends = self.statics.values().map(|ends| {
            ends.iter()
                .map(|(&method, &id)| End {
                    method,
                    guarded: false,
                    id,
                })
                .collect()
        });
        let keys: Vec<_> = (0..)
            .zip(self.statics.keys())
            .map(|(index, path)| (path.as_bytes(), index))
            .collect();
        let lowest = self.tree.lowest_ids();
        let nodes = self.tree.nodes.iter().map(|node| Node {
            literals: Literals::new(&node.literals),
            capture: node.capture.map_or(NONE, |child| child as u32),
            capture_lowest: node.capture.map_or(NOT_FOUND, |child| lowest[child]),
            ends: ends(node),
        });
        Table {
            static_ends: static_ends.collect(),
            statics: PerfectMap::build(&keys),
            nodes: nodes.collect(),
            endpoints: self.endpoints,
            methods: self.methods,
        }
    }
}

fn ends(node: &tree::Node) -> Box<[End]> {
    let ends = node.ends.iter().flat_map(|(&method, candidates)| {
        candidates.iter().map(move |c| End {
            method,
            guarded: c.guarded,
            id: c.id,
        })
    });
    ends.collect()
}

/// Where the values of a compiled pattern come from.
fn extraction(compiled: super::pattern::Compiled) -> Extraction {
    let names = compiled.names.iter().cloned().map(Cow::Owned);
    match tree::levels(&compiled) {
        Some(levels) => Extraction::Segments(
            names
                .zip(levels)
                .map(|(name, level)| Capture { name, level })
                .collect(),
        ),
        None => Extraction::Program {
            names: names.collect(),
            program: compiled.program,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::routes::find;
    use super::*;

    fn table(endpoints: &[&str]) -> Table {
        let pairs: Vec<_> = endpoints
            .iter()
            .map(|e| e.split_once(' ').expect("METHOD path"))
            .collect();
        let endpoints: Vec<_> = pairs
            .iter()
            .map(|(method, path)| (*path, *method))
            .collect();
        Table::new(&endpoints).expect("no poison")
    }

    fn id(table: &Table, method: &str, path: &str) -> Option<EndpointId> {
        let method = table.method(method.as_bytes())?;
        let id = find(table, &Path::new(path.as_bytes()), method);
        (id != NOT_FOUND).then_some(id)
    }

    #[test]
    fn statics_beat_dynamics_and_the_last_one_counts() {
        let table = table(&["GET /{x}", "GET /a", "GET /a", "POST /b"]);
        assert_eq!(id(&table, "GET", "/a"), Some(2));
        assert_eq!(id(&table, "GET", "/b"), Some(0));
        assert_eq!(id(&table, "POST", "/b"), Some(3));
        assert_eq!(id(&table, "PUT", "/b"), None);
        assert_eq!(id(&table, "get", "/a"), None);
    }

    #[test]
    fn the_first_dynamic_counts_even_when_it_is_less_specific() {
        let table = table(&[
            "GET /u/{a}/x",
            "GET /u/me/{b}",
            "GET /{c}/{d}/{e}",
            "GET /u/me/<f>/y",
        ]);
        assert_eq!(id(&table, "GET", "/u/me/x"), Some(0));
        assert_eq!(id(&table, "GET", "/u/me/z"), Some(1));
        assert_eq!(id(&table, "GET", "/u/you/z"), Some(2));
        assert_eq!(id(&table, "GET", "/u/me/z/y"), Some(3));
        assert_eq!(id(&table, "GET", "/u/me//y"), None);
        assert_eq!(id(&table, "GET", "/u//z"), None);
    }

    #[test]
    fn one_newline_may_follow_a_literal_tail() {
        let table = table(&[
            "GET /s",
            "GET /{a}/x",
            "GET /{a}/{b}",
            "GET /{a}/",
            "GET /{n}.xml",
        ]);
        assert_eq!(id(&table, "GET", "/s\n"), None);
        assert_eq!(id(&table, "GET", "/1/x\n"), Some(1));
        assert_eq!(id(&table, "GET", "/1/x\n\n"), Some(2));
        assert_eq!(id(&table, "GET", "/1/\n"), Some(2));
        assert_eq!(id(&table, "GET", "/1/"), Some(3));
        assert_eq!(id(&table, "GET", "/a.xml\n"), Some(4));
        assert_eq!(id(&table, "GET", "/a.xml\n\n"), None);
    }

    #[test]
    fn guards_decide_in_order() {
        let table = table(&["GET /v{n}", "GET /{a}-{b}", "GET /{c}"]);
        assert_eq!(id(&table, "GET", "/v1"), Some(0));
        assert_eq!(id(&table, "GET", "/v1-2"), Some(0));
        assert_eq!(id(&table, "GET", "/1-2"), Some(1));
        assert_eq!(id(&table, "GET", "/v"), Some(2));
    }

    #[test]
    fn many_children_are_all_found() {
        let paths: Vec<_> = (0..500)
            .map(|n| format!("GET /r{n}/{{x}}/end{n}"))
            .collect();
        let table = table(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        for n in 0..500 {
            assert_eq!(id(&table, "GET", &format!("/r{n}/v/end{n}")), Some(n));
            assert_eq!(id(&table, "GET", &format!("/r{n}/v/end{}", n + 1)), None);
        }
    }

    #[test]
    fn poison_is_an_error() {
        let error = Table::new(&[("/a", "GET"), ("/<int:x>", "GET")]).expect_err("poison");
        assert_eq!(error.0, "/<int:x>");
    }
}
