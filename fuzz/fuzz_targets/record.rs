//! See `ftps_fuzz::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftps_fuzz::record(data));
