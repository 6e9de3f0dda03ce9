use super::cache::check_fetched;
use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A cache that holds a model at `main`, laid out as clients of the hub do.
fn cache(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("models--owner--small");
    let snapshot = model.join("snapshots").join(COMMIT);
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(model.join("refs")).unwrap();
    std::fs::write(model.join("refs/main"), COMMIT).unwrap();
    for file in files {
        std::fs::write(snapshot.join(file), "{}").unwrap();
    }
    folder
}

fn hub(cache: &Path, offline: bool) -> Hub {
    // No hub answers at port 0, should a connection be tried against all intent.
    let options = HubOptions::new(cache).with_endpoint("http://127.0.0.1:0").unwrap();
    Hub::new(options.with_offline(offline))
}

#[test]
fn what_the_cache_has_is_opened_and_its_commit_recorded() {
    let folder = cache(&NEEDED);
    for revision in [None, Some("main"), Some(COMMIT)] {
        let model = hub(folder.path(), true).fetch("owner/small", revision, &mut |_| unreachable!()).unwrap();
        assert_eq!(model.revision(), Some(COMMIT));
        assert!(model.name().ends_with(format!("snapshots/{COMMIT}")) && model.manifest().is_none());
    }
    // Online, a missing manifest must be known to be missing.
    assert!(hub(folder.path(), false).cached("owner/small", None).unwrap().is_none());
    ModelCache::new(folder.path(), "owner/small").note_lack(COMMIT, MANIFEST).unwrap();
    assert!(hub(folder.path(), false).cached("owner/small", None).unwrap().is_some());
    assert!(hub(folder.path(), true).cached("owner/small", Some("v2")).unwrap().is_none());
}

#[test]
fn offline_says_what_is_missing_and_how_to_get_it() {
    let folder = cache(&NEEDED[..2]);
    let error = hub(folder.path(), true).fetch("owner/small", None, &mut |_| ()).unwrap_err().to_string();
    assert!(
        error.contains("model `owner/small` at `main` is not wholly in the cache") && error.contains("HF_HUB_OFFLINE")
    );
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let folder = cache(&NEEDED);
    let hub = hub(folder.path(), true);
    for id in ["", "a/b/c", "../small", "a/..", "a//b", "a b/c", "a--b/c", ".a/b", "-a", "a\\b/c"] {
        assert!(hub.cached(id, None).unwrap_err().to_string().contains("is not the id"), "{id}");
    }
    for revision in ["", "../x", "a/../b", "a//b", "/x", "a?b", "x/"] {
        let error = hub.cached("owner/small", Some(revision)).unwrap_err().to_string();
        assert!(error.contains("is not a branch, tag or commit"), "{revision}");
    }
    assert!(hub.cached("owner/small", Some("feature/one--two")).unwrap().is_none());
}

#[test]
fn a_hub_that_is_not_there_is_an_error_with_a_mend() {
    let folder = cache(&[]);
    let error = hub(folder.path(), false).fetch("owner/small", None, &mut |_| ()).unwrap_err();
    let (kind, error) = (error.kind(), error.to_string());
    assert!(error.starts_with("model `owner/small` is not fetched from http://127.0.0.1:0: "), "{error}");
    assert!(kind == ErrorKind::Io && error.ends_with("or give the model's directory"), "{error}");
}

#[test]
fn fetched_files_are_compared_with_their_hashes() {
    let folder = tempfile::tempdir().unwrap();
    for (name, good) in [
        // SHA-256 of the bytes, and the SHA-1 that git gives them.
        ("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", true),
        ("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0", true),
        ("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b1", false),
        ("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9825", false),
        ("an-etag-that-is-no-hash", true),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, "hello").unwrap();
        let checked = check_fetched(&path, name, 5);
        assert_eq!((checked.is_ok(), path.exists()), (good, good), "{name}");
        if let Err(error) = checked {
            assert!(error.to_string().contains(name) && error.to_string().ends_with("fetch it again"), "{error}");
        }
    }
    let path = folder.path().join("short");
    std::fs::write(&path, "hello").unwrap();
    assert!(check_fetched(&path, "short", 6).unwrap_err().to_string().contains("5 bytes, not the 6"));
}

#[test]
fn files_of_a_commit_are_links_that_are_mended() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ModelCache::new(folder.path(), "owner/small");
    let pointer = cache.snapshot(COMMIT).join("config.json");
    let lock = cache.lock("etag").unwrap();
    std::fs::write(cache.blob("etag"), "old").unwrap();
    cache.link("etag", &pointer).unwrap();
    std::fs::remove_file(cache.blob("etag")).unwrap();
    std::fs::write(cache.blob("other"), "new").unwrap();
    cache.link("other", &pointer).unwrap();
    drop(lock);
    assert_eq!(std::fs::read_to_string(&pointer).unwrap(), "new");
    #[cfg(unix)]
    assert_eq!(std::fs::read_link(&pointer).unwrap(), Path::new("../../blobs/other"));
}
