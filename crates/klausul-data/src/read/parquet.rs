//! Apache Parquet tables, one batch of rows at a time.

mod value;

use std::fs::File;
use std::io::{Seek, Write};

use arrow_array::{Array, RecordBatch};
use klausul_core::{Error, ErrorKind, Result};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::Item;
use super::record::{Fields, Records};
use super::stream::Stream;

/// Rows decoded together: few, since a row may hold a whole page.
const BATCH: usize = 64;

/// The most that a compressed file or a stream may unpack to on disk, in bytes.
const MAX_SPOOL: u64 = 64 << 30;

/// Copies a stream to an unnamed temporary file, because Parquet is read from its end.
pub(super) fn spool(mut stream: Stream) -> Result<File> {
    let mut file = tempfile::tempfile()?;
    let copied = std::io::copy(&mut std::io::Read::take(&mut stream, MAX_SPOOL + 1), &mut file)?;
    if copied > MAX_SPOOL {
        return Err(Error::new(ErrorKind::TooLarge, "the table unpacks to more than 64 GiB").mend("split it"));
    }
    file.flush()?;
    file.rewind()?;
    Ok(file)
}

/// The reader of a table.
///
/// # Errors
///
/// When the file is cut or damaged, or has no column that can be read.
pub(super) fn open(file: File, records: Records) -> Result<Box<dyn Iterator<Item = Result<Item>> + Send>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| damaged(&error).mend("fetch it again: it is cut short or no Parquet file"))?;
    let schema = builder.schema().clone();
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    records.check_columns(names())?;
    let reader = builder.with_batch_size(BATCH).build().map_err(|error| damaged(&error))?;
    Ok(Box::new(Table { reader: Some(reader), records, batch: None, place: 0, row: 0 }))
}

struct Table {
    /// `None` once decoding has failed: it cannot be resumed.
    reader: Option<ParquetRecordBatchReader>,
    records: Records,
    batch: Option<RecordBatch>,
    /// The next row of the batch, and the rows before it in the table.
    place: usize,
    row: u64,
}

impl Iterator for Table {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = &self.batch
                && self.place < batch.num_rows()
            {
                let schema = batch.schema();
                let fields: Fields = schema
                    .fields()
                    .iter()
                    .zip(batch.columns())
                    .map(|(field, column)| {
                        (field.name().clone(), value::json(column.as_ref() as &dyn Array, self.place))
                    })
                    .collect();
                self.place += 1;
                self.row += 1;
                return Some(self.records.item(fields, self.row));
            }
            self.place = 0;
            match self.reader.as_mut()?.next()? {
                Ok(batch) => self.batch = Some(batch),
                Err(error) => {
                    (self.batch, self.reader) = (None, None);
                    let message = format!("the Parquet file is damaged behind row {}: {error}", self.row);
                    return Some(Err(Error::new(ErrorKind::Format, message)));
                }
            }
        }
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Format, format!("the Parquet file cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::types::Int32Type;
    use arrow_array::{ArrayRef, DictionaryArray, Int64Array, LargeStringArray, StringArray, StringViewArray};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
    use parquet::file::properties::WriterProperties;

    use super::super::testing::{error, gzip, page, read, row};
    use super::super::{Format, Input, ReadOptions, open as open_input};
    use super::*;

    fn write(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    fn policies(rows: usize, compression: Compression) -> Vec<u8> {
        let texts: Vec<String> = (0..rows).map(|row| format!("Paragraph {row} of the policy. ").repeat(4)).collect();
        let mut contexts = ListBuilder::new(StringBuilder::new());
        for _ in 0..rows {
            contexts.append_value([Some("Rights"), Some("Erasure")]);
        }
        let languages: DictionaryArray<Int32Type> = (0..rows).map(|_| Some("sv")).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int64Array::from_iter_values(0..i64::try_from(rows).unwrap()))),
            ("lang", Arc::new(languages)),
            ("text", Arc::new(StringArray::from_iter_values(&texts))),
            ("context", Arc::new(contexts.finish())),
            ("doc", Arc::new(LargeStringArray::from_iter_values(texts.iter().map(|_| "d")))),
            ("note", Arc::new(texts.iter().map(|_| Option::<&str>::None).collect::<StringViewArray>())),
        ];
        write(columns, compression)
    }

    #[test]
    fn every_codec_is_read() {
        for compression in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::GZIP(GzipLevel::default()),
            Compression::BROTLI(BrotliLevel::default()),
            Compression::LZ4,
            Compression::LZ4_RAW,
            Compression::ZSTD(ZstdLevel::default()),
        ] {
            let items = read("a.parquet", &policies(200, compression));
            assert_eq!(items.len(), 200, "{compression:?} {:?}", items[0]);
            let last = row(&items[199]);
            assert_eq!((last.id.as_deref(), last.doc.as_deref(), last.line), (Some("199"), Some("d"), 200));
            assert_eq!((last.language.unwrap().as_str(), last.context.len()), ("sv", 2));
            assert!(last.text.starts_with("Paragraph 199 of") && last.extra["note"].is_null());
        }
    }

    #[test]
    fn a_wrapped_or_streamed_table_is_spooled() {
        let table = policies(3, Compression::SNAPPY);
        assert_eq!(read("a.parquet.gz", &gzip(&table)).len(), 3);
        let rows = open(spool(Stream::new(std::io::Cursor::new(table))).unwrap(), records()).unwrap();
        assert_eq!(rows.map(Result::unwrap).count(), 3);
    }

    fn records() -> Records {
        Records::new(&ReadOptions::new(), "-", "-")
    }

    #[test]
    fn damage_is_an_error() {
        let table = policies(3, Compression::SNAPPY);
        let items = read("a.parquet", &table[..table.len() / 2]);
        assert_eq!(items.len(), 1);
        assert!(error(&items[0]).starts_with("a.parquet: the Parquet file cannot be read"), "{items:?}");
        // Whatever byte is wrong, the reader ends.
        for place in (0..table.len()).step_by(41) {
            let mut bad = table.clone();
            bad[place] ^= 0x7f;
            assert!(read("a.parquet", &bad).len() <= 4);
        }
    }

    #[test]
    fn wrong_values_cost_a_row_and_missing_columns_the_table() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]));
        let items = read("a.parquet", &write(vec![("text", texts.clone())], Compression::SNAPPY));
        assert_eq!(error(&items[1]), "a.parquet:2: `text` is `null`, not a string");
        assert_eq!(row(&items[2]).text, "c");
        let items = read("a.parquet", &write(vec![("body", texts.clone())], Compression::SNAPPY));
        assert!(items.len() == 1 && error(&items[0]).contains("among the fields `body`"), "{items:?}");
        let items = read("a.parquet", &write(vec![("html", texts)], Compression::SNAPPY));
        assert_eq!((page(&items[0]).format, page(&items[0]).id.as_str()), (Format::Html, "a.parquet:1"));
    }

    #[test]
    fn the_reader_may_move_to_another_thread() {
        fn is_send<T: Send>(_: &T) {}
        is_send(&open_input(&Input::stdin(), &ReadOptions::new()));
    }
}
