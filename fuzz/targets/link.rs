//! See `tillsense_fuzz::link`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tillsense_fuzz::link::link(data));
