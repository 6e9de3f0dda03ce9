//! What an input is, told by its first bytes.

use klausul_core::{Error, ErrorKind, Result};
use serde::de::IgnoredAny;

use super::{Format, ReadOptions, binary, charset, csv, markup};

/// How much of an input is looked at, in bytes.
pub(super) const HEAD: usize = 64 << 10;

/// The format of an input with this head and file name; `whole` says that there is nothing behind the head.
///
/// # Errors
///
/// When the input is empty, or binary and of no format that is read.
pub(super) fn format(head: &[u8], whole: bool, name: &str, options: &ReadOptions) -> Result<Format> {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    if head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).iter().all(blank) && whole {
        return Err(Error::new(ErrorKind::Format, "the input is empty").mend("fetch it again, or leave it out"));
    }
    if let Some(format) = options.format {
        return Ok(format);
    }
    let start = head.iter().position(|byte| !blank(byte)).unwrap_or(0).min(1024);
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    } else if head.starts_with(b"PARE") {
        return Err(Error::new(ErrorKind::Format, "the Parquet file has an encrypted footer").mend("decrypt it first"));
    } else if head[start..].starts_with(b"%PDF-") {
        return Ok(Format::Pdf);
    } else if head[start..].starts_with(b"WARC/") {
        return Ok(Format::Warc);
    }
    if charset::utf16(head).is_none()
        && !head.starts_with(b"\xfe\xff")
        && let Some(what) = binary::name(head)
    {
        return Err(Error::new(ErrorKind::Format, format!("this is a binary file: {what}"))
            .mend("convert it to HTML, text or PDF"));
    }
    let text = charset::decode(head.to_vec(), None, true, None);
    Ok(text_format(&text, whole, Format::from_name(name), options))
}

fn text_format(text: &str, whole: bool, by_name: Option<Format>, options: &ReadOptions) -> Format {
    if is_json(text, by_name == Some(Format::Jsonl)) {
        return Format::Jsonl;
    }
    let (begins_as_html, tags) = markup::signs(text);
    match by_name {
        Some(Format::Html) => Format::Html,
        Some(Format::Markdown) if !is_whole_html(text) => Format::Markdown,
        _ if begins_as_html => Format::Html,
        Some(Format::Csv | Format::Jsonl) => by_name.unwrap_or(Format::Text),
        _ if csv::sniff(text, whole, options).is_some_and(|dialect| dialect.is_sure) => Format::Csv,
        _ if tags >= 3 && !has_table_of_bars(text) => Format::Html,
        _ => page_text(text),
    }
}

/// The format of a text that is known to be one page.
pub(super) fn page_text(text: &str) -> Format {
    let (begins_as_html, tags) = markup::signs(text);
    if begins_as_html || tags >= 3 && !has_table_of_bars(text) {
        Format::Html
    } else if is_markdown(text) {
        Format::Markdown
    } else {
        Format::Text
    }
}

/// Whether there is a table drawn with `|`: the tags in its cells are what a conversion to text has left of a page.
fn has_table_of_bars(text: &str) -> bool {
    text.lines().take(400).any(|line| is_bar_line(line.trim_start()))
}

fn is_bar_line(line: &str) -> bool {
    line.starts_with("|-") || line.starts_with("| -") || line.starts_with("|:-")
}

fn is_whole_html(text: &str) -> bool {
    let start = text.trim_start();
    let begins = |word: &str| start.get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word));
    begins("<!doctype html") || begins("<html")
}

/// Whether a text begins as a JSON object or as an array of objects; a `hint` forgives a bad beginning.
fn is_json(text: &str, hint: bool) -> bool {
    let text = text.trim_start();
    let begins = |text: &str| {
        let inside = text.strip_prefix('{').map(str::trim_start);
        inside.is_some_and(|inside| inside.is_empty() || inside.starts_with(['"', '}']))
    };
    let object = text.strip_prefix('[').map_or(text, str::trim_start);
    begins(object) && (hint || parses(text) || text.lines().skip(1).take(5).any(|line| begins(line) && parses(line)))
}

/// Whether the first JSON value of a text is good, as far as it goes.
fn parses(text: &str) -> bool {
    let first = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>().next();
    first.is_some_and(|value| value.map_or_else(|error| error.is_eof(), |_| true))
}

/// Whether JSON with this head has one object a line, and not objects over several lines or an array.
pub(super) fn is_json_by_line(head: &str) -> bool {
    let text = head.trim_start();
    if text.starts_with('[') {
        return false;
    }
    let Some((line, rest)) = text.split_once('\n') else { return true };
    // A first line that is cut short may be a bad line, or the beginning of a pretty-printed object, good or bad.
    let cut = serde_json::from_str::<IgnoredAny>(line).is_err_and(|error| error.is_eof());
    !cut || !parses(text) && rest.lines().any(|line| line.starts_with("{\""))
}

/// Whether a text shows constructs of Markdown of at least two sorts, one of them beyond the lists and tables that plain text
/// has too.
fn is_markdown(text: &str) -> bool {
    let (mut score, mut seen) = (0, [false; 6]);
    for line in text.lines().take(400) {
        let line = line.trim_start();
        let heading = line.trim_start_matches('#');
        let level = line.len() - heading.len();
        let found = [
            ((1..=6).contains(&level) && heading.starts_with(' ')).then_some((0, 2)),
            (line.contains("](http") || line.contains("](/") || line.contains("](#") || line.contains("](mailto:"))
                .then_some((1, 2)),
            (line.matches("**").count() >= 2).then_some((2, 2)),
            (line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ")).then_some((3, 1)),
            line.starts_with("```").then_some((4, 2)),
            is_bar_line(line).then_some((5, 1)),
        ];
        for (sort, weight) in found.into_iter().flatten() {
            score += if seen[sort] { 0 } else { weight };
            seen[sort] = true;
        }
    }
    score >= 3
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gzip, noise};
    use super::*;

    fn sniff(name: &str, head: &[u8]) -> Result<Format> {
        format(head, true, name, &ReadOptions::new())
    }

    #[test]
    fn content_decides() {
        for (name, head, expected) in [
            ("x.txt", &b"<!DOCTYPE html><title>x</title>"[..], Format::Html),
            ("x.pdf", b"<html><body>not found</body></html>", Format::Html),
            ("x", b"\xef\xbb\xbf  <?xml version='1.0'?>\n<!DOCTYPE html PUBLIC>", Format::Html),
            ("x", b"Intro <p>a</p> <p>b</p>", Format::Html),
            ("x.html", b"only text", Format::Html),
            ("x.html", b"{\"text\":\"a\"}\n{\"text\":\"b\"}", Format::Jsonl),
            ("x", b"{\"text\": \"a", Format::Jsonl),
            ("x", b"[\n  {\"text\": \"a\"}]", Format::Jsonl),
            ("x", b"{\"text\": bad}\n{\"text\":\"b\"}\n", Format::Jsonl),
            ("x", b"{{ template }} and text", Format::Text),
            ("x", b"[1] Scope of this policy", Format::Text),
            ("x.txt", b"id;text\n1;\"a; b\"\n2;c\n", Format::Csv),
            ("x.txt", b"Text, content and other things\nare what we process, and text.\n", Format::Text),
            ("x.csv", b"a,b\n1,2\n", Format::Csv),
            ("x.md", b"<p align=center>Hi</p>", Format::Markdown),
            ("x.md", b"<!doctype html><p>Hi", Format::Html),
            ("x", b"# Privacy\n\nWe keep [data](https://e.org).\n", Format::Markdown),
            ("x.txt", b"Privacy\n\n- one\n- two\n", Format::Text),
            ("x.txt", b"- one\n\n| a | b |\n|---|---|\n| <ul>1 | <ul>2<br>3 |\n", Format::Text),
            ("x.bin", b"%PDF-1.4\n%\xe2\xe3", Format::Pdf),
            ("x", b"PAR1\x15\x04", Format::Parquet),
            ("x", b"WARC/1.0\r\nWARC-Type: warcinfo", Format::Warc),
            ("x", "sm\u{f6}rg\u{e5}s".as_bytes(), Format::Text),
            ("x", b"\xff\xfe<\0p\0>\0h\0e\0j\0", Format::Html),
            ("x", b"<\0p\0>\0h\0e\0j\0<\0/\0p\0>\0", Format::Html),
        ] {
            assert_eq!(sniff(name, head).unwrap(), expected, "{name} {}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(sniff("x", b"").unwrap_err().to_string().starts_with("the input is empty"));
        assert!(sniff("x", b"\xef\xbb\xbf \r\n").unwrap_err().to_string().starts_with("the input is empty"));
        let error = sniff("x.html", b"\x89PNG\r\n\x1a\n\0\0").unwrap_err().to_string();
        assert!(error.starts_with("this is a binary file: a PNG image; convert"), "{error}");
        assert!(sniff("x", &noise(5000)).unwrap_err().to_string().contains("binary file"));
        assert!(sniff("x", &gzip(&noise(5000))[20..]).is_err());
        let forced = ReadOptions::new().with_format(Format::Text);
        assert_eq!(format(b"{\"text\":\"a\"}", true, "x.jsonl", &forced).unwrap(), Format::Text);
    }

    #[test]
    fn lines_are_told_from_pretty_printing() {
        assert!(is_json_by_line("{\"a\":1}\n{\"a\":2}"));
        assert!(is_json_by_line("{\"a\":\n{\"a\":NaN}"));
        assert!(is_json_by_line("{\"a\": \"a very long line"));
        assert!(!is_json_by_line("{\n \"a\": 1\n}"));
        assert!(!is_json_by_line("{\n \"a\": 1,\n}"), "one bad object and not three bad lines");
        assert!(!is_json_by_line("{\"a\":\n 1}\n"));
        assert!(!is_json_by_line(" [{\"a\":1}]"));
    }
}
