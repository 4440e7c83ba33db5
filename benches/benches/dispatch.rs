//! From how many literal children on does which form of dispatch pay?
//!
//! `cargo bench -p covet-benches --bench dispatch`
//!
//! The answer is in `emit::Dispatch::default`. Every child is asked for in turn, in a mixed
//! order, so that the branch predictor cannot learn one path; misses follow a child's name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;

use covet_benches::dispatch::ALL;
use covet_benches::{Candidate, interleave};
use covet_runtime::routing::{Path, Routes};

const ROUNDS: usize = 51;
/// Requests of one pass: enough that a pass is well above the clock's resolution.
const REQUESTS: u16 = 4_096;

fn main() {
    let mut by_count: BTreeMap<usize, Vec<(&str, &dyn Routes)>> = BTreeMap::new();
    for (form, children, routes) in ALL {
        by_count.entry(*children).or_default().push((form, *routes));
    }
    println!("children   {:>16} {:>16}", "hit, ns", "miss, ns");
    println!("           {0:>8}{1:>8} {0:>8}{1:>8}", "chain", "hash");
    for (children, forms) in &by_count {
        let mut row = format!("{children:>8}   ");
        for suffix in ["1234", "12/x"] {
            let requests = requests(forms[0].1, suffix);
            let mut candidates: Vec<_> = forms
                .iter()
                .map(|(form, routes)| {
                    Candidate::new(form, || {
                        let find = |path: &String| {
                            routes.find_dynamic(&Path::new(black_box(path.as_bytes())), 0) as usize
                        };
                        requests.iter().map(find).fold(0, usize::wrapping_add)
                    })
                })
                .collect();
            for median in interleave(&mut candidates, ROUNDS, 4) {
                let each = median.as_secs_f64() * 1e9 / f64::from(REQUESTS);
                let _ = write!(row, "{each:>8.1}");
            }
            row.push(' ');
        }
        println!("{row}");
    }
}

/// Paths to all children, in an order that repeats only after a long time.
fn requests(routes: &dyn Routes, suffix: &str) -> Vec<String> {
    let endpoints = routes.endpoints();
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize
    };
    (0..REQUESTS)
        .map(|_| {
            endpoints[next() % endpoints.len()]
                .path
                .replace("{id}", suffix)
        })
        .collect()
}
