"""The package as a whole: its types, its example, its words."""

import importlib.metadata
import subprocess
import sys

import pytest
from shared import REPOSITORY

import klausul


def test_the_names_are_all_there():
    assert all(hasattr(klausul, name) for name in klausul.__all__)
    assert klausul.__version__ == importlib.metadata.version("klausul")
    for name in klausul.__all__:
        assert name.startswith("__") or getattr(klausul, name).__doc__, name


def test_the_types_are_those_of_the_module():
    pytest.importorskip("mypy")
    stubs = subprocess.run([sys.executable, "-m", "mypy.stubtest", "klausul._klausul"], capture_output=True, text=True)
    assert stubs.returncode == 0, stubs.stdout + stubs.stderr


def test_the_types_are_those_that_users_need(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "use.py").write_text(
        "import klausul\n"
        "c = klausul.Classifier(threads=2)\n"
        "labels: list[str] = c.classify('x').labels\n"
        "scores: list[dict[str, float]] = [p.scores for p in c.classify(['x', {'text': 'y', 'context': ['z']}])]\n"
        "for document in c.classify_paths('folder', progress=print):\n"
        "    if isinstance(document, klausul.KlausulError):\n"
        "        print(document.path)\n"
        "    else:\n"
        "        for paragraph, prediction in document:\n"
        "            print(paragraph.start, prediction.labels)\n"
    )
    mypy = subprocess.run([sys.executable, "-m", "mypy", "--strict", "use.py"], capture_output=True, text=True, cwd=tmp_path)
    assert mypy.returncode == 0, mypy.stdout + mypy.stderr


def test_the_example_draws_its_picture(tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "heatmap.png"
    example = REPOSITORY / "python" / "examples" / "heatmap.py"
    said = subprocess.run(
        [sys.executable, example, REPOSITORY / "data" / "samples", picture], capture_output=True, text=True, check=True
    ).stdout
    assert "9 languages" in said and picture.read_bytes().startswith(b"\x89PNG")
