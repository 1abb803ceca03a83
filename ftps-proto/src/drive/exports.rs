//! What of the core an adapter hands on under its own name, once for all of them.

/// The public names of the core that a client's user meets.
#[doc(hidden)]
#[macro_export]
macro_rules! __exports {
    () => {
        pub use $crate::codec;
        pub use $crate::drive::{
            Batch, Bind, ConnectError, Endpoint, NotStarted, Proxy, ProxyError, ProxyProblem, Retry, Survey,
            audit,
        };
        pub use $crate::ops::{self, Get, Listed, Put, Transferred, WalkOrder, Walked};
        pub use $crate::tls;
        pub use $crate::{
            Channel, EarlyClose, Error, Failure, Layer, Limits, ListCommand, Local, Mismatch, Mode,
            Operation, Pipelining, Quirk, Rate, Refused, Remote, Security, ServerKind, Timeouts, Unlisted,
            Url, UrlError, UrlType, Waiting,
        };
    };
}
