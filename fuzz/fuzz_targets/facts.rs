//! See `ftps_fuzz::facts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftps_fuzz::facts(data));
