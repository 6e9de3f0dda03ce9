"""klausul on Spark.

import klausul.spark

labelled = klausul.spark.classify(spark.read.parquet("paragraphs/"))
labelled.write.parquet("labelled/")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from klausul import _worker

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

__all__ = ["classify"]


def classify(
    df: DataFrame,
    *,
    text: str = "text",
    model: _worker.Place | None = None,
    backend: str = "auto",
    evidence: bool = False,
    rules: _worker.Place | None = None,
    taxonomy: _worker.Place | None = None,
) -> DataFrame:
    """The rows of a frame with `labels`, a `score_` column a category, `backend` and `model`; see `Classifier.classify_batch`.

    Each Python worker loads the classifier once and gives it `spark.task.cpus` threads. The driver loads it too, since it states the
    columns. A task that fails is done again: every row comes out once.
    """
    settings = _worker.settings(model=model, backend=backend, evidence=evidence, rules=rules, taxonomy=taxonomy)

    def label(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        classifier = _worker.classifier(settings, task_cpus())
        return (classifier.classify_batch(batch, text=text) for batch in batches)

    return df.mapInArrow(label, _schema(df.schema, settings, text))


def task_cpus() -> int:
    """The CPUs of the task at hand."""
    from pyspark import TaskContext

    task = TaskContext.get()
    return task.cpus() if task else 1


def _schema(schema: StructType, settings: _worker.Settings, text: str) -> StructType:
    """The columns that go in, as they are, and those that are added."""
    from pyspark.sql.pandas.types import from_arrow_type, to_arrow_schema
    from pyspark.sql.types import StructField, StructType

    labelled = _worker.labelled_schema(_worker.classifier(settings, 1), to_arrow_schema(schema), text)
    given, added = list(labelled)[: len(schema)], list(labelled)[len(schema) :]
    fields = [StructField(field.name, own.dataType, own.nullable) for field, own in zip(given, schema, strict=True)]
    return StructType(fields + [StructField(field.name, from_arrow_type(field.type)) for field in added])
