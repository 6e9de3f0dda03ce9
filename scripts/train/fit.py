#!/usr/bin/env python3
"""Trains the encoder and its head; a run that was stopped goes on from its last checkpoint.

    fit.py ROWS BASE OUT [--config FILE]

ROWS is what `run.py` gathered (train.jsonl, dev.jsonl), BASE the Hugging Face directory of multilingual-e5-small, OUT a folder for the
checkpoint, the log and, at the end, the averaged weights.
"""
import argparse
import json
import math
import os
import random
import time
import tomllib
from collections import Counter

import torch

from model import Classifier
from rows import CATEGORIES, lines
from tokens import Tokens, augmented, joined

PAD = 1
DEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'


def weighted(rows, data):
    """Gives each row its weight: by its source, its number of copies and its language."""
    languages = Counter(found['lang'] for found in rows)
    middle = sorted(languages.values())[len(languages) // 2]
    for found in rows:
        language = (middle / languages[found['lang']]) ** (1 - data['language_power'])
        found['weight'] = data['weights'][found['source']] * min(2.0, max(0.35, language)) * min(2.0, found['copies'] ** 0.5)


def batches(rows, tokens, config, epoch):
    """The pass `epoch` as batches of like length: ids, mask, targets, mask of the targets, weights."""
    chance = random.Random(f"{config['training']['seed']}/{epoch}")
    made = []
    for found in joined(rows, config['augment']['joined'], chance):
        context, text = augmented(found, config['augment'], chance)
        made.append((tokens.window(found['kind'], context, text), found))
    chance.shuffle(made)
    # Sorted within stretches alone, so that batches differ between passes.
    stretch, gathered = 4096, []
    for start in range(0, len(made), stretch):
        batch = []
        for ids, found in sorted(made[start:start + stretch], key=lambda pair: len(pair[0])):
            if batch and (len(batch) + 1) * len(ids) > config['training']['batch_tokens']:
                gathered.append(batch)
                batch = []
            batch.append((ids, found))
        gathered.append(batch)
    chance.shuffle(gathered)
    return gathered


def tensors(batch):
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.full((len(batch), longest), PAD)
    mask = torch.zeros((len(batch), longest), dtype=torch.long)
    for at, (row, _) in enumerate(batch):
        ids[at, :len(row)] = torch.tensor(row)
        mask[at, :len(row)] = 1
    found = [found for _, found in batch]
    return ids, mask, torch.tensor([f['targets'] for f in found]), torch.tensor([f['mask'] for f in found]), \
        torch.tensor([f.get('weight', 1.0) for f in found])


def loss_of(logits, targets, known, weights):
    """Mean binary cross-entropy over the categories that were annotated."""
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction='none') * known
    return (each.sum(1) * weights).sum() / weights.sum()


@torch.inference_mode()
def logits_of(model, rows, tokens):
    model.eval()
    made = sorted(((tokens.window(f['kind'], f['context'], f['text']), at) for at, f in enumerate(rows)), key=lambda pair: len(pair[0]))
    found = torch.zeros((len(rows), len(CATEGORIES)))
    for start in range(0, len(made), 32):
        part = made[start:start + 32]
        ids, mask, *_ = tensors([(ids, {'targets': [0.0], 'mask': [0.0]}) for ids, _ in part])
        with torch.autocast(DEVICE, dtype=torch.bfloat16):
            found[[at for _, at in part]] = model(ids.to(DEVICE), mask.to(DEVICE)).float().cpu()
    model.train()
    return found


def scores(logits, rows, threshold=0.0):
    """Micro- and macro-F1 by source, at one threshold of the logit: a sign of life, not the figures of the model card."""
    told = {}
    for source in sorted({f['source'] for f in rows}) + ['sq+sv']:
        at = [i for i, f in enumerate(rows) if f['source'] == source or (source == 'sq+sv' and f['lang'] in ('sq', 'sv') and f['source'] == 'own')]
        if not at:
            continue
        gold = torch.tensor([rows[i]['targets'] for i in at]) >= 0.5
        known = torch.tensor([rows[i]['mask'] for i in at]) > 0
        said = (logits[at] > threshold) & known
        hit, all_said, all_gold = (said & gold).sum(0).float(), said.sum(0).float(), (gold & known).sum(0).float()
        each = 2 * hit / (all_said + all_gold).clamp(min=1)
        micro = 2 * hit.sum() / (all_said.sum() + all_gold.sum())
        told[source] = f'{micro:.3f}/{each[all_gold > 0].mean():.3f}'
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows')
    parser.add_argument('base')
    parser.add_argument('out')
    parser.add_argument('--config', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), 'config.toml'))
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    a = parser.parse_args()
    with open(a.config, 'rb') as file:
        config = tomllib.load(file)
    training = config['training']
    torch.set_num_threads(a.threads)
    torch.manual_seed(training['seed'])
    os.makedirs(a.out, exist_ok=True)
    train, dev = lines(f'{a.rows}/train.jsonl'), lines(f'{a.rows}/dev.jsonl')
    weighted(train, config['data'])
    tokens = Tokens(f'{a.base}/tokenizer.json', config['model'])
    model = Classifier(a.base, len(CATEGORIES), training['frozen_layers'], training['dropout']).to(DEVICE)
    optimizer = torch.optim.AdamW(model.groups(training), betas=(0.9, 0.98), fused=True)
    rates = [group['lr'] for group in optimizer.param_groups]
    total = training['decay_epochs'] * len(batches(train, tokens, config, 0))
    warm = training['warmup'] * total
    learned = {name: p for name, p in model.named_parameters() if p.requires_grad}
    average = {name: p.detach().clone() for name, p in learned.items()}
    step, first, seconds = 0, 0, 0.0
    checkpoint = f'{a.out}/checkpoint.pt'
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, map_location=DEVICE, weights_only=False)
        model.load_state_dict(state['model'])
        optimizer.load_state_dict(state['optimizer'])
        average, step, first, seconds = state['average'], state['step'], state['epoch'], state['seconds']
        torch.set_rng_state(state['random'].cpu())
        print(f'goes on at pass {first}', flush=True)
    log = open(f'{a.out}/log.jsonl', 'a', encoding='utf8')
    for epoch in range(first, training['epochs']):
        began, sum_loss = time.monotonic(), 0.0
        passed = batches(train, tokens, config, epoch)
        for number, batch in enumerate(passed):
            ids, mask, targets, known, weights = (part.to(DEVICE) for part in tensors(batch))
            rate = min(1.0, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))
            for group, base in zip(optimizer.param_groups, rates):
                group['lr'] = base * rate
            with torch.autocast(DEVICE, dtype=torch.bfloat16):
                logits = model(ids, mask)
            loss = loss_of(logits.float(), targets, known, weights)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned.values(), training['clip'])
            optimizer.step()
            step += 1
            # The average forgets its beginning: early weights say little.
            keep = min(training['average'], step / (step + 10))
            with torch.no_grad():
                for name, p in learned.items():
                    average[name].lerp_(p, 1 - keep)
            sum_loss += loss.item()
            if number % 100 == 99:
                print(f'pass {epoch} batch {number + 1}/{len(passed)} loss {sum_loss / (number + 1):.4f} '
                      f'{time.monotonic() - began:.0f} s', flush=True)
        seconds += time.monotonic() - began
        torch.save({'model': model.state_dict(), 'optimizer': optimizer.state_dict(), 'average': average, 'step': step, 'epoch': epoch + 1,
                    'seconds': seconds, 'random': torch.get_rng_state()}, checkpoint + '.new')
        os.replace(checkpoint + '.new', checkpoint)
        kept = {name: p.detach().clone() for name, p in learned.items()}
        model.load_state_dict(average, strict=False)
        said = {'epoch': epoch + 1, 'loss': sum_loss / len(passed), 'seconds': round(seconds),
                **scores(logits_of(model, dev, tokens), dev)}
        print(said, flush=True)
        log.write(json.dumps(said) + '\n')
        log.flush()
        model.load_state_dict(kept, strict=False)
    model.load_state_dict(average, strict=False)
    torch.save(model.state_dict(), f'{a.out}/averaged.pt')
    with open(f'{a.out}/trained.json', 'w', encoding='utf8') as file:
        json.dump({'seconds': round(seconds), 'steps': step, 'threads': a.threads}, file)


if __name__ == '__main__':
    main()
