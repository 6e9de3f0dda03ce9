//! Runs that stop and go on.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::util::Folder;
use assert_cmd::cargo::cargo_bin;

fn folder() -> Folder {
    let folder = Folder::new();
    for file in 0..6 {
        let line = |row: usize| {
            format!(
                "{{\"id\":\"{file}-{row}\",\"text\":\"We keep the data of order {row} in shop {file} for {} years.\"}}\n",
                row % 5
            )
        };
        folder.write(&format!("in/{file}.jsonl"), (0..40_000).map(line).collect::<String>());
    }
    folder.write("in/bad.txt", "");
    folder
}

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    Command::new(cargo_bin("klausul"))
        .args(["classify", "in", "-q", "--backend", "rules", "--language", "en", "--labels-only", "-o", "out.jsonl"])
        .args(arguments)
        .current_dir(folder.path("."))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends a signal once the run has written a state, and waits for its end.
fn stop(folder: &Folder, mut child: Child, signal: &str) -> Option<i32> {
    let begin = Instant::now();
    while !folder.path("out.jsonl.state").exists() && begin.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child.wait().unwrap().code()
}

#[test]
fn a_stopped_run_ends_with_the_bytes_of_an_unbroken_one() {
    let folder = folder();
    let whole = start(&folder, &[]).wait_with_output().unwrap();
    assert_eq!(whole.status.code(), Some(1), "bad.txt fails");
    let expected = folder.read("out.jsonl");
    assert_eq!(expected.lines().count(), 240_000);
    for signal in ["-INT", "-KILL"] {
        std::fs::remove_file(folder.path("out.jsonl")).unwrap();
        let code = stop(&folder, start(&folder, &["--threads", "1"]), signal);
        assert_eq!(code, (signal == "-INT").then_some(1));
        assert!(!folder.path("out.jsonl").exists());
        let again = start(&folder, &[]).wait_with_output().unwrap();
        assert_eq!(again.status.code(), Some(2), "a state is left: the user must say what to do with it");
        let other = start(&folder, &["--resume", "--explain"]).wait_with_output().unwrap();
        assert_eq!(other.status.code(), Some(2), "other settings cannot continue it");
        let rest = start(&folder, &["--resume", "--summary"]).wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&rest.stderr);
        assert_eq!(rest.status.code(), Some(1), "{said}");
        assert!(said.contains("6 documents, 240000 paragraphs") && said.contains("1 failures"), "{said}");
        assert!(folder.read("out.jsonl") == expected, "{signal}");
        assert!(!folder.path("out.jsonl.state").exists() && !folder.path("out.jsonl.partial").exists());
    }
}

#[test]
fn resume_without_a_state_is_a_run_from_the_start() {
    let folder = Folder::new();
    folder.write("in/a.txt", "You can withdraw your consent at any time.");
    let ran = folder.run(&["classify", "in", "-q", "--backend", "rules", "-o", "out.csv", "--resume"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(folder.read("out.csv").lines().count(), 2);
}
