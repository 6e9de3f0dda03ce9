"""Columns and frames of pandas and polars, arrays of numpy."""

import pytest
from shared import ERASURE, RETENTION, SWEDISH

import klausul

TEXTS = [RETENTION, ERASURE, SWEDISH]


@pytest.fixture
def expected(rules):
    return rules.classify(TEXTS)


def test_pandas(rules, expected):
    pd = pytest.importorskip("pandas")
    for kind in ("object", "string", "category"):
        assert rules.classify(pd.Series(TEXTS, dtype=kind)) == expected
    frame = pd.DataFrame({"text": TEXTS, "lang": ["en", None, float("nan")]}, index=[7, 8, 9])
    assert rules.classify(frame["text"]) == expected
    assert rules.classify(frame.to_dict("records")) == expected
    assert [row.labels for row in rules.classify(frame["text"][1:])] == [row.labels for row in expected[1:]]
    with pytest.raises(klausul.FormatError, match=r"item 1: `(nan|None|<NA>)` is not a text"):
        rules.classify(pd.Series(["a", None]))
    pytest.importorskip("pyarrow")
    labelled = rules.classify(frame)
    assert labelled.column_names[:2] == ["text", "lang"] and len(labelled) == 3


def test_polars(rules, expected):
    pl = pytest.importorskip("polars")
    assert rules.classify(pl.Series(TEXTS)) == expected
    assert rules.classify(pl.Series("body", TEXTS, pl.Categorical)) == expected
    frame = pl.DataFrame({"text": TEXTS, "context": [["Data"], [], None]})
    labelled = pl.DataFrame(rules.classify(frame))
    assert labelled["labels"].to_list() == [row.labels for row in rules.classify(frame.to_dicts())]
    assert labelled.columns[:3] == ["text", "context", "labels"]
    assert rules.classify(pl.concat([frame, frame], rechunk=False)["text"]) == expected * 2
    with pytest.raises(klausul.FormatError, match="column `body`, row 1: null is not a text"):
        rules.classify(pl.Series("body", ["a", None]))
    with pytest.raises(klausul.FormatError, match="column `texts` has the type Float64"):
        rules.classify(pl.Series([1.0]))


def test_numpy(rules, expected):
    np = pytest.importorskip("numpy")
    assert rules.classify(np.array(TEXTS)) == rules.classify(np.array(TEXTS, object)) == expected
    with pytest.raises(klausul.FormatError, match="item 0"):
        rules.classify(np.array([1.0]))
