//! Looks for an input that [`covet_fuzz::head::check`] does not survive.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| covet_fuzz::head::check(data));
