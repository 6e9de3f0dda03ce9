#!/usr/bin/env bash
# Builds the Python package as users get it and runs its tests, those on clusters too. Needs cargo, Python 3.10 or newer with venv, the package index, and for
# Spark a Java runtime of 17 or newer. Usage: scripts/python_tests.sh KLAUSUL, where KLAUSUL is the program to compare with.
set -euo pipefail
klausul=$(realpath "$1")
cd "$(dirname "$0")/../python"
work=$(realpath -m ../target/python)
python3 -m venv --clear "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
rm -rf "$work/wheels"
"$work/venv/bin/maturin" build --quiet --release --locked --out "$work/wheels"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$work"/wheels/klausul-*.whl
if command -v java >/dev/null; then export KLAUSUL_CLUSTER_TEST=required; fi
# From a folder of its own: here a `python -c` of the tests would take the sources beside it for the package.
tests=$PWD/tests
cd "$work"
KLAUSUL_BIN="$klausul" venv/bin/pytest -q --durations=5 "$tests"
