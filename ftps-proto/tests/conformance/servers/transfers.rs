//! What transfers are told, and transfers that are cut.

use std::fs;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use ftps_proto::codec::{Timestamp, Verb};
use ftps_proto::drive::Retry;
use ftps_proto::ops::{Get, Put};
use ftps_proto::{Error, Mismatch, Timeouts};

use super::{Bench, MIB, bytes, refused};
use crate::on_every_server;
use crate::relay::Relays;
use crate::subject::{Bytes, Source, Subject};

fn parts_of_a_file<S: Subject>(mut bench: Bench<S>) {
    let file = bytes(1, 3 * MIB);
    bench.directory.write("file", &file);
    let len = file.len();
    for (get, part) in [
        (Get::new("file").from(1_000_000), &file[1_000_000..]),
        (Get::new("file").from(len as u64), &[]),
        (Get::new("file").range(10..=20), &file[10..=20]),
        (Get::new("file").range(..2_000_000), &file[..2_000_000]),
        (Get::new("file").range(len as u64 - 5..), &file[len - 5..]),
        (Get::new("file").last(100), &file[len - 100..]),
        (Get::new("file").last(u64::MAX), &file[..]),
    ] {
        let (came, done) = bench.client.download_to(get).unwrap_or_else(|error| panic!("{error}"));
        assert!(came == part, "{} bytes of {}", came.len(), part.len());
        assert_eq!(done.bytes, part.len() as u64);
    }
    bench.goes_on();
}
on_every_server!(parts_of_a_file where |site| site.route != Route::Pasv);

fn what_is_there_goes_on<S: Subject>(mut bench: Bench<S>) {
    let (file, line) = (bytes(2, MIB), bytes(3, 1000));
    bench.directory.write("unused", "");
    // The login's own, so that it may be written to.
    bench.client.upload("file", &mut Source::bytes(&file[..400_000])).unwrap();
    let done =
        bench.client.upload(Put::new("file").at(400_000), &mut Source::bytes(&file[400_000..])).unwrap();
    assert_eq!(done.bytes, (file.len() - 400_000) as u64);
    assert!(bench.directory.read("file") == file);
    bench.client.upload(Put::new("file").append().allocate(1000), &mut Source::bytes(&*line)).unwrap();
    assert!(bench.directory.read("file") == [&*file, &*line].concat());
    // It has another size: nothing is sent.
    let error = bench.client.upload(Put::new("file").at(5), &mut Source::bytes(&*line)).unwrap_err();
    let expected = Mismatch::Size { expected: 5, found: (file.len() + line.len()) as u64 };
    assert!(matches!(error, Error::Mismatch(ref mismatch) if *mismatch == expected), "{error}");
    let error = bench.client.upload(Put::new("absent").at(5), &mut Source::bytes(&*line)).unwrap_err();
    assert_eq!(refused(error), (Verb::Size, 550));
    assert!(!bench.directory.has("absent"));
    bench.goes_on();
}
on_every_server!(what_is_there_goes_on where |site| site.route == Route::Epsv);

fn text<S: Subject>(mut bench: Bench<S>) {
    let here: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    bench.client.upload(Put::new("text").ascii(), &mut Source::bytes(&*here)).unwrap();
    // These servers' own line ends are as ours.
    let stored = String::from_utf8(bench.directory.read("text")).unwrap();
    if stored != here {
        assert_eq!(stored, here.replace('\n', "\r\n"));
        bench.site.cannot("TYPE A: it stores what comes as it comes");
    }
    let (came, _) = bench.client.download_to(Get::new("text").ascii()).unwrap();
    assert!(came == here.as_bytes());
    // Bytes are bytes after it.
    let file = b"a\r\nb\n\r\n";
    bench.client.upload("bytes", &mut Source::bytes(&file[..])).unwrap();
    assert_eq!(bench.directory.read("bytes"), file);
    assert_eq!(bench.client.download_to("bytes").unwrap().0, file);
    bench.goes_on();
}
on_every_server!(text where |site| site.route == Route::Epsv);

fn a_name_of_the_servers_choice<S: Subject>(mut bench: Bench<S>) {
    let done = bench.client.upload(Put::unique(), &mut Source::bytes("one")).unwrap();
    let name = done.name.expect("a name");
    assert_eq!(bench.directory.read(str::from_utf8(name.as_bytes()).unwrap()), b"one");
    let another = bench.client.upload(Put::unique(), &mut Source::bytes("two")).unwrap();
    assert_ne!(another.name.unwrap(), name);
    bench.goes_on();
}
on_every_server!(a_name_of_the_servers_choice where |site| site.is_plainest());

fn a_name_once_it_is_whole<S: Subject>(mut bench: Bench<S>) {
    let (old, new) = (bytes(4, 1000), bytes(5, MIB));
    bench.client.upload("file", &mut Source::bytes(&*old)).unwrap();
    let done = bench.client.upload(Put::new("file").atomic().verify(), &mut Source::bytes(&*new)).unwrap();
    assert_eq!(done.bytes, new.len() as u64);
    assert!(bench.directory.read("file") == new);
    // One that fails leaves what was there.
    let fails = std::io::Error::other("the disk");
    let mut source = Source::new([crate::subject::Part::Bytes(old), crate::subject::Part::Fail(fails)]);
    let error = bench.client.upload(Put::new("file").atomic(), &mut source).unwrap_err();
    assert!(matches!(error, Error::Source(_)), "{error}");
    assert!(bench.directory.read("file") == new);
    let left: Vec<_> =
        fs::read_dir(&bench.directory.path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["file"], "its part was removed");
    bench.goes_on();
}
on_every_server!(a_name_once_it_is_whole where |site| site.is_plainest());

fn conditions<S: Subject>(mut bench: Bench<S>) {
    bench.directory.write("file", [7; 1000]);
    let modified = bench.client.modified("file").unwrap();
    let seconds = modified.to_unix().unwrap();
    let (before, after) =
        (Timestamp::from_unix(seconds - 1).unwrap(), Timestamp::from_unix(seconds + 1).unwrap());
    bench.client.download_to(Get::new("file").newer_than(before).max_size(1000).verify()).unwrap();
    let error = bench.client.download_to(Get::new("file").newer_than(modified)).unwrap_err();
    assert!(matches!(error, Error::NotNewer { .. }), "{error}");
    let error = bench.client.download_to(Get::new("file").max_size(999)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { max: 999 }), "{error}");
    let error =
        bench.client.upload(Put::new("file").if_older_than(modified), &mut Source::bytes("new")).unwrap_err();
    assert!(matches!(error, Error::NotNewer { .. }), "{error}");
    bench.client.upload(Put::new("other").if_older_than(after), &mut Source::bytes("new")).unwrap();
    assert_eq!(bench.directory.read("other"), b"new");
    bench.goes_on();
}
on_every_server!(conditions where |site| site.is_plainest());

/// A bench whose data connections are cut ten times.
fn cut<S: Subject>(bench: &mut Bench<S>, seed: u64) -> Arc<Relays> {
    let relays = Arc::new(Relays::cutting(seed, 10, 200_000));
    // Several cuts may come before a transfer gets further.
    let retry = Retry::new().tries(20).pauses(Duration::from_millis(1), Duration::from_millis(20)).seed(seed);
    // What is said about a connection that was cut is not waited for.
    let mut timeouts = Timeouts::default();
    timeouts.abort = Duration::from_millis(200);
    // A session that was lost may keep its file locked for a moment (vsftpd): it is asked for again.
    timeouts.reply = Duration::from_secs(5);
    let builder = bench.site.builder::<S>().timeouts(timeouts);
    let builder = builder.connector(S::connector(Arc::clone(&relays))).retry(retry);
    bench.client = S::connect(&builder).unwrap();
    bench.client.set_current_dir(&bench.directory.name).unwrap();
    relays
}

fn cut_ten_times<S: Subject>(mut bench: Bench<S>) {
    let file = bytes(6, 3 * MIB);
    bench.directory.write("down", &file);
    let relays = cut(&mut bench, 1);
    let (came, done) = bench.client.download_to("down").unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!(relays.cuts(), 10);
    assert!(came == file, "other bytes came");
    assert_eq!(done.bytes, file.len() as u64);
    bench.goes_on();
    for again in [false, true] {
        let relays = cut(&mut bench, 11);
        let done = match again {
            false => bench.client.upload("up", &mut Source::bytes(&*file)),
            true => bench.client.upload_seekable("again", &mut Bytes(Cursor::new(file.clone()))),
        };
        let done = done.unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(relays.cuts(), 10);
        let stored = bench.directory.read(if again { "again" } else { "up" });
        assert!(stored == file, "other bytes were stored");
        assert_eq!(done.bytes, file.len() as u64);
        bench.goes_on();
    }
}
on_every_server!(cut_ten_times where |site| site.route == Route::Epsv && site.version == Version::Tls13);
