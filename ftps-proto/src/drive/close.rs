//! How connections are closed and given up.
//!
//! The server must never take a part of a file for the whole. So a data connection's socket resets the connection when it
//! is dropped, whatever the reason, and only a close that the protocol asks for makes it one that ends in order.

use super::driver::{DataSocket, Driver};
use super::net::Net;
use crate::need::{Channel, Close};

impl<N: Net> Driver<N> {
    /// Closes a connection as the protocol asks.
    pub(super) fn close(&mut self, channel: Channel, close: Close, cx: &mut N::Context<'_>) {
        match close {
            // The engine's business: it never arrives here.
            Close::Notify => {}
            // All that was to be sent has been sent, close_notify too. Proxies are known (microsocks) that close both ways where
            // one is shut down, and so reset what the server has not read yet. In clear there is no other end.
            Close::Write if self.is_through_proxy() && !self.link.session().is_data_clear() => {}
            // The rest of what the server says is still read.
            Close::Write => self.finish(channel, cx),
            Close::Whole => {
                self.write_at_once(channel);
                self.finish(channel, cx);
                self.drop_data(channel);
            }
            Close::Reset => self.drop_data(channel),
        }
    }

    /// The operation under way is given up. In the middle of the data connection's handshake the connection is kept, and
    /// the next operation sees to it: servers end the whole session over a handshake that fails.
    pub(super) fn abandon(&mut self) {
        if self.link.abandon() {
            self.data = DataSocket::None;
        }
    }

    /// An error has ended the operation. What is left for the server, say an alert that tells it why, is written as far as
    /// the socket takes it at once.
    pub(super) fn give_up(&mut self) {
        // Where there still is one, it is another operation's, which goes on.
        if self.link.session().direction().is_none() {
            self.abandon();
        }
        self.write_at_once(Channel::Control);
    }

    fn finish(&mut self, channel: Channel, cx: &mut N::Context<'_>) {
        match (channel, &mut self.data) {
            (Channel::Control, _) => N::finish(&mut self.control, cx),
            (Channel::Data, DataSocket::Connected(socket)) => N::finish(socket, cx),
            (Channel::Data, _) => {}
        }
    }

    /// The control connection's socket is dropped with the driver.
    fn drop_data(&mut self, channel: Channel) {
        if channel == Channel::Data {
            self.data = DataSocket::None;
        }
    }

    pub(super) fn write_at_once(&mut self, channel: Channel) {
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, DataSocket::Connected(socket)) => socket,
            (Channel::Data, _) => return,
        };
        let outgoing = self.link.outgoing(channel);
        // An error does not matter: this connection is at its end.
        if !outgoing.is_empty()
            && let Ok(n) = N::try_write(socket, outgoing)
        {
            self.link.sent(channel, n);
        }
    }
}
