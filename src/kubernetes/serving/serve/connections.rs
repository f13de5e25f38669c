//! Connections with limits: what one may send, how long it may last, how many there are. A slow, silent or flooding client
//! does not block others: when there are too many, the oldest is closed, so that the newest (a probe of the kubelet, say) is
//! always answered.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

/// Connections at the same time.
pub(super) const CONNECTIONS: usize = 64;
/// The longest that a connection, which is one request, may last.
pub(super) const LIFETIME: Duration = Duration::from_secs(10);
/// The largest request, headers and body. The endpoints take no body.
pub(super) const REQUEST_BYTES: usize = 16 * 1024;

/// A listener whose connections have limits.
pub(super) struct Connections {
    listener: TcpListener,
    /// Dropping one ends its connection; the oldest first.
    open: VecDeque<oneshot::Sender<()>>,
}

impl Connections {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, open: VecDeque::new() }
    }

    fn admit(&mut self, stream: TcpStream) -> Connection {
        self.open.retain(|connection| !connection.is_closed());
        while self.open.len() >= CONNECTIONS {
            self.open.pop_front();
        }
        let (open, evicted) = oneshot::channel();
        self.open.push_back(open);
        Connection { stream, evicted, deadline: Box::pin(sleep(LIFETIME)), left: REQUEST_BYTES }
    }
}

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The listener of axum waits and tries again where the system has no room for one more.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (self.admit(stream), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when it was too long, too large, or too old among too many.
pub(super) struct Connection {
    stream: TcpStream,
    evicted: oneshot::Receiver<()>,
    deadline: Pin<Box<Sleep>>,
    /// Bytes that it may still send.
    left: usize,
}

impl Connection {
    /// An error once the connection has to end; wakes the task when that happens.
    fn limits(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if Pin::new(&mut self.evicted).poll(cx).is_ready() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "gave way to newer connections"));
        }
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "took too long"));
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.limits(cx)?;
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too large")));
        }
        let left = self.left;
        let mut room = ReadBuf::new(buf.initialize_unfilled_to(left.min(buf.remaining())));
        let polled = Pin::new(&mut self.stream).poll_read(cx, &mut room);
        let read = room.filled().len();
        buf.advance(read);
        self.left -= read;
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.limits(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    /// The text of metrics is sent without a copy for each reader.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.limits(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.limits(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
