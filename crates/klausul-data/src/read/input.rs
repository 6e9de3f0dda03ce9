//! What the user named: files, folders, standard input.

use std::collections::HashSet;
use std::fs::FileType;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use klausul_core::{Error, ErrorKind, Result};
use walkdir::{DirEntry, WalkDir};

use super::ReadOptions;

/// Something that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The path below the folder that was named, with `/`; the file name; or `-`.
    pub id: String,
    /// The file, or `None` for standard input.
    pub path: Option<PathBuf>,
}

impl Input {
    /// Standard input, whose id is `-`.
    pub fn stdin() -> Self {
        Self { id: "-".to_owned(), path: None }
    }

    /// A file, whose id is its name.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let id = path.file_name().map_or_else(|| slashed(&path), |name| name.to_string_lossy().into_owned());
        Self { id, path: Some(path) }
    }

    /// The path as it was named, or `-`: what errors and [`super::Page::source`] say.
    pub fn source(&self) -> String {
        self.path.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string())
    }
}

/// Walks what the user named, in the order in which it was named; `-` is standard input.
///
/// Folders are walked to the bottom, in the order of the file names, so that two runs agree. Files and folders whose
/// name begins with a dot are passed over, the globs of the options apply to the path below the folder, and symbolic
/// links are followed. A file named outright is always taken, and so is a FIFO or a character device; inside a folder
/// those are errors, since reading them may never end. A folder or file that cannot be read, a broken link, a loop of
/// links and a socket are each one `Err`, and the walk goes on.
///
/// Ids are unique within a run: where two inputs have the same id, the later one has its path as it was named, and a
/// number behind it if need be.
pub fn inputs(paths: &[PathBuf], options: &ReadOptions) -> impl Iterator<Item = Result<Input>> + Send + use<> {
    let (include, exclude) = (options.include.clone(), options.exclude.clone());
    let mut taken = HashSet::new();
    let paths = paths.to_vec();
    paths.into_iter().flat_map(move |path| walk(path, include.clone(), exclude.clone())).map(move |input| {
        let mut input = input?;
        if !taken.insert(input.id.clone()) {
            let path = input.path.as_deref().map_or_else(|| input.id.clone(), slashed);
            let numbered = (2_u64..).map(|number| format!("{path} ({number})"));
            let free = std::iter::once(path.clone()).chain(numbered).find(|id| taken.insert(id.clone()));
            input.id = free.unwrap_or(path);
        }
        Ok(input)
    })
}

fn walk(root: PathBuf, include: Option<GlobSet>, exclude: GlobSet) -> Box<dyn Iterator<Item = Result<Input>> + Send> {
    let once = |item| Box::new(std::iter::once(item));
    if root.as_os_str() == "-" {
        return once(Ok(Input::stdin()));
    }
    let kind = match std::fs::metadata(&root) {
        Ok(metadata) => metadata.file_type(),
        Err(error) => return once(Err(cannot_read(&root, error))),
    };
    if !kind.is_dir() {
        let input = if kind.is_file() || is_stream(kind) { Ok(Input::file(root)) } else { Err(special(&root)) };
        return once(input);
    }
    let below = {
        let root = root.clone();
        move |path: &Path| path.strip_prefix(&root).unwrap_or(path).to_owned()
    };
    let enters = {
        let below = below.clone();
        move |entry: &DirEntry| {
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            entry.depth() == 0 || !hidden && !exclude.is_match(below(entry.path()))
        }
    };
    let entries = WalkDir::new(&root).follow_links(true).sort_by_file_name().into_iter().filter_entry(enters);
    Box::new(entries.filter_map(move |entry| {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Some(Err(walk_error(&root, error))),
        };
        let relative = below(entry.path());
        if entry.file_type().is_dir() || include.as_ref().is_some_and(|globs| !globs.is_match(&relative)) {
            return None;
        }
        if !entry.file_type().is_file() {
            return Some(Err(special(entry.path())));
        }
        Some(Ok(Input { id: slashed(&relative), path: Some(entry.into_path()) }))
    }))
}

fn walk_error(root: &Path, error: walkdir::Error) -> Error {
    let path = error.path().unwrap_or(root).to_owned();
    if error.loop_ancestor().is_some() {
        return Error::new(ErrorKind::Io, "a symbolic link leads back to a folder above it").at(path);
    }
    cannot_read(&path, error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into()))
}

/// An error of the file system with its path and mend.
pub(super) fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    let broken_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    let mend = match error.kind() {
        std::io::ErrorKind::NotFound if broken_link => "this is a symbolic link to nothing",
        std::io::ErrorKind::NotFound => "check the path",
        std::io::ErrorKind::PermissionDenied => "make it readable for this user",
        _ => return Error::from(error).at(path),
    };
    Error::from(error).at(path).mend(mend)
}

fn special(path: &Path) -> Error {
    Error::new(ErrorKind::Io, "neither a file nor a folder").at(path).mend("name a FIFO outright to read it")
}

#[cfg(unix)]
fn is_stream(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_fifo() || kind.is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: FileType) -> bool {
    false
}

/// A path with `/` between its parts.
fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    fn ids(paths: &[PathBuf], options: &ReadOptions) -> Vec<String> {
        inputs(paths, options).map(|input| input.map_or_else(|error| format!("! {error}"), |input| input.id)).collect()
    }

    #[test]
    fn folders_are_walked_in_order_and_filtered() {
        let folder = tree(&["b/2.html", "b/10.html", "a.txt", "c/drafts/x.html", ".git/x.html", "c/.DS_Store"]);
        let root = [folder.path().to_owned()];
        assert_eq!(ids(&root, &ReadOptions::new()), ["a.txt", "b/10.html", "b/2.html", "c/drafts/x.html"]);
        let options = ReadOptions::new().with_include(["*.html"]).unwrap().with_exclude(["c/drafts"]).unwrap();
        assert_eq!(ids(&root, &options), ["b/10.html", "b/2.html"]);
    }

    #[test]
    fn ids_are_unique_within_a_run() {
        let folder = tree(&["a/p.html", "b/p.html"]);
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        let file = b.join("p.html");
        let ids = ids(&[a, b, file.clone(), "-".into()], &ReadOptions::new());
        let path = file.display();
        assert_eq!(ids, ["p.html".to_owned(), path.to_string(), format!("{path} (2)"), "-".to_owned()]);
    }

    #[test]
    fn what_is_missing_is_one_error() {
        let folder = tree(&["a.txt"]);
        let ids = ids(&[folder.path().join("no"), folder.path().to_owned()], &ReadOptions::new());
        assert_eq!((ids.len(), ids[1].as_str()), (2, "a.txt"));
        assert!(ids[0].contains("/no: No such file") && ids[0].ends_with("; check the path"), "{ids:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_sockets_do_not_stop_the_walk() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tree(&["d/a.txt", "locked/b.txt", "z.txt"]);
        symlink(folder.path(), folder.path().join("d/loop")).unwrap();
        symlink("nowhere", folder.path().join("broken")).unwrap();
        symlink("z.txt", folder.path().join("good")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        let locked = folder.path().join("locked");
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
        let is_root = std::fs::read_dir(&locked).is_ok();
        let ids = ids(&[folder.path().to_owned()], &ReadOptions::new());
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
        let ends: Vec<&str> = ids.iter().map(|id| id.rsplit(": ").next().unwrap()).collect();
        assert_eq!(ends[0], "No such file or directory (os error 2); this is a symbolic link to nothing");
        assert_eq!(ends[1..4], ["d/a.txt", "a symbolic link leads back to a folder above it", "good"]);
        let locked =
            if is_root { "locked/b.txt" } else { "Permission denied (os error 13); make it readable for this user" };
        assert_eq!(ends[4], locked);
        assert_eq!(ends[5..], ["neither a file nor a folder; name a FIFO outright to read it", "z.txt"]);
    }
}
