//! The fuzz targets under plain `cargo test`: every seed of the corpus, and a bounded number of damaged copies of each.
//!
//! `cargo test --test fuzz -- --ignored` writes the corpus anew from sessions at the simulated venues.

#[path = "../fuzz/decoders.rs"]
mod decoders;
#[path = "fuzz/record.rs"]
mod record;

use decoders::TARGETS;
use hedge_fast::sim::rng::Rng;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// Damaged copies of each seed.
const COPIES: usize = 3_000;
/// Sessions and simulators are slower by three powers of ten.
const COPIES_OF_SLOW: usize = 100;

fn corpus(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(corpus(target)).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a seed")).collect()
}

/// Pieces that have broken decoders before.
const PIECES: [&[u8]; 14] = [
    b"null",
    b"-1",
    b"1e309",
    b"99999999999999999999999999999999999999",
    b"\"\"",
    b"{}",
    b"[[[[[[[[",
    b"\\u0000",
    b"\xff\xfe",
    b"0.000000000000000000001",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"NaN",
];

fn damaged(seed: &[u8], others: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=rng.below(4) {
        let at = usize::try_from(rng.below(bytes.len() as u64 + 1)).expect("small");
        let upto = (at + usize::try_from(rng.below(16)).expect("small")).min(bytes.len());
        match rng.below(6) {
            0 => bytes.truncate(at),
            1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
            }
            2 => drop(bytes.drain(at..upto)),
            3 => {
                let piece = PIECES[usize::try_from(rng.below(PIECES.len() as u64)).expect("small")];
                bytes.splice(at..upto, piece.iter().copied());
            }
            4 => {
                let copy = bytes[at..upto].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                let other = &others[usize::try_from(rng.below(others.len() as u64)).expect("small")];
                let from = usize::try_from(rng.below(other.len() as u64 + 1)).expect("small");
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
    bytes
}

#[test]
fn no_bytes_of_a_stranger_bring_a_decoder_down() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        let mut rng = Rng::stream(7, name);
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        let is_slow = name.ends_with("session") || name == "simulators";
        let copies = if is_slow { COPIES_OF_SLOW } else { COPIES };
        for seed in &seeds {
            let tries = (0..=copies)
                .map(|copy| if copy == 0 { seed.clone() } else { damaged(seed, &seeds, &mut rng) });
            for bytes in tries.collect::<Vec<_>>() {
                if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                    broken.push(format!("{name}: {}", String::from_utf8_lossy(&bytes).escape_debug()));
                }
            }
        }
    }
    std::panic::set_hook(quiet);
    assert!(broken.is_empty(), "{} inputs broke a decoder, first: {}", broken.len(), broken[0]);
}

#[test]
fn every_target_is_also_one_of_cargo_fuzz() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .expect("targets")
        .map(|entry| {
            entry.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned()
        })
        .collect();
    assert_eq!(files, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
#[ignore = "writes the corpus"]
fn write_the_corpus() {
    for (target, name, bytes) in record::corpus() {
        let folder = corpus(target);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), bytes).expect("written");
    }
}
