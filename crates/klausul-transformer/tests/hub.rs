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

/// A request's path and token.
type Request = (String, Option<String>);

/// Files by name; requests are written down.
struct Server {
    endpoint: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

fn serve(files: BTreeMap<String, Vec<u8>>, wrong_hash: bool) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = answer(&stream.unwrap(), &files, wrong_hash, &log);
        }
    });
    Server { endpoint, asked }
}

fn answer(
    mut stream: &TcpStream,
    files: &BTreeMap<String, Vec<u8>>,
    wrong_hash: bool,
    log: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap()?;
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let header = |name: &str| {
        headers.iter().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    log.lock().unwrap().push((path.clone(), header("authorization")));
    let send = |mut stream: &TcpStream, head: &str, body: &[u8]| {
        write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
        stream.write_all(body)
    };
    if path == "/api/models/owner/small/revision/main" {
        let siblings: Vec<_> = files.keys().map(|name| serde_json::json!({ "rfilename": name })).collect();
        let body = serde_json::json!({ "sha": COMMIT, "siblings": siblings }).to_string();
        return send(stream, "200 OK\r\ncontent-type: application/json", body.as_bytes());
    }
    let file = path.strip_prefix(&format!("/owner/small/resolve/{COMMIT}/")).and_then(|name| files.get(name));
    let Some(file) = file else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    };
    let range = header("range").unwrap();
    let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let start: usize = start.parse().unwrap();
    let end = end.parse().map_or(file.len(), |end: usize| end + 1);
    let mut hash = format!("{:x}", Sha256::digest(file));
    if wrong_hash {
        hash = hash.chars().rev().collect();
    }
    let head = format!(
        "206 Partial Content\r\netag: \"{hash}\"\r\nx-repo-commit: {COMMIT}\r\ncontent-range: bytes {start}-{}/{}",
        end - 1,
        file.len()
    );
    send(stream, &head, &file[start..end])
}

fn model() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference-bert");
    let names = ["config.json", "tokenizer.json", "model.safetensors", "klausul.json"];
    names.map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap())).into()
}

fn hub(cache: &Path, server: &Server) -> Hub {
    let options = HubOptions::new(cache).with_endpoint(&server.endpoint).unwrap();
    Hub::new(options.with_token(Some("hf_test".into())))
}

#[test]
fn a_model_is_fetched_once_at_one_commit() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(model(), false));
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
    assert!(asked.iter().all(|(_, token)| token.as_deref() == Some("Bearer hf_test")), "{asked:?}");
    for revision in [None, Some("main"), Some(COMMIT)] {
        hub.fetch("owner/small", revision, &mut |_| panic!("it is in the cache")).unwrap();
    }
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn a_file_that_is_not_what_the_hub_says_is_refused() {
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(model(), true));
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
    files.get_mut("model.safetensors").unwrap().pop();
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(files, false));
    let error = hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors: its size is `") && error.contains("as klausul.json says"), "{error}");
}

#[test]
fn a_plain_encoder_and_a_model_without_safetensors() {
    let mut files = model();
    files.remove("klausul.json");
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(files.clone(), false));
    assert!(hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap().manifest().is_none());
    assert!(hub(cache.path(), &server).cached("owner/small", None).unwrap().is_some());
    files.remove("model.safetensors");
    let (cache, server) = (tempfile::tempdir().unwrap(), serve(files, false));
    let error = hub(cache.path(), &server).fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("has no `model.safetensors`"), "{error}");
    let error = hub(cache.path(), &server).fetch("owner/other", None, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("`owner/other` is not fetched") && error.contains("HF_ENDPOINT"), "{error}");
}
