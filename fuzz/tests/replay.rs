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

/// The samples of every family, each broken in every way: cut in two lines at each byte, with a space at each byte, and run
/// into the next one.
#[test]
fn broken_listings() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/list");
    let inputs = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path());
    let samples: Vec<_> =
        inputs.filter(|path| path.file_name().unwrap().as_encoded_bytes().starts_with(b"samples-")).collect();
    assert_eq!(samples.len(), 18);
    for path in samples {
        println!("{}", path.display());
        let input = fs::read(&path).unwrap();
        let (told, listing) = input.split_at(3);
        let of_its_family = |listing: &[u8]| ftps_fuzz::list(&[told, listing].concat());
        let to_be_guessed = |listing: &[u8]| ftps_fuzz::list(&[&[0xff], &told[1..], listing].concat());
        let lines: Vec<_> = listing.split_inclusive(|byte| *byte == b'\n').collect();
        for (at, line) in lines.iter().enumerate() {
            let next = lines.get(at + 1).copied().unwrap_or_default();
            of_its_family(&[line.trim_ascii_end(), next].concat());
            for (start, end) in (0..line.len()).map(|at| line.split_at(at)) {
                let cut = [start, b"\n", end].concat();
                of_its_family(&cut);
                to_be_guessed(&cut);
                of_its_family(&[start, b" ", end].concat());
            }
        }
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
