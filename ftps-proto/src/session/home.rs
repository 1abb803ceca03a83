//! The working directory, and the way back to it from a listing.

use super::Session;
use crate::codec::Argument;

impl Session {
    /// The working directory, where it is known.
    pub(crate) fn home(&self) -> Option<&Argument> {
        self.home.as_ref()
    }

    pub(crate) fn set_home(&mut self, home: Option<Argument>) {
        self.home = home;
    }

    /// Whether it may be another than that of the login.
    #[cfg(feature = "rustls")]
    pub(crate) fn has_strayed(&self) -> bool {
        self.strayed
    }

    /// A listing leaves the working directory, and the session returns there, whatever becomes of the listing. False where
    /// it would not know where to.
    pub(crate) fn leave_home(&mut self) -> bool {
        self.displaced = self.home.clone();
        self.displaced.is_some()
    }

    /// The listing has not left.
    pub(crate) fn stay_home(&mut self) {
        self.displaced = None;
    }
}
