//! Connectors that go through relays, over the runtime's own types, as a proxy's would go to the proxy.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use ftps_proto::Channel;
use ftps_proto::drive::Endpoint;

use crate::relay::Relays;

pub struct TokioConnector(pub Arc<Relays>);

impl ftps_tokio::Connect for TokioConnector {
    fn connect(&self, channel: Channel, to: Endpoint) -> ftps_tokio::Connecting {
        let address = self.0.to(channel, &to);
        Box::pin(async move {
            let stream = tokio::net::TcpStream::connect(address).await?;
            Ok(Box::new(stream) as Box<dyn ftps_tokio::Stream>)
        })
    }
}

pub struct SmolConnector(pub Arc<Relays>);

impl ftps_smol::Connect for SmolConnector {
    fn connect(&self, channel: Channel, to: Endpoint) -> ftps_smol::Connecting {
        let address = self.0.to(channel, &to);
        Box::pin(async move {
            let stream = smol::Async::<TcpStream>::connect(address).await?;
            Ok(Box::new(stream) as Box<dyn ftps_smol::Stream>)
        })
    }
}

pub struct AsyncStdConnector(pub Arc<Relays>);

impl ftps_smol::Connect for AsyncStdConnector {
    fn connect(&self, channel: Channel, to: Endpoint) -> ftps_smol::Connecting {
        let address = self.0.to(channel, &to);
        Box::pin(async move {
            let stream = async_std::net::TcpStream::connect(address).await?;
            Ok(Box::new(stream) as Box<dyn ftps_smol::Stream>)
        })
    }
}

pub struct BlockingConnector(pub Arc<Relays>);

impl ftps_blocking::Connect for BlockingConnector {
    fn connect(&self, channel: Channel, to: Endpoint) -> io::Result<Arc<dyn ftps_blocking::Stream>> {
        let stream = TcpStream::connect(self.0.to(channel, &to))?;
        stream.set_nonblocking(true)?;
        Ok(Arc::new(stream))
    }
}
