//! What has run, for the table at the end of `.ci/test`: a line for each case, adapter and server that has passed, in the
//! file that FTPS_TEST_TABLE names.

use std::fs::OpenOptions;
use std::io::Write;

/// A case has passed.
pub fn passed(case: &str, adapter: &str, server: &str) {
    write(&format!("ran\t{case}\t{adapter}\t{server}\n"));
}

/// A server was found not to do something.
pub fn cannot(server: &str, what: &str) {
    write(&format!("cannot\t{server}\t{what}\n"));
}

/// All at once, since several tests do so at a time.
fn write(line: &str) {
    if let Some(path) = std::env::var_os("FTPS_TEST_TABLE") {
        let mut table = OpenOptions::new().append(true).create(true).open(path).unwrap();
        table.write_all(line.as_bytes()).unwrap();
    }
}
