//! Puts the kept inputs to the checks, without a fuzzer.

use std::fs;
use std::path::Path;

use covet_fuzz::TARGETS;

#[test]
fn kept_inputs_pass() {
    for (target, check) in TARGETS {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target);
        let mut count = 0;
        for entry in fs::read_dir(&directory).expect("every target has kept inputs") {
            let path = entry.expect("the directory can be read").path();
            // Shown when the check panics.
            println!("{}", path.display());
            check(&fs::read(&path).expect("the input can be read"));
            count += 1;
        }
        assert!(count > 0, "{target} has no kept inputs");
    }
}
