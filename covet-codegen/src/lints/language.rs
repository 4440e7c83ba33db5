//! The paths that a route matches, as an automaton, and questions about several of them.
//!
//! A [`Language`] has a state for each place in the pattern and consumes one character from each
//! state to the next. A capture is a character other than a slash, and a loop behind it for more of
//! them. So there are no empty moves, and a pattern has about as many states as it has characters.
//!
//! There is one question, [`shortest`]: which is the shortest path that all of these languages hold
//! and none of those? Without those it decides whether routes overlap. With them it decides whether
//! a route is covered by others. The languages to be avoided are followed as a set of states, which
//! is made as the search needs it, and a place that was reached before with fewer of them is not
//! looked at again.
//!
//! Characters that no pattern names are all alike. One of them stands for all, so the alphabet is
//! finite and the answer is exact.

use std::collections::{BTreeSet, HashMap, VecDeque};

use covet_runtime::routing::program::{Element, Program};

/// What leads from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// This character.
    Exactly(char),
    /// Any but a newline: `.`.
    AnyCharacter,
    /// Any but a slash: the first of a capture.
    NoSlash,
}

impl Step {
    fn accepts(self, c: char) -> bool {
        match self {
            Self::Exactly(own) => own == c,
            Self::AnyCharacter => c != '\n',
            Self::NoSlash => c != '/',
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// What leads to the next state.
    step: Option<Step>,
    /// Whether any character but a slash stays here: inside a capture.
    stays: bool,
    /// Whether a path may end here.
    ends: bool,
}

impl State {
    fn next(self, c: char) -> (bool, bool) {
        (
            self.stays && c != '/',
            self.step.is_some_and(|step| step.accepts(c)),
        )
    }
}

/// The paths that a route matches.
#[derive(Clone, Debug)]
pub(super) struct Language {
    states: Vec<State>,
}

impl Language {
    /// What a static route matches: this path.
    pub(super) fn exactly(path: &str) -> Self {
        Self::new(path.chars().map(|c| (Step::Exactly(c), false)), false)
    }

    /// What a dynamic route matches: what its program accepts, and the same with the newline behind
    /// it that `$` forgives.
    pub(super) fn of(program: &Program) -> Self {
        Self::of_elements(program.elements())
    }

    /// As [`of`](Self::of), if a dot were a dot.
    pub(super) fn with_plain_dots(program: &Program) -> Self {
        let elements = program.elements().iter().map(|element| match element {
            Element::AnyCharacter => Element::literal("."),
            other => other.clone(),
        });
        Self::of_elements(&elements.collect::<Vec<_>>())
    }

    fn of_elements(elements: &[Element]) -> Self {
        let steps = elements.iter().flat_map(|element| match element {
            Element::Literal(text) => text
                .chars()
                .map(|c| (Step::Exactly(c), false))
                .collect::<Vec<_>>(),
            Element::AnyCharacter => vec![(Step::AnyCharacter, false)],
            Element::Capture => vec![(Step::NoSlash, true)],
        });
        Self::new(steps, true)
    }

    /// `steps` say of each whether there may be more of the kind.
    fn new(steps: impl Iterator<Item = (Step, bool)>, forgives_newline: bool) -> Self {
        let place = |stays| State {
            step: None,
            stays,
            ends: false,
        };
        let mut states = vec![place(false)];
        let mut last = 0;
        for (step, stays) in steps {
            states[last].step = Some(step);
            states.push(place(stays));
            last += 1;
        }
        states[last].ends = true;
        if forgives_newline {
            states[last].step = Some(Step::Exactly('\n'));
            states.push(place(false));
            states[last + 1].ends = true;
        }
        Self { states }
    }
}

/// How much work may still be done.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    /// Steps of the search for neighbours.
    pub(super) steps: usize,
}

/// The work was too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// One question may cost this much, in states that are looked at. Realistic ones cost a few
/// thousand. That subsets may be exponentially many is what this is for.
const PER_QUESTION: u64 = 3_000_000;

/// All questions about one table may cost this much, a few seconds. A table of 5,000 routes as
/// apps have them, with a thousand overlaps, costs a sixth of it.
const PER_TABLE: u64 = 80_000_000;

/// To keep a place costs as much as to look at this many states.
const PLACE: usize = 20;

/// The search for neighbours may take this many steps for one table.
const STEPS: usize = 5_000_000;

impl Budget {
    /// What there is for one table.
    pub(super) const fn new() -> Self {
        Self {
            left: PER_TABLE,
            steps: STEPS,
        }
    }

    /// A budget for tests of what happens without one.
    #[cfg(test)]
    pub(super) const fn of(left: u64) -> Self {
        Self { left, steps: STEPS }
    }

    fn spend(&mut self, own: &mut u64, amount: usize) -> Result<(), Exhausted> {
        let amount = amount as u64;
        if *own < amount || self.left < amount {
            // What is left of it goes with the question, so that it cannot be asked in vain again
            // and again.
            self.left -= self.left.min(amount);
            return Err(Exhausted);
        }
        *own -= amount;
        self.left -= amount;
        Ok(())
    }
}

/// Whether a path may hold newlines, which a client has to write as `%0A`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Newlines {
    /// Every path a client can send.
    Allowed,
    /// Those that clients do send.
    Left,
}

/// The shortest path that all of `inside` hold and none of `outside`, `None` when there is none.
///
/// Paths begin with a slash, as those of requests do. `inside` are one or two.
pub(super) fn shortest(
    inside: &[&Language],
    outside: &[&Language],
    newlines: Newlines,
    budget: &mut Budget,
) -> Result<Option<String>, Exhausted> {
    let mut own = PER_QUESTION;
    let states = inside.iter().chain(outside).map(|l| l.states.len());
    budget.spend(&mut own, 5 * states.sum::<usize>())?;
    let avoided = Avoided::new(outside);
    let alphabet = Alphabet::new(inside, &avoided, newlines);
    let mut search = Search::default();
    let start = Place {
        inside: vec![0; inside.len()],
        outside: avoided.starts.clone(),
    };
    search.visit(start, None, &mut own, budget)?;
    while let Some(at) = search.waiting.pop_front() {
        let place = search.places[at].0.clone();
        let within = || place.inside.iter().zip(inside);
        if at != 0
            && within().all(|(state, language)| language.states[*state as usize].ends)
            && !place
                .outside
                .iter()
                .any(|s| avoided.states[*s as usize].ends)
        {
            return Ok(Some(search.path(at)));
        }
        // Where a language wants one character and no other, there is no need to try the rest.
        let only = within().find_map(|(state, language)| {
            let state = language.states[*state as usize];
            match state.step {
                Some(Step::Exactly(c)) if !state.stays => Some(c),
                _ => None,
            }
        });
        let any_dot = within().any(|(state, language)| {
            language.states[*state as usize].step == Some(Step::AnyCharacter)
        });
        let (one, all);
        let choices: &[char] = if at == 0 {
            &['/']
        } else if let Some(c) = only {
            one = [c];
            &one[usize::from(c == '\n' && newlines == Newlines::Left)..]
        } else {
            all = alphabet.in_order(any_dot);
            &all
        };
        for &c in choices {
            budget.spend(&mut own, 1 + place.outside.len())?;
            let mut next = vec![Vec::new()];
            for (state, language) in within() {
                let (stay, step) = language.states[*state as usize].next(c);
                let mut further = Vec::new();
                for places in next {
                    for (taken, target) in [(stay, *state), (step, state + 1)] {
                        if taken {
                            let mut places: Vec<u32> = places.clone();
                            places.push(target);
                            further.push(places);
                        }
                    }
                }
                next = further;
            }
            if next.is_empty() {
                continue;
            }
            let outside = avoided.after(&place.outside, c);
            for inside in next {
                let outside = outside.clone();
                search.visit(Place { inside, outside }, Some((at, c)), &mut own, budget)?;
            }
        }
    }
    Ok(None)
}

/// The languages to be avoided in one row, so that a state is a number.
struct Avoided {
    states: Vec<State>,
    starts: Vec<u32>,
}

impl Avoided {
    fn new(languages: &[&Language]) -> Self {
        let mut states = Vec::new();
        let mut starts = Vec::new();
        for language in languages {
            starts.push(states.len() as u32);
            states.extend(&language.states);
        }
        Self { states, starts }
    }

    /// Where `c` leads from these states, in ascending order.
    fn after(&self, states: &[u32], c: char) -> Vec<u32> {
        let mut next: Vec<u32> = Vec::new();
        for &state in states {
            let (stay, step) = self.states[state as usize].next(c);
            if stay && next.last() != Some(&state) {
                next.push(state);
            }
            if step {
                next.push(state + 1);
            }
        }
        next
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    inside: Vec<u32>,
    outside: Vec<u32>,
}

#[derive(Default)]
struct Search {
    /// The places that were found, and from where by which character.
    places: Vec<(Place, Option<(usize, char)>)>,
    waiting: VecDeque<usize>,
    /// For the states inside, the sets of states outside that they were found with.
    known: HashMap<Vec<u32>, Vec<Vec<u32>>>,
}

impl Search {
    /// Notes a place, unless it was found before with no more to be avoided: what can be reached
    /// from here can be reached from there, by no longer path.
    fn visit(
        &mut self,
        place: Place,
        from: Option<(usize, char)>,
        own: &mut u64,
        budget: &mut Budget,
    ) -> Result<(), Exhausted> {
        budget.spend(own, PLACE + place.outside.len())?;
        let known = self.known.entry(place.inside.clone()).or_default();
        for other in known.iter() {
            budget.spend(own, 1 + other.len())?;
            if is_subset(other, &place.outside) {
                return Ok(());
            }
        }
        known.push(place.outside.clone());
        self.waiting.push_back(self.places.len());
        self.places.push((place, from));
        Ok(())
    }

    fn path(&self, mut at: usize) -> String {
        let mut characters = Vec::new();
        while let Some((before, c)) = self.places[at].1 {
            characters.push(c);
            at = before;
        }
        characters.iter().rev().collect()
    }
}

/// Whether all of `few` are among `many`. Both are ascending.
fn is_subset(few: &[u32], many: &[u32]) -> bool {
    let mut many = many.iter();
    few.len() <= many.len() && few.iter().all(|a| many.any(|b| a == b))
}

/// The characters to try: those that patterns name, and one that stands for all others.
struct Alphabet {
    named: Vec<char>,
    other: char,
    /// As `other`, for the place of a dot, where it should be seen.
    other_for_dot: char,
    newlines: Newlines,
}

/// In which order a character is chosen to stand for those without a name.
const READABLE: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-~";

impl Alphabet {
    fn new(inside: &[&Language], avoided: &Avoided, newlines: Newlines) -> Self {
        let states = inside.iter().flat_map(|language| &language.states);
        let named: BTreeSet<char> = states
            .chain(&avoided.states)
            .filter_map(|state| match state.step {
                Some(Step::Exactly(c)) => Some(c),
                _ => None,
            })
            .collect();
        let free = |c: &char| !named.contains(c) && !['/', '\n'].contains(c);
        let other = READABLE.chars().chain('\u{4E00}'..=char::MAX).find(free);
        let other = other.expect("there are more characters than patterns can name");
        let other_for_dot = Some('X').filter(free).unwrap_or(other);
        Self {
            named: named
                .into_iter()
                .filter(|c| !['/', '\n'].contains(c))
                .collect(),
            other,
            other_for_dot,
            newlines,
        }
    }

    /// What makes the best witness first.
    fn in_order(&self, for_dot: bool) -> Vec<char> {
        let other = if for_dot {
            self.other_for_dot
        } else {
            self.other
        };
        let mut all = vec![other];
        let named = || self.named.iter().copied();
        all.extend(named().filter(char::is_ascii_alphanumeric));
        all.extend(named().filter(|c| !c.is_ascii_alphanumeric()));
        all.push('/');
        if self.newlines == Newlines::Allowed {
            all.push('\n');
        }
        all
    }
}
