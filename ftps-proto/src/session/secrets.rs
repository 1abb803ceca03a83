//! Secrets that a server repeats.

use alloc::vec::Vec;

use crate::codec::{Reply, Secret};

/// What is shown in a secret's place.
const MASK: &[u8] = b"***";

/// The reply without these secrets: some servers repeat what they refuse, and replies go into errors and logs.
pub(super) fn masked(reply: Reply, secrets: &[Secret]) -> Reply {
    let said = |secret: &&Secret| {
        let secret = secret.as_bytes();
        !secret.is_empty() && reply.lines().any(|line| line.windows(secret.len()).any(|part| part == secret))
    };
    let said: Vec<_> = secrets.iter().filter(said).collect();
    if said.is_empty() {
        return reply;
    }
    let mut text = reply.lines().collect::<Vec<_>>().join(&b'\n');
    for secret in said {
        text = replaced(&text, secret.as_bytes());
    }
    Reply::new(reply.code(), text)
}

fn replaced(text: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        match rest.strip_prefix(secret) {
            Some(after) => {
                out.extend_from_slice(MASK);
                rest = after;
            }
            None => {
                out.push(*first);
                rest = &rest[1..];
            }
        }
    }
    out
}
