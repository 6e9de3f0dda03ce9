#!/usr/bin/env python3
"""Prepares the training of a model by finished ones: where it begins, and rows with what they say.

    distil.py ROWS OUT --begin MODEL --teacher MODEL [--teacher MODEL…] --klausul PROGRAM [--config FILE]

ROWS is what `run.py --rows-only` gathered, a MODEL a directory as `klausul --model` takes it, packed or not. OUT becomes a work folder: in `base` the
student's beginning, all or some of the layers and tokens of MODEL; rows whose targets lie between the annotation and the mean of the teachers' log-odds, the rules as they
count them included; the development rows. `run.py --work OUT --base OUT/base` then trains, packs and calibrates it.
"""
import argparse
import json
import os
import shutil
import subprocess
import tempfile
import tomllib

import numpy
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from calibrate import log_odds, sigmoid
from export import texts_to_keep
from packed import unpacked
from rows import CATEGORIES, HELD_OUT, HERE, ROOT, lines
from run import write

# Probabilities of a teacher are taken between this and its complement.
CERTAIN = 1e-5


def examples():
    """The sentences that test the rules: no annotation of theirs covers all categories, so the teachers alone say what they state."""
    folder = f'{ROOT}/data/lexicon/examples'
    for name in sorted(os.listdir(folder)):
        language = name.split('.')[0]
        for found in lines(f'{folder}/{name}'):
            yield {'source': 'own', 'doc': f'{language}/examples', 'lang': language, 'kind': found.get('kind', 'text'),
                   'context': found.get('context', []), 'text': found['text'], 'targets': [0.0] * len(CATEGORIES),
                   'mask': [0.0] * len(CATEGORIES), 'copies': 1}


def teachers_share(found, config):
    """What the teachers count in a row: less where one was not trained on it and may err as it always did."""
    return config['new_share'] if any(name in found['doc'] for name in config['new']) else config['teacher_share']


def mixed(found, probabilities, share):
    """A row whose targets are the annotation's and the teachers'; where nothing was annotated, the teachers' alone."""
    targets = [round(share * said + (1 - share) * target if known else said, 4)
               for target, known, said in zip(found['targets'], found['mask'], probabilities)]
    return {**found, 'targets': targets, 'mask': [1.0] * len(targets)}


def student(begin, out, klausul, rows, config):
    """Writes the directory that the student begins from."""
    os.makedirs(out, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        if config['tokens']:
            subprocess.run([klausul, 'models', 'pack', begin, f'{folder}/packed', '--texts', texts_to_keep(rows, folder),
                            '--max-tokens', str(config['tokens'])], check=True)
        shutil.copy(f'{folder}/packed/tokenizer.json' if config['tokens'] else f'{begin}/tokenizer.json', out)
    old, new = (Tokenizer.from_file(f'{folder}/tokenizer.json').get_vocab() for folder in (begin, out))
    ids = torch.tensor([old[token] for token in sorted(new, key=new.get)])
    tensors = {}
    for name, value in unpacked(f'{begin}/model.safetensors').items():
        if name.startswith('encoder.layer.'):
            number, rest = name.removeprefix('encoder.layer.').split('.', 1)
            if int(number) not in config['layers']:
                continue
            name = f"encoder.layer.{config['layers'].index(int(number))}.{rest}"
        tensors[name] = value[ids] if 'word_embeddings' in name else value
    save_file(tensors, f'{out}/model.safetensors')
    with open(f'{begin}/config.json', encoding='utf8') as file:
        shape = json.load(file)
    with open(f'{out}/config.json', 'w', encoding='utf8') as file:
        json.dump({**shape, 'num_hidden_layers': len(config['layers']), 'vocab_size': len(ids)}, file, indent=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows')
    parser.add_argument('out')
    parser.add_argument('--begin', required=True)
    parser.add_argument('--teacher', required=True, action='append')
    parser.add_argument('--klausul', required=True)
    parser.add_argument('--config', default=f'{HERE}/config.toml')
    a = parser.parse_args()
    with open(a.config, 'rb') as file:
        config = tomllib.load(file)['student']
    os.makedirs(a.out, exist_ok=True)
    rows = [*lines(f'{a.rows}/train.jsonl'), *examples()]
    student(a.begin, f'{a.out}/base', a.klausul, rows, config)
    said = sigmoid(numpy.mean([log_odds(a.klausul, rows, CERTAIN, '--model', teacher)[0]
                               for teacher in a.teacher], axis=0)).tolist()
    write(f'{a.out}/train.jsonl', (mixed(found, probabilities, teachers_share(found, config)) for found, probabilities in zip(rows, said)))
    for name in HELD_OUT:
        shutil.copyfile(f'{a.rows}/{name}', f'{a.out}/{name}')


if __name__ == '__main__':
    main()
