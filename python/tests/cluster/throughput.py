"""How many paragraphs a second one process, Ray and Spark label with the model: `python throughput.py ray --workers 2`.

A run of a few rows tells what it costs to start; the rate is that of the rows beyond these.
"""

import argparse
import json
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from clusters import paragraphs

BATCH = 250
FEW = 500


@contextmanager
def local(workers):
    """One process with so many threads."""
    import klausul

    classifier = klausul.Classifier(threads=workers)
    yield lambda table: sum(classifier.classify_batch(batch).num_rows for batch in table.to_batches(BATCH))


@contextmanager
def ray(workers):
    """So many nodes of one CPU, and a head without any."""
    import ray
    from ray.cluster_utils import Cluster

    import klausul.ray

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(workers):
        cluster.add_node(num_cpus=1, object_store_memory=500 << 20)
    ray.init(address=cluster.address, log_to_driver=False)

    def run(table):
        blocks = ray.data.from_arrow([table.slice(row, BATCH) for row in range(0, len(table), BATCH)])
        labelled = klausul.ray.classify(blocks, concurrency=workers, batch_size=BATCH)
        return sum(block.num_rows for block in labelled.iter_batches(batch_format="pyarrow", batch_size=None))

    yield run
    ray.shutdown()
    cluster.shutdown()


@contextmanager
def spark(workers):
    """So many executors of one core."""
    import pyspark
    from pyspark.sql import SparkSession

    import klausul.spark

    os.environ |= {"SPARK_HOME": str(Path(pyspark.__file__).parent), "PYSPARK_PYTHON": sys.executable}
    builder = SparkSession.builder.master(f"local-cluster[{workers},1,1024]").config("spark.ui.enabled", False)
    session = builder.config("spark.ui.showConsoleProgress", False).getOrCreate()

    def run(table):
        frame = session.createDataFrame(table).repartition(len(table) // BATCH)
        return klausul.spark.classify(frame).toArrow().num_rows

    yield run
    session.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=("local", "ray", "spark"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rows", type=int, default=5000)
    args = parser.parse_args()
    table = paragraphs(args.rows, distinct=args.rows)

    def seconds(table):
        begin = time.perf_counter()
        assert run(table) == len(table)
        return time.perf_counter() - begin

    with {"local": local, "ray": ray, "spark": spark}[args.engine](args.workers) as run:
        seconds(table.slice(0, FEW))  # What only the first run waits for.
        few, all_rows = seconds(table.slice(0, FEW)), seconds(table)
    figures = vars(args) | {"seconds_few": round(few, 1), "seconds": round(all_rows, 1)}
    print(json.dumps(figures | {"rows_per_second": round((args.rows - FEW) / (all_rows - few), 1)}))


if __name__ == "__main__":
    main()
