//! Vectors of paragraphs.

use std::sync::Arc;

use arrow_array::{FixedSizeListArray, Float32Array};
use arrow_buffer::{Buffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use klausul::{Error, ErrorKind, Result};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};

use crate::capsule::{self, failed};

/// One vector a paragraph, of length 1: `numpy.asarray(v)` and Arrow libraries take them without a copy.
#[pyclass(module = "klausul", frozen)]
pub(crate) struct Vectors {
    values: ScalarBuffer<f32>,
    size: usize,
}

impl Vectors {
    pub(crate) fn new(values: Vec<f32>, size: usize) -> Self {
        Self { values: values.into(), size }
    }

    fn array(&self) -> Result<FixedSizeListArray> {
        let size = i32::try_from(self.size).map_err(|_| Error::new(ErrorKind::TooLarge, "the vectors are too long"))?;
        let values = Arc::new(Float32Array::new(self.values.clone(), None));
        let field = Arc::new(Field::new_list_field(DataType::Float32, false));
        FixedSizeListArray::try_new(field, size, values, None).map_err(failed)
    }
}

#[pymethods]
impl Vectors {
    /// Rows and columns.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.__len__(), self.size)
    }

    /// Lists of numbers, one a paragraph.
    fn tolist(&self) -> Vec<Vec<f32>> {
        self.values.chunks_exact(self.size).map(<[f32]>::to_vec).collect()
    }

    fn __len__(&self) -> usize {
        self.values.len() / self.size
    }

    fn __getitem__(&self, row: isize) -> PyResult<Vec<f32>> {
        let rows = self.__len__();
        let place = if row < 0 { rows.checked_add_signed(row) } else { usize::try_from(row).ok() };
        let place = place.filter(|&place| place < rows);
        let place = place.ok_or_else(|| PyIndexError::new_err(format!("row {row} of {rows}")))?;
        Ok(self.values[place * self.size..(place + 1) * self.size].to_vec())
    }

    /// Where numpy finds the values; they stay as long as this object does.
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let interface = PyDict::new(py);
        interface.set_item("version", 3)?;
        interface.set_item("shape", self.shape())?;
        interface.set_item("typestr", if cfg!(target_endian = "little") { "<f4" } else { ">f4" })?;
        interface.set_item("data", (self.values.as_ptr().addr(), true))?;
        Ok(interface)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        // A producer may ignore what it cannot give.
        let _ = requested_schema;
        let array = self.array().map_err(|error| crate::errors::exception(&error))?;
        capsule::array(py, &array)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let state = (PyBytes::new(py, self.values.inner().as_slice()), self.size);
        Ok((py.get_type::<Self>().getattr("_restore")?, state.into_bound_py_any(py)?))
    }

    #[classmethod]
    fn _restore(_class: &Bound<'_, PyType>, bytes: &[u8], size: usize) -> PyResult<Self> {
        if size == 0 || !bytes.len().is_multiple_of(size * size_of::<f32>()) {
            return Err(PyValueError::new_err("these bytes are no vectors of this size"));
        }
        Ok(Self { values: Buffer::from(bytes).into(), size })
    }

    fn __repr__(&self) -> String {
        format!("Vectors({} rows of {})", self.__len__(), self.size)
    }
}
