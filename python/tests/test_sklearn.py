"""The estimator for scikit-learn.

``check_estimator`` feeds tables of numbers and leaves every check out for an estimator that takes texts. So the checks that look at the
estimator alone are run as they are, and those of them that feed numbers are run here on texts.
"""

import pickle

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from shared import ERASURE, RETENTION, SWEDISH  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402
from sklearn.utils import estimator_checks  # noqa: E402

from klausul.sklearn import PolicyClassifier  # noqa: E402

TEXTS = [
    RETENTION,
    "Invoices are stored for seven years.",
    ERASURE,
    SWEDISH,
    "Logs are deleted after a week.",
    "You may ask us to erase it.",
]
LABELS = ["storage", "storage", "erasure", "erasure", "storage", "erasure"]
MATRIX = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 1]])

CHECKS = [
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]


@pytest.mark.parametrize("name", CHECKS)
def test_checks_of_the_estimator_alone(name):
    getattr(estimator_checks, name)("PolicyClassifier", PolicyClassifier())


def test_check_estimator_has_nothing_against_it():
    with pytest.warns(Warning):
        results = estimator_checks.check_estimator(PolicyClassifier(), on_fail=None, on_skip=None)
    assert [result["check_name"] for result in results if result["status"] == "failed"] == []


@pytest.fixture(scope="module")
def fitted():
    return PolicyClassifier().fit(TEXTS, LABELS)


def test_one_label_a_text(fitted):
    assert list(fitted.classes_) == ["erasure", "storage"] and not fitted.multilabel_
    assert list(fitted.predict(TEXTS)) == LABELS and fitted.score(TEXTS, LABELS) == 1
    probabilities = fitted.predict_proba(TEXTS)
    assert probabilities.shape == (6, 2) and np.allclose(probabilities.sum(1), 1)
    assert fitted.decision_function(TEXTS).shape == (6,)
    assert list(fitted.predict([{"text": "ten years", "context": ["Storage periods"]}])) == ["storage"]


def test_any_number_of_labels_a_text():
    estimator = PolicyClassifier(C=100.0).fit(TEXTS, MATRIX)
    assert estimator.multilabel_ and estimator.predict(TEXTS).shape == MATRIX.shape == estimator.predict_proba(TEXTS).shape
    assert 0 <= estimator.score(TEXTS, MATRIX) <= 1


def test_fitting_changes_no_parameter_and_gives_the_estimator():
    estimator = PolicyClassifier(C=2.0)
    before = estimator.get_params()
    assert estimator.fit(TEXTS, LABELS) is estimator and estimator.get_params() == before
    assert set(vars(estimator)) - set(before) == {"classes_", "head_", "multilabel_"}


def test_fitting_twice_is_fitting_once(fitted):
    again = clone(fitted).fit(TEXTS[::-1], MATRIX[::-1]).fit(TEXTS, LABELS)
    assert np.array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_a_subset_and_another_order_change_nothing(fitted):
    whole = fitted.predict_proba(TEXTS)
    assert np.allclose(np.vstack([fitted.predict_proba([text]) for text in TEXTS]), whole, rtol=1e-12)
    assert np.allclose(fitted.predict_proba(TEXTS[::-1]), whole[::-1], rtol=1e-12)


def test_containers_of_texts(fitted):
    expected = fitted.predict_proba(TEXTS)
    for container in (tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, object), np.array(TEXTS)[:, None]):
        assert np.array_equal(fitted.predict_proba(container), expected)
    pandas = pytest.importorskip("pandas")
    assert np.array_equal(fitted.predict_proba(pandas.Series(TEXTS)), expected)
    assert list(PolicyClassifier().fit(pandas.Series(TEXTS), pandas.Series(LABELS)).predict(TEXTS)) == LABELS


def test_what_is_not_fitted_says_so():
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(PolicyClassifier(), method)(TEXTS)


def test_wrong_inputs_are_refused():
    for X, y in [
        (TEXTS, None),
        (TEXTS, LABELS[:-1]),
        ([], []),
        (TEXTS, ["one"] * 6),
        (TEXTS, np.linspace(0, 1, 6)),
        (RETENTION, [1]),
        ([1.0], [1]),
        ([None], [1]),
    ]:
        with pytest.raises(ValueError):
            PolicyClassifier().fit(X, y)


def test_pickles_are_small_and_the_same(fitted):
    data = pickle.dumps(fitted)
    assert len(data) < 50_000
    assert np.array_equal(pickle.loads(data).predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_it_works_with_the_rest_of_scikit_learn():
    assert cross_val_score(PolicyClassifier(), TEXTS, LABELS, cv=2).shape == (2,)
    search = GridSearchCV(PolicyClassifier(), {"C": [1.0, 10.0]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_params_["C"] in (1.0, 10.0)
    pipeline = make_pipeline(FunctionTransformer(lambda texts: [text.strip() for text in texts]), PolicyClassifier())
    assert list(pipeline.fit(TEXTS, LABELS).predict(TEXTS)) == LABELS
