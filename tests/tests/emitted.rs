//! Whatever a route table says, it is data in the generated file.

use std::fmt::Write as _;

use covet_codegen::emit;
use covet_codegen::lower::{Plan, Responses};
use proc_macro2::{TokenStream, TokenTree};

/// A word that is in every text of the table, and nowhere else.
const MARK: &str = "intruder";

const TEXTS: &[&str] = &[
    "\"",
    "'",
    "\\",
    "\\\"",
    "\0",
    "\"#",
    "r##\"",
    "*/",
    "/*",
    "//",
    "///",
    "//!",
    "\n",
    "\r",
    "\r\n",
    "#![",
    "`",
    "${",
    "{{name}}",
    "\"); fn f() {} (\"",
    "\u{301}",
    "\u{202e}",
    "\u{2066}",
    "\u{200d}",
    "\u{feff}",
    "\u{2028}",
    "\u{1f600}",
    "\u{10ffff}",
    "\u{85}",
    "\u{7f}",
];

/// A routes.toml in which every text is hostile.
fn hostile_table() -> String {
    let mut text = String::from(
        "schema = 1\n[app]\nname = \"a\"\nentry = \"app:app\"\nmiddleware = []\n[framework]\nname = \"covet\"\n\
         version = \"1\"\n[limits]\nmax_body_size = 0\n",
    );
    for (number, hostile) in TEXTS.iter().enumerate() {
        let word = format!("{MARK}{hostile}{MARK}");
        for (dynamic, path) in [
            (false, format!("/{number}/{word}")),
            (true, format!("/{word}/{{{MARK}}}")),
            (true, format!("/{{{MARK}}}/{word}/{{b}}")),
            (true, format!("/{number}{word}{{{MARK}}}.{word}")),
            (true, format!("/+{word}{{{MARK}}}")),
        ] {
            let _ = writeln!(
                text,
                "[[routes]]\nkind = \"http\"\ndynamic = {dynamic}\npath = {path}\n\
                 methods = [\"GET\", {method}]\nhandler = {word}\nparameters = [{word}]\n\
                 coroutine = false\nsuspends = false\nreturns = {word}\nheaders = [{word}]\n\
                 wrapper = {word}",
                path = toml_string(&path),
                method = toml_string(&word.to_uppercase()),
                word = toml_string(&word),
            );
        }
    }
    text
}

/// Models whose classes and fields are called by hostile texts. Their own names cannot be.
fn hostile_models() -> String {
    let words: Vec<_> = TEXTS
        .iter()
        .map(|hostile| toml_string(&format!("{MARK}{hostile}{MARK}")))
        .collect();
    let mut text = String::new();
    for (number, class) in words.iter().enumerate() {
        for (kind, rest) in [
            ("typed_dict", ""),
            ("typed_dict", ", optional = true"),
            ("named_tuple", ""),
            ("dataclass", ""),
        ] {
            let fields = words
                .iter()
                .map(|name| format!("{{ name = {name}, type = \"str | None\"{rest} }}"));
            // One model that has all of the names, and the others one of them.
            let fields: Vec<_> = if number == 0 {
                fields.collect()
            } else {
                fields.skip(number).take(1).collect()
            };
            let _ = writeln!(
                text,
                "[[models]]\nname = \"{kind}{number}{optional}\"\ntype = {class}\nkind = \"{kind}\"\n\
                 fields = [{fields}]",
                optional = if rest.is_empty() { "" } else { "optional" },
                fields = fields.join(", "),
            );
        }
    }
    text
}

fn toml_string(text: &str) -> String {
    let characters = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", characters.collect::<String>())
}

/// `src/routes.rs` and `src/responses.rs`.
fn emitted() -> [String; 2] {
    let text = hostile_table();
    let dynamic_braces = |text: &str| text.contains('{') || text.contains('<');
    // Where a hostile text has brackets of its own, the exporter would say so.
    let text: Vec<_> = text.split("[[routes]]").collect();
    let (head, routes) = text.split_first().expect("there is a head");
    let routes: Vec<_> = routes
        .iter()
        .filter(|route| route.contains("dynamic = true") || !dynamic_braces(route))
        .filter(|route| !route.contains("{{name}}"))
        .copied()
        .collect();
    let routes = routes.join("[[routes]]");
    let text = format!("{head}[[routes]]{routes}\n{}", hostile_models());
    let app = covet_codegen::read(&text).unwrap_or_else(|found| panic!("{found}"));
    assert!(app.routes.len() > 4 * (TEXTS.len() - 2));
    assert!(app.models.len() == 4 * TEXTS.len());
    [
        emit::routes(&app, &Plan::new(&app)),
        emit::responses(&app, &Responses::new(&app)),
    ]
}

#[test]
fn user_text_is_in_literals_only() {
    for file in emitted() {
        syn::parse_file(&file).expect("the file is Rust");
        let mut literals = 0;
        let tokens: TokenStream = file.parse().expect("the file is tokens");
        check(tokens, &mut literals);
        assert!(literals > TEXTS.len(), "the texts are there: {literals}");
    }
}

/// Doc comments are literals of `#[doc = …]` here.
fn check(tokens: TokenStream, literals: &mut usize) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => check(group.stream(), literals),
            TokenTree::Literal(literal) => {
                *literals += usize::from(literal.to_string().contains(MARK));
            }
            TokenTree::Ident(ident) => {
                let text = ident.to_string().to_lowercase();
                assert!(!text.contains(MARK), "{text}");
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// Comments other than doc comments are no tokens; and an editor that shows text from right to
/// left, or ends a line where the compiler does not, would show another program.
#[test]
fn the_file_is_printable_lines_with_doc_comments_alone() {
    for line in emitted().iter().flat_map(|file| file.lines()) {
        let line = line.trim_start();
        assert!(
            !line.starts_with("//") || line.starts_with("///") || line.starts_with("//!"),
            "{line}"
        );
        let odd = |c: char| {
            c.is_control()
                || ('\u{2028}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(!line.contains(odd), "{line:?}");
    }
}
