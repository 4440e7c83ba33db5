//! The lints beside the plainest way to find the same: trying every path.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use covet_runtime::routing::pattern::Pattern;

use super::language::Budget;
use super::table::Table;
use super::{Overlap, Relation, lint, lint_within, order, overlaps};
use crate::diagnostics::{Diagnostic, Severity};
use crate::model::{App, Route};

/// The app of these routes: methods, separated by spaces, and a path. The handler of route 3 is
/// `app:h3`.
fn app<P: AsRef<str>>(routes: &[(&str, P)]) -> App {
    let mut text = "schema = 1\n\
        app = { name = \"shop_covet\", entry = \"app:app\", middleware = [] }\n\
        framework = { name = \"covet\", version = \"0.1.0b6\" }\n\
        limits = { max_body_size = 0 }\n"
        .to_owned();
    for (number, (methods, path)) in routes.iter().enumerate() {
        let path = path.as_ref();
        let methods: Vec<_> = methods.split_whitespace().collect();
        let kind = if methods == ["WEBSOCKET"] {
            "websocket"
        } else {
            "http"
        };
        writeln!(
            text,
            "[[routes]]\nkind = \"{kind}\"\ndynamic = {}\npath = {}\nmethods = {methods:?}\n\
             handler = \"app:h{number}\"\nparameters = []\ncoroutine = true\nsuspends = false",
            path.contains(['{', '<']),
            serde_json::Value::from(path)
        )
        .expect("a String takes everything");
    }
    crate::read(&text).unwrap_or_else(|found| panic!("{text}\n{found}"))
}

/// Whether the framework would have a route match a path, by the runtime's own program.
fn matches(route: &Route, path: &str) -> bool {
    match &route.pattern {
        Pattern::Static => route.declared.path == path,
        Pattern::Compiled(compiled) => compiled.program.captures(path.as_bytes()).is_some(),
        Pattern::Regex(_) => false,
    }
}

/// A set of paths, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn of(paths: &[String], holds: impl Fn(&str) -> bool) -> Self {
        let mut words = vec![0; paths.len().div_ceil(64)];
        for (number, path) in paths.iter().enumerate() {
            words[number / 64] |= u64::from(holds(path)) << (number % 64);
        }
        Self(words)
    }

    fn with(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        Self(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(a, b)| combine(*a, *b))
                .collect(),
        )
    }

    fn and(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    fn without(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & !b)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// Every path that begins with a slash and has at most `length` more of these characters.
fn paths(alphabet: &[char], length: usize) -> Vec<String> {
    let mut all = vec!["/".to_owned()];
    let mut start = 0;
    for _ in 0..length {
        let end = all.len();
        for number in start..end {
            for c in alphabet {
                let longer = format!("{}{c}", all[number]);
                all.push(longer);
            }
        }
        start = end;
    }
    all
}

/// What a table says, found by trying every path: the same that the lints say of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdicts {
    duplicates: BTreeSet<(usize, String)>,
    never: BTreeSet<(usize, String)>,
    partly: BTreeSet<usize>,
    pairs: BTreeSet<(usize, usize, Vec<String>, String)>,
}

fn tried(app: &App, sets: &[&Set], ordinary: &Set) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let is_static = |at: usize| app.routes[at].pattern == Pattern::Static;
    let methods = |at: usize| app.routes[at].declared.methods.iter().cloned();
    for route in (0..sets.len()).filter(|at| !is_static(*at) && !sets[*at].is_empty()) {
        let comes_first = |other: &usize| is_static(*other) || *other < route;
        let nothing = sets[route].without(sets[route]);
        for method in methods(route) {
            let mut before: Vec<_> = (0..sets.len())
                .filter(comes_first)
                .filter(|at| methods(*at).any(|m| m == method))
                .collect();
            before.sort_by_key(|at| (!is_static(*at), *at));
            let same = |at: &usize| !is_static(*at) && sets[*at] == sets[route];
            let left = before
                .iter()
                .fold(sets[route].clone(), |left, at| left.without(sets[*at]));
            if before.iter().any(same) {
                verdicts.duplicates.insert((route, method));
            } else if left.is_empty() {
                verdicts.never.insert((route, method));
            } else {
                let mut taken = nothing.clone();
                for at in before {
                    let own = sets[at].and(ordinary).without(sets[route]);
                    let shared = sets[at].and(sets[route]).and(ordinary).without(&taken);
                    if !is_static(at) && !own.is_empty() && !shared.is_empty() {
                        verdicts.partly.insert(route);
                    }
                    taken = taken.with(sets[at], |a, b| a | b);
                }
            }
        }
        for other in (0..sets.len()).filter(comes_first) {
            let common: Vec<_> = methods(other)
                .filter(|m| methods(route).any(|n| n == *m))
                .collect();
            let both = sets[other].and(sets[route]);
            if both.is_empty() || common.is_empty() {
                continue;
            }
            let only_first = sets[other].without(sets[route]).is_empty();
            let only_second = sets[route].without(sets[other]).is_empty();
            let relation = match (only_first, only_second) {
                _ if both.and(ordinary).is_empty() && !is_static(other) => Relation::Newline,
                (true, true) => Relation::Same,
                (true, false) => Relation::FirstWithin,
                (false, true) => Relation::SecondWithin,
                (false, false) => Relation::Partial,
            };
            verdicts
                .pairs
                .insert((other, route, common, format!("{relation:?}")));
        }
    }
    verdicts
}

fn decided(app: &App) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let table = Table::new(app);
    for (route, found) in order::lint(&table, &mut Budget::new()) {
        let all = app.routes[route].declared.methods.clone();
        let methods = match found.message.split_once(" of route '") {
            Some((methods, _)) if !methods.starts_with("route ") => {
                methods.split(", ").map(str::to_owned).collect()
            }
            _ => all,
        };
        let methods = methods.into_iter().map(|method| (route, method));
        match found.code.as_str() {
            "CVT080" => verdicts.duplicates.extend(methods),
            "CVT081" => {
                assert_eq!(found.severity, Severity::Error, "{found:?}");
                verdicts.never.extend(methods);
            }
            _ => {
                verdicts.partly.insert(route);
                check_answer(
                    app,
                    found.witness.as_deref().expect("a witness"),
                    None,
                    route,
                );
            }
        }
    }
    for overlap in overlaps(app) {
        check_answer(app, &overlap.witness, Some(overlap.first), overlap.second);
        let Overlap {
            first,
            second,
            methods,
            relation,
            ..
        } = overlap;
        verdicts
            .pairs
            .insert((first, second, methods, format!("{relation:?}")));
    }
    verdicts
}

/// Checks that the routes match the path of a witness.
fn check_answer(app: &App, witness: &str, first: Option<usize>, second: usize) {
    let path = decode(witness.split_once(' ').expect("a method and a path").1);
    for route in first.into_iter().chain([second]) {
        assert!(matches(&app.routes[route], &path), "{witness} {route}");
    }
}

fn decode(target: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = target.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|d| char::from(d.expect("a digit")));
                let digits = digits.map(|d| d.to_digit(16).expect("a digit"));
                (digits[0] * 16 + digits[1]) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Compares the lints with trying every path on each of `tables`: numbers of `pool`, with methods.
fn compare(
    pool: &[&str],
    paths: &[String],
    tables: impl Iterator<Item = Vec<(usize, &'static str)>>,
) -> usize {
    let routes: Vec<_> = pool
        .iter()
        .map(|path| app(&[("GET", *path)]).routes.remove(0))
        .collect();
    let sets: Vec<_> = routes
        .iter()
        .map(|r| Set::of(paths, |path| matches(r, path)))
        .collect();
    let ordinary = Set::of(paths, |path| !path.contains('\n'));
    let mut count = 0;
    for table in tables {
        let declared: Vec<_> = table
            .iter()
            .map(|(n, methods)| (*methods, pool[*n]))
            .collect();
        let app = app(&declared);
        let sets: Vec<_> = table.iter().map(|(n, _)| &sets[*n]).collect();
        assert_eq!(
            decided(&app),
            tried(&app, &sets, &ordinary),
            "{declared:#?}"
        );
        count += 1;
    }
    count
}

/// Paths of every kind that can be decided, so short that their differences show in short paths.
const POOL: [&str; 21] = [
    "/a", "/b/a", "/a/", "/{x}", "/a{x}", "/{x}a", "/{x}{y}", "/{x}/{y}", "/a/{x}", "/{x}/a",
    "/{x}/", "/.{x}", "/{x}.a", "/{x}.", "/a<", "/.<", ".{x}", "{x}", "/{x}\n", "/{x}-{y}",
    "/a.{x}",
];

const ALPHABET: [char; 7] = ['a', 'b', '<', '-', 'z', '/', '\n'];

/// Whether no static route occurs twice, which no table has.
fn is_possible(table: &[(usize, &str)]) -> bool {
    let statics: Vec<_> = table
        .iter()
        .map(|(n, _)| n)
        .filter(|n| !POOL[**n].contains(['{', '<']))
        .collect();
    statics.iter().collect::<BTreeSet<_>>().len() == statics.len()
}

#[test]
fn all_tables_of_three_routes() {
    let paths = paths(&ALPHABET, 5);
    let size: usize = 16;
    let tables = (0..size.pow(3)).map(|n| {
        [n / size / size, n / size % size, n % size]
            .map(|n| (n, "GET"))
            .to_vec()
    });
    let count = compare(&POOL, &paths, tables.filter(|table| is_possible(table)));
    assert!(count > 3_500, "{count}");
}

#[test]
fn many_tables_of_more_routes_and_methods() {
    let paths = paths(&ALPHABET, 5);
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        // Xorshift: any sequence will do, as long as it is the same every time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let tables = (0..1_500).map(|_| {
        let length = 4 + random(4);
        let route = |_| {
            (
                random(POOL.len()),
                ["GET", "GET", "GET PUT", "PUT"][random(4)],
            )
        };
        (0..length).map(route).collect::<Vec<_>>()
    });
    let tables: Vec<_> = tables.filter(|table| is_possible(table)).collect();
    let count = compare(&POOL, &paths, tables.into_iter());
    assert!(count > 900, "{count}");
}

/// Findings as `CVT081 error GET /a`, in order.
fn summary(found: &[Diagnostic]) -> Vec<String> {
    let line = |d: &Diagnostic| {
        let witness = d.witness.as_deref().unwrap_or("-");
        format!("{} {:?} {witness}", d.code, d.severity)
    };
    found.iter().map(line).collect()
}

fn linted(paths: &[&str]) -> Vec<String> {
    let routes: Vec<_> = paths.iter().map(|path| ("GET", *path)).collect();
    summary(&lint(&app(&routes)))
}

#[test]
fn usual_tables_are_quiet() {
    for paths in [
        &[
            "/",
            "/users",
            "/users/me",
            "/users/{id}",
            "/users/{id}/posts",
        ][..],
        &["/users/{id}", "/{page}"],
        &["/posts/{a}/edit", "/posts/{a}/{b}", "/{a}/{b}/{c}"],
        &["/users/~{name}", "/users/{id}"],
        &["/a/{x}", "/a/{x}/"],
        &["/{x}/", "/{x}/{y}"],
        &["/users/list", "/users/{id}", "/{kind}/list"],
    ] {
        let mut found = linted(paths);
        // Two handlers with and without a slash are worth a word.
        found.retain(|line| !line.starts_with("CVT084"));
        assert_eq!(found, [] as [&str; 0], "{paths:?}");
    }
}

#[test]
fn overlaps_by_accident_are_warnings_and_others_notes() {
    assert_eq!(
        linted(&["/users/{id}", "/{kind}/list"]),
        ["CVT082 Warning GET /users/list"]
    );
    assert_eq!(
        linted(&["/posts/me/{status}", "/posts/{key}/comments"]),
        ["CVT082 Note GET /posts/me/comments"]
    );
    assert_eq!(
        linted(&["/posts/{key}/comments", "/posts/me/{status}"]),
        ["CVT082 Warning GET /posts/me/comments"]
    );
}

#[test]
fn several_routes_take_all_paths_of_one() {
    // The dot is a slash, or it is not.
    let paths = ["/{a}/{b}", "/{a}{b}{c}", "/{a}.{b}"].map(|path| ("GET", path));
    let found = lint(&app(&paths));
    assert_eq!(summary(&found), ["CVT081 Error GET /aXa"]);
    let related: Vec<_> = found[0]
        .related
        .iter()
        .map(|r| r.message.as_str())
        .collect();
    assert_eq!(
        related,
        [
            "route '/{a}/{b}' (app:h0) matches GET /a/a",
            "route '/{a}{b}{c}' (app:h1) matches GET /aXa"
        ]
    );
}

#[test]
fn what_is_too_much_work_is_a_note() {
    let paths = ["/{a}{b}{c}", "/{a}-{b}"].map(|path| ("GET", path));
    let found = lint_within(&app(&paths), &mut Budget::of(10));
    assert_eq!(summary(&found), ["CVT081 Note -"]);
}

#[test]
fn hostile_tables_end() {
    // The subsets of such a route are as many as there are: 2 to the power of 30.
    let tail = "{x}a..a";
    let hostile: Vec<_> = (0..40)
        .map(|n| ("GET", format!("/{}{{x{n}}}a{{y}}{tail}", "b".repeat(n % 4))))
        .collect();
    let started = std::time::Instant::now();
    let _ = lint(&app(&hostile));
    let _ = overlaps(&app(&hostile));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
