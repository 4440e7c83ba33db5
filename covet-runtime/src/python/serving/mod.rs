//! Serving an ASGI app: the protocol that uvicorn makes for each connection.
//!
//! * [`server`] is what all connections share.
//! * [`connection`] is a connection: a reader, a transport, a timer, and the request that is being
//!   answered.
//! * [`exchange`] is that request as an ASGI app sees it, [`scope`] its scope.
//! * [`direct`] calls the handlers of routes without ASGI in between.
//! * [`task`] runs requests as tasks, [`spare`] keeps tasks for later ones, [`job`] is what those tasks
//!   do, [`coroutine`] their steps.
//! * [`clock`] is how long clients have taken.
//! * [`metrics`] counts what is answered.
//! * [`held`] is how all of them keep their state.
//!
//! What is rarely done (refusing, logging, handing a connection over) is in Python, in
//! `covet_runtime.server`, for this tier and the pure one alike.

mod clock;
mod connection;
mod coroutine;
mod direct;
mod exchange;
mod held;
mod job;
pub(super) mod metrics;
mod scope;
mod server;
mod spare;
mod task;

use pyo3::prelude::*;

/// Adds what the extension and every generated wheel offer.
pub(super) fn populate(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<server::Server>()?;
    module.add_class::<direct::Direct>()?;
    module.add_class::<connection::Connection>()
}
