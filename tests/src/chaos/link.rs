//! A link between two processes that carries bytes, and does to them what networks do: delays them, keeps them, tears
//! the connection. What the bytes mean is not known here.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Bytes carried at once.
const CHUNK: usize = 16 * 1024;

/// What a link does to what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nothing.
    Fine,
    /// Answers come later by this.
    Slow(Duration),
    /// Nothing arrives. What was sent meanwhile is delivered when the weather turns, as TCP does after an outage.
    Silent,
    /// Of so many chunks, the last tears its connection instead of arriving.
    Torn {
        /// Chunks.
        every: u64,
    },
}

/// A link. Ends with all its connections when it is dropped.
pub struct Link {
    weather: watch::Sender<Weather>,
    connections: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

/// What every connection of a link shares.
#[derive(Clone)]
struct Sky {
    weather: watch::Receiver<Weather>,
    chunks: Arc<AtomicU64>,
}

impl Link {
    /// A link to an address, and the address of its near end.
    ///
    /// # Panics
    /// When there is no port to be had.
    pub async fn tcp(to: SocketAddr) -> (Link, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let near = listener.local_addr().expect("an address");
        let link = Link::accept(move |sky, connections| async move {
            let mut carried = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let sky = sky.clone();
                carried.spawn(async move {
                    match TcpStream::connect(to).await {
                        Ok(far) => {
                            let _ = (near.set_nodelay(true), far.set_nodelay(true));
                            carry(near, far, sky).await;
                        }
                        Err(_) => near.tear(),
                    }
                });
                while carried.try_join_next().is_some() {}
            }
        });
        (link, near)
    }

    /// A link to a Unix socket, with its near end at another path.
    ///
    /// # Panics
    /// When there can't be a socket at that path.
    #[must_use]
    pub fn unix(near: &Path, to: PathBuf) -> Link {
        let listener = UnixListener::bind(near).expect("a socket");
        Link::accept(move |sky, connections| async move {
            let mut carried = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (sky, to) = (sky.clone(), to.clone());
                carried.spawn(async move {
                    if let Ok(far) = UnixStream::connect(to).await {
                        carry(near, far, sky).await;
                    }
                });
                while carried.try_join_next().is_some() {}
            }
        })
    }

    fn accept<F>(accepting: impl FnOnce(Sky, Arc<AtomicU64>) -> F) -> Link
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (weather, now) = watch::channel(Weather::Fine);
        let connections = Arc::new(AtomicU64::new(0));
        let sky = Sky { weather: now, chunks: Arc::default() };
        let accepting = tokio::spawn(accepting(sky, Arc::clone(&connections)));
        Link { weather, connections, accepting }
    }

    /// Changes the weather, for connections that there are as well.
    pub fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Connections made so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A connection that can be torn.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn tear(self);
}

impl Wire for TcpStream {
    /// A reset: the other side learns of it at once, and loses what was under way.
    fn tear(self) {
        let _ = self.set_zero_linger();
    }
}

impl Wire for UnixStream {
    /// Unix sockets know no reset; closing without a farewell comes nearest.
    fn tear(self) {}
}

enum End {
    Closed,
    Torn,
}

async fn carry<S: Wire>(near: S, far: S, sky: Sky) {
    let (mut near_in, mut near_out) = tokio::io::split(near);
    let (mut far_in, mut far_out) = tokio::io::split(far);
    let end = tokio::select! {
        end = one_way(&mut near_in, &mut far_out, sky.clone(), Way::There) => end,
        end = one_way(&mut far_in, &mut near_out, sky, Way::Back) => end,
    };
    let (near, far) = (near_in.unsplit(near_out), far_in.unsplit(far_out));
    if let End::Torn = end {
        near.tear();
        far.tear();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

async fn one_way(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut sky: Sky,
    way: Way,
) -> End {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match from.read(&mut chunk).await {
            Ok(0) | Err(_) => return End::Closed,
            Ok(read) => read,
        };
        let weather = match sky.weather.wait_for(|weather| *weather != Weather::Silent).await {
            Ok(weather) => *weather,
            Err(_) => return End::Closed,
        };
        match weather {
            Weather::Slow(by) if way == Way::Back => tokio::time::sleep(by).await,
            Weather::Torn { every } if (sky.chunks.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(every) => {
                return End::Torn;
            }
            _ => {}
        }
        if to.write_all(&chunk[..read]).await.is_err() {
            return End::Closed;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// A link before a service that says everything back.
    async fn echo() -> (Link, TcpStream) {
        let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = service.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = service.accept().await.unwrap();
            let (mut from, mut to) = stream.split();
            let _ = tokio::io::copy(&mut from, &mut to).await;
        });
        let (link, near) = Link::tcp(address).await;
        (link, TcpStream::connect(near).await.unwrap())
    }

    async fn say(stream: &mut TcpStream) -> std::io::Result<Duration> {
        let began = Instant::now();
        stream.write_all(b"hello").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"hello");
        Ok(began.elapsed())
    }

    #[tokio::test]
    async fn a_slow_link_answers_later_and_a_fine_one_carries_all() {
        let (link, mut stream) = echo().await;
        say(&mut stream).await.unwrap();
        link.turn(Weather::Slow(Duration::from_millis(100)));
        assert!(say(&mut stream).await.unwrap() >= Duration::from_millis(100));
        assert_eq!(link.connections(), 1);
    }

    #[tokio::test]
    async fn what_was_sent_into_silence_arrives_when_it_is_over() {
        let (link, mut stream) = echo().await;
        link.turn(Weather::Silent);
        assert!(tokio::time::timeout(Duration::from_millis(100), say(&mut stream)).await.is_err());
        link.turn(Weather::Fine);
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");
    }

    #[tokio::test]
    async fn a_torn_link_resets_its_connection() {
        let (link, mut stream) = echo().await;
        link.turn(Weather::Torn { every: 2 });
        let error = say(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}
