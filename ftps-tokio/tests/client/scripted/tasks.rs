//! Futures among other tasks and on other threads.

use std::sync::Arc;

use ftps_tokio::{Builder, Client, Listed};
use tokio::io::AsyncWriteExt;

use super::open;
use super::peer::{Act, Peer};
use super::server::Ending;

#[expect(dead_code, reason = "that it compiles is the test")]
async fn every_future_can_be_sent_to_another_thread(builder: Builder, mut client: Client) {
    fn send<T: Send>(future: T) -> T {
        future
    }
    let _ = send(builder.connect()).await;
    let _ = send(client.upload("x", &mut tokio::io::empty())).await;
    let _ = send(client.writer("x")).await;
    let _ = send(client.download("x")).await;
    let _ = send(client.list("x")).await;
    let _ = send(client.entries("x").unwrap().next()).await;
    let _ = send(client.size("x")).await;
    let _ = send(client.current_dir()).await;
    let _ = send(client.set_current_dir("x")).await;
    let _ = send(client.create_dir("x")).await;
    let _ = send(client.remove_file("x")).await;
    let _ = send(client.remove_dir("x")).await;
    let _ = send(client.rename("x", "y")).await;
    let _ = send(client.keep_alive()).await;
    let _ = send(client.quit()).await;
}

fn file() -> Vec<u8> {
    (0..=250).cycle().take(5_000_000).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_on_another_thread() {
    let peer = Peer::polite()
        .on("RETR", ["150 here".into(), Act::Secure, Act::Send(file()), Act::Finish, "226 done".into()])
        .on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()]);
    let (server, mut client) = open(peer).await;
    let work = async move {
        let mut got = Vec::new();
        let mut download = client.download("file").await.unwrap();
        // Read where it lies.
        tokio::io::copy_buf(&mut download, &mut got).await.unwrap();
        assert!(got == file());
        drop(download);
        assert_eq!(client.upload("file", &mut file().as_slice()).await.unwrap().bytes, 5_000_000);
        client.quit().await.unwrap();
    };
    tokio::spawn(work).await.unwrap();
    assert!(server.upload() == (file(), Ending::Clean));
    assert_eq!(server.log().resumed, [true; 2]);
}

#[tokio::test]
async fn a_listing_goes_on_where_the_wait_for_its_next_entry_is_dropped() {
    let listing = b"type=file;size=1; a\r\ntype=file;size=2; b\r\ntype=dir; c\r\n".to_vec();
    let acts = ["150 here".into(), Act::Secure, Act::Send(listing), Act::Finish, "226 done".into()];
    let (_server, mut client) = open(Peer::polite().on("MLSD", acts).drips()).await;
    let mut entries = client.entries("").unwrap();
    let mut names = Vec::new();
    loop {
        tokio::select! {
            biased;
            next = entries.next() => match next.unwrap() {
                Some(Listed::Entry(entry)) => names.push(entry.name.to_string()),
                Some(unparsed) => panic!("{unparsed:?}"),
                None => break,
            },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(names, ["a", "b", "c"]);
    drop(entries);
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
}

#[tokio::test]
async fn the_session_goes_on_where_an_upload_is_dropped_before_its_confirmation() {
    let acts = ["150 send".into(), Act::Secure, Act::Receive, Act::Finish];
    let (server, mut client) = open(Peer::polite().on("STOR", acts)).await;
    let server = Arc::new(server);
    let mut upload = client.writer("file").await.unwrap();
    upload.write_all(b"whole").await.unwrap();
    let seen = tokio::task::spawn_blocking({
        let server = Arc::clone(&server);
        move || server.upload()
    });
    tokio::select! {
        done = upload.shutdown() => panic!("{done:?}"),
        seen = seen => assert_eq!(seen.unwrap(), (b"whole".to_vec(), Ending::Clean)),
    }
    drop(upload);
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
    assert!(server.heard().contains(&"ABOR".to_owned()));
}

#[tokio::test]
async fn to_shut_a_writer_down_is_to_finish_it() {
    let acts = ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()];
    let (server, mut client) = open(Peer::polite().on("STOR", acts)).await;
    let mut upload = client.writer("file").await.unwrap();
    upload.write_all(b"once").await.unwrap();
    upload.shutdown().await.unwrap();
    upload.shutdown().await.unwrap();
    assert_eq!(upload.transferred().unwrap().bytes, 4);
    drop(upload);
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
    assert_eq!(server.log().uploads, [(b"once".to_vec(), Ending::Clean)]);
    assert!(!server.heard().contains(&"ABOR".to_owned()), "nothing was left to recover from");
}
