"""Texts in, predictions out."""

import logging
from collections import UserDict

import pytest
from shared import ERASURE, RETENTION, SWEDISH

import klausul


def test_a_text_gives_one_prediction(model):
    prediction = model.classify(RETENTION)
    assert prediction.labels == ["retention_period"]
    assert list(prediction.scores) == model.categories and len(model.categories) == 27
    assert prediction.scores["retention_period"] > 0.5
    assert all(0 <= score <= 1 for score in prediction.scores.values())
    assert (prediction.language, prediction.backend, prediction.model) == ("en", "ensemble", model.model)
    assert prediction.evidence == []
    assert repr(prediction) == "Prediction(labels=['retention_period'], language='en')"


def test_a_sequence_gives_a_list(rules):
    texts = [RETENTION, ERASURE, SWEDISH]
    predictions = rules.classify(texts)
    assert predictions == [rules.classify(text) for text in texts]
    assert [prediction.language for prediction in predictions] == ["en", "en", "sv"]
    assert rules.classify(tuple(texts)) == rules.classify(iter(texts)) == predictions
    assert rules.classify([]) == []
    assert rules.classify([""])[0].labels == []


def test_mappings_have_headings_kinds_and_languages(rules):
    alone = rules.classify("tio år")
    row = {"text": "tio år", "context": ["Lagringstid"], "kind": "table_cell", "language": "sv-SE", "note": 1}
    inside = rules.classify(row)
    assert (alone.labels, inside.labels, inside.language) == ([], ["retention_period"], "sv")
    for other in (
        {**row, "context": "Lagringstid"},
        {**row, "context": '["Lagringstid"]'},
        {**row, "lang": "sv", "language": "de"},
        UserDict(row),
        klausul.Paragraph("tio år", context=["Lagringstid"], kind="table_cell", language="sv"),
    ):
        assert rules.classify(other) == inside
        assert rules.classify([other]) == [inside]
    absent = {"text": RETENTION, "context": None, "kind": float("nan"), "lang": "und"}
    assert rules.classify(absent) == rules.classify(RETENTION)


def test_a_paragraph_of_a_document_classifies_like_in_it(rules):
    document = rules.classify_document("<h2>Lagringstid</h2><p>Vi sparar dem i tio år och raderar dem sedan.</p>")
    assert rules.classify(document.paragraphs) == list(document.predictions)


def test_a_prediction_depends_on_its_paragraph_alone(model):
    texts = [RETENTION, ERASURE, SWEDISH] * 100
    together = model.classify(texts)
    assert together[:3] == together[297:] == [model.classify(text) for text in texts[:3]]
    one = klausul.Classifier(threads=1)
    assert one.classify(texts) == together


def test_evidence_says_why():
    classifier = klausul.Classifier(evidence=True)
    prediction = classifier.classify({"text": "Ten years", "context": ["How long we keep your data"]})
    assert prediction.labels == ["retention_period"]
    reason = prediction.evidence[0]
    assert set(reason) == {"category", "rule", "negated", "matches"} and reason["category"] == "retention_period"
    match = reason["matches"][0]
    source = "Ten years" if match["place"] == "text" else "How long we keep your data"
    assert source.encode()[match["start"] : match["end"]].decode() == match["text"]


def test_a_classifier_says_what_it_is(model, rules):
    assert model.backend == "ensemble" and model.model.startswith("klausul-small-")
    assert rules.backend == "rules" and rules.model in repr(rules)
    assert [category["id"] for category in model.taxonomy] == model.categories
    assert model.taxonomy[model.categories.index("right_erasure")]["articles"] == ["13(2)(b)", "17"]
    assert klausul.Classifier("klausul-small", backend="transformer").backend == "transformer"


def test_own_rules_and_taxonomy(tmp_path):
    taxonomy = tmp_path / "taxonomy.toml"
    taxonomy.write_text('name = "ours"\nversion = "1"\n[[category]]\nid = "cats"\nname = "Cats"\ndefinition = "Cats."\n')
    rules = tmp_path / "rules"
    rules.mkdir()
    with pytest.raises(klausul.UsageError, match="contradict"):
        klausul.Classifier(rules=rules, backend="transformer")
    with pytest.raises(klausul.KlausulError):
        klausul.Classifier(rules=tmp_path / "none", taxonomy=taxonomy)
    with pytest.raises(klausul.UsageError, match="built-in rules know the built-in taxonomy"):
        klausul.Classifier(backend="rules", taxonomy=taxonomy)


def test_logging_hears_which_model_was_taken(caplog):
    with caplog.at_level(logging.INFO, logger="klausul"):
        classifier = klausul.Classifier(backend="rules")
    assert caplog.messages == [f"classifying with {classifier.model} (the rules that ship)"]
