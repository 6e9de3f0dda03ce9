#!/usr/bin/env python3
"""Write the tiny random encoders that the tests of klausul-transformer compare with PyTorch.

usage: tiny_models.py [OUT]        (needs torch, transformers, safetensors; OUT is the crate's tests/fixtures)
For a BERT and an XLM-RoBERTa of 2 layers it writes NAME/config.json, NAME/model.safetensors and NAME/expected.json: token ids of some texts
and PyTorch's last hidden state, mean pooled and of the first token.
"""
import json, os, random, sys
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '../crates/klausul-transformer/tests/fixtures')
size = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
            max_position_embeddings=44, hidden_act='gelu')
kinds = {
    'tiny-bert': (BertModel, BertConfig(**size, type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0), torch.float32, 'bert.'),
    'tiny-xlm-roberta': (XLMRobertaModel, XLMRobertaConfig(**size, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1), torch.float16, ''),
}
for name, (kind, config, dtype, prefix) in kinds.items():
    torch.manual_seed(3)
    random.seed(3)
    model = kind(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        # Larger than a fresh model's, so that attention and GELU are far from linear.
        for key, value in model.named_parameters():
            centre = 1.0 if key.endswith('LayerNorm.weight') else 0.0
            value.copy_((centre + 0.2 * torch.randn_like(value)).to(dtype).float())
    config.architectures = [kind.__name__]
    texts = [[random.randrange(2, 96) for _ in range(n)] for n in (1, 2, 5, 16, 17, 33, 42)]
    rows = []
    with torch.inference_mode():
        for ids in texts:
            h = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
            rows.append({'ids': ids, 'mean': h.mean(0).tolist(), 'first': h[0].tolist()})
    path = os.path.join(out, name)
    os.makedirs(path, exist_ok=True)
    save_file({prefix + k: v.to(dtype).contiguous() for k, v in model.state_dict().items() if v.is_floating_point()}, path + '/model.safetensors')
    fields = {k: v for k, v in config.to_dict().items() if k in size or k in ('architectures', 'model_type', 'type_vocab_size', 'layer_norm_eps', 'pad_token_id')}
    json.dump(fields, open(path + '/config.json', 'w'), indent=1)
    with open(path + '/expected.json', 'w') as f:
        f.write('[\n' + ',\n'.join(json.dumps({k: v if k == 'ids' else [round(x, 6) for x in v] for k, v in r.items()}) for r in rows) + '\n]\n')
    print(path)
