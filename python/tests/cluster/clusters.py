"""What the tests of clusters share: texts, and what a single process makes of them."""

import importlib
import json
import os
import shutil
from functools import cache
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "data"
CORPUS = DATA / "corpus"
LEXICON = DATA / "lexicon"
# Columns that a batch of paragraphs has beside its text.
COLUMNS = ("text", "context", "kind", "lang")


def need(module: str, program: str | None = None):
    """The module; without it, or a program that it calls, tests are skipped, or fail where KLAUSUL_CLUSTER_TEST=required."""
    missing = None
    try:
        found = importlib.import_module(module)
    except ImportError:
        missing = f"{module} is not installed: pip install 'klausul[ray,spark]'"
    if program and shutil.which(program) is None:
        missing = f"{program} is not installed"
    if missing and os.environ.get("KLAUSUL_CLUSTER_TEST") == "required":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing, allow_module_level=True)
    return found


@cache
def corpus() -> list[dict]:
    rows = []
    for path in sorted(CORPUS.glob("*.jsonl")):
        rows.extend(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return rows


def paragraphs(count: int, distinct: int | None = None):
    """A table of so many rows, which are numbered; so many of them differ."""
    import pyarrow as pa

    rows = corpus()
    rows = rows[:: max(1, len(rows) // distinct)] if distinct else rows
    rows = [{"row": row} | {name: rows[row % len(rows)][name] for name in COLUMNS} for row in range(count)]
    return pa.Table.from_pylist(rows)


def alone(table, **settings):
    """The table as a single process labels it."""
    import pyarrow as pa

    import klausul

    classifier = klausul.Classifier(**settings)
    return pa.Table.from_batches([classifier.classify_batch(batch) for batch in table.to_batches()])


def assert_same(labelled, expected):
    """Every row is there once, and is what it is in the other table."""
    labelled = labelled.select(expected.column_names).sort_by("row").combine_chunks()
    assert labelled["row"].to_pylist() == expected["row"].to_pylist()
    for name in expected.column_names:
        assert labelled[name].to_pylist() == expected[name].to_pylist(), name
