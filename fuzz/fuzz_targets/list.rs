//! See `ftps_fuzz::list`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftps_fuzz::list(data));
