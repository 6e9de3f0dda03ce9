"""A Ray cluster of two nodes with a CPU each, of which one dies."""

import logging
import os
import shutil
import signal
from pathlib import Path

import pytest

from .clusters import LEXICON, alone, assert_same, need, paragraphs

ray = need("ray")
need("ray.data")
pa = need("pyarrow")

import pyarrow.parquet as pq
from ray.cluster_utils import Cluster

import klausul.ray
from klausul import job

STORE = 200 << 20


class Nodes:
    """A head without CPUs, and nodes with one each."""

    def __init__(self, count):
        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": STORE})
        self.nodes = [self.add() for _ in range(count)]

    def add(self):
        return self.cluster.add_node(num_cpus=1, object_store_memory=STORE)

    def replace_one(self):
        self.cluster.remove_node(self.nodes.pop(0), allow_graceful=False)
        self.nodes.append(self.add())


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    # Ray's workers import from the folder that the driver stands in: not the sources, which lack what is compiled.
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("driver"))
    nodes = Nodes(2)
    ray.init(address=nodes.cluster.address, log_to_driver=False)
    nodes.cluster.wait_for_nodes()
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    yield nodes
    ray.shutdown()
    nodes.cluster.shutdown()
    os.chdir(before)


def labelled(table, size, kill, **settings):
    """All rows, in blocks of this size; `kill` is called when the first are there, and another worker must take over."""
    blocks = [table.slice(row, size) for row in range(0, len(table), size)]
    dataset = klausul.ray.classify(ray.data.from_arrow(blocks), batch_size=size, concurrency=2, **settings)
    tables, workers = [], set()
    for block in dataset.iter_batches(batch_format="pyarrow", batch_size=None):
        if not tables:
            workers |= set(actors())
            kill()
        tables.append(block)
        workers |= set(actors())
    assert len(workers) > 2, "what was killed was replaced"
    return pa.concat_tables(tables)


def actors():
    """The processes that label."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"MapWorker(MapBatches(_Actor))" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            pass
    return sorted(found)


def test_every_row_comes_out_once_though_a_worker_is_killed(nodes):
    table = paragraphs(20_000)
    assert_same(labelled(table, 200, lambda: os.kill(actors()[0], signal.SIGKILL), backend="rules"), alone(table, backend="rules"))


def test_every_row_comes_out_once_though_a_node_is_lost(nodes):
    table = paragraphs(2_000, distinct=500)
    assert_same(labelled(table, 100, nodes.replace_one), alone(table))


def test_reads_and_writes_find_a_cpu(nodes, tmp_path):
    table = paragraphs(1_000)
    (tmp_path / "in").mkdir()
    for part in range(10):
        pq.write_table(table.slice(part * 100, 100), tmp_path / "in" / f"{part}.parquet")
    dataset = klausul.ray.classify(ray.data.read_parquet(str(tmp_path / "in"), num_cpus=0.1), backend="rules")
    dataset.write_parquet(str(tmp_path / "out"), ray_remote_args={"num_cpus": 0.1})
    assert_same(pq.read_table(tmp_path / "out"), alone(table, backend="rules"))


def test_a_worker_without_the_rules_says_so(nodes, tmp_path):
    rules = shutil.copytree(LEXICON, tmp_path / "rules")
    dataset = klausul.ray.classify(ray.data.from_arrow(paragraphs(10)), rules=rules, concurrency=1)
    shutil.rmtree(rules)
    with pytest.raises(ray.exceptions.RayError, match=f"has no classifier: .*{rules}"):
        dataset.materialize()


def test_a_job_goes_on_though_a_node_is_lost(nodes, tmp_path, capfd):
    table = paragraphs(20_000)
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=3_000)
    say, said = job._say, []

    def lose(words):
        said.append(words)
        if words.startswith("5/"):
            nodes.replace_one()

    job._say = lose
    try:
        arguments = [tmp_path / "in.parquet", tmp_path / "out", "--engine", "ray", "--backend", "rules", "--partition", 500]
        assert job.main(list(map(str, arguments))) == 0
    finally:
        job._say = say
    assert said[-1] == "20000 inputs = 20000 out + 0 errors; 20000 paragraphs"
    assert_same(pq.read_table(tmp_path / "out" / "paragraphs"), alone(table, backend="rules"))
