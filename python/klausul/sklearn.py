"""An estimator for scikit-learn: a linear model on the vectors of klausul's encoder.

It learns labels of your own from a few hundred texts in any language. For klausul's own categories no training is needed:
:class:`klausul.Classifier` decides them. :func:`klausul.train` writes a model directory that the program and Rust read too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from klausul import Classifier, UsageError

__all__ = ["PolicyClassifier"]

Texts = Iterable[str | Mapping[str, Any]]


class PolicyClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression on paragraph vectors.

    Texts are strings, or mappings with ``text`` and optionally ``context``, ``kind`` and ``language``. Targets are one label a text, or an
    indicator matrix with a column a label, of which a text may have any number.

    Parameters
    ----------
    model : path, default=None
        Directory of the model whose encoder is taken; the one that ships without it.
    C : float, default=10.0
        Inverse of the strength of regularization.
    class_weight : dict or "balanced", default="balanced"
        Weights of the labels, as in :class:`~sklearn.linear_model.LogisticRegression`.
    max_iter : int, default=1000
        Iterations of the solver at most.
    threads : int, default=None
        Threads of the encoder; one a core without it.

    Attributes
    ----------
    classes_ : ndarray
        The labels; for an indicator matrix the numbers of its columns.
    multilabel_ : bool
        Whether the targets were an indicator matrix.
    head_ : LogisticRegression or OneVsRestClassifier
        The fitted model over the vectors.
    """

    def __init__(
        self,
        model: Any = None,
        *,
        C: float = 10.0,
        class_weight: Any = "balanced",
        max_iter: int = 1000,
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.C = C
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.threads = threads

    def fit(self, X: Texts, y: ArrayLike) -> PolicyClassifier:
        """Learns from texts and their targets."""
        vectors = self._vectors(X)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        targets = np.asarray(y)
        check_classification_targets(targets)
        if len(targets) != len(vectors):
            raise ValueError(f"Found input variables with inconsistent numbers of samples: {[len(vectors), len(targets)]}")
        self.multilabel_ = type_of_target(targets).startswith("multilabel")
        head = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter)
        if self.multilabel_:
            self.head_ = OneVsRestClassifier(head).fit(vectors, targets)
        else:
            targets = column_or_1d(targets, warn=True)
            if len(np.unique(targets)) < 2:
                raise ValueError("Classifier can't train when only one class is present.")
            self.head_ = head.fit(vectors, targets)
        self.classes_ = self.head_.classes_
        return self

    def predict(self, X: Texts) -> NDArray[Any]:
        """The label of each text, or an indicator matrix."""
        check_is_fitted(self)
        return np.asarray(self.head_.predict(self._vectors(X)))

    def predict_proba(self, X: Texts) -> NDArray[np.float64]:
        """The probability of each label of each text; in an indicator matrix' columns they do not sum up to 1."""
        check_is_fitted(self)
        return np.asarray(self.head_.predict_proba(self._vectors(X)))

    def decision_function(self, X: Texts) -> NDArray[np.float64]:
        """The log odds of each label of each text."""
        check_is_fitted(self)
        return np.asarray(self.head_.decision_function(self._vectors(X)))

    def _vectors(self, X: Texts) -> NDArray[np.float64]:
        if isinstance(X, (str, Mapping)):
            raise UsageError("a single text is not a sequence of texts; put it into a list")
        if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == 1:
            X = X.ravel()
        vectors = np.asarray(_encoder(self.model, self.threads).embed(X)).astype(np.float64)
        if len(vectors) == 0:
            raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
        return vectors

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags


@lru_cache(maxsize=2)
def _encoder(model: Any, threads: int | None) -> Classifier:
    """The encoder, loaded once a process for all estimators that are alike; so estimators stay small when they are pickled."""
    return Classifier(model, backend="transformer", threads=threads)
