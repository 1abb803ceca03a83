//! Secrets that a server repeats are shown nowhere.

use ftps_proto::codec::Secret;
use ftps_proto::sim::{Peer, World};
use ftps_proto::{Config, Login};

use crate::{argument, config};

fn with_login(password: &str, account: Option<&str>) -> Config {
    let secret = |text: &str| Secret::new(text).unwrap();
    let mut login = Login::new(argument("user"), secret(password));
    login.account = account.map(secret);
    Config::new(login)
}

#[test]
fn in_replies_to_pass_and_acct_they_are_masked() {
    let multi = ["530-no secret, secret", " se secret", "530 secrets"];
    for (peer, config, shown) in [
        (Peer::polite().instead("PASS", ["530 bad password 'secret'"]), config(), "530 bad password '***'"),
        (Peer::polite().instead("PASS", multi), config(), "530 no ***, *** |  se *** | ***s"),
        (Peer::polite().instead("PASS", ["421 not with secret"]), config(), "421 not with ***"),
        (
            Peer::polite().instead("PASS", ["332 account"]).on("ACCT", ["532 not tango for secret"]),
            with_login("secret", Some("tango")),
            "532 not *** for ***",
        ),
        // Nothing to mask.
        (Peer::polite().instead("PASS", ["530 no"]), with_login("", None), "530 no"),
    ] {
        let mut world = World::with_config(peer, config);
        let error = world.open().unwrap_err();
        assert_eq!(error.reply().unwrap().to_string(), shown);
        for text in [format!("{error} {error:#} {error:?}"), format!("{:?}", world.session)] {
            assert!(!text.contains("secret") && !text.contains("tango"), "{text}");
        }
    }
}

#[test]
fn other_replies_are_what_they_are() {
    // The name of the home directory is that of the user, and here the password.
    let peer = Peer::polite().instead("PWD", ["257 \"/home/user\""]);
    let mut world = World::with_config(peer, with_login("user", None));
    world.open().unwrap();
    assert_eq!(world.run(&mut ftps_proto::ops::pwd()).unwrap(), b"/home/user");
}
