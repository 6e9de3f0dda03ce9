#!/usr/bin/env python3
"""Time klausul's engines beside PyTorch and ONNX Runtime: the same weights, texts and number of threads, in turns.

The clock of a machine varies by tenths within minutes, so every round runs each engine, one after the other, in two passes of which the better
counts, and the ratio of two engines is the median of the ratios of the rounds. The peers get their best case: token ids ready, batches of one length where possible,
sorted and cut at a budget of padded tokens; ONNX Runtime int8 is the fused graph, quantised dynamically per channel. Real tokens are counted,
never padding.

usage: encoders.py KLAUSUL MODEL TEXTS [--packed DIR] [--threads 1] [--rounds 5] [--engines klausul-int8,ort-int8,torch-bf16,…]
MODEL is a plain Hugging Face directory of a BertModel, TEXTS has one paragraph a line, --packed is what klausul's int8 engine runs.
Needs: pip install torch transformers tokenizers safetensors onnx onnxscript onnxruntime
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

ENGINES = 'klausul-int8,ort-int8,torch-bf16,klausul-candle,torch-f32,ort-f32'
BUDGET, LONGEST = 2048, 192


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument('klausul')
    p.add_argument('model')
    p.add_argument('texts')
    p.add_argument('--packed')
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--rounds', type=int, default=5)
    p.add_argument('--engines', default=ENGINES)
    return p.parse_args()


def klausul(a, engine):
    """Tokens a second of one run of `klausul bench`; a process of its own each time."""
    model = a.packed if a.packed and engine == 'int8' else a.model
    command = [a.klausul, 'bench', '--model', model, '--texts', a.texts, '--engine', engine, '--threads', str(a.threads),
               '--rounds', '2', '--max-tokens', str(LONGEST)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)['tokens_per_s']


def batches(a):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(os.path.join(a.model, 'tokenizer.json'))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    lines = dict.fromkeys(line for line in open(a.texts, encoding='utf8').read().split('\n') if line.strip())
    ids = sorted((e.ids for e in tokenizer.encode_batch(list(lines))), key=len)
    rows = [[]]
    for text in ids:
        if rows[-1] and len(text) * (len(rows[-1]) + 1) > BUDGET:
            rows.append([])
        rows[-1].append(text)
    return rows, sum(map(len, ids))


def padded(rows):
    import numpy as np
    ids = np.ones((len(rows), len(rows[-1])), np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, :len(row)], mask[i, :len(row)] = row, 1
    return ids, mask


class Peers:
    """The peers, made once; `run(engine)` is the tokens a second of a pass over the batches."""

    def __init__(self, a, engines):
        import torch
        from safetensors.torch import load_file
        from transformers import BertConfig, BertModel
        torch.set_num_threads(a.threads)
        self.torch = torch
        rows, self.tokens = batches(a)
        self.inputs = [padded(batch) for batch in rows]

        def model(dtype):
            model = BertModel(BertConfig.from_json_file(os.path.join(a.model, 'config.json')), add_pooling_layer=False).eval()
            weights = load_file(os.path.join(a.model, 'model.safetensors'))
            missing, _ = model.load_state_dict({k: v.float() for k, v in weights.items()}, strict=False)
            assert not missing, missing
            return model.to(dtype)

        self.models = {}
        for engine in engines:
            if engine == 'torch-f32':
                self.models[engine] = model(torch.float32)
            elif engine == 'torch-bf16':
                self.models[engine] = model(torch.bfloat16)
            elif engine in ('ort-f32', 'ort-int8'):
                self.models[engine] = self.session(model(torch.float32), a, engine == 'ort-int8')

    def session(self, model, a, int8):
        import onnx
        import onnxruntime
        from onnxruntime.quantization import QuantType, quantize_dynamic
        from onnxruntime.transformers import optimizer
        torch = self.torch

        class Hidden(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.model = model

            def forward(self, ids, mask):
                return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

        with tempfile.TemporaryDirectory() as folder:
            one, axes = torch.ones(2, 16, dtype=torch.long), {0: 'batch', 1: 'length'}
            torch.onnx.export(Hidden().eval(), (one, one), f'{folder}/plain.onnx', input_names=['ids', 'mask'], output_names=['hidden'],
                              dynamic_axes={'ids': axes, 'mask': axes, 'hidden': axes}, opset_version=17, dynamo=False)
            config = json.load(open(os.path.join(a.model, 'config.json')))
            fused = optimizer.optimize_model(f'{folder}/plain.onnx', model_type='bert', num_heads=config['num_attention_heads'],
                                             hidden_size=config['hidden_size'], opt_level=1)
            path = f'{folder}/fused.onnx'
            fused.save_model_to_file(path)
            if int8:
                quantize_dynamic(path, f'{folder}/int8.onnx', weight_type=QuantType.QInt8, per_channel=True,
                                 extra_options={'DefaultTensorType': onnx.TensorProto.FLOAT})
                path = f'{folder}/int8.onnx'
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = a.threads
            return onnxruntime.InferenceSession(path, options)

    def run(self, engine):
        model, torch = self.models[engine], self.torch
        start = time.perf_counter()
        for ids, mask in self.inputs:
            if engine.startswith('torch'):
                with torch.inference_mode():
                    model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
            else:
                model.run(None, {'ids': ids, 'mask': mask})
        return self.tokens / (time.perf_counter() - start)


def main():
    a = arguments()
    engines = a.engines.split(',')
    peers = Peers(a, engines)
    found = {engine: [] for engine in engines}
    for round_ in range(a.rounds + 1):
        for engine in engines:
            own = engine.startswith('klausul-')
            speed = klausul(a, engine.removeprefix('klausul-')) if own else max(peers.run(engine) for _ in range(2))
            # The first round warms caches and the peers' planning.
            if round_:
                found[engine].append(speed)
    first = engines[0]
    print(f'{peers.tokens} tokens, {a.threads} thread(s), {a.rounds} rounds: tokens/s, and how many times as fast {first} is')
    for engine in engines:
        ratios = [x / y for x, y in zip(found[first], found[engine])]
        print(f'{engine:15s} median {statistics.median(found[engine]):7.0f}  best {max(found[engine]):7.0f}  '
              f'ratio {statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f})', flush=True)


if __name__ == '__main__':
    main()
