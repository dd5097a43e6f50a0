"""Trains the toxicity guardrail's model: python scripts/train_toxicity.py DATA [--folds].

DATA holds toxicity.jsonl (id, text, label, source). Sentences of our own in toxicity_sentences.toml are learnt from as well.
With --folds no file is written: figures on rows that the model has not seen, as JSON.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from sentence_training import Task, run

from torana.guardrails.toxicity import Settings
from torana.guardrails.toxicity.features import features, is_candidate, word_classes

HERE = Path(__file__).resolve().parent
ROOM = HERE.parent / "src/torana/guardrails/toxicity"


def main() -> None:
    said = tomllib.loads((HERE / "toxicity_sentences.toml").read_text("utf-8"))
    words = tomllib.loads((ROOM / "words.toml").read_text("utf-8"))
    slots = {kind: words[kind].replace("_", " ").split() for kind in ("slur", "strong")} | said["slots"]
    task = Task(
        "toxicity",
        ROOM,
        word_classes(),
        is_candidate,
        features,
        Settings().threshold,
        said,
        slots,
        ("toxic", "fine"),
        8,
    )
    run(task, __doc__)


if __name__ == "__main__":
    main()
