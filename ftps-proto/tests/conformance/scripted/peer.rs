//! A server as data: what it does when it hears what.

use ftps_proto::sim::Script;

/// One thing that a server does. What needs a data connection takes the one that the client has made, or does nothing
/// where there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A line on the control connection; CR LF is added. `{port}`, and `{high}` and `{low}`, stand for the port of a new
    /// data listener.
    Say(String),
    /// Bytes on the control connection, as they are.
    Raw(Vec<u8>),
    /// Waits until something comes on the control connection in clear, say a ClientHello.
    Await,
    /// TLS on the control connection.
    StartTls,
    /// The end of that: close_notify, both ways.
    EndTls,
    /// Takes the data connection, and says nothing on it.
    Accept,
    /// TLS on the data connection.
    Secure,
    /// Payload.
    Send(Vec<u8>),
    /// Ends the data connection as it should be: close_notify, then FIN.
    Finish,
    /// Ends it with FIN alone.
    Cut,
    /// Ends it with RST.
    Reset,
    /// Reads so much of an upload, and no more.
    Take(usize),
    /// Reads an upload to its end, and notes how it ended.
    Receive,
    /// Waits until the test lets it go on.
    Hold,
    /// Closes the control connection.
    Leave,
    /// Forgets what was still to be done and drops the data connection, even in the middle of another act; only an upload
    /// is read to its end. First in its rule.
    Abort,
}

impl From<&str> for Act {
    fn from(line: &str) -> Self {
        Self::Say(line.into())
    }
}

/// A server that answers each command by a rule of its [`Script`]. Each control connection begins anew.
#[derive(Clone, Debug)]
pub struct Peer {
    pub greeting: Vec<Act>,
    pub script: Script<Act>,
    pub drips: bool,
}

impl Peer {
    /// A server that begins so.
    pub fn new<A: Into<Act>>(greeting: impl IntoIterator<Item = A>) -> Self {
        let greeting = greeting.into_iter().map(Into::into).collect();
        Self { greeting, script: Script::default(), drips: false }
    }

    /// A well-behaved server, up to the end of the login, with passive mode, ABOR, PWD, NOOP and QUIT.
    pub fn polite() -> Self {
        Self { script: Script::polite(), ..Self::new(["220 ready"]) }
            .on("AUTH TLS", ["234 go".into(), Act::StartTls])
            .on("EPSV", ["229 Extended passive mode (|||{port}|)"])
            .on("PASV", ["227 Passive mode (127,0,0,1,{high},{low})"])
            .on("QUIT", ["221 bye".into(), Act::Leave])
            .on("ABOR", [Act::Abort, "426 aborted".into(), "226 abort done".into()])
    }

    /// The same with TLS from the first byte.
    pub fn implicit() -> Self {
        Self::polite().greeting([Act::StartTls, "220 ready".into()])
    }

    /// Begins otherwise.
    pub fn greeting<A: Into<Act>>(mut self, greeting: impl IntoIterator<Item = A>) -> Self {
        self.greeting = greeting.into_iter().map(Into::into).collect();
        self
    }

    /// When a command begins so, do this.
    pub fn on<A: Into<Act>>(mut self, command: &str, acts: impl IntoIterator<Item = A>) -> Self {
        self.script.on(command, acts);
        self
    }

    /// Does this instead of what was said before.
    pub fn instead<A: Into<Act>>(mut self, command: &str, acts: impl IntoIterator<Item = A>) -> Self {
        self.script.instead(command, acts);
        self
    }

    /// Says everything a byte at a time.
    pub fn drips(mut self) -> Self {
        self.drips = true;
        self
    }
}
