//! How connections are closed: in order where the protocol says so, by a reset wherever a transfer is given up.

use std::time::Duration;

use ftps_proto::drive::{Download, Upload};
use ftps_proto::{Channel, Error, ops};
use rustls::AlertDescription;

use super::pki::Pki;
use super::server::Act;
use super::{builder, download, goes_on, open, open_with, run, world};

#[test]
fn a_download_is_closed_with_close_notify() {
    let world = world();
    let mut driver = open(&world);
    world.events();
    assert_eq!(download(&world, &mut driver).unwrap(), b"content");
    assert_eq!(world.events(), ["data written at once", "data finished", "data closed"]);
    goes_on(&world, &mut driver);
}

#[test]
fn an_upload_is_shut_down_and_read_to_its_end() {
    let world = world();
    let mut driver = open(&world);
    world.events();
    let mut upload = Upload::new(&mut driver, "file").unwrap();
    assert_eq!(world.run(|cx| upload.poll_write(b"content", cx)).unwrap(), 7);
    assert_eq!(world.run(|cx| upload.poll_finish(cx)).unwrap().bytes, 7);
    drop(upload);
    // Nothing is written after the end of our side: the net would refuse it.
    assert_eq!(world.events(), ["data finished", "data finished", "data closed"]);
    assert_eq!(world.stored(), [b"content"]);
    goes_on(&world, &mut driver);
}

#[test]
fn a_transfer_that_is_given_up_is_reset() {
    let world = world().on("RETR", ["150 here".into(), Act::Send(b"content".to_vec())]);
    let mut driver = open(&world);
    world.events();
    let mut download = Download::new(&mut driver, "file").unwrap();
    assert_eq!(world.run(|cx| download.poll_fill_buf(cx).map(|buf| buf.unwrap().len())), 7);
    drop(download);
    assert_eq!(world.events(), ["data reset"]);

    let mut upload = Upload::new(&mut driver, "file").unwrap();
    world.run(|cx| upload.poll_write(b"content", cx)).unwrap();
    world.run(|cx| upload.poll_flush(cx)).unwrap();
    assert_eq!(world.received(), b"content");
    upload.release();
    assert_eq!(world.events(), ["data reset"]);
    assert!(world.stored().is_empty());
}

#[test]
fn a_transfer_that_fails_is_reset_at_once() {
    let wait = Act::Wait(Duration::from_secs(1));
    let breaks = ["150 here".into(), Act::Send(b"content".to_vec()), wait, "426 broken".into()];
    let world = world().on("RETR", breaks);
    let mut driver = open(&world);
    world.events();
    let mut download = Download::new(&mut driver, "file").unwrap();
    let mut space = [0; 7];
    assert_eq!(world.run(|cx| download.poll_read(&mut space, cx)).unwrap(), 7);
    let error = world.run(|cx| download.poll_read(&mut space, cx)).unwrap_err();
    assert_eq!(error.to_string(), "the server refused RETR: 426 broken");
    // Nobody has dropped it.
    assert!(world.events().contains(&"data reset"));
    download.release();
}

#[test]
fn a_server_that_is_not_trusted_is_told_so() {
    let world = world();
    let stranger = Pki::named("Stranger").client().build().unwrap();
    let error = open_with(&world, &builder(&world).tls(stranger)).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error}");
    assert_eq!(world.events(), ["control written at once", "control closed"]);
    world.with(|state| {
        let alert = state.server.control.as_ref().unwrap().alert;
        assert_eq!(alert, Some(AlertDescription::UnknownCA));
    });
}

#[test]
fn a_handshake_that_is_given_up_is_left_to_the_next_operation() {
    let world = world();
    let mut driver = open(&world);
    world.events();
    // The server has the ClientHello, and its answer is long on the way.
    world.with(|state| state.late = true);
    let mut download = Download::new(&mut driver, "file").unwrap();
    assert!(world.run_for(1, |cx| download.poll_start(cx)).is_pending());
    drop(download);
    assert_eq!(world.heard().last().unwrap(), "RETR file");
    assert_eq!(world.events(), [] as [&str; 0], "servers end the session over a broken handshake");
    world.with(|state| state.late = false);
    run(&world, &mut driver, ops::noop()).unwrap();
    assert_eq!(world.events(), ["data reset"]);
}

#[test]
fn taking_leave_closes_the_control_connection_in_order() {
    let world = world();
    let mut driver = open(&world);
    world.events();
    run(&world, &mut driver, ops::Quit::new()).unwrap();
    drop(driver);
    assert_eq!(world.events(), ["control written at once", "control finished", "control closed"]);
}
