//! The record engine, and the link around it, against rustls' own server, in memory.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::unwrap_used, clippy::panic)]

mod alerts;
mod certificates;
mod clear;
mod ends;
mod forger;
mod hostile;
mod identity;
mod link;
mod memory;
mod pair;
mod pins;
mod pki;
mod plain_text;
mod records;
mod resumption;
mod same;
mod trust;
mod world;

#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as library;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as library;
