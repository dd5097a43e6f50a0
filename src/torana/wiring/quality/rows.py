"""Reads labelled texts: one JSON object a line, in files named after what they test.

It judges nothing. Called by ``torana guardrails eval`` and by what writes the quality report.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

SETS = ("pii", "secrets", "injection", "toxicity", "finance_advice")
"""What a folder may hold: ``pii.jsonl``, and ``pii.more.jsonl`` beside it; the others likewise."""


class Span(msgspec.Struct, frozen=True):
    """A labelled place: code points, end exclusive."""

    start: int
    end: int
    type: str


class Row(msgspec.Struct, frozen=True):
    """One labelled text. Members that are not listed here are left out."""

    id: str
    text: str
    label: int = 0
    """1: should be flagged."""
    kind: str = ""
    source: str = ""
    spans: tuple[Span, ...] | None = None
    """In ``pii`` files only."""
    scope: tuple[str, ...] | None = None
    """The types that this row's source labels; None: all."""


def read(folder: Path) -> Mapping[str, tuple[Row, ...]]:
    """The sets of the folder, by name, in the order of ``SETS``. Raises OSError; ValueError naming file and line."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: there is no such folder")
    found: dict[str, tuple[Row, ...]] = {}
    for name in SETS:
        files = [*folder.glob(f"{name}.jsonl"), *sorted(folder.glob(f"{name}.*.jsonl"))]
        if files:
            found[name] = tuple(row for file in files for row in _rows(file, spans=name == "pii"))
            if not found[name]:
                raise ValueError(f"{files[0]}: the file is empty")
    if not found:
        names = ", ".join(f"{name}.jsonl" for name in SETS)
        raise ValueError(f"{folder}: none of {names} is there")
    return found


def _rows(file: Path, *, spans: bool) -> list[Row]:
    decoder = msgspec.json.Decoder(Row)
    rows = []
    for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                row = decoder.decode(line)
                _sane(row, spans=spans)
            except (msgspec.DecodeError, ValueError) as fault:
                raise ValueError(f"{file}, line {number}: {fault}") from None
            rows.append(row)
    return rows


def _sane(row: Row, *, spans: bool) -> None:
    """Raises ValueError for what the shape cannot say."""
    if not spans:
        if row.label not in {0, 1}:
            raise ValueError("label is 0 or 1")
        return
    if row.spans is None:
        raise ValueError("spans is missing")
    for span in row.spans:
        if not 0 <= span.start < span.end <= len(row.text):
            raise ValueError(f"the span {span.start}..{span.end} is not in the text")
