//! Downloads and uploads, and how they end.

use tokio::io::AsyncReadExt;

use crate::open;
use crate::peer::{Act, Ending, Peer};

fn payload() -> Vec<u8> {
    (0..=255).cycle().take(100_000).collect()
}

#[tokio::test]
async fn download() {
    let (server, mut client) =
        open(Peer::polite().on(
            "RETR",
            ["150 here".into(), Act::Secure, Act::Send(payload()), Act::Finish, "226 done".into()],
        ))
        .await;
    let mut download = client.download("file").await.unwrap();
    let mut got = Vec::new();
    download.read_to_end(&mut got).await.unwrap();
    assert!(got == payload());
    drop(download);
    client.quit().await.unwrap();
    assert_eq!(server.log().resumed, [true]);
}

#[tokio::test]
async fn upload() {
    let (server, mut client) = open(
        Peer::polite()
            .on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()]),
    )
    .await;
    for _ in 0..3 {
        let done = client.upload("file", &mut payload().as_slice()).await.unwrap();
        assert_eq!(done.bytes, 100_000);
        assert_eq!(done.reply.code(), 226);
    }
    assert!(server.upload() == (payload(), Ending::Clean));
    assert_eq!(server.log().resumed, [true; 3]);
}
