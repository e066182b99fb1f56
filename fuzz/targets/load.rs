//! See `tillsense_fuzz::load`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tillsense_fuzz::load::load(data));
