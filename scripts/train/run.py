#!/usr/bin/env python3
"""From corpora to a model directory, in one command.

    run.py --shared FOLDER --base multilingual-e5-small/ --klausul target/release/klausul --work FOLDER -o models/klausul-small

Steps whose result lies in the work folder are not done again. `--sources own,t200` trains on fewer corpora, for the ablation.
"""
import argparse
import json
import os
import subprocess
import sys

from rows import CATEGORIES, HERE, all_rows, development_documents, merged, split

# TILT has fragments that name things; `--sources own,t200,mastodon,labelled,tilt` takes it too.
SOURCES = 'own,t200,mastodon,labelled'


def write(path, rows):
    with open(path + '.new', 'w', encoding='utf8') as file:
        for found in rows:
            file.write(json.dumps(found, ensure_ascii=False) + '\n')
    os.replace(path + '.new', path)


def gold(rows):
    """Development rows as `klausul evaluate` reads them."""
    for at, found in enumerate(rows):
        labels = [category for category, share in zip(CATEGORIES, found['targets']) if share >= 0.5]
        scope = [category for category, known in zip(CATEGORIES, found['mask']) if known]
        yield {'doc': found['doc'], 'id': f'row-{at}', 'index': at, 'lang': found['lang'], 'kind': found['kind'], 'context': found['context'],
               'text': found['text'], 'labels': labels, 'scope': scope}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--shared', required=True, help='folder with corpora/')
    parser.add_argument('--base', help='Hugging Face directory of multilingual-e5-small, or what distil.py made')
    parser.add_argument('--klausul', required=True, help='the program, for its readers, packing and calibration')
    parser.add_argument('--work', required=True, help='folder for rows, checkpoints and logs')
    parser.add_argument('--sources', default=SOURCES)
    parser.add_argument('--config', default=os.path.join(HERE, 'config.toml'))
    parser.add_argument('--rows-only', action='store_true', help='only gather the rows')
    parser.add_argument('-o', '--output', help='the model directory to write')
    a = parser.parse_args()
    if not a.rows_only and not (a.base and a.output):
        parser.error('give --base and --output, or --rows-only')
    os.makedirs(a.work, exist_ok=True)
    if not os.path.exists(f'{a.work}/dev.jsonl'):
        train, dev = split(all_rows(a.klausul, a.shared, a.sources.split(',')), development_documents())
        write(f'{a.work}/train.jsonl', merged(train))
        for source in sorted({found['source'] for found in dev}):
            write(f'{a.work}/gold-{source}.jsonl', gold(found for found in dev if found['source'] == source))
        write(f'{a.work}/dev.jsonl', [{**found, 'copies': 1} for found in dev])
    if a.rows_only:
        return
    steps = [
        ('averaged.pt', ['fit.py', a.work, a.base, a.work, '--config', a.config]),
        ('packed/klausul.json', ['export.py', a.work, a.base, f'{a.work}/packed', '--klausul', a.klausul, '--config', a.config]),
        (None, ['calibrate.py', a.work, f'{a.work}/packed', a.output, '--klausul', a.klausul]),
    ]
    for made, command in steps:
        if made is None or not os.path.exists(f'{a.work}/{made}'):
            subprocess.run([sys.executable, f'{HERE}/{command[0]}', *command[1:]], check=True)


if __name__ == '__main__':
    main()
