//! `ftps put`.

use std::io::Write;
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
    let mut child = bench.ftps(&["put", "/dev/stdin", "SITE/a"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(FILE).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(bench.server.upload(), (FILE.to_vec(), Ending::Clean));
}
