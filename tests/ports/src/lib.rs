//! A port that is a test's own for as long as the test runs, whether or not somebody listens at it just then.
//!
//! A port that was only looked up, or whose server is killed and comes back later, may be given to another test meanwhile: the one then
//! meets the other's server where it expects none. A socket that is bound and does not listen keeps the port: the system gives it to
//! nobody who asks for any, connections to it are refused, and a server that asks for this very port, with `SO_REUSEADDR` as all
//! do, gets it.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port of the loopback interface. It is anybody's again when this is dropped.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    _held: Socket,
}

impl Port {
    /// One that nobody has.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn free() -> Port {
        let held = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        held.set_reuse_address(true).expect("a socket that shares its port");
        held.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
        let address = held.local_addr().expect("an address").as_socket().expect("an address of IP");
        Port { address, _held: held }
    }

    /// Where a server listens that has it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.address.port()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_server_comes_and_goes_and_nobody_else_gets_its_port() {
        let port = Port::free();
        for _ in 0..3 {
            assert!(TcpStream::connect(port.address()).is_err(), "nobody listens");
            let server = TcpListener::bind(port.address()).expect("it is free for who asks for it");
            let _client = TcpStream::connect(port.address()).expect("somebody listens");
            let _accepted = server.accept().expect("a connection");
        }
        let others: Vec<Port> = (0..200).map(|_| Port::free()).collect();
        assert!(others.iter().all(|other| other.number() != port.number()));
    }
}
