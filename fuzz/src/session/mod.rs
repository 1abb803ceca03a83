//! The protocol machine in a world where anything may happen.

mod operations;
mod server;
mod world;

use arbitrary::{Result, Unstructured};
use ftps_proto::codec::{Argument, Secret};
use ftps_proto::{Config, EarlyClose, Login, Mode, Pipelining, Security};

use world::World;

const PASSWORD: &str = "pa55word-never-in-clear";
const ACCOUNT: &str = "acc0unt-never-in-clear";

/// Input: a configuration, then steps: the operation goes on and the server answers as it should, or the server says and
/// does anything else, sockets fail, time passes, an operation is dropped or another begins.
///
/// Holds: no password leaves before TLS; every wait has a deadline; whatever has happened, an operation ends once nothing more
/// comes and time passes, and so does the next one, with a reply of its own; where no more is received than was asked for,
/// memory has a limit, however much a server says.
pub fn session(data: &[u8]) {
    // The bytes end in the middle of a step: what came before counts.
    let _ = run(&mut Unstructured::new(data));
}

fn run(from: &mut Unstructured<'_>) -> Result<()> {
    let (how, server) = (from.arbitrary::<u8>()?, from.arbitrary::<u8>()?);
    let mut world = World::new(config(how, server)?, how & 64 != 0, server);
    let mut steps = Ok(());
    while steps.is_ok() && !from.is_empty() {
        steps = world.step(from);
    }
    world.settle();
    steps
}

fn config(how: u8, server: u8) -> Result<Config> {
    let secret = |text| Secret::new(text).map_err(|_| arbitrary::Error::IncorrectFormat);
    let user = Argument::new("user").map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let mut login = Login::new(user, secret(PASSWORD)?);
    login.account = if how & 128 != 0 { Some(secret(ACCOUNT)?) } else { None };
    let mut config = Config::new(login);
    config.security = if how & 1 != 0 { Security::Implicit } else { Security::Explicit };
    config.mode = if how & 2 != 0 { Mode::Active } else { Mode::Passive };
    config.pipelining = match how & 4 != 0 {
        true => Pipelining::Off,
        false if server & 8 != 0 => Pipelining::Eager,
        false => Pipelining::Known,
    };
    config.expect_transfer = server & 16 != 0;
    config.early_close = [EarlyClose::Known, EarlyClose::On, EarlyClose::Off, EarlyClose::Known]
        .into_iter()
        .nth(usize::from(how >> 3 & 3))
        .unwrap_or(EarlyClose::Known);
    config.keepalive = (how & 32 != 0).then(|| core::time::Duration::from_secs(15));
    config.trust_pasv_address = server & 4 != 0;
    // Small, so that a short input reaches them.
    let limits = &mut config.limits;
    (limits.reply.line, limits.reply.lines, limits.reply.total) = (256, 20, 1024);
    (limits.preliminary, limits.line, limits.lines, limits.blank, limits.stray) = (10, 128, 50, 10, 10);
    Ok(config)
}
