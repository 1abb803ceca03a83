//! Many transfers in a row, over one session.

use std::fmt;
use std::iter::Peekable;

use super::lease::Driven;

/// Many transfers in a row: for each item the client, and the item. Made by a client's `batch`.
///
/// The session is told in time whether another transfer follows ([`Session::expect_more`](crate::Session::expect_more)), so that
/// each data connection but the first is asked for early, and none in vain: a round trip less for each file. One set of buffers
/// serves all of them.
pub struct Batch<'c, C: Driven, I: Iterator> {
    client: &'c mut C,
    items: Peekable<I>,
    /// Whether more transfers follow in any case.
    after: bool,
}

impl<'c, C: Driven, I: Iterator> Batch<'c, C, I> {
    /// For adapters: a client offers it as its own `batch`.
    #[doc(hidden)]
    pub fn new(client: &'c mut C, items: I) -> Self {
        let after = client.driver().session().expects_more();
        Self { client, items: items.peekable(), after }
    }

    /// The client for the next item, and the item; `None` after the last one. What is done with the client should be one
    /// transfer. Where that fails, the next one can be tried all the same, as long as the client is usable.
    ///
    /// Not an iterator, since it lends the client; and as it takes each item from its iterator one turn early, that one
    /// should not wait for what becomes of an earlier one.
    #[allow(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Option<(&mut C, I::Item)> {
        let item = self.items.next();
        let more = item.is_some() && self.items.peek().is_some();
        self.client.driver().expect_more(more || self.after);
        Some((self.client, item?))
    }
}

/// What is left is not moved.
impl<C: Driven, I: Iterator> Drop for Batch<'_, C, I> {
    fn drop(&mut self) {
        self.client.driver().expect_more(self.after);
    }
}

impl<C: Driven + fmt::Debug, I: Iterator> fmt::Debug for Batch<'_, C, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("client", &self.client).finish_non_exhaustive()
    }
}
