//! The session is sealed: what is told it unasked, polled again, or left unsent changes nothing.

use std::task::Poll;

use ftps_proto::ops::{self, List, StartTransfer};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{
    Channel, Error, Input, Instant, Local, Need, Operation, Progress, Remote, ServerKind, Session,
};

use crate::{SECURE, argument, config, heard, in_step, open, peer, run_until_heard, sent, taken};

fn serves() -> Peer {
    let list = sent(b"type=file; a\r\ntype=file; b\r\n", &["226 done"]);
    peer().on("RETR", sent(b"abc", &["226 done"])).on("STOR", taken(&["226 stored"])).on("MLSD", list)
}

#[test]
fn a_handshake_that_nobody_asked_for_changes_nothing() {
    let unasked = || Input::Secured { channel: Channel::Control, resumed: false };
    // Before AUTH it does not protect a password...
    let mut session = Session::new(config());
    session.handle(unasked());
    session.handle(Input::Received(Channel::Control, b"220 ready\r\n"));
    session.handle(unasked());
    assert!(!session.is_secured());
    let mut login = ops::Open::new();
    let _ = session.poll(&mut login, Instant::default()).unwrap();
    session.handle(unasked());
    assert!(!session.is_secured());
    // ... and after login it makes no attack of what has come.
    let mut world = open(serves());
    let mut noop = ops::noop();
    run_until_heard(&mut world, &mut noop, "NOOP");
    world.session.handle(Input::Received(Channel::Control, b"200 do"));
    world.session.handle(unasked());
    world.session.handle(Input::Received(Channel::Control, b"ne\r\n"));
    world.run(&mut noop).unwrap();
}

/// Says that this operation cannot go on; what goes on at the same time is not touched.
fn says<O: Operation>(world: &mut World, op: &mut O, why: impl Fn(&Local) -> bool) {
    match world.run(op) {
        Err(Error::Local(local)) if why(&local) => {}
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was done"),
    }
}

/// Runs an operation to its end; before each turn others are polled that do not have the session.
fn among_others<O: Operation>(begin: impl Fn(&mut World) -> O) -> (O::Output, World) {
    let mut world = open(serves());
    let mut finished = ops::noop();
    world.run(&mut finished).unwrap();
    let [mut noop, mut rename] = [ops::noop(), ops::noop()];
    assert!(world.run_for(&mut noop, 1).is_pending() && world.run_for(&mut rename, 1).is_pending());
    let (mut download, mut list) = (world.download("old"), List::new(None));
    assert!(world.run_for(&mut download, 2).is_pending() && world.run_for(&mut list, 2).is_pending());
    let mut login = ops::Open::new();
    let mut op = begin(&mut world);
    assert!(world.run_for(&mut op, 1).is_pending());
    loop {
        says(&mut world, &mut finished, |why| matches!(why, Local::Superseded | Local::Finished));
        says(&mut world, &mut noop, |why| *why == Local::Superseded);
        says(&mut world, &mut download, |why| *why == Local::Superseded);
        says(&mut world, &mut list, |why| *why == Local::Superseded);
        says(&mut world, &mut login, |why| *why == Local::AlreadyOpen);
        if let Poll::Ready(result) = world.run_for(&mut op, 1) {
            return (result.unwrap(), world);
        }
    }
}

#[test]
fn polling_what_was_superseded_leaves_what_is_running_alone() {
    let (done, mut world) = among_others(|world| world.download("x"));
    assert_eq!((done.bytes, world.received()), (3, &b"abc"[..]));
    in_step(&mut world);
    let (done, mut world) = among_others(|world| world.upload("x", b"abcd"));
    assert_eq!((done.bytes, world.stored()), (4, &b"abcd"[..]));
    in_step(&mut world);
    let (first, mut world) = among_others(|_| List::new(None));
    assert!(first.is_some());
    in_step(&mut world);
    let (path, mut world) = among_others(|_| ops::pwd());
    assert_eq!(path, b"/home");
    in_step(&mut world);
}

#[test]
fn a_start_that_is_done_takes_nothing_from_the_transfer_that_it_made() {
    let mut world = open(serves());
    // To where the bytes are to go.
    let _ = world.download("x");
    let mut start = StartTransfer::retr(argument("x"));
    let mut transfer = world.run(&mut start).unwrap();
    loop {
        says(&mut world, &mut start, |why| *why == Local::Finished);
        if let Poll::Ready(result) = world.run_for(&mut transfer, 1) {
            assert_eq!(result.unwrap().bytes, 3);
            break;
        }
    }
    says(&mut world, &mut transfer, |why| *why == Local::Finished);
    assert_eq!(world.received(), b"abc");
    in_step(&mut world);
}

#[test]
fn what_has_come_to_its_end_says_so_when_it_is_polled_again() {
    fn twice<O: Operation>(world: &mut World, mut op: O) {
        let _ = world.run(&mut op);
        for _ in 0..2 {
            says(world, &mut op, |why| *why == Local::Finished);
        }
    }
    let peer = || serves().on("RNFR", ["350 to?"]).on("RNTO", ["250 renamed"]).on("CWD", ["550 no"]);
    for kind in [ServerKind::Unknown, ServerKind::ProFtpd] {
        let mut world = open(peer().like(kind));
        twice(&mut world, ops::noop());
        twice(&mut world, ops::size(argument("x")));
        twice(&mut world, ops::dele(argument("x")));
        twice(&mut world, ops::Rename::new(argument("a"), argument("b")));
        let download = world.download("x");
        twice(&mut world, download);
        let upload = world.upload("x", b"abc");
        twice(&mut world, upload);
        let mut refused = ops::cwd(argument("x"));
        world.run(&mut refused).unwrap_err();
        twice(&mut world, refused);
        twice(&mut world, ops::Quit::new());
    }
    // What failed, too.
    let no = ["550 no"];
    let refuses =
        || Peer::polite().on("RETR", no).on("STOR", no).on("MLSD", no).on("LIST", no).on("RNFR", no);
    let mut world = open(refuses());
    twice(&mut world, List::new(None));
    twice(&mut world, ops::Rename::new(argument("a"), argument("b")));
    let download = world.download("x");
    twice(&mut world, download);
    let upload = world.upload("x", b"abc");
    twice(&mut world, upload);
    twice(&mut world, StartTransfer::retr(argument("x")));
    // A listing goes on saying that there is no more.
    let mut world = open(serves());
    let mut list = List::new(None);
    while world.run(&mut list).unwrap().is_some() {}
    assert_eq!(world.run(&mut list).unwrap(), None);
    world.run(&mut ops::noop()).unwrap();
    assert_eq!(world.run(&mut list).unwrap(), None);
    // And a login that the session is open.
    says(&mut world, &mut ops::Open::new(), |why| *why == Local::AlreadyOpen);
    in_step(&mut world);
}

#[test]
fn more_than_there_is_was_never_sent() {
    let mut world = open(serves());
    world.session.handle(Input::Sent(Channel::Control, usize::MAX));
    world.session.handle(Input::Sent(Channel::Data, usize::MAX));
    let mut stor = StartTransfer::stor(argument("x"));
    let _ = world.upload("x", b"");
    let mut transfer = world.run(&mut stor).unwrap();
    for _ in 0..3 {
        world.session.handle(Input::Sent(Channel::Control, usize::MAX));
        world.session.handle(Input::Sent(Channel::Data, usize::MAX));
        assert!(world.run_for(&mut transfer, 1).is_pending());
    }
    assert_eq!(world.session.moved(), u64::MAX);
    drop(transfer);
    in_step(&mut world);
}

#[test]
fn what_comes_while_abor_is_unsent_has_a_limit() {
    let mut config = config();
    config.limits.stray = 50;
    for greeting in ["220 ready", "220 ProFTPD"] {
        let stuck = ["150 here".into(), SECURE, Act::Send(vec![1])];
        let mut world =
            World::with_config(serves().instead("RETR", stuck).greeting(greeting), config.clone());
        world.open().unwrap();
        let mut download = world.download("x");
        while world.session.moved() == 0 {
            assert!(world.run_for(&mut download, 1).is_pending());
        }
        drop(download);
        let (mut noop, mut times) = (ops::noop(), 0);
        let error = loop {
            match world.session.poll(&mut noop, world.now()) {
                // Nothing is ever sent.
                Ok(Progress::Need(Need::Io(_))) => {
                    world.session.handle(Input::Received(Channel::Control, b"200 and on\r\n"));
                    times += 1;
                }
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Remote(Remote::TooMany(_))), "{error}");
        assert!((50..60).contains(&times), "{times}");
        assert!(!world.session.is_usable());
        assert!(!heard(&world).contains(&"ABOR"));
    }
}

#[test]
fn what_was_not_sent_when_it_was_dropped_never_is() {
    fn dropped<O: Operation>(mut op: O, verb: &str) {
        let mut world = open(serves());
        // The socket is still being looked at.
        let progress = world.session.poll(&mut op, world.now());
        assert!(matches!(progress, Ok(Progress::Need(Need::Io(_)))), "it waits");
        assert!(world.session.outgoing().is_empty());
        drop(op);
        in_step(&mut world);
        assert!(!heard(&world).iter().any(|line| line.starts_with(verb)), "{:?}", heard(&world));
    }
    dropped(ops::mkd(argument("x")), "MKD");
    dropped(ops::Rename::new(argument("a"), argument("b")), "RN");
    dropped(StartTransfer::stor(argument("x")), "EPSV");
    dropped(List::new(Some(argument("x"))), "MLSD");
    dropped(ops::Quit::new(), "QUIT");
}
