//! Records as Apache Parquet.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{BooleanBuilder, Float32Builder, Float64Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use klausul_core::{Error, ErrorKind, Result};
use serde_json::Value;

use super::lines::{columns, for_each};

/// Rows a row group: at 27 categories a group is a few megabytes.
const GROUP: usize = 16_384;

/// Writes the records as Parquet with Snappy pages. A first pass finds the columns and the type that holds all their values.
pub(super) fn write(lines: &Path, out: &mut (dyn Write + Send)) -> Result<()> {
    let mut fields: Vec<(String, Type)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for_each(lines, |record| {
        for (name, value) in columns(record) {
            let place = *places.entry(name.clone()).or_insert_with(|| {
                fields.push((name.clone(), Type::Unknown));
                fields.len() - 1
            });
            fields[place].1 = fields[place].1.widen(Type::of(&name, &value));
        }
        Ok(())
    })?;
    let schema = Arc::new(Schema::new(
        fields.iter().map(|(name, kind)| Field::new(name, kind.arrow(), true)).collect::<Vec<_>>(),
    ));
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(failed)?;
    let mut builders: Vec<Column> = fields.iter().map(|(_, kind)| Column::new(*kind)).collect();
    let mut rows = 0;
    let mut row = vec![Value::Null; fields.len()];
    for_each(lines, |record| {
        row.fill(Value::Null);
        for (name, value) in columns(record) {
            row[places[&name]] = value;
        }
        for (builder, value) in builders.iter_mut().zip(&mut row) {
            builder.push(std::mem::take(value));
        }
        rows += 1;
        if rows % GROUP == 0 {
            flush(&schema, &mut builders, &mut writer)?;
        }
        Ok(())
    })?;
    if rows % GROUP != 0 {
        flush(&schema, &mut builders, &mut writer)?;
    }
    writer.close().map_err(failed)?;
    Ok(())
}

fn flush<W: Write + Send>(schema: &Arc<Schema>, builders: &mut [Column], writer: &mut ArrowWriter<W>) -> Result<()> {
    let arrays = builders.iter_mut().map(Column::finish).collect();
    let batch = RecordBatch::try_new(schema.clone(), arrays)
        .map_err(|error| Error::new(ErrorKind::Format, error.to_string()).caused_by(error))?;
    writer.write(&batch).and_then(|()| writer.flush()).map_err(failed)
}

fn failed(error: ::parquet::errors::ParquetError) -> Error {
    let kind =
        if matches!(error, ::parquet::errors::ParquetError::External(_)) { ErrorKind::Io } else { ErrorKind::Format };
    Error::new(kind, error.to_string()).caused_by(error)
}

/// The narrowest type that holds a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Unknown,
    Boolean,
    Integer,
    /// Probabilities: 32 bits are what the classifier computed.
    Score,
    Number,
    Text,
    Texts,
    /// Anything else, as JSON text.
    Json,
}

impl Type {
    fn of(name: &str, value: &Value) -> Self {
        match value {
            Value::Null => Self::Unknown,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) if name.starts_with("score_") => Self::Score,
            Value::Number(number) if number.is_i64() => Self::Integer,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(items) if items.iter().all(Value::is_string) => Self::Texts,
            _ => Self::Json,
        }
    }

    fn widen(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, kind) | (kind, Self::Unknown) => kind,
            (one, same) if one == same => one,
            (Self::Integer | Self::Score, Self::Number) | (Self::Number, Self::Integer | Self::Score) => Self::Number,
            _ => Self::Json,
        }
    }

    fn arrow(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Score => DataType::Float32,
            Self::Number => DataType::Float64,
            Self::Unknown | Self::Text | Self::Json => DataType::Utf8,
            Self::Texts => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
        }
    }
}

enum Column {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Score(Float32Builder),
    Number(Float64Builder),
    Text(StringBuilder),
    Texts(ListBuilder<StringBuilder>),
    Json(StringBuilder),
}

impl Column {
    fn new(kind: Type) -> Self {
        match kind {
            Type::Boolean => Self::Boolean(BooleanBuilder::new()),
            Type::Integer => Self::Integer(Int64Builder::new()),
            Type::Score => Self::Score(Float32Builder::new()),
            Type::Number => Self::Number(Float64Builder::new()),
            Type::Unknown | Type::Text => Self::Text(StringBuilder::new()),
            Type::Texts => Self::Texts(ListBuilder::new(StringBuilder::new())),
            Type::Json => Self::Json(StringBuilder::new()),
        }
    }

    fn push(&mut self, value: Value) {
        match self {
            Self::Boolean(builder) => builder.append_option(value.as_bool()),
            Self::Integer(builder) => builder.append_option(value.as_i64()),
            Self::Score(builder) => builder.append_option(value.as_f64().map(|score| score as f32)),
            Self::Number(builder) => builder.append_option(value.as_f64()),
            Self::Text(builder) => builder.append_option(value.as_str()),
            Self::Texts(builder) => match value {
                Value::Array(items) => {
                    for item in &items {
                        builder.values().append_option(item.as_str());
                    }
                    builder.append(true);
                }
                _ => builder.append(false),
            },
            Self::Json(builder) => match value {
                Value::Null => builder.append_null(),
                Value::String(text) => builder.append_value(text),
                other => builder.append_value(other.to_string()),
            },
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Score(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Text(builder) | Self::Json(builder) => Arc::new(builder.finish()),
            Self::Texts(builder) => Arc::new(builder.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Int64Type};

    use super::*;

    #[test]
    fn columns_get_the_type_that_holds_them() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "{\"id\":\"1\",\"index\":0,\"labels\":[\"x\"],\"scores\":{\"x\":0.9},\"mixed\":1}\n\
             {\"id\":\"2\",\"index\":1,\"labels\":[],\"scores\":{\"x\":0.03},\"mixed\":\"one\",\"late\":true}\n",
        )
        .unwrap();
        let mut out = Vec::new();
        write(file.path(), &mut out).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(out)).unwrap().build().unwrap();
        let batch = reader.into_iter().next().unwrap().unwrap();
        assert_eq!(batch.num_rows(), 2);
        assert_eq!(batch.column_by_name("index").unwrap().as_primitive::<Int64Type>().value(1), 1);
        assert!((batch.column_by_name("score_x").unwrap().as_primitive::<Float32Type>().value(0) - 0.9).abs() < 1e-6);
        assert_eq!(batch.column_by_name("labels").unwrap().as_list::<i32>().value(0).as_string::<i32>().value(0), "x");
        assert_eq!(batch.column_by_name("mixed").unwrap().as_string::<i32>().value(0), "1");
        assert!(batch.column_by_name("late").unwrap().is_null(0));
    }

    #[test]
    fn no_records_still_make_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut out = Vec::new();
        write(file.path(), &mut out).unwrap();
        assert_eq!(&out[..4], b"PAR1");
    }
}
