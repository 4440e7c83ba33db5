//! What was not written as it was declared, counted over all serializers of the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a declaration was wrong about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the model, or `response` where a handler declares no model.
    pub model: &'static str,
    /// The name of the field; empty for all of the model.
    pub field: &'static str,
}

impl Place {
    /// The field of a model.
    pub const fn new(model: &'static str, field: &'static str) -> Self {
        Self { model, field }
    }
}

/// The place that counts documents which the standard library had to write.
pub static LEFT: Place = Place::new("", "");

type Counts = BTreeMap<(String, Place), u64>;

static COUNTS: Mutex<Counts> = Mutex::new(BTreeMap::new());

fn counts() -> MutexGuard<'static, Counts> {
    // A map is whole whatever happened to the thread that held it.
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts `number` values of the response of `route` that were not as declared.
#[cold]
pub fn count(route: &str, place: Place, number: u64) {
    *counts().entry((route.to_owned(), place)).or_default() += number;
}

/// All that was counted since the start or the last [`reset`], by route and place.
pub fn all() -> Vec<(String, Place, u64)> {
    let counts = counts();
    let each = counts.iter();
    each.map(|((route, place), number)| (route.clone(), *place, *number))
        .collect()
}

/// Counts from zero again.
pub fn reset() {
    counts().clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_route_and_place() {
        let place = Place::new("User", "name");
        count("GET /metrics-test", place, 2);
        count("GET /metrics-test", place, 3);
        count("GET /metrics-test", LEFT, 1);
        let counted: Vec<_> = all()
            .into_iter()
            .filter(|(route, ..)| route == "GET /metrics-test")
            .map(|(_, place, number)| (place, number))
            .collect();
        assert_eq!(counted, [(LEFT, 1), (place, 5)]);
    }
}
