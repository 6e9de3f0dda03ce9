"""What is done with a partition."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import klausul
from klausul import _rows, _worker
from klausul._partitions import Partition, Rows, shown
from klausul._results import Counts, Failure, Labelled, Results

# Rows that are read and labelled together.
BATCH = 4096


@dataclass(frozen=True)
class Job:
    """What all partitions share; goes to every worker."""

    root: Path
    results: Results
    # The column of paragraphs, where the user named one.
    text_field: str | None
    settings: _worker.Settings

    @property
    def text(self) -> str:
        return self.text_field or "text"


@dataclass(frozen=True)
class Outcome:
    """What came of a partition; with `unusable` nothing, since the worker has no classifier."""

    partition: Partition
    counts: Counts
    unusable: str | None = None


def do(partition: Partition, job: Job, threads: int | None) -> Outcome:
    """Labels a partition and writes what came of it."""
    try:
        classifier = _worker.classifier(job.settings, threads)
    except klausul.KlausulError as error:
        return Outcome(partition, Counts(), str(error))
    if partition.rows is None:
        schema, items = _rows.schema(classifier), _files(partition.files, job, classifier)
    elif partition.rows.documents:
        schema, items = _rows.schema(classifier), _documents(partition.files[0], partition.rows, job, classifier)
    else:
        schema = _table_schema(job.root / partition.files[0], job, classifier)
        items = _paragraphs(partition.files[0], partition.rows, job, classifier)
    return Outcome(partition, job.results.write(partition, schema, items, classifier.model))


def _files(files: tuple[str, ...], job: Job, classifier: klausul.Classifier) -> Iterator[Labelled | Failure]:
    """All in one call, so that what stands in several files is labelled once."""
    schema = _rows.schema(classifier)
    paths = {shown(job.root / file): shown(file) for file in files}
    # How the reader calls a file: by its name, a later one of the same name by its path.
    called = {file.rpartition("/")[2]: file for file in reversed(paths.values())} | paths
    first = shown(files[0])
    for document in classifier.classify_paths([job.root / file for file in files], text_field=job.text_field):
        if isinstance(document, klausul.KlausulError):
            path = getattr(document, "path", None) or ""
            yield _failure(paths.get(path, path or first), document, path)
            continue
        source = first if len(files) == 1 else called.get(document.source, document.source)
        yield Labelled(_rows.of_document(document, source, called.get(document.id) or _below(source, document.id), schema), 1)


def _below(file: str, own: str) -> str:
    """The id of a document; where it is made of the name of the file, the folder stands before it."""
    folder, _, name = file.rpartition("/")
    return f"{folder}/{own}" if folder and own.startswith(f"{name}:") else own


def _documents(file: str, rows: Rows, job: Job, classifier: klausul.Classifier) -> Iterator[Labelled | Failure]:
    """The rows become a table of their own, which is read as any table is."""
    schema = _rows.schema(classifier)
    with tempfile.TemporaryDirectory(prefix="klausul-") as folder:
        path = Path(folder, "rows.parquet")
        try:
            _copy(file, rows, job.root / file, path)
        except (OSError, pa.ArrowException) as error:
            yield Failure(file, str(error), rows.count)
            return
        left = rows.count
        for document in classifier.classify_paths([path], rows="documents"):
            left -= 1
            if isinstance(document, klausul.KlausulError):
                yield _failure(file, document, str(path), rows.first)
            else:
                yield Labelled(_rows.of_document(document, file, document.id, schema), 1)
        if left > 0:
            yield Failure(file, "rows were not read", left)


def _copy(file: str, rows: Rows, source: Path, target: Path) -> None:
    """Copies rows, with ids that say where they stood for those that bring none."""
    with pq.ParquetFile(source) as table:
        schema = table.schema_arrow
    text = {name for name in ("id", "url") if name in schema.names and _is_text(schema.field(name).type)}
    if "id" not in schema.names:
        schema = schema.append(pa.field("id", pa.string()))
    with pq.ParquetWriter(target, schema) as writer:
        for first, batch in read(source, rows):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            places = pa.array([f"{file}:{row + 1}" for row in range(first, first + batch.num_rows)])
            given = [columns[name].cast(pa.string()) for name in ("id", "url") if name in text]
            if "id" in text or "id" not in columns:
                columns["id"] = pc.coalesce(*given, places).cast(schema.field("id").type)
            writer.write_batch(pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema))


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string())


def _table_schema(path: Path, job: Job, classifier: klausul.Classifier) -> pa.Schema:
    try:
        return _worker.labelled_schema(classifier, pq.read_schema(path), job.text)
    except (OSError, pa.ArrowException, klausul.KlausulError):
        # No row of it will come out.
        return _worker.labelled_schema(classifier, pa.schema([(job.text, pa.string())]), job.text)


def _paragraphs(file: str, rows: Rows, job: Job, classifier: klausul.Classifier) -> Iterator[Labelled | Failure]:
    done = 0
    try:
        for first, batch in read(job.root / file, rows):
            there = pc.is_valid(batch.column(job.text))
            places: dict[bool, list[str]] = {True: [], False: []}
            for row, is_there in enumerate(there.to_pylist(), first + 1):
                places[is_there].append(f"{file}:{row}")
            yield from (Failure(place, f"column `{job.text}`: null is not a text") for place in places[False])
            yield from _label(classifier, batch.filter(there), places[True], job.text)
            done += batch.num_rows
    except (OSError, pa.ArrowException) as error:
        yield Failure(file, str(error), rows.count - done)


def _label(classifier: klausul.Classifier, batch: pa.RecordBatch, places: list[str], text: str) -> Iterator[Labelled | Failure]:
    """Labels rows that stand at these places; those that cannot be labelled are found by halving."""
    if not places:
        return
    try:
        labelled = classifier.classify_batch(batch, text=text)
    except klausul.KlausulError as error:
        if len(places) == 1:
            yield Failure(places[0], str(error).replace(", row 0:", ":"))
            return
        half = len(places) // 2
        yield from _label(classifier, batch.slice(0, half), places[:half], text)
        yield from _label(classifier, batch.slice(half), places[half:], text)
    else:
        yield Labelled(labelled, labelled.num_rows)


def read(path: Path, rows: Rows) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Rows of a Parquet file, each batch with the number of its first; row groups before and behind are not read."""
    with pq.ParquetFile(path) as table:
        start, groups, begin = 0, [], None
        for group in range(table.metadata.num_row_groups):
            end = start + table.metadata.row_group(group).num_rows
            if start < rows.first + rows.count and rows.first < end:
                groups.append(group)
                begin = start if begin is None else begin
            start = end
        row = begin or 0
        for batch in table.iter_batches(BATCH, row_groups=groups):
            skip = max(0, rows.first - row)
            kept = batch.slice(skip, max(0, rows.first + rows.count - row - skip))
            if kept.num_rows:
                yield row + skip, kept
            row += batch.num_rows


def _failure(file: str, error: klausul.KlausulError, path: str, before: int = 0) -> Failure:
    said, line = str(error).removeprefix(f"{path}:"), getattr(error, "line", None)
    if line is None:
        return Failure(file, said.strip())
    return Failure(f"{file}:{line + before}", said.removeprefix(f"{line}:").strip())
