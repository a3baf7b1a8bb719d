//! `cargo +nightly fuzz run websocket`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmate_fuzz::websocket::check(data));
