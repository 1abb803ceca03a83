//! Connections that can be made to hang, as those of a host that has lost its power or its network do, or that are cut.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ftps_proto::Channel;
use ftps_proto::drive::Endpoint;

/// Relays to where a connector is told to connect to.
#[derive(Default)]
pub struct Relays {
    dead: Arc<AtomicBool>,
    /// What was relayed stays open, so that its end says nothing.
    open: Open,
    cuts: Option<Mutex<Cuts>>,
    /// How often connections were cut.
    made: Arc<AtomicUsize>,
}

/// Both ends of what is relayed.
type Open = Arc<Mutex<Vec<(Channel, TcpStream)>>>;

/// Where connections are cut.
struct Cuts {
    /// An xorshift's.
    random: u64,
    times: usize,
    /// A data connection carries no more than so many bytes before that.
    most: u64,
}

impl Cuts {
    fn random(&mut self) -> u64 {
        for shift in [13_i32, -7, 17] {
            self.random ^= if shift > 0 { self.random << shift } else { self.random >> -shift };
        }
        self.random
    }
}

/// A data connection's end.
struct Cut {
    after: u64,
    /// The control connection goes as well, or alone: then the data connection is there, and carries nothing more.
    control: bool,
    data: bool,
    made: Arc<AtomicUsize>,
    open: Open,
}

impl Cut {
    fn make(&self) {
        self.made.fetch_add(1, Ordering::SeqCst);
        self.open.lock().unwrap().retain(|(channel, stream)| {
            let cut = if *channel == Channel::Control { self.control } else { self.data };
            if cut {
                // It may be gone already.
                let _ = stream.shutdown(Shutdown::Both);
            }
            !cut
        });
    }
}

impl Relays {
    /// Relays of which so many data connections are cut after at most so many bytes, in some cases with the control
    /// connection, or that one alone.
    pub fn cutting(seed: u64, times: usize, most: u64) -> Self {
        let cuts = Cuts { random: seed | 1 << 40, times, most };
        let mut relays = Self::default();
        relays.cuts = Some(Mutex::new(cuts));
        relays
    }

    /// How many were.
    pub fn cuts(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    /// From now on no byte gets through, in either direction, and nothing is closed.
    pub fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    fn next_cut(&self, channel: Channel) -> Option<Cut> {
        let mut cuts = self.cuts.as_ref()?.lock().unwrap();
        if channel == Channel::Control || self.cuts() == cuts.times {
            return None;
        }
        let after = cuts.random() % cuts.most;
        let which = cuts.random() % 4;
        let (made, open) = (Arc::clone(&self.made), Arc::clone(&self.open));
        Some(Cut { after, control: which > 1, data: which != 3, made, open })
    }

    /// Where to connect to instead.
    pub fn to(&self, channel: Channel, to: &Endpoint) -> SocketAddr {
        let to = match to {
            Endpoint::Address(address) => *address,
            Endpoint::Host(host, port) => (host.as_str(), *port).to_socket_addrs().unwrap().next().unwrap(),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let line = self.line(channel, to);
        thread::spawn(move || {
            if let Ok((client, _)) = listener.accept() {
                line.carry(client);
            }
        });
        address
    }

    /// What the next connection there is carried by.
    fn line(&self, channel: Channel, to: SocketAddr) -> Line {
        let cut = self.next_cut(channel).map(|cut| Arc::new((cut, Mutex::new(0))));
        let (dead, open) = (Arc::clone(&self.dead), Arc::clone(&self.open));
        Line { channel, to, dead, open, cut, heard: Arc::new(|| {}) }
    }

    /// For a program, which takes no connector: an address that stands for a server on this computer, on which every port
    /// that the server listens on is to be found as well. `heard` is called whenever the server has said something, before
    /// that is passed on. Linux alone, where each address of 127/8 is this computer, and tells who listens.
    #[allow(dead_code, reason = "for a program")]
    pub fn gate(
        self: &Arc<Self>,
        server: SocketAddr,
        heard: impl Fn() + Send + Sync + 'static,
    ) -> SocketAddr {
        static GATES: AtomicUsize = AtomicUsize::new(1);
        let (pid, gate) = (std::process::id(), GATES.fetch_add(1, Ordering::SeqCst));
        let ip = Ipv4Addr::new(127, 1 + (pid >> 8 & 127) as u8, pid as u8, gate as u8);
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let relays = Arc::clone(self);
        let known = Mutex::new(listeners());
        // The server listens before it says where.
        let heard: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            let mut known = known.lock().unwrap();
            let now = listeners();
            for (port, _) in now.difference(&known) {
                // One that is there already serves as well.
                if let Ok(door) = TcpListener::bind((ip, *port)) {
                    let (relays, to) = (Arc::clone(&relays), SocketAddr::new(server.ip(), *port));
                    thread::spawn(move || {
                        while let Ok((client, _)) = door.accept() {
                            relays.line(Channel::Data, to).carry(client);
                        }
                    });
                }
            }
            *known = now;
            heard();
        });
        let relays = Arc::clone(self);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let line = relays.line(Channel::Control, server);
                Line { heard: Arc::clone(&heard), ..line }.carry(client);
            }
        });
        address
    }
}

/// The ports on which somebody listens, each with its socket's number.
fn listeners() -> HashSet<(u16, String)> {
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let listening = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listening = listening.filter(|fields| fields.get(3) == Some(&"0A"));
    let port = |fields: Vec<&str>| {
        let (_, port) = fields[1].split_once(':').unwrap();
        (u16::from_str_radix(port, 16).unwrap(), fields[9].to_owned())
    };
    listening.map(port).collect()
}

/// What carries a connection.
struct Line {
    channel: Channel,
    to: SocketAddr,
    dead: Arc<AtomicBool>,
    open: Open,
    cut: Option<Arc<(Cut, Mutex<u64>)>>,
    heard: Arc<dyn Fn() + Send + Sync>,
}

impl Line {
    fn carry(&self, client: TcpStream) {
        let Ok(server) = TcpStream::connect(self.to) else { return };
        let clones = |of: [&TcpStream; 2]| of.map(|stream| stream.try_clone().unwrap());
        self.open.lock().unwrap().extend(clones([&client, &server]).map(|stream| (self.channel, stream)));
        let silent: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
        for (ends, heard) in [([&client, &server], &silent), ([&server, &client], &self.heard)] {
            let ([from, to], heard) = (clones(ends), Arc::clone(heard));
            let (dead, cut) = (Arc::clone(&self.dead), self.cut.clone());
            thread::spawn(move || pass_on(from, to, &dead, cut.as_deref(), &*heard));
        }
    }
}

impl Drop for Relays {
    fn drop(&mut self) {
        for (_, stream) in self.open.lock().unwrap().iter() {
            // It may be gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass_on(
    mut from: TcpStream,
    mut to: TcpStream,
    dead: &AtomicBool,
    cut: Option<&(Cut, Mutex<u64>)>,
    heard: &dyn Fn(),
) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes);
        if dead.load(Ordering::SeqCst) {
            return;
        }
        let Ok(mut n @ 1..) = read else {
            // A server that waited for what does not come would keep the file to itself: vsftpd locks it.
            let over = cut.is_some_and(|(cut, passed)| *passed.lock().unwrap() > cut.after);
            let _ = to.shutdown(if over { Shutdown::Both } else { Shutdown::Write });
            return;
        };
        heard();
        let mut cuts = false;
        if let Some((cut, passed)) = cut {
            let mut passed = passed.lock().unwrap();
            let left = cut.after.saturating_sub(*passed);
            cuts = *passed <= cut.after && n as u64 > left;
            *passed += n as u64;
            if cuts || left == 0 {
                n = left as usize;
            }
        }
        if to.write_all(&bytes[..n]).is_err() {
            return;
        }
        if let Some((cut, _)) = cut.filter(|_| cuts) {
            cut.make();
        }
    }
}
