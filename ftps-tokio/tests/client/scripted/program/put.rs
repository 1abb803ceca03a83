//! `ftps put`.

use std::io::{Read, Write};
use std::process::Stdio;

use super::*;
use crate::scripted::server::Ending;

#[test]
fn put_uploads_under_a_name_or_into_a_directory() {
    let bench = Bench::new(files());
    bench.write("one", b"1");
    bench.write("two", b"22");
    bench.write("empty", b"");
    bench.run(&["put", "one", "SITE/renamed"]).is(0, "renamed: 1 bytes");
    bench.run(&["put", "one", "./two", "empty", "SITE//dir/"]).is(0, "");
    bench.run(&["put", "one", "SITE"]).is(0, "");
    let heard = ["STOR renamed", "STOR /dir/one", "STOR /dir/two", "STOR /dir/empty", "STOR one"];
    assert_eq!(bench.heard("STOR"), heard);
    let stored: Vec<_> = bench.server.log().uploads.into_iter().map(|(bytes, _)| bytes.len()).collect();
    assert_eq!(stored, [1, 1, 2, 0, 1]);
}

#[test]
fn a_pipe_is_uploaded_to_its_end() {
    let bench = Bench::new(files());
    for bytes in [FILE.to_vec(), much()] {
        let mut child = bench.ftps(&["put", "-", "SITE/a"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        assert!(child.wait().unwrap().success());
        let (stored, ending) = bench.server.log().uploads.pop().unwrap();
        assert!(stored == bytes && ending == Ending::Clean);
    }
}

/// What a pipe yields is lost to others: it is not read for a file that the server does not take.
#[cfg(unix)]
#[test]
fn a_pipe_is_not_read_for_what_is_refused() {
    let bench = Bench::new(files());
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(FILE).unwrap();
    drop(writer);
    let output =
        bench.ftps(&["put", "/dev/stdin", "SITE/denied"]).stdin(reader.try_clone().unwrap()).output();
    Outcome::of(output.unwrap()).is(1, "553 not you");
    let mut left = Vec::new();
    reader.read_to_end(&mut left).unwrap();
    assert_eq!(left, FILE);
}
