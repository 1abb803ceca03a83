//! What a client may want.

use core::cell::Cell;
use core::task::Poll;
use std::rc::Rc;

use arbitrary::{Result, Unstructured};
use ftps_proto::codec::{Argument, Command};
use ftps_proto::ops::{self, List, Open, Quit, Rename, StartTransfer, Transfer};
use ftps_proto::{Claim, Error, Instant, Need, Operation, Progress, Session, Ticket};

/// An operation, whatever it results in.
pub(super) trait Any {
    /// Whether it is done and has more to tell when it is polled again.
    fn poll(&mut self, session: &mut Session, now: Instant) -> core::result::Result<Progress<bool>, Error>;
}

/// One that is done once.
struct Once<O>(O);

impl<O: Operation> Any for Once<O> {
    fn poll(&mut self, session: &mut Session, now: Instant) -> core::result::Result<Progress<bool>, Error> {
        Ok(match session.poll(&mut self.0, now)? {
            Progress::Need(need) => Progress::Need(need),
            Progress::Done(_) => Progress::Done(false),
        })
    }
}

impl Any for List {
    fn poll(&mut self, session: &mut Session, now: Instant) -> core::result::Result<Progress<bool>, Error> {
        Ok(match session.poll(self, now)? {
            Progress::Need(need) => Progress::Need(need),
            Progress::Done(listed) => Progress::Done(listed.is_some()),
        })
    }
}

/// PWD, which results in the one path that there is.
pub(super) struct Pwd(pub(super) ops::Exchange<Vec<u8>>);

impl Any for Pwd {
    fn poll(&mut self, session: &mut Session, now: Instant) -> core::result::Result<Progress<bool>, Error> {
        Ok(match session.poll(&mut self.0, now)? {
            Progress::Need(need) => Progress::<bool, Need>::Need(need),
            Progress::Done(path) => {
                assert_eq!(path, super::server::HOME.as_bytes(), "another command's reply");
                Progress::Done(false)
            }
        })
    }
}

/// NOOP, whatever it is answered.
pub(super) fn noop() -> impl Any {
    Once(ops::noop())
}

/// A transfer from its first command to its confirmation.
struct Whole {
    start: StartTransfer,
    transfer: Option<Transfer>,
    /// The upload is complete.
    finished: Rc<Cell<bool>>,
}

impl Operation for Whole {
    type Output = ();

    fn step(&mut self, session: &mut Session, now: Instant) -> core::result::Result<Poll<()>, Error> {
        let transfer = match &mut self.transfer {
            Some(transfer) => transfer,
            None => match self.start.step(session, now)? {
                Poll::Ready(transfer) => self.transfer.insert(transfer),
                Poll::Pending => return Ok(Poll::Pending),
            },
        };
        if self.finished.get() {
            transfer.finish();
        }
        Ok(transfer.step(session, now)?.map(drop))
    }
}

/// A vendor's own: commands at once, with whatever they are answered.
struct Burst {
    claim: Claim,
    commands: Vec<Command>,
    sent: Vec<Ticket>,
    distrusts: bool,
}

impl Operation for Burst {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> core::result::Result<Poll<()>, Error> {
        if session.begin(&mut self.claim)?.is_pending() {
            return Ok(Poll::Pending);
        }
        for command in self.commands.drain(..) {
            self.sent.push(session.send(command)?);
        }
        while let Some(ticket) = self.sent.first() {
            if session.final_reply(*ticket).is_pending() {
                return Ok(Poll::Pending);
            }
            self.sent.remove(0);
        }
        if self.distrusts {
            session.distrust();
        }
        Ok(Poll::Ready(()))
    }
}

/// The operation that these bytes ask for. `finished` tells an upload that it is complete.
pub(super) fn operation(from: &mut Unstructured<'_>, finished: &Rc<Cell<bool>>) -> Result<Box<dyn Any>> {
    let kind: u8 = from.arbitrary()?;
    let path = Argument::new("name").map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let whole = |start| {
        let finished = Rc::clone(finished);
        Box::new(Once(Whole { start, transfer: None, finished }))
    };
    Ok(match kind % 32 {
        0 => Box::new(Once(Open::new())),
        1 => whole(StartTransfer::retr(path)),
        2 => whole(StartTransfer::retr(path).followed()),
        3 => whole(StartTransfer::retr(path).after(Command::TypeImage).after(Command::Rest(7))),
        4 => whole(StartTransfer::stor(path)),
        5 => whole(StartTransfer::stor(path).followed()),
        6 => whole(StartTransfer::stor(path).after(Command::Allo(7, None)).followed()),
        7 => Box::new(List::new(None)),
        8 => Box::new(List::new(Some(path))),
        9 => Box::new(Once(Rename::new(path.clone(), path))),
        10 => Box::new(Once(Quit::new())),
        11 => Box::new(Once(ops::pwd())),
        12 => Box::new(Once(ops::size(path))),
        13 => Box::new(Once(ops::mkd(path))),
        14 => Box::new(Once(ops::cwd(path))),
        15 => Box::new(Once(ops::noop())),
        16 => Box::new(Once(ops::dele(path))),
        17 => Box::new(Once(ops::cdup())),
        18 => match ops::command(command(from)?) {
            Ok(exchange) => Box::new(Once(exchange)),
            Err(_) => return Err(arbitrary::Error::IncorrectFormat),
        },
        19..=21 => {
            let commands = (18..kind % 32).map(|_| command(from)).collect::<Result<_>>()?;
            Box::new(Once(Burst {
                claim: Claim::default(),
                commands,
                sent: Vec::new(),
                distrusts: kind >= 128,
            }))
        }
        _ => Box::new(Once(ops::noop())),
    })
}

fn command(from: &mut Unstructured<'_>) -> Result<Command> {
    const LINES: [&str; 24] = [
        "NOOP",
        "PWD",
        "SYST",
        "FEAT",
        "STAT",
        "RETR a",
        "STOR a",
        "LIST",
        "MLSD",
        "EPSV",
        "PASV",
        "PORT 1,2,3,4,5,6",
        "ABOR",
        "PASS x",
        "ACCT x",
        "AUTH TLS",
        "CCC",
        "REIN",
        "QUIT",
        "RNFR a",
        "RNTO b",
        "REST 5",
        "XFOO",
        "USER x",
    ];
    let line = from.choose(&LINES)?;
    Command::parse(line).map_err(|_| arbitrary::Error::IncorrectFormat)
}
