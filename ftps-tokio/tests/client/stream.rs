//! What tokio's sockets do beyond reading and writing.

use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::pin::Pin;
use std::task::Poll;

use ftps_tokio::Stream;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

#[tokio::test]
async fn the_system_is_asked_what_lies_in_a_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let mut space = [0; 16];
    assert_eq!(Stream::try_read(&mut stream, &mut space).unwrap_err().kind(), ErrorKind::WouldBlock);
    // Now tokio knows that nothing lies there, and hears nothing else before this task lets it.
    let polled = poll_fn(|cx| {
        let mut space = ReadBuf::new(&mut space);
        Poll::Ready(Pin::new(&mut stream).poll_read(cx, &mut space).is_pending())
    });
    assert!(polled.await);
    peer.write_all(b"200 late").unwrap();
    assert_eq!(TcpStream::try_read(&stream, &mut space).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(Stream::try_read(&mut stream, &mut space).unwrap(), 8);
    drop(peer);
    assert_eq!(Stream::try_read(&mut stream, &mut space).unwrap(), 0, "the end is told as well");
}
