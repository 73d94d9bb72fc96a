//! Names become addresses here, at the moment of connecting: a name that must be of the internet and turns out to be of
//! this machine, or of a private network, is refused, whatever it was when somebody looked before.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use lgdl::networks::is_private;
use tower::Service;

type Resolving = Pin<Box<dyn Future<Output = io::Result<std::vec::IntoIter<SocketAddr>>> + Send>>;

/// The system's resolver, with private addresses left out where they must not be.
#[derive(Clone)]
pub(super) struct Resolver {
    system: GaiResolver,
    public: Arc<BTreeSet<String>>,
}

impl Resolver {
    /// Names in `public` must be of the internet.
    pub(super) fn new(public: Vec<String>) -> Resolver {
        let public = public.into_iter().map(|name| name.to_ascii_lowercase()).collect();
        Resolver { system: GaiResolver::new(), public: Arc::new(public) }
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Service::poll_ready(&mut self.system, context)
    }

    fn call(&mut self, name: Name) -> Resolving {
        let must_be_public = self.public.contains(&name.as_str().to_ascii_lowercase());
        let resolving = self.system.call(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = resolving.await?.collect();
            if must_be_public { of_the_internet(found) } else { Ok(found.into_iter()) }
        })
    }
}

/// The addresses, if none of them is private: a name that has one among others is not trusted with the others.
fn of_the_internet(found: Vec<SocketAddr>) -> io::Result<std::vec::IntoIter<SocketAddr>> {
    if found.iter().any(|address| is_private(address.ip())) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the name has a private address"));
    }
    Ok(found.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_private_address_among_others_is_refused() {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("an address")).collect();
        assert_eq!(of_the_internet(addresses(&["1.1.1.1:443"])).expect("public").count(), 1);
        assert!(of_the_internet(addresses(&["1.1.1.1:443", "10.0.0.1:443"])).is_err());
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_where_it_must_be_public_and_nowhere_else() {
        let name = || "localhost".parse::<Name>().expect("a name");
        assert!(Resolver::new(Vec::new()).call(name()).await.is_ok_and(|mut found| found.next().is_some()));
        assert!(Resolver::new(vec!["LocalHost".into()]).call(name()).await.is_err());
    }
}
