"""Vectors of paragraphs."""

import pickle

import pytest
from shared import ERASURE, RETENTION, SWEDISH

import klausul


def test_vectors_have_length_one_and_meet_across_languages(model):
    vectors = model.embed([RETENTION, ERASURE, SWEDISH])
    assert vectors.shape == (3, 384) and len(vectors) == 3 and model.embedding_size == 384
    rows = vectors.tolist()
    assert rows == [vectors[0], vectors[1], vectors[-1]]

    def similarity(a, b):
        return sum(x * y for x, y in zip(rows[a], rows[b], strict=True))

    assert all(abs(similarity(row, row) - 1) < 1e-5 for row in range(3))
    assert similarity(1, 2) > similarity(0, 2)
    assert model.embed([SWEDISH])[0] == rows[2] == model.embed(SWEDISH)[0]
    with pytest.raises(IndexError):
        vectors[3]
    assert pickle.loads(pickle.dumps(vectors)).tolist() == rows


def test_numpy_and_arrow_take_them_without_a_copy(model):
    np = pytest.importorskip("numpy")
    pa = pytest.importorskip("pyarrow")
    vectors = model.embed([RETENTION, ERASURE])
    array = np.asarray(vectors)
    assert array.dtype == np.float32 and array.shape == (2, 384) and not array.flags.writeable
    assert array.tolist() == vectors.tolist()
    column = pa.array(vectors)
    assert column.type == pa.list_(pa.field("item", pa.float32(), nullable=False), 384)
    assert column.flatten().to_numpy(zero_copy_only=True).ctypes.data == array.ctypes.data
    address = array.ctypes.data
    del vectors, column
    assert array.ctypes.data == address and abs(float(array[0] @ array[0]) - 1) < 1e-5
    assert np.asarray(model.embed([])).shape == (0, 384)
    table = pa.table({"body": [RETENTION, ERASURE]})
    assert np.array_equal(np.asarray(model.embed(table, text="body")), array)


def test_rules_make_no_vectors(rules):
    assert rules.embedding_size is None
    for texts in ([RETENTION], []):
        with pytest.raises(klausul.UsageError, match="rules make no vectors"):
            rules.embed(texts)
