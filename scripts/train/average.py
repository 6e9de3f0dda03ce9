#!/usr/bin/env python3
"""The mean of the weights of several trainings of one base: surer on texts unlike the training's than each of them (Wortsman et al. 2022, arXiv:2203.05482).

    average.py WORK WORK… OUT

Each WORK is a finished work folder of `run.py`; OUT gets the mean, and the rows and development documents of the last. `run.py --work OUT` packs and
calibrates it.
"""
import argparse
import json
import os
import shutil

import torch

from rows import HELD_OUT


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('works', nargs='+')
    parser.add_argument('out')
    a = parser.parse_args()
    os.makedirs(a.out, exist_ok=True)
    states = [torch.load(f'{work}/averaged.pt', map_location='cpu') for work in a.works]
    mean = {name: sum(state[name] for state in states) / len(states) if value.is_floating_point() else value
            for name, value in states[-1].items()}
    torch.save(mean, f'{a.out}/averaged.pt')
    for name in ['train.jsonl', *HELD_OUT]:
        shutil.copyfile(f'{a.works[-1]}/{name}', f'{a.out}/{name}')
    runs = []
    for work in a.works:
        with open(f'{work}/trained.json', encoding='utf8') as file:
            runs.append(json.load(file))
    with open(f'{a.out}/trained.json', 'w', encoding='utf8') as file:
        json.dump({'mean_of': runs}, file)


main()
