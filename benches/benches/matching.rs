//! The matcher alone, in Rust, beside the routers of the Rust world.
//!
//! `cargo bench -p covet-benches --bench matching`
//!
//! Every router gets the same realistic table and every path of it, with parameters filled in.
//! The peers match a path and extract its parameters; ours also recognises the method from its
//! bytes and checks it, because that is what a request needs. All answers are compared first.

use std::hint::black_box;

use covet_benches::{Candidate, interleave, rest_api, rest_api_routes};
use covet_runtime::routing::{NOT_FOUND, Path, Routes, Table, find};

const ROUNDS: usize = 101;
const PASSES: u32 = 10;

/// Method and path to the total length of the parameters' values, or `None`.
type Find = Box<dyn Fn(&str, &str) -> Option<usize>>;

fn main() {
    let routes = rest_api_routes();
    let requests: Vec<(&str, String)> = routes
        .iter()
        .map(|(method, path)| (*method, fill(path)))
        .collect();
    let misses: Vec<(&str, String)> = requests
        .iter()
        .map(|(method, path)| (*method, format!("{path}/no/such/path")))
        .collect();
    let compared = routers(&routes);
    for (title, requests) in [("hits", &requests), ("misses", &misses)] {
        check(&compared, requests, title);
        let mut candidates: Vec<_> = compared
            .iter()
            .map(|(name, find)| {
                let find = |(method, path): &(&str, String)| {
                    find(black_box(method), black_box(path)).unwrap_or(0)
                };
                Candidate::new(name, move || requests.iter().map(find).sum())
            })
            .collect();
        let medians = interleave(&mut candidates, ROUNDS, PASSES);
        println!("{title}: {} requests", requests.len());
        for ((name, _), median) in compared.iter().zip(&medians) {
            let each = *median / u32::try_from(requests.len()).unwrap_or(u32::MAX);
            let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
            println!("  {name:<20} {:>7} ns  {ratio:>8.2}×", each.as_nanos());
        }
    }
}

/// All routers find all of the requests, with the same parameters, or none of them.
fn check(routers: &[(&str, Find)], requests: &[(&str, String)], title: &str) {
    for (method, path) in requests {
        let expected = routers[0].1(method, path);
        assert_eq!(expected.is_some(), title == "hits", "{method} {path}");
        for (name, find) in routers {
            assert_eq!(find(method, path), expected, "{name}: {method} {path}");
        }
    }
}

fn routers(routes: &[(&'static str, &'static str)]) -> Vec<(&'static str, Find)> {
    let mut paths: Vec<_> = routes.iter().map(|(_, path)| name_by_level(path)).collect();
    paths.sort_unstable();
    paths.dedup();

    let pairs: Vec<_> = routes
        .iter()
        .map(|(method, path)| (*path, *method))
        .collect();
    let table = Table::new(&pairs).expect("the table has no poison");
    let mut matchit = matchit::Router::new();
    let mut path_tree = path_tree::PathTree::new();
    let mut wayfind = wayfind::RouterBuilder::new();
    let mut actix = actix_router::Router::<usize>::build();
    for (index, path) in paths.iter().enumerate() {
        matchit.insert(path, index).expect("no conflict");
        let _ = path_tree.insert(&path.replace('{', ":").replace('}', ""), index);
        wayfind
            .insert(&path.replace('{', "<").replace('}', ">"), index)
            .expect("no conflict");
        actix.path(path.as_str(), index);
    }
    let (wayfind, actix) = (wayfind.build(), actix.finish());

    vec![
        (
            "covet, generated",
            Box::new(|method, path| ours(&rest_api::App, method, path)),
        ),
        (
            "covet, table",
            Box::new(move |method, path| ours(&table, method, path)),
        ),
        (
            "matchit",
            Box::new(move |_, path| {
                let found = matchit.at(path).ok()?;
                Some(found.params.iter().map(|(_, value)| value.len()).sum())
            }),
        ),
        (
            "path-tree",
            Box::new(move |_, path| {
                let (_, found) = path_tree.find(path)?;
                Some(found.params_iter().map(|(_, value)| value.len()).sum())
            }),
        ),
        (
            "wayfind",
            Box::new(move |_, path| {
                let found = wayfind.search(path)?;
                Some(
                    found
                        .parameters()
                        .iter()
                        .map(|(_, value)| value.len())
                        .sum(),
                )
            }),
        ),
        (
            "actix-router",
            Box::new(move |_, path| {
                let mut path = actix_router::Path::new(path);
                actix.recognize(&mut path)?;
                Some(path.iter().map(|(_, value)| value.len()).sum())
            }),
        ),
    ]
}

fn ours<R: Routes>(routes: &R, method: &str, path: &str) -> Option<usize> {
    let method = routes.method(method.as_bytes())?;
    let path = Path::new(path.as_bytes());
    let id = find(routes, &path, method);
    if id == NOT_FOUND {
        return None;
    }
    let mut length = 0;
    routes.endpoints()[id as usize].captures(&path, |_, range| length += range.len());
    Some(length)
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
