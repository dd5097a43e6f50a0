"""Trains the tagger of names: ``python scripts/names/train.py FOLDER TARGET [--without SOURCE]``, or ``FOLDER --folds``.

FOLDER holds ``pii.jsonl`` in the format of ``torana guardrails eval``, and may hold ``silver.jsonl`` (the same format, from
silver.py); ``--silver FILE`` says where else it is. With ``--folds`` nothing is written: figures on rows that the model
has not seen, as JSON. Sentences are also made from templates.txt. Needs numpy; the same input gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from folds import folds

from torana.guardrails.pii import lexicon, tagger
from torana.wiring.quality import rows as labelled

HERE = Path(__file__).parent
SLOT = re.compile(r"\{(P|F|L|ORG|LOC|W|N)\}")
PERSONS = {"P", "F", "L"}
ROUNDS = 90
EPOCHS = 4
UNKNOWN = 0.18
SCALE = 32.0
WEIGHTS = {"made": 1.0, "silver": 0.7, "given": 2.0}


class Row(NamedTuple):
    """A text with the spans of its persons."""

    text: str
    persons: tuple[tuple[int, int], ...]
    weight: float


class Maker:
    """Fills templates with names, places and words."""

    def __init__(self, listed: Mapping[str, int], seed: int) -> None:
        self.dice = random.Random(seed)
        latin = sorted(word for word in listed if word[0] < "\u0250" and len(word) > 2)
        rare = [word for word in latin if not listed[word] & lexicon.COMMON]
        self.given = [word for word in rare if listed[word] & lexicon.GIVEN]
        self.family = [word for word in rare if listed[word] & lexicon.FAMILY and not listed[word] & lexicon.WORD]
        self.ambiguous = [word for word in latin if listed[word] & lexicon.COMMON and listed[word] & lexicon.GIVEN]
        self.place = [word for word in rare if listed[word] & lexicon.PLACE]
        self.brand = [word for word in rare if listed[word] & lexicon.OTHER]
        self.word = [word for word in latin if listed[word] & lexicon.COMMON]
        self.less = [
            word
            for word in latin
            if listed[word] & lexicon.WORD and not listed[word] & (lexicon.GIVEN | lexicon.FAMILY)
        ]
        extra = (HERE / "extra.txt").read_text(encoding="utf-8").splitlines()
        self.indian = {
            kind: next(line.split()[1:] for line in extra if line.startswith(kind))
            for kind in ("given", "family", "place")
        }

    def strange(self, word: str) -> str:
        """The word with two letters changed, so that no list knows it."""
        letters = list(word)
        for _ in range(2):
            place = self.dice.randrange(len(letters))
            pool = "aeiou" if letters[place] in "aeiou" else "bcdfghjklmnprstvwyz"
            letters[place] = self.dice.choice(pool)
        return "".join(letters)

    def pick(self, words: Sequence[str], unknown: float = UNKNOWN) -> str:
        """One of the words in title case, or one like it."""
        word = self.dice.choice(words)
        if self.dice.random() < unknown:
            word = self.strange(word.lower())
        return word[:1].upper() + word[1:] if word.islower() else word

    def first(self) -> str:
        """A given name."""
        sort = self.dice.random()
        if sort < 0.35:
            return self.pick(self.indian["given"], 0.1)
        return self.pick(self.ambiguous, 0.0) if sort < 0.4 else self.pick(self.given)

    def last(self) -> str:
        """A family name."""
        sort = self.dice.random()
        name = self.pick(self.indian["family"], 0.1) if sort < 0.3 else self.pick(self.family)
        if sort > 0.97:
            name = self.dice.choice(("van ", "de ", "von ", "O'", "Mc", "al-", "da ")) + name
        return f"{name}-{self.pick(self.family)}" if 0.95 < sort < 0.97 else name

    def person(self) -> str:
        """A name as people write it."""
        sort = self.dice.random()
        if sort < 0.5:
            return f"{self.first()} {self.last()}"
        if sort < 0.75:
            return self.first()
        if sort < 0.82:
            return self.last()
        if sort < 0.9:
            return f"{self.first()} {self.dice.choice('ABCDEGHJKLMNPRSTV')}{self.dice.choice(('.', '.', ''))} {self.last()}"
        if sort < 0.95:
            return f"{self.dice.choice('ABCDEGHJKLMNPRSTV')}. {self.last()}"
        return f"{self.first()} {self.first()} {self.last()}"

    def organisation(self) -> str:
        """The name of a firm, a bank, a band, a product."""
        sort = self.dice.randrange(9)
        last, word = self.last().split()[-1], self.pick(self.word, 0.0)
        ends = (
            "Ltd",
            "Inc.",
            "Corp",
            "Bank",
            "Group",
            "LLC",
            "GmbH",
            "Technologies",
            "Hospital",
            "Foundation",
            "Pvt Ltd",
            "& Co",
        )
        made = (
            lambda: f"{last} {self.dice.choice(ends)}", lambda: f"{word} {self.pick(self.word, 0.0)} {self.dice.choice(ends)}",
            lambda: self.pick(self.brand, 0.0), lambda: f"Bank of {self.location()}", lambda: f"{last} & {self.last()}",
            lambda: f"{word}{self.dice.choice(('ly', 'tech', 'ify', 'soft', 'io', 'mart'))}", lambda: f"{word} {self.pick(self.less, 0)}",
            lambda: self.strange(self.dice.choice(self.less)).capitalize(), lambda: "".join(self.dice.choices("ABCDEFGHIKLMNOPRSTU", k=3)),
        )  # fmt: skip
        return made[sort]()

    def location(self) -> str:
        """The name of a place."""
        sort = self.dice.random()
        if sort < 0.4:
            return self.pick(self.indian["place"], 0.1)
        name = self.pick(self.place, 0.3)
        if sort < 0.5:
            name = f"{self.dice.choice(('New', 'San', 'North', 'Saint', 'Port', 'East', 'Los'))} {name}"
        return name + self.dice.choice(("ville", "burg", " City", "pur", "ton", " Nagar")) if sort > 0.93 else name

    def fill(self, slot: str) -> str:
        """What a slot becomes."""
        if slot == "N":
            return str(
                self.dice.choice(
                    (self.dice.randrange(100), self.dice.randrange(10**6), 1900 + self.dice.randrange(130))
                )
            )
        if slot == "W":
            word = self.pick(self.word if self.dice.random() < 0.7 else self.less, 0.0)
            sort = self.dice.random()
            return word.lower() if sort < 0.15 else word.upper() if sort < 0.22 else word
        return {"P": self.person, "F": self.first, "L": self.last, "ORG": self.organisation, "LOC": self.location}[
            slot
        ]()

    def row(self, template: str) -> Row:
        """One filled template, now and then in small letters or capitals."""
        text, persons, at = "", [], 0
        for match in SLOT.finditer(template):
            text += template[at : match.start()]
            value = self.fill(match.group(1))
            if match.group(1) in PERSONS:
                persons.append((len(text), len(text) + len(value)))
            text, at = text + value, match.end()
        text += template[at:]
        sort = self.dice.random()
        changed = text.lower() if sort < 0.12 else text.upper() if sort < 0.15 else text
        return Row(changed if len(changed) == len(text) else text, tuple(persons), WEIGHTS["made"])


def made(listed: Mapping[str, int]) -> Iterator[Row]:
    """Rows from the templates."""
    maker = Maker(listed, 7)
    lines = (HERE / "templates.txt").read_text(encoding="utf-8").splitlines()
    templates = [
        line.replace("\\n", "\n").replace("{{", "{").replace("}}", "}") for line in lines if line and line[0] != "#"
    ]
    for _ in range(ROUNDS):
        for template in templates:
            row = maker.row(template)
            if maker.dice.random() < 0.3:
                other = maker.row(maker.dice.choice(templates))
                gap = maker.dice.choice((" ", "\n", "\n\n"))
                shift = len(row.text) + len(gap)
                row = Row(
                    row.text + gap + other.text,
                    row.persons + tuple((a + shift, b + shift) for a, b in other.persons),
                    1.0,
                )
            yield row


def given(file: Path, wanted: Callable[[labelled.Row], bool], weight: float) -> Iterator[Row]:
    """Labelled rows whose source labels names."""
    for row in read_rows(file):
        if "PERSON" in (row.scope or ()) and wanted(row):
            persons = tuple((one.start, one.end) for one in row.spans or () if one.type == "PERSON")
            yield Row(row.text, persons, weight)


def read_rows(file: Path) -> Iterator[labelled.Row]:
    """The rows of a file; those of silver.py have no id."""
    for line in file.read_bytes().splitlines():
        yield msgspec.convert({"id": "", **msgspec.json.decode(line)}, labelled.Row)


def swapped(rows: Iterable[Row], maker: Maker, times: int) -> Iterator[Row]:
    """Each row as it is, and some times with other names in the places of its persons."""
    for row in rows:
        yield row
        for _ in range(times if row.persons else 0):
            text, persons, at = "", [], 0
            for start, end in sorted(row.persons):
                if start < at:
                    continue
                shown = row.text[start:end]
                name = maker.person() if " " in shown else maker.first()
                name = name.lower() if shown.islower() else name
                text += row.text[at:start]
                persons.append((len(text), len(text) + len(name)))
                text, at = text + name, end
            yield Row(text + row.text[at:], tuple(persons), row.weight / 2)


def examples(rows: Iterable[Row], listed: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, labels and weights of every word that may be a name."""
    said, labels, weights = [], [], []
    dice = random.Random(3)
    for row in rows:
        seen, places = tagger.view(row.text, listed)
        taken: dict[int, bool] = {}
        for place in places:
            token = seen.tokens[place]
            taken[place] = any(start <= token.start and token.end <= end for start, end in row.persons)
        for place in places:
            before = taken.get(place - 1, False) != (dice.random() < 0.06)
            said.append(tagger.features(seen, place, before))
            labels.append(taken[place])
            weights.append(row.weight)
    return np.array(said, np.int32), np.array(labels, np.float32), np.array(weights, np.float32)


def fit(said: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights of a logistic model by AdaGrad over shuffled batches, averaged over the last half."""
    theta, square = np.zeros(tagger.SIZE, np.float32), np.full(tagger.SIZE, 1e-3, np.float32)
    mean, seen = np.zeros_like(theta), 0
    order = np.random.default_rng(5)
    for epoch in range(EPOCHS):
        for batch in np.array_split(order.permutation(len(labels)), max(1, len(labels) // 64)):
            margin = theta[said[batch]].sum(1)
            slope = (1 / (1 + np.exp(-margin)) - labels[batch]) * weights[batch]
            gradient = np.bincount(said[batch].ravel(), np.repeat(slope, said.shape[1]), tagger.SIZE).astype(np.float32)
            touched = np.unique(said[batch])
            step = gradient[touched] + 2e-3 * theta[touched]
            square[touched] += step * step
            theta[touched] -= 0.12 * step / np.sqrt(square[touched])
            if epoch >= EPOCHS // 2:
                mean += theta
                seen += 1
    return mean / seen


def trained(asked: argparse.Namespace, wanted: Callable[[labelled.Row], bool]) -> tuple[bytes, str]:
    """The weights, packed, and how much they are of."""
    listed = lexicon.load()
    maker = Maker(listed, 11)
    rows = list(made(listed))
    rows += swapped(given(asked.folder / "pii.jsonl", wanted, WEIGHTS["given"]), maker, 2)
    silver = asked.silver or asked.folder / "silver.jsonl"
    if silver.exists():
        rows += swapped(given(silver, lambda row: True, WEIGHTS["silver"]), maker, 3)
    said, labels, weights = examples(rows, listed)
    theta = np.clip(np.round(fit(said, labels, weights) * SCALE), -127, 127).astype(np.int8)
    return theta.tobytes(), f"{len(rows)} rows, {len(labels)} words"


def main() -> None:
    """Train and write, or say what is reached on rows that are held out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path, nargs="?")
    parser.add_argument("--without", action="append", default=[], help="leave out sources whose name has this in it")
    parser.add_argument("--silver", type=Path, help="rows that silver.py wrote elsewhere")
    parser.add_argument("--folds", action="store_true")
    asked = parser.parse_args()
    if asked.folds:
        figures = folds(asked.folder, lambda wanted: trained(asked, wanted)[0])
        sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    elif asked.target is None:
        parser.error("a target, or --folds")
    else:
        raw, size = trained(asked, lambda row: not any(part in row.source for part in asked.without))
        asked.target.write_bytes(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME))
        sys.stdout.write(f"{size}, {asked.target.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
