"""What a job writes: files that are whole or not there, and what they must add up to."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from klausul._partitions import Partition

ERRORS = pa.schema([("input", pa.string()), ("error", pa.string()), ("inputs", pa.int64())])
# Rows of a row group.
GROUP = 4096
FOOTER = b"klausul"


@dataclass(frozen=True)
class Labelled:
    """Rows of paragraphs, and how many inputs (documents, or rows of a table) they are."""

    batch: pa.RecordBatch
    inputs: int


@dataclass(frozen=True)
class Failure:
    """An input that cannot be labelled, or several for one reason."""

    input: str
    error: str
    inputs: int = 1


@dataclass
class Counts:
    """Of inputs: documents, or rows of a table; and what labelled them."""

    read: int = 0
    out: int = 0
    errors: int = 0
    paragraphs: int = 0
    model: str = ""

    def __str__(self) -> str:
        return f"{self.read} inputs = {self.out} out + {self.errors} errors; {self.paragraphs} paragraphs"


class Results:
    """The folder of a job: `paragraphs/`, `errors/` and `summary.json`."""

    def __init__(self, folder: Path, digest: str) -> None:
        self.folder = folder
        self.digest = digest

    def begin(self, job: dict[str, Any]) -> None:
        """Remembers what is done in this folder."""
        with _whole(self.folder / "job.json") as path:
            path.write_text(json.dumps(job, indent=1) + "\n")

    def _paragraphs(self, partition: Partition) -> Path:
        return self.folder / "paragraphs" / f"{partition.name}.parquet"

    def _errors(self, partition: Partition) -> Path:
        return self.folder / "errors" / f"{partition.name}.parquet"

    def write(self, partition: Partition, schema: pa.Schema, items: Iterable[Labelled | Failure], model: str) -> Counts:
        """Writes a partition; the paragraphs come last, and with them it is done. Written twice, even at a time, it is the same."""
        counts, failures = Counts(model=model), []
        with _whole(self._paragraphs(partition)) as path, pq.ParquetWriter(path, schema) as writer:
            waiting: list[pa.RecordBatch] = []
            for item in items:
                if isinstance(item, Failure):
                    failures.append(asdict(item))
                    counts.errors += item.inputs
                    continue
                counts.out += item.inputs
                counts.paragraphs += item.batch.num_rows
                waiting.append(item.batch)
                if sum(batch.num_rows for batch in waiting) >= GROUP:
                    writer.write_table(pa.Table.from_batches(waiting))
                    waiting = []
            writer.write_table(pa.Table.from_batches(waiting, schema))
            counts.read = partition.rows.count if partition.rows else counts.out + counts.errors
            writer.add_key_value_metadata({FOOTER: json.dumps(asdict(counts) | {"digest": self.digest})})
            with _whole(self._errors(partition)) as errors:
                pq.write_table(pa.Table.from_pylist(failures, ERRORS), errors)
        return counts

    def counts(self, partition: Partition) -> Counts | None:
        """What a finished partition counted, if it is finished."""
        try:
            footer = json.loads((pq.read_metadata(self._paragraphs(partition)).metadata or {}).get(FOOTER, b"{}"))
            pq.read_schema(self._errors(partition))
        except (OSError, pa.ArrowException):
            return None
        return Counts(**footer) if footer.pop("digest", None) == self.digest else None

    def adds_up(self, partition: Partition) -> bool:
        """Whether the tables have what was counted, and every input is among what came out or failed."""
        counts = self.counts(partition)
        if counts is None:
            return False
        failed = sum(pq.read_table(self._errors(partition))["inputs"].to_pylist())
        rows = pq.read_metadata(self._paragraphs(partition)).num_rows
        return counts.read == counts.out + counts.errors and counts.errors == failed and counts.paragraphs == rows

    def clean(self) -> None:
        """Removes what workers left that died."""
        for path in self.folder.glob("*/.*.part"):
            path.unlink(missing_ok=True)

    def summarise(self, summary: dict[str, Any]) -> None:
        """Writes the counts of the job."""
        with _whole(self.folder / "summary.json") as path:
            path.write_text(json.dumps(summary, indent=1) + "\n")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A path to write to, which gets its name when it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        yield draft
        with open(draft, "rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
