"""Threads, processes, pickles and memory."""

import copy
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from shared import ERASURE, RETENTION, SAMPLES, SWEDISH

import klausul

TEXTS = [RETENTION, ERASURE, SWEDISH] * 10


def test_threads_share_a_classifier(model):
    expected = model.classify(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(model.classify, [TEXTS] * 16))
        assert list(pool.map(model.classify, TEXTS)) == expected


def test_other_threads_run_meanwhile(model):
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.005):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    model.classify([f"{text} {number}" for number in range(40) for text in TEXTS[:3]])
    done.set()
    thread.join()
    assert len(ticks) > 5


def in_child(work):
    """Runs it in a forked child that must end by itself."""
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found} is not {expected}")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_loads_its_own(model):
    expected = model.classify(TEXTS)
    in_child(lambda: equal(model.classify(TEXTS), expected))
    equal(model.classify(TEXTS), expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_in_the_middle_of_calls(rules):
    expected, done = rules.classify(TEXTS), threading.Event()

    def busy():
        while not done.is_set():
            rules.classify(TEXTS * 20)

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            in_child(lambda: equal(rules.classify(TEXTS), expected))
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_iterator_stays_with_its_process():
    classifier = klausul.Classifier(backend="rules")
    documents = classifier.classify_paths(SAMPLES)
    first = next(documents)

    def child():
        with pytest.raises(klausul.UsageError, match="in the process that began it"):
            next(documents)
        own = classifier.classify_paths(SAMPLES)
        equal(list(next(own)), list(first))

    in_child(child)
    assert sum(1 for _ in documents) == len(list(classifier.classify_paths(SAMPLES))) - 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", [name for name in ("fork", "spawn", "forkserver") if name in multiprocessing.get_all_start_methods()])
def test_processes_give_the_same(rules, method):
    expected = rules.classify(TEXTS)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(rules.classify, TEXTS)) == expected
        page = f"<p>{RETENTION}</p>"
        documents = list(pool.map(rules.classify_document, [page] * 3))
        assert [list(document) for document in documents] == [list(rules.classify_document(page))] * 3
        with pytest.raises(klausul.FormatError, match="item 0: `None` is not a text"):
            pool.submit(rules.classify, [None]).result()


def test_pickles(model):
    other = pickle.loads(pickle.dumps(model))
    assert (other.model, other.classify(TEXTS)) == (model.model, model.classify(TEXTS))
    assert len(pickle.dumps(model)) < 500, "the model stays where it is"
    classifier = klausul.Classifier(backend="rules", evidence=True, threads=2)
    predictions = classifier.classify(TEXTS)
    assert predictions[0].evidence
    again = pickle.loads(pickle.dumps(predictions))
    assert again == predictions and again[0].evidence == predictions[0].evidence
    assert copy.deepcopy(predictions[0]).scores == predictions[0].scores
    assert copy.copy(classifier).classify(TEXTS) == predictions
    document = classifier.classify_document(f"<h1>A</h1><p>{RETENTION}", id="x")
    same = pickle.loads(pickle.dumps(document))
    assert (list(same), same.id, same.language, same.extras) == (list(document), "x", "en", [{}, {}])


def test_a_pickle_names_its_model_in_any_folder(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps(klausul.Classifier("klausul-small", backend="transformer", threads=1))
    monkeypatch.chdir("/")
    assert pickle.loads(data).backend == "transformer"


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is told by /proc here")
def test_memory_stays_steady(model, rules):
    def calls(classifier, number):
        for call in range(number):
            prediction = classifier.classify({"text": f"{RETENTION} {call % 1000}", "context": ["Storage"]})
            assert prediction.labels and len(prediction.scores) == 27 and prediction.evidence == []

    calls(rules, 10_000)
    calls(model, 200)
    before = resident()
    calls(rules, 100_000)
    calls(model, 1_000)
    for _ in range(200):
        rules.classify_document(f"<p>{RETENTION}</p>")
        list(rules.classify_paths(SAMPLES / "sv-tandklinik.html"))
        rules.classify(TEXTS)
        with pytest.raises(klausul.FormatError):
            rules.classify([None])
    assert resident() - before < 16, "mebibytes"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_ctrl_c_ends_a_long_call():
    code = (
        "import klausul, sys; c = klausul.Classifier(threads=1); print('ready', flush=True)\n"
        "c.classify([f'We keep your data for {number} days and then we erase them.' for number in range(100_000)])"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    time.sleep(2)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=10)
    assert "KeyboardInterrupt" in errors


def test_import_is_light():
    code = (
        "import sys, time; begun = time.perf_counter(); import klausul; took = time.perf_counter() - begun\n"
        "heavy = {'numpy', 'pandas', 'polars', 'pyarrow', 'ray', 'pyspark', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy; print(took)"
    )
    took = min(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(5))
    assert took < 0.15
