"""klausul on Ray Data.

import ray, klausul.ray

labelled = klausul.ray.classify(ray.data.read_parquet("paragraphs/"))
labelled.write_parquet("labelled/")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from klausul import _worker

if TYPE_CHECKING:
    from ray.data import Dataset

__all__ = ["classify"]


def classify(
    dataset: Dataset,
    *,
    text: str = "text",
    model: _worker.Place | None = None,
    backend: str = "auto",
    evidence: bool = False,
    rules: _worker.Place | None = None,
    taxonomy: _worker.Place | None = None,
    concurrency: int | tuple[int, int] | None = None,
    num_cpus: float = 1,
    batch_size: int = 1024,
    **ray_remote_args: Any,
) -> Dataset:
    """The rows of a dataset with `labels`, a `score_` column a category, `backend` and `model`; see `Classifier.classify_batch`.

    Actors load the classifier once and give it `num_cpus` threads each. `concurrency` is how many actors there are, or the least and
    the most; without it they leave one CPU to reads and writes. These wait forever where actors hold every CPU: in so small a cluster
    give them a part of one, as in `ray.data.read_parquet(path, num_cpus=0.1)`. What else is given, goes to `map_batches`. A worker
    that dies is replaced and its rows are labelled again: every row comes out once.
    """
    import ray

    settings = _worker.settings(model=model, backend=backend, evidence=evidence, rules=rules, taxonomy=taxonomy)
    least, most = concurrency if isinstance(concurrency, tuple) else (concurrency or 1, concurrency or _as_many_as_fit(num_cpus))
    return dataset.map_batches(
        _Actor,
        fn_constructor_kwargs={"settings": settings, "text": text, "threads": max(1, int(num_cpus))},
        batch_format="pyarrow",
        batch_size=batch_size,
        zero_copy_batch=True,
        num_cpus=num_cpus,
        compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most),
        **ray_remote_args,
    )


def _as_many_as_fit(num_cpus: float) -> int:
    import ray

    cpus: float = ray.cluster_resources().get("CPU", 1)  # type: ignore[no-untyped-call]
    return max(1, int((cpus - 1) // num_cpus))


class _Actor:
    """Holds the classifier of a worker."""

    def __init__(self, settings: _worker.Settings, text: str, threads: int) -> None:
        self._classifier = _worker.classifier(settings, threads)
        self._text = text

    def __call__(self, table: pa.Table) -> pa.Table:
        batches = table.combine_chunks().to_batches() or [_worker.empty(table.schema)]
        return pa.Table.from_batches([self._classifier.classify_batch(batch, text=self._text) for batch in batches])
