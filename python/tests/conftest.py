"""Classifiers that the tests share."""

import pytest

import klausul


@pytest.fixture(scope="session")
def model():
    """The model that ships."""
    return klausul.Classifier()


@pytest.fixture(scope="session")
def rules():
    """The rules alone, which are a hundred times as fast."""
    return klausul.Classifier(backend="rules")
