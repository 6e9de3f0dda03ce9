#!/usr/bin/env python3
"""The Python package beside the program: the same paragraphs, model and threads, in turns.

usage: python_overhead.py KLAUSUL ROWS.jsonl [--threads 2] [--rounds 2]
ROWS has a paragraph a line, as `klausul classify` reads them. Both read the file; the program writes its records, the package hands out labels.
Needs the package `klausul`.
"""
import argparse
import json
import subprocess
import tempfile
import time

import klausul

FIELDS = ('text', 'context', 'kind', 'lang')


def program(a):
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([a.klausul, 'classify', a.rows, '-q', '--labels-only', '--threads', str(a.threads), '-o', f'{folder}/out.jsonl'], check=True)
        return time.perf_counter() - start


def package(a):
    start = time.perf_counter()
    classifier = klausul.Classifier(threads=a.threads)
    with open(a.rows, encoding='utf-8') as file:
        rows = [{name: value for name, value in json.loads(line).items() if name in FIELDS} for line in file]
    labels = [prediction.labels for prediction in classifier.classify(rows)]
    assert len(labels) == len(rows)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('klausul')
    parser.add_argument('rows')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=2)
    a = parser.parse_args()
    for _ in range(a.rounds):
        one, other = program(a), package(a)
        print(f'program {one:.1f} s, package {other:.1f} s, ratio {other / one:.3f}', flush=True)


main()
