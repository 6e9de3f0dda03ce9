//! Arrow data in and out through the PyCapsule interface, without copies.
//!
//! The only unsafe code of this crate. A capsule with the name that the interface prescribes holds a structure of the Arrow C data or
//! stream interface, whose buffers are as long as it says: that is the word of the library that made it, and cannot be checked. Offsets,
//! keys and UTF-8 of what is read are checked.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, ArrayReader, ArrayRef, RecordBatchReader, make_array};
use arrow_schema::{ArrowError, Field, FieldRef};
use klausul::{Error, ErrorKind, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

const ARRAY: &CStr = c"arrow_array";
const SCHEMA: &CStr = c"arrow_schema";
const STREAM: &CStr = c"arrow_array_stream";

/// Arrays of one type, one after the other.
pub(crate) struct Arrays {
    pub(crate) field: FieldRef,
    arrays: Box<dyn Iterator<Item = Result<ArrayRef, ArrowError>> + Send>,
}

impl Arrays {
    /// Takes what the object hands out; one array counts as a stream of one.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.hasattr("__arrow_c_stream__")? {
            return Self::of_stream(&object.call_method0("__arrow_c_stream__")?);
        }
        let (schema, array): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
            object.call_method0("__arrow_c_array__")?.extract()?;
        let schema = schema.cast::<PyCapsule>()?.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
        let array = array.cast::<PyCapsule>()?.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
        // SAFETY: capsules of these names hold these structures; moving the array out marks the one in the capsule as released.
        let array = unsafe { FFI_ArrowArray::from_raw(array.as_ptr()) };
        if array.is_released() {
            return Err(PyValueError::new_err("the Arrow array was taken before"));
        }
        // SAFETY: the capsule lives as long as this borrow.
        let schema = unsafe { schema.as_ref() };
        let field: FieldRef = Arc::new(Field::try_from(schema).map_err(|error| raise(&error))?);
        // SAFETY: array and schema came together.
        let data = unsafe { from_ffi(array, schema) }.map_err(|error| raise(&error))?;
        Ok(Self { field, arrays: Box::new(std::iter::once(Ok(make_array(data)))) })
    }

    fn of_stream(capsule: &Bound<'_, PyAny>) -> PyResult<Self> {
        let stream = capsule.cast::<PyCapsule>()?.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
        // SAFETY: a capsule of this name holds a stream; moving it out marks the one in the capsule as released.
        let reader = unsafe { ArrayStreamReader::from_raw(stream.as_ptr()) }.map_err(|error| raise(&error))?;
        Ok(Self { field: reader.field().clone(), arrays: Box::new(reader) })
    }
}

impl Iterator for Arrays {
    type Item = Result<ArrayRef>;

    fn next(&mut self) -> Option<Self::Item> {
        self.arrays.next().map(|array| array.map_err(failed))
    }
}

/// The capsules of an array: its schema and its data.
pub(crate) fn array<'py>(py: Python<'py>, array: &dyn Array) -> PyResult<Bound<'py, PyTuple>> {
    let (array, schema) = to_ffi(&array.to_data()).map_err(|error| raise(&error))?;
    PyTuple::new(py, [PyCapsule::new_with_value(py, schema, SCHEMA)?, PyCapsule::new_with_value(py, array, ARRAY)?])
}

/// The capsules of a struct array with the schema of a table.
pub(crate) fn batch<'py>(py: Python<'py>, batch: &arrow_array::RecordBatch) -> PyResult<Bound<'py, PyTuple>> {
    let schema = FFI_ArrowSchema::try_from(batch.schema().as_ref()).map_err(|error| raise(&error))?;
    let array = FFI_ArrowArray::new(&arrow_array::StructArray::from(batch.clone()).to_data());
    PyTuple::new(py, [PyCapsule::new_with_value(py, schema, SCHEMA)?, PyCapsule::new_with_value(py, array, ARRAY)?])
}

/// The capsule of a schema.
pub(crate) fn schema<'py>(py: Python<'py>, schema: &arrow_schema::Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| raise(&error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

/// The capsule of a stream.
pub(crate) fn stream(py: Python<'_>, reader: Box<dyn RecordBatchReader + Send>) -> PyResult<Bound<'_, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

/// What Arrow says, as an error of ours.
pub(crate) fn failed(error: ArrowError) -> Error {
    Error::new(ErrorKind::Format, error.to_string()).caused_by(error)
}

fn raise(error: &ArrowError) -> PyErr {
    crate::errors::exception(&Error::new(ErrorKind::Format, error.to_string()))
}
