//! What transfers are told.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use ftps_proto::drive::{Copying, Download, Driver, Upload};
use ftps_proto::ops::{Get, Put, Transferred};
use ftps_proto::{Error, Mismatch};

use super::net::{FakeNet, World};
use super::server::Act;
use super::{goes_on, open, world};

fn sends(payload: &[u8]) -> World {
    world().on("RETR", ["150 here".into(), Act::Send(payload.into()), Act::Finish, "226 done".into()])
}

/// In pieces of so many bytes.
fn got(
    world: &World,
    driver: &mut Driver<FakeNet>,
    get: impl Into<Get>,
    piece: usize,
) -> Result<Vec<u8>, Error> {
    let mut download = Download::new(driver, get)?;
    let mut file = Vec::new();
    let mut space = vec![0; piece];
    loop {
        match world.run(|cx| download.poll_read(&mut space, cx))? {
            0 => return Ok(file),
            n => file.extend(&space[..n]),
        }
    }
}

fn put(
    world: &World,
    driver: &mut Driver<FakeNet>,
    put: impl Into<Put>,
    file: &[u8],
) -> Result<Transferred, Error> {
    let mut copying = Copying::new(driver, put)?;
    let mut rest = file;
    world.run(|cx| {
        copying.poll(cx, |space, _| {
            let n = rest.len().min(space.len()).min(1000);
            space[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            Poll::Ready(Ok(n))
        })
    })
}

#[test]
fn a_range_hands_out_its_bytes_and_no_more() {
    let payload: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
    for piece in [1, 1000, 1 << 20] {
        let world = world()
            .on("RETR", ["150 here".into(), Act::Send(payload.clone())])
            .on("REST", ["350 there".into()]);
        let mut driver = open(&world);
        let wanted = if piece == 1 { 100 } else { 30_000 };
        let got = got(&world, &mut driver, Get::new("file").range(4..4 + wanted), piece).unwrap();
        assert!(got == payload[..got.len()] && got.len() as u64 == wanted);
        assert_eq!(super::run(&world, &mut driver, ftps_proto::ops::pwd()).unwrap(), b"/home");
        assert!(world.heard().contains(&"ABOR".into()), "the rest was given up");
    }
}

#[test]
fn text_comes_as_it_is_here() {
    for (network, here) in [("one\r\ntwo\r\n", "one\ntwo\n"), ("a\rb\r\n\r", "a\rb\n\r"), ("", "")] {
        for piece in [1, 100] {
            let world = sends(network.as_bytes());
            let mut driver = open(&world);
            let text = got(&world, &mut driver, Get::new("file").ascii(), piece).unwrap();
            assert_eq!(String::from_utf8(text).unwrap(), here);
            goes_on(&world, &mut driver);
        }
    }
}

#[test]
fn text_goes_as_lines_go() {
    let world = world();
    let mut driver = open(&world);
    let text: String = (0..1000).map(|n| format!("line {n}\n")).collect();
    put(&world, &mut driver, Put::new("file").ascii(), text.as_bytes()).unwrap();
    assert!(world.stored() == [text.replace('\n', "\r\n").as_bytes()]);
    // Through a writer, with a line end in two parts.
    let mut upload = Upload::new(&mut driver, Put::new("file").ascii()).unwrap();
    for part in ["one\r", "\ntwo\n"] {
        assert_eq!(world.run(|cx| upload.poll_write(part.as_bytes(), cx)).unwrap(), part.len());
        world.run(|cx| upload.poll_flush(cx)).unwrap();
    }
    world.run(|cx| upload.poll_finish(cx)).unwrap();
    assert_eq!(world.stored()[1], b"one\r\ntwo\r\n");
}

#[test]
fn a_rate_is_kept_in_both_directions() {
    let payload = vec![7; 50_000];
    let world = sends(&payload);
    let mut driver = open(&world);
    let began = world.now();
    assert!(got(&world, &mut driver, Get::new("file").limit_rate(10_000), 1 << 20).unwrap() == payload);
    let took = world.now() - began;
    // The last piece is not waited for.
    assert!((4800..=5000).contains(&took), "{took} ms");
    let began = world.now();
    put(&world, &mut driver, Put::new("file").limit_rate(10_000), &payload).unwrap();
    let took = world.now() - began;
    assert!((4800..=5000).contains(&took), "{took} ms");
    // A rate of less than a byte at a time.
    let world = sends(b"abc");
    let mut driver = open(&world);
    let began = world.now();
    got(&world, &mut driver, Get::new("file").limit_rate(1), 10).unwrap();
    assert!((2000..=3000).contains(&(world.now() - began)));
}

#[test]
fn progress_is_told_to_the_last_byte() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let observer = |told: &Arc<Mutex<Vec<u64>>>| {
        let told = Arc::clone(told);
        move |bytes| told.lock().unwrap().push(bytes)
    };
    let world = sends(&[7; 50_000]);
    let mut driver = open(&world);
    got(&world, &mut driver, Get::new("file").on_progress(observer(&told)), 10_000).unwrap();
    let got = std::mem::take(&mut *told.lock().unwrap());
    assert!(got.is_sorted() && got.len() >= 5 && got.last() == Some(&50_000), "{got:?}");
    put(&world, &mut driver, Put::new("file").on_progress(observer(&told)), &[7; 50_000]).unwrap();
    let put = std::mem::take(&mut *told.lock().unwrap());
    assert!(put.is_sorted() && put.len() >= 5 && put.last() == Some(&50_000), "{put:?}");
}

#[test]
fn what_the_server_has_is_compared_with_what_was_moved() {
    // It says that the file has 42 bytes.
    for (bytes, same) in [(42, true), (41, false), (0, false)] {
        let payload = vec![7; bytes];
        let world = sends(&payload);
        let mut driver = open(&world);
        let down = got(&world, &mut driver, Get::new("file").verify(), 100).map(drop);
        let up = put(&world, &mut driver, Put::new("file").verify(), &payload).map(drop);
        for done in [down, up] {
            match done {
                Ok(()) => assert!(same),
                Err(Error::Mismatch(Mismatch::Size { expected, found: 42 })) => {
                    assert!(!same && expected == bytes as u64);
                }
                Err(error) => panic!("{error}"),
            }
        }
        goes_on(&world, &mut driver);
    }
    // A server that does not tell has not verified it.
    let world = world().on("SIZE", ["502 no".into()]);
    let mut driver = open(&world);
    let error = put(&world, &mut driver, Put::new("file").verify(), b"abc").unwrap_err();
    assert_eq!(error.code().unwrap(), 502);
}

#[test]
fn a_file_that_was_changed_on_the_server_is_told_from_what_was_moved() {
    let file = vec![7; 42];
    // SHA-256, of that and of nothing.
    const RIGHT: &str = "96cb9960fb43f7f564c7fc414ff9ccd0991ce4a0a9ecaa13a8121b83657be725";
    const WRONG: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (told, same) in [(WRONG, false), (RIGHT, true)] {
        let features = ["211-Features".into(), " HASH SHA-256*".into(), "211 End".into()];
        let told = format!("213 SHA-256 0-42 {told} file");
        let world = sends(&file).on("FEAT", features).on("HASH", [Act::from(&*told)]);
        let mut driver = open(&world);
        let down = got(&world, &mut driver, Get::new("file").verify(), 100).map(drop);
        let up = put(&world, &mut driver, Put::new("file").verify(), &file).map(drop);
        for done in [down, up] {
            match done {
                Ok(()) => assert!(same),
                Err(Error::Mismatch(Mismatch::Hash { .. })) => assert!(!same),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_part_that_is_here_is_gone_on_with() {
    let whole: Vec<u8> = (0..100_u8).collect();
    for (tail, same) in [(&whole[40..60], true), (&[7; 20], false)] {
        let world = sends(&whole[40..]).on("REST", ["350 there".into()]).on("SIZE", ["213 100".into()]);
        let mut driver = open(&world);
        let get = Get::new("file").resume(60, tail).verify();
        match got(&world, &mut driver, get, 7) {
            Ok(rest) => assert!(same && rest == whole[60..]),
            Err(Error::Mismatch(Mismatch::Content)) => assert!(!same),
            Err(error) => panic!("{error}"),
        }
        assert_eq!(said(&world)[1..3], ["REST 40", "RETR file"]);
    }
}

/// The commands since the login.
fn said(world: &World) -> Vec<String> {
    let heard = world.heard();
    let login = heard.iter().position(|line| line.starts_with("TYPE")).unwrap();
    heard[login + 1..].to_vec()
}

#[test]
fn an_atomic_upload_gets_its_name_once_it_is_confirmed() {
    let world = world().on("RNFR", ["350 to".into()]).on("RNTO", ["250 done".into()]);
    let mut driver = open(&world);
    put(&world, &mut driver, Put::new("dir/file").atomic().verify(), &[7; 42]).unwrap();
    let part = "dir/.file.abcd1234.part";
    let rest = [format!("SIZE {part}"), format!("RNFR {part}"), "RNTO dir/file".into()];
    assert_eq!(said(&world)[..2], ["EPSV".into(), format!("STOR {part}")]);
    assert_eq!(said(&world)[2..], rest);
}

#[test]
fn a_part_of_an_upload_that_failed_is_removed() {
    let part = ".file.abcd1234.part";
    let removes = |world: World| world.on("DELE", ["250 gone".into()]).on("ABOR", ["226 aborted".into()]);
    // Refused while it moves, wrong in the end, not to be renamed.
    for (world, error) in [
        (world().on("STOR", ["150 send".into(), Act::Take(10), "552 quota".into()]), "552"),
        (world().on("SIZE", ["213 43".into()]), "43 bytes"),
        (world().on("RNFR", ["350 to".into()]).on("RNTO", ["553 no".into()]), "553"),
    ] {
        let world = removes(world);
        let mut driver = open(&world);
        let failed = put(&world, &mut driver, Put::new("file").atomic().verify(), &[7; 42]);
        let failed = match failed {
            Err(error) => error,
            // A small one is sent before it is refused.
            Ok(_) => panic!("not refused: {error}"),
        };
        assert!(failed.to_string().contains(error), "{failed}");
        assert_eq!(said(&world).last(), Some(&format!("DELE {part}")));
        assert!(driver.session().is_usable());
    }
    // The source fails.
    let world = removes(super::world().on("STOR", ["150 send".into(), Act::Take(10)]));
    let mut driver = open(&world);
    let mut copying = Copying::new(&mut driver, Put::new("file").atomic()).unwrap();
    let mut reads = 0;
    let failed = world.run(|cx| {
        copying.poll(cx, |space, _| {
            reads += 1;
            Poll::Ready(if reads == 1 { Ok(space.len()) } else { Err(ErrorKind::PermissionDenied.into()) })
        })
    });
    assert!(matches!(failed, Err(Error::Source(_))));
    assert_eq!(said(&world).last(), Some(&format!("DELE {part}")));
    // Refused before it has begun: there is nothing to remove.
    let world = removes(super::world().on("STOR", ["553 no".into()]));
    let mut driver = open(&world);
    put(&world, &mut driver, Put::new("file").atomic(), &[7; 42]).unwrap_err();
    assert_eq!(said(&world).last(), Some(&format!("STOR {part}")));
}

#[test]
fn an_idle_server_is_given_its_time_while_the_client_rests() {
    // 100 bytes in 100 seconds: longer than any wait for the server may take.
    let world = sends(&[7; 100]);
    let mut driver = open(&world);
    let began = world.now();
    assert_eq!(got(&world, &mut driver, Get::new("file").limit_rate(1), 1000).unwrap().len(), 100);
    assert!(world.now() - began > Duration::from_secs(95).as_millis() as u64);
}
