//! The examples do what their first lines say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

fn example(name: &str) -> Command {
    // Tests lie in `deps`, examples beside it.
    let mut folder: PathBuf = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    let mut command = Command::new(folder.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION));
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    command
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_folder_is_labelled() {
    let lines = output(example("folder").arg("data/samples"));
    assert!(lines.lines().count() > 100 && lines.contains("right_erasure"), "{lines}");
}

#[test]
fn gold_data_are_measured() {
    let lines = output(example("measure").arg("data/gold/first/sv-bibliotek.jsonl"));
    assert!(lines.contains("on 96 paragraphs") && lines.contains("\nsv\tmicro-F1 0."), "{lines}");
}

#[test]
fn a_question_finds_its_answer() {
    let found = output(example("search").args(["how long are my data stored", "data/gold/pages/sv-bibliotek.md"]));
    assert_eq!(found.lines().count(), 5);
}

#[test]
fn own_labels_are_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let lines = output(example("own_labels").arg(folder.path().join("animals")));
    let score = |line: &str| line.split(' ').next().unwrap().parse::<f32>().unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    assert!(score(lines[1]) > score(lines[2]), "{lines:?}");
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_service_answers() {
    let mut server = Server(example("serve").arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap();
    let answer = post(address, "<p>You may withdraw your consent at any time.</p>");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains(r#""labels":["right_withdraw_consent"]"#),
        "{answer}"
    );
    let answer = post(address, "");
    assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("no text found"), "{answer}");
}

fn post(address: &str, page: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = page.len();
    write!(stream, "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{page}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
