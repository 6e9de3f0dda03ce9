"""Labels the paragraphs of privacy policies with the GDPR clauses they state, in any European language, offline.

>>> import klausul
>>> classifier = klausul.Classifier()
>>> classifier.classify("We keep your data for 30 days.").labels
['retention_period']
"""

from klausul._klausul import (
    Classifier,
    Document,
    Paragraph,
    Paths,
    Prediction,
    RecordBatch,
    Table,
    Vectors,
    __version__,
    train,
)
from klausul.errors import ConfigError, FormatError, InputError, KlausulError, TooLargeError, UsageError

__all__ = [
    "Classifier",
    "ConfigError",
    "Document",
    "FormatError",
    "InputError",
    "KlausulError",
    "Paragraph",
    "Paths",
    "Prediction",
    "RecordBatch",
    "Table",
    "TooLargeError",
    "UsageError",
    "Vectors",
    "__version__",
    "train",
]
