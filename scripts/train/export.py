#!/usr/bin/env python3
"""From trained weights to a packed model directory, not calibrated yet.

    export.py WORK BASE OUT --klausul PROGRAM [--config FILE]
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

from rows import CATEGORIES, HERE, lines

LICENCES = {'own': 'MIT OR Apache-2.0', 't200': 'GPL-3.0', 'mastodon': 'CC-BY-SA-3.0', 'tilt': 'MIT', 'ota-france': 'ODC-By-1.0',
            'mozilla': 'CC-BY-SA-3.0', 'corona-warn': 'Apache-2.0', 'swisscovid': 'MPL-2.0'}
# Letters of the languages that the corpora may happen to lack.
LETTERS = 'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßÿŒœŠšŽžŸĂăĀāĄąĆćĊċČčĎďĐđĒēĖėĘęĚěĞğĠġĢģĦħĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŐőŔŕŘřŚśŞşȘșŢţȚțŤťŪūŮůŰűŲųŹźŻżΆΈΉΊΌΎΏΐΰЀЂЃЄЅІЇЈЉЊЋЌЍЏҐґ'


def corpus(found):
    """The corpus of a row by its own name."""
    return found['doc'].split('/')[0] if found['source'] in ('labelled', 'projected') else found['source']


def manifest(model, rows, metrics):
    counts = {}
    for found in rows:
        counts[corpus(found)] = counts.get(corpus(found), 0) + found['copies']
    return {
        'format_version': '1.0', 'name': model['name'], 'version': model['version'],
        'taxonomy': {'name': 'gdpr-27', 'version': '1.0'},
        'input': {'prefix': model['prefix'], 'kinds': model['kinds'], 'max_tokens': model['max_tokens']},
        'pooling': 'mean', 'head_layers': 1,
        'labels': [{'id': category, 'threshold': 0.5} for category in CATEGORIES],
        'training_data': [{'name': name, 'licence': LICENCES[name], 'paragraphs': counts[name]} for name in sorted(counts)],
        'metrics': metrics, 'files': {},
    }


def texts_to_keep(rows, folder):
    """A file of the texts whose letters and words a model has to know."""
    texts = f'{folder}/texts.txt'
    with open(texts, 'w', encoding='utf8') as file:
        file.write(LETTERS + '\n')
        # Published policies bring letters of other scripts, in names and lists of languages.
        for found in (found for found in rows if found['source'] == 'own'):
            file.write(' '.join([*found['context'], found['text']]).replace('\n', ' ') + '\n')
    return texts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('work')
    parser.add_argument('base')
    parser.add_argument('out')
    parser.add_argument('--klausul', required=True)
    parser.add_argument('--config', default=f'{HERE}/config.toml')
    a = parser.parse_args()
    with open(a.config, 'rb') as file:
        config = tomllib.load(file)
    rows = lines(f'{a.work}/train.jsonl')
    state = torch.load(f'{a.work}/averaged.pt')
    tensors = {name.removeprefix('encoder.'): value.contiguous() for name, value in state.items() if name.startswith('encoder.')}
    tensors = {name: value for name, value in tensors.items() if not name.endswith(('position_ids', 'token_type_ids'))}
    kept = config['student']['kept']
    for name, began in load_file(f'{a.base}/model.safetensors').items() if kept else ():
        if name in tensors:
            tensors[name] = torch.lerp(tensors[name], began, kept)
    tensors |= {'head.0.weight': state['head.weight'].contiguous(), 'head.0.bias': state['head.bias'].contiguous()}
    plain = f'{a.work}/plain'
    os.makedirs(plain, exist_ok=True)
    for name in ('config.json', 'tokenizer.json'):
        shutil.copy(f'{a.base}/{name}', plain)
    save_file(tensors, f'{plain}/model.safetensors')
    with open(f'{plain}/klausul.json', 'w', encoding='utf8') as file:
        json.dump(manifest(config['model'], rows, {}), file, indent=2)
    shutil.rmtree(a.out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        texts = texts_to_keep(rows, folder)
        subprocess.run([a.klausul, 'models', 'pack', plain, a.out, '--texts', texts], check=True)


if __name__ == '__main__':
    main()
