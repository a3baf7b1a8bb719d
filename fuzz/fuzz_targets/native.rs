//! `cargo +nightly fuzz run native`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmate_fuzz::native::check(data));
