#!/usr/bin/env python3
"""klausul's Python package beside PyTorch (transformers) and ONNX Runtime, in one process: from a list of texts to one vector a text, in turns.

Everything between is counted for everybody: tokens, batches, encoder, mean, length 1. The peers get their best case: the fast tokenizer,
texts sorted by length and cut at a budget of padded tokens. All are multilingual-e5-small: klausul with the weights of the model that ships.

usage: python_peers.py MODEL TEXTS [--threads 2] [--rounds 5]
MODEL is a plain Hugging Face directory of a BertModel, TEXTS has one paragraph a line.
Needs: the package `klausul`; pip install torch transformers tokenizers safetensors onnx onnxscript onnxruntime
"""
import argparse
import statistics
import time

import numpy as np

import klausul
from encoders import Peers, batches, padded

ENGINES = ['ort-int8', 'torch-bf16', 'torch-f32']


def pooled(hidden, mask):
    weights = mask[:, :, None].astype(np.float32)
    mean = (hidden * weights).sum(1) / weights.sum(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def peer(peers, engine, a):
    """Vectors of all texts by a peer, and the seconds that they took."""
    model, torch = peers.models[engine], peers.torch
    start = time.perf_counter()
    vectors = []
    for rows in batches(a)[0]:
        ids, mask = padded(rows)
        if engine.startswith('torch'):
            with torch.inference_mode():
                hidden = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state
            hidden = hidden.float().numpy()
        else:
            hidden = model.run(None, {'ids': ids, 'mask': mask})[0]
        vectors.append(pooled(hidden, mask))
    return np.concatenate(vectors), time.perf_counter() - start


def own(call, texts):
    start = time.perf_counter()
    found = call(texts)
    assert len(found) == len(texts)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model')
    parser.add_argument('texts')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=5)
    a = parser.parse_args()
    texts = list(dict.fromkeys(line for line in open(a.texts, encoding='utf8').read().split('\n') if line.strip()))
    peers = Peers(a, ENGINES)
    classifier = klausul.Classifier(threads=a.threads)
    found = {name: [] for name in ['klausul embed', 'klausul classify', *ENGINES]}
    for round_ in range(a.rounds + 1):
        seconds = {'klausul embed': own(classifier.embed, texts), 'klausul classify': own(classifier.classify, texts)}
        for engine in ENGINES:
            vectors, seconds[engine] = peer(peers, engine, a)
            assert vectors.shape == (len(texts), 384), vectors.shape
        # The first round warms caches and the peers' planning.
        if round_:
            for name, taken in seconds.items():
                found[name].append(taken)
    print(f'{len(texts)} texts, {a.threads} thread(s), {a.rounds} rounds: texts/s, and how many times as fast embed is')
    for name, taken in found.items():
        ratios = [one / embed for one, embed in zip(taken, found['klausul embed'])]
        print(f'{name:17s} median {len(texts) / statistics.median(taken):6.0f}  ratio {statistics.median(ratios):5.2f} '
              f'({min(ratios):.2f} to {max(ratios):.2f})', flush=True)


main()
