//! TLS that ends on a control connection that stays (CCC).

use ftps_proto::ops::{self, Open};
use ftps_proto::tls::{LinkNeed, Version};
use ftps_proto::{Channel, Direction, Progress};

use super::pki::BOTH;
use super::world::{World, transfer};

/// Logged in, with the control connection in clear; and this was said right behind the end of TLS.
fn cleared(version: Version, cut: usize, follows: &[u8]) -> World {
    let mut world = World::greeted(version, vec![cut], |config| config.dangerous_clear_control = true);
    world.follows = follows.to_vec();
    world.run(&mut Open::new());
    while world.hear(Channel::Control) {}
    assert!(world.control.closed, "the server has the client's close_notify");
    assert!(!world.link.session().is_secured() && world.link.session().is_usable());
    world
}

#[test]
fn the_session_goes_on_in_clear_however_its_end_was_cut() {
    for version in BOTH {
        for cut in [usize::MAX, 1, 7, 100] {
            let mut world = cleared(version, cut, b"");
            assert_eq!(world.run(&mut ops::pwd()), b"/", "{version:?} {cut}");
            assert!(world.control.flight.is_empty() && world.link.control_tls().is_some());
        }
    }
}

/// What came in clear together with the end of TLS was said before anything was asked in clear.
#[test]
fn what_comes_behind_the_end_of_tls_is_dropped() {
    for version in BOTH {
        let mut world = cleared(version, usize::MAX, b"257 \"/forged\"\r\n");
        assert_eq!(world.run(&mut ops::pwd()), b"/", "{version:?}");
    }
}

#[test]
fn data_connections_resume_the_session_that_has_ended() {
    for version in BOTH {
        let mut world = cleared(version, usize::MAX, b"");
        world.file = Some(b"content".to_vec());
        let mut start = transfer(Direction::Download);
        let Ok(Progress::Done(mut download)) = world.drive(&mut start) else { panic!("it does not start") };
        assert!(download.resumed(), "{version:?}");
        assert!(matches!(world.drive(&mut download), Ok(Progress::Need(LinkNeed::Payload(_)))));
        assert_eq!(world.link.payload(), b"content");
    }
}
