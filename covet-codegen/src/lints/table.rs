//! The routes of an app as the lints see them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use covet_runtime::routing::pattern::Pattern;
use covet_runtime::routing::program::{Element, Program};

use super::language::{Budget, Language};
use super::neighbours::Neighbours;
use crate::model::{App, Route};

/// The routes that can be decided, and which of them may meet.
pub(super) struct Table<'a> {
    pub(super) app: &'a App,
    /// By position in the app. None for those that are left to `re`.
    pub(super) entries: Vec<Option<Entry<'a>>>,
    neighbours: Neighbours,
}

/// A route that can be decided.
pub(super) struct Entry<'a> {
    pub(super) route: &'a Route,
    pub(super) elements: Cow<'a, [Element]>,
    pub(super) language: Language,
    /// None for static routes.
    pub(super) program: Option<&'a Program>,
}

/// The routes before a dynamic one that may have paths in common with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Earlier {
    pub(super) statics: Vec<usize>,
    pub(super) dynamics: Vec<usize>,
}

impl<'a> Table<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        let mut neighbours = Neighbours::default();
        let entries = app.routes.iter().enumerate().map(|(position, route)| {
            let entry = Entry::new(route)?;
            if !route.declared.methods.is_empty() && entry.can_be_requested() {
                neighbours.insert(position, &entry.elements);
            }
            Some(entry)
        });
        let entries = entries.collect();
        Self {
            app,
            entries,
            neighbours,
        }
    }

    /// What comes before a dynamic route, by method: methods that meet the same routes are together.
    /// `None` when the table is too entangled to tell.
    pub(super) fn earlier(
        &self,
        position: usize,
        budget: &mut Budget,
    ) -> Option<Vec<(Vec<&'a str>, Earlier)>> {
        let Some(entry) = &self.entries[position] else {
            return Some(Vec::new());
        };
        let near = self.neighbours.of(&entry.elements, &mut budget.steps)?;
        let methods: Vec<_> = entry.methods().collect();
        let mut by_method: BTreeMap<&str, Earlier> =
            methods.iter().map(|m| (*m, Earlier::default())).collect();
        for other in near {
            let Some(before) = &self.entries[other] else {
                continue;
            };
            if before.program.is_some() && other >= position {
                continue;
            }
            for method in before.methods() {
                let Some(earlier) = by_method.get_mut(method) else {
                    continue;
                };
                match before.program {
                    Some(_) => earlier.dynamics.push(other),
                    None if entry.accepts(&before.route.declared.path) => {
                        earlier.statics.push(other);
                    }
                    None => {}
                }
            }
        }
        let mut groups: Vec<(Vec<&str>, Earlier)> = Vec::new();
        for method in methods {
            let Some(earlier) = by_method.remove(method) else {
                continue;
            };
            match groups.iter_mut().find(|(_, other)| *other == earlier) {
                Some((methods, _)) => methods.push(method),
                None => groups.push((vec![method], earlier)),
            }
        }
        Some(groups)
    }

    /// The dynamic routes that can be decided and that some request may fit.
    pub(super) fn dynamics(&self) -> impl Iterator<Item = (usize, &Entry<'a>)> {
        let entries = self.entries.iter().enumerate();
        let entries = entries.filter_map(|(position, entry)| Some((position, entry.as_ref()?)));
        entries.filter(|(_, entry)| entry.program.is_some() && entry.can_be_requested())
    }

    pub(super) fn languages(&self, positions: &[usize]) -> Vec<&Language> {
        let entries = positions.iter().filter_map(|at| self.entries[*at].as_ref());
        entries.map(|entry| &entry.language).collect()
    }
}

impl<'a> Entry<'a> {
    fn new(route: &'a Route) -> Option<Self> {
        let path = &route.declared.path;
        Some(match &route.pattern {
            Pattern::Static => Self {
                route,
                elements: Cow::Owned(vec![Element::Literal(path.clone().into())]),
                language: Language::exactly(path),
                program: None,
            },
            Pattern::Compiled(compiled) => Self {
                route,
                elements: Cow::Borrowed(compiled.program.elements()),
                language: Language::of(&compiled.program),
                program: Some(&compiled.program),
            },
            Pattern::Regex(_) => return None,
        })
    }

    /// The methods, each once.
    fn methods(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let methods: BTreeSet<&str> = self
            .route
            .declared
            .methods
            .iter()
            .map(String::as_str)
            .collect();
        methods.into_iter()
    }

    /// Whether it matches paths that begin with a slash, as those of requests do.
    pub(super) fn can_be_requested(&self) -> bool {
        match self.elements.first() {
            Some(Element::Literal(text)) => text.starts_with('/'),
            Some(Element::AnyCharacter) => true,
            Some(Element::Capture) | None => false,
        }
    }

    /// Whether a dynamic route matches `path`.
    fn accepts(&self, path: &str) -> bool {
        let shorter = path.strip_suffix('\n').unwrap_or(path);
        self.program.is_some_and(|program| {
            program.matches(path.as_bytes()) || program.matches(shorter.as_bytes())
        })
    }
}
