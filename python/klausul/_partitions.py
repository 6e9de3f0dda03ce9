"""How a job is cut: the same inputs and settings make the same partitions, in every run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# Columns that hold a whole policy; a table without one of them has paragraphs.
DOCUMENTS = ("html", "markdown", "content")
# Files of many documents are partitions by themselves.
MANY = (".warc", ".jsonl", ".ndjson", ".json", ".csv", ".tsv")
PACKED = (".gz", ".zst")
# How many inputs make a partition unless told: files of one document, rows that are documents, rows that are paragraphs.
FILES = 500
DOCUMENT_ROWS = 500
PARAGRAPH_ROWS = 10_000
# A partition of files ends with the file that reaches this.
BYTES = 64 << 20


@dataclass(frozen=True)
class Rows:
    """Consecutive rows of a Parquet file."""

    first: int
    count: int
    documents: bool


@dataclass(frozen=True)
class Partition:
    """What is done at a time: files, or some rows of one."""

    name: str
    files: tuple[str, ...]
    rows: Rows | None = None

    def __str__(self) -> str:
        end = f" to {self.files[-1]}" if len(self.files) > 1 else ""
        rows = f", rows {self.rows.first + 1} to {self.rows.first + self.rows.count}" if self.rows else ""
        return f"{self.name} ({self.files[0]}{end}{rows})"


@dataclass(frozen=True)
class Plan:
    """The partitions, and a digest that tells whether they are those of another run."""

    root: Path
    partitions: list[Partition]
    digest: str


def plan(source: Path, output: Path, text: str | None, size: int | None) -> Plan:
    """Cuts a file or a folder; `text` names the column of paragraphs, `size` says how many inputs make a partition."""
    root = source if source.is_dir() else source.parent
    files = list(_walk(source, output)) if source.is_dir() else [source.name]
    digest = hashlib.sha256(f"{text} {size} {FILES} {DOCUMENT_ROWS} {PARAGRAPH_ROWS} {BYTES}\n".encode())
    for file in files:
        digest.update(f"{_size(root / file)} {file}\n".encode(errors="surrogateescape"))
    cuts = enumerate(_cut(root, files, text, size))
    return Plan(root, [Partition(f"part-{number:06}", *cut) for number, cut in cuts], digest.hexdigest())


def _walk(root: Path, output: Path) -> Iterator[str]:
    """Files below the folder in their order; a folder that cannot be read stands for itself. Hidden ones and the output are passed over."""
    found: list[str] = []
    for folder, folders, files in os.walk(root, onerror=lambda error: found.append(os.fspath(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".") and Path(folder, name).resolve() != output.resolve()]
        found.extend(os.path.join(folder, name) for name in files if not name.startswith("."))
    return iter(sorted(os.path.relpath(path, root).replace(os.sep, "/") for path in found))


def _cut(root: Path, files: list[str], text: str | None, size: int | None) -> Iterator[tuple[tuple[str, ...], Rows | None]]:
    group: list[str] = []
    held = 0
    for file in files:
        table = _table(root / file, text) if file.endswith(".parquet") else None
        alone = table is not None or _holds_many(file)
        if not alone:
            group.append(file)
            held += _size(root / file)
        if group and (alone or len(group) == (size or FILES) or held >= BYTES):
            yield tuple(group), None
            group, held = [], 0
        if table is not None:
            count, documents = table
            step = size or (DOCUMENT_ROWS if documents else PARAGRAPH_ROWS)
            for first in range(0, count, step):
                yield (file,), Rows(first, min(step, count - first), documents)
        elif alone:
            yield (file,), None
    if group:
        yield tuple(group), None


def _holds_many(file: str) -> bool:
    name = file.lower()
    for end in PACKED:
        name = name.removesuffix(end)
    return name.endswith(MANY)


def _table(path: Path, text: str | None) -> tuple[int, bool] | None:
    """Rows of a Parquet file, and whether they are documents; nothing where it is for the reader to say what is wrong."""
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            documents = text is None and not set(schema.names).isdisjoint(DOCUMENTS)
            if documents or schema.get_field_index(text or "text") >= 0:
                return file.metadata.num_rows, documents
    except (OSError, ValueError, pa.ArrowException):
        pass
    return None


def shown(path: str | Path) -> str:
    """A path as text, whatever its bytes are."""
    return str(path).encode(errors="surrogateescape").decode(errors="replace")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
