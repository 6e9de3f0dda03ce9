"""What cannot be read is said, with its place and the mend; the process lives on."""

import datetime

import pytest
from shared import RETENTION

import klausul

NAN = float("nan")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([RETENTION, None], "item 1: `None` is not a text; fill or drop missing values"),
        ([NAN], "item 0: `nan` is not a text"),
        ([1.5], "item 0: `1.5` is not a text"),
        ([["nested"]], r"item 0: `\['nested'\]` is not a text"),
        ([{"text": None}], "item 0: `text` is `None`, not a string"),
        ([{"text": NAN}], "item 0: `text` is `nan`, not a string"),
        ([{"body": "x"}], "item 0: there is no `text` in"),
        ([{"text": "x", "lang": "english"}], "item 0: `lang` is `english`, not a language tag"),
        ([{"text": "x", "context": 5}], "item 0: `context` is `5`, not a list of strings"),
        ([{"text": "x", "context": [5]}], r"item 0: `context` is `\[5\]`, not a list of strings"),
        (["a", "b\ud83d"], "item 1: the text has half of a surrogate pair at character 1"),
        ([{"text": "x", "context": ["\udc00"]}], "item 0: `context` has half of a surrogate pair at character 0"),
    ],
)
def test_a_wrong_item_is_named(rules, texts, words):
    with pytest.raises(klausul.FormatError, match=words):
        rules.classify(texts)
    assert rules.classify(RETENTION).labels == ["retention_period"]


@pytest.mark.parametrize("texts", [None, 5, NAN, object(), datetime.date(2026, 1, 1)])
def test_what_is_no_text_at_all(rules, texts):
    with pytest.raises(klausul.UsageError, match="neither a text nor a sequence of texts"):
        rules.classify(texts)


def test_bytes_are_not_decoded_by_guess(rules):
    for texts in (b"x", bytearray(b"x"), [b"x"]):
        with pytest.raises(klausul.UsageError, match="bytes are not a text"):
            rules.classify(texts)


def test_a_lone_surrogate_can_be_mended_as_the_message_says(rules):
    broken = RETENTION + "\ud83d"
    with pytest.raises(klausul.FormatError, match='"surrogatepass"'):
        rules.classify(broken)
    mended = broken.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert rules.classify(mended).labels == ["retention_period"]


def test_a_text_of_50_megabytes(rules):
    with pytest.raises(klausul.TooLargeError, match="item 0: the text has 50000000 bytes, more than 1048576; cut it into paragraphs"):
        rules.classify(["x" * 50_000_000])
    with pytest.raises(klausul.TooLargeError, match="`context` has 50000000 bytes"):
        rules.classify({"text": RETENTION, "context": ["x" * 50_000_000]})
    with pytest.raises(klausul.TooLargeError, match="the page has 67108865 bytes, more than 67108864"):
        rules.classify_document("x" * (2**26 + 1))
    page = f"<p>{RETENTION}</p>\n" * (5_000_000 // len(RETENTION))
    assert rules.classify_document(page).predictions[-1].labels == ["retention_period"]


def test_an_error_of_an_iterator_is_passed_on(rules):
    def texts():
        yield RETENTION
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        rules.classify(texts())


def test_wrong_arguments():
    for arguments, words in [
        ({"backend": "magic"}, "`magic` is not a backend; write auto, rules, transformer or ensemble"),
        ({"threads": 0}, "`0` threads; take 1 or more"),
        ({"backend": "rules", "model": "x"}, "takes no model"),
    ]:
        with pytest.raises(klausul.UsageError, match=words):
            klausul.Classifier(**arguments)
    with pytest.raises(TypeError):
        klausul.Classifier(None, "rules")


def test_a_model_that_is_not_there(tmp_path):
    with pytest.raises(klausul.InputError, match="nowhere") as raised:
        klausul.Classifier(tmp_path / "nowhere")
    assert isinstance(raised.value, OSError) and raised.value.path.startswith(str(tmp_path))


def test_a_model_that_is_broken(tmp_path):
    for name in ("config.json", "tokenizer.json", "model.safetensors", "klausul.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(klausul.KlausulError, match="klausul.json|config.json"):
        klausul.Classifier(tmp_path)


def test_the_kinds_of_errors():
    errors = klausul.errors
    assert issubclass(errors.UsageError, ValueError) and issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.FormatError, errors.InputError) and issubclass(errors.TooLargeError, errors.InputError)
    for kind in (errors.UsageError, errors.ConfigError, errors.InputError):
        assert issubclass(kind, klausul.KlausulError)
