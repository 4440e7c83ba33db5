//! One page about an app that a person would rather look at than read.
//!
//! [`Report::new`] gathers what is known of an app, and [`page`] makes one HTML file of it that
//! needs nothing else: no network, no other file and, for reading, no script. Neither does I/O, and
//! the same app gives the same bytes.

mod data;
mod html;
mod page;
mod places;
mod tree;
mod types;

pub use data::{
    Field, File, Finding, How, Method, Model, Place, RelatedPlace, Report, Route, Sizes,
};
pub use page::page;
pub use tree::{Folder, Item, RouteTree};
