//! What the parts of this module do together.

mod chunks;
mod connections;
mod grammar;
mod heads;
mod messages;
mod refusals;

use super::grammar::Options;
use super::{Event, Head, NoRoutes, Reader, Rejection};

/// An event that owns what it tells.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Head(Box<Head>),
    Data(Vec<u8>),
    End(Vec<(Vec<u8>, Vec<u8>)>),
    Rejected(Rejection),
}

/// All events of a reader now, pieces of data put together.
fn events(reader: &mut Reader, told: &mut Vec<Told>) {
    while let Some(event) = reader.next_event(&NoRoutes) {
        match event {
            Event::Head(head) => told.push(Told::Head(Box::new(head))),
            Event::Data(data) => {
                assert!(!data.is_empty() && data.len() <= 65_536);
                match told.last_mut() {
                    Some(Told::Data(before)) => before.extend_from_slice(data),
                    _ => told.push(Told::Data(data.to_vec())),
                }
            }
            Event::End(trailers) => {
                let fields = trailers.headers();
                let fields = fields.map(|(name, value)| (name.to_vec(), value.to_vec()));
                told.push(Told::End(fields.collect()));
            }
            Event::Rejected(rejection) => told.push(Told::Rejected(rejection)),
        }
    }
}

/// What is told of pieces that arrive one after the other, `next_request` being called after each
/// request.
fn read(pieces: &[&[u8]], options: &Options) -> Vec<Told> {
    let mut reader = Reader::new(options.clone(), 0.0);
    let mut told = Vec::new();
    for piece in pieces {
        reader.feed(piece, 0.0);
        loop {
            events(&mut reader, &mut told);
            if reader.state() != "complete" || !reader.next_request(0.0) {
                break;
            }
        }
    }
    told
}

/// What is told of `bytes`, however they are cut.
fn read_all_ways(bytes: &[u8], options: &Options) -> Vec<Told> {
    let told = read(&[bytes], options);
    let single: Vec<_> = bytes.chunks(1).collect();
    assert_eq!(
        read(&single, options),
        told,
        "byte by byte: {}",
        bytes.escape_ascii()
    );
    for at in 0..bytes.len() {
        let (one, other) = bytes.split_at(at);
        let cut = read(&[one, other], options);
        assert_eq!(cut, told, "cut at {at}: {}", bytes.escape_ascii());
    }
    told
}

/// The refusal that `bytes` end with.
fn refusal(bytes: &[u8], options: &Options) -> Option<Rejection> {
    match read_all_ways(bytes, options).last() {
        Some(Told::Rejected(rejection)) => Some(*rejection),
        _ => None,
    }
}

/// The head of `bytes`, which is all that they are.
fn head(bytes: &[u8]) -> Head {
    match &read_all_ways(bytes, &Options::DEFAULT)[..] {
        [Told::Head(head), Told::End(_)] => (**head).clone(),
        other => panic!("{}: {other:?}", bytes.escape_ascii()),
    }
}

/// Numbers that look random (xorshift; Marsaglia).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len())]
    }

    /// One of the second choices once in a while.
    fn mostly(&mut self, first: &[&'static str], second: &[&'static str]) -> &'static str {
        let choices = if self.below(50) == 0 { second } else { first };
        self.of(choices)
    }
}
