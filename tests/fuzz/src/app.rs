//! An app with a few routes.

use std::sync::OnceLock;

use covet_runtime::routing::Table;

/// Its table.
pub fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let endpoints = [
            ("/", "GET"),
            ("*", "OPTIONS"),
            ("/users/{id}", "GET"),
            ("/users/{id}/posts/{post}", "POST"),
            ("/files/{name}.txt", "GET"),
            ("/é", "GET"),
        ];
        Table::new(&endpoints).expect("the paths are valid")
    })
}
