//! Where the hub and its cache are.

use std::fmt;
use std::path::PathBuf;

use klausul_core::{Error, ErrorKind, Result};

const ENDPOINT: &str = "https://huggingface.co";

/// Where models are cached and fetched from.
///
/// Libraries read no environment: a program hands its variables over with [`HubOptions::from_lookup`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubOptions {
    /// The cache's folder, in the hub's own layout.
    pub cache: PathBuf,
    /// The hub's address, without a slash at its end.
    pub endpoint: String,
    /// For models that are not public.
    pub token: Option<String>,
    /// Whether only the cache is asked.
    pub offline: bool,
    /// The proxy for `https` addresses: `http://`, `https://`, `socks4://` or `socks5://`, a host, a port, perhaps a user.
    pub https_proxy: Option<String>,
    /// The proxy for `http` addresses.
    pub http_proxy: Option<String>,
    /// Hosts and domains that are asked without a proxy, with commas between them; `*` is all.
    pub no_proxy: Option<String>,
}

impl HubOptions {
    /// A cache folder, the public hub, no token, no proxy.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            endpoint: ENDPOINT.into(),
            token: None,
            offline: false,
            https_proxy: None,
            http_proxy: None,
            no_proxy: None,
        }
    }

    /// What the variables of `huggingface_hub` say, as far as they concern a client that downloads: `HF_HUB_CACHE` (before it
    /// `HUGGINGFACE_HUB_CACHE`), `HF_HOME`, `XDG_CACHE_HOME`, `HOME` or `USERPROFILE`, `HF_ENDPOINT`, `HF_TOKEN` (before it
    /// `HUGGING_FACE_HUB_TOKEN`), `HF_TOKEN_PATH`, `HF_HUB_DISABLE_IMPLICIT_TOKEN`, `HF_HUB_OFFLINE` and `TRANSFORMERS_OFFLINE`;
    /// and the proxies as curl reads them: `HTTPS_PROXY`, `HTTP_PROXY`, for both `ALL_PROXY`, and `NO_PROXY`, also in small
    /// letters.
    ///
    /// ```
    /// use klausul_transformer::HubOptions;
    ///
    /// let options = HubOptions::from_lookup(|name| (name == "HF_HOME").then(|| "/data/hf".into()))?;
    /// assert_eq!(options.cache, std::path::Path::new("/data/hf/hub"));
    /// # Ok::<(), klausul_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when no variable says where the cache is, or `HF_ENDPOINT` is no address.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let first =
            |names: &[&str]| names.iter().find_map(|name| lookup(name).filter(|value| !value.trim().is_empty()));
        let user = first(&["HOME", "USERPROFILE"]).map(PathBuf::from);
        let folder = |value: String| match (value.strip_prefix("~/"), &user) {
            (Some(rest), Some(user)) => user.join(rest),
            _ => PathBuf::from(value),
        };
        let caches = first(&["XDG_CACHE_HOME"]).map(folder).or_else(|| user.as_ref().map(|user| user.join(".cache")));
        let home = first(&["HF_HOME"]).map(folder).or_else(|| caches.map(|caches| caches.join("huggingface")));
        let cache = first(&["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"]).map(folder);
        let cache = cache.or_else(|| home.as_ref().map(|home| home.join("hub"))).ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                "no folder for the cache of models: HF_HUB_CACHE, HF_HOME and HOME are not set",
            )
            .mend("set HF_HUB_CACHE, or give the model's directory")
        })?;
        let told = |names: &[&str]| first(names).is_some_and(|value| is_true(&value));
        let token = first(&["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]).or_else(|| {
            let file = first(&["HF_TOKEN_PATH"]).map(folder).or_else(|| home.map(|home| home.join("token")))?;
            if told(&["HF_HUB_DISABLE_IMPLICIT_TOKEN"]) { None } else { std::fs::read_to_string(file).ok() }
        });
        Self {
            token: token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()),
            offline: told(&["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]),
            https_proxy: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            http_proxy: first(&["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]),
            no_proxy: first(&["NO_PROXY", "no_proxy"]),
            ..Self::new(cache)
        }
        .with_endpoint(first(&["HF_ENDPOINT"]).as_deref().unwrap_or(ENDPOINT))
    }

    /// Sets the hub's address: `https://`, or `http://` for one of your own, with host and perhaps a path.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it is none.
    pub fn with_endpoint(mut self, endpoint: &str) -> Result<Self> {
        let address = endpoint.trim().trim_end_matches('/');
        let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
        if host.is_empty() || host.starts_with(['/', ':']) || !host.bytes().all(plain) {
            return Err(Error::new(ErrorKind::Config, format!("the hub's address `{endpoint}` is none"))
                .mend(format!("set HF_ENDPOINT to an address such as {ENDPOINT}")));
        }
        address.clone_into(&mut self.endpoint);
        Ok(self)
    }

    /// Sets the token.
    #[must_use]
    pub fn with_token(mut self, token: Option<String>) -> Self {
        self.token = token;
        self
    }

    /// Sets whether only the cache is asked.
    #[must_use]
    pub fn with_offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }
}

/// The token stays out of logs, and so do the passwords of proxies.
impl fmt::Debug for HubOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |value: &Option<String>| value.as_ref().map(|_| "hidden");
        f.debug_struct("HubOptions")
            .field("cache", &self.cache)
            .field("endpoint", &self.endpoint)
            .field("token", &hidden(&self.token))
            .field("offline", &self.offline)
            .field("https_proxy", &hidden(&self.https_proxy))
            .field("http_proxy", &hidden(&self.http_proxy))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

fn is_true(value: &str) -> bool {
    matches!(value.trim().to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn options(variables: &[(&str, &str)]) -> Result<HubOptions> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        HubOptions::from_lookup(find)
    }

    #[test]
    fn the_cache_is_where_the_hub_puts_it() {
        let home = ("HOME", "/h");
        for (variables, cache) in [
            (vec![home], "/h/.cache/huggingface/hub"),
            (vec![("USERPROFILE", "/u")], "/u/.cache/huggingface/hub"),
            (vec![home, ("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (vec![home, ("HF_HOME", "~/hf")], "/h/hf/hub"),
            (vec![home, ("HF_HOME", "/hf"), ("HUGGINGFACE_HUB_CACHE", "/old")], "/old"),
            (vec![("HF_HOME", "/hf"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/new")], "/new"),
            (vec![home, ("HF_HUB_CACHE", " ")], "/h/.cache/huggingface/hub"),
        ] {
            assert_eq!(options(&variables).unwrap().cache, Path::new(cache));
        }
        assert!(options(&[]).unwrap_err().to_string().contains("HF_HUB_CACHE"));
    }

    #[test]
    fn offline_endpoint_and_token_are_obeyed() {
        let cache = ("HF_HUB_CACHE", "/c");
        for (value, offline) in [("1", true), ("yes", true), ("True", true), ("0", false), ("", false), ("off", false)]
        {
            assert_eq!(options(&[cache, ("HF_HUB_OFFLINE", value)]).unwrap().offline, offline, "{value}");
        }
        assert!(options(&[cache, ("TRANSFORMERS_OFFLINE", "1")]).unwrap().offline);
        assert_eq!(options(&[cache]).unwrap().endpoint, ENDPOINT);
        let set =
            options(&[cache, ("HF_ENDPOINT", "http://mirror.example:8080/hub/"), ("HF_TOKEN", " hf_x\n")]).unwrap();
        assert_eq!((set.endpoint.as_str(), set.token.as_deref()), ("http://mirror.example:8080/hub", Some("hf_x")));
        assert!(!format!("{set:?}").contains("hf_x"));
        for bad in ["mirror.example", "https://", "ftp://mirror.example", "https://a b", "https:///x"] {
            let error = options(&[cache, ("HF_ENDPOINT", bad)]).unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains("HF_ENDPOINT"), "{error}");
        }
    }

    #[test]
    fn proxies_are_those_of_the_scheme_and_stay_out_of_logs() {
        let cache = ("HF_HUB_CACHE", "/c");
        let proxies = |variables: &[(&str, &str)]| {
            let options = options(&[&[cache], variables].concat()).unwrap();
            assert!(!format!("{options:?}").contains("://u:secret@"));
            (options.https_proxy, options.http_proxy, options.no_proxy)
        };
        let some = |value: &str| Some(value.to_owned());
        assert_eq!(proxies(&[]), (None, None, None));
        assert_eq!(proxies(&[("https_proxy", "http://u:secret@p")]), (some("http://u:secret@p"), None, None));
        assert_eq!(
            proxies(&[("ALL_PROXY", "socks5://all"), ("HTTP_PROXY", "http://plain"), ("NO_PROXY", "a, .b")]),
            (some("socks5://all"), some("http://plain"), some("a, .b"))
        );
    }

    #[test]
    fn the_token_file_is_read_unless_it_is_forbidden() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("token"), "hf_file\n").unwrap();
        let variable = ("HF_HOME", home.path().to_str().unwrap());
        assert_eq!(options(&[variable]).unwrap().token.as_deref(), Some("hf_file"));
        assert_eq!(options(&[variable, ("HF_TOKEN", "hf_x")]).unwrap().token.as_deref(), Some("hf_x"));
        assert_eq!(options(&[variable, ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]).unwrap().token, None);
        assert_eq!(options(&[variable, ("HF_TOKEN_PATH", "/no/such/file")]).unwrap().token, None);
    }
}
