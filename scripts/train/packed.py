"""The tensors of a model directory as floats, whether it was packed or not."""
import numpy
import torch
from safetensors.torch import load_file

SCALE = '.scale'


def blocks(rows):
    """Blocks of 32 values, a half-precision scale and 16 bytes: a value is (half − 8) · scale, lower halves first."""
    each = rows.numpy().reshape(len(rows), -1, 18)
    scale = each[:, :, :2].copy().view(numpy.float16).astype(numpy.float32)
    halves = numpy.concatenate([each[:, :, 2:] & 15, each[:, :, 2:] >> 4], axis=2)
    return torch.from_numpy(((halves.astype(numpy.float32) - 8) * scale).reshape(len(rows), -1))


def unpacked(path):
    """Tensors by their names; int8 matrices widened by their row's scale, blocks of four bits by theirs."""
    stored, made = load_file(path), {}
    for name, value in stored.items():
        if name.endswith(SCALE):
            continue
        if value.dtype == torch.uint8:
            value = blocks(value)
        elif value.dtype == torch.int8:
            value = value.float() * stored[name + SCALE].unsqueeze(1)
        made[name] = value.float()
    return made
