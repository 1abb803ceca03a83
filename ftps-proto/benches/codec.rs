//! Replies, commands and lines of listings.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use ftps_proto::codec::list::Parser;
use ftps_proto::codec::{Argument, Command, ReplyDecoder, ReplyLimits, Timestamp};

fn main() {
    divan::main();
}

/// Replies of one line, as transfers have them.
#[divan::bench]
fn replies(bencher: Bencher<'_, '_>) {
    let wire =
        "229 Entering Extended Passive Mode (|||50000|)\r\n150 Opening BINARY mode data connection\r\n\
                226 Transfer complete.\r\n"
            .repeat(100);
    let decoder = || ReplyDecoder::new(ReplyLimits::default());
    bencher
        .counter(ItemsCount::new(300usize))
        .counter(BytesCount::new(wire.len()))
        .with_inputs(decoder)
        .bench_refs(|decoder| {
            decoder.push(black_box(wire.as_bytes()));
            while let Ok(Some(reply)) = decoder.decode() {
                drop(black_box(reply));
            }
        });
}

/// One reply of a thousand lines.
#[divan::bench]
fn long_reply(bencher: Bencher<'_, '_>) {
    let wire =
        format!("213-Status\r\n{}213 End\r\n", " -rw-r--r-- 1 a b 5 Jan  1 2020 file\r\n".repeat(1000));
    let decoder = || ReplyDecoder::new(ReplyLimits::default());
    bencher.counter(BytesCount::new(wire.len())).with_inputs(decoder).bench_refs(|decoder| {
        decoder.push(black_box(wire.as_bytes()));
        black_box(decoder.decode())
    });
}

#[divan::bench]
fn commands(bencher: Bencher<'_, '_>) {
    let commands: Vec<_> = ["a", "some/longer/path to a file.txt"]
        .into_iter()
        .filter_map(|path| Argument::new(path).ok())
        .flat_map(|path| [Command::Retr(path.clone()), Command::Size(path), Command::Epsv, Command::Noop])
        .collect();
    let mut out = Vec::with_capacity(512);
    bencher.counter(ItemsCount::new(commands.len())).bench_local(|| {
        out.clear();
        for command in &commands {
            black_box(command).encode(&mut out);
        }
        black_box(out.len())
    });
}

fn lines(bencher: Bencher<'_, '_>, parser: fn() -> Parser, line: fn(usize) -> String) {
    let lines: Vec<_> = (0..1000).map(line).collect();
    bencher.counter(ItemsCount::new(lines.len())).with_inputs(parser).bench_local_refs(|parser| {
        for line in &lines {
            parser.line(black_box(line.as_bytes())).for_each(|listed| drop(black_box(listed)));
        }
    });
}

/// MLSD lines with eight facts, as ProFTPD and Pure-FTPd have them.
#[divan::bench]
fn mlsd(bencher: Bencher<'_, '_>) {
    lines(bencher, Parser::facts, |at| {
        format!(
            "modify=20240102030405;perm=adfrw;size={};type=file;unique=FD00U{at:X};UNIX.group=1000;UNIX.mode=0644;\
             UNIX.owner=1000; report-{at:05}.csv",
            at * 977
        )
    });
}

/// LIST lines as vsftpd has them, whose year is found.
#[divan::bench]
fn list(bencher: Bencher<'_, '_>) {
    let parser =
        || Timestamp::from_unix(1_709_200_000).map_or_else(Parser::new, |now| Parser::new().with_now(now));
    lines(bencher, parser, |at| {
        format!("-rw-r--r--    1 1000     1000     {:8} Jan 02 03:04 report-{at:05}.csv", at * 977)
    });
}
