//! Waiting, by poll(2).

use std::io;
use std::mem;
use std::ptr;
use std::sync::Weak;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use ftps_proto::{Channel, Error, Failure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Errno;

/// What is waited for, whichever comes first. Stale entries wake in vain, which does no harm.
#[derive(Default)]
pub struct Interest {
    /// One entry a socket: there may be many polls before there is anything to wait for. Held weakly, so that a socket that
    /// the driver drops is closed at once: the wait may be for the server's word on that.
    sockets: Vec<(Weak<dyn AsFd>, PollFlags)>,
    timeout: Option<Duration>,
    connecting: bool,
}

/// How long Windows is waited for while a socket connects: before version 2004 it does not wake for a failed connect.
const CONNECTING: Duration = Duration::from_millis(50);

impl Interest {
    fn add(&mut self, socket: Weak<dyn AsFd>, flags: PollFlags) {
        let same = |known: &Weak<dyn AsFd>| ptr::addr_eq(known.as_ptr(), socket.as_ptr());
        match self.sockets.iter_mut().find(|(known, _)| same(known)) {
            Some((_, wanted)) => *wanted |= flags,
            None => self.sockets.push((socket, flags)),
        }
    }

    /// Waits until a socket is connected, or has failed to.
    pub(crate) fn add_connecting(&mut self, socket: Weak<dyn AsFd>) {
        self.add(socket, PollFlags::OUT);
        self.connecting = true;
    }

    /// Waits no longer than this. The last call counts.
    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    /// Turns "would block" into a wait for the socket.
    pub(crate) fn unless_blocked<T>(
        &mut self,
        result: io::Result<T>,
        flags: PollFlags,
        socket: impl FnOnce() -> Weak<dyn AsFd>,
    ) -> Poll<io::Result<T>> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.add(socket(), flags);
                Poll::Pending
            }
            result => Poll::Ready(result),
        }
    }

    fn wait(&mut self) -> io::Result<()> {
        let mut timeout = self.timeout.take();
        if cfg!(windows) && mem::take(&mut self.connecting) {
            timeout = Some(timeout.map_or(CONNECTING, |timeout| timeout.min(CONNECTING)));
        }
        let sockets: Vec<_> =
            self.sockets.drain(..).filter_map(|(socket, flags)| Some((socket.upgrade()?, flags))).collect();
        if sockets.is_empty() {
            // Windows refuses to poll an empty set.
            thread::sleep(timeout.ok_or_else(|| io::Error::other("there is nothing to wait for"))?);
            return Ok(());
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut polled: Vec<_> = sockets
            .iter()
            .map(|(socket, flags)| PollFd::from_borrowed_fd((**socket).as_fd(), *flags))
            .collect();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Polls until it is ready, and waits in between.
pub(crate) fn wait<T>(mut poll: impl FnMut(&mut Interest) -> Poll<Result<T, Error>>) -> Result<T, Error> {
    let mut interest = Interest::default();
    loop {
        if let Poll::Ready(result) = poll(&mut interest) {
            return result;
        }
        interest.wait().map_err(|error| Error::Connection {
            channel: Channel::Control,
            failure: Some(Failure::transport(error)),
            reply: None,
        })?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        ours.set_nonblocking(true).unwrap();
        (ours, listener.accept().unwrap().0)
    }

    #[test]
    fn what_is_dropped_is_closed_before_the_wait() {
        let ((dropped, mut end), (waited_for, mut word)) = (pair(), pair());
        let server = thread::spawn(move || {
            // It says nothing before that.
            assert_eq!(end.read(&mut [0]).unwrap(), 0);
            word.write_all(b"!").unwrap();
            word
        });
        let (dropped, waited_for) = (Arc::new(dropped), Arc::new(waited_for));
        let mut interest = Interest::default();
        interest.add(Arc::downgrade(&dropped) as _, PollFlags::IN);
        interest.add(Arc::downgrade(&waited_for) as _, PollFlags::IN);
        drop(dropped);
        interest.set_timeout(Duration::from_secs(20));
        let began = Instant::now();
        interest.wait().unwrap();
        assert!(began.elapsed() < Duration::from_secs(20), "it was not closed");
        server.join().unwrap();
    }
}
