//! What a batch does with input that is broken: a clear error on it, and everything else is done.

use std::io::Write;

use crate::util::Folder;
use flate2::Compression;
use flate2::write::GzEncoder;

const GOOD: &str = "You can withdraw your consent at any time by writing to the address below.";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Runs a batch of one bad input between two good ones and returns what was said of the bad one.
fn among_good(name: &str, content: &[u8], more: &[&str]) -> (usize, String) {
    let folder = Folder::new();
    folder.write("in/a.txt", GOOD).write(&format!("in/{name}"), content).write("in/z.txt", GOOD);
    let mut arguments = vec!["classify", "in", "-q"];
    arguments.extend(more);
    let ran = folder.run(&arguments);
    let records = ran.records();
    assert!(records.iter().any(|record| record["doc"] == "a.txt"), "{}", ran.stderr);
    assert!(records.iter().any(|record| record["doc"] == "z.txt"), "{}", ran.stderr);
    assert_eq!(ran.code, i32::from(!ran.stderr.is_empty()), "{}", ran.stderr);
    let of_bad = records.iter().filter(|record| record["doc"].as_str().unwrap().contains(name)).count();
    (of_bad, ran.stderr)
}

#[test]
fn empty_and_binary_files_are_named() {
    for (name, content) in
        [("m.txt", &b""[..]), ("m.html", b" \n\t "), ("m.bin", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00")]
    {
        let (records, said) = among_good(name, content, &[]);
        assert_eq!(records, 0);
        assert!(said.contains(name), "{name}: {said}");
    }
}

#[test]
fn a_cut_gzip_and_a_bomb_are_named() {
    let page = format!("<p>{}</p>", GOOD.repeat(2000));
    let mut cut = gzip(page.as_bytes());
    cut.truncate(cut.len() / 2);
    let (_, said) = among_good("m.html.gz", &cut, &[]);
    assert!(said.contains("m.html.gz"), "{said}");
    let bomb = gzip(&vec![b'a'; 20 << 20]);
    let (records, said) = among_good("m.txt.gz", &bomb, &["--max-document-bytes", "1000000"]);
    assert_eq!(records, 0);
    assert!(said.contains("m.txt.gz") && said.contains("--max-document-bytes"), "{said}");
}

#[test]
fn bad_lines_cost_themselves() {
    let rows = format!("{{\"text\":\"{GOOD}\"}}\n{{\"text\":\n{{\"text\":3}}\n{{\"text\":\"{GOOD}\"}}\n");
    let (records, said) = among_good("m.jsonl", rows.as_bytes(), &[]);
    assert_eq!(records, 2);
    assert!(said.contains("m.jsonl:2:") && said.contains("m.jsonl:3:"), "{said}");
    let (records, said) = among_good("m.csv", format!("id,text\n1,{GOOD}\n2,a,b,c\n3,{GOOD}\n").as_bytes(), &[]);
    assert_eq!(records, 2);
    assert!(said.contains("m.csv:3:"), "{said}");
}

#[test]
fn strange_text_is_read_all_the_same() {
    let deep = format!("{}<p>{GOOD}</p>", "<div>".repeat(100_000));
    assert_eq!(among_good("m.html", deep.as_bytes(), &[]), (1, String::new()));
    let broken = format!("<html><body><p>{GOOD}<td></div></b><p>Deine Daten &auml;ndern<");
    assert!(among_good("m.html", broken.as_bytes(), &[]).0 >= 1);
    let nul = format!("{GOOD}\0 Second part of it.");
    assert_eq!(among_good("m.txt", nul.as_bytes(), &["--format", "text"]), (1, String::new()));
    let latin1 =
        b"<meta charset=iso-8859-1><p>Du kan n\xe4r som helst \xe5terkalla ditt samtycke till behandlingen.</p>";
    assert_eq!(among_good("m.html", latin1, &[]), (1, String::new()));
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(GOOD.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(among_good("m.txt", &utf16, &[]), (1, String::new()));
}

#[test]
fn a_long_line_is_bounded() {
    let long = "a ".repeat(3 << 20);
    let (records, said) = among_good("m.txt", long.as_bytes(), &["--max-document-bytes", "1000000"]);
    assert_eq!(records, 0);
    assert!(said.contains("m.txt"), "{said}");
    let row = format!("{{\"text\":\"{long}\"}}\n{{\"text\":\"{GOOD}\"}}\n");
    let (records, said) = among_good("m.jsonl", row.as_bytes(), &["--max-document-bytes", "1000000"]);
    assert_eq!(records, 1);
    assert!(said.contains("m.jsonl:1:"), "{said}");
}

#[test]
fn a_broken_warc_record_costs_itself() {
    let record = |url: &str, length: usize| {
        let body = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>{GOOD}</p>");
        format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Type: application/http;msgtype=response\r\n\
             Content-Length: {}\r\n\r\n{body}\r\n\r\n",
            if length == 0 { body.len() } else { length }
        )
    };
    let warc = [
        record("http://m.warc/1", 0),
        record("http://m.warc/2", 0).replace("Content-Length: ", "Content-Length: x"),
        record("http://m.warc/3", 0),
    ]
    .concat();
    let (records, said) = among_good("m.warc", warc.as_bytes(), &[]);
    assert_eq!(records, 2);
    assert!(said.contains("m.warc"), "{said}");
}

#[test]
fn fail_fast_stops_and_keeps_what_was_before() {
    let folder = Folder::new();
    folder.write("in/a.txt", GOOD).write("in/b.txt", "").write("in/c.txt", GOOD);
    let ran = folder.run(&["classify", "in", "-q", "--fail-fast"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.records().len(), 1);
}

#[test]
fn missing_inputs_and_outputs_that_cannot_be_written_are_named() {
    let folder = Folder::new();
    folder.write("a.txt", GOOD);
    let ran = folder.run(&["classify", "nowhere.html", "a.txt", "-q"]);
    assert_eq!((ran.code, ran.records().len()), (1, 1));
    assert!(ran.stderr.contains("nowhere.html"), "{}", ran.stderr);
    let ran = folder.run(&["classify", "a.txt", "-q", "-o", "no/such/folder/x.jsonl"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no/such/folder/x.jsonl"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_with_its_cause() {
    let folder = Folder::new();
    folder.write("a.txt", GOOD);
    let status = std::process::Command::new(assert_cmd::cargo::cargo_bin("klausul"))
        .args(["classify", "a.txt", "-q"])
        .current_dir(folder.path("."))
        .stdout(std::fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&status.stderr).contains("No space left"), "{status:?}");
}

#[cfg(unix)]
#[test]
fn a_fifo_is_read_as_a_stream() {
    let folder = Folder::new();
    let made = std::process::Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap();
    assert!(made.success());
    let path = folder.path("pipe");
    let writer = std::thread::spawn(move || std::fs::write(path, GOOD).unwrap());
    let ran = folder.run(&["classify", "pipe", "-q"]);
    writer.join().unwrap();
    assert_eq!((ran.code, ran.records().len()), (0, 1), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    folder.write("a.txt", format!("{GOOD}\n\n").repeat(20_000));
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("klausul"))
        .args(["classify", "a.txt", "-q"])
        .current_dir(folder.path("."))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
