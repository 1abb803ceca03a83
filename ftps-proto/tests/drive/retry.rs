//! Transfers that are cut and go on.

use std::io::{Cursor, Read as _, Seek as _, SeekFrom};
use std::task::Poll;
use std::time::Duration;

use ftps_proto::codec::{Algorithm, Argument};
use ftps_proto::drive::{Attempts, Copied, Copying, Download, Driver, Hasher, Retry};
use ftps_proto::ops::{self, Get, Put, Transferred};
use ftps_proto::{Channel, Error, Instant, Mismatch, Waiting};

use super::net::{FakeNet, World};
use super::server::Act;
use super::{builder, open_with, run};

const SECOND: Duration = Duration::from_secs(1);

/// So much of what has moved already moves again, to be compared.
const OVERLAP: usize = 16_384;

fn retry() -> Retry {
    Retry::new().seed(7)
}

fn opened(world: &World) -> Driver<FakeNet> {
    open_with(world, &builder(world).retry(retry())).unwrap()
}

/// Bytes of which no two parts are the same.
fn file(len: usize) -> Vec<u8> {
    (0..len as u32).flat_map(|n| n.to_be_bytes()).take(len).collect()
}

/// A server that does this at each download in turn.
fn serves<const N: usize>(turns: [Vec<Act>; N]) -> World {
    let world = super::world().on("REST", ["350 from there".into()]).on("CWD", ["250 there".into()]);
    world.with(|state| {
        state.server.script.instead("RETR", turns[0].clone());
        for turn in &turns[1..] {
            state.server.script.on("RETR", turn.clone());
        }
    });
    world
}

fn sends(part: &[u8]) -> Vec<Act> {
    vec!["150 here".into(), Act::Send(part.into()), Act::Finish, "226 done".into()]
}

fn cut(part: &[u8], then: Act) -> Vec<Act> {
    // What has come is taken before the reason is known.
    vec!["150 here".into(), Act::Send(part.into()), Act::Wait(SECOND), Act::Cut, then]
}

fn got(world: &World, driver: &mut Driver<FakeNet>, get: impl Into<Get>) -> Result<Vec<u8>, Error> {
    let mut download = Download::new(driver, get)?;
    let mut file = Vec::new();
    let done = world.run(|cx| {
        download.poll_copy(cx, |payload, _| {
            file.extend_from_slice(payload.unwrap_or_default());
            Poll::Ready(Ok(payload.map_or(0, <[u8]>::len)))
        })
    })?;
    assert_eq!(done.bytes, file.len() as u64);
    Ok(file)
}

/// The commands since the login that move files, or find them.
fn said(world: &World) -> Vec<String> {
    const THESE: [&str; 10] = ["RETR", "STOR", "APPE", "REST", "SIZE", "CWD", "USER", "DELE", "RNFR", "RNTO"];
    world.heard().into_iter().filter(|line| THESE.iter().any(|verb| line.starts_with(verb))).skip(1).collect()
}

#[test]
fn a_download_that_is_cut_goes_on_in_its_session() {
    let whole = file(300_000);
    let world = serves([
        cut(&whole[..100_000], "426 cut".into()),
        // What the client has already comes once more: the last of it.
        cut(&whole[100_000 - OVERLAP..200_000], "426 cut".into()),
        sends(&whole[200_000 - OVERLAP..]),
    ]);
    let mut driver = opened(&world);
    assert!(got(&world, &mut driver, "file").unwrap() == whole);
    assert_eq!(said(&world), ["RETR file", "REST 83616", "RETR file", "REST 183616", "RETR file"]);
}

#[test]
fn what_comes_again_is_handed_out_once_also_before_its_150() {
    let whole = file(100_000);
    let late = vec![
        Act::Send(whole[50_000 - OVERLAP..].into()),
        Act::Wait(SECOND),
        "150 here".into(),
        Act::Finish,
        "226 done".into(),
    ];
    let world = serves([cut(&whole[..50_000], "426 cut".into()), late]);
    let mut driver = opened(&world);
    assert!(got(&world, &mut driver, "file").unwrap() == whole);
}

#[test]
fn a_download_goes_on_in_a_new_session_and_its_directory() {
    let whole = file(100_000);
    let world = serves([cut(&whole[..90_000], Act::Die), sends(&whole[90_000 - OVERLAP..])]);
    let mut driver = opened(&world);
    run(&world, &mut driver, ops::cwd(Argument::new("sub").unwrap())).unwrap();
    let began = world.now();
    assert!(got(&world, &mut driver, "file").unwrap() == whole);
    assert_eq!(said(&world), ["CWD sub", "RETR file", "USER user", "CWD /home", "REST 73616", "RETR file"]);
    assert!(world.now() >= began + 500, "there was a pause");
    // It is a client's session like any other.
    run(&world, &mut driver, ops::noop()).unwrap();
    assert_eq!(world.tried().len(), 2);
}

#[test]
fn another_file_is_not_gone_on_with() {
    let whole = file(100_000);
    for other in [&whole[50_000 - OVERLAP..], &whole[..10]] {
        let mut other = other.to_vec();
        other[5] ^= 1;
        let world = serves([cut(&whole[..50_000], "426 cut".into()), sends(&other)]);
        let mut driver = opened(&world);
        let error = got(&world, &mut driver, "file").unwrap_err();
        assert!(matches!(error, Error::Mismatch(Mismatch::Content)), "{error}");
    }
    // It has become shorter.
    let world = serves([cut(&whole[..50_000], "426 cut".into()), sends(&whole[50_000 - OVERLAP..49_000])]);
    let mut driver = opened(&world);
    let error = got(&world, &mut driver, "file").unwrap_err();
    assert!(matches!(error, Error::Mismatch(Mismatch::Content)), "{error}");
}

#[test]
fn a_range_that_is_cut_goes_on_to_its_own_end() {
    let whole = file(100_000);
    let endless = vec!["150 here".into(), Act::Send(whole[20_000 - OVERLAP..60_000].into())];
    let world = serves([cut(&whole[1000..20_000], "426 cut".into()), endless]);
    let mut driver = opened(&world);
    assert!(got(&world, &mut driver, Get::new("file").range(1000..30_000)).unwrap() == whole[1000..30_000]);
    assert_eq!(said(&world), ["REST 1000", "RETR file", "REST 3616", "RETR file"]);
}

#[test]
fn what_does_not_pass_is_an_error_at_once() {
    for (reply, tries) in [("550 no such file", 1), ("450 busy", 6)] {
        let world = serves([vec![reply.into()]]);
        let mut driver = opened(&world);
        let error = got(&world, &mut driver, "file").unwrap_err();
        assert_eq!(error.reply().unwrap().to_string(), reply);
        assert_eq!(said(&world).len(), tries);
    }
    // Without being asked for, nothing is tried again.
    let world = serves([vec!["450 busy".into()]]);
    let mut driver = super::open(&world);
    got(&world, &mut driver, "file").unwrap_err();
    assert_eq!(said(&world).len(), 1);
}

#[test]
fn text_is_not_gone_on_with() {
    let world = serves([cut(b"line\r\n", "426 cut".into()), sends(b"line\r\n")]);
    let mut driver = opened(&world);
    let error = got(&world, &mut driver, Get::new("file").ascii()).unwrap_err();
    assert!(error.is_temporary(), "{error}");
    // But begun again where nothing of it has come.
    let world = serves([vec!["450 busy".into()], sends(b"line\r\n")]);
    let mut driver = opened(&world);
    let mut download = Download::new(&mut driver, Get::new("file").ascii()).unwrap();
    let text = world.run(|cx| download.poll_fill_buf(cx).map(|text| text.map(<[u8]>::to_vec))).unwrap();
    assert_eq!(text, b"line\n");
}

/// An upload of a file, a part at a time.
fn put(world: &World, driver: &mut Driver<FakeNet>, put: impl Into<Put>, whole: &[u8]) -> Result<u64, Error> {
    let mut copying = Copying::new(driver, put)?;
    let mut rest = whole;
    let done = world.run(|cx| {
        copying.poll(cx, |space, _| {
            let n = rest.len().min(space.len()).min(10_000);
            space[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            Poll::Ready(Ok(n))
        })
    })?;
    Ok(done.bytes)
}

/// A server that takes so much of an upload and loses the session, and has stored so much of it.
fn takes(whole: &[u8], taken: usize, there: usize) -> World {
    let end = &whole[there.saturating_sub(OVERLAP)..there];
    let world = serves([sends(end)]);
    world.with(|state| {
        let script = &mut state.server.script;
        script.instead("STOR", ["150 send".into(), Act::Take(taken), Act::Cut, Act::Die]);
        script.on("STOR", ["150 send".into(), Act::Receive, Act::Finish, "226 stored".into()]);
        script.instead("SIZE", [Act::from(&*format!("213 {there}"))]);
        script.on("SIZE", [Act::from(&*format!("213 {there}"))]);
        script.on("SIZE", [Act::from(&*format!("213 {}", whole.len()))]);
        script.instead("FEAT", ["211-Features", " REST STREAM", "211 End"]);
    });
    world
}

#[test]
fn an_upload_goes_on_after_what_the_server_has_of_it() {
    let whole = file(400_000);
    let world = takes(&whole, 200_000, 150_000);
    let mut driver = opened(&world);
    assert_eq!(put(&world, &mut driver, "file", &whole).unwrap(), 400_000);
    assert!(world.stored() == [&whole[150_000..]]);
    assert_eq!(
        said(&world),
        [
            "STOR file",
            "USER user",
            "SIZE file",
            "REST 133616",
            "RETR file",
            "SIZE file",
            "REST 150000",
            "STOR file",
            "SIZE file"
        ]
    );
}

/// The same of a file that can be read again, and is changed once it is.
fn put_again(
    world: &World,
    driver: &mut Driver<FakeNet>,
    put: impl Into<Put>,
    source: &mut Cursor<Vec<u8>>,
    change: impl Fn(&mut Vec<u8>),
) -> Result<Transferred, Error> {
    let mut copying = Copying::seekable(driver, put)?;
    loop {
        let copied = world.run(|cx| {
            copying.poll_seekable(cx, |space, _| {
                let most = space.len().min(100_000);
                Poll::Ready(source.read(&mut space[..most]))
            })
        });
        match copied? {
            Copied::Done(done) => return Ok(done),
            Copied::Seek(to) => {
                if let SeekFrom::Start(_) = to {
                    change(source.get_mut());
                }
                copying.sought(source.seek(to));
            }
        }
    }
}

/// A file that is uploaded from its middle on.
fn from_the_middle(whole: &[u8]) -> Cursor<Vec<u8>> {
    let mut source = Cursor::new([b"not this", whole].concat());
    source.set_position(8);
    source
}

#[test]
fn what_can_be_read_again_is_not_kept() {
    for there in [5, 150_000, 200_000] {
        let whole = file(400_000);
        let world = takes(&whole, 200_000, there);
        let mut driver = open_with(&world, &builder(&world).retry(retry().window(0))).unwrap();
        driver.hash_transfers(&[Algorithm::Crc32]);
        // At a limited rate more is read than sent. The rate is of all that is sent.
        let (put, began) = (Put::new("file").limit_rate(100_000), world.now());
        let done = put_again(&world, &mut driver, put, &mut from_the_middle(&whole), |_| {}).unwrap();
        assert_eq!(done.bytes, 400_000);
        let sent = 200_000 + 400_000 - there as u64;
        assert!(world.now() >= began + sent / 100 - 500, "{there}: {} ms", world.now() - began);
        // What is sent twice is counted once.
        let mut once = Hasher::new(Algorithm::Crc32);
        once.update(&whole);
        assert_eq!(done.hashes, [once.hash()]);
        assert!(world.stored() == [&whole[there..]], "{there}");
    }
}

#[test]
fn what_was_lost_on_its_last_step_is_read_again() {
    // All of it was sent, and its end as well.
    let whole = file(400_000);
    let world = takes(&whole, 200_000, 150_000);
    let takes_all = ["150 send".into(), Act::Receive, Act::Cut, Act::Die];
    world.with(|state| state.server.script.instead("STOR", takes_all));
    world.with(|state| {
        state.server.script.on("STOR", ["150 send".into(), Act::Receive, Act::Finish, "226 stored".into()]);
    });
    let mut driver = opened(&world);
    let done = put_again(&world, &mut driver, "file", &mut from_the_middle(&whole), |_| {}).unwrap();
    assert_eq!(done.bytes, 400_000);
    assert!(*world.stored().last().unwrap() == whole[150_000..]);
}

#[test]
fn what_cannot_be_read_again_is_said() {
    let whole = file(400_000);
    for len in [100, 149_990, 190_000] {
        let world = takes(&whole, 200_000, 150_000);
        let mut driver = opened(&world);
        let error =
            put_again(&world, &mut driver, "file", &mut from_the_middle(&whole), |file| file.truncate(len));
        let error = error.unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "the upload's source failed: what was sent of it is not there any more"
        );
        assert!(world.stored().is_empty(), "{len}");
    }
    // It is another file by now.
    let world = takes(&whole, 200_000, 150_000);
    let mut driver = opened(&world);
    let error = put_again(&world, &mut driver, "file", &mut from_the_middle(&whole), |file| file.fill(7));
    assert!(matches!(error, Err(Error::Mismatch(Mismatch::Content))), "{error:?}");
    // A pipe after all. Nothing is sent.
    let world = takes(&whole, 200_000, 150_000);
    let mut driver = opened(&world);
    let mut copying = Copying::seekable(&mut driver, "file").unwrap();
    let error = world.run(|cx| copying.poll(cx, |_, _| Poll::Ready(Ok(0)))).unwrap_err();
    assert!(matches!(error, Error::Source(_)), "{error}");
    assert!(said(&world).is_empty());
}

#[test]
fn an_upload_that_got_far_has_a_new_budget() {
    let whole = file(400_000);
    let world = takes(&whole, 200_000, 150_000);
    let mut driver = open_with(&world, &builder(&world).retry(retry().within(SECOND * 50))).unwrap();
    // It took 100 seconds until it was cut.
    let done = put(&world, &mut driver, Put::new("file").limit_rate(2000), &whole).unwrap();
    assert_eq!(done, 400_000);
}

#[test]
fn a_session_that_is_gone_after_a_cut_does_not_mean_that_nothing_was_read() {
    let whole = file(400_000);
    let world = takes(&whole, 200_000, 150_000);
    let then_gone = ["150 send".into(), Act::Take(200_000), Act::Cut, "426 cut".into(), Act::Die];
    world.with(|state| state.server.script.instead("STOR", then_gone));
    let mut driver = open_with(&world, &builder(&world).retry(retry().tries(1))).unwrap();
    // Who is told that it is closed may begin again, with a source that has been read.
    let error = put(&world, &mut driver, "file", &whole).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error:?}");
}

#[test]
fn an_upload_of_which_nothing_is_there_begins_again() {
    let whole = file(400_000);
    let world = takes(&whole, 200_000, 0).on("SIZE", ["550 no such file".into()]);
    world.with(|state| state.server.script.on("SIZE", ["213 400000"]));
    let mut driver = opened(&world);
    assert_eq!(put(&world, &mut driver, "file", &whole).unwrap(), 400_000);
    assert!(world.stored() == [&whole[..]]);
}

#[test]
fn nothing_is_added_to_what_was_not_sent() {
    let whole = file(400_000);
    // What is there is another file.
    let world = takes(&whole, 200_000, 150_000);
    world.with(|state| state.server.script.instead("RETR", sends(&[7; OVERLAP])));
    let mut driver = opened(&world);
    let error = put(&world, &mut driver, "file", &whole).unwrap_err();
    assert!(matches!(error, Error::Mismatch(Mismatch::Content)), "{error}");
    assert!(world.stored().is_empty());
    // It is larger than what was sent.
    let world = takes(&whole, 200_000, 150_000).on("SIZE", ["213 500000".into()]);
    let mut driver = opened(&world);
    let error = put(&world, &mut driver, "file", &whole).unwrap_err();
    assert!(matches!(error, Error::Mismatch(Mismatch::Size { found: 500_000, .. })), "{error}");
    // More of it was lost than is kept.
    let world = takes(&whole, 200_000, 50_000);
    let mut driver = open_with(&world, &builder(&world).retry(retry().window(100_000))).unwrap();
    let error = put(&world, &mut driver, "file", &whole).unwrap_err();
    assert!(error.is_temporary(), "{error}");
    // It is not shown: all of it is sent again.
    let world = takes(&whole, 200_000, 150_000).on("RETR", ["550 you may not".into()]);
    world.with(|state| {
        state.server.script.instead("SIZE", ["213 150000"]);
        state.server.script.on("SIZE", ["213 400000"]);
    });
    let mut driver = opened(&world);
    put(&world, &mut driver, "file", &whole).unwrap();
    assert!(world.stored() == [&whole[..]]);
    // Nor after what the server made of it in the end.
    let world = takes(&whole, 200_000, 150_000);
    world.with(|state| {
        state.server.script.instead("SIZE", ["213 150000"]);
        state.server.script.on("SIZE", ["213 150000"]);
        state.server.script.on("SIZE", ["213 400001"]);
    });
    let mut driver = opened(&world);
    let error = put(&world, &mut driver, "file", &whole).unwrap_err();
    assert!(
        matches!(error, Error::Mismatch(Mismatch::Size { expected: 400_000, found: 400_001 })),
        "{error}"
    );
}

#[test]
fn a_file_that_others_write_to_is_not_written_to_twice() {
    let whole = file(100_000);
    for wanted in [Put::new("file").append(), Put::unique()] {
        let world = super::world();
        for verb in ["APPE", "STOU"] {
            let acts = ["150 FILE: x".into(), Act::Take(50_000), Act::Cut, "426 cut".into()];
            world.with(|state| state.server.script.instead(verb, acts));
        }
        let mut driver = opened(&world);
        put(&world, &mut driver, wanted, &whole).unwrap_err();
        let heard = world.heard();
        assert_eq!(
            heard.iter().filter(|line| line.starts_with("APPE") || line.starts_with("STOU")).count(),
            1
        );
    }
}

#[test]
fn pauses_double_and_the_budget_ends() {
    let error = Error::Timeout { waiting: Waiting::Idle, reply: None };
    let at = |seconds| Instant::default() + Duration::from_secs(seconds);
    let mut attempts = Attempts::new(&retry(), 0, at(0));
    let pauses: Vec<_> = (0..6).map_while(|_| attempts.failed(&error, 0, at(0))).collect();
    assert_eq!(pauses.len(), 5);
    for (n, pause) in pauses.iter().enumerate() {
        let most = SECOND * (1 << n);
        assert!(most / 2 <= *pause && *pause <= most, "{n}: {pause:?}");
    }
    // The same seed, the same pauses; another seed, others.
    let again = |retry: &Retry| {
        let mut attempts = Attempts::new(retry, 0, at(0));
        (0..5).filter_map(|_| attempts.failed(&error, 0, at(0))).collect::<Vec<_>>()
    };
    assert_eq!(again(&retry()), pauses);
    assert_ne!(again(&retry().seed(8)), pauses);
    // What gets further has a new budget; a few bytes are not further.
    let mut attempts = Attempts::new(&retry().tries(1), 0, at(0));
    assert!(attempts.failed(&error, 0, at(0)).is_some());
    assert!(attempts.failed(&error, 1 << 20, at(5000)).is_some());
    assert!(attempts.failed(&error, (1 << 20) + 100, at(5000)).is_none());
    // Time without getting further, over a change of clocks.
    let mut attempts = Attempts::new(&retry().tries(100).within(SECOND * 100), 0, at(0));
    assert!(attempts.failed(&error, 0, at(50)).is_some());
    attempts.change_clock(at(60), at(1000));
    assert!(attempts.failed(&error, 0, at(1030)).is_some());
    assert!(attempts.failed(&error, 0, at(1050)).is_none());
    // No pause is longer than the longest, also after many.
    let mut attempts = Attempts::new(&retry().tries(100).within(SECOND * 1_000_000), 0, at(0));
    assert!((0..100).all(|_| attempts.failed(&error, 0, at(0)).unwrap() <= SECOND * 60));
}
