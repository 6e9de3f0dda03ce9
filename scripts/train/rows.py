"""From corpora to one table of training and development paragraphs.

A row: source, doc, lang, kind, context, text, targets (27 shares between 0 and 1), mask (27: 1 where the category was annotated), weight.
"""
import collections
import hashlib
import json
import os
import subprocess
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def categories():
    with open(f'{ROOT}/data/taxonomy.toml', 'rb') as file:
        return [category['id'] for category in tomllib.load(file)['category']]


CATEGORIES = categories()
# What a work folder of `run.py` holds of the development documents.
HELD_OUT = ['dev.jsonl', 'gold-own.jsonl', 'gold-t200.jsonl', 'gold-labelled.jsonl']


def lines(path):
    with open(path, encoding='utf8') as file:
        return [json.loads(line) for line in file if line.strip()]


def converted(klausul, *arguments):
    """Rows of a foreign corpus, through the program's own reader."""
    done = subprocess.run([klausul, 'convert', *arguments, '--to', 'jsonl'], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def row(source, found, labels, scope=None, absent=True):
    """`scope`: the categories that were annotated; `absent`: whether what is not named is absent rather than unknown."""
    known = set(CATEGORIES if scope is None else scope)
    targets = [float(category in labels) for category in CATEGORIES]
    mask = [float(category in labels or (absent and category in known)) for category in CATEGORIES]
    return {'source': source, 'doc': found['doc'], 'lang': found.get('lang', ''), 'kind': found['kind'], 'context': found['context'],
            'text': found['text'], 'targets': targets, 'mask': mask}


def own():
    folder = f'{ROOT}/data/corpus'
    for name in sorted(os.listdir(folder)):
        if name.endswith('.jsonl'):
            for found in lines(f'{folder}/{name}'):
                yield row('own', found, found['labels'])


def t200(klausul, shared):
    # The six categories that its annotators did not have, labelled for this project.
    six = {found['sha256']: found['labels'] for found in lines(f'{ROOT}/data/labels/t200-six.jsonl')}
    for found in converted(klausul, f'{shared}/corpora/t200/train.jsonl', '--mapping', 't200'):
        more = six.get(hashlib.sha256(found['text'].encode()).hexdigest()[:16])
        yield row('t200', found, found['labels'] + (more or []), found['scope'] if more is None else None)
    for found in converted(klausul, f'{shared}/corpora/t200/examples.jsonl', '--mapping', 't200'):
        yield row('t200', {**found, 'doc': 't200/examples'}, found['labels'], found['scope'])


def mastodon(shared):
    for found in lines(f'{shared}/corpora/mastodon/labelled.jsonl'):
        yield row('mastodon', {**found, 'doc': 'mastodon'}, found['labels'])


def tilt(klausul, shared):
    for found in converted(klausul, f'{shared}/corpora/tilt', '--mapping', 'tilt'):
        yield row('tilt', found, found['labels'], absent=False)


def labelled(klausul, shared):
    """Labels of this project for paragraphs of others, joined with the texts that they were given to."""
    from join import joined
    for found in joined(klausul, shared):
        yield row('projected' if found.get('projected') else 'labelled', found, found['labels'])


def merged(rows):
    """Copies of a paragraph as one row whose targets are the shares of its copies."""
    groups = collections.defaultdict(list)
    for found in rows:
        groups[found['source'], found['kind'], tuple(found['context'][-1:]), found['text']].append(found)
    for copies in groups.values():
        first = dict(copies[0])
        first['targets'] = [sum(column) / len(copies) for column in zip(*(copy['targets'] for copy in copies))]
        first['copies'] = len(copies)
        yield first


def split(rows, documents):
    """Training and development rows; what stands word for word in development is taken out of training."""
    dev = [found for found in rows if found['doc'] in documents]
    held = {found['text'].casefold() for found in dev if len(found['text'].split()) > 3}
    train = [found for found in rows if found['doc'] not in documents and found['text'].casefold() not in held]
    return train, dev


def development_documents():
    with open(f'{HERE}/development.txt', encoding='utf8') as file:
        return {line.strip() for line in file if line.strip() and not line.startswith('#')}


def all_rows(klausul, shared, sources):
    rows = []
    if 'own' in sources:
        rows += own()
    if 't200' in sources:
        rows += t200(klausul, shared)
    if 'mastodon' in sources:
        rows += mastodon(shared)
    if 'tilt' in sources:
        rows += tilt(klausul, shared)
    if 'labelled' in sources:
        rows += labelled(klausul, shared)
    return rows
