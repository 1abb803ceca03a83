//! See `ftps_fuzz::session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftps_fuzz::session(data));
