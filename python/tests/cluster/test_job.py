"""The job: what it reads, what it survives, what it counts."""

import json
import os
import subprocess
import sys

import pytest

from .clusters import DATA, corpus, need

pa = need("pyarrow")
import pyarrow.parquet as pq

import klausul
from klausul import job

PAGE = "<html><body><h1>Privacy</h1><p>We keep your data for {} days.</p><p>You may object at any time.</p></body></html>"


def run(source, output, *arguments):
    return job.main([str(source), str(output), "--backend", "rules", *map(str, arguments)])


def table(folder):
    return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob("*.parquet"))])


def summary(output):
    return json.loads((output / "summary.json").read_text())


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "scraped"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.html", "b.html", "sub/a.html"):
        (folder / name).write_text(PAGE.format(len(name)))
    (folder / "rows.jsonl").write_text('{"text": "We use cookies."}\n{"text": "You may object.", "id": "own", "shop": 7}\n')
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing")
    return folder


def test_a_folder_comes_out_whole_and_what_is_broken_in_the_errors(folder, tmp_path):
    assert run(folder, tmp_path / "out", "--partition", 2) == 1
    labelled = table(tmp_path / "out" / "paragraphs")
    assert set(labelled["input"].to_pylist()) == {"a.html", "b.html", "sub/a.html", "rows.jsonl"}
    ids = labelled["id"].to_pylist()
    assert len(set(ids)) == len(ids) and {"a.html#0", "sub/a.html#0", "own"} <= set(ids)
    kept = [row for row in labelled.to_pylist() if "days" in row["text"]]
    assert [row["labels"] for row in kept] == [["retention_period"]] * 3 and kept[0]["context"] == ["Privacy"]
    assert [json.loads(extra) for extra in labelled["extra"].to_pylist() if extra] == [{"shop": 7}]
    [error] = table(tmp_path / "out" / "errors").to_pylist()
    assert error["input"] == "broken.pdf" and error["inputs"] == 1 and error["error"]
    counts = summary(tmp_path / "out")
    assert counts["adds_up"] and counts["read"] == counts["out"] + 1 and counts["paragraphs"] == len(labelled)


def test_documents_are_those_of_classify_paths(tmp_path):
    run(DATA / "samples", tmp_path / "out", "--partition", 2)
    expected = []
    for document in klausul.Classifier(backend="rules").classify_paths(DATA / "samples"):
        for own, decided in document:
            expected.append((document.id, own.id, own.text, own.language, own.context, own.start, decided.labels))
    names = ("doc", "id", "text", "lang", "context", "start", "labels")
    assert [tuple(row[name] for name in names) for row in table(tmp_path / "out" / "paragraphs").to_pylist()] == expected


def test_what_is_done_is_not_done_again(folder, tmp_path, capfd):
    run(folder, tmp_path / "out", "--partition", 1)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.parquet")}
    lost = tmp_path / "out" / "paragraphs" / "part-000002.parquet"
    lost.unlink()
    (lost.parent / f".{lost.name}.1.part").write_bytes(b"half")
    capfd.readouterr()
    assert run(folder, tmp_path / "out", "--partition", 1) == 1
    said = capfd.readouterr().err
    assert f"{len(before) // 2 - 1} of {len(before) // 2} partitions were done before" in said and "part-000001:" not in said
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.parquet")} == before
    assert not list(lost.parent.glob(".*"))


def test_a_killed_run_goes_on(tmp_path):
    rows = [{"row": row, "text": own["text"]} for row, own in enumerate(corpus()[:3000])]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    command = [sys.executable, "-m", "klausul.job", tmp_path / "in.parquet", tmp_path / "out", "--backend", "rules", "--partition", "20"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    for line in process.stderr:
        if "part-000010" in line:
            break
    process.kill()
    process.wait()
    done = len(list((tmp_path / "out" / "paragraphs").glob("part-*")))
    assert 10 < done < 150
    assert run(tmp_path / "in.parquet", tmp_path / "out", "--partition", 20) == 0
    assert table(tmp_path / "out" / "paragraphs")["row"].to_pylist() == list(range(3000))


def test_rows_that_are_no_paragraphs_cost_themselves(tmp_path):
    languages = ["sv", None, "no language", "sv"] * 50
    texts = ["Vi sparar uppgifterna i tolv månader.", None, "Hej", "Du kan invända."] * 50
    pq.write_table(pa.table({"body": texts, "lang": languages, "n": range(200)}), tmp_path / "in.parquet", row_group_size=30)
    assert run(tmp_path / "in.parquet", tmp_path / "out", "--text", "body", "--partition", 64) == 1
    labelled, errors = table(tmp_path / "out" / "paragraphs"), table(tmp_path / "out" / "errors").to_pylist()
    assert labelled["n"].to_pylist() == [row for row in range(200) if row % 4 in (0, 3)]
    places = sorted(int(error["input"].removeprefix("in.parquet:")) for error in errors)
    assert places == [row + 1 for row in range(200) if row % 4 in (1, 2)]
    assert any("no language" in error["error"] for error in errors) and any("null" in error["error"] for error in errors)
    counts = summary(tmp_path / "out")
    assert (counts["read"], counts["out"], counts["errors"], counts["adds_up"]) == (200, 100, 100, True)


def test_a_table_of_documents(tmp_path):
    pages = [PAGE.format(row) for row in range(9)] + [None]
    ids = [None, "one"] + [None] * 8
    pq.write_table(pa.table({"html": pages, "id": pa.array(ids, pa.string()), "year": [2026] * 10}), tmp_path / "in.parquet")
    assert run(tmp_path / "in.parquet", tmp_path / "out", "--partition", 4) == 1
    labelled = table(tmp_path / "out" / "paragraphs")
    assert set(labelled["doc"].to_pylist()) == {"in.parquet:1", "one"} | {f"in.parquet:{row}" for row in range(3, 10)}
    assert [json.loads(extra) for extra in set(labelled["extra"].to_pylist())] == [{"year": 2026}]
    [error] = table(tmp_path / "out" / "errors").to_pylist()
    assert error["input"] == "in.parquet:10"
    assert summary(tmp_path / "out")["read"] == 10


def test_a_table_of_documents_that_are_none(tmp_path):
    pq.write_table(pa.table({"html": [1, 2, 3]}), tmp_path / "in.parquet")
    assert run(tmp_path / "in.parquet", tmp_path / "out") == 1
    assert summary(tmp_path / "out")["errors"] == 3 and summary(tmp_path / "out")["adds_up"]


def test_a_table_that_is_none_and_one_with_another_type(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "cut.parquet").write_bytes(b"PAR1 and no more")
    pq.write_table(pa.table({"text": [1.5, 2.5]}), folder / "numbers.parquet")
    pq.write_table(pa.table({"text": ["You may object."]}), folder / "right.parquet")
    assert run(folder, tmp_path / "out") == 1
    errors = {error["input"]: error["error"] for error in table(tmp_path / "out" / "errors").to_pylist()}
    assert set(errors) == {"cut.parquet", "numbers.parquet:1", "numbers.parquet:2"} and "not strings" in errors["numbers.parquet:1"]
    assert summary(tmp_path / "out")["out"] == 1


def test_wrong_usage_is_told_apart(folder, tmp_path, capfd):
    assert run(tmp_path / "nowhere", tmp_path / "out") == 2
    assert job.main([str(folder), str(tmp_path / "out"), "--model", str(tmp_path / "no-model")]) == 2
    said = capfd.readouterr().err
    assert "no-model" in said and "has no classifier" in said
    assert run(folder, tmp_path / "out") == 1  # Nothing had been done, so the folder is free.
    assert run(folder, tmp_path / "out", "--explain") == 2
    assert "other settings" in capfd.readouterr().err
    (folder / "more.txt").write_text("You may object.")
    assert run(folder, tmp_path / "out") == 2
    assert "other inputs" in capfd.readouterr().err
    assert run(folder, folder) == 2
    assert "not empty" in capfd.readouterr().err


def test_names_that_are_no_text_and_hidden_files(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xff.html", "w") as file:
        file.write(PAGE)
    (folder / ".hidden.html").write_text(PAGE)
    assert run(folder, tmp_path / "out") == 0
    assert set(table(tmp_path / "out" / "paragraphs")["doc"].to_pylist()) == {"\ufffd.html"}


def test_the_output_may_lie_in_the_input(folder, tmp_path):
    assert run(folder, folder / "out") == 1
    assert run(folder, folder / "out") == 1
    assert summary(folder / "out")["paragraphs"] == len(table(folder / "out" / "paragraphs"))
