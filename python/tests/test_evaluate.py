"""Measurement and training."""

import json

import pytest
from shared import ERASURE, GOLD, RETENTION

import klausul


def rows(*names):
    found = []
    for name in names:
        with open(GOLD / name, encoding="utf-8") as file:
            found.extend(json.loads(line) for line in file)
    return found


def test_gold_files_and_rows_in_memory_give_the_same(rules):
    files = [GOLD / "en-payroll.jsonl", GOLD / "sv-bibliotek.jsonl"]
    figures = rules.evaluate(files, bootstrap=0)
    assert 0.5 < figures["micro"]["f1"] <= 1
    memory = rules.evaluate(rows("en-payroll.jsonl", "sv-bibliotek.jsonl"), bootstrap=0)
    assert memory["micro"] == figures["micro"]
    assert rules.evaluate(str(files[0]), bootstrap=10)["micro"]


def test_gold_data_that_cannot_be_read(rules, tmp_path):
    for gold, kind, words in [
        (tmp_path / "none", klausul.InputError, "none"),
        ([], klausul.UsageError, "there are no annotated data"),
        (5, klausul.UsageError, "`5` are no annotated data"),
        ([{"text": RETENTION}], klausul.FormatError, "item 0: there are no `labels`"),
        ([{"text": RETENTION, "labels": "retention_period"}], klausul.FormatError, "`labels` is a string"),
        ([{"text": RETENTION, "labels": [1]}], klausul.FormatError, "`labels` is not a list of strings"),
        ([{"text": RETENTION, "labels": ["cats"]}], klausul.FormatError, "item 0: `cats` is not a category of"),
        ([{"text": None, "labels": []}], klausul.FormatError, "item 0: `text` is `None`"),
    ]:
        with pytest.raises(kind, match=words):
            rules.evaluate(gold)
    with pytest.raises(klausul.KlausulError, match="none.toml"):
        rules.evaluate(GOLD / "en-payroll.jsonl", mapping=tmp_path / "none.toml")


def own_rows():
    about = {"storage": "We keep the {} for {} days and erase it then.", "rights": "Ask us to erase the {} within {} days."}
    things = ["invoice", "e-mail", "photo", "address", "order", "name"]
    return [
        {"text": text.format(thing, days), "labels": [label], "doc": f"{thing}-{days}", "language": "en"}
        for days in (10, 20, 30, 40, 50)
        for thing in things
        for label, text in about.items()
    ]


def test_a_model_of_own_labels(tmp_path):
    told = []
    path = klausul.train(own_rows(), tmp_path / "mine", epochs=3, dev_share=0.3, progress=told.append)
    assert sum(told) > 60
    classifier = klausul.Classifier(path)
    assert classifier.categories == ["rights", "storage"]
    scores = classifier.classify("We keep the invoice for 30 days and erase it then.").scores
    assert scores["storage"] > scores["rights"]
    with pytest.raises(klausul.KlausulError, match="mine"):
        klausul.train(own_rows(), path, epochs=1)
    klausul.train(own_rows(), path, epochs=1, dev_share=0.3, replace=True, layers=2, hidden_units=8)


def test_training_that_cannot_be(tmp_path):
    for keywords, words in [
        ({"layers": 3}, "`3` layers"),
        ({"hidden_units": 9}, "hidden units"),
        ({"dev_share": 1.5}, "`1.5` is no share"),
        ({"epochs": 0}, "epochs"),
    ]:
        with pytest.raises(klausul.UsageError, match=words):
            klausul.train(own_rows(), tmp_path / "mine", **keywords)
    with pytest.raises(klausul.UsageError, match="near-duplicates leave nothing"):
        klausul.train([{"text": ERASURE, "labels": ["right_erasure"]}], tmp_path / "mine")

    def failing(n):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        klausul.train(own_rows(), tmp_path / "mine", dev_share=0.3, progress=failing)
    assert not (tmp_path / "mine").exists()
