//! Looks for an input that [`covet_fuzz::reader::check`] does not survive.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| covet_fuzz::reader::check(data));
