//! GoPPC-150: 150 English privacy policies with a hierarchy of 96 GDPR concepts, each annotated by two people.
//!
//! The corpus belongs to "A Comprehensive Study on GDPR-Oriented Analysis of Privacy Policies"
//! (<https://arxiv.org/abs/2410.04754>); it is one XML file a policy in `data/GoPPC-150` of
//! <https://github.com/tp-sh/GDPR_privacy_policies>. A `policy` holds a `url`, dates and nested `segment`s, and these a
//! `title`, `paragraph`s and `item`s. The attribute `category` has the concepts of the first annotator, `;`, and those
//! of the second, each with `,` between them: `category="8,9.1;8"`. Most files write a concept as its number (`9.1`),
//! some as its name (`PD_ORIGIN.DIRECT_ACTIVE`); both are kept as they stand, followed by every ancestor (`9`,
//! `PD_ORIGIN`).
//!
//! Every element with a `category` is a paragraph, a `title` is a heading, and the titles of the segments around it are
//! its context. An annotator who wrote nothing, not even `19` (`UNKNOWN`) for "no concept", did not annotate the
//! element: no [`Annotated`] is made. Elements without a `category` belong to the paragraph around them or, outside of
//! one, were not annotated.

use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Kind, Result};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::Annotated;
use super::{export, folder};

/// Whether this is the head of a policy of GoPPC-150.
pub(super) fn looks_like(_path: &Path, head: &str) -> bool {
    let head = head.trim_start_matches('\u{feff}').trim_start();
    head.starts_with('<') && head.contains("<policy") && (head.contains("<segment") || head.contains("category="))
}

/// Reads a policy, or the folder of the corpus.
///
/// # Errors
/// Where a file cannot be read, or is not well-formed XML; the error names the line.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut found = Vec::new();
    let mut blank = 0;
    for file in folder::files(path, &["xml"])? {
        let mut policy = Policy::new(&file);
        let text = folder::text(&file)?;
        let mut reader = Reader::from_str(&text);
        // Policies are typed and pasted by hand: an ampersand of a URL may stand bare.
        reader.config_mut().allow_dangling_amp = true;
        let (mut begin, mut line) = (0, 1);
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
            line += export::lines(&text.as_bytes()[begin..at]);
            begin = at;
            match policy.event(&reader.read_event(), line) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(error.at(&file).on_line(line)),
            }
        }
        blank += policy.blank;
        found.extend(policy.found);
    }
    if blank > 0 {
        warn(format!("{}: {blank} elements that an annotator gave no category are left out for them", path.display()));
    }
    Ok(found)
}

/// An element that is open.
struct Open {
    category: Option<String>,
    is_title: bool,
    is_url: bool,
    is_segment: bool,
    line: u64,
    text: String,
    kind: Kind,
}

struct Policy {
    source: Arc<Path>,
    stack: Vec<Open>,
    /// The title of every open segment, empty until it has come.
    titles: Vec<String>,
    url: Option<String>,
    index: usize,
    blank: usize,
    found: Vec<Annotated>,
}

impl Policy {
    fn new(file: &Path) -> Self {
        Self {
            source: Arc::from(file),
            stack: Vec::new(),
            titles: Vec::new(),
            url: None,
            index: 0,
            blank: 0,
            found: Vec::new(),
        }
    }

    /// Takes an event that begins on a line; false at the end of the file.
    fn event(&mut self, event: &quick_xml::Result<Event<'_>>, line: u64) -> Result<bool> {
        let event = event.as_ref().map_err(|error| bad_xml(&error.to_string()))?;
        match event {
            Event::Start(element) => self.open(element, line)?,
            Event::Empty(element) => {
                self.open(element, line)?;
                self.close();
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(name) => {
                let named = quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned);
                let numbered = || name.resolve_char_ref().ok().flatten().map(String::from);
                self.text(&named.or_else(numbered).unwrap_or_else(|| format!("&{};", &**name)));
            }
            Event::Eof if !self.stack.is_empty() => return Err(bad_xml("the file ends inside an element")),
            Event::Eof => return Ok(false),
            _ => {}
        }
        Ok(true)
    }

    fn open(&mut self, element: &BytesStart<'_>, line: u64) -> Result<()> {
        let mut category = None;
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| bad_xml(&error.to_string()))?;
            if attribute.key.local_name().as_ref() == "category" {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                category = Some(value.map_err(|error| bad_xml(&error.to_string()))?.into_owned());
            }
        }
        let name = element.local_name();
        let is_title = name.as_ref() == "title";
        let kind = match name.as_ref() {
            "title" => Kind::Heading,
            "item" => Kind::ListItem,
            _ => Kind::Text,
        };
        let (is_url, is_segment) = (name.as_ref() == "url", matches!(name.as_ref(), "segment" | "section"));
        if is_segment {
            self.titles.push(String::new());
        } else if kind == Kind::ListItem && category.is_none() {
            // Items follow each other without white space.
            self.text("\n");
        }
        self.stack.push(Open { category, is_title, is_url, is_segment, line, text: String::new(), kind });
        Ok(())
    }

    fn text(&mut self, text: &str) {
        // What is not annotated by itself is read as part of what is.
        let own = self.stack.iter().rposition(|open| open.category.is_some() || open.is_title || open.is_url);
        if let Some(open) = own.map(|at| &mut self.stack[at]) {
            open.text.push_str(text);
        }
    }

    fn close(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        if open.is_segment {
            self.titles.pop();
        }
        let context: Vec<String> = self.titles.iter().filter(|title| !title.is_empty()).cloned().collect();
        if open.is_title
            && let Some(title) = self.titles.last_mut()
        {
            *title = open.text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if open.is_url {
            self.url = Some(open.text.trim().to_owned());
        }
        let Some(category) = open.category else { return };
        let text = open.text.trim();
        let index = self.index;
        self.index += 1;
        for (number, codes) in (1..).zip(category.split([';', '；'])) {
            let labels = labels(codes);
            if labels.is_empty() || text.is_empty() {
                self.blank += 1;
                continue;
            }
            let mut paragraph = Annotated::new(Arc::clone(&self.source), open.line, text.to_owned());
            let doc = folder::stem(&self.source);
            paragraph.id = Some(format!("{doc}#{index}"));
            paragraph.doc = Some(doc);
            paragraph.index = Some(index);
            paragraph.kind = Some(open.kind);
            paragraph.context.clone_from(&context);
            paragraph.labels = labels;
            paragraph.annotator = Some(number.to_string());
            if let Some(url) = self.url.as_ref().filter(|url| !url.is_empty()) {
                paragraph.extra.insert("url".to_owned(), url.as_str().into());
            }
            self.found.push(paragraph);
        }
    }
}

/// The concepts of one annotator, each followed by its ancestors.
fn labels(codes: &str) -> Vec<String> {
    let mut labels = Vec::new();
    for code in codes.split([',', '，']) {
        let mut code = code.trim().trim_matches('.');
        while !code.is_empty() {
            export::add(&mut labels, code);
            code = code.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
    }
    labels
}

fn bad_xml(reason: &str) -> Error {
    Error::new(ErrorKind::Format, format!("this is not well-formed XML: {reason}"))
        .mend("fetch the file again, or mend the line")
}

#[cfg(test)]
mod tests {
    use super::super::export::tests::read_one;
    use super::*;

    const POLICY: &str = "<?xml version='1.0' encoding='utf-8'?>
<policy>
\t<url>https://shop.example/privacy?a=1&amp;b=2</url>
\t<paragraph category=\"\">Welcome.</paragraph>
\t<segment>
\t\t<title category=\"9;8,9\" depth=\"2\" tagname=\"h2\">What
 we take</title>
\t\t<segment>
\t\t\t<title category=\"19;\">Forms</title>
\t\t\t<paragraph category=\"8, 9.1;9.2.1,8\">You type &amp; we keep: <list><item>name</item><item>town</item></list></paragraph>
\t\t\t<item>not annotated</item>
\t\t</segment>
\t\t<paragraph category=\"PD_ORIGIN.DIRECT_ACTIVE\">Done &#8211; &nope; R&D.</paragraph>
\t</segment>
</policy>
";

    #[test]
    fn both_annotators_are_heard() {
        assert!(looks_like(Path::new("1.xml"), POLICY));
        let (found, warnings) = read_one(read, "1.xml", POLICY);
        let found = found.unwrap();
        let seen: Vec<_> = found
            .iter()
            .map(|p| (p.id.as_deref().unwrap(), p.annotator.as_deref().unwrap(), p.labels.join(" "), p.line))
            .collect();
        assert_eq!(
            seen,
            [
                ("1#1", "1", "9".to_owned(), 6),
                ("1#1", "2", "8 9".to_owned(), 6),
                ("1#2", "1", "19".to_owned(), 9),
                ("1#3", "1", "8 9.1 9".to_owned(), 10),
                ("1#3", "2", "9.2.1 9.2 9 8".to_owned(), 10),
                ("1#4", "1", "PD_ORIGIN.DIRECT_ACTIVE PD_ORIGIN".to_owned(), 13),
            ]
        );
        assert_eq!(found[0].kind, Some(Kind::Heading));
        assert!(found[0].context.is_empty());
        assert_eq!(found[3].context, ["What we take", "Forms"]);
        assert_eq!(found[3].text.as_deref(), Some("You type & we keep: \nname\ntown"));
        assert_eq!(found[5].text.as_deref(), Some("Done – &nope; R&D."));
        assert_eq!(found[5].context, ["What we take"]);
        assert_eq!(found[5].extra["url"], "https://shop.example/privacy?a=1&b=2");
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("2 elements"), "{warnings:?}");
    }

    #[test]
    fn bad_xml_is_named_with_its_line() {
        for text in [
            "<policy>\n<segment>\n</policy>",
            "<policy>\n\n<paragraph category=\"1\" category=\"2\"/></policy>",
            "<policy>\n<segment>\n",
        ] {
            let error = read_one(read, "1.xml", text).0.unwrap_err();
            assert!(error.to_string().contains("not well-formed XML"), "{error}");
            assert!(matches!(error.line(), Some(2 | 3)), "{error}");
        }
    }
}
