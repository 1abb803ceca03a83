//! What goes on the control connection while a file moves.

use std::time::Duration;

use ftps_proto::{Pipelining, ServerKind};

use super::{Bench, bytes};
use crate::conversation;
use crate::on_every_server;
use crate::subject::{Source, Subject};

/// Long enough for a NOOP or more to be due.
const LONG: usize = 16 << 20;

/// A session with other settings, in the directory of the bench.
fn anew<S: Subject>(bench: &Bench<S>, after: Option<Duration>) -> S {
    conversation::listen();
    let mut builder = bench.site.builder::<S>();
    if let Some(after) = after {
        builder = builder.keepalive(after);
    }
    let mut client = S::connect(&builder).unwrap();
    client.set_current_dir(&bench.directory.name).unwrap();
    client
}

fn keepalives_go_while_a_file_moves<S: Subject>(bench: Bench<S>) {
    let file = bytes(5, LONG);
    bench.directory.write("down", &file);
    // vsftpd answers them after the file's own reply, ProFTPD before it, and Pure-FTPd does not know them then.
    for up in [false, true] {
        let mut client = anew(&bench, Some(Duration::from_millis(1)));
        conversation::said();
        if up {
            assert_eq!(client.upload("up", &mut Source::bytes(file.as_slice())).unwrap().bytes, LONG as u64);
            assert!(bench.directory.read("up") == file);
        } else {
            let (back, done) = client.download_to("down").unwrap();
            assert!(back == file && done.bytes == LONG as u64);
        }
        let said = conversation::said();
        assert!(said.iter().any(|line| line == "> NOOP"), "{said:?}");
        assert_eq!(client.size("down").unwrap(), LONG as u64);
        assert!(client.current_dir().unwrap().ends_with(bench.directory.name.as_bytes()));
        client.quit().unwrap();
    }
}
on_every_server!(keepalives_go_while_a_file_moves where |site| site.is_plainest());

fn the_next_data_connection_is_asked_for_before_a_file_is_confirmed<S: Subject>(bench: Bench<S>) {
    let mut client = anew(&bench, None);
    client.expect_more(true);
    conversation::said();
    // A server nearby may confirm a file as soon as it has ended, so that nothing can be asked for in between: then again.
    let (mut said, mut moved, mut early) = (Vec::new(), 0, false);
    while !early && moved < 200 {
        let (name, file) = (format!("f{moved}"), bytes(moved, 1000 + moved));
        assert!(
            client.upload(&name, &mut Source::bytes(file.as_slice())).unwrap().resumed
                || !bench.site.gives_tickets()
        );
        assert_eq!(client.download_to(&name).unwrap().0, file);
        moved += 2;
        said.extend(conversation::said());
        let of = |what: &str| {
            let lines = said.iter().enumerate().filter(|(_, line)| line.starts_with(what));
            lines.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let (asked, confirmed) = (of("> EPSV"), of("< 226"));
        assert_eq!(confirmed.len(), moved, "{said:?}");
        // Once for each file, and once for the one still expected: never in vain.
        assert!((moved..=moved + 1).contains(&asked.len()), "{said:?}");
        early = asked[1..].iter().zip(&confirmed).any(|(asked, confirmed)| asked < confirmed);
    }
    assert!(early, "{moved} files, and never in time");
    client.expect_more(false);
    assert_eq!(client.size("f0").unwrap(), 1000);
    client.quit().unwrap();
}
on_every_server!(the_next_data_connection_is_asked_for_before_a_file_is_confirmed where |site| site.is_plainest());

/// Sessions with the same settings, one after the other and at the same time: each has its data connections let in. The first
/// of those is asked for with the login.
fn the_same_settings_serve_for_many_sessions<S: Subject>(bench: Bench<S>) {
    conversation::listen();
    let builder = bench.site.builder::<S>().expect_transfer(true);
    let path = |name: &str| format!("{}/{name}", bench.directory.name);
    let mut clients = Vec::new();
    for n in 0..2 {
        conversation::said();
        let mut client = S::connect(&builder).unwrap();
        let (name, file) = (path("file"), bytes(n, 3000 + n));
        let done = client.upload(&name, &mut Source::bytes(file.as_slice())).unwrap();
        assert_eq!(done.resumed, bench.site.gives_tickets());
        assert!(client.download_to(&name).unwrap().0 == file);
        let said = conversation::said();
        let of = |what: &str| said.iter().position(|line| line.starts_with(what)).unwrap();
        // Where the server is known to take commands before it has answered to others.
        if bench.site.is("pyftpdlib") {
            bench.site.cannot("the login in one go: it is not known to take that");
        } else {
            assert!(of("> EPSV") < of("< 230"), "{said:?}");
        }
        clients.push(client);
    }
    for mut client in clients {
        assert_eq!(client.size(path("file")).unwrap(), 3001);
        client.quit().unwrap();
    }
}
on_every_server!(the_same_settings_serve_for_many_sessions where |site| site.route == Route::Epsv);

fn a_batch_moves_every_file_and_asks_for_no_data_connection_in_vain<S: Subject>(bench: Bench<S>) {
    let mut client = anew(&bench, None);
    let mut files: Vec<_> = (0..6).map(|n| (format!("f{n}"), bytes(n, 500 * n))).collect();
    // One fails, and the others do not.
    files[3].0 = "missing/f3".into();
    conversation::said();
    let back = client.in_batches(&files);
    let said = conversation::said();
    for (n, (back, (name, file))) in back.into_iter().zip(&files).enumerate() {
        match back {
            Ok(back) => assert!(back == *file && bench.directory.read(name) == *file, "{name}"),
            Err(error) => assert!(n == 3 && matches!(error.code().unwrap().get(), 550 | 553), "{error}"),
        }
    }
    let asked = said.iter().filter(|line| *line == "> EPSV").count();
    let moved = said.iter().filter(|line| line.starts_with("> STOR ") || line.starts_with("> RETR ")).count();
    assert_eq!((asked, moved), (12, 12), "{said:?}");
    assert_eq!(client.size("f5").unwrap(), 2500);
    client.quit().unwrap();
}
on_every_server!(a_batch_moves_every_file_and_asks_for_no_data_connection_in_vain where |site| site.is_plainest());

/// Files so long that the request comes while they move, and short ones: the race is lost, and nothing else.
fn an_eager_client_loses_no_file<S: Subject>(bench: Bench<S>) {
    conversation::listen();
    let builder = bench.site.builder::<S>().pipelining(Pipelining::Eager).expect_transfer(true);
    let mut client = S::connect(&builder).unwrap();
    client.set_current_dir(&bench.directory.name).unwrap();
    client.expect_more(true);
    conversation::said();
    for (n, size) in [1000, LONG, 3000, LONG, 1000].into_iter().enumerate() {
        let (name, file) = (format!("f{n}"), bytes(n, size));
        let done = client.upload(&name, &mut Source::bytes(file.as_slice())).unwrap();
        assert!(done.resumed || !bench.site.gives_tickets());
        assert!(bench.directory.read(&name) == file);
        assert!(client.download_to(&name).unwrap().0 == file);
    }
    let said = conversation::said();
    let refused = said.iter().filter(|line| line.starts_with("< 450") || line.starts_with("< 500")).count();
    // vsftpd does not listen before a file has ended. A server that is not known is asked nothing so early.
    let refuses = matches!(client.server(), ServerKind::ProFtpd | ServerKind::PureFtpd);
    assert_eq!(refused, usize::from(refuses), "{said:?}");
    client.expect_more(false);
    assert_eq!(client.size("f2").unwrap(), 3000);
    client.quit().unwrap();
}
on_every_server!(an_eager_client_loses_no_file where |site| site.is_plainest());
