#!/usr/bin/env python3
"""Fits calibration, thresholds and the share of the rules on the development rows, and writes the directory that ships.

    calibrate.py WORK PACKED OUT --klausul PROGRAM

The logits are those of the program itself, int8 engine and all. Platt scaling per category (Platt 1999, with his smoothed targets), drawn
towards a common one where positives are few; thresholds that give the best F1 per category, drawn towards the common one likewise.
"""
import argparse
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

import numpy

from rows import CATEGORIES, lines

# What the log-odds of the rules may count beside the logits; the best is taken, 0 means no ensemble.
WEIGHTS = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0)
# Probabilities of the rules are taken between this and its complement, as the program takes them.
CERTAIN = 0.001
# A category's own fit counts as much as the common one at so many positives.
ENOUGH = 30


def log_odds(klausul, rows, least, *backend):
    """What a backend says of the rows, in their order, and its name; rows of several sources may share ids, so they are numbered."""
    with tempfile.TemporaryDirectory() as folder:
        table, said = f'{folder}/rows.jsonl', f'{folder}/said.jsonl'
        with open(table, 'w', encoding='utf8') as file:
            for at, found in enumerate(rows):
                file.write(json.dumps({'id': f'row-{at}', 'doc': 'rows', 'index': at, 'kind': found['kind'], 'context': found['context'],
                                       'text': found['text'], 'lang': found['lang']}, ensure_ascii=False) + '\n')
        subprocess.run([klausul, 'classify', table, '--rows', 'paragraphs', '--quiet', '-o', said, *backend], check=True)
        by_id = {found['id']: found for found in lines(said)}
    found = numpy.array([[by_id[f'row-{at}']['scores'][category] for category in CATEGORIES] for at in range(len(rows))])
    found = found.clip(least, 1 - least)
    return numpy.log(found / (1 - found)), by_id['row-0']['model']


def sigmoid(z):
    return 1 / (1 + numpy.exp(-numpy.clip(z, -60, 60)))


def platt(logits, truth, steps=100):
    """Slope and offset by Newton's method with halved steps where a whole one overshoots (Lin, Lin & Weng 2007)."""
    positives, negatives = truth.sum(), (1 - truth).sum()
    target = numpy.where(truth > 0.5, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(a, b):
        z = a * logits + b
        return (numpy.logaddexp(0, z) - target * z).sum()

    a, b = 1.0, 0.0
    for _ in range(steps):
        p = sigmoid(a * logits + b)
        gradient = numpy.array([((p - target) * logits).sum(), (p - target).sum()])
        w = p * (1 - p)
        hessian = numpy.array([[(w * logits ** 2).sum() + 1e-6, (w * logits).sum()], [(w * logits).sum(), w.sum() + 1e-6]])
        step, size = numpy.linalg.solve(hessian, gradient), 1.0
        while size > 1e-4 and loss(a - size * step[0], b - size * step[1]) > loss(a, b):
            size /= 2
        a, b = a - size * step[0], b - size * step[1]
        if abs(size * step).max() < 1e-8:
            break
    return max(a, 0.05), b


def best_threshold(probability, truth):
    """The threshold of the highest F1, in the middle between two probabilities."""
    order = numpy.argsort(-probability)
    hits = numpy.cumsum(truth[order])
    f1 = 2 * hits / (numpy.arange(1, len(order) + 1) + truth.sum())
    at = int(f1.argmax())
    below = probability[order[at + 1]] if at + 1 < len(order) else 0.0
    return (probability[order[at]] + below) / 2


def fit(logits, truth, known):
    """Calibration and threshold of each category, from rows where it was annotated."""
    everything = known > 0
    a_all, b_all = platt(logits[everything], truth[everything])
    calibrated = numpy.zeros_like(logits)
    fits = []
    for c in range(len(CATEGORIES)):
        at = known[:, c] > 0
        positives = truth[at, c].sum()
        share = positives / (positives + ENOUGH)
        a, b = platt(logits[at, c], truth[at, c]) if positives >= 5 else (a_all, b_all)
        a, b = share * a + (1 - share) * a_all, share * b + (1 - share) * b_all
        calibrated[:, c] = sigmoid(a * logits[:, c] + b)
        fits.append([a, b, share])
    common = best_threshold(calibrated[everything], truth[everything])
    thresholds = []
    for c, (_, _, share) in enumerate(fits):
        at = known[:, c] > 0
        own = best_threshold(calibrated[at, c], truth[at, c]) if truth[at, c].sum() >= 5 else common
        # Half of the way at most: a threshold fitted on few paragraphs is a guess.
        thresholds.append(common + 0.5 * share * (own - common))
    return [(a, b) for a, b, _ in fits], thresholds, common


def decided(logits, fits, thresholds):
    a, b = numpy.array(fits).T
    return sigmoid(a * logits + b), numpy.array(thresholds)


def f1(said, truth, known):
    said, truth = (said & (known > 0)), (truth > 0.5) & (known > 0)
    each = [2 * (said[:, c] & truth[:, c]).sum() / max(1, said[:, c].sum() + truth[:, c].sum()) for c in range(said.shape[1]) if truth[:, c].any()]
    return 2 * (said & truth).sum() / (said.sum() + truth.sum()), float(numpy.mean(each))


def crossed(logits, truth, known, half):
    """Decisions in which each half of the documents is decided by what was fitted on the other half."""
    said = numpy.zeros(logits.shape, dtype=bool)
    for side in (0, 1):
        fits, thresholds, _ = fit(logits[half != side], truth[half != side], known[half != side])
        p, t = decided(logits[half == side], fits, thresholds)
        said[half == side] = p >= t
    return said


def labels(logits, truth, known):
    fits, thresholds, _ = fit(logits, truth, known)
    return [{'id': category, 'threshold': round(float(threshold), 4), 'calibration': {'a': round(float(a), 5), 'b': round(float(b), 5)}}
            for category, (a, b), threshold in zip(CATEGORIES, fits, thresholds)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('work')
    parser.add_argument('packed')
    parser.add_argument('out')
    parser.add_argument('--klausul', required=True)
    a = parser.parse_args()
    dev = lines(f'{a.work}/dev.jsonl')
    with open(f'{a.packed}/klausul.json', encoding='utf8') as file:
        manifest = json.load(file)
    model, _ = log_odds(a.klausul, dev, 1e-7, '--backend', 'transformer', '--model', a.packed)
    rules, name = log_odds(a.klausul, dev, CERTAIN, '--backend', 'rules')
    truth = numpy.array([found['targets'] for found in dev])
    known = numpy.array([found['mask'] for found in dev])
    half = numpy.array([int(hashlib.sha256(found['doc'].encode()).hexdigest(), 16) % 2 for found in dev])
    # The rules were developed on a part of GDPR-Transparency-200, so only the other sources say what they are worth.
    unseen = numpy.array([found['source'] != 't200' for found in dev])
    worth = {}
    for weight in WEIGHTS:
        said = crossed(model + weight * rules, truth, known, half)
        worth[weight] = sum(f1(said[unseen], truth[unseen], known[unseen]))
        told = [f'{source} {f1(said[at], truth[at], known[at])[0]:.4f}/{f1(said[at], truth[at], known[at])[1]:.4f}'
                for source in sorted({found['source'] for found in dev})
                for at in [numpy.array([found['source'] == source for found in dev])]]
        print(f'weight of the rules {weight}: micro/macro-F1', ', '.join(told))
    best = max(worth, key=worth.get)
    manifest['labels'] = labels(model, truth, known)
    if best > 0:
        manifest['ensemble'] = {'with': name, 'weight': best, 'labels': labels(model + best * rules, truth, known)}
    for kind, weight in (('alone', 0.0), ('shipped', best)):
        said = crossed(model + weight * rules, truth, known, half)
        for source in ('own', 't200'):
            at = numpy.array([found['source'] == source for found in dev])
            micro, macro = f1(said[at], truth[at], known[at])
            manifest['metrics'] |= {f'development_{source}_{kind}_micro_f1': round(float(micro), 4),
                                    f'development_{source}_{kind}_macro_f1': round(float(macro), 4)}
    os.makedirs(a.out, exist_ok=True)
    for file in ('config.json', 'tokenizer.json', 'model.safetensors'):
        shutil.copy(f'{a.packed}/{file}', f'{a.out}/{file}')
    with open(f'{a.out}/klausul.json', 'w', encoding='utf8') as file:
        json.dump(manifest, file, indent=2, ensure_ascii=False)
        file.write('\n')


if __name__ == '__main__':
    main()
