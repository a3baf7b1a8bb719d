//! `cargo +nightly fuzz run pusher`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmate_fuzz::pusher::check(data));
