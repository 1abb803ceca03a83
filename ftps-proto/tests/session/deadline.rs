//! Every wait has a deadline and a reason.

use std::task::Poll;
use std::time::Duration;

use ftps_proto::codec::{Algorithm, Verb};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{
    Channel, Deadline, End, Error, Input, Instant, Mode, Need, Operation, Progress, Security, Session,
    Waiting, ops,
};

use crate::{SECURE, argument, config, open};

fn reason(error: Error) -> Waiting {
    match error {
        Error::Timeout { waiting, .. } => waiting,
        error => panic!("{error}"),
    }
}

#[test]
fn silence_at_every_step_of_the_login() {
    let none: [Act; 0] = [];
    assert_eq!(reason(World::new(Peer::new(none.clone())).open().unwrap_err()), Waiting::Greeting);
    for (command, verb) in
        [("AUTH TLS", Verb::Auth), ("USER", Verb::User), ("PASS", Verb::Pass), ("TYPE", Verb::Type)]
    {
        let mut world = World::new(Peer::polite().instead(command, none.clone()));
        assert_eq!(reason(world.open().unwrap_err()), Waiting::Reply(verb));
        assert!(!world.session.is_usable());
    }
}

#[test]
fn a_handshake_that_does_not_end() {
    let mut config = config();
    config.security = Security::Implicit;
    let mut session = Session::new(config.clone());
    let mut open = ops::Open::new();
    let now = Instant::default();
    let need = session.poll(&mut open, now).unwrap();
    assert_eq!(need, Progress::Need(Need::StartTls(Channel::Control)));
    let Ok(Progress::Need(Need::Io(io))) = session.poll(&mut open, now) else { panic!("it is to wait") };
    let waiting = Waiting::Handshake(Channel::Control);
    assert_eq!(io.deadline, Some(Deadline { at: now + config.timeouts.reply, waiting }));
}

#[test]
fn a_hash_may_take_as_long_as_a_file_does() {
    let none: [Act; 0] = [];
    let mut world = open(Peer::polite().instead("XSHA1", none));
    let before = world.now();
    let mut hash = ops::FileHash::new(argument("big.iso"), Algorithm::Sha1);
    assert_eq!(reason(world.run(&mut hash).unwrap_err()), Waiting::Reply(Verb::Xsha1));
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.final_reply);
}

#[test]
fn a_silent_command_and_a_silent_recovery() {
    let none: [Act; 0] = [];
    let mut world = open(Peer::polite().instead("NOOP", none));
    let before = world.now();
    assert_eq!(reason(world.run(&mut ops::noop()).unwrap_err()), Waiting::Reply(Verb::Noop));
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.reply);
    assert!(world.session.is_usable(), "a late reply may still come");
    assert_eq!(reason(world.run(&mut ops::pwd()).unwrap_err()), Waiting::Reply(Verb::Noop));
    assert!(!world.session.is_usable());
}

#[test]
fn a_recovery_that_is_not_answered_is_waited_for_once() {
    // The fence is out with ABOR, and a 257 could be another's: nothing else is left to ask for.
    let none: [Act; 0] = [];
    let peer =
        Peer::polite().instead("PWD", ["250 where am I?"]).on("PWD", none.clone()).instead("ABOR", none);
    let mut world = open(peer.greeting("220 ProFTPD"));
    world.run(&mut ops::pwd()).unwrap_err();
    let before = world.now();
    assert_eq!(reason(world.run(&mut ops::noop()).unwrap_err()), Waiting::Reply(Verb::Abor));
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.reply);
    assert!(!world.session.is_usable());
}

#[test]
fn a_fence_that_is_not_answered_ends_the_session() {
    let none: [Act; 0] = [];
    for greeting in ["220 ready", "220 ProFTPD"] {
        let peer = Peer::polite().greeting(greeting).on("CWD", ["350 what?"]).instead("PWD", none.clone());
        let mut world = open(peer);
        world.run(&mut ops::cwd(argument("x"))).unwrap_err();
        assert_eq!(reason(world.run(&mut ops::noop()).unwrap_err()), Waiting::Reply(Verb::Pwd), "{greeting}");
        assert!(!world.session.is_usable());
    }
}

#[test]
fn after_a_deadline_it_is_looked_once_more_and_again_while_that_brings_something() {
    let none: [Act; 0] = [];
    // The beginning of a reply is something, but it cannot go on for ever.
    for (comes, most) in [(&b""[..], 2), (b"2", 1000)] {
        let mut world = open(Peer::polite().instead("NOOP", none.clone()));
        let mut noop = ops::noop();
        while !world.heard().any(|line| line == "NOOP") {
            assert!(world.run_for(&mut noop, 1).is_pending());
        }
        let late = world.now() + config().timeouts.reply * 2;
        assert!(world.session.poll(&mut noop, world.now()).is_ok());
        let mut looks = 0;
        let error = loop {
            match world.session.poll(&mut noop, late) {
                Ok(_) => looks += 1,
                Err(error) => break error,
            }
            if !comes.is_empty() {
                world.session.handle(Input::Received(Channel::Control, comes));
            }
        };
        assert_eq!(reason(error), Waiting::Reply(Verb::Noop));
        assert!((1..most).contains(&looks), "{looks}");
        assert_eq!(looks > 1, !comes.is_empty());
    }
}

#[test]
fn a_late_reply_does_not_answer_the_next_command() {
    let late = [Act::Wait(Duration::from_secs(61)), "200 at last".into()];
    let mut world = open(Peer::polite().instead("NOOP", late));
    let _ = world.run(&mut ops::noop());
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
}

#[test]
fn transfers() {
    let cases: [(Vec<Act>, Waiting); 5] = [
        (vec![], Waiting::Reply(Verb::Retr)),
        (vec!["150 here".into()], Waiting::Handshake(Channel::Data)),
        (vec![SECURE], Waiting::Reply(Verb::Retr)),
        (vec!["150 here".into(), SECURE, Act::Send(vec![1])], Waiting::Idle),
        (vec!["150 here".into(), SECURE, Act::End(End::Clean)], Waiting::Reply(Verb::Retr)),
    ];
    // Only payload is idle.
    let mut config = config();
    config.timeouts.idle = config.timeouts.reply / 2;
    for (acts, waiting) in cases {
        let mut world = World::with_config(Peer::polite().on("RETR", acts), config.clone());
        world.open().unwrap();
        let mut download = world.download("x");
        assert_eq!(reason(world.run(&mut download).unwrap_err()), waiting);
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
}

#[test]
fn a_slow_trickle_is_not_idle() {
    let mut acts = vec!["150 here".into(), SECURE];
    for _ in 0..100 {
        acts.extend([Act::Wait(Duration::from_secs(59)), Act::Send(vec![1; 300])]);
    }
    acts.extend([Act::End(End::Clean), "226 done".into()]);
    let mut world = open(Peer::polite().on("RETR", acts));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.received().len(), 100 * 300);
}

#[test]
fn an_upload_whose_close_is_never_answered_is_decided_by_the_reply() {
    // IIS answers no close_notify on uploads.
    let stored = ["150 send".into(), SECURE, Act::Receive, "226 stored".into()];
    let mut world = open(Peer::polite().on("STOR", stored));
    let before = world.now();
    let mut upload = world.upload("x", b"abc");
    world.run(&mut upload).unwrap();
    assert_eq!(world.now(), before);
    // One that waits for our close says so after it.
    let silent = ["150 send".into(), SECURE, Act::Receive];
    let mut world = open(Peer::polite().on("STOR", silent));
    let mut upload = world.upload("x", b"abc");
    assert_eq!(reason(world.run(&mut upload).unwrap_err()), Waiting::Reply(Verb::Stor));
}

#[test]
fn quit_that_is_not_answered() {
    let none: [Act; 0] = [];
    let mut world = open(Peer::polite().instead("QUIT", none));
    assert_eq!(reason(world.run(&mut ops::Quit::new()).unwrap_err()), Waiting::Reply(Verb::Quit));
}

#[test]
fn time_in_which_the_client_does_nothing_does_not_count() {
    const LONG: Duration = Duration::from_secs(3600);
    let file = || {
        let end = Act::End(End::Clean);
        ["150 here".into(), SECURE, Act::Send(b"type=file; a\r\n".to_vec()), end, "226 done".into()]
    };
    // Bytes one by one: looking once does not bring the whole of a reply.
    for cut in [Chunks::Whole, Chunks::Bytes] {
        let open = || {
            let mut world = World::new(Peer::polite().on("RETR", file()).on("MLSD", file())).cut(cut.clone());
            world.open().unwrap();
            world
        };
        for turns in 0..400 {
            let mut world = open();
            neglected(&mut world, &mut ops::noop(), turns);

            let mut world = open();
            let mut download = world.download("x");
            neglected(&mut world, &mut download, turns);

            let mut world = open();
            let mut list = ops::List::new(None);
            while neglected(&mut world, &mut list, turns).is_some() {}
        }
    }

    fn neglected<O: Operation>(world: &mut World, op: &mut O, turns: usize) -> O::Output {
        match world.run_for(op, turns) {
            Poll::Ready(output) => output.unwrap(),
            Poll::Pending => {
                world.neglect(LONG);
                world.run(op).unwrap()
            }
        }
    }
}

#[test]
fn a_caller_that_takes_its_time_between_entries_leaves_the_server_its_own() {
    let [first, second] = [b"type=file; a\r\n".to_vec(), b"type=file; b\r\n".to_vec()].map(Act::Send);
    let end = Act::End(End::Clean);
    let slow = Act::Wait(Duration::from_secs(1));
    let list = ["150 here".into(), SECURE, first, slow, second, end, "226 done".into()];
    let mut world = open(Peer::polite().on("MLSD", list));
    let mut list = ops::List::new(None);
    while world.run(&mut list).unwrap().is_some() {
        world.pass(Duration::from_secs(3600));
    }
}

#[test]
fn a_caller_that_pauses_a_transfer_leaves_the_server_its_own_time() {
    const LONG: Duration = Duration::from_secs(3600);
    let slow = Act::Wait(LONG + Duration::from_secs(30));
    let end = Act::End(End::Clean);
    let file =
        ["150 here".into(), SECURE, Act::Send(vec![1]), slow, Act::Send(vec![2]), end, "226 done".into()];
    let mut world = open(Peer::polite().on("RETR", file));
    let mut download = world.download("x");
    while world.session.moved() == 0 {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    assert!(matches!(world.session.poll(&mut download, world.now()), Ok(Progress::Need(Need::Io(_)))));
    world.session.pause();
    world.pass(LONG);
    world.run(&mut download).unwrap();
    assert_eq!(world.received(), [1, 2]);
}

#[test]
fn a_connection_that_is_told_before_where_it_was_listened_for_is_not_waited_on_without_end() {
    let mut active = config();
    active.mode = Mode::Active;
    let mut world = World::with_config(Peer::polite(), active);
    world.open().unwrap();
    let mut start = ops::StartTransfer::retr(argument("x"));
    assert!(matches!(world.session.poll(&mut start, world.now()), Ok(Progress::Need(Need::Listen))));
    world.session.handle(Input::Connected);
    let Poll::Ready(Err(error)) = world.run_for(&mut start, 10) else { panic!("it is waited for") };
    assert_eq!(reason(error), Waiting::DataConnect);
}
