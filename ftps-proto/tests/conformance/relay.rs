//! Connections that can be made to hang, as those of a host that has lost its power or its network do, or that are cut.

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
    /// The control connection goes as well, or alone.
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
        let (dead, open) = (Arc::clone(&self.dead), Arc::clone(&self.open));
        let cut = self.next_cut(channel).map(|cut| Arc::new((cut, Mutex::new(0_u64))));
        thread::spawn(move || {
            let Ok((client, _)) = listener.accept() else { return };
            let Ok(server) = TcpStream::connect(to) else { return };
            let clones = |of: [&TcpStream; 2]| of.map(|stream| stream.try_clone().unwrap());
            open.lock().unwrap().extend(clones([&client, &server]).map(|stream| (channel, stream)));
            for ends in [[&client, &server], [&server, &client]] {
                let ([from, to], dead, cut) = (clones(ends), Arc::clone(&dead), cut.clone());
                thread::spawn(move || pass_on(from, to, &dead, cut.as_deref()));
            }
        });
        address
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

fn pass_on(mut from: TcpStream, mut to: TcpStream, dead: &AtomicBool, cut: Option<&(Cut, Mutex<u64>)>) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes);
        if dead.load(Ordering::SeqCst) {
            return;
        }
        let Ok(mut n @ 1..) = read else {
            let _ = to.shutdown(Shutdown::Write);
            return;
        };
        let mut cuts = false;
        if let Some((cut, passed)) = cut {
            let mut passed = passed.lock().unwrap();
            let left = cut.after.saturating_sub(*passed);
            cuts = *passed <= cut.after && n as u64 > left;
            *passed += n as u64;
            if cuts && cut.data {
                n = left as usize;
            } else if left == 0 && cut.data {
                return;
            }
        }
        if to.write_all(&bytes[..n]).is_err() {
            return;
        }
        if let Some((cut, _)) = cut.filter(|_| cuts) {
            cut.make();
            if cut.data {
                return;
            }
        }
    }
}
