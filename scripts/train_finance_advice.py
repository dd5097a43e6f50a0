"""Trains the financial advice guardrail's model: python scripts/train_finance_advice.py DATA [--folds].

DATA holds finance_advice.jsonl (id, text, label, source). Sentences of our own in finance_advice_sentences.toml are learnt from as well.
With --folds no file is written: figures on rows that the model has not seen, as JSON.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from sentence_training import Task, run

from torana.guardrails.finance_advice import Settings
from torana.guardrails.finance_advice.features import features, is_candidate, word_classes

HERE = Path(__file__).resolve().parent
ROOM = HERE.parent / "src/torana/guardrails/finance_advice"


def main() -> None:
    said = tomllib.loads((HERE / "finance_advice_sentences.toml").read_text("utf-8"))
    slots = said["slots"]
    task = Task(
        "finance_advice",
        ROOM,
        word_classes(),
        is_candidate,
        features,
        Settings().threshold,
        said,
        slots,
        ("advice", "fine"),
        6,
    )
    run(task, __doc__)


if __name__ == "__main__":
    main()
