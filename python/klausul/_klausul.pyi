"""The compiled part of the package."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, final, overload

from typing_extensions import CapsuleType

from klausul.errors import KlausulError

__all__ = [
    "Classifier",
    "Document",
    "Paragraph",
    "Paths",
    "Prediction",
    "RecordBatch",
    "Table",
    "Vectors",
    "__version__",
    "train",
]

__version__: str

_Path: TypeAlias = str | PathLike[str]
_Kind: TypeAlias = Literal["text", "heading", "list_item", "table_cell"]
_Backend: TypeAlias = Literal["auto", "rules", "transformer", "ensemble"]
_PageFormat: TypeAlias = Literal["html", "text", "markdown", "pdf"]
_InputFormat: TypeAlias = Literal["html", "text", "markdown", "pdf", "jsonl", "csv", "parquet", "warc"]
_Text: TypeAlias = str | Mapping[str, Any] | Paragraph
"""A text, or a mapping with ``text`` and optionally ``context``, ``kind``, ``lang`` or ``language``, ``id``."""

class _Updates(Protocol):
    def update(self, n: int, /) -> object: ...

_Progress: TypeAlias = _Updates | Callable[[int], object]

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> CapsuleType: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[CapsuleType, CapsuleType]: ...

_Arrow: TypeAlias = _ArrowStream | _ArrowArray

class _Match(TypedDict):
    """Words and where they stand: ``text`` or ``context[n]``, with their bytes there."""

    place: str
    text: str
    start: int
    end: int

class _Evidence(TypedDict):
    """One reason for a category."""

    category: str
    rule: str
    negated: bool
    matches: list[_Match]

class _Category(TypedDict):
    """A category of the taxonomy."""

    id: str
    name: str
    articles: list[str]
    other_law: str | None
    definition: str
    dpv: list[str]

@final
class Prediction:
    """What a paragraph states, with the probability of every category."""

    @property
    def labels(self) -> list[str]:
        """The ids of the categories that the paragraph states, in the order of the taxonomy."""
    @property
    def scores(self) -> dict[str, float]:
        """The probability of every category, by its id."""
    @property
    def evidence(self) -> list[_Evidence]:
        """What each label rests on, for a classifier with ``evidence=True``."""
    @property
    def language(self) -> str:
        """The language that the paragraph was read in, ISO 639-1; ``und`` when unknown."""
    @property
    def backend(self) -> str:
        """What decided: ``rules``, ``transformer`` or ``ensemble``."""
    @property
    def model(self) -> str:
        """Name and version of what decided."""

@final
class Paragraph:
    """A block of a document: the unit that is classified."""

    def __new__(
        cls,
        text: str,
        *,
        context: Sequence[str] = ...,
        kind: _Kind = "text",
        language: str | None = None,
        id: str = "",
        index: int = 0,
        start: int = 0,
        end: int | None = None,
    ) -> Paragraph: ...
    @property
    def text(self) -> str:
        """The text, white space collapsed."""
    @property
    def context(self) -> list[str]:
        """The headings above it, the list introduction, row and column heading; outermost first."""
    @property
    def kind(self) -> _Kind:
        """What it is on the page."""
    @property
    def language(self) -> str:
        """Language, ISO 639-1; ``und`` when unknown."""
    @property
    def id(self) -> str:
        """Id, ``document#index`` unless the input brought its own."""
    @property
    def index(self) -> int:
        """Position in the document."""
    @property
    def start(self) -> int:
        """First byte in the page after decoding to UTF-8."""
    @property
    def end(self) -> int:
        """One past the last byte."""
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]: ...

@final
class Document:
    """The paragraphs of a document with their predictions; iterating gives pairs."""

    @property
    def id(self) -> str:
        """The path below the input, or the id or URL that the row or record brought."""
    @property
    def source(self) -> str:
        """Where it came from: a path, a URL or ``-``."""
    @property
    def language(self) -> str:
        """The language of most of its text."""
    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """In reading order."""
    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """One a paragraph."""
    @property
    def extras(self) -> list[dict[str, Any]]:
        """The other columns of the input of each paragraph."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[Paragraph, Prediction]]: ...

@final
class Paths(Iterator[Document | KlausulError]):
    """Labelled documents in the order of the inputs, worked on ahead of the caller."""

    def __iter__(self) -> Paths: ...
    def __next__(self) -> Document | KlausulError: ...

@final
class Table:
    """A labelled table, for any _Arrow library: ``pyarrow.table(t)``, ``polars.DataFrame(t)``."""

    @property
    def num_rows(self) -> int:
        """Rows."""
    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> CapsuleType: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> CapsuleType: ...

@final
class RecordBatch:
    """A labelled record batch: ``pyarrow.record_batch(b)``."""

    @property
    def num_rows(self) -> int:
        """Rows."""
    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> CapsuleType: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[CapsuleType, CapsuleType]: ...

@final
class Vectors:
    """One vector a paragraph, of length 1; ``numpy.asarray(v)`` and _Arrow libraries take them without a copy."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Where numpy finds the values."""
    def tolist(self) -> list[list[float]]:
        """Lists of numbers, one a paragraph."""
    def __len__(self) -> int: ...
    def __getitem__(self, row: int, /) -> list[float]: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[CapsuleType, CapsuleType]: ...

@final
class Classifier:
    """Labels paragraphs: with the model that ships, with another one, or with rules.

    Calls from many threads run side by side, without the GIL. A child of ``fork`` loads its own model when it first calls.
    """

    def __new__(
        cls,
        model: _Path | None = None,
        *,
        backend: _Backend = "auto",
        threads: int | None = None,
        evidence: bool = False,
        rules: _Path | None = None,
        taxonomy: _Path | None = None,
    ) -> Classifier: ...
    @property
    def categories(self) -> list[str]:
        """The ids of the categories, in order."""
    @property
    def taxonomy(self) -> list[_Category]:
        """The categories with name, articles and definition."""
    @property
    def backend(self) -> str:
        """What decides: ``rules``, ``transformer`` or ``ensemble``."""
    @property
    def model(self) -> str:
        """Name and version of what decides; two classifiers of one name give the same labels."""
    @property
    def embedding_size(self) -> int | None:
        """Length of the vectors of ``embed``; ``None`` for rules."""
    @overload
    def classify(self, texts: _Text, *, text: str = "text") -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def classify(self, texts: Iterable[_Text], *, text: str = "text") -> list[Prediction]: ...
    @overload
    def classify(self, texts: _Arrow, *, text: str = "text") -> Any:
        """Labels texts: a text or a mapping gives one prediction, a sequence or column of them a list of predictions, an _Arrow table a
        :class:`Table`. In tables, ``text`` names the column that holds the texts.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[_Path | None], dict[str, Any]]: ...
    def classify_batch(self, batch: _Arrow, text: str = "text") -> Any:
        """Labels an _Arrow record batch: the unit of work of a cluster. Each row comes out once, in order, and alike in whatever batch it
        stands. A ``pyarrow.RecordBatch`` gives another, any other _Arrow object a :class:`RecordBatch`.
        """
    def classify_document(
        self, page: str | bytes | bytearray, format: _PageFormat = "html", *, id: str = "document", language: str | None = None
    ) -> Document:
        """Cuts a page into paragraphs and labels them."""
    def classify_paths(
        self,
        paths: _Path | Sequence[_Path],
        *,
        progress: _Progress | None = None,
        errors: Literal["yield", "raise"] = "yield",
        format: _InputFormat | None = None,
        language: str | None = None,
        include: str | Sequence[str] | None = None,
        exclude: str | Sequence[str] | None = None,
        rows: Literal["auto", "paragraphs", "documents"] = "auto",
        text_field: str | None = None,
        id_field: str | None = None,
    ) -> Paths:
        """Labels files and folders, in parallel and ahead of the caller; gives the documents in the order of the inputs. An input that
        fails gives its error in its place (``errors="yield"``) or ends the iteration with it (``errors="raise"``). ``progress`` hears how
        many more documents, rows and failures are done.
        """
    def embed(self, texts: _Text | Iterable[_Text] | _Arrow, *, text: str = "text") -> Vectors:
        """One vector a text, of length 1: the product of two is their cosine similarity. Takes what ``classify`` takes."""
    def evaluate(
        self,
        gold: _Path | Sequence[_Path] | Iterable[Mapping[str, Any]],
        *,
        mapping: _Path | None = None,
        format: str | None = None,
        scope: Sequence[str] | None = None,
        annotator: str | None = None,
        bootstrap: int = 1000,
        seed: int = 20261122,
    ) -> dict[str, Any]:
        """Measures the classifier against annotated data: paths of gold files, or mappings with ``text`` and ``labels``. The figures are
        those of ``klausul evaluate --json``.
        """

def train(
    gold: _Path | Sequence[_Path] | Iterable[Mapping[str, Any]],
    output: _Path,
    *,
    model: _Path | None = None,
    taxonomy: _Path | None = None,
    mapping: _Path | None = None,
    format: str | None = None,
    layers: Literal[1, 2] = 1,
    hidden_units: int | None = None,
    epochs: int = 40,
    learning_rate: float = 0.001,
    weight_decay: float = 0.01,
    dev_share: float = 0.1,
    seed: int = 20261122,
    threads: int | None = None,
    replace: bool = False,
    progress: _Progress | None = None,
) -> PathLike[str]:
    """Trains a head on the encoder of a model and writes a model directory, whole or not at all. Its path is returned.

    Rows in memory are mappings with ``text``, ``labels`` and the document that they stand in, ``doc``; labels that are no categories of
    klausul become categories of their own.
    """
