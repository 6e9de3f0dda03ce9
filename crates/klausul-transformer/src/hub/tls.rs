//! Cryptography for `https`, in Rust alone: no C compiler is needed to build it.

use ureq::tls::TlsConfig;

/// What `https` needs, where this processor can do it. Graviola panics on one that cannot, so it is asked first.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) fn config() -> Option<TlsConfig> {
    use std::sync::Arc;

    graviola::util::is_cpu_supported().then(|| {
        let provider = Arc::new(rustls_graviola::default_provider());
        TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build()
    })
}

/// Graviola knows two architectures, and this is another.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn config() -> Option<TlsConfig> {
    None
}
