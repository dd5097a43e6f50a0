"""A linear model over hashed features: small weights in a file, one sum for each text.

It makes no features and trains nothing. Called by guardrails that classify; the scripts that train them write its files.
"""

from __future__ import annotations

import math
import struct
import zlib
from array import array
from collections.abc import Collection
from typing import NamedTuple

_HEAD = struct.Struct("<4sIff")
_MARK = b"TLM1"


class Linear(NamedTuple):
    """Weights of 8 bits, one for each bucket."""

    weights: array[int]
    """A power of two of them, from -127 to 127."""
    scale: float
    """What a weight of 1 is worth."""
    bias: float

    def score(self, features: Collection[str]) -> float:
        """How likely it is, from 0 to 1; features are hashed into buckets, each is counted once."""
        return logistic(self.sum(features))

    def sum(self, features: Collection[str]) -> float:
        """The same before it is brought between 0 and 1."""
        mask = len(self.weights) - 1
        weights = self.weights
        total = sum([weights[bucket(feature) & mask] for feature in features])
        return self.bias + self.scale * total / norm(len(features))


def bucket(feature: str) -> int:
    """The hash of a feature, 32 bits."""
    return zlib.crc32(feature.encode("utf-8", "replace"))


def norm(count: int) -> float:
    """What the sum of so many features is divided by, so that long texts are no surer than short ones."""
    return math.sqrt(count) or 1.0


def logistic(value: float) -> float:
    """From 0 to 1."""
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def loads(data: bytes) -> Linear:
    """A model from its file's bytes. Raises ValueError when they are none."""
    if len(data) < _HEAD.size or data[:4] != _MARK:
        raise ValueError("this is no model file")
    _, count, scale, bias = _HEAD.unpack_from(data)
    try:
        weights = array("b", zlib.decompress(data[_HEAD.size :]))
    except zlib.error:
        raise ValueError("the model file is cut or not ours") from None
    if len(weights) != count or count & (count - 1):
        raise ValueError("the model file is cut or not ours")
    return Linear(weights, scale, bias)


def dumps(model: Linear) -> bytes:
    """The bytes of a model's file."""
    head = _HEAD.pack(_MARK, len(model.weights), model.scale, model.bias)
    return head + zlib.compress(model.weights.tobytes(), 9)
