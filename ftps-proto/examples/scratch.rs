//! x
use ftps_proto::codec::{Timestamp, list::*};
fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let mut p = Parser::new().with_now(Timestamp::parse(b"20200615120000").unwrap());
        let mut found: Vec<_> = p.line(line.as_bytes()).collect();
        found.extend(p.finish());
        for f in found {
            match f {
                Listed::Entry(e) => println!(
                    "{:?} {:?} {:?} {:?} {:?} {} {:?} o={:?} g={:?} t={:?} :: {line}",
                    p.family().unwrap(),
                    e.kind,
                    e.name,
                    e.size,
                    e.exactness,
                    e.modified.map(|m| m.to_string()).unwrap_or_default(),
                    e.permissions.map(|p| p.to_string()),
                    e.owner(),
                    e.group(),
                    e.target
                ),
                Listed::Unparsed(_) => println!("UNPARSED :: {line}"),
            }
        }
    }
}
