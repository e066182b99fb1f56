//! See `tillsense_fuzz::tflite`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tillsense_fuzz::tflite::tflite(data));
