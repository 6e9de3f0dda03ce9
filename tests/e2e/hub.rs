//! Models by their id, from a cache and from a hub that the test itself plays on this machine's loopback address.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::model::{FILES, MODELS, classify, fixture, folder, refused};
use crate::util::{Folder, Ran, command, ran};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// A port on which nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Runs `klausul` with the hub's cache in the folder, and without what the user's own environment says of hubs.
fn run(folder: &Folder, endpoint: &str, offline: bool, arguments: &[&str]) -> Ran {
    let mut command = command(&folder.path("."));
    for name in ["HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "TRANSFORMERS_OFFLINE"]
    {
        command.env_remove(name);
    }
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    command.env("HF_HOME", folder.path("home")).env("HF_HUB_CACHE", folder.path("cache"));
    command.env("HF_ENDPOINT", endpoint).env("HF_HUB_OFFLINE", if offline { "1" } else { "0" });
    ran(&command.args(arguments).output().unwrap())
}

/// Where the cache has the model `owner/small`.
fn snapshot() -> String {
    format!("cache/models--owner--small/snapshots/{COMMIT}")
}

/// A folder with the model in the cache, as the hub's own clients put it there.
fn cached() -> Folder {
    let folder = folder(MODELS[1]);
    folder.write("cache/models--owner--small/refs/main", COMMIT);
    for file in FILES {
        folder.write(&format!("{}/{file}", snapshot()), std::fs::read(fixture(MODELS[1]).join(file)).unwrap());
    }
    folder
}

const CLASSIFY: [&str; 6] = ["classify", "texts.jsonl", "--taxonomy", "taxonomy.toml", "--model", "owner/small"];

#[test]
fn list_shows_the_models_that_the_cache_has_whole() {
    let folder = cached();
    let ran = run(&folder, NOWHERE, true, &["models", "list"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let path = folder.path(".").join(snapshot());
    let [line] = in_the_cache(&ran)[..] else { panic!("{}", ran.stdout) };
    let [id, commit, shown] = line.split("  ").collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert_eq!((id, commit), ("owner/small", COMMIT));
    assert_eq!(std::fs::canonicalize(shown).unwrap(), std::fs::canonicalize(path).unwrap());
    // Others that are no models, or not whole.
    folder
        .write("cache/models--owner--part/snapshots/0/config.json", "{}")
        .write("cache/datasets--a--b/refs/main", "0");
    assert_eq!(run(&folder, NOWHERE, true, &["models", "list"]).stdout, ran.stdout);
    let ran = run(&Folder::new(), NOWHERE, true, &["models", "list"]);
    assert_eq!((ran.code, in_the_cache(&ran).len()), (0, 0), "{}", ran.stderr);
}

/// The lines of `models list` on the cache, without the model that ships.
fn in_the_cache(ran: &Ran) -> Vec<&str> {
    ran.stdout.lines().filter(|line| !line.ends_with("  in the program")).collect()
}

#[test]
fn a_cached_model_classifies_offline() {
    let folder = cached();
    let local = classify(&folder, &["-q"]).records();
    for revision in [&[][..], &["--revision", "main"], &["--revision", COMMIT]] {
        let ran = run(&folder, NOWHERE, true, &[&CLASSIFY, revision].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("reference-xlm-roberta-0.1@0123456789ab+clauses-1/int8"), "{}", ran.stderr);
        let records = ran.records();
        assert_eq!(records[0]["model"], "reference-xlm-roberta-0.1@0123456789ab+clauses-1/int8");
        for (here, there) in local.iter().zip(&records) {
            assert_eq!((&here["labels"], &here["scores"]), (&there["labels"], &there["scores"]));
        }
    }
    for verb in
        [["models", "verify", "owner/small"], ["models", "show", "owner/small"], ["models", "pull", "owner/small"]]
    {
        // Also when it is not said to be offline: what is there is not asked for.
        for offline in [true, false] {
            let ran = run(&folder, NOWHERE, offline, &verb);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
            assert!(verb[1] != "show" || ran.stdout.contains(COMMIT), "{}", ran.stdout);
        }
    }
}

#[test]
fn a_model_that_the_cache_lacks_is_not_run_offline() {
    let folder = cached();
    for (model, revision) in [("owner/other", "main"), ("owner/small", "v2")] {
        let arguments = ["classify", "texts.jsonl", "--model", model, "--revision", revision];
        let subject = format!("model `{model}` at `{revision}` is not wholly in the cache, and the hub is offline");
        refused(&run(&folder, NOWHERE, true, &arguments), &[&subject, "unset HF_HUB_OFFLINE", "the model's directory"]);
    }
    std::fs::remove_file(folder.path(&snapshot()).join("tokenizer.json")).unwrap();
    refused(&run(&folder, NOWHERE, true, &CLASSIFY), &["`owner/small` at `main` is not wholly in the cache"]);
    for verb in ["show", "verify"] {
        let ran = run(&folder, NOWHERE, false, &["models", verb, "owner/other"]);
        let mend = "fetch it with `klausul models pull owner/other`";
        refused(&ran, &["`owner/other` is neither a directory nor a model in the cache", mend]);
    }
}

#[test]
fn a_hub_that_is_not_reached_is_named() {
    let folder = folder(MODELS[1]);
    for arguments in [&CLASSIFY[..], &["models", "pull", "owner/small"]] {
        refused(
            &run(&folder, NOWHERE, false, arguments),
            &["model `owner/small` is not fetched from", NOWHERE, "HF_ENDPOINT"],
        );
    }
    let ran = run(&folder, "hub.example", false, &["models", "pull", "owner/small"]);
    refused(&ran, &["the hub's address `hub.example` is none", "set HF_ENDPOINT to an address such as https://"]);
}

/// A hub with one model, `owner/small`, that writes down what it is asked.
struct Server {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

fn serve() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = answer(&stream.unwrap(), &log);
        }
    });
    Server { endpoint, asked }
}

fn answer(mut stream: &TcpStream, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap()?;
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
    log.lock().unwrap().push(first.clone());
    let [method, path, _] = first.split(' ').collect::<Vec<_>>()[..] else { panic!("{first}") };
    let file = path.strip_prefix(&format!("/owner/small/resolve/{COMMIT}/"));
    let (head, body) = if path == "/api/models/owner/small/revision/main" {
        let siblings = FILES.map(|name| json!({ "rfilename": name }));
        ("200 OK".to_owned(), json!({ "sha": COMMIT, "siblings": siblings }).to_string().into_bytes())
    } else if let Some(file) = file.filter(|file| FILES.contains(file)) {
        let tag = format!("200 OK\r\nx-repo-commit: {COMMIT}\r\netag: \"tag-of-{file}\"");
        (tag, std::fs::read(fixture(MODELS[1]).join(file))?)
    } else {
        ("404 Not Found".to_owned(), Vec::new())
    };
    write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
    stream.write_all(if method == "HEAD" { &[] } else { &body })
}

#[test]
fn a_model_is_pulled_once_and_then_runs_from_the_cache() {
    let (folder, server) = (folder(MODELS[1]), serve());
    let pulled = run(&folder, &server.endpoint, false, &["models", "pull", "owner/small"]);
    assert_eq!((pulled.code, pulled.stderr.as_str()), (0, ""));
    assert_eq!(pulled.stdout.trim_end(), folder.path(&snapshot()).to_str().unwrap(), "its directory, for scripts");
    assert_eq!(folder.read("cache/models--owner--small/refs/main"), COMMIT);
    let asked = std::mem::take(&mut *server.asked.lock().unwrap());
    assert_eq!(asked.iter().filter(|line| line.starts_with("GET ")).count(), 1 + FILES.len(), "{asked:?}");
    assert_eq!(run(&folder, &server.endpoint, false, &["models", "pull", "owner/small"]).stdout, pulled.stdout);
    let ran = run(&folder, &server.endpoint, false, &[&CLASSIFY[..], &["-q"]].concat());
    assert_eq!(
        (ran.code, ran.stderr.as_str(), ran.records().len()),
        (0, "", classify(&folder, &["-q"]).records().len())
    );
    assert!(server.asked.lock().unwrap().is_empty());
    assert_eq!(in_the_cache(&run(&folder, NOWHERE, true, &["models", "list"])).len(), 1);
}

#[test]
fn classify_fetches_a_model_that_the_cache_lacks() {
    let (folder, server) = (folder(MODELS[1]), serve());
    let ran = run(&folder, &server.endpoint, false, &[&CLASSIFY[..], &["-q"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.records()[0]["model"], "reference-xlm-roberta-0.1@0123456789ab+clauses-1/int8");
}

#[test]
fn a_model_that_the_hub_lacks_is_named() {
    let (folder, server) = (folder(MODELS[1]), serve());
    let ran = run(&folder, &server.endpoint, false, &["models", "pull", "owner/other"]);
    let subject = format!("model `owner/other` is not fetched from {}: it has no such model", server.endpoint);
    refused(&ran, &[&subject, "check the id"]);
    // What the engine would refuse is refused before anything is fetched.
    server.asked.lock().unwrap().clear();
    let ran = run(&folder, &server.endpoint, false, &[&CLASSIFY[..], &["--device", "cuda"]].concat());
    refused(&ran, &["--engine candle"]);
    assert!(server.asked.lock().unwrap().is_empty());
}
