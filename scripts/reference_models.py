#!/usr/bin/env python3
"""Make the tiny models that the tests of klausul-transformer compare engines with, and PyTorch's answers for them.

Two encoders with random weights, a BertModel and an XLMRobertaModel, share a Unigram tokenizer of some 130 tokens that is trained on the
sentences below. Each gets a head of random weights and a klausul.json. Texts, token ids, pooled vectors and logits go to expected.json.

usage: reference_models.py crates/klausul-transformer/tests/fixtures      (needs torch, transformers, tokenizers, safetensors)
"""
import hashlib, json, os, sys
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

TEXTS = [
    'We keep your order for seven years.', 'You may ask us to delete your data.', 'Vi sparar din adress i tolv månader.',
    'Du kan när som helst återkalla ditt samtycke.', 'Wir geben keine Daten an Dritte weiter.', 'Ne mund të kërkoni një kopje të të dhënave.',
    'Διατηρούμε τα δεδομένα για ένα έτος.', 'Le responsable est la société Exemple.', 'Przechowujemy dane przez rok.', 'E-mail',
    'Your rights', 'The postman reads only the address, and the shop keeps nothing but the date on which the parcel was sent and the street.', 'a', '', '日本語 ✂ ½',
]
HIDDEN, LABELS, PAD = 32, 3, 1


def tokenizer():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.NFKC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    special = ['<s>', '<pad>', '</s>', '<unk>']
    t.train_from_iterator([x + ' query: > |' for x in TEXTS[:12]], trainers.UnigramTrainer(
        vocab_size=200, special_tokens=special, unk_token='<unk>', show_progress=False))
    t.post_processor = processors.TemplateProcessing(single='<s> $A </s>', special_tokens=[('<s>', 0), ('</s>', 2)])
    return t


def entry(path):
    data = open(path, 'rb').read()
    return dict(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def make(folder, name, kind, config, tok):
    os.makedirs(folder, exist_ok=True)
    model = kind(config, add_pooling_layer=False).eval()
    # Weights far larger than those of training, so that a wrong mask, position or activation moves the vectors much.
    with torch.no_grad():
        for key, value in model.named_parameters():
            value.copy_(torch.randn_like(value) * 0.3 + (1.0 if key.endswith('LayerNorm.weight') else 0.0))
    head = {'head.0.weight': torch.randn(16, HIDDEN) * 0.3, 'head.0.bias': torch.randn(16) * 0.3,
            'head.1.weight': torch.randn(LABELS, 16) * 0.5, 'head.1.bias': torch.randn(LABELS) * 0.3}
    prefix = 'roberta.' if 'xlm' in name else ''
    tensors = {prefix + k: v.detach().contiguous() for k, v in model.state_dict().items() if v.is_floating_point()}
    save_file(tensors | head, f'{folder}/model.safetensors', metadata={'format': 'pt'})
    fields = 'vocab_size hidden_size num_hidden_layers num_attention_heads intermediate_size max_position_embeddings type_vocab_size layer_norm_eps hidden_act pad_token_id'
    json.dump({'architectures': [kind.__name__], 'model_type': config.model_type} | {f: getattr(config, f) for f in fields.split()},
              open(f'{folder}/config.json', 'w'), indent=1)
    tok.save(f'{folder}/tokenizer.json', pretty=False)
    manifest = dict(
        format_version='1.0', name=name, version='0.1', taxonomy=dict(name='clauses', version='1'),
        input=dict(prefix='query: ', max_tokens=48), pooling='mean' if kind is BertModel else 'first', head_layers=2,
        labels=[dict(id='storage', threshold=0.5, calibration=dict(a=1.5, b=-0.25)), dict(id='erasure', threshold=0.3), dict(id='contact', threshold=0.6)],
        training_data=[dict(name='none: random weights', licence='MIT OR Apache-2.0')],
        files={f: entry(f'{folder}/{f}') for f in ('config.json', 'tokenizer.json', 'model.safetensors')})
    json.dump(manifest, open(f'{folder}/klausul.json', 'w'), indent=1)
    rows = []
    for text in TEXTS:
        ids = tok.encode(('query: ' + text).strip()).ids
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
            vectors = dict(mean=hidden.mean(0), first=hidden[0])
            x = vectors[manifest['pooling']] @ head['head.0.weight'].T + head['head.0.bias']
            logits = torch.nn.functional.gelu(x) @ head['head.1.weight'].T + head['head.1.bias']
        rows.append(dict(text=text, ids=ids, **{k: v.tolist() for k, v in vectors.items()}, logits=logits.tolist()))
    json.dump(rows, open(f'{folder}/expected.json', 'w'), ensure_ascii=False)


torch.manual_seed(7)
torch.set_num_threads(1)
out, tok = sys.argv[1], tokenizer()
size = dict(vocab_size=tok.get_vocab_size(), hidden_size=HIDDEN, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, hidden_act='gelu')
make(f'{out}/reference-bert', 'reference-bert', BertModel,
     BertConfig(**size, max_position_embeddings=80, type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0), tok)
make(f'{out}/reference-xlm-roberta', 'reference-xlm-roberta', XLMRobertaModel,
     XLMRobertaConfig(**size, max_position_embeddings=82, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=PAD), tok)
