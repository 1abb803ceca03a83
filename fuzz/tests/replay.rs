//! The committed corpora, on stable Rust: what was found once is not found again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// One at a time: a target may measure the memory of the whole program.
static ALONE: Mutex<()> = Mutex::new(());

fn replay(name: &str, target: fn(&[u8])) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut inputs: Vec<_> = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(inputs.len() >= 10, "{} has only {} inputs", corpus.display(), inputs.len());
    target(b"");
    for input in inputs {
        // Printed where the test fails.
        println!("{}", input.display());
        target(&fs::read(&input).unwrap());
    }
}

macro_rules! replays {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target), ftps_fuzz::$target);
        })*
    };
}

replays! { reply command address facts list features session record }
