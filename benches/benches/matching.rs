//! The matcher alone, in Rust, beside the routers of the Rust world.
//!
//! `cargo bench -p covet-benches --bench matching`
//!
//! Every router gets the same realistic table and every path of it, with parameters filled in.
//! The peers match a path and extract its parameters; ours also recognises the method from its
//! bytes and checks it, because that is what a request needs. All answers are checked first.

use std::hint::black_box;

use covet_benches::{Candidate, interleave, rest_api, rest_api_routes};
use covet_runtime::routing::{NOT_FOUND, Path, Routes, Table, find};

const ROUNDS: usize = 101;
const PASSES: u32 = 200;

fn main() {
    let routes = rest_api_routes();
    let mut paths: Vec<&str> = routes.iter().map(|(_, path)| *path).collect();
    paths.sort_unstable();
    paths.dedup();
    let requests: Vec<(&str, String)> = routes
        .iter()
        .filter(|(_, path)| paths.contains(path))
        .map(|(method, path)| (*method, fill(path)))
        .collect();
    let misses: Vec<(&str, String)> = requests
        .iter()
        .map(|(method, path)| (*method, format!("{path}/nope")))
        .collect();

    let table: Vec<_> = routes
        .iter()
        .map(|(method, path)| (*path, *method))
        .collect();
    let table = Table::new(&table).expect("the table has no poison");
    let mut matchit = matchit::Router::new();
    let mut path_tree = path_tree::PathTree::new();
    let mut wayfind = wayfind::RouterBuilder::new();
    let mut actix = actix_router::Router::<usize>::build();
    for (index, path) in paths.iter().enumerate() {
        let by_level = name_by_level(path);
        matchit.insert(&by_level, index).expect("no conflict");
        let _ = path_tree.insert(&by_level.replace('{', ":").replace('}', ""), index);
        wayfind
            .insert(&by_level.replace('{', "<").replace('}', ">"), index)
            .expect("no conflict");
        actix.path(by_level.as_str(), index);
    }
    let wayfind = wayfind.build();
    let actix = actix.finish();

    for (method, path) in &requests {
        let ours = ours(&rest_api::App, method, path);
        assert!(
            ours.0 != NOT_FOUND && ours.0 == self::ours(&table, method, path).0,
            "{path}"
        );
        assert!(
            matchit.at(path).is_ok() && path_tree.find(path).is_some(),
            "{path}"
        );
    }

    for (title, requests) in [("hits", &requests), ("misses", &misses)] {
        let mut candidates = [
            Candidate::new("covet (generated)", || {
                requests
                    .iter()
                    .map(|(m, p)| ours(&rest_api::App, m, p).1)
                    .sum()
            }),
            Candidate::new("covet (table)", || {
                requests.iter().map(|(m, p)| ours(&table, m, p).1).sum()
            }),
            Candidate::new("matchit", || {
                requests
                    .iter()
                    .map(|(_, p)| {
                        matchit
                            .at(black_box(p))
                            .map_or(0, |m| m.params.iter().map(|(_, v)| v.len()).sum())
                    })
                    .sum()
            }),
            Candidate::new("path-tree", || {
                requests
                    .iter()
                    .map(|(_, p)| {
                        path_tree
                            .find(black_box(p))
                            .map_or(0, |(_, m)| m.params_iter().map(|(_, v)| v.len()).sum())
                    })
                    .sum()
            }),
            Candidate::new("wayfind", || {
                requests
                    .iter()
                    .map(|(_, p)| {
                        wayfind
                            .search(black_box(p))
                            .map_or(0, |m| m.parameters().iter().map(|(_, v)| v.len()).sum())
                    })
                    .sum()
            }),
            Candidate::new("actix-router", || {
                requests
                    .iter()
                    .map(|(_, p)| {
                        let mut path = actix_router::Path::new(black_box(p.as_str()));
                        actix
                            .recognize(&mut path)
                            .map_or(0, |_| path.iter().map(|(_, v)| v.len()).sum())
                    })
                    .sum()
            }),
        ];
        let medians = interleave(&mut candidates, ROUNDS, PASSES);
        let first = medians[0].as_secs_f64();
        println!(
            "{title}: {} requests over {} paths",
            requests.len(),
            paths.len()
        );
        for (candidate, median) in candidates.iter().zip(&medians) {
            let each = median.as_secs_f64() / requests.len() as f64;
            println!(
                "  {:<20} {:>7.1} ns  {:>6.2}×",
                candidate.name,
                each * 1e9,
                median.as_secs_f64() / first
            );
        }
    }
}

/// Method and path to endpoint and parameters: the id, and the total length of the values.
fn ours<R: Routes>(routes: &R, method: &str, path: &str) -> (u32, usize) {
    let Some(method) = routes.method(black_box(method).as_bytes()) else {
        return (NOT_FOUND, 0);
    };
    let path = Path::new(black_box(path).as_bytes());
    let id = find(routes, path, method);
    let mut length = 0;
    if id != NOT_FOUND {
        routes.endpoints()[id as usize].captures(path, |_, range| length += range.len());
    }
    (id, length)
}

/// A path with a value in place of each parameter.
fn fill(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{owner}" | "{org}" | "{user}" => "rust-lang",
        "{repo}" | "{name}" => "mdbook",
        "{sha}" | "{ref}" | "{branch}" => "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
        segment if segment.starts_with('{') => "1347",
        segment => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Some peers want one name for all parameters at one place.
fn name_by_level(path: &str) -> String {
    let segments = path.split('/').enumerate().map(|(level, segment)| {
        if segment.starts_with('{') {
            format!("{{p{level}}}")
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}
