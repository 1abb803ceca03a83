//! Lines of listings, by this library's parser and suppaftp's.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use ftps_proto::codec::list::Parser;
use suppaftp::list::ListParser;

const LINES: usize = 1000;

fn main() {
    divan::main();
}

fn mlsd() -> Vec<String> {
    (0..LINES)
        .map(|at| {
            format!(
                "modify=20240102030405;perm=adfrw;size={};type=file;unique=FD00U{at:X};UNIX.group=1000;\
                 UNIX.mode=0644;UNIX.owner=1000; report-{at:05}.csv",
                at * 977
            )
        })
        .collect()
}

fn list() -> Vec<String> {
    (0..LINES)
        .map(|at| format!("-rw-r--r--    1 1000     1000     {:8} Jan 02 03:04 report-{at:05}.csv", at * 977))
        .collect()
}

fn ours(bencher: Bencher<'_, '_>, parser: fn() -> Parser, lines: &[String]) {
    bencher.counter(ItemsCount::new(LINES)).with_inputs(parser).bench_refs(|parser| {
        for line in lines {
            parser.line(black_box(line.as_bytes())).for_each(|listed| drop(black_box(listed)));
        }
    });
}

#[divan::bench]
fn mlsd_ftps(bencher: Bencher<'_, '_>) {
    ours(bencher, Parser::facts, &mlsd());
}

#[divan::bench]
fn mlsd_suppaftp(bencher: Bencher<'_, '_>) {
    let lines = mlsd();
    bencher.counter(ItemsCount::new(LINES)).bench(|| {
        for line in &lines {
            drop(black_box(ListParser::parse_mlsd(black_box(line))));
        }
    });
}

#[divan::bench]
fn list_ftps(bencher: Bencher<'_, '_>) {
    ours(bencher, Parser::new, &list());
}

#[divan::bench]
fn list_suppaftp(bencher: Bencher<'_, '_>) {
    let lines = list();
    bencher.counter(ItemsCount::new(LINES)).bench(|| {
        for line in &lines {
            drop(black_box(ListParser::parse_posix(black_box(line))));
        }
    });
}
