"""Pages and paths."""

import pytest
from shared import RETENTION, SAMPLES

import klausul

HTML = f"<html lang=en><h2>Storage</h2><p>{RETENTION}</p><ul><li>{RETENTION}</li></ul>"


def test_a_page_is_cut_and_labelled(rules):
    document = rules.classify_document(HTML, id="policy")
    assert (document.id, document.language, len(document)) == ("policy", "en", 3)
    heading, text, item = document.paragraphs
    assert (heading.kind, text.kind, item.kind) == ("heading", "text", "list_item")
    assert (text.text, text.context, text.index, text.id) == (RETENTION, ["Storage"], 1, "policy#1")
    assert RETENTION in HTML.encode()[text.start : text.end].decode()
    assert [prediction.labels for _, prediction in document][1:] == [["retention_period"]] * 2
    assert list(document) == list(zip(document.paragraphs, document.predictions, strict=True))
    assert repr(document) == "Document(id='policy', language='en', 3 paragraphs)"
    assert repr(text) == f"Paragraph('{RETENTION}', kind='text', language='en')"


def test_pages_of_other_formats(rules):
    assert rules.classify_document(HTML.encode("utf-16")).paragraphs[1].text == RETENTION
    assert rules.classify_document(bytearray(HTML.encode())).paragraphs[1].text == RETENTION
    markdown = rules.classify_document(f"# Storage\n\n{RETENTION}\n", "markdown")
    assert markdown.paragraphs[1].context == ["Storage"]
    assert rules.classify_document(RETENTION, format="text", language="sv").language == "sv"


def test_pages_that_cannot_be_read(rules):
    for page, keywords, kind, words in [
        ("", {}, klausul.FormatError, "document: no text found"),
        (b"%PDF-1.7 and nothing", {"format": "pdf"}, klausul.FormatError, "document: "),
        ("text", {"format": "pdf"}, klausul.UsageError, "a PDF is bytes"),
        (None, {}, klausul.UsageError, "`None` is not a page"),
        (HTML, {"format": "docx"}, klausul.UsageError, "`docx` is not an input format"),
        (HTML, {"format": "csv"}, klausul.UsageError, "`csv` is not the format of one page"),
        (HTML, {"language": "english"}, klausul.UsageError, "`english` is not a language tag"),
        ("<p>\ud800</p>", {}, klausul.FormatError, "the page has half of a surrogate pair"),
    ]:
        with pytest.raises(kind, match=words):
            rules.classify_document(page, **keywords)


def test_a_folder_is_streamed_in_order(rules):
    documents = list(rules.classify_paths(SAMPLES, exclude="*.jsonl"))
    files = sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".jsonl")
    assert [document.id for document in documents] == files
    assert next(rules.classify_paths(str(SAMPLES))).id == files[0]
    one = klausul.Classifier(backend="rules", threads=1)
    again = list(one.classify_paths([SAMPLES / name for name in files]))
    assert [list(document) for document in again] == [list(document) for document in documents]
    page = SAMPLES / "sv-tandklinik.html"
    alone = rules.classify_document(page.read_bytes(), id=page.name)
    inside = documents[files.index(page.name)]
    assert (list(alone), alone.language) == (list(inside), inside.language) and alone.language == "sv"


def test_rows_keep_their_other_columns(rules, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(f'{{"id":"a","text":"{RETENTION}","note":1}}\n{{"id":"b","text":"x","note":[2]}}\n')
    (document,) = rules.classify_paths(rows)
    assert [paragraph.id for paragraph in document.paragraphs] == ["a", "b"]
    assert document.extras == [{"note": 1}, {"note": [2]}]
    documents = list(rules.classify_paths(rows, rows="documents", text_field="text", id_field="id"))
    assert [(document.id, document.extras) for document in documents] == [("a", [{"note": 1}]), ("b", [{"note": [2]}])]


def test_an_input_that_fails_costs_itself(rules, tmp_path):
    (tmp_path / "a.html").write_text(HTML)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 and nothing")
    (tmp_path / "c.html").write_text(HTML)
    first, failed, last = rules.classify_paths([tmp_path])
    assert (first.id, last.id) == ("a.html", "c.html")
    assert isinstance(failed, klausul.InputError) and "b.pdf" in str(failed) and failed.path.endswith("b.pdf")
    documents = rules.classify_paths(tmp_path, errors="raise")
    assert next(documents).id == "a.html"
    with pytest.raises(klausul.FormatError, match="b.pdf"):
        next(documents)
    assert list(documents) == []
    (missing,) = rules.classify_paths(tmp_path / "none")
    assert isinstance(missing, klausul.InputError) and "check the path" in str(missing)
    assert [document.id for document in rules.classify_paths(tmp_path, include="*.html", exclude=["c*"])] == ["a.html"]


def test_progress_is_told(rules):
    class Bar:
        n = 0

        def update(self, n):
            self.n += n

    bar, told = Bar(), []
    count = len(list(rules.classify_paths(SAMPLES, progress=bar)))
    assert bar.n == count
    list(rules.classify_paths(SAMPLES, progress=told.append))
    assert sum(told) == count

    def failing(n):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        list(rules.classify_paths(SAMPLES, progress=failing))


def test_an_iterator_may_be_left_alone(rules):
    for _ in range(20):
        assert next(rules.classify_paths(SAMPLES)).paragraphs


def test_wrong_options(rules):
    for keywords, words in [
        ({"errors": "ignore"}, "`ignore` says nothing about errors"),
        ({"rows": "lines"}, "`lines` is not what rows are"),
        ({"format": "docx"}, "`docx` is not an input format"),
        ({"include": "a["}, "is not a glob"),
        ({"text_field": ""}, "the name of the text field is empty"),
    ]:
        with pytest.raises(klausul.UsageError, match=words):
            rules.classify_paths(SAMPLES, **keywords)
    with pytest.raises(klausul.UsageError, match="`5` is neither a path nor a sequence of paths"):
        rules.classify_paths(5)
