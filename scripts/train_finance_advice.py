"""Trains the financial advice guardrail's model: python scripts/train_finance_advice.py DATA [--folds].

DATA holds finance_advice.jsonl (id, text, label, source). Sentences of our own in finance_advice_sentences.toml are learnt from as well.
With --folds no file is written: figures on rows that the model has not seen, as JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from logistic import Example, f1, filled, fit

from torana.guardrails.finance_advice import Settings
from torana.guardrails.finance_advice.features import features, is_candidate, word_classes
from torana.scan import sentences
from torana.scan.linear import Linear, dumps
from torana.scan.normal import normal

HERE = Path(__file__).resolve().parent
ROOM = HERE.parent / "src/torana/guardrails/finance_advice"
CLASSES = word_classes()
OWN_WEIGHT = 0.5
TIMES = 6
SEED = 3

Bag = list[frozenset[str]]
"""The features of each sentence of a text that is looked at."""


def bag(text: str) -> Bag:
    form = normal(text).text
    read = [CLASSES.read(form[start:end]) for start, end in sentences.spans(form)]
    return [frozenset(features(words)) for words in read if is_candidate(words)]


def own() -> list[Example]:
    said = tomllib.loads((HERE / "finance_advice_sentences.toml").read_text("utf-8"))
    texts = [
        (text, label)
        for name, label in (("advice", 1), ("fine", 0))
        for some in said[name].values()
        for text in filled(some, said["slots"], TIMES, SEED)
    ]
    return [Example(one, label, OWN_WEIGHT) for text, label in texts for one in bag(text)]


def train(bags: Sequence[tuple[Bag, int]], others: Sequence[Example]) -> Linear:
    """A text asks for advice when one sentence does: first each has its share, then the likeliest has it alone."""
    model = None
    for _ in range(2):
        examples = list(others)
        for bagged, label in bags:
            if label and bagged:
                most = bagged if model is None else [max(bagged, key=model.sum)]
                examples += [Example(one, 1, 1 / len(most)) for one in most]
            else:
                examples += [Example(one, 0) for one in bagged]
        model = fit(examples)
    assert model is not None
    return model


def flagged(model: Linear, bagged: Bag) -> bool:
    return any(model.score(one) >= Settings().threshold for one in bagged)


def folds(rows: Sequence[dict[str, Any]], others: Sequence[Example]) -> dict[str, Any]:
    bags = [(bag(row["text"]), int(row["label"])) for row in rows]
    sources = sorted({row["source"] for row in rows})
    order = list(range(len(rows)))
    random.Random(5).shuffle(order)
    parts = {
        "five_fold": [set(order[part::5]) for part in range(5)],
        "leave_one_source_out": [{i for i, row in enumerate(rows) if row["source"] == one} for one in sources],
    }
    figures = {}
    for name, held_out in parts.items():
        outcomes = []
        for unseen in held_out:
            model = train([one for i, one in enumerate(bags) if i not in unseen], others)
            outcomes += [(bags[i][1], flagged(model, bags[i][0])) for i in sorted(unseen)]
        figures[name] = f1(outcomes)
    alone = train([], others)
    return {**figures, "own_sentences_only": f1((label, flagged(alone, bagged)) for bagged, label in bags)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folds", action="store_true")
    args = parser.parse_args()
    rows = [json.loads(line) for line in (args.data / "finance_advice.jsonl").read_text("utf-8").splitlines() if line]
    if args.folds:
        print(json.dumps(folds(rows, own()), indent=1))
        return
    model = train([(bag(row["text"]), int(row["label"])) for row in rows], own())
    data = dumps(model)
    (ROOM / "model.bin").write_bytes(data)
    print(f"model.bin: {len(data)} bytes")


if __name__ == "__main__":
    main()
