"""Joins the labels of data/labels with the texts that they were given to, which are not part of the project.

A label is keyed by file, index of the paragraph in klausul's segmentation, and the first 16 hexadecimal digits of its text's SHA-256.
Where a newer segmentation has moved a paragraph, its hash finds it; a paragraph whose text is not found is left out and counted.
"""
import collections
import hashlib
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def segmented(klausul, path):
    done = subprocess.run([klausul, 'segment', path, '--quiet'], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def joined(klausul, shared):
    """Labelled paragraphs with their texts."""
    folder, lost = f'{ROOT}/data/labels', 0
    for name in sorted(os.listdir(folder)):
        # t200-six is joined by the text alone, in rows.py; the second annotation trains nothing.
        if name in ('t200-six.jsonl', 'second-annotation.jsonl') or not name.endswith('.jsonl'):
            continue
        by_file = collections.defaultdict(list)
        with open(f'{folder}/{name}', encoding='utf8') as file:
            for line in file:
                label = json.loads(line)
                by_file[label['file']].append(label)
        for path, labels in by_file.items():
            paragraphs = segmented(klausul, f'{shared}/corpora/{path}')
            by_hash = collections.defaultdict(list)
            for paragraph in paragraphs:
                by_hash[hashlib.sha256(paragraph['text'].encode()).hexdigest()[:16]].append(paragraph)
            for label in labels:
                among = by_hash[label['sha256']]
                if not among:
                    lost += 1
                    continue
                paragraph = min(among, key=lambda found: abs(found['index'] - label['index']))
                # Parallel texts are one document: they stand on one side of a split.
                document = path if name.startswith('ota-') else name.removesuffix('.jsonl')
                yield {**paragraph, 'doc': document, 'lang': label['lang'], 'labels': label['labels'], 'projected': label.get('projected', False)}
    if lost:
        print(f'{lost} labels have no text', file=sys.stderr)
