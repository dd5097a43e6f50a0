"""Trains the injection guardrail's weights: python scripts/train_injection.py DATA [--full] [--folds] [--vectors FILE]
[--ordinary FOLDER ...].

DATA holds injection.jsonl (id, text, label, source). Texts of our own in injection_samples/ are learnt from as well; what
is suspected at all is learnt against ordinary prompts and texts too, see ordinary.py.
With --folds no file is written: figures on rows that the model has not seen, as JSON. --full trains the head on MiniLM,
whose vectors are kept in FILE, for they take minutes to make.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import ordinary
import suspicion_fit
from logistic import f1

from torana.guardrails.injection.head import parts
from torana.guardrails.injection.model import features, score, weight
from torana.guardrails.injection.reading import Reading, cues
from torana.guardrails.injection.suspicion import made
from torana.scan.gate import utf8
from torana.scan.linear import Linear, bucket, dumps, logistic
from torana.scan.minilm import WIDTH, minilm
from torana.scan.normal import normal

HERE = Path(__file__).resolve().parent
ROOM = HERE.parent / "src/torana/guardrails/injection"
PAGES = HERE.parent / "docs"
BITS = 13
MEANING = 3.0
"""What a vector weighs beside one cue."""
PULL = 0.5
"""How strongly weights are pulled to zero."""
OPERATING = 0.42
"""The trained score that the guardrail's threshold stands for."""
TAUGHT = 0.5
"""Attacks that score less are not what suspicion is taught: no wording tells them."""
ORDINARY = 900
"""Texts or prompts of one kind that nothing should be suspected in."""
OPERATING_FULL = 0.72
THRESHOLD = 0.8
SEED = 5


class Row(NamedTuple):
    """One labelled text, read."""

    text: str
    label: int
    source: str
    reading: Reading
    vector: Any = None
    """The mean of MiniLM's vectors of its parts."""


def rows(data: Path) -> list[Row]:
    listed = [json.loads(line) for line in (data / "injection.jsonl").read_text("utf-8").splitlines() if line.strip()]
    return [row(one["text"], int(one["label"]), one["source"]) for one in listed]


def own() -> list[Row]:
    found = [
        (line.replace("\\n", "\n"), label)
        for name, label in (("attacks", 1), ("harmless", 0))
        for line in (HERE / "injection_samples" / f"{name}.txt").read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("# ")
    ]
    return [row(text, label, "own") for text, label in found]


def row(text: str, label: int, source: str) -> Row:
    form = normal(text).text
    return Row(form, label, source, cues().read(form))


def logistic_fit(given: Any, labels: Any, pull: float) -> tuple[Any, float]:
    """Penalised logistic regression by Newton's steps over the examples, not the features: exact, and always the same."""
    count = len(labels)
    kernel = given @ given.T + 10.0  # The constant stands for a bias that is hardly penalised.
    dual = np.zeros(count)
    for _ in range(12):
        chance = 1 / (1 + np.exp(-np.clip(kernel @ dual, -30, 30)))
        spread = np.maximum(chance * (1 - chance), 1e-5)
        target = kernel @ dual + (labels - chance) / spread
        dual = np.linalg.solve(kernel + pull * np.diag(1 / spread), target)
    return given.T @ dual, float(10.0 * dual.sum())


def matrix(read: Sequence[Reading]) -> Any:
    mask = (1 << BITS) - 1
    found = np.zeros((len(read), mask + 1))
    for number, reading in enumerate(read):
        for name, value in features(reading).items():
            found[number, bucket(name) & mask] += value
    return found


def shift(operating: float) -> float:
    """What moves a trained score to where the threshold stands."""
    return float(np.log(THRESHOLD / (1 - THRESHOLD)) - np.log(operating / (1 - operating)))


def rounded(weights: Any, bias: float) -> Linear:
    scale = float(np.abs(weights).max()) / 127
    return Linear(array("b", [round(float(one) / scale) for one in weights]), scale, bias)


def fast(train: Sequence[Row]) -> Linear:
    """The weights, of rows that show anything at all; moved so that the threshold is where it should be."""
    shown = [one for one in train if one.reading.places]
    weights, bias = logistic_fit(
        matrix([one.reading for one in shown]), np.array([float(one.label) for one in shown]), PULL
    )
    return rounded(weights, bias + shift(OPERATING))


def suspected(train: Sequence[Row], model: Linear, some: Sequence[Sequence[str]]) -> suspicion_fit.Features:
    """What is worth reading, learnt from what the weights find."""
    attacks = [
        (piece, one.source)
        for one in train
        if one.label and score(model, one.reading) >= TAUGHT
        for piece in suspicion_fit.around(one.text, [(place.start, place.end) for place in one.reading.places])
    ]
    harmless = [piece for one in train if not one.label for piece in suspicion_fit.pieces(one.text)]
    # This project's pages speak of attacks all the time, as do those who run gateways; what they quote stays suspect.
    pages = [piece for path in sorted(PAGES.glob("*.md")) for piece in suspicion_fit.pieces(path.read_text("utf-8"))]
    harmless += [one for one in pages if score(model, cues().read(str(one, "utf-8", "replace"))) < TAUGHT]
    harmless += map(utf8, ordinary.prompts(ORDINARY))
    return suspicion_fit.fit(attacks, harmless, some, ROOM / "cues.toml")


def full(train: Sequence[Row]) -> tuple[Linear, Linear]:
    """The weights of wording and of meaning, learnt together."""
    vectors = np.array([one.vector for one in train])
    middle = vectors.mean(axis=0)
    weights, bias = logistic_fit(
        np.hstack([matrix([one.reading for one in train]), MEANING * (vectors - middle)]),
        np.array([float(one.label) for one in train]),
        PULL,
    )
    meaning = np.zeros(512)  # Linear takes powers of two.
    meaning[:WIDTH] = MEANING * weights[-WIDTH:]
    return rounded(weights[:-WIDTH], bias + shift(OPERATING_FULL)), rounded(meaning, -float(middle @ meaning[:WIDTH]))


def vectors(given: Sequence[Row], kept: Path | None) -> list[Row]:
    """The rows with their vectors; those in the file are not made again."""
    known = dict(np.load(kept)) if kept and kept.exists() else {}
    found = []
    for one in given:
        key = f"{zlib.crc32(one.text.encode('utf-8', 'replace')):08x}{len(one.text)}"
        if key not in known:
            spans = parts(one.text)
            known[key] = (
                minilm().embed([one.text[start:end] for start, end in spans]).mean(axis=0)
                if spans
                else np.zeros(WIDTH, np.float32)
            )
        found.append(one._replace(vector=known[key]))
    if kept:
        np.savez(kept, **known)
    return found


def judged_fast(train: Sequence[Row], test: Sequence[Row], some: Sequence[Sequence[str]]) -> list[float]:
    model = fast(train)
    suspects = made(suspected(train, model, some)).suspects
    return [score(model, one.reading) if suspects(utf8(one.text)) else 0.0 for one in test]


def judged_full(train: Sequence[Row], test: Sequence[Row], _some: Sequence[Sequence[str]]) -> list[float]:
    wording, meaning = full(train)
    padded = np.array(meaning.weights[:WIDTH], dtype=float) * meaning.scale
    return [
        logistic(weight(wording, one.reading) + meaning.bias + float(padded @ one.vector)) if one.text.strip() else 0.0
        for one in test
    ]


def folds(
    given: Sequence[Row], others: Sequence[Row], against: Sequence[Sequence[str]], judged: Callable[..., list[float]]
) -> dict[str, Any]:
    order = list(range(len(given)))
    random.Random(SEED).shuffle(order)
    sources = sorted({one.source for one in given})
    parts = {
        "five_fold": [order[part::5] for part in range(5)],
        "leave_one_source_out": [[n for n, one in enumerate(given) if one.source == source] for source in sources],
    }
    figures: dict[str, Any] = {}
    for name, tests in parts.items():
        scores = [0.0] * len(given)
        for test in tests:
            held = set(test)
            train = [one for n, one in enumerate(given) if n not in held] + list(others)
            for n, likely in zip(test, judged(train, [given[n] for n in test], against), strict=True):
                scores[n] = likely
        figures[name] = f1((one.label, likely >= THRESHOLD) for one, likely in zip(given, scores, strict=True)) | {
            "flagged": {
                f"{source[:24]} {label}": round(float(np.mean(some)), 3)
                for source in sources
                for label in (0, 1)
                if (
                    some := [
                        s >= THRESHOLD
                        for o, s in zip(given, scores, strict=True)
                        if (o.source, o.label) == (source, label)
                    ]
                )
            }
        }
    return figures


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("--full", action="store_true")
    asked.add_argument("--folds", action="store_true")
    asked.add_argument("--vectors", type=Path)
    asked.add_argument("--ordinary", type=Path, action="append", default=[])
    options = asked.parse_args()
    given, others = rows(options.data), own()
    some = ordinary.pieces(options.ordinary, ORDINARY)
    if options.full:
        given, others = vectors(given, options.vectors), vectors(others, options.vectors)
    if options.folds:
        print(json.dumps(folds(given, others, some, judged_full if options.full else judged_fast), indent=1))
    elif options.full:
        wording, meaning = full([*given, *others])
        (ROOM / "full_wording.bin").write_bytes(dumps(wording))
        (ROOM / "full_meaning.bin").write_bytes(dumps(meaning))
    else:
        model = fast([*given, *others])
        (ROOM / "fast.bin").write_bytes(dumps(model))
        features = suspected([*given, *others], model, some)
        (ROOM / "suspicion.tsv").write_text(suspicion_fit.lines(features), "utf-8")


if __name__ == "__main__":
    main()
