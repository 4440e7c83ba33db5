//! Shared helpers of the tests that span the crates of the workspace.
