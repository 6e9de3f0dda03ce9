//! Requests to the hub.

use klausul_core::Result;
use serde::Deserialize;
use ureq::http::header::{ETAG, LOCATION};
use ureq::http::{HeaderMap, Response, Uri};
use ureq::typestate::WithoutBody;
use ureq::{Agent, Body, RequestBuilder};

use super::agents::Agents;
use super::failure::{Failure, persist};
use super::{HubOptions, is_name};

/// Redirects that are followed.
const REDIRECTS: usize = 8;
/// Bytes of the longest list of files that is read.
const MOST_JSON: u64 = 16 << 20;
/// Characters of the longest name of a blob; those of the hub are hashes.
const MOST_NAME: usize = 128;

/// A model's commit and files.
#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Debug, Deserialize)]
struct Sibling {
    rfilename: String,
}

impl Repository {
    pub(super) fn has(&self, file: &str) -> bool {
        self.siblings.iter().any(|sibling| sibling.rfilename == file)
    }
}

/// A file as the hub speaks of it.
#[derive(Debug)]
pub(super) struct Described {
    /// The blob's name: its SHA-256, or the SHA-1 that git gives it.
    pub(super) etag: String,
    pub(super) size: u64,
}

/// Asks the hub about one model.
#[derive(Debug)]
pub(super) struct Client<'a> {
    options: &'a HubOptions,
    id: &'a str,
    agents: Agents,
}

impl<'a> Client<'a> {
    /// # Errors
    /// [`klausul_core::ErrorKind::Config`] when a proxy's address is none.
    pub(super) fn new(options: &'a HubOptions, id: &'a str) -> Result<Self> {
        Ok(Self { options, id, agents: Agents::new(options)? })
    }

    /// The commit that a branch or tag stands for, and the files there.
    ///
    /// # Errors
    /// As [`persist`].
    pub(super) fn repository(&self, revision: &str) -> Result<Repository> {
        let revision = revision.replace('/', "%2F");
        let url = format!("{}/api/models/{}/revision/{revision}", self.options.endpoint, self.id);
        persist(&format!("model `{}`", self.id), &self.options.endpoint, || {
            let body = accepted(self.follow(&url, Agent::get, |_| false)?)?.into_body();
            let json = body.into_with_config().limit(MOST_JSON).read_to_vec()?;
            serde_json::from_slice(&json).map_err(|error| Failure::no_hub(&error.to_string()))
        })
    }

    /// The name and size of a file's blob.
    ///
    /// # Errors
    /// As [`persist`].
    pub(super) fn describe(&self, commit: &str, file: &str) -> Result<Described> {
        self.persist(file, || {
            // Large files lie on other hosts, and the redirect says all about them.
            let linked =
                |headers: &HeaderMap| text(headers, "x-linked-etag").and(text(headers, "x-linked-size")).is_some();
            let answer = self.follow(&self.url(commit, file), Agent::head, linked)?;
            let redirects = answer.status().is_redirection();
            described(if redirects { answer } else { accepted(answer)? }.headers(), commit)
        })
    }

    /// A file's bytes from an offset on; the answer may give them all, or say by its status that there are no more.
    pub(super) fn read(&self, commit: &str, file: &str, from: u64) -> Result<Response<Body>, Failure> {
        let request = |agent: &Agent, url: Uri| match from {
            0 => agent.get(url),
            _ => agent.get(url).header("range", format!("bytes={from}-")),
        };
        let answer = self.follow(&self.url(commit, file), request, |_| false)?;
        if from > 0 && answer.status() == 416 { Ok(answer) } else { accepted(answer) }
    }

    /// Tries to get something of a file.
    ///
    /// # Errors
    /// As [`persist`].
    pub(super) fn persist<T>(&self, file: &str, attempt: impl FnMut() -> Result<T, Failure>) -> Result<T> {
        persist(&format!("`{file}` of model `{}`", self.id), &self.options.endpoint, attempt)
    }

    fn url(&self, commit: &str, file: &str) -> String {
        format!("{}/{}/resolve/{commit}/{file}", self.options.endpoint, self.id)
    }

    /// The first answer that is no redirect, or one whose headers are all that is wanted.
    fn follow(
        &self,
        url: &str,
        request: impl Fn(&Agent, Uri) -> RequestBuilder<WithoutBody>,
        enough: impl Fn(&HeaderMap) -> bool,
    ) -> Result<Response<Body>, Failure> {
        let first: Uri = url.parse().map_err(|_| Failure::no_hub(&format!("`{url}` is not an address")))?;
        let mut url = first.clone();
        for _ in 0..=REDIRECTS {
            let mut request = request(self.agents.of(&url)?, url.clone());
            // The token is the endpoint's: it does not go along to another host.
            if let Some(token) = self.options.token.as_ref().filter(|_| origin(&url) == origin(&first)) {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let answer = request.call()?;
            if !matches!(answer.status().as_u16(), 301..=303 | 307 | 308) || enough(answer.headers()) {
                return Ok(answer);
            }
            let location = text(answer.headers(), LOCATION.as_str());
            url = location
                .and_then(|location| resolve(&url, location))
                .ok_or_else(|| Failure::no_hub(&format!("it redirects to `{}`", location.unwrap_or_default())))?;
        }
        Err(Failure::no_hub("it redirects without end"))
    }
}

/// An answer of success.
fn accepted(answer: Response<Body>) -> Result<Response<Body>, Failure> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let said = text(answer.headers(), "x-error-message").filter(|said| said.len() < 300);
    Err(Failure::refused(answer.status().as_u16(), said))
}

fn described(headers: &HeaderMap, commit: &str) -> Result<Described, Failure> {
    if let Some(other) = text(headers, "x-repo-commit").filter(|other| *other != commit) {
        return Err(Failure::no_hub(&format!("asked for commit {commit}, it answers with `{other}`")));
    }
    let etag = text(headers, "x-linked-etag").or_else(|| text(headers, ETAG.as_str()));
    // The strength of a tag and the quotes around it are HTTP's, not the blob's.
    let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"'));
    let etag = etag.filter(|etag| is_name(etag) && etag.len() <= MOST_NAME);
    let size = text(headers, "x-linked-size").or_else(|| text(headers, "content-length"));
    let size = size.and_then(|size| size.parse().ok());
    match (etag, size) {
        (Some(etag), Some(size)) => Ok(Described { etag: etag.to_owned(), size }),
        (None, _) => Err(Failure::no_hub("it gives no etag that names the file's content")),
        (_, None) => Err(Failure::no_hub("it does not say how large the file is")),
    }
}

/// A header's value, where it is ASCII.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// What two addresses share when one server answers for both.
fn origin(url: &Uri) -> (Option<&str>, Option<String>, u16) {
    let port = if url.scheme_str() == Some("http") { 80 } else { 443 };
    (url.scheme_str(), url.host().map(str::to_ascii_lowercase), url.port_u16().unwrap_or(port))
}

/// Where a redirect leads: a web address, and not out of the encryption.
fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    let whole = if location.starts_with("http://") || location.starts_with("https://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let url: Uri = whole.parse().ok()?;
    (url.host().is_some() && (scheme == "http" || url.scheme_str() == Some("https"))).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_where_they_say_but_not_out_of_https() {
        let from: Uri = "https://hub.example/a/resolve/b".parse().unwrap();
        for (location, url) in [
            ("https://cdn.example/x?y=%20", Some("https://cdn.example/x?y=%20")),
            ("//cdn.example/x", Some("https://cdn.example/x")),
            ("/other/x", Some("https://hub.example/other/x")),
            ("x", Some("https://hub.example/a/resolve/x")),
            ("http://cdn.example/x", None),
            ("https://", None),
        ] {
            assert_eq!(resolve(&from, location).map(|url| url.to_string()).as_deref(), url, "{location}");
        }
    }

    #[test]
    fn one_origin_is_one_scheme_host_and_port() {
        let same = |a: &str, b: &str| origin(&a.parse().unwrap()) == origin(&b.parse().unwrap());
        assert!(same("https://hub.example/a", "https://HUB.example:443/b"));
        for other in
            ["http://hub.example", "https://hub.example:8443", "https://cdn.hub.example", "https://hub.example.org"]
        {
            assert!(!same("https://hub.example", other), "{other}");
        }
    }

    #[test]
    fn a_files_name_is_its_etag_and_leads_nowhere() {
        let described = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            described(&headers, "c0")
        };
        let length = ("content-length", "5");
        for (etag, name) in [("\"ab\"", "ab"), ("W/\"ab\"", "ab"), ("ab-1.gz", "ab-1.gz")] {
            assert_eq!(described(&[("etag", etag), length]).unwrap().etag, name);
        }
        let both = [("etag", "\"s3\""), ("x-linked-etag", "\"ab\""), ("x-linked-size", "9"), length];
        let linked = described(&both).unwrap();
        assert_eq!((linked.etag.as_str(), linked.size), ("ab", 9));
        for bad in ["\"../ab\"", "\"\"", "a/b", &"a".repeat(MOST_NAME + 1)] {
            assert!(described(&[("etag", bad), length]).is_err(), "{bad}");
        }
        assert!(described(&[("etag", "ab")]).is_err() && described(&[length]).is_err());
        assert!(described(&[("etag", "ab"), length, ("x-repo-commit", "c1")]).is_err());
    }
}
