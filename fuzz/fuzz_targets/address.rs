//! See `ftps_fuzz::address`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftps_fuzz::address(data));
