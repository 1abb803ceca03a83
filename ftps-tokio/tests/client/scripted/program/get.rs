//! `ftps get`.

use std::fs;
use std::path::Path;

use super::*;

#[test]
fn get_writes_the_file_under_its_name() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/dir/report.csv"]).is(0, "dir/report.csv: 19 bytes");
    assert_eq!(bench.read("report.csv"), FILE);
    assert_eq!(bench.left(), ["report.csv"]);

    fs::create_dir(bench.work().join("into")).unwrap();
    bench.run(&["get", "SITE/a", "SITE//b", "-O", "into"]).is(0, "");
    assert_eq!(names(&bench.work().join("into")), ["a", "b"]);
    assert_eq!(bench.heard("RETR"), ["RETR dir/report.csv", "RETR a", "RETR /b"]);

    bench.run(&["get", "SITE/a", "-o", "other"]).is(0, "");
    assert_eq!(bench.read("other"), FILE);
    let output = bench.run(&["get", "SITE/a", "-o", "-", "-q"]);
    assert_eq!((output.out.as_bytes(), output.err.as_str()), (FILE, ""));
}

#[test]
fn a_cut_download_leaves_nothing_under_the_files_name() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/cut"]).is(1, "without TLS close_notify");
    assert_eq!(bench.left(), [""; 0]);

    bench.write("cut", b"from yesterday");
    bench.run(&["get", "SITE/cut"]).is(1, "cut after 19 bytes");
    assert_eq!((bench.left(), bench.read("cut")), (vec!["cut".into()], b"from yesterday".into()));
}

#[test]
fn no_file_replaces_another_of_the_same_command() {
    let bench = Bench::new(files());
    fs::create_dir(bench.work().join("dir")).unwrap();
    bench.write("one", b"1");
    bench.write("dir/one", b"another");
    bench.run(&["put", "one", "dir/one", "SITE/"]).is(2, "one: is the name of several files");
    bench.run(&["get", "SITE/a/x", "SITE/b/x"]).is(2, "x: is the name of several files");
    bench.run(&["get", "SITE/x", "ftps://localhost/x"]).is(2, "x: is the name of several files");
    assert_eq!((bench.server.heard(), bench.left()), (vec![], vec!["dir".into(), "one".into()]));
    bench.run(&["get", "SITE/x", "SITE/x"]).is(0, "");
    bench.run(&["put", "x", "x", "SITE/"]).is(0, "");
}

#[cfg(unix)]
#[test]
fn what_a_download_replaces_stays_what_it_was() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let bench = Bench::new(files());
    bench.write("secret", b"old");
    fs::set_permissions(bench.work().join("secret"), PermissionsExt::from_mode(0o600)).unwrap();
    symlink("secret", bench.work().join("link")).unwrap();
    bench.run(&["get", "SITE/link"]).is(0, "");
    assert_eq!(bench.read("secret"), FILE);
    assert_eq!(fs::metadata(bench.work().join("secret")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::symlink_metadata(bench.work().join("link")).unwrap().is_symlink());

    symlink("nowhere", bench.work().join("dangling")).unwrap();
    bench.run(&["get", "SITE/dangling"]).is(1, "dangling: No such file");
    assert_eq!(fs::read_link(bench.work().join("dangling")).unwrap(), Path::new("nowhere"));

    bench.run(&["get", "SITE/a", "-o", "/dev/null"]).is(0, "");
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    fs::create_dir(bench.work().join("dir")).unwrap();
    bench.run(&["get", "SITE/dir"]).is(1, "is a directory");
}

/// Else the file that it is would be replaced, with what others have written to it.
#[cfg(unix)]
#[test]
fn dev_stdout_is_standard_output() {
    let bench = Bench::new(files());
    bench.write("log", b"before, ");
    let log = fs::OpenOptions::new().append(true).open(bench.work().join("log")).unwrap();
    assert!(bench.ftps(&["get", "SITE/a", "-o", "/dev/stdout"]).stdout(log).status().unwrap().success());
    assert_eq!(bench.read("log"), [b"before, ", FILE].concat());
}

#[cfg(unix)]
#[test]
fn a_large_file_comes_whole_whatever_it_is_written_to() {
    let bench = Bench::new(files().on("RETR large", sends(much())));
    bench.run(&["get", "SITE/large"]).is(0, "");
    assert!(bench.read("large") == much());
    let log = fs::File::create(bench.work().join("log")).unwrap();
    assert!(bench.ftps(&["get", "SITE/large", "-o", "-"]).stdout(log).status().unwrap().success());
    assert!(bench.read("log") == much());
    let piped = bench.ftps(&["get", "SITE/large", "-o", "-"]).output().unwrap();
    assert!(piped.status.success() && piped.stdout == much());
    bench.run(&["get", "SITE/large", "-o", "/dev/null"]).is(0, "");
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_closed_ends_the_download() {
    let bench = Bench::new(files().on("RETR large", sends(much())));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    for file in ["SITE/a", "SITE/large"] {
        let output =
            bench.ftps(&["get", file, "-o", "-"]).stdout(writer.try_clone().unwrap()).output().unwrap();
        Outcome::of(output).is(1, "standard output: Broken pipe");
    }
}
