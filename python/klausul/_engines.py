"""Who does the partitions: this process, Ray or Spark."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import klausul
from klausul import _work
from klausul._partitions import Partition
from klausul._work import Job, Outcome

# Partitions that wait at a cluster.
WAITING = 1000


def local(partitions: list[Partition], job: Job, args: Namespace) -> Iterator[Outcome]:
    """This process, with all cores."""
    for partition in partitions:
        yield _work.do(partition, job, args.cpus)


def ray(partitions: list[Partition], job: Job, args: Namespace) -> Iterator[Outcome]:
    """A task a partition. Tasks and not actors: what a lost node had goes to any other, and a worker process keeps its classifier."""
    import ray

    cpus = args.cpus or 1
    ray.init(address=args.cluster, ignore_reinit_error=True, log_to_driver=False)
    task = ray.remote(num_cpus=cpus, max_retries=3)(_work.do)
    shared, left, running = ray.put(job), iter(partitions), dict[Any, Partition]()
    while True:
        while len(running) < WAITING and (partition := next(left, None)):
            running[task.remote(partition, shared, cpus)] = partition
        if not running:
            return
        [done], _ = ray.wait(list(running), num_returns=1)
        partition = running.pop(done)
        try:
            yield ray.get(done)
        except ray.exceptions.RayError as error:
            _lost([partition], error)


def spark(partitions: list[Partition], job: Job, args: Namespace) -> Iterator[Outcome]:
    """A task a partition. A task that fails four times ends Spark's job: the others are tried again, as long as any of them is done."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    from klausul.spark import task_cpus

    builder = SparkSession.builder.appName("klausul")
    session = (builder.master(args.cluster) if args.cluster else builder).getOrCreate()
    while partitions:
        tasks = session.sparkContext.parallelize(partitions, len(partitions))
        try:
            yield from tasks.map(lambda partition: _work.do(partition, job, task_cpus())).collect()
            return
        except (Py4JError, PySparkException) as error:
            done = {partition: counts for partition in partitions if (counts := job.results.counts(partition))}
            yield from (Outcome(partition, counts) for partition, counts in done.items())
            partitions = [partition for partition in partitions if partition not in done]
            if not done:
                _lost(partitions, error)
                return


def _lost(partitions: list[Partition], error: Exception) -> None:
    if "No module named 'klausul'" in str(error):
        mend = "install it in the Python of every worker (Spark: PYSPARK_PYTHON)"
        raise klausul.ConfigError(f"the workers have no klausul; {mend}") from error
    for partition in partitions:
        print(f"klausul: {partition} was not done", file=sys.stderr)
    print(error, file=sys.stderr, flush=True)
