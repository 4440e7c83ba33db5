//! Type expressions: what is known of a value that a handler returns.
//!
//! ```text
//! type    = term { "|" term }
//! term    = "any" | "None" | "bool" | "int" | "float" | "str" | model
//!         | "list" "[" type "]" | "dict" "[" type "," type "]"
//!         | "tuple" "[" ( "()" | type "," "..." | type { "," type } ) "]"
//!         | "literal" "[" scalar { "," scalar } "]"
//! scalar  = a JSON string | an integer of 64 bits | "true" | "false" | "None"
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::App;

/// What is known of a value. It is what the code says, not what is certain: a handler may return
/// anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Nothing is known.
    Any,
    /// `None`.
    None,
    /// A `bool`.
    Bool,
    /// An `int` of any size.
    Int,
    /// A `float`.
    Float,
    /// A `str`.
    Str,
    /// A `list` of such items.
    List(Box<Type>),
    /// A `tuple` of exactly these items.
    Tuple(Vec<Type>),
    /// A `tuple` of any number of such items.
    Sequence(Box<Type>),
    /// A `dict` of such keys and values.
    Dict(Box<Type>, Box<Type>),
    /// One of several: at least two, none of them a union.
    Union(Vec<Type>),
    /// One of these values: at least one.
    Literal(Vec<Scalar>),
    /// An instance of a model.
    Model(ModelId),
}

/// The position of a model in [`App::models`](super::App::models).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub usize);

/// A value that can stand in a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Text.
    Str(String),
}

impl App {
    /// A type of this app's as text, which [`parse`] reads back.
    pub fn type_text(&self, ty: &Type) -> String {
        let list = |types: &[Type]| {
            let texts: Vec<_> = types.iter().map(|ty| self.type_text(ty)).collect();
            texts.join(", ")
        };
        match ty {
            Type::Any => "any".to_owned(),
            Type::None => "None".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Int => "int".to_owned(),
            Type::Float => "float".to_owned(),
            Type::Str => "str".to_owned(),
            Type::List(item) => format!("list[{}]", self.type_text(item)),
            Type::Tuple(items) if items.is_empty() => "tuple[()]".to_owned(),
            Type::Tuple(items) => format!("tuple[{}]", list(items)),
            Type::Sequence(item) => format!("tuple[{}, ...]", self.type_text(item)),
            Type::Dict(key, value) => {
                format!("dict[{}, {}]", self.type_text(key), self.type_text(value))
            }
            Type::Union(members) => {
                let members: Vec<_> = members.iter().map(|ty| self.type_text(ty)).collect();
                members.join(" | ")
            }
            Type::Literal(values) => {
                let values: Vec<_> = values.iter().map(ToString::to_string).collect();
                format!("literal[{}]", values.join(", "))
            }
            Type::Model(id) => self.models[id.0].name.clone(),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Str(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
        }
    }
}

/// The words that are no names of models.
pub(super) const WORDS: [&str; 10] = [
    "any", "None", "bool", "dict", "float", "int", "list", "literal", "str", "tuple",
];

/// Types that are nested deeper than this are refused.
const MAX_DEPTH: usize = 100;

/// Why a text is no type expression, and where in it, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) at: Range<usize>,
}

/// Reads a type expression.
pub(super) fn parse(text: &str, models: &BTreeMap<String, ModelId>) -> Result<Type, Fault> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        models,
    };
    let found = parser.union()?;
    match parser.rest().chars().next() {
        None => Ok(found),
        Some(c) => Err(parser.fault(format!("`{}` is too much", c.escape_debug()), c.len_utf8())),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Where the next token starts, once [`Parser::rest`] has been asked.
    at: usize,
    depth: usize,
    models: &'a BTreeMap<String, ModelId>,
}

impl<'a> Parser<'a> {
    fn union(&mut self) -> Result<Type, Fault> {
        if self.depth > MAX_DEPTH {
            return Err(self.fault(format!("a type is nested more than {MAX_DEPTH} deep"), 0));
        }
        let mut members = vec![self.term()?];
        while self.take("|") {
            members.push(self.term()?);
        }
        Ok(match members.len() {
            1 => members.remove(0),
            _ => Type::Union(members),
        })
    }

    fn term(&mut self) -> Result<Type, Fault> {
        let word = self.word();
        let start = self.at - word.len();
        Ok(match word {
            "" => return Err(self.fault("a type is missing", 0)),
            "any" => Type::Any,
            "None" => Type::None,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "float" => Type::Float,
            "str" => Type::Str,
            "list" => Type::List(Box::new(self.bracketed(Self::union)?)),
            "dict" => self.bracketed(Self::key_and_value)?,
            "tuple" => self.bracketed(Self::items)?,
            "literal" => Type::Literal(self.bracketed(Self::scalars)?),
            name => match self.models.get(name) {
                Some(id) => Type::Model(*id),
                None => {
                    return Err(Fault {
                        message: format!("there is no model `{name}`"),
                        at: start..self.at,
                    });
                }
            },
        })
    }

    fn key_and_value(&mut self) -> Result<Type, Fault> {
        let key = self.union()?;
        self.expect(",")?;
        Ok(Type::Dict(Box::new(key), Box::new(self.union()?)))
    }

    fn items(&mut self) -> Result<Type, Fault> {
        if self.take("()") {
            return Ok(Type::Tuple(Vec::new()));
        }
        let mut items = vec![self.union()?];
        while self.take(",") {
            if items.len() == 1 && self.take("...") {
                return Ok(Type::Sequence(Box::new(items.remove(0))));
            }
            items.push(self.union()?);
        }
        Ok(Type::Tuple(items))
    }

    fn scalars(&mut self) -> Result<Vec<Scalar>, Fault> {
        let mut values = vec![self.scalar()?];
        while self.take(",") {
            values.push(self.scalar()?);
        }
        Ok(values)
    }

    fn scalar(&mut self) -> Result<Scalar, Fault> {
        let rest = self.rest();
        if rest.starts_with('"') {
            return self.string();
        }
        let end = rest.find([',', ']', ' ']).unwrap_or(rest.len());
        let value = match &rest[..end] {
            "None" => Scalar::None,
            "true" => Scalar::Bool(true),
            "false" => Scalar::Bool(false),
            number => Scalar::Int(number.parse().map_err(|_| {
                let message = "a string, an integer of 64 bits, true, false or None is missing";
                self.fault(message, end)
            })?),
        };
        self.at += end;
        Ok(value)
    }

    fn string(&mut self) -> Result<Scalar, Fault> {
        let rest = self.rest();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let Some(Ok(text)) = values.next() else {
            return Err(self.fault("a string is not one of JSON", rest.len()));
        };
        self.at += values.byte_offset();
        Ok(Scalar::Str(text))
    }

    /// What stands between brackets.
    fn bracketed<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.expect("[")?;
        self.depth += 1;
        let found = inside(self)?;
        self.depth -= 1;
        self.expect("]")?;
        Ok(found)
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn expect(&mut self, token: &str) -> Result<(), Fault> {
        if self.take(token) {
            return Ok(());
        }
        Err(self.fault(format!("`{token}` is missing"), 0))
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// What is still to be read, from the next token on.
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let rest = rest.trim_start_matches(' ');
        self.at = self.text.len() - rest.len();
        rest
    }

    fn fault(&self, message: impl Into<String>, length: usize) -> Fault {
        Fault {
            message: message.into(),
            at: self.at..self.at + length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Type, Fault> {
        let models = [("Post", 0), ("User", 1)];
        let models = models.map(|(name, id)| (name.to_owned(), ModelId(id)));
        parse(text, &BTreeMap::from(models))
    }

    fn list(of: Type) -> Type {
        Type::List(Box::new(of))
    }

    #[test]
    fn words_and_models() {
        for (text, expected) in [
            ("any", Type::Any),
            ("None", Type::None),
            ("bool", Type::Bool),
            ("int", Type::Int),
            ("float", Type::Float),
            ("str", Type::Str),
            ("Post", Type::Model(ModelId(0))),
            ("User", Type::Model(ModelId(1))),
        ] {
            assert_eq!(parsed(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn containers() {
        assert_eq!(
            parsed("list[list[User]]"),
            Ok(list(list(Type::Model(ModelId(1)))))
        );
        assert_eq!(
            parsed("dict[int, str]"),
            Ok(Type::Dict(Box::new(Type::Int), Box::new(Type::Str)))
        );
        assert_eq!(parsed("tuple[()]"), Ok(Type::Tuple(vec![])));
        assert_eq!(parsed("tuple[int]"), Ok(Type::Tuple(vec![Type::Int])));
        assert_eq!(
            parsed("tuple[int, str | None]"),
            Ok(Type::Tuple(vec![
                Type::Int,
                Type::Union(vec![Type::Str, Type::None])
            ]))
        );
        assert_eq!(
            parsed("tuple[any, ...]"),
            Ok(Type::Sequence(Box::new(Type::Any)))
        );
        assert_eq!(
            parsed("Post | list[Post] | None"),
            Ok(Type::Union(vec![
                Type::Model(ModelId(0)),
                list(Type::Model(ModelId(0))),
                Type::None
            ]))
        );
    }

    #[test]
    fn literals() {
        let values = vec![
            Scalar::Str("a\"]\n, é\u{1F600}".to_owned()),
            Scalar::Int(i64::MIN),
            Scalar::Bool(true),
            Scalar::Bool(false),
            Scalar::None,
        ];
        assert_eq!(
            parsed(r#"literal["a\"]\n, é\ud83d\ude00", -9223372036854775808, true, false, None]"#),
            Ok(Type::Literal(values))
        );
    }

    #[test]
    fn types_are_printed_as_they_are_read() {
        let types = [
            "any",
            "None | bool | int | float | str",
            "list[User | None]",
            "dict[int, tuple[User, ...]]",
            "tuple[()]",
            "tuple[int]",
            "tuple[int, list[any]]",
            r#"literal["a\"]\n, é", -1, true, false, None]"#,
        ];
        let routes = types.iter().enumerate().map(|(number, ty)| {
            format!(
                "[[routes]]\nkind = \"http\"\ndynamic = false\npath = \"/{number}\"\n\
                 methods = [\"GET\"]\nhandler = \"t:f\"\nparameters = []\n\
                 coroutine = false\nsuspends = false\nresponse = '{ty}'\n"
            )
        });
        let text = format!(
            "schema = 1\n[app]\nname = \"t_covet\"\nentry = \"t:app\"\nmiddleware = []\n\
             [framework]\nname = \"covet\"\nversion = \"0\"\n[limits]\nmax_body_size = 0\n\
             {}[[models]]\nname = \"User\"\ntype = \"t:User\"\nkind = \"typed_dict\"\nfields = []\n",
            routes.collect::<Vec<_>>().concat()
        );
        let app = crate::read(&text).expect("the table is fine");
        for (route, ty) in app.routes.iter().zip(types) {
            let response = route.response.as_ref().expect("each has one");
            assert_eq!(app.type_text(response), ty);
        }
    }

    #[test]
    fn faults_have_a_place() {
        for (text, message, at) in [
            ("", "a type is missing", 0..0),
            ("   ", "a type is missing", 3..3),
            ("int |", "a type is missing", 5..5),
            ("| int", "a type is missing", 0..0),
            ("list[]", "a type is missing", 5..5),
            ("list", "`[` is missing", 4..4),
            ("list[int", "`]` is missing", 8..8),
            ("list[int, str]", "`]` is missing", 8..8),
            ("dict[int]", "`,` is missing", 8..8),
            ("tuple[..., int]", "a type is missing", 6..6),
            ("tuple[int, str, ...]", "a type is missing", 16..16),
            ("int str", "`s` is too much", 4..5),
            ("int[str]", "`[` is too much", 3..4),
            ("list[Späße]", "there is no model `Sp`", 5..7),
            ("list[Ghost] | None", "there is no model `Ghost`", 5..10),
            ("\n", "a type is missing", 0..0),
            ("int\n", "`\\n` is too much", 3..4),
            ("literal[\"a]", "a string is not one of JSON", 8..11),
            ("literal[\"\n\"]", "a string is not one of JSON", 8..12),
        ] {
            let message = message.to_owned();
            assert_eq!(parsed(text), Err(Fault { message, at }), "{text:?}");
        }
        for text in [
            "literal[]",
            "literal[1.5]",
            "literal[9223372036854775808]",
            "literal[True]",
        ] {
            let fault = parsed(text).expect_err(text);
            assert!(fault.message.ends_with("is missing"), "{text}: {fault:?}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}int{}", "list[".repeat(depth), "]".repeat(depth));
        assert!(parsed(&nested(MAX_DEPTH)).is_ok());
        let fault = parsed(&nested(MAX_DEPTH + 1)).expect_err("too deep");
        assert_eq!(fault.message, "a type is nested more than 100 deep");
        assert!(parsed(&nested(1_000_000)).is_err());
    }
}
