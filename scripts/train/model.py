"""The encoder with its head, and how fast each part of it learns."""
import json

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel


class Classifier(torch.nn.Module):
    """Mean of the last hidden states, then one linear layer."""

    def __init__(self, base, labels, frozen, dropout):
        super().__init__()
        with open(f'{base}/config.json', encoding='utf8') as file:
            config = BertConfig(**json.load(file), attn_implementation='eager')
        # Dropout inside the encoder takes half of the time on a processor; the moving average does its work.
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
        self.encoder = BertModel(config, add_pooling_layer=False)
        tensors = {name: value.float() for name, value in load_file(f'{base}/model.safetensors').items()}
        missing, _ = self.encoder.load_state_dict(tensors, strict=False)
        assert not missing, missing
        self.head = torch.nn.Linear(config.hidden_size, labels)
        if 'head.0.weight' in tensors:
            self.head.load_state_dict({part: tensors[f'head.0.{part}'] for part in ('weight', 'bias')})
        else:
            torch.nn.init.normal_(self.head.weight, std=0.02)
            # Most categories are absent from most paragraphs.
            torch.nn.init.constant_(self.head.bias, -2.5)
        self.dropout = torch.nn.Dropout(dropout)
        self.frozen = frozen
        for parameter in self.encoder.embeddings.parameters():
            parameter.requires_grad_(False)
        for layer in self.encoder.encoder.layer[:frozen]:
            layer.requires_grad_(False)

    def forward(self, ids, mask):
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        return self.head(self.dropout((hidden * weights).sum(1) / weights.sum(1)))

    def groups(self, training):
        """Parameters with their learning rates: lower layers learn less."""
        def group(module, rate):
            named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
            plain = [p for name, p in named if p.ndim < 2]
            decayed = [p for name, p in named if p.ndim >= 2]
            return [{'params': decayed, 'lr': rate, 'weight_decay': training['weight_decay']},
                    {'params': plain, 'lr': rate, 'weight_decay': 0.0}]

        layers, groups = self.encoder.encoder.layer, group(self.head, training['head_rate'])
        for depth, layer in enumerate(reversed(layers[self.frozen:])):
            groups += group(layer, training['encoder_rate'] * training['layer_decay'] ** depth)
        return [g for g in groups if g['params']]
