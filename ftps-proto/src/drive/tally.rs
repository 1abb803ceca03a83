//! What has passed of a file: how many bytes, and their hashes. Nothing is read twice for it.

use std::fmt;

use crc32fast::Hasher as Crc32;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::codec::{Algorithm, Hash};

/// Hashes bytes as they pass.
///
/// ```
/// use ftps_proto::codec::Algorithm;
/// use ftps_proto::drive::Hasher;
///
/// let mut hasher = Hasher::new(Algorithm::Crc32);
/// hasher.update(b"1234");
/// hasher.update(b"56789");
/// assert_eq!(hasher.hash().to_string(), "cbf43926");
/// ```
#[derive(Clone)]
pub struct Hasher {
    algorithm: Algorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Crc32(Crc32),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// Of no bytes so far.
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Crc32 => State::Crc32(Crc32::new()),
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::Sha1 => State::Sha1(Sha1::new()),
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        };
        Self { algorithm, state }
    }

    /// By what it hashes.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// These bytes follow.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc32(state) => state.update(bytes),
            State::Md5(state) => state.update(bytes),
            State::Sha1(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// The hash of all bytes so far.
    pub fn hash(&self) -> Hash {
        let hash = |bytes: &[u8]| match Hash::new(self.algorithm, bytes) {
            Some(hash) => hash,
            None => unreachable!("each state makes hashes of its algorithm's length"),
        };
        match self.state.clone() {
            State::Crc32(state) => hash(&state.finalize().to_be_bytes()),
            State::Md5(state) => hash(&state.finalize()),
            State::Sha1(state) => hash(&state.finalize()),
            State::Sha256(state) => hash(&state.finalize()),
            State::Sha512(state) => hash(&state.finalize()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A file's bytes so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    bytes: u64,
    hashers: Vec<Hasher>,
}

impl Tally {
    /// One that hashes by these algorithms, each once.
    pub(super) fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let mut tally = Self::default();
        algorithms.into_iter().for_each(|algorithm| tally.add(algorithm));
        tally
    }

    /// Hashes by this one, too.
    pub(super) fn add(&mut self, algorithm: Algorithm) {
        if self.hash(algorithm).is_none() {
            self.hashers.push(Hasher::new(algorithm));
        }
    }

    /// The hash of all that has passed, where it is hashed by this algorithm.
    pub(super) fn hash(&self, algorithm: Algorithm) -> Option<Hash> {
        self.hashers.iter().find(|hasher| hasher.algorithm == algorithm).map(Hasher::hash)
    }

    /// These bytes pass.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hashers.iter_mut().for_each(|hasher| hasher.update(bytes));
    }

    /// How many have passed.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The hashes of all that has passed.
    pub(super) fn hashes(&self) -> Vec<Hash> {
        self.hashers.iter().map(Hasher::hash).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_what_the_documents_hash() {
        // The RFCs' own examples (RFC 1321, RFC 6234), and CRC-32's customary one.
        for (algorithm, bytes, hash) in [
            (Algorithm::Crc32, "123456789", "cbf43926"),
            (Algorithm::Md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                Algorithm::Sha512,
                "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ] {
            let mut tally = Tally::new([algorithm, algorithm]);
            let (first, second) = bytes.as_bytes().split_at(2);
            tally.pass(first);
            tally.pass(second);
            let hashes = tally.hashes();
            assert_eq!((hashes.len(), tally.bytes()), (1, bytes.len() as u64));
            assert_eq!(tally.hash(algorithm), Some(hashes[0]));
            assert_eq!((hashes[0].algorithm(), hashes[0].to_string().as_str()), (algorithm, hash));
        }
    }
}
