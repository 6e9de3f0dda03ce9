//! A WebDriver client of the few commands that the tests of pages need, over a plain socket.
//!
//! See <https://www.w3.org/TR/webdriver2/> for the commands; `goog/cdp/execute` is chromedriver's own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// What went wrong, for the message of a failed test.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// A headless browser with one window; it ends with this value.
pub(crate) struct Browser {
    port: u16,
    session: String,
    driver: Child,
    /// Kept open so that the driver can go on writing to it.
    output: BufReader<ChildStdout>,
    profile: TempDir,
}

impl Browser {
    /// Starts chromedriver on a port of its choice and opens a session in it.
    ///
    /// # Errors
    /// When chromedriver or the browser is missing or does not start.
    pub(crate) fn start() -> Result<Self, Failure> {
        let profile = TempDir::new()?;
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("chromedriver does not start: {error}"))?;
        let output = BufReader::new(driver.stdout.take().ok_or("chromedriver has no output")?);
        let mut browser = Self { port: 0, session: String::new(), driver, output, profile };
        // From here on an early return drops the browser, which ends the driver.
        browser.port = browser.announced_port()?;
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
        ];
        let mut flags: Vec<String> = flags.map(String::from).to_vec();
        flags.push(format!("--user-data-dir={}", browser.profile.path().display()));
        let capabilities = json!({"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        }});
        let opened = browser.send("POST", "/session", Some(&json!({"capabilities": capabilities})))?;
        browser.session.push_str(opened["sessionId"].as_str().ok_or("the answer names no session")?);
        Ok(browser)
    }

    /// The port that the driver says it listens on.
    fn announced_port(&mut self) -> Result<u16, Failure> {
        let mut line = String::new();
        while self.output.read_line(&mut line)? > 0 {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return Ok(port.trim().trim_end_matches('.').parse()?);
            }
            line.clear();
        }
        Err("chromedriver ended without naming its port".into())
    }

    /// Opens a file anew, also when it is open already, and waits until it is loaded.
    pub(crate) fn open(&self, page: &Path, fragment: &str) -> Result<(), Failure> {
        let page = page.canonicalize()?;
        let path = page.to_str().ok_or("the page's path is not UTF-8")?;
        self.command("url", &json!({"url": "about:blank"}))?;
        self.command("url", &json!({"url": format!("file://{path}{fragment}")})).map(drop)
    }

    /// Runs the body of a function in the page and gives what it returns.
    pub(crate) fn run(&self, script: &str) -> Result<Value, Failure> {
        self.command("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Runs a script until it returns `true`, for at most five seconds.
    pub(crate) fn wait_for(&self, script: &str) -> Result<(), Failure> {
        for _ in 0..100 {
            if self.run(script)? == true {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("this did not become true: {script}").into())
    }

    /// Clicks the first element that a CSS selector finds.
    pub(crate) fn click(&self, selector: &str) -> Result<(), Failure> {
        let element = self.find(selector)?;
        self.command(&format!("element/{element}/click"), &json!({})).map(drop)
    }

    /// Types into the first element that a CSS selector finds.
    pub(crate) fn type_into(&self, selector: &str, text: &str) -> Result<(), Failure> {
        let element = self.find(selector)?;
        self.command(&format!("element/{element}/value"), &json!({"text": text})).map(drop)
    }

    fn find(&self, selector: &str) -> Result<String, Failure> {
        let found = self.command("element", &json!({"using": "css selector", "value": selector}))?;
        let id = found.as_object().and_then(|keys| keys.values().next()).and_then(Value::as_str);
        Ok(id.ok_or("the answer names no element")?.to_owned())
    }

    /// What the browser logged for this page since the last call.
    pub(crate) fn log(&self) -> Result<Vec<Value>, Failure> {
        let entries = self.command("se/log", &json!({"type": "browser"}))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    /// Runs a command of the browser's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Result<Value, Failure> {
        self.command("goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    fn command(&self, name: &str, body: &Value) -> Result<Value, Failure> {
        self.send("POST", &format!("/session/{}/{name}", self.session), Some(body))
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let answer: Value = serde_json::from_slice(&read_body(BufReader::new(stream))?)?;
        match answer["value"].get("error") {
            Some(error) => Err(format!("{path}: {error}: {}", answer["value"]["message"]).into()),
            None => Ok(answer["value"].clone()),
        }
    }
}

/// The body of an HTTP response whose length its head states.
fn read_body(mut stream: impl BufRead) -> Result<Vec<u8>, Failure> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err("the answer has no body".into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse::<usize>()?);
        }
    }
    let mut body = vec![0; length.ok_or("the answer does not state its length")?];
    stream.read_exact(&mut body)?;
    Ok(body)
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ending the session ends the browser; without it the browser would outlive its driver.
        if !self.session.is_empty() {
            let _ = self.send("DELETE", &format!("/session/{}", self.session), None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
