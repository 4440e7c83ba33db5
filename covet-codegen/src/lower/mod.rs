//! From a checked table to what is emitted: numbered methods, a static map, a segment tree; and what
//! serializers have to know of responses.

mod responses;

pub use responses::{ModelPlan, Responses, Shape, Writer};

use std::collections::BTreeMap;

use covet_runtime::routing::pattern::{Compiled, Pattern, Regex};
use covet_runtime::routing::{EndpointId, Method, PerfectMap, Tree, tree};

use crate::model::{App, Endpoint};

/// Everything about matching, ready to be written as Rust.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The methods; the position is the number.
    pub methods: Vec<&'a str>,
    /// The endpoints; the position is the id.
    pub endpoints: Vec<EndpointPlan<'a>>,
    /// Static paths in order.
    pub statics: Statics,
    /// Dynamic endpoints that this program decides.
    pub tree: Tree,
}

/// An endpoint and where its parameter values come from.
#[derive(Debug)]
pub struct EndpointPlan<'a> {
    /// The endpoint.
    pub endpoint: Endpoint<'a>,
    /// Where parameter values come from.
    pub extraction: Extraction<'a>,
}

/// The kinds of `covet_runtime::routing::Extraction`.
#[derive(Debug)]
pub enum Extraction<'a> {
    /// A static path.
    Nothing,
    /// Whole segments: name and level.
    Segments(Vec<(&'a str, u32)>),
    /// A program finds the captures.
    Program(&'a Compiled),
    /// Python's `re` decides.
    Regex(&'a Regex),
}

/// Static paths and what each of their methods leads to.
#[derive(Debug)]
pub struct Statics {
    /// Path to position in `ends`.
    pub map: PerfectMap,
    /// Methods of each path.
    pub ends: Vec<Vec<(Method, EndpointId)>>,
}

impl<'a> Plan<'a> {
    /// Lowers `app`.
    pub fn new(app: &'a App) -> Self {
        let mut methods = Vec::new();
        let mut numbers = BTreeMap::new();
        let mut paths: BTreeMap<&str, BTreeMap<Method, EndpointId>> = BTreeMap::new();
        let mut tree = Tree::default();
        let mut endpoints = Vec::new();
        for (id, endpoint) in (0..).zip(app.endpoints()) {
            let number = *numbers.entry(endpoint.method).or_insert_with(|| {
                methods.push(endpoint.method);
                (methods.len() - 1) as Method
            });
            let extraction = match &endpoint.route.pattern {
                Pattern::Static => {
                    paths
                        .entry(&endpoint.route.declared.path)
                        .or_default()
                        .insert(number, id);
                    Extraction::Nothing
                }
                Pattern::Regex(regex) => Extraction::Regex(regex),
                Pattern::Compiled(compiled) => {
                    tree.insert(id, number, compiled);
                    extraction(compiled)
                }
            };
            endpoints.push(EndpointPlan {
                endpoint,
                extraction,
            });
        }
        Self {
            methods,
            endpoints,
            statics: Statics::new(&paths),
            tree,
        }
    }
}

impl Statics {
    fn new(paths: &BTreeMap<&str, BTreeMap<Method, EndpointId>>) -> Self {
        let keys: Vec<_> = (0..)
            .zip(paths.keys())
            .map(|(index, path)| (path.as_bytes(), index))
            .collect();
        let ends = paths
            .values()
            .map(|ends| ends.iter().map(|(m, id)| (*m, *id)).collect());
        Self {
            map: PerfectMap::build(&keys),
            ends: ends.collect(),
        }
    }
}

fn extraction(compiled: &Compiled) -> Extraction<'_> {
    match tree::levels(compiled) {
        Some(levels) => Extraction::Segments(
            compiled
                .names
                .iter()
                .map(String::as_str)
                .zip(levels)
                .collect(),
        ),
        None => Extraction::Program(compiled),
    }
}
