//! Requests of HTTP/1.1, strictly (RFC 9110, RFC 9112).
//!
//! The grammar is what the specification requires of a sender: wherever it only allows a recipient
//! to be lenient, the request is refused, since that is where two parsers come to disagree about
//! where a message ends. A refusal is a [`Rejection`]: the rule, its section, the byte.
//!
//! * [`grammar`] has the byte classes and the limits.
//! * [`rejection`] has the reasons and what is answered.
//! * [`names`] makes numbers of field names.
//! * `search` finds where a head ends, and judges its size before anything else.
//! * `strict` reads a head byte by byte. It decides what is valid.
//! * `fast` reads the heads that nothing is wrong with, sixteen bytes at a time, and
//!   leaves all others to `strict`.
//! * `target` reads targets and authorities, `framing` what the fields mean: the steps that both
//!   go through.
//! * [`head`] is the result, and [`app`] what else goes into it: an app's names and routes.
//! * `chunked` reads chunks as they come.
//! * [`reader`] puts it together for a connection. It does no I/O and reads no clock.
//! * [`metrics`] counts what was read and refused.
//! * [`response`] has the heads of answers, and how their bodies are framed.
//! * [`message`] parses a single message that is in memory.
//!
//! What is read from a connection is a function of its bytes alone, not of how they were cut into
//! packets, and no byte is looked at more than a fixed number of times.

pub mod app;
mod chunked;
mod fast;
mod framing;
pub mod grammar;
pub mod head;
pub mod message;
pub mod metrics;
pub mod names;
mod parse;
pub mod reader;
pub mod rejection;
pub mod response;
mod search;
mod strict;
mod target;
#[cfg(test)]
mod tests;

pub use app::{App, NoRoutes};
pub use grammar::{Limits, Options};
pub use head::{Field, Form, Framing, Head, RequestLine, Span, Trailers, Version};
pub use message::{Message, MessageError, parse_message};
pub use names::{Entry, FieldId, FieldNames, slots};
pub use parse::{Spans, parse_spans};
pub use reader::{Event, Reader};
pub use rejection::{Reason, Rejection};
