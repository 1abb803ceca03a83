//! What `get` and `put` are told beyond which file goes where.

use std::fs::File;
use std::time::{Duration, Instant, SystemTime};

use super::*;

/// 2020-01-01 and the year after.
const OLD: Duration = Duration::from_secs(1_577_836_800);
const NEW: Duration = Duration::from_secs(1_609_459_200);

impl Bench {
    fn set_modified(&self, name: &str, time: Duration) {
        File::options()
            .append(true)
            .open(self.work().join(name))
            .unwrap()
            .set_modified(SystemTime::UNIX_EPOCH + time)
            .unwrap();
    }
}

#[test]
fn only_what_is_newer_is_moved() {
    let peer = files().on("MDTM", ["213 20200701000000"]).on("MDTM missing", ["550 no such file"]);
    let bench = Bench::new(peer.on("RNFR", ["350 to what?"]).on("RNTO", ["250 renamed"]));
    bench.write("a", b"mine");
    bench.set_modified("a", NEW);
    bench.run(&["get", "SITE/a", "--newer"]).is(0, "not older: 2020-07-01");
    assert_eq!((bench.read("a"), bench.heard("RETR").len()), (b"mine".to_vec(), 0));
    let told = bench.run(&["get", "SITE/a", "--newer", "--json", "-q"]).json();
    assert_eq!(told[0]["error"]["kind"], "unchanged");

    bench.run(&["put", "a", "SITE/a", "--newer"]).is(0, "");
    bench.set_modified("a", OLD);
    bench.run(&["put", "a", "SITE/a", "--newer"]).is(0, "not older: 2020-07-01");
    bench.run(&["put", "a", "SITE/missing", "--newer"]).is(0, "");
    // Under its own name a part of it would be newer, and stay.
    assert!(bench.heard("STOR").iter().all(|line| line.ends_with(".part")), "{:?}", bench.heard("STOR"));
    assert_eq!(bench.heard("RNTO"), ["RNTO a", "RNTO missing"]);
    bench.run(&["get", "SITE/a", "--newer", "--resume"]).is(2, "cannot be used with");
    bench.run(&["get", "SITE/a", "--newer"]).is(0, "");
    assert_eq!(bench.read("a"), FILE);
}

#[test]
fn files_over_a_size_are_left_where_they_are() {
    let bench = Bench::new(files().on("SIZE liar", ["213 5"]));
    bench.run(&["get", "SITE/a", "--max-size", "18"]).is(1, "more than 18 bytes");
    assert!(bench.heard("RETR").is_empty());
    bench.run(&["get", "SITE/liar", "--max-size", "18"]).is(1, "more than 18 bytes");
    assert_eq!((bench.heard("RETR"), bench.left()), (vec!["RETR liar".into()], vec![]));
    bench.run(&["get", "SITE/a", "--max-size", "19"]).is(0, "");
    bench.run(&["get", "SITE/a", "--max-size", "many"]).is(2, "not a number of bytes");
}

#[test]
fn uploads_can_go_to_the_end_of_a_file() {
    let stores = ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()];
    let bench = Bench::new(files().on("APPE", stores));
    bench.write("line", b"one more\n");
    bench.run(&["put", "line", "SITE/log", "--append"]).is(0, "");
    assert_eq!((bench.heard("APPE"), bench.heard("STOR").len()), (vec!["APPE log".into()], 0));
    bench.run(&["put", "line", "SITE/log", "--append", "--resume"]).is(2, "cannot be used with");
}

#[test]
fn text_has_the_line_ends_of_where_it_goes() {
    let bench = Bench::new(files().on("TYPE", ["200 so be it"]).on("RETR text", sends(*b"one\r\ntwo\r\n")));
    bench.write("lines", b"one\ntwo\n");
    bench.run(&["put", "lines", "SITE/text", "--ascii"]).is(0, "");
    assert_eq!(bench.server.log().uploads.pop().unwrap().0, b"one\r\ntwo\r\n");
    bench.run(&["get", "SITE/text", "--ascii"]).is(0, "");
    assert_eq!(bench.read("text"), b"one\ntwo\n");
    bench.run(&["get", "SITE/text;type=a", "-o", "other"]).is(0, "");
    assert_eq!(bench.read("other"), b"one\ntwo\n");
    bench.run(&["get", "SITE/text", "--ascii", "--verify"]).is(2, "cannot be used with");
}

#[test]
fn a_rate_is_kept_to() {
    let bench = Bench::new(files().on("RETR much", sends(vec![0; 60_000])));
    let began = Instant::now();
    bench.run(&["get", "SITE/much", "--limit-rate", "100K"]).is(0, "60000 bytes");
    assert!(began.elapsed() > Duration::from_millis(300), "{:?}", began.elapsed());
    bench.run(&["get", "SITE/much", "--limit-rate", "0"]).is(2, "--limit-rate");
}

#[test]
fn nothing_goes_on_after_another_file() {
    let bench = Bench::new(
        files().on("SIZE longer", ["213 30"]).on("SIZE other", ["213 4"]).on("RETR other", sends(*b"else")),
    );
    bench.write("a", b"what was");
    bench.run(&["get", "SITE/a", "--resume"]).is(1, "");
    assert_eq!(bench.read("a"), b"what was", "it is as it was");
    bench.write("a", b"what is");
    bench.run(&["get", "SITE/a", "--resume"]).is(0, "");
    assert_eq!(bench.read("a"), FILE);

    bench.write("mine", b"what I have");
    for there in ["longer", "other"] {
        bench.run(&["put", "mine", &format!("SITE/{there}"), "--resume"]).is(1, "");
    }
    assert!(bench.heard("STOR").is_empty() && bench.heard("APPE").is_empty());
}

#[test]
fn parts_of_a_file_come_once_also_over_two_sessions() {
    // The control connection has ended by the time that the data connection ends.
    let last =
        ["150 here".into(), Act::Secure, Act::Send(FILE.into()), "226 done".into(), Act::Leave, Act::Finish];
    let bench = Bench::new(files().on("RETR a", last));
    // Where it is noticed only after the next command has left, that is an error, and nothing comes of it.
    let outcome = (0..100)
        .map(|_| bench.run(&["get", "SITE/a", "--range", "0-18,0-18"]))
        .find(|outcome| outcome.status == Some(0) || !bench.left().is_empty());
    outcome.unwrap().is(0, "38 bytes");
    assert_eq!(bench.read("a"), FILE.repeat(2));
}

#[test]
fn one_program_at_a_time_goes_on_with_a_file() {
    let bench = Bench::new(files().on("REST", ["350 go on"]));
    bench.write("a", b"");
    let other = File::open(bench.work().join("a")).unwrap();
    other.lock().unwrap();
    bench.run(&["get", "SITE/a", "--resume"]).is(1, "a: another program goes on with it just now");
    other.unlock().unwrap();
    bench.run(&["get", "SITE/a", "--resume"]).is(0, "");
    assert_eq!(bench.read("a"), FILE);
}

#[test]
fn of_a_file_that_did_not_come_nothing_is_left() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/missing", "--resume"]).is(1, "550 no such file");
    assert_eq!(bench.left(), [""; 0]);
    bench.write("missing", b"");
    bench.run(&["get", "SITE/missing", "--resume"]).is(1, "550 no such file");
    assert_eq!(bench.left(), ["missing"], "it was there before");
}

#[test]
fn what_is_verified_of_a_file_that_was_gone_on_with_is_said() {
    let stores = ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()];
    let bench = Bench::new(files().on("REST", ["350 go on"]).on("APPE", stores));
    bench.write("a", &FILE[..5]);
    bench
        .run(&["get", "SITE/a", "--resume", "--verify"])
        .is(0, "a: of what was here before only the size and the end were compared");
    assert_eq!(bench.read("a"), FILE);
    let outcome = bench.run(&["put", "a", "SITE/a", "--resume", "--verify"]);
    outcome.is(0, "a: of what was there before only the size and the end were compared");
}

#[test]
fn bytes_that_a_file_does_not_have_are_no_file() {
    let bench = Bench::new(files().on("REST", ["350 go on"]).on("RETR a", sends(*b"")));
    bench.write("a", b"good");
    bench
        .run(&["get", "SITE/a", "--range", "20-"])
        .is(1, "a: the file has none of the bytes that --range asks for");
    assert_eq!(bench.read("a"), b"good");
}
