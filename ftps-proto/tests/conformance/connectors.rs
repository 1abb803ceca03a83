//! Connectors that go straight to the host, over the runtime's own types, as a proxy's would to the proxy.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use ftps_proto::Channel;
use ftps_proto::drive::Endpoint;

/// The name as the builder was given it: a connector resolves names itself.
fn host(to: Endpoint) -> (String, u16) {
    match to {
        Endpoint::Host(host, port) => (host, port),
        Endpoint::Address(address) => panic!("{address} is not the host's name"),
    }
}

pub struct TokioConnector;

impl ftps_tokio::Connect for TokioConnector {
    fn connect(&self, _: Channel, to: Endpoint) -> ftps_tokio::Connecting {
        Box::pin(async move {
            let stream = tokio::net::TcpStream::connect(host(to)).await?;
            Ok(Box::new(stream) as Box<dyn ftps_tokio::Stream>)
        })
    }
}

pub struct SmolConnector;

impl ftps_smol::Connect for SmolConnector {
    fn connect(&self, _: Channel, to: Endpoint) -> ftps_smol::Connecting {
        Box::pin(async move {
            let to = smol::net::resolve(host(to)).await?;
            let stream = smol::Async::<TcpStream>::connect(to[0]).await?;
            Ok(Box::new(stream) as Box<dyn ftps_smol::Stream>)
        })
    }
}

pub struct AsyncStdConnector;

impl ftps_smol::Connect for AsyncStdConnector {
    fn connect(&self, _: Channel, to: Endpoint) -> ftps_smol::Connecting {
        Box::pin(async move {
            let (host, port) = host(to);
            let stream = async_std::net::TcpStream::connect((host.as_str(), port)).await?;
            Ok(Box::new(stream) as Box<dyn ftps_smol::Stream>)
        })
    }
}

pub struct BlockingConnector;

impl ftps_blocking::Connect for BlockingConnector {
    fn connect(&self, _: Channel, to: Endpoint) -> io::Result<Arc<dyn ftps_blocking::Stream>> {
        let stream = TcpStream::connect(host(to))?;
        stream.set_nonblocking(true)?;
        Ok(Arc::new(stream))
    }
}
