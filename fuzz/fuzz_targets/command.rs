//! See `ftps_fuzz::command`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ftps_fuzz::command(data));
