#!/usr/bin/env python3
"""Fits calibration and thresholds of a packed model on the development rows, and writes the directory that ships.

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

# A category's own fit counts as much as the common one at so many positives.
ENOUGH = 30


def probabilities(klausul, model, rows):
    """What the model says of the rows, in their order; rows of several sources may share ids, so they are numbered."""
    with tempfile.TemporaryDirectory() as folder:
        table, said = f'{folder}/rows.jsonl', f'{folder}/said.jsonl'
        with open(table, 'w', encoding='utf8') as file:
            for at, found in enumerate(rows):
                file.write(json.dumps({'id': f'row-{at}', 'doc': 'rows', 'index': at, 'kind': found['kind'], 'context': found['context'],
                                       'text': found['text'], 'lang': found['lang']}, ensure_ascii=False) + '\n')
        subprocess.run([klausul, 'classify', table, '--rows', 'paragraphs', '--backend', 'transformer', '--model', model, '--quiet', '-o', said],
                       check=True)
        by_id = {found['id'].rsplit('/', 1)[-1]: found for found in lines(said) if 'scores' in found}
    return numpy.array([[by_id[f'row-{at}']['scores'][category] for category in CATEGORIES] for at in range(len(rows))])


def platt(logits, truth, weights, steps=50):
    """Slope and offset by Newton's method."""
    positives, negatives = (weights * truth).sum(), (weights * (1 - truth)).sum()
    target = numpy.where(truth > 0.5, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    a, b = 1.0, 0.0
    for _ in range(steps):
        p = 1 / (1 + numpy.exp(-(a * logits + b)))
        gradient = numpy.array([(weights * (p - target) * logits).sum(), (weights * (p - target)).sum()])
        w = weights * p * (1 - p)
        hessian = numpy.array([[(w * logits ** 2).sum() + 1e-6, (w * logits).sum()], [(w * logits).sum(), w.sum() + 1e-6]])
        step = numpy.linalg.solve(hessian, gradient)
        a, b = a - step[0], b - step[1]
        if abs(step).max() < 1e-9:
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
    a_all, b_all = platt(logits[everything], truth[everything], numpy.ones(everything.sum()))
    calibrated = numpy.zeros_like(logits)
    fits = []
    for c in range(len(CATEGORIES)):
        at = known[:, c] > 0
        positives = truth[at, c].sum()
        share = positives / (positives + ENOUGH)
        a, b = platt(logits[at, c], truth[at, c], numpy.ones(at.sum())) if positives >= 5 else (a_all, b_all)
        a, b = share * a + (1 - share) * a_all, share * b + (1 - share) * b_all
        calibrated[:, c] = 1 / (1 + numpy.exp(-(a * logits[:, c] + b)))
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
    return 1 / (1 + numpy.exp(-(a * logits + b))), numpy.array(thresholds)


def f1(said, truth, known):
    said, truth = (said & (known > 0)), (truth > 0.5) & (known > 0)
    each = [2 * (said[:, c] & truth[:, c]).sum() / max(1, said[:, c].sum() + truth[:, c].sum()) for c in range(said.shape[1]) if truth[:, c].any()]
    return 2 * (said & truth).sum() / (said.sum() + truth.sum()), float(numpy.mean(each))


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
    for label in manifest['labels']:
        label['calibration'] = {'a': 1.0, 'b': 0.0}
    said = probabilities(a.klausul, a.packed, dev).clip(1e-7, 1 - 1e-7)
    logits = numpy.log(said / (1 - said))
    truth = numpy.array([found['targets'] for found in dev])
    known = numpy.array([found['mask'] for found in dev])
    # Honest figures: each half of the documents is decided by what was fitted on the other half.
    half = numpy.array([int(hashlib.sha256(found['doc'].encode()).hexdigest(), 16) % 2 for found in dev])
    crossed = numpy.zeros(logits.shape, dtype=bool)
    for side in (0, 1):
        fits, thresholds, _ = fit(logits[half != side], truth[half != side], known[half != side])
        p, t = decided(logits[half == side], fits, thresholds)
        crossed[half == side] = p >= t
    fits, thresholds, common = fit(logits, truth, known)
    for label, (slope, offset), threshold in zip(manifest['labels'], fits, thresholds):
        label['calibration'] = {'a': round(slope, 5), 'b': round(offset, 5)}
        label['threshold'] = round(threshold, 4)
    for source in ('all', 'own', 't200'):
        at = numpy.array([source == 'all' or found['source'] == source for found in dev])
        micro, macro = f1(crossed[at], truth[at], known[at])
        manifest['metrics'][f'development_{source}_micro_f1'] = round(float(micro), 4)
        manifest['metrics'][f'development_{source}_macro_f1'] = round(macro, 4)
        print(f'{source}: {at.sum()} paragraphs, micro-F1 {micro:.4f}, macro-F1 {macro:.4f}')
    print(f'common threshold {common:.3f}')
    os.makedirs(a.out, exist_ok=True)
    for name in ('config.json', 'tokenizer.json', 'model.safetensors'):
        shutil.copy(f'{a.packed}/{name}', f'{a.out}/{name}')
    with open(f'{a.out}/klausul.json', 'w', encoding='utf8') as file:
        json.dump(manifest, file, indent=2, ensure_ascii=False)
        file.write('\n')


if __name__ == '__main__':
    main()
