//! Rows of the CSV files of a corpus, with their lines.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use klausul_core::{Error, ErrorKind, Result};

/// The records of a file in Excel's dialect, each with the line on which it begins; blank lines are no records.
///
/// # Errors
/// When the file cannot be read, or is no UTF-8; the error names file and line.
pub(super) fn rows(path: &Path) -> Result<Vec<(u64, StringRecord)>> {
    let text = super::folder::text(path)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let row = |row: csv::Result<StringRecord>| {
        let row = row.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            Error::new(ErrorKind::Format, error.to_string()).at(path).on_line(line)
        })?;
        // The position of a row is that behind the row before it, where blank lines may follow.
        let (start, line) = row.position().map_or((0, 1), |place| (place.byte() as usize, place.line()));
        let blank = text.bytes().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n'));
        Ok((line + blank.filter(|byte| *byte == b'\n').count() as u64, row))
    };
    reader.records().map(row).collect()
}

/// A cell that holds a whole number.
///
/// # Errors
/// When it holds none, or is not there.
pub(super) fn number(row: &StringRecord, column: usize, name: &str) -> Result<usize> {
    let cell = row.get(column).unwrap_or_default().trim();
    cell.parse().map_err(|_| {
        Error::new(ErrorKind::Format, format!("`{cell}` is no {name}"))
            .mend(format!("column {} holds whole numbers", column + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, "\u{FEFF}a,\"b\nc\"\n\n7,x,y\n").unwrap();
        let rows = rows(&path).unwrap();
        assert_eq!(rows.iter().map(|(line, row)| (*line, row.len())).collect::<Vec<_>>(), [(1, 2), (4, 3)]);
        assert_eq!(&rows[0].1[0], "a");
        assert_eq!(number(&rows[1].1, 0, "segment").unwrap(), 7);
        let error = number(&rows[1].1, 1, "segment").unwrap_err().to_string();
        assert_eq!(error, "`x` is no segment; column 2 holds whole numbers");
    }
}
