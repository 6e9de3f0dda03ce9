"""Arrow data of any shape, in and out."""

import pytest
from shared import ERASURE, RETENTION, SWEDISH

import klausul

pa = pytest.importorskip("pyarrow")
TEXTS = [RETENTION, ERASURE, SWEDISH]


@pytest.fixture
def table():
    return pa.table({"n": [1, 2, 3], "text": TEXTS})


def test_a_table_comes_back_with_labels(rules, table):
    labelled = rules.classify(table)
    assert isinstance(labelled, klausul.Table) and len(labelled) == labelled.num_rows == 3
    assert labelled.column_names[:3] == ["n", "text", "labels"] and labelled.column_names[-2:] == ["backend", "model"]
    out = pa.table(labelled)
    assert out.column_names == labelled.column_names
    assert out.select(["n", "text"]).equals(table)
    assert out.schema.field("labels").type == pa.list_(pa.string())
    assert out.schema.field("score_retention_period").type == pa.float32()
    predictions = rules.classify(TEXTS)
    assert out["labels"].to_pylist() == [prediction.labels for prediction in predictions]
    for category in rules.categories:
        assert out[f"score_{category}"].to_pylist() == [prediction.scores[category] for prediction in predictions]
    assert set(out["model"].to_pylist()) == {rules.model}
    assert pa.table(rules.classify(table)).equals(out)
    assert pa.schema(labelled) == out.schema


STRINGS = {
    "string": pa.array(TEXTS),
    "large_string": pa.array(TEXTS, pa.large_string()),
    "string_view": pa.array(TEXTS, pa.string_view()),
    "dictionary": pa.array(TEXTS).dictionary_encode(),
    "dictionary of large strings": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int8()), pa.array(TEXTS, pa.large_string())),
    "dictionary of views": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.uint16()), pa.array(TEXTS, pa.string_view())),
    "sliced": pa.array(["x", "y", *TEXTS, "z"]).slice(2, 3),
    "sliced view": pa.array(["x" * 99, *TEXTS], pa.string_view()).slice(1),
    "sliced dictionary": pa.array(["x", *TEXTS, "x"]).dictionary_encode().slice(1, 3),
    "chunked": pa.chunked_array([TEXTS[:1], [], TEXTS[1:]], pa.string()),
    "chunked dictionary": pa.chunked_array([pa.array(TEXTS[:2]), pa.array(TEXTS[2:])]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", STRINGS)
def test_every_type_of_strings(rules, kind):
    expected = rules.classify(TEXTS)
    labels = [prediction.labels for prediction in expected]
    assert rules.classify(STRINGS[kind]) == expected
    table = pa.table({"text": STRINGS[kind]})
    assert pa.table(rules.classify(table))["labels"].to_pylist() == labels
    assert pa.table(rules.classify(table.slice(1)))["labels"].to_pylist() == labels[1:]
    batch = table.combine_chunks().to_batches()[0]
    assert rules.classify_batch(batch)["labels"].to_pylist() == labels


def test_headings_kinds_and_languages(rules):
    context = [["Lagringstid"], None, ["A", "B"]]
    expected = rules.classify(
        [
            {"text": "tio år", "context": ["Lagringstid"], "kind": "table_cell", "lang": "sv"},
            RETENTION,
            {"text": "x", "context": ["A", "B"], "kind": "heading"},
        ]
    )
    kinds = pa.array(["table_cell", None, "heading"]).dictionary_encode()
    columns = {"text": ["tio år", RETENTION, "x"], "kind": kinds, "lang": ["sv", None, ""]}
    strings = pa.string()
    for kind in (pa.list_(strings), pa.large_list(strings), pa.list_view(strings), pa.list_(pa.dictionary(pa.int8(), strings))):
        table = pa.table({**columns, "context": pa.array(context, kind)})
        assert pa.table(rules.classify(table))["labels"].to_pylist() == [own.labels for own in expected]
        assert pa.table(rules.classify(table.slice(1)))["labels"].to_pylist() == [own.labels for own in expected[1:]]
    joined = pa.table({**columns, "context": ["Lagringstid", None, "A > B"]})
    assert pa.table(rules.classify(joined))["labels"].to_pylist() == [own.labels for own in expected]
    fixed = pa.table({"text": ["tio år"], "lang": ["sv"], "context": pa.array([["Lagringstid"]], pa.list_(strings, 1))})
    assert pa.table(rules.classify(fixed))["labels"].to_pylist() == [["retention_period"]]


def test_readers_batches_and_chunks_keep_their_rows(rules, table):
    many = pa.Table.from_batches(pa.table({"text": TEXTS * 200}).to_batches(max_chunksize=7))
    out = pa.table(rules.classify(many))
    assert out["text"].num_chunks == many["text"].num_chunks
    assert out["labels"].to_pylist() == [prediction.labels for prediction in rules.classify(TEXTS * 200)]
    assert pa.table(rules.classify(many.to_reader())).equals(out)

    def batches():
        yield from table.to_batches()

    reader = pa.RecordBatchReader.from_batches(table.schema, batches())
    assert pa.table(rules.classify(reader)).equals(pa.table(rules.classify(table)))


def test_a_reader_that_fails_is_an_error(rules, table):
    def batches():
        yield from table.to_batches()
        raise RuntimeError("the disk is gone")

    with pytest.raises(klausul.FormatError, match="the disk is gone"):
        rules.classify(pa.RecordBatchReader.from_batches(table.schema, batches()))


def test_a_batch_gives_a_batch(rules, table):
    batch = table.to_batches()[0]
    out = rules.classify_batch(batch)
    assert isinstance(out, pa.RecordBatch) and out.schema == pa.table(rules.classify(table)).schema
    assert rules.classify_batch(batch).equals(out)
    halves = [rules.classify_batch(batch.slice(0, 1)), rules.classify_batch(batch.slice(1))]
    assert pa.Table.from_batches(halves).equals(pa.Table.from_batches([out]).combine_chunks()) or halves[0].num_rows == 1
    assert [row for half in halves for row in half.to_pylist()] == out.to_pylist()

    class Foreign:
        def __arrow_c_array__(self, requested_schema=None):
            return batch.__arrow_c_array__(requested_schema)

    foreign = rules.classify_batch(Foreign())
    assert isinstance(foreign, klausul.RecordBatch) and len(foreign) == 3
    assert pa.record_batch(foreign).equals(out) and pa.schema(foreign) == out.schema
    with pytest.raises(klausul.UsageError, match="is not an Arrow record batch"):
        rules.classify_batch(TEXTS)
    with pytest.raises(klausul.UsageError, match="a table of 2 batches"):
        rules.classify_batch(pa.concat_tables([table, table]))


def test_the_text_column_may_have_another_name(rules):
    batch = pa.record_batch({"body": TEXTS})
    assert rules.classify_batch(batch, text="body")["labels"].to_pylist()[0] == ["retention_period"]
    with pytest.raises(klausul.FormatError, match="there is no column `text` among `body`; name the column"):
        rules.classify_batch(batch)


def test_names_that_are_ours_are_moved_away(rules):
    table = pa.table({"text": TEXTS, "labels": [["a"], [], []], "model": [1, 2, 3]})
    twice = pa.table(rules.classify(pa.table(rules.classify(table))))
    assert len(set(twice.column_names)) == len(twice.column_names)
    assert twice["input_model"].to_pylist() == [1, 2, 3] and twice["input_input_model"].to_pylist() == [rules.model] * 3


def test_nothing_in_nothing_out(rules):
    schema = pa.schema({"text": pa.string(), "n": pa.int64()})
    for empty in (schema.empty_table(), pa.Table.from_batches([], schema), pa.record_batch([[], []], schema=schema)):
        out = pa.table(rules.classify(empty))
        assert out.num_rows == 0 and out.column_names[:3] == ["text", "n", "labels"]
    assert rules.classify_batch(pa.record_batch([[], []], schema=schema)).num_rows == 0
    assert rules.classify(pa.array([], pa.string())) == []
    with pytest.raises(klausul.FormatError, match="there is no column `text` among `n`"):
        rules.classify(pa.Table.from_batches([], pa.schema({"n": pa.int64()})))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"n": [1]}), "there is no column `text` among `n`"),
        (pa.table({"text": [1.5]}), "column `text` has the type Float64, not strings; cast it"),
        (pa.table({"text": pa.array([b"x"])}), "column `text` has the type Binary"),
        (pa.table({"text": pa.array([None], pa.null())}), "column `text`, row 0: null is not a text"),
        (pa.table({"text": ["a", "b", None]}), "column `text`, row 2: null is not a text; fill or drop"),
        (pa.table({"text": pa.chunked_array([["a", "b"], ["c", None]])}), "column `text`, row 3: null"),
        (pa.table({"text": pa.array(["a", None]).dictionary_encode()}), "column `text`, row 1: null"),
        (pa.table({"text": ["a"], "lang": ["english"]}), "column `lang`, row 0: `english` is not a language tag"),
        (pa.table({"text": ["a"], "context": [5]}), "column `context` has the type Int64"),
        (pa.table({"text": ["a"], "kind": [5]}), "column `kind` has the type Int64"),
    ],
)
def test_wrong_columns_are_named(rules, table, words):
    with pytest.raises(klausul.FormatError, match=words):
        rules.classify(table)


def test_null_dictionary_values_are_null(rules):
    values = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["a", None]))
    with pytest.raises(klausul.FormatError, match="row 1: null"):
        rules.classify(pa.table({"text": values}))
    empty = pa.DictionaryArray.from_arrays(pa.array([None], pa.int32()), pa.array([], pa.string()))
    with pytest.raises(klausul.FormatError, match="row 0: null"):
        rules.classify(pa.table({"text": empty}))


def test_damaged_strings_are_found(rules):
    good = pa.array(["abcd"])
    damaged = pa.Array.from_buffers(pa.string(), 1, [None, good.buffers()[1], pa.py_buffer(b"\xff\xfe\xff\xfe")])
    with pytest.raises(klausul.FormatError, match="column `text` is damaged"):
        rules.classify(pa.table({"text": damaged}))


def test_a_capsule_is_taken_once(rules, table):
    class Spent:
        def __init__(self):
            self.capsule = table.__arrow_c_stream__()

        def __arrow_c_stream__(self, requested_schema=None):
            return self.capsule

    spent = Spent()
    assert len(rules.classify(spent)) == 3
    with pytest.raises(klausul.FormatError, match="released"):
        rules.classify(spent)

    class Wrong:
        def __arrow_c_stream__(self, requested_schema=None):
            return "no capsule"

    with pytest.raises(TypeError):
        rules.classify(Wrong())


def test_evidence_is_a_column_of_json(table):
    import json

    classifier = klausul.Classifier(backend="rules", evidence=True)
    out = pa.table(classifier.classify(table))
    reasons = [json.loads(cell) for cell in out["evidence"].to_pylist()]
    assert reasons == [prediction.evidence for prediction in classifier.classify(TEXTS)]


def test_the_metadata_of_a_schema_stay(rules, table):
    schema = table.schema.with_metadata({"source": "scraped"})
    assert pa.table(rules.classify(table.cast(schema))).schema.metadata == {b"source": b"scraped"}
