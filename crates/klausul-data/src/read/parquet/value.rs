//! Cells of Arrow columns as JSON values.

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions as temporal;
use arrow_array::types::{
    Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use serde_json::{Map, Value};

use super::super::charset;

/// The cell of a column in a row.
///
/// Bytes are decoded as text, since old writers leave the mark of text out; dates and times are ISO 8601; infinities
/// and types without a counterpart (intervals, unions) are null.
pub(super) fn json(column: &dyn Array, row: usize) -> Value {
    macro_rules! number {
        ($kind:ty) => {
            Value::from(column.as_primitive::<$kind>().value(row))
        };
    }
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row).into(),
        DataType::Utf8View => column.as_string_view().value(row).into(),
        DataType::Binary => bytes(column.as_binary::<i32>().value(row)),
        DataType::LargeBinary => bytes(column.as_binary::<i64>().value(row)),
        DataType::BinaryView => bytes(column.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => bytes(column.as_fixed_size_binary().value(row)),
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float16 => column.as_primitive::<Float16Type>().value(row).to_f32().into(),
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Date32 => {
            let date = temporal::date32_to_datetime(column.as_primitive::<Date32Type>().value(row));
            date.map(|date| date.date().to_string()).into()
        }
        DataType::Date64 => {
            let date = temporal::date64_to_datetime(column.as_primitive::<Date64Type>().value(row));
            date.map(|date| date.date().to_string()).into()
        }
        DataType::Timestamp(unit, zone) => {
            let time = match unit {
                TimeUnit::Second => {
                    temporal::timestamp_s_to_datetime(column.as_primitive::<TimestampSecondType>().value(row))
                }
                TimeUnit::Millisecond => {
                    temporal::timestamp_ms_to_datetime(column.as_primitive::<TimestampMillisecondType>().value(row))
                }
                TimeUnit::Microsecond => {
                    temporal::timestamp_us_to_datetime(column.as_primitive::<TimestampMicrosecondType>().value(row))
                }
                TimeUnit::Nanosecond => {
                    temporal::timestamp_ns_to_datetime(column.as_primitive::<TimestampNanosecondType>().value(row))
                }
            };
            // A stored zone only says how to show the time; what is stored is UTC.
            let mark = if zone.is_some() { "Z" } else { "" };
            time.map(|time| format!("{}T{}{mark}", time.date(), time.time())).into()
        }
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            let keys = dictionary.normalized_keys();
            keys.get(row).map_or(Value::Null, |key| json(dictionary.values().as_ref(), *key))
        }
        DataType::List(_) => list(&column.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&column.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => list(&column.as_fixed_size_list().value(row)),
        DataType::Struct(fields) => {
            let columns = column.as_struct().columns();
            let cell = |column: &ArrayRef| json(column.as_ref(), row);
            let object: Map<String, Value> =
                fields.iter().zip(columns).map(|(field, column)| (field.name().clone(), cell(column))).collect();
            object.into()
        }
        DataType::Map(..) => list(&(std::sync::Arc::new(column.as_map().value(row)) as ArrayRef)),
        _ => Value::Null,
    }
}

fn list(values: &ArrayRef) -> Value {
    (0..values.len()).map(|row| json(values.as_ref(), row)).collect()
}

fn bytes(value: &[u8]) -> Value {
    charset::decode(value.to_vec(), None, false, None).into()
}

#[cfg(test)]
mod tests {
    use arrow_array::types::Int8Type;
    use arrow_array::{
        BinaryArray, Date32Array, DictionaryArray, Float64Array, StructArray, TimestampMicrosecondArray, UInt64Array,
    };
    use serde_json::json;
    use std::sync::Arc;

    use super::json as cell;
    use super::*;

    #[test]
    fn cells_become_the_nearest_json() {
        assert_eq!(cell(&UInt64Array::from(vec![u64::MAX]), 0), json!(u64::MAX));
        assert_eq!(cell(&Float64Array::from(vec![f64::NAN]), 0), json!(null));
        assert_eq!(cell(&BinaryArray::from_vec(vec!["för".as_bytes(), b"f\xf6r"]), 0), json!("för"));
        assert_eq!(cell(&Date32Array::from(vec![20_000]), 0), json!("2024-10-04"));
        let time = TimestampMicrosecondArray::from(vec![1_700_000_000_000_000]).with_timezone("UTC");
        assert_eq!(cell(&time, 0), json!("2023-11-14T22:13:20Z"));
        let words: DictionaryArray<Int8Type> = [Some("a"), None, Some("b")].into_iter().collect();
        assert_eq!((cell(&words, 1), cell(&words, 2)), (json!(null), json!("b")));
        let field = Arc::new(arrow_schema::Field::new("n", DataType::UInt64, true));
        let object = StructArray::from(vec![(field, Arc::new(UInt64Array::from(vec![7])) as ArrayRef)]);
        assert_eq!(cell(&object, 0), json!({"n": 7}));
    }
}
