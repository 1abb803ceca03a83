//! What tokio's sockets do beyond reading and writing.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::task::{Context, Poll};

use ftps_tokio::Stream;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
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

/// A user's own stream, with nothing but what it has to have.
struct Tunnel(DuplexStream);

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, space)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl Stream for Tunnel {
    fn reset_on_drop(&mut self, _: bool) {}

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Err(ErrorKind::Unsupported.into())
    }
}

#[tokio::test]
async fn a_stream_of_ones_own_can_be_tried() {
    let (mut peer, stream) = tokio::io::duplex(4);
    let mut stream: Box<dyn Stream> = Box::new(Tunnel(stream));
    let mut space = [0; 16];
    assert_eq!(stream.try_read(&mut space).unwrap_err().kind(), ErrorKind::WouldBlock);
    peer.write_all(b"200").await.unwrap();
    assert_eq!(stream.try_read(&mut space).unwrap(), 3);
    assert_eq!(stream.try_write(b"QUIT\r\n").unwrap(), 4);
    assert_eq!(stream.try_write(b"\r\n").unwrap_err().kind(), ErrorKind::WouldBlock);
}
