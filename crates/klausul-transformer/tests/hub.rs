//! Downloads from a hub that the test itself plays on this machine's loopback address.
#![cfg(feature = "hub")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use klausul_transformer::{Hub, HubOptions};
use sha2::{Digest, Sha256};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const WEIGHTS: &str = "model.safetensors";

/// A request as it came in.
#[derive(Debug)]
struct Request {
    method: String,
    path: String,
    token: Option<String>,
    range: Option<String>,
}

/// Files by name, and what is amiss with the hub that has them.
#[derive(Debug, Clone, Default)]
struct Behaviour {
    files: BTreeMap<String, Vec<u8>>,
    wrong_hash: bool,
    /// Where the contents of files are, if not here.
    contents: Option<String>,
    /// Times that the weights break off in their middle.
    cuts: usize,
    /// Whether it sends whole files to whoever asks for a part.
    ignores_ranges: bool,
    /// Statuses that are given before any other answer.
    statuses: Vec<u16>,
}

/// Requests are written down.
struct Server {
    endpoint: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// The ranges of the requests for a file's content.
    fn reads(&self, file: &str) -> Vec<Option<String>> {
        let asked = self.asked.lock().unwrap();
        let reads = asked.iter().filter(|request| request.method == "GET" && request.path.ends_with(file));
        reads.map(|request| request.range.clone()).collect()
    }
}

fn serve(mut behaviour: Behaviour) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = answer(&stream.unwrap(), &mut behaviour, &log);
        }
    });
    Server { endpoint, asked }
}

fn request(stream: &TcpStream) -> std::io::Result<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap()?;
    let (method, rest) = first.split_once(' ').unwrap();
    let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let header = |name: &str| {
        headers.iter().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    Ok(Request {
        method: method.to_owned(),
        path: rest.split(' ').next().unwrap().to_owned(),
        token: header("authorization"),
        range: header("range"),
    })
}

fn answer(stream: &TcpStream, hub: &mut Behaviour, log: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    let Request { method, path, token, range } = request(stream)?;
    log.lock().unwrap().push(Request { method: method.clone(), path: path.clone(), token, range: range.clone() });
    let send = |mut stream: &TcpStream, head: &str, length: usize, body: &[u8]| {
        write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
        stream.write_all(if method == "HEAD" { &[] } else { body })
    };
    if let Some(status) = hub.statuses.pop() {
        return send(stream, &format!("{status} Refused\r\nx-error-message: as the test says"), 0, &[]);
    }
    if path == "/api/models/owner/small/revision/main" {
        let siblings: Vec<_> = hub.files.keys().map(|name| serde_json::json!({ "rfilename": name })).collect();
        let body = serde_json::json!({ "sha": COMMIT, "siblings": siblings }).to_string();
        return send(stream, "200 OK\r\ncontent-type: application/json", body.len(), body.as_bytes());
    }
    let name =
        path.strip_prefix(&format!("/owner/small/resolve/{COMMIT}/")).or_else(|| path.strip_prefix("/contents/"));
    let Some((name, file)) = name.and_then(|name| Some((name, hub.files.get(name)?))) else {
        return send(stream, "404 Not Found", 0, &[]);
    };
    let mut hash = format!("{:x}", Sha256::digest(file));
    if hub.wrong_hash {
        hash = hash.chars().rev().collect();
    }
    let commit = format!("x-repo-commit: {COMMIT}");
    if let Some(contents) = &hub.contents {
        let linked = format!("x-linked-etag: \"{hash}\"\r\nx-linked-size: {}", file.len());
        let location = format!("location: {contents}/contents/{name}");
        return send(stream, &format!("302 Found\r\n{commit}\r\n{linked}\r\n{location}"), 0, &[]);
    }
    let start =
        range.filter(|_| !hub.ignores_ranges).map(|range| range[6..].trim_end_matches('-').parse::<usize>().unwrap());
    let status = start.map_or("200 OK".to_owned(), |start| {
        format!("206 Partial Content\r\ncontent-range: bytes {start}-{}/{}", file.len() - 1, file.len())
    });
    let body = &file[start.unwrap_or(0)..];
    let mut arrives = body;
    if method == "GET" && name == WEIGHTS && hub.cuts > 0 {
        hub.cuts -= 1;
        arrives = &body[..body.len() / 2];
    }
    send(stream, &format!("{status}\r\netag: \"{hash}\"\r\n{commit}"), body.len(), arrives)
}

fn model() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference-bert");
    let names = ["config.json", "tokenizer.json", WEIGHTS, "klausul.json"];
    names.map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap())).into()
}

fn good() -> Behaviour {
    Behaviour { files: model(), ..Behaviour::default() }
}

fn hub(cache: &Path, server: &Server) -> Hub {
    let options = HubOptions::new(cache).with_endpoint(&server.endpoint).unwrap();
    Hub::new(options.with_token(Some("hf_test".into())))
}

#[test]
fn a_model_is_fetched_once_at_one_commit() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(good()));
    let hub = hub(cache.path(), &server);
    assert!(hub.cached("owner/small", None).unwrap().is_none());
    let mut heard = BTreeMap::new();
    let fetched = hub.fetch("owner/small", None, &mut |part| {
        assert!(part.done <= part.size);
        heard.insert(part.file.to_owned(), part.done);
    });
    let fetched = fetched.unwrap();
    assert_eq!((fetched.revision(), fetched.manifest().unwrap().name.as_str()), (Some(COMMIT), "reference-bert"));
    fetched.verify().unwrap();
    let sizes: BTreeMap<String, u64> = model().into_iter().map(|(name, bytes)| (name, bytes.len() as u64)).collect();
    assert_eq!(heard, sizes);
    let asked = std::mem::take(&mut *server.asked.lock().unwrap());
    assert!(asked.iter().all(|request| request.token.as_deref() == Some("Bearer hf_test")), "{asked:?}");
    for revision in [None, Some("main"), Some(COMMIT)] {
        hub.fetch("owner/small", revision, &mut |_| panic!("it is in the cache")).unwrap();
    }
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn a_file_that_is_not_what_the_hub_says_is_refused() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(Behaviour { wrong_hash: true, ..good() }));
    let hub = hub(cache.path(), &server);
    for _ in 0..2 {
        let error = hub.fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
        assert!(error.contains("klausul.json: its hash is `") && error.ends_with("fetch it again"), "{error}");
    }
    assert!(hub.cached("owner/small", None).unwrap().is_none());
}

#[test]
fn a_file_that_is_not_what_the_manifest_says_is_refused() {
    let mut files = model();
    files.get_mut(WEIGHTS).unwrap().pop();
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(Behaviour { files, ..Behaviour::default() }));
    let error = hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors: its size is `") && error.contains("as klausul.json says"), "{error}");
}

#[test]
fn a_plain_encoder_and_a_model_without_safetensors() {
    let mut files = model();
    files.remove("klausul.json");
    let (cache, server) =
        (tempfile::tempdir().unwrap(), serve(Behaviour { files: files.clone(), ..Behaviour::default() }));
    assert!(hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap().manifest().is_none());
    assert!(hub(cache.path(), &server).cached("owner/small", None).unwrap().is_some());
    files.remove(WEIGHTS);
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(Behaviour { files, ..Behaviour::default() }));
    let error = hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("has no `model.safetensors`"), "{error}");
    let error = hub(cache.path(), &server).fetch("owner/other", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("`owner/other` is not fetched") && error.contains("HF_ENDPOINT"), "{error}");
}

#[test]
fn the_cache_is_laid_out_as_the_hubs_clients_lay_it_out() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(good()));
    hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap();
    let folder = cache.path().join("models--owner--small");
    assert_eq!(std::fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
    assert_eq!(std::fs::read_dir(folder.join("blobs")).unwrap().count(), model().len());
    for (name, bytes) in model() {
        let (pointer, blob) =
            (folder.join("snapshots").join(COMMIT).join(&name), format!("{:x}", Sha256::digest(&bytes)));
        assert_eq!(std::fs::read(folder.join("blobs").join(&blob)).unwrap(), bytes);
        #[cfg(unix)]
        assert_eq!(std::fs::read_link(&pointer).unwrap(), Path::new("../../blobs").join(blob));
        assert_eq!(std::fs::read(pointer).unwrap(), bytes);
    }
}

#[test]
fn the_token_does_not_go_along_to_another_host() {
    let contents = serve(good());
    let server = serve(Behaviour { contents: Some(contents.endpoint.clone()), ..good() });
    let cache = tempfile::tempdir().unwrap();
    hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap().verify().unwrap();
    let (here, there) = (server.asked.lock().unwrap(), contents.asked.lock().unwrap());
    assert!(here.iter().all(|request| request.token.is_some()), "{here:?}");
    // The description is the hub's own: only contents are asked for elsewhere.
    assert!(there.iter().all(|request| request.token.is_none() && request.method == "GET"), "{there:?}");
    assert_eq!(there.len(), model().len());
}

#[test]
fn a_download_that_breaks_off_is_taken_up_where_it_broke() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(Behaviour { cuts: 2, ..good() }));
    hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap().verify().unwrap();
    let size = model()[WEIGHTS].len();
    let parts = [None, Some(size / 2), Some(size / 2 + size.div_ceil(2) / 2)];
    assert_eq!(server.reads(WEIGHTS), parts.map(|part| part.map(|start| format!("bytes={start}-"))));
}

#[test]
fn what_an_earlier_run_left_is_taken_up_or_replaced() {
    let weights = &model()[WEIGHTS];
    let half = weights.len() / 2;
    for (left, ignores_ranges) in
        [(&weights[..half], false), (&weights[..half], true), (&[&weights[..], b"x"].concat(), false)]
    {
        let (cache, server) = (tempfile::tempdir().unwrap(), serve(Behaviour { ignores_ranges, ..good() }));
        let blobs = cache.path().join("models--owner--small/blobs");
        std::fs::create_dir_all(&blobs).unwrap();
        std::fs::write(blobs.join(format!("{:x}.incomplete", Sha256::digest(weights))), left).unwrap();
        let mut heard = Vec::new();
        let fetched = hub(cache.path(), &server).fetch("owner/small", None, &mut |part| {
            heard.extend((part.file == WEIGHTS).then_some(part.done));
        });
        fetched.unwrap().verify().unwrap();
        assert_eq!(server.reads(WEIGHTS), [(left.len() == half).then(|| format!("bytes={half}-"))]);
        assert_eq!(heard.last(), Some(&(weights.len() as u64)));
    }
}

#[test]
fn a_part_that_was_wrong_is_fetched_anew() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(good()));
    let weights = &model()[WEIGHTS];
    let blobs = cache.path().join("models--owner--small/blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    std::fs::write(blobs.join(format!("{:x}.incomplete", Sha256::digest(weights))), "not its beginning").unwrap();
    let hub = hub(cache.path(), &server);
    let error = hub.fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors: its hash is `") && error.ends_with("fetch it again"), "{error}");
    hub.fetch("owner/small", None, &mut |_| ()).unwrap().verify().unwrap();
}

#[test]
fn a_hub_that_is_out_of_order_is_asked_again() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(Behaviour { statuses: vec![429, 503], ..good() }));
    hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap();
    assert_eq!(server.reads("/revision/main").len(), 3);
}

#[test]
fn refusals_name_the_model_the_hub_and_the_mend() {
    for (status, mend) in
        [(401, "set HF_TOKEN"), (403, "accept the model's terms"), (404, "check the id, the revision")]
    {
        let (cache, server) = (tempfile::tempdir().unwrap(), serve(Behaviour { statuses: vec![status], ..good() }));
        let error = hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
        let subject = format!("model `owner/small` is not fetched from {}: it ", server.endpoint);
        assert!(error.starts_with(&subject) && error.contains(mend) && error.contains("HF_TOKEN"), "{error}");
        assert!(error.contains(&format!("(status {status}: as the test says)")), "{error}");
        assert_eq!(server.asked.lock().unwrap().len(), 1);
    }
    // The list of files is given, the first file is refused.
    let gone = serve(Behaviour::default());
    let server = serve(Behaviour { contents: Some(gone.endpoint.clone()), ..good() });
    let cache = tempfile::tempdir().unwrap();
    let error = hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(
        error.starts_with("`klausul.json` of model `owner/small` is not fetched") && error.contains("404"),
        "{error}"
    );
}

#[test]
fn a_server_that_is_no_hub_is_an_error_with_a_mend() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            request(&stream).unwrap();
            let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(HubOptions::new(cache.path()).with_endpoint(&endpoint).unwrap());
    let error = hub.fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("does not answer as a hub does") && error.contains("HF_ENDPOINT"), "{error}");
}

#[test]
fn a_proxy_is_asked_unless_the_host_is_left_out() {
    let (proxy, server) = (serve(Behaviour::default()), serve(good()));
    let cache = tempfile::tempdir().unwrap();
    let mut options = HubOptions::new(cache.path()).with_endpoint(&server.endpoint).unwrap();
    options.http_proxy = Some(proxy.endpoint.clone());
    // This proxy knows nothing of tunnels.
    assert!(Hub::new(options.clone()).fetch("owner/small", None, &mut |_| ()).is_err());
    assert_eq!(proxy.asked.lock().unwrap()[0].method, "CONNECT");
    assert!(server.asked.lock().unwrap().is_empty());
    options.no_proxy = Some("localhost, 127.0.0.1".into());
    Hub::new(options).fetch("owner/small", None, &mut |_| ()).unwrap();
    assert_eq!(proxy.asked.lock().unwrap().len(), 1);
}

#[test]
fn two_that_fetch_the_same_at_once_share_it() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(good()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap().verify().unwrap();
            });
        }
    });
    assert_eq!(server.reads(WEIGHTS), [None]);
}
