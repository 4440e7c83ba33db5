//! From a place in the user's code, as findings have it, to the routes that are meant.

use std::collections::BTreeMap;

use super::data::Place;
use super::html::visible;
use crate::diagnostics::Location;
use crate::model::App;

/// Which routes have their handler at a place.
pub(super) struct Places<'a> {
    places: BTreeMap<(&'a str, Option<u32>), Routes>,
}

/// The routes of one place. A handler may have several, and a function that makes handlers many.
#[derive(Default)]
struct Routes {
    all: Vec<usize>,
    /// By path, as it is and as a message writes it.
    by_path: BTreeMap<String, Vec<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        let mut places: BTreeMap<_, Routes> = BTreeMap::new();
        for (position, route) in app.routes.iter().enumerate() {
            let Some(place) = &route.source else { continue };
            let key = (place.file.as_str(), place.line);
            let routes = places.entry(key).or_default();
            routes.all.push(position);
            let path = &route.declared.path;
            let written = path.escape_debug().to_string();
            if written != *path {
                routes.by_path.entry(written).or_default().push(position);
            }
            let same = routes.by_path.entry(path.clone()).or_default();
            same.push(position);
        }
        Self { places }
    }

    /// The place, and the routes that a finding with this message means there: those with the path
    /// that it quotes first, else all that are there.
    pub(super) fn find(&self, location: &Location, message: &str) -> Place {
        let routes = self.places.get(&(location.file.as_str(), location.line));
        let meant = routes.map(|routes| {
            let mut quoted = quoted(message).filter_map(|path| routes.by_path.get(path));
            quoted.next().unwrap_or(&routes.all).clone()
        });
        Place {
            source: source(location),
            name: location.name.as_deref().map(visible),
            routes: meant.unwrap_or_default(),
        }
    }
}

/// What stands in quotation marks in `message`, from the first mark on, the longest first: a path
/// may hold such marks.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    let marks = message.match_indices(['\'', '"', '`']);
    marks.flat_map(move |(start, mark)| {
        let text = &message[start + mark.len()..];
        text.rmatch_indices(mark).map(|(end, _)| &text[..end])
    })
}

/// `file:line`.
pub(super) fn source(location: &Location) -> String {
    visible(&match location.line {
        Some(line) => format!("{}:{line}", location.file),
        None => location.file.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_come_from_the_front_and_the_longest_first() {
        let found: Vec<_> = quoted("a '/x's' \"b\"").collect();
        assert_eq!(found, ["/x's", "/x", "s", "b"]);
        assert_eq!(quoted("it's").count(), 0);
    }
}
