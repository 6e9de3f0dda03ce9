"""What a worker holds: the classifier, loaded once a process."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from typing import Any, TypeAlias

import pyarrow as pa

import klausul

Place: TypeAlias = str | os.PathLike[str]
Settings: TypeAlias = dict[str, Any]


def settings(
    *,
    model: Place | None = None,
    backend: str = "auto",
    evidence: bool = False,
    rules: Place | None = None,
    taxonomy: Place | None = None,
) -> Settings:
    """Arguments of the classifier as they go to workers, whose current folder is another one."""
    paths = {"model": model, "rules": rules, "taxonomy": taxonomy}
    return {"backend": backend, "evidence": evidence} | {name: _everywhere(path) for name, path in paths.items()}


def _everywhere(path: Place | None) -> str | None:
    if path is None:
        return None
    return os.path.abspath(path) if os.path.exists(path) else str(path)


def classifier(settings: Settings, threads: int | None) -> klausul.Classifier:
    """The classifier of this process with these settings."""
    return _load(tuple(sorted(settings.items())), threads)


@lru_cache(maxsize=2)
def _load(settings: tuple[tuple[str, Any], ...], threads: int | None) -> klausul.Classifier:
    try:
        return klausul.Classifier(**dict(settings), threads=threads)
    except klausul.KlausulError as error:
        mend = "every worker needs the same klausul and sees the same paths"
        raise type(error)(f"worker {socket.gethostname()} has no classifier: {error}; {mend}") from error


def labelled_schema(classifier: klausul.Classifier, schema: pa.Schema, text: str) -> pa.Schema:
    """What `classify_batch` makes of batches of this schema."""
    return classifier.classify_batch(empty(schema), text=text).schema


def empty(schema: pa.Schema) -> pa.RecordBatch:
    """A batch without rows."""
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
