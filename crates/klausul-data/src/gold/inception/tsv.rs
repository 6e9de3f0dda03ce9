//! WebAnno TSV 3.3, as the INCEpTION user guide describes it (<https://inception-project.github.io/documentation/>,
//! "WebAnno TSV 3.3").
//!
//! The format does not tell the types of features apart: the values of all of them are labels.

use klausul_core::{Error, ErrorKind, Result};

use super::super::export;
use super::{Paragraph, is_annotated, is_label, short};

/// Columns before those of the layers: id, offsets, token.
const BEFORE: usize = 3;

/// What a column holds.
enum Column {
    /// Values of a feature.
    Labels,
    /// `*` where a layer without features has an annotation.
    Mark(String),
    /// Nothing of interest.
    Other,
}

/// The sentences of a file, each a paragraph; a sentence of several lines has several `#Text=`.
pub(super) fn paragraphs(text: &str) -> Result<Vec<Paragraph>> {
    if !text.starts_with("#FORMAT=WebAnno TSV 3") {
        return Err(Error::new(ErrorKind::Format, "the first line is not `#FORMAT=WebAnno TSV 3.3`")
            .on_line(1)
            .mend("export the documents as WebAnno TSV 3.3"));
    }
    let (mut columns, mut found): (Vec<Column>, Vec<Paragraph>) = (Vec::new(), Vec::new());
    let mut in_text = false;
    // Only `\n` ends a line: a token may be a line separator of another sort.
    for (line, number) in text.split('\n').zip(1_u64..) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(part) = line.strip_prefix("#Text=") {
            let part = unescape(part);
            match found.last_mut() {
                Some(paragraph) if in_text => {
                    paragraph.text.push('\n');
                    paragraph.text.push_str(&part);
                }
                _ => found.push(Paragraph { text: part, line: number, labels: Vec::new() }),
            }
            in_text = true;
            continue;
        }
        in_text = false;
        if let Some(layer) = line.strip_prefix("#T_SP=") {
            span_layer(layer, &mut columns);
        } else if let Some(layer) = line.strip_prefix("#T_RL=").or_else(|| line.strip_prefix("#T_CH=")) {
            columns.extend((0..layer.split('|').skip(1).count().max(1)).map(|_| Column::Other));
        } else if line.starts_with(|first: char| first.is_ascii_digit()) {
            token(line, &columns, found.last_mut()).map_err(|error| error.on_line(number))?;
        } else if !line.is_empty() && !line.starts_with('#') {
            let short: String = line.chars().take(40).collect();
            let message = format!("`{short}` is neither a token nor a line that begins with `#`");
            return Err(Error::new(ErrorKind::Format, message).on_line(number).mend("export the document again"));
        }
    }
    Ok(found)
}

/// Adds the columns of `layer|feature|feature`.
fn span_layer(layer: &str, columns: &mut Vec<Column>) {
    let mut names = layer.split('|');
    let layer = names.next().unwrap_or_default();
    let features: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    if !is_annotated(layer) {
        columns.extend((0..features.len().max(1)).map(|_| Column::Other));
    } else if features.is_empty() {
        columns.push(Column::Mark(short(layer).to_owned()));
    }
    let mut target = false;
    for feature in features.iter().filter(|_| is_annotated(layer)) {
        // A slot takes two columns: its role, and the type of what it points to.
        let role = feature.starts_with("ROLE_");
        columns.push(if role || target || !is_label(feature) { Column::Other } else { Column::Labels });
        target = role;
    }
}

fn token(line: &str, columns: &[Column], paragraph: Option<&mut Paragraph>) -> Result<()> {
    let Some(paragraph) = paragraph else {
        return Err(Error::new(ErrorKind::Format, "a token stands before the first `#Text=`"));
    };
    let cells: Vec<&str> = line.split('\t').collect();
    if cells.len() < BEFORE + columns.len() {
        let message = format!("`{}` has {} columns, not {}", cells[0], cells.len(), BEFORE + columns.len());
        return Err(
            Error::new(ErrorKind::Format, message).mend("export the document again; columns are separated by tabs")
        );
    }
    for (cell, column) in cells[BEFORE..].iter().zip(columns) {
        match column {
            Column::Mark(layer) if *cell != "_" => export::add(&mut paragraph.labels, layer.as_str()),
            Column::Mark(_) | Column::Other => {}
            Column::Labels => split(cell).filter_map(value).for_each(|label| export::add(&mut paragraph.labels, label)),
        }
    }
    Ok(())
}

/// Splits stacked annotations at `|` that is not escaped.
fn split(cell: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    cell.split(move |letter| {
        let ends = letter == '|' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    })
}

/// The value of one annotation without its number; nothing for `_` (no annotation) and `*` (no value).
fn value(stacked: &str) -> Option<String> {
    let body = stacked.strip_suffix(']').and_then(|open| open.rsplit_once('['));
    let numbered = body.filter(|(head, number)| {
        number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty() && !head.ends_with('\\')
    });
    let body = numbered.map_or(stacked, |(head, _)| head);
    (!matches!(body, "_" | "*" | "")).then(|| unescape(body))
}

/// Undoes the escapes: a backslash before a reserved character, and `\t`, `\n`, `\r`, `\f`.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next() {
                Some('t') => '\t',
                Some('n' | 'f') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue|coarseValue
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
#T_SP=webanno.custom.Clause|kind|right
#T_SP=webanno.custom.Mark
#T_RL=webanno.custom.Of|why|BT_webanno.custom.Clause


#Sentence.id=1
#Text=We keep
#Text=data\\\\logs.
1-1\t0-2\tWe\tPRON\tPRON\thttp://kb/1\tORG\twho[1]|data\\_use[2]\t*[1]|_\t_\t_\t_\t
1-2\t3-7\tkeep\tVERB\tVERB\t_\t_\tdata\\_use[2]\terasure\\|copy\t_\t_\t_\t
1-2.1\t3-5\tke\t_\t_\t_\t_\t_\t_\t_\t_\t_\t

#Text=You may go.
2-1\t21-24\tYou\tPRON\tPRON\t_\t_\tdata\\_use[2]\t_\t*\twhy\t1-1\t
";

    #[test]
    fn string_features_label_the_sentence() {
        let found = paragraphs(FILE).unwrap();
        assert_eq!(found[0].text, "We keep\ndata\\logs.");
        assert_eq!(found[0].labels, ["ORG", "who", "data_use", "erasure|copy"]);
        assert_eq!((found[1].labels.join(" "), found[1].line), ("data_use Mark".to_owned(), 16));
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, line, what) in [
            ("#FORMAT=WebAnno TSV 2\n", 1, "is not `#FORMAT"),
            ("#FORMAT=WebAnno TSV 3.3\n1-1\t0-1\ta\n", 2, "before the first `#Text=`"),
            ("#FORMAT=WebAnno TSV 3.3\n#T_SP=a.B|c\n#Text=a\n1-1\t0-1\ta\n", 4, "`1-1` has 3 columns, not 4"),
            ("#FORMAT=WebAnno TSV 3.3\noops\n", 2, "`oops` is neither"),
        ] {
            let error = paragraphs(text).err().unwrap();
            assert!(error.to_string().contains(what), "{error}");
            assert_eq!(error.line(), Some(line));
        }
    }
}
