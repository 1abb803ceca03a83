//! The door to what a client gives up when it is told to.

use super::builder::{Adapter, Builder};
use crate::config::Protection;

/// What [`Builder::dangerous`] opens.
#[derive(Clone, Debug)]
#[must_use = "each of its methods leads back to the builder"]
pub struct DangerousBuilder<A: Adapter>(pub(super) Builder<A>);

impl<A: Adapter> DangerousBuilder<A> {
    /// No TLS on data connections (PROT C): anyone between here and the server can read and change every file and listing,
    /// and cut it off without being noticed. A server that demands PROT P refuses the login.
    pub fn clear_data(mut self) -> Builder<A> {
        self.0.config.protection = Protection::DangerousClear;
        self.0
    }

    /// Ends TLS on the control connection right after the login (CCC; RFC 4217, section 6), for firewalls that read what is
    /// said there: anyone on the way can, too, and can say what the server would. Data connections are not concerned.
    /// Where the server refuses that, TLS goes on.
    pub fn clear_control(mut self) -> Builder<A> {
        self.0.config.dangerous_clear_control = true;
        self.0
    }
}
