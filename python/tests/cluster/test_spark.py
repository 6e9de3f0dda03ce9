"""Spark with two executors, of which one dies."""

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from .clusters import LEXICON, alone, assert_same, need, paragraphs

pyspark = need("pyspark", program="java")
need("pandas")
pa = need("pyarrow")

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

import klausul.spark
from klausul import job


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    # Executors of their own, which Spark starts from its home.
    home = Path(pyspark.__file__).parent
    os.environ |= {"SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    os.environ["SPARK_WORKER_DIR"] = str(tmp_path_factory.mktemp("work"))
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.ui.enabled", False)
        .config("spark.ui.showConsoleProgress", False)
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", 200)
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


def processes(word):
    """The processes with this word on their command line, below this one."""
    parents, found = {}, []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rsplit(")")[1].split()[1])
            if word in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            pass

    def is_ours(process):
        return process == os.getpid() or process in parents and is_ours(parents[process])

    return sorted(filter(is_ours, found))


def executors():
    return processes(b"CoarseGrainedExecutorBackend")


def python_workers():
    return [process for process in processes(b"pyspark.daemon") if Path(f"/proc/{process}/task/{process}/children").read_text() == ""]


def kill_one(spark, victims, after):
    """Kills a process when so many tasks are done; the thread that does has the number of it."""
    killed = []

    def watch():
        tracker = spark.sparkContext.statusTracker()
        while True:
            stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            if any(stage and stage.numCompletedTasks >= after and stage.numTasks > after for stage in stages):
                killed.append(victims()[0])
                os.kill(killed[0], signal.SIGKILL)
                return
            time.sleep(0.01)

    threading.Thread(target=watch, daemon=True).start()
    return killed


def labelled(spark, table, partitions, victims, **settings):
    """All rows, with a victim among the processes."""
    frame = spark.createDataFrame(table).repartition(partitions)
    killed = kill_one(spark, victims, after=partitions // 4)
    result = klausul.spark.classify(frame, **settings).toArrow()
    assert killed
    return result


def test_every_row_comes_out_once_though_an_executor_is_killed(spark):
    table = paragraphs(20_000)
    assert_same(labelled(spark, table, 60, executors, backend="rules"), alone(table, backend="rules"))


def test_every_row_comes_out_once_though_a_python_worker_is_killed(spark):
    table = paragraphs(2_000, distinct=500)
    assert_same(labelled(spark, table, 20, python_workers), alone(table))


def test_columns_are_stated_and_those_of_the_same_name_kept(spark):
    frame = spark.createDataFrame([("You may object.", "mine")], ["text", "labels"])
    result = klausul.spark.classify(frame, backend="rules")
    assert result.columns[:3] == ["text", "input_labels", "labels"] and result.columns[-1] == "model"
    [row] = result.collect()
    assert (row.input_labels, row.labels, row.backend) == ("mine", ["right_objection"], "rules")


def test_a_null_is_named(spark):
    frame = spark.createDataFrame([("You may object.",), (None,)], ["text"]).coalesce(1)
    with pytest.raises(Exception, match="column `text`, row 1: null is not a text"):
        klausul.spark.classify(frame, backend="rules").collect()


def test_a_worker_without_the_rules_says_so(spark, tmp_path):
    rules = shutil.copytree(LEXICON, tmp_path / "rules")
    frame = klausul.spark.classify(spark.createDataFrame([("You may object.",)], ["text"]), rules=rules)
    shutil.rmtree(rules)
    with pytest.raises(Exception, match=f"has no classifier: .*{rules}"):
        frame.collect()


def test_a_job_goes_on_though_an_executor_is_killed(spark, tmp_path, capfd):
    table = paragraphs(20_000)
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=3_000)
    killed = kill_one(spark, executors, after=5)
    arguments = [tmp_path / "in.parquet", tmp_path / "out", "--engine", "spark", "--backend", "rules", "--partition", 500]
    assert job.main(list(map(str, arguments))) == 0
    assert killed
    assert "20000 inputs = 20000 out + 0 errors; 20000 paragraphs" in capfd.readouterr().err
    assert_same(pq.read_table(tmp_path / "out" / "paragraphs"), alone(table, backend="rules"))
