"""Documents as rows of an Arrow table."""

from __future__ import annotations

import json

import pyarrow as pa

import klausul
from klausul import _worker

_GIVEN = [
    ("input", pa.string()),
    ("doc", pa.string()),
    ("id", pa.string()),
    ("index", pa.int64()),
    ("lang", pa.string()),
    ("kind", pa.string()),
    ("context", pa.list_(pa.string())),
    ("text", pa.string()),
    ("start", pa.int64()),
    ("end", pa.int64()),
    ("extra", pa.string()),
]


def schema(classifier: klausul.Classifier) -> pa.Schema:
    """The columns of a paragraph of a document: those of the program, `input`, and other columns of the input as JSON in `extra`."""
    return _worker.labelled_schema(classifier, pa.schema(_GIVEN), "text")


def of_document(document: klausul.Document, source: str, doc: str, schema: pa.Schema) -> pa.RecordBatch:
    """One row a paragraph; `source` is the input that it came from, and `doc` its id."""
    paragraphs, predictions = document.paragraphs, document.predictions
    columns = {name: [getattr(own, name) for own in paragraphs] for name in ("index", "kind", "context", "text", "start", "end")}
    columns |= {name: [getattr(own, name) for own in predictions] for name in ("labels", "backend", "model")}
    columns |= {"input": [source] * len(paragraphs), "doc": [doc] * len(paragraphs)}
    columns["id"] = [doc + own.id.removeprefix(document.id) if own.id.startswith(document.id) else own.id for own in paragraphs]
    columns["lang"] = [own.language for own in paragraphs]
    columns["extra"] = [json.dumps(extra, ensure_ascii=False) if extra else None for extra in document.extras]
    scores = [own.scores for own in predictions]
    for name in schema.names:
        if name.startswith("score_"):
            columns[name] = [own[name.removeprefix("score_")] for own in scores]
    if "evidence" in schema.names:
        columns["evidence"] = [json.dumps(own.evidence, ensure_ascii=False) for own in predictions]
    return pa.RecordBatch.from_pydict(columns, schema)
