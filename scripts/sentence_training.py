"""Trains a model that judges sentences from texts with labels: what the scripts of the single guardrails share.

A text is found when one of its sentences is: first each shares the blame, then the worst has it alone. With ``--folds`` no
file is written: figures on rows that the model has not seen, as JSON.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from logistic import Example, f1, filled, fit

from torana.scan import sentences
from torana.scan.linear import Linear, dumps
from torana.scan.normal import normal
from torana.scan.word_classes import Word, WordClasses

OWN_WEIGHT = 0.5
SEED = 3

Bag = list[frozenset[str]]
"""The features of each sentence of a text that is looked at."""


class Task(NamedTuple):
    """What is learnt, from what."""

    name: str
    """Of the guardrail, and of the file with rows."""
    room: Path
    """Where the model is written to."""
    classes: WordClasses
    is_candidate: Callable[[Sequence[Word]], bool]
    features: Callable[[Sequence[Word]], Collection[str]]
    threshold: float
    said: Mapping[str, Any]
    """Sentences of our own: by the two names of ``labels``, with slots."""
    slots: Mapping[str, Sequence[str]]
    labels: tuple[str, str]
    """Its name for what is found, and for what is not."""
    times: int
    """How often each sentence of ours is filled."""

    def bag(self, text: str) -> Bag:
        form = normal(text).text
        read = [self.classes.read(form[start:end]) for start, end in sentences.spans(form)]
        return [frozenset(self.features(words)) for words in read if self.is_candidate(words)]

    def own(self) -> list[Example]:
        texts = [
            (text, label)
            for name, label in zip(self.labels, (1, 0), strict=True)
            for some in self.said[name].values()
            for text in filled(some, self.slots, self.times, SEED)
        ]
        return [Example(one, label, OWN_WEIGHT) for text, label in texts for one in self.bag(text)]

    def flagged(self, model: Linear, bagged: Bag) -> bool:
        return any(model.score(one) >= self.threshold for one in bagged)


def train(bags: Sequence[tuple[Bag, int]], others: Sequence[Example]) -> Linear:
    model = None
    for _ in range(2):
        examples = list(others)
        for bagged, label in bags:
            if label and bagged:
                worst = bagged if model is None else [max(bagged, key=model.sum)]
                examples += [Example(one, 1, 1 / len(worst)) for one in worst]
            else:
                examples += [Example(one, 0) for one in bagged]
        model = fit(examples)
    assert model is not None
    return model


def folds(task: Task, rows: Sequence[dict[str, Any]], others: Sequence[Example]) -> dict[str, Any]:
    bags = [(task.bag(row["text"]), int(row["label"])) for row in rows]
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
            outcomes += [(bags[i][1], task.flagged(model, bags[i][0])) for i in sorted(unseen)]
        figures[name] = f1(outcomes)
    alone = train([], others)
    return {**figures, "own_sentences_only": f1((label, task.flagged(alone, bagged)) for bagged, label in bags)}


def run(task: Task, about: str | None) -> None:
    """The command line: DATA, the folder with the rows, and ``--folds``."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folds", action="store_true")
    args = parser.parse_args()
    rows = [json.loads(line) for line in (args.data / f"{task.name}.jsonl").read_text("utf-8").splitlines() if line]
    if args.folds:
        print(json.dumps(folds(task, rows, task.own()), indent=1))
        return
    data = dumps(train([(task.bag(row["text"]), int(row["label"])) for row in rows], task.own()))
    (task.room / "model.bin").write_bytes(data)
    print(f"model.bin: {len(data)} bytes")
