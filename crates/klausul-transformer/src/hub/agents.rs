//! What speaks HTTP: timeouts, proxies, TLS.

use std::time::Duration;

use klausul_core::{Error, ErrorKind, Result};
use ureq::http::Uri;
use ureq::tls::TlsConfig;
use ureq::{Agent, Proxy, ProxyProtocol};

use super::failure::Failure;
use super::{HubOptions, tls};

/// How long a connection may take, and how long a server may be silent.
const CONNECT: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(60);

const NO_TLS: &str = "this processor cannot do the cryptography of https";
const NO_TLS_MEND: &str =
    "copy the model into the cache or give its directory, or set HF_ENDPOINT to an http address of your own";

/// An agent for each scheme, since each may have its own proxy.
#[derive(Debug)]
pub(super) struct Agents {
    http: Agent,
    https: Option<Agent>,
}

impl Agents {
    /// # Errors
    /// [`ErrorKind::Config`] when a proxy's address is none.
    pub(super) fn new(options: &HubOptions) -> Result<Self> {
        let tls = tls::config();
        let build = |name: &str, address: Option<&String>| {
            let proxy = address.map(|address| proxy(name, address, options.no_proxy.as_deref(), tls.is_some()));
            proxy.transpose().map(|proxy| agent(proxy, tls.clone()))
        };
        Ok(Self {
            http: build("HTTP_PROXY", options.http_proxy.as_ref())?,
            https: tls.as_ref().map(|_| build("HTTPS_PROXY", options.https_proxy.as_ref())).transpose()?,
        })
    }

    /// The agent for an address.
    pub(super) fn of(&self, url: &Uri) -> Result<&Agent, Failure> {
        if url.scheme_str() == Some("http") {
            return Ok(&self.http);
        }
        self.https.as_ref().ok_or_else(|| Failure::lasting(NO_TLS, NO_TLS_MEND))
    }
}

fn agent(proxy: Option<Proxy>, tls: Option<TlsConfig>) -> Agent {
    Agent::config_builder()
        .tls_config(tls.unwrap_or_default())
        // Also when it is none: the agent would read the environment.
        .proxy(proxy)
        .http_status_as_error(false)
        // Redirects are followed by hand, for the headers on the way and the token that must not go along.
        .max_redirects(0)
        .user_agent(concat!("klausul/", env!("CARGO_PKG_VERSION")))
        // Compressed answers would have another length and hash.
        .accept_encoding("identity")
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_per_read(Some(SILENCE))
        .timeout_per_write(Some(SILENCE))
        .build()
        .new_agent()
}

/// A proxy, named for the variable that sets it. Its address may hold a password, so the error does not repeat it.
fn proxy(name: &str, address: &str, no_proxy: Option<&str>, tls: bool) -> Result<Proxy> {
    let invalid = |error: ureq::Error| {
        Error::new(ErrorKind::Config, format!("the address of the proxy in {name} or ALL_PROXY is none"))
            .mend("set it to an address such as http://proxy.example:3128")
            .caused_by(error)
    };
    let parsed = Proxy::new(address.trim()).map_err(invalid)?;
    if parsed.protocol() == ProxyProtocol::Https && !tls {
        return Err(Error::new(ErrorKind::Config, format!("{NO_TLS}, and {name} or ALL_PROXY names an https proxy"))
            .mend(NO_TLS_MEND));
    }
    let mut builder = Proxy::builder(parsed.protocol()).host(parsed.host()).port(parsed.port());
    if let Some(user) = parsed.username() {
        builder = builder.username(user);
    }
    if let Some(password) = parsed.password() {
        builder = builder.password(password);
    }
    for host in no_proxy.into_iter().flat_map(|hosts| hosts.split(',')).map(str::trim).filter(|host| !host.is_empty()) {
        // A domain stands for its hosts too, as curl and Python have it.
        builder = builder.no_proxy(host).no_proxy(&format!(".{}", host.trim_start_matches('.')));
    }
    builder.build().map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_keep_their_user_and_leave_out_some_hosts() {
        let proxy = proxy("HTTPS_PROXY", "http://u:p%40ss@proxy.example:3128", Some("localhost, hub.example"), true);
        let proxy = proxy.unwrap();
        assert_eq!((proxy.host(), proxy.port()), ("proxy.example", 3128));
        assert_eq!((proxy.username(), proxy.password()), (Some("u"), Some("p@ss")));
        for (host, without) in [("localhost", true), ("hub.example", true), ("a.hub.example", true), ("other", false)] {
            assert_eq!(proxy.is_no_proxy(&format!("https://{host}/x").parse().unwrap()), without, "{host}");
        }
    }

    #[test]
    fn a_proxy_that_is_none_is_an_error_without_its_password() {
        let mut options = HubOptions::new("/c");
        options.http_proxy = Some("gopher://u:secret@p".into());
        let error = Agents::new(&options).unwrap_err().to_string();
        assert!(error.contains("HTTP_PROXY") && !error.contains("secret"), "{error}");
        assert!(proxy("HTTPS_PROXY", "https://p", None, false).unwrap_err().to_string().contains("give its directory"));
    }

    #[test]
    fn https_without_its_cryptography_is_an_error_with_a_mend() {
        let agents = Agents { http: agent(None, None), https: None };
        assert!(agents.of(&"http://a/b".parse().unwrap()).is_ok());
        let failure = agents.of(&"https://a/b".parse().unwrap()).unwrap_err();
        assert!(matches!(failure, Failure::Remote { passes: false, mend: NO_TLS_MEND, .. }), "{failure:?}");
    }
}
