//! The calls that are one command or stand in for one, as each client has them.

use ftps_proto::Error;
use ftps_proto::codec::command::{NewFacts, UtcTime};
use ftps_proto::codec::{Algorithm, Entry, Hash, Name, Reply};

/// Each of them once: its name, what it takes, what it results in.
macro_rules! calls {
    ($with:ident! $($more:tt)*) => {
        $with! {
            $($more)*
            names(path: &str) -> Vec<Name>,
            status() -> Reply,
            status_of(path: &str) -> Vec<Entry>,
            system() -> Vec<u8>,
            help(about: &str) -> Reply,
            hash(path: &str, algorithm: Algorithm) -> Hash,
            hash_range(path: &str, algorithm: Algorithm, range: std::ops::Range<u64>) -> Hash,
            set_modified(path: &str, time: UtcTime) -> (),
            set_created(path: &str, time: UtcTime) -> (),
            set_facts(path: &str, facts: NewFacts) -> (),
            set_permissions(path: &str, mode: u32) -> (),
            symlink(target: &str, link: &str) -> (),
            remove_dir_all(path: &str) -> (),
            available(path: &str) -> u64,
            allocate(bytes: u64) -> (),
            account(account: &str) -> (),
            reinitialize(user: &str, password: &str) -> (),
            identify(name: &str) -> (),
            set_language(tag: &str) -> (),
            choose_facts(facts: &[&str]) -> Vec<String>,
        }
    };
}

macro_rules! declare {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty,)*) => {
        /// A client's calls.
        pub trait Commands {
            fn hash_transfers(&mut self, algorithms: &[Algorithm]);
            $(fn $name(&mut self, $($argument: $type),*) -> Result<$output, Error>;)*
        }
    };
}
calls!(declare!);

/// A subject has them, where each is waited for so.
macro_rules! implement {
    (
        ($subject:ty, $wait:path)
        $($name:ident($($argument:ident: $type:ty),*) -> $output:ty,)*
    ) => {
        impl Commands for $subject {
            fn hash_transfers(&mut self, algorithms: &[Algorithm]) {
                self.0.hash_transfers(algorithms);
            }

            $(fn $name(&mut self, $($argument: $type),*) -> Result<$output, Error> {
                $wait(self.0.$name($($argument),*))
            })*
        }
    };
}
calls!(implement!(crate::adapters::Tokio, crate::adapters::tokio_block_on));
calls!(implement!(crate::adapters::Blocking, crate::adapters::returned));
calls!(implement!(crate::adapters::Smol, smol::block_on));
calls!(implement!(crate::adapters::AsyncStd, async_std::task::block_on));
