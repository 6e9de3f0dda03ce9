#!/usr/bin/env python3
"""Prepares the training of a smaller model by a larger one: fewer layers, fewer tokens, and what the larger says of every row.

    distil.py TEACHER BASE OUT --klausul PROGRAM [--config FILE]

TEACHER is a finished work folder of `run.py`, BASE the directory that it was trained from. OUT becomes a work folder: in `base` the student's
beginning, some of the teacher's layers and the likeliest of its tokens; rows whose targets lie between the annotation and the teacher's
probability; the teacher's development rows. `run.py --work OUT --base OUT/base` then trains, packs and calibrates it.
"""
import argparse
import json
import os
import shutil
import subprocess
import tempfile
import tomllib

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from export import texts_to_keep
from fit import logits_of
from model import Classifier
from rows import CATEGORIES, HELD_OUT, HERE, ROOT, lines
from run import write
from tokens import Tokens


def examples():
    """The sentences that test the rules: no annotation of theirs covers all categories, so the teacher alone says what they state."""
    folder = f'{ROOT}/data/lexicon/examples'
    for name in sorted(os.listdir(folder)):
        language = name.split('.')[0]
        for found in lines(f'{folder}/{name}'):
            yield {'source': 'own', 'doc': f'{language}/examples', 'lang': language, 'kind': found.get('kind', 'text'),
                   'context': found.get('context', []), 'text': found['text'], 'targets': [0.0] * len(CATEGORIES),
                   'mask': [0.0] * len(CATEGORIES), 'copies': 1}


def mixed(found, probabilities, share):
    """A row whose targets are the annotation's and the teacher's; where nothing was annotated, the teacher's alone."""
    targets = [round(share * said + (1 - share) * target if known else said, 4)
               for target, known, said in zip(found['targets'], found['mask'], probabilities)]
    return {**found, 'targets': targets, 'mask': [1.0] * len(targets)}


def student(teacher, out, klausul, rows, config):
    """Writes the directory that the student begins from, out of the teacher's weights before packing."""
    with tempfile.TemporaryDirectory() as folder:
        texts = texts_to_keep(rows, folder)
        subprocess.run([klausul, 'models', 'pack', teacher, f'{folder}/packed', '--texts', texts, '--max-tokens', str(config['tokens'])], check=True)
        os.makedirs(out, exist_ok=True)
        shutil.copy(f'{folder}/packed/tokenizer.json', out)
    old, new = (Tokenizer.from_file(f'{folder}/tokenizer.json').get_vocab() for folder in (teacher, out))
    ids = torch.tensor([old[token] for token in sorted(new, key=new.get)])
    tensors = {}
    for name, value in load_file(f'{teacher}/model.safetensors').items():
        if name.startswith('encoder.layer.'):
            number, rest = name.removeprefix('encoder.layer.').split('.', 1)
            if int(number) in config['layers']:
                tensors[f"encoder.layer.{config['layers'].index(int(number))}.{rest}"] = value
        elif name.startswith('embeddings.'):
            tensors[name] = value[ids] if 'word_embeddings' in name else value
    save_file(tensors, f'{out}/model.safetensors')
    with open(f'{teacher}/config.json', encoding='utf8') as file:
        shape = json.load(file)
    with open(f'{out}/config.json', 'w', encoding='utf8') as file:
        json.dump({**shape, 'num_hidden_layers': len(config['layers']), 'vocab_size': len(ids)}, file, indent=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('teacher')
    parser.add_argument('base')
    parser.add_argument('out')
    parser.add_argument('--klausul', required=True)
    parser.add_argument('--config', default=f'{HERE}/config-tiny.toml')
    a = parser.parse_args()
    with open(a.config, 'rb') as file:
        config = tomllib.load(file)
    os.makedirs(a.out, exist_ok=True)
    rows = [*lines(f'{a.teacher}/train.jsonl'), *examples()]
    student(f'{a.teacher}/plain', f'{a.out}/base', a.klausul, rows, config['student'])
    teacher = Classifier(a.base, len(CATEGORIES), 0, 0.0)
    teacher.load_state_dict(torch.load(f'{a.teacher}/averaged.pt', map_location='cpu'))
    said = torch.sigmoid(logits_of(teacher, rows, Tokens(f'{a.base}/tokenizer.json', config['model']))).tolist()
    share = config['student']['teacher_share']
    write(f'{a.out}/train.jsonl', (mixed(found, probabilities, share) for found, probabilities in zip(rows, said)))
    for name in HELD_OUT:
        shutil.copyfile(f'{a.teacher}/{name}', f'{a.out}/{name}')


if __name__ == '__main__':
    main()
