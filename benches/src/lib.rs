//! Shared inputs and measuring of the benchmarks.

use std::time::{Duration, Instant};

/// A route table compiled by the build script, as `covet-codegen build` compiles a user's.
#[allow(clippy::pedantic, missing_docs, unreachable_pub)]
pub mod rest_api {
    include!(concat!(env!("OUT_DIR"), "/rest_api.rs"));
}

/// One node with few to many literal children, in each form of dispatch: form, number of children
/// and routes.
#[allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    dead_code
)]
pub mod dispatch {
    include!(concat!(env!("OUT_DIR"), "/dispatch.rs"));
}

/// The lines of the table that [`rest_api`] was compiled from: method and path.
pub fn rest_api_routes() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../tables/rest_api.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .collect()
}

/// A thing to measure: its name and one pass over the whole input.
pub struct Candidate<'a> {
    /// What to call it.
    pub name: &'a str,
    /// One pass; returns something that depends on all of its work.
    pub pass: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Candidate<'a> {
    /// Names a pass.
    pub fn new(name: &'a str, pass: impl FnMut() -> usize + 'a) -> Self {
        Self {
            name,
            pass: Box::new(pass),
        }
    }
}

/// Measures candidates in interleaved rounds. Returns the median time of one pass of each, in
/// the order given, so that a noisy moment falls on all of them alike.
pub fn interleave(candidates: &mut [Candidate<'_>], rounds: usize, passes: u32) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); candidates.len()];
    for _ in 0..rounds {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..passes {
                std::hint::black_box((candidate.pass)());
            }
            times.push(start.elapsed() / passes);
        }
    }
    times
        .into_iter()
        .map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2]
        })
        .collect()
}
