//! Connections that can be made to hang, as those of a host that has lost its power or its network do.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ftps_proto::drive::Endpoint;

/// Relays to where a connector is told to connect to.
#[derive(Default)]
pub struct Relays {
    dead: Arc<AtomicBool>,
    /// What was relayed stays open, so that its end says nothing.
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relays {
    /// From now on no byte gets through, in either direction, and nothing is closed.
    pub fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    /// Where to connect to instead.
    pub fn to(&self, to: &Endpoint) -> SocketAddr {
        let to = match to {
            Endpoint::Address(address) => *address,
            Endpoint::Host(host, port) => (host.as_str(), *port).to_socket_addrs().unwrap().next().unwrap(),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (dead, open) = (Arc::clone(&self.dead), Arc::clone(&self.open));
        thread::spawn(move || {
            let Ok((client, _)) = listener.accept() else { return };
            let Ok(server) = TcpStream::connect(to) else { return };
            for [from, to] in [[&client, &server], [&server, &client]] {
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let dead = Arc::clone(&dead);
                thread::spawn(move || pass_on(from, to, &dead));
            }
            open.lock().unwrap().extend([client, server]);
        });
        address
    }
}

impl Drop for Relays {
    fn drop(&mut self) {
        for stream in self.open.lock().unwrap().iter() {
            // It may be gone already.
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, dead: &AtomicBool) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes);
        if dead.load(Ordering::SeqCst) {
            return;
        }
        match read {
            Ok(n) if n > 0 => {
                if to.write_all(&bytes[..n]).is_err() {
                    return;
                }
            }
            _ => {
                let _ = to.shutdown(std::net::Shutdown::Write);
                return;
            }
        }
    }
}
