//! Arrow tables with labels.

use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatchIterator, StringArray, StructArray};
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use klausul::data::record::Reasons;
use klausul::{Error, ErrorKind, Paragraph, Prediction, Result, Taxonomy};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::capsule::{self, Arrays, failed};
use crate::columns;
use crate::engine::Engine;
use crate::run::Stop;

/// A labelled table: what came in, with labels, scores and who decided. Any Arrow library takes it: `pyarrow.table(t)`,
/// `polars.DataFrame(t)`.
#[pyclass(module = "klausul", frozen)]
pub(crate) struct Table {
    schema: SchemaRef,
    batches: Vec<arrow_array::RecordBatch>,
}

/// A labelled record batch: `pyarrow.record_batch(b)`.
#[pyclass(module = "klausul", frozen)]
pub(crate) struct RecordBatch(arrow_array::RecordBatch);

#[pymethods]
impl Table {
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A producer may ignore what it cannot give.
        let _ = requested_schema;
        let batches = self.batches.clone().into_iter().map(Ok);
        capsule::stream(py, Box::new(RecordBatchIterator::new(batches, Arc::clone(&self.schema))))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.schema)
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(arrow_array::RecordBatch::num_rows).sum()
    }

    /// Rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.__len__()
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        names(&self.schema)
    }

    fn __repr__(&self) -> String {
        format!("Table({} rows, {} columns)", self.__len__(), self.schema.fields().len())
    }
}

#[pymethods]
impl RecordBatch {
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        // A producer may ignore what it cannot give.
        let _ = requested_schema;
        capsule::batch(py, &self.0)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, self.0.schema_ref())
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    /// Rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        names(self.0.schema_ref())
    }

    fn __repr__(&self) -> String {
        format!("RecordBatch({} rows, {} columns)", self.0.num_rows(), self.0.num_columns())
    }
}

fn names(schema: &Schema) -> Vec<&str> {
    schema.fields().iter().map(|field| field.name().as_str()).collect()
}

impl Table {
    /// A single batch of it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it has several.
    pub(crate) fn into_batch(mut self) -> Result<RecordBatch> {
        match self.batches.len() {
            0 => Ok(RecordBatch(arrow_array::RecordBatch::new_empty(self.schema))),
            1 => Ok(RecordBatch(self.batches.remove(0))),
            batches => Err(Error::new(ErrorKind::Usage, format!("a table of {batches} batches is not a record batch"))
                .mend("take classify, or call this on each batch")),
        }
    }
}

/// What came in: the schema and its batches.
pub(crate) struct Columns {
    schema: Schema,
    batches: Vec<StructArray>,
}

impl Columns {
    /// Reads what an Arrow object hands out, if it is a table.
    ///
    /// # Errors
    /// Those of the stream; [`ErrorKind::Format`] when there are rows of nothing.
    pub(crate) fn read(arrays: Arrays) -> Result<Self> {
        let DataType::Struct(fields) = arrays.field.data_type() else {
            let message = format!("Arrow data of the type {} are no table", arrays.field.data_type());
            return Err(Error::new(ErrorKind::Format, message).mend("give a table, a record batch or a reader"));
        };
        let schema = Schema::new_with_metadata(fields.clone(), arrays.field.metadata().clone());
        let structs = |array: Result<ArrayRef>| {
            let batch = array?.as_struct().clone();
            if batch.null_count() > 0 {
                return Err(Error::new(ErrorKind::Format, "the table has rows that are null").mend("drop them"));
            }
            Ok(batch)
        };
        Ok(Self { schema, batches: arrays.map(structs).collect::<Result<_>>()? })
    }

    /// Its rows as paragraphs; `text` names the column that holds them.
    ///
    /// # Errors
    /// Those of [`columns::of_table`].
    pub(crate) fn paragraphs(&self, text: &str) -> Result<Vec<Paragraph>> {
        let mut paragraphs = Vec::new();
        if self.batches.is_empty() {
            // A table without rows must have the column too.
            columns::of_table(&StructArray::new_null(self.schema.fields().clone(), 0), text, 0)?;
        }
        for batch in &self.batches {
            paragraphs.extend(columns::of_table(batch, text, paragraphs.len())?);
        }
        Ok(paragraphs)
    }

    /// The table with labels, scores and who decided, and with the evidence as JSON where the classifier gives any.
    ///
    /// # Errors
    /// Those of [`Self::paragraphs`] and of the classifier.
    pub(crate) fn classify(self, engine: &Engine, text: &str, evidence: bool, stop: &Stop) -> Result<Table> {
        let mut paragraphs = self.paragraphs(text)?;
        let predictions = engine.classify(&mut paragraphs, stop)?;
        let taxonomy = engine.classifier.taxonomy();
        let added = added(taxonomy, evidence);
        let schema = Arc::new(self.labelled_schema(&added));
        let mut rest = predictions.as_slice();
        let mut batches = Vec::with_capacity(self.batches.len());
        for batch in self.batches {
            let (own, others) = rest.split_at(batch.len());
            rest = others;
            let mut arrays = batch.columns().to_vec();
            arrays.extend(arrays_of(own, engine, evidence));
            let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.len()));
            let batch = arrow_array::RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options);
            batches.push(batch.map_err(failed)?);
        }
        Ok(Table { schema, batches })
    }

    /// The columns that came in, then ours; a name of ours gets the prefix `input_`.
    fn labelled_schema(&self, added: &Fields) -> Schema {
        let taken = |name: &str| added.iter().chain(self.schema.fields()).any(|field| field.name() == name);
        let rename = |field: &FieldRef| {
            if !added.iter().any(|ours| ours.name() == field.name()) {
                return Arc::clone(field);
            }
            let mut name = format!("input_{}", field.name());
            while taken(&name) {
                name.insert_str(0, "input_");
            }
            Arc::new(field.as_ref().clone().with_name(name))
        };
        let fields: Vec<FieldRef> =
            self.schema.fields().iter().map(rename).chain(added.iter().map(Arc::clone)).collect();
        Schema::new_with_metadata(fields, self.schema.metadata().clone())
    }
}

/// The columns that are added: the names and types of the program's Parquet files.
fn added(taxonomy: &Taxonomy, evidence: bool) -> Fields {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let labels = Field::new("labels", DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))), true);
    let scores =
        taxonomy.categories().iter().map(|own| Field::new(format!("score_{}", own.id), DataType::Float32, true));
    let end = [text("backend"), text("model")].into_iter().chain(evidence.then(|| text("evidence")));
    std::iter::once(labels).chain(scores).chain(end).collect()
}

fn arrays_of(predictions: &[Arc<Prediction>], engine: &Engine, evidence: bool) -> Vec<ArrayRef> {
    let categories = engine.classifier.taxonomy().categories();
    let mut labels = ListBuilder::new(StringBuilder::new());
    let mut scores: Vec<Float32Builder> =
        categories.iter().map(|_| Float32Builder::with_capacity(predictions.len())).collect();
    for prediction in predictions {
        for &label in &prediction.labels {
            labels.values().append_value(&categories[label].id);
        }
        labels.append(true);
        for (column, &score) in scores.iter_mut().zip(&prediction.scores) {
            column.append_value(score);
        }
    }
    let same = |value: &str| Arc::new(StringArray::from_iter_values(predictions.iter().map(|_| value))) as ArrayRef;
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(labels.finish())];
    arrays.extend(scores.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
    arrays.extend([same(engine.classifier.backend()), same(engine.classifier.model())]);
    if evidence {
        let taxonomy = engine.classifier.taxonomy();
        let reasons = predictions.iter().map(|prediction| {
            // What is made of strings and numbers becomes JSON.
            serde_json::to_string(&Reasons { evidence: &prediction.evidence, taxonomy }).unwrap_or_default()
        });
        arrays.push(Arc::new(StringArray::from_iter_values(reasons)));
    }
    arrays
}
