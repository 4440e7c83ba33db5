//! What is said about changes of a table: every rule is broken by one case and kept by others.
//!
//! `BLESS=1 cargo test -p covet-tests` writes the expected texts anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use covet_codegen::breaking::{self, RULES};
use covet_codegen::diagnostics::Diagnostics;
use covet_codegen::explain::Subject;
use covet_codegen::model::App;
use covet_codegen::rules;
use covet_codegen::url::Target;
use covet_tests::{assert_golden, entries, golden_folder};

/// A table in short: `GET,POST /users/{id} get_user(id) -> User`, `limit 100` and
/// `User { id: int, name?: str }`, a line each. A field `name=key` has another attribute.
type Short = &'static str;

/// Name, rules that are broken, table before, table now.
type Case = (&'static str, &'static [&'static str], Short, Short);

/// What breaks something. The texts are in `golden/breaking`.
const BREAKING: &[Case] = &[
    (
        "route_removed",
        &["CVT100", "CVT100", "CVT100"],
        "GET /a a()\nGET,PUT /users/{id} get(id)",
        "GET /a/ a()",
    ),
    (
        "route_left_to_re_removed",
        &["CVT100"],
        "GET /a+b/{x} plus(x)\nGET /{y} any(y)",
        "GET /{y} any(y)",
    ),
    (
        "handlers_left_to_re_exchanged",
        &["CVT102", "CVT102"],
        "GET /a+/{x} one(x)\nGET /b+/{x} two(x)",
        "GET /a+/{x} two(x)\nGET /b+/{x} one(x)",
    ),
    (
        "method_removed",
        &["CVT101"],
        "GET,POST /a a()",
        "GET /a a()",
    ),
    (
        "shadowed_by_a_static",
        &["CVT102"],
        "GET /users/{id} get(id)",
        "GET /users/me me()\nGET /users/{id} get(id)",
    ),
    (
        "moved_in_the_order",
        &["CVT102"],
        "GET /{a}/edit edit(a)\nGET /new/{b} new(b)",
        "GET /new/{b} new(b)\nGET /{a}/edit edit(a)",
    ),
    (
        "shadowed_within_a_segment",
        &["CVT102"],
        "GET /files/{name}/{part} file(name, part)",
        "GET /files/v{n}/raw raw(n)\nGET /files/{name}/{part} file(name, part)",
    ),
    (
        "handlers_exchanged",
        &["CVT102", "CVT102"],
        "GET /a one()\nGET /b two()",
        "GET /a two()\nGET /b one()",
    ),
    (
        "the_same_path_in_front",
        &["CVT102"],
        "GET /users/{id} get(id)",
        "GET /users/{x} other(x)\nGET /users/{id} get(id)",
    ),
    (
        "removed_and_taken",
        &["CVT102"],
        "GET /users/me me()\nGET /users/{id} get(id)",
        "GET /users/{id} get(id)",
    ),
    (
        "static_became_dynamic",
        &["CVT103"],
        "GET /reports/today today()",
        "GET /reports/{day} today(day)",
    ),
    (
        "route_narrowed",
        &["CVT104", "CVT107"],
        "GET /files/{name} file(name)",
        "GET /files/{name}.txt file(name)",
    ),
    (
        "dynamic_became_static",
        &["CVT103", "CVT104"],
        "GET /reports/{day} day(day)",
        "GET /reports/today day()",
    ),
    (
        "became_a_socket",
        &["CVT105"],
        "GET /live live()",
        "WEBSOCKET /live live()",
    ),
    (
        "became_a_request",
        &["CVT105"],
        "WEBSOCKET /live live()",
        "GET /live live()",
    ),
    (
        "limit_lowered",
        &["CVT106"],
        "limit 100\nGET /a a()",
        "limit 99\nGET /a a()",
    ),
    (
        "limit_set",
        &["CVT106"],
        "limit 0\nGET /a a()",
        "limit 99\nGET /a a()",
    ),
    (
        "values_changed",
        &["CVT107", "CVT117", "CVT117"],
        "GET /diff/{old}/{new} diff(old, new)",
        "GET /diff/{new}/{old} diff(old, new)",
    ),
    (
        "values_longer",
        &["CVT107"],
        "GET /files/v{n} file(n)",
        "GET /files/{n} file(n)",
    ),
    (
        "response_changed",
        &["CVT110", "CVT110", "CVT110", "CVT110"],
        "GET /a a() -> list[int]\nGET /b b() -> literal[1, 2]\nGET /c c() -> int\nGET /d d() -> list[int]",
        "GET /a a() -> dict[str, int]\nGET /b b() -> literal[1, 2, 3]\nGET /c c()\nGET /d d() -> list[float]",
    ),
    (
        "field_removed",
        &["CVT111", "CVT111"],
        "GET /a a() -> User\nGET /b b() -> list[User]\nUser { id: int, name: str, tags: list[str] }",
        "GET /a a() -> User\nGET /b b() -> list[User]\nUser { id: int }",
    ),
    (
        "field_renamed",
        &["CVT112"],
        "GET /a a() -> User\nUser { id: int, name: str }",
        "GET /a a() -> User\nUser { id: int, full_name: str, more: int }",
    ),
    (
        "field_changed",
        &["CVT113", "CVT113", "CVT113"],
        "GET /a a() -> User | None\nUser { id: int, tags: list[str], next: User | int }",
        "GET /a a() -> User | None\nUser { id: str, tags: list[int], next: User | str }",
    ),
    (
        "became_nullable",
        &["CVT114", "CVT114"],
        "GET /a a() -> list[User]\nGET /b b() -> dict[str, User]\nUser { id: int }",
        "GET /a a() -> list[User | None]\nGET /b b() -> dict[str, User]\nUser { id: int | None }",
    ),
    (
        "named_tuple_changed",
        &["CVT110", "CVT110"],
        "GET /a a() -> list[Node]\nGET /b b() -> list[any]\nGET /c c() -> tuple[int]\nNode { id: int, next: Node | None }",
        "GET /a a() -> list[Node]\nGET /b b() -> Node\nGET /c c() -> Node\nNode { id: str, next: Node | None }",
    ),
    (
        "removed_while_one_is_left_to_re",
        &["CVT100"],
        "GET /a/{x} a(x)",
        "GET /a+/{x} a(x)",
    ),
    (
        "became_optional",
        &["CVT115"],
        "GET /a a() -> User\nUser { id: int, name?: str }",
        "GET /a a() -> User\nUser { id?: int, name: str }",
    ),
    (
        "parameter_renamed",
        &["CVT117"],
        "GET,PUT /users/{id} get(id)",
        "GET,PUT /users/{user_id} fetch(user_id)",
    ),
];

/// What breaks nothing, by the rule that has nothing against it.
const FINE: &[Case] = &[
    (
        "a route was added",
        &["CVT100"],
        "GET /a a()",
        "GET /a a()\nGET /b b()\nGET /{x} x(x)",
    ),
    (
        "a route that no request reaches is gone",
        &["CVT100"],
        "GET /a a()\nGET b b()\nGET {x} x(x)",
        "GET /a a()",
    ),
    (
        "a route left to re that was never reached has changed",
        &["CVT102"],
        "GET /a+/{x} one(x)\nGET /a+/{y} two(y)",
        "GET /a+/{x} one(x)\nGET /a+/{z} three(z)",
    ),
    (
        "a route that was never reached is gone",
        &["CVT100"],
        "GET /{a} a(a)\nGET /{b} b(b)",
        "GET /{a} a(a)",
    ),
    (
        "a method was added",
        &["CVT101"],
        "GET /a a()",
        "GET,POST /a a()",
    ),
    (
        "the order of routes that do not meet",
        &["CVT102"],
        "GET /a/{x} a(x)\nGET /b/{x} b(x)",
        "GET /b/{x} b(x)\nGET /a/{x} a(x)",
    ),
    (
        "a handler was renamed",
        &["CVT102"],
        "GET /a one()\nGET /b two()",
        "GET /a uno()\nGET /b two()",
    ),
    (
        "a route behind all others",
        &["CVT102"],
        "GET /users/{id} get(id)",
        "GET /users/{id} get(id)\nGET /{a}/{b} any(a, b)",
    ),
    (
        "another notation",
        &["CVT103"],
        "GET /a/{x} a(x)",
        "GET ^/a/<x>$ a(x)",
    ),
    (
        "a route was widened",
        &["CVT104"],
        "GET /files/v{n} file()",
        "GET /files/{n} file()",
    ),
    (
        "a socket beside a request",
        &["CVT105"],
        "GET /live live()",
        "GET /live live()\nWEBSOCKET /live socket()",
    ),
    (
        "the limit was raised",
        &["CVT106"],
        "limit 10\nGET /a a()",
        "limit 0\nGET /a a()",
    ),
    (
        "the limit was lifted",
        &["CVT106"],
        "limit 10\nGET /a a()",
        "limit 11\nGET /a a()",
    ),
    (
        "a signature was turned round along with what is passed",
        &["CVT107"],
        "GET /{a}/{b} f(a, b)",
        "GET /{a}/{b} f(b, a)",
    ),
    (
        "a socket has no values",
        &["CVT107"],
        "WEBSOCKET /{a}/{b} f(a, b)",
        "WEBSOCKET /{a}/{b} f(b)",
    ),
    (
        "a response became narrower",
        &["CVT110"],
        "GET /a a() -> int | str | None\nGET /b b() -> list[float]\nGET /c c() -> dict[str, any]\nGET /d d() -> any\nGET /e e() -> str",
        "GET /a a() -> int\nGET /b b() -> tuple[int, ...]\nGET /c c() -> User\nGET /d d() -> int\nGET /e e() -> literal[\"a\", \"b\"]\nUser { id: int }",
    ),
    (
        "a named tuple that holds itself",
        &["CVT110"],
        "GET /a a() -> list[Node]\nGET /b b() -> Node\nNode { id: int, next: Node | None }",
        "GET /a a() -> list[Node]\nGET /b b() -> tuple[int, None]\nNode { key: int, before: Node | None }",
    ),
    (
        "a response is known now",
        &["CVT110"],
        "GET /a a()",
        "GET /a a() -> int",
    ),
    (
        "a field was added",
        &["CVT111"],
        "GET /a a() -> User\nUser { id: int }",
        "GET /a a() -> User\nUser { name: str, id: int }",
    ),
    (
        "a model and an attribute were renamed",
        &["CVT112"],
        "GET /a a() -> User\nUser { id=key: int }",
        "GET /a a() -> Person\nPerson { id: int }",
    ),
    (
        "a field became narrower",
        &["CVT113"],
        "GET /a a() -> User\nUser { id: int | str, next: User | None }",
        "GET /a a() -> User\nUser { id: int, next: User }",
    ),
    (
        "a null is gone",
        &["CVT114"],
        "GET /a a() -> User | None\nUser { id: int | None }",
        "GET /a a() -> User\nUser { id: int }",
    ),
    (
        "a field is always there",
        &["CVT115"],
        "GET /a a() -> User\nUser { id?: int }",
        "GET /a a() -> User\nUser { id: int }",
    ),
    (
        "the handler's parameter was renamed",
        &["CVT117"],
        "GET /{a} f(a)",
        "GET /{a} g(a)",
    ),
];

fn table(short: &str) -> App {
    let mut limit = "0";
    let mut routes = String::new();
    let mut dynamic_routes = String::new();
    let mut models = String::new();
    for line in short.lines() {
        if let Some(bytes) = line.strip_prefix("limit ") {
            limit = bytes;
        } else if let Some((name, fields)) = line.split_once(" { ") {
            model(name, fields.trim_end_matches(" }"), &mut models);
        } else {
            let is_dynamic = line.contains(['{', '<']);
            let to = if is_dynamic {
                &mut dynamic_routes
            } else {
                &mut routes
            };
            route(line, is_dynamic, to);
        }
    }
    let text = format!(
        "schema = 1\n[app]\nname = \"t_covet\"\nentry = \"t:app\"\nmiddleware = []\n\
         [framework]\nname = \"covet\"\nversion = \"0.1.0b6\"\n\
         [limits]\nmax_body_size = {limit}\n{routes}{dynamic_routes}{models}"
    );
    covet_codegen::read(&text).unwrap_or_else(|found| panic!("{text}\n{found}"))
}

fn route(line: &str, is_dynamic: bool, to: &mut String) {
    let (line, response) = match line.split_once(" -> ") {
        Some((line, response)) => (line, Some(response)),
        None => (line, None),
    };
    let (methods, rest) = line.split_once(' ').expect("METHODS path handler(names)");
    let (path, handler) = rest.split_once(' ').expect("path handler(names)");
    let (handler, names) = handler
        .trim_end_matches(')')
        .split_once('(')
        .expect("a list");
    let list = |names: &str| {
        let names: Vec<_> = names
            .split([',', ' '])
            .filter(|name| !name.is_empty())
            .collect();
        format!("{names:?}")
    };
    let kind = if methods == "WEBSOCKET" {
        "websocket"
    } else {
        "http"
    };
    let _ = writeln!(
        to,
        "[[routes]]\nkind = \"{kind}\"\ndynamic = {is_dynamic}\npath = '{path}'\nmethods = {}\n\
         handler = \"t:{handler}\"\nparameters = {}\ncoroutine = true\nsuspends = false",
        list(methods),
        list(names)
    );
    if let Some(response) = response {
        let _ = writeln!(to, "response = '{response}'");
    }
}

fn model(name: &str, fields: &str, to: &mut String) {
    let kind = match name {
        "Node" => "named_tuple",
        _ if fields.contains('=') => "dataclass",
        _ => "typed_dict",
    };
    let _ = writeln!(
        to,
        "[[models]]\nname = \"{name}\"\ntype = \"t:{name}\"\nkind = \"{kind}\"\nfields = ["
    );
    for field in fields.split(", ") {
        let (name, ty) = field.split_once(": ").expect("name: type");
        let (name, optional) = match name.strip_suffix('?') {
            Some(name) => (name, ", optional = true"),
            None => (name, ""),
        };
        let (name, attribute) = match name.split_once('=') {
            Some((name, attribute)) => (name, format!(", attribute = \"{attribute}\"")),
            None => (name, String::new()),
        };
        let _ = writeln!(
            to,
            "  {{ name = \"{name}\"{attribute}, type = '{ty}'{optional} }},"
        );
    }
    to.push_str("]\n");
}

fn found(before: &str, now: &str) -> Diagnostics {
    let found = breaking::compare(&table(before), &table(now));
    Diagnostics(found.into_iter().map(|one| one.diagnostic).collect())
}

#[test]
fn what_breaks_is_found() {
    for (name, expected, before, now) in BREAKING {
        let found = found(before, now);
        let codes: Vec<_> = found.0.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, *expected, "{name}\n{found}");
    }
}

#[test]
fn what_breaks_nothing_is_let_be() {
    for (name, code, before, now) in FINE {
        let found = found(before, now);
        let all_but_names = found
            .0
            .iter()
            .filter(|one| one.code != "CVT117" || code == &["CVT117"]);
        assert_eq!(all_but_names.count(), 0, "{name}\n{found}");
    }
}

#[test]
fn texts() {
    for (name, _, before, now) in BREAKING {
        let text = found(before, now).to_string();
        assert_golden(&golden_folder().join(format!("breaking/{name}.txt")), &text);
    }
}

#[test]
fn every_file_is_a_case() {
    let files = entries(&golden_folder().join("breaking"));
    let files: Vec<_> = files
        .iter()
        .filter_map(|file| file.file_stem()?.to_str())
        .collect();
    let cases: BTreeSet<_> = BREAKING.iter().map(|(name, ..)| *name).collect();
    assert_eq!(files, Vec::from_iter(cases));
}

#[test]
fn every_rule_is_broken_and_kept_and_documented() {
    let codes = |cases: &[Case]| -> BTreeSet<&str> {
        cases
            .iter()
            .flat_map(|(_, codes, ..)| codes.iter().copied())
            .collect()
    };
    let all: BTreeSet<_> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(codes(BREAKING), all);
    assert_eq!(codes(FINE), all);
    for rule in RULES {
        let documented = rules::find(rule.code).expect("it has a section");
        assert_eq!(documented.name.as_deref(), Some(rule.name));
        let category = format!("Breaking changes: {}", rule.category.name());
        assert_eq!(documented.category, category);
    }
}

#[test]
fn a_table_against_itself_is_silent() {
    for (name, _, before, now) in BREAKING.iter().chain(FINE) {
        for table in [before, now] {
            let found = found(table, table);
            assert!(found.0.is_empty(), "{name}\n{found}");
        }
    }
}

#[test]
fn every_finding_has_a_cause_and_a_cure() {
    for (name, _, before, now) in BREAKING {
        for finding in found(before, now).0 {
            assert!(
                !finding.help.is_empty() && !finding.message.ends_with('.'),
                "{name}"
            );
        }
    }
}

/// The path of a witness.
fn path_of(witness: &str) -> String {
    let (_, encoded) = witness.split_once(' ').expect("METHOD path");
    Target::new(encoded).path
}

/// Paths over a small alphabet up to a length.
fn paths() -> Vec<String> {
    let mut all = vec!["/".to_owned()];
    let mut last = 0;
    for _ in 0..4 {
        let end = all.len();
        for at in last..end {
            all.extend(["/", "a", "b", "-"].map(|text| format!("{}{text}", all[at])));
        }
        last = end;
    }
    all
}

/// Compares every two tables of two routes each with brute force over all short paths: a finding is
/// right when its witness is answered otherwise, and none is missed that a short path shows.
#[test]
fn brute_force_finds_the_same() {
    const ROUTES: [&str; 11] = [
        "/a",
        "/{x}",
        "/a/b",
        "/{x}/b",
        "/a/{x}",
        "/{x}/{y}",
        "/a{x}",
        "/{x}-{y}",
        "/{x}/",
        "/a.{x}",
        "/{x}/a{y}",
    ];
    let paths = paths();
    let mut tables = Vec::new();
    for (one, other) in (0..ROUTES.len()).flat_map(|one| (0..ROUTES.len()).map(move |o| (one, o))) {
        if one == other {
            continue;
        }
        // A handler is called like its route, and statics come first.
        let short = format!(
            "GET {} r{one}()\nGET {} r{other}()",
            ROUTES[one], ROUTES[other]
        );
        let app = table(&short);
        let subject = Subject::new(&app);
        let answers: Vec<_> = paths.iter().map(|path| subject.find("GET", path)).collect();
        let handlers: Vec<_> = app
            .routes
            .iter()
            .map(|r| r.declared.handler.clone())
            .collect();
        tables.push((short, answers, handlers));
    }
    let apps: Vec<_> = tables.iter().map(|(short, ..)| table(short)).collect();
    let mut missed = Vec::new();
    for (before, (short, old_answers, old_handlers)) in apps.iter().zip(&tables) {
        let old = Subject::new(before);
        for (now, (other, new_answers, new_handlers)) in apps.iter().zip(&tables) {
            let new = Subject::new(now);
            let found = breaking::compare(before, now);
            let mut told = BTreeSet::new();
            for finding in &found {
                let witness = finding.diagnostic.witness.as_deref().expect("it has one");
                let path = path_of(witness);
                let handler = |subject: &Subject<'_>, handlers: &[String]| {
                    subject
                        .find("GET", &path)
                        .map(|id| handlers[id as usize].clone())
                };
                let (was, is) = (handler(&old, old_handlers), handler(&new, new_handlers));
                assert!(
                    was.is_some() && was != is,
                    "{short}\n\n{other}\n\n{}",
                    finding.diagnostic.message
                );
                told.insert(was);
            }
            let changed: BTreeSet<_> = old_answers
                .iter()
                .zip(new_answers)
                .filter_map(|(was, is)| {
                    let was = was.map(|id| &old_handlers[id as usize])?;
                    let is = is.map(|id| &new_handlers[id as usize]);
                    (Some(was) != is).then(|| Some(was.clone()))
                })
                .collect();
            if !changed.is_subset(&told) {
                missed.push(format!("{short}\n\n{other}\n\n{changed:?} {told:?}"));
            }
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed, such as\n{}",
        missed.len(),
        missed[0]
    );
}
