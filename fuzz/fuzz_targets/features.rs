//! See `ftps_fuzz::features`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftps_fuzz::features(data));
