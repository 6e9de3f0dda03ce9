"""The package and the program say the same, to the last bit."""

import json
import os
import struct
import subprocess

import pytest
from shared import GOLD, SAMPLES

import klausul

PROGRAM = os.environ.get("KLAUSUL_BIN")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="KLAUSUL_BIN names no program")


def run(*arguments, check=True):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=check)


def records(*arguments):
    return [json.loads(line) for line in run("classify", *arguments, "-q").stdout.splitlines()]


def bits(scores):
    return {category: struct.pack("f", score) for category, score in scores.items()}


@pytest.mark.parametrize("backend", ["auto", "rules", "transformer"])
def test_the_samples_have_the_same_labels_and_scores(backend):
    expected = records(SAMPLES, "--backend", backend, "--explain")
    classifier = klausul.Classifier(backend=backend, evidence=True)
    assert expected[0]["model"] == classifier.model, "another build of the program"
    found = [(document, *pair) for document in classifier.classify_paths(SAMPLES) for pair in document]
    assert len(found) == len(expected) > 500
    for record, (document, paragraph, prediction) in zip(expected, found, strict=True):
        assert record["doc"] == document.id
        own = (paragraph.id, paragraph.index, paragraph.language, paragraph.kind, paragraph.context, paragraph.text)
        assert own == tuple(record[name] for name in ("id", "index", "lang", "kind", "context", "text"))
        assert (paragraph.start, paragraph.end) == (record["start"], record["end"])
        assert prediction.labels == record["labels"] and prediction.evidence == record["evidence"]
        assert bits(prediction.scores) == bits(record["scores"])
        assert (prediction.backend, prediction.model) == (record["backend"], record["model"])


def test_rows_have_the_same_labels_and_scores(rules, model, tmp_path):
    rows = [{name: record[name] for name in ("id", "text", "context", "kind", "lang")} for record in records(SAMPLES, "--backend", "rules")]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    bare = tmp_path / "bare.jsonl"
    bare.write_text("".join(json.dumps({"text": row["text"]}) + "\n" for row in rows))
    for name, classifier in (("rules", rules), ("auto", model)):
        for given, path in ((rows, file), ([row["text"] for row in rows], bare)):
            expected = records(path, "--backend", name)
            for record, prediction in zip(expected, classifier.classify(given), strict=True):
                assert (prediction.labels, prediction.language) == (record["labels"], record["lang"])
                assert bits(prediction.scores) == bits(record["scores"])


def test_tables_have_the_columns_of_the_program(rules, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    out = tmp_path / "labels.parquet"
    run("classify", SAMPLES, "--backend", "rules", "-q", "-o", out)
    expected = pq.read_table(out)
    ours = ["labels", *(f"score_{category}" for category in rules.categories), "backend", "model"]
    labelled = pa.table(rules.classify(expected.drop_columns(ours)))
    assert labelled.select(ours).cast(expected.select(ours).schema).equals(expected.select(ours))


def test_errors_have_the_same_words(rules, tmp_path):
    for name, content in [
        ("a.pdf", b"%PDF-1.7 and nothing"),
        ("b.html", b"<p></p>"),
        ("c.jsonl", b'{"text":5}\n'),
        ("d.gz", b"\x1f\x8b\x08\0"),
    ]:
        (tmp_path / name).write_bytes(content)
    said = [line for line in run("classify", tmp_path, "--backend", "rules", check=False).stderr.splitlines() if ": error: " in line]
    failures = [str(failed) for failed in rules.classify_paths(tmp_path)]
    assert [line.split(": error: ", 1)[1] for line in said] == failures and len(failures) >= 4


def test_figures_are_the_same(rules, tmp_path):
    gold = sorted(GOLD.glob("*.jsonl"))[:6]
    out = tmp_path / "figures.json"
    run("evaluate", "--gold", *gold, "--backend", "rules", "-q", "--json", out)
    expected = json.loads(out.read_text())
    found = rules.evaluate(gold)
    assert found == {name: expected[name] for name in found}
