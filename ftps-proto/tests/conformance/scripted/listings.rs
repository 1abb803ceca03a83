//! What listings say beyond names: times in whose zone, and names in which charset.

use ftps_proto::codec::{Charset, Encoding, Zone};

use super::peer::{Act, Peer};
use super::server::Server;
use super::{builder, open};
use crate::for_each_adapter;
use crate::subject::Subject;

fn lists(lines: &[u8]) -> Peer {
    let acts = ["150 here".into(), Act::Secure, Act::Send(lines.into()), Act::Finish, "226 done".into()];
    Peer::polite().instead("FEAT", ["211 none"]).on("SYST", ["215 UNIX Type: L8"]).on("LIST", acts)
}

fn a_server_tells_its_time_zone<S: Subject>() {
    let peer = lists(b"-rw-r--r-- 1 u g 5 2020-06-15 14:00 a\r\n").on("MDTM a", ["213 20200615120030"]);
    let (_server, mut client) = open::<S>(peer);
    let zone = |client: &mut S| client.list("").unwrap()[0].modified.unwrap().zone;
    assert_eq!(zone(&mut client), Zone::Server);
    assert_eq!(client.learn_offset("").unwrap(), Some(120));
    assert_eq!(zone(&mut client), Zone::Offset(120));
}
for_each_adapter!(a_server_tells_its_time_zone);

/// ISO 8859-1.
struct Latin1;

impl Charset for Latin1 {
    fn name(&self) -> &str {
        "ISO-8859-1"
    }

    fn decode(&self, bytes: &[u8]) -> Option<String> {
        Some(bytes.iter().map(|&byte| char::from(byte)).collect())
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
    }
}

fn names_are_text_in_any_charset<S: Subject>() {
    let peer = lists(b"-rw-r--r-- 1 u g 5 2020-06-15 14:00 gr\xf6\xdfe\r\n").on("SIZE", ["213 5"]);
    let server = Server::start(peer.on("MDTM", ["213 20200615120030"]));
    let mut client = S::connect(&builder::<S>(&server).encoding(Encoding::new(Latin1))).unwrap();
    let name = client.list("").unwrap()[0].name.to_string();
    assert_eq!(name, "größe");
    assert_eq!(client.metadata(&name).unwrap().size, Some(5));
    // Shown by the server a character for each byte.
    assert!(server.heard().contains(&"SIZE gr\u{f6}\u{df}e".into()), "{:?}", server.heard());
}
for_each_adapter!(names_are_text_in_any_charset);
