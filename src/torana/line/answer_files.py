"""Files in answers: pictures and documents that a model made, judged like those that callers send.

It opens no file and looks at no other text. Made by the guard room for one answer; streams are judged event by event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torana.core.file_terms import FileTerms
from torana.core.trail import Trail
from torana.line.files import FileRoom
from torana.line.guard_trial import Trial
from torana.scan.file_signs import may_bring_files

DATA = b"data:"


def terms_of_answers(terms: FileTerms) -> FileTerms:
    """What holds of files in answers: there are no types that may not come in, and no text can stand in a picture's place."""
    return terms._replace(types=None, mode="redact" if terms.mode == "replace" else terms.mode)


class Judges(NamedTuple):
    """Who judges files in one answer, and by what."""

    room: FileRoom
    terms: FileTerms
    trail: Trail
    trial: Trial


class AnswerFiles:
    """Of one answer. Most bring none: nobody is called before one does."""

    __slots__ = ("_judges", "_make")

    def __init__(self, make: Callable[[], Judges | None]) -> None:
        """``make``: None: nobody looks at those."""
        self._make = make
        self._judges: Judges | None = None

    async def whole(self, wire: bytes) -> bytes:
        """A body of JSON as it may leave. Raises GatewayError."""
        if not may_bring_files(wire):
            return wire
        judges = self._judges = self._judges or self._make()
        return wire if judges is None else await judges.room.body(wire, judges.terms, judges.trail, judges.trial)

    async def events(self, wire: bytes) -> bytes:
        """Server-sent events as they may leave; those that bring no file are the same object. Raises GatewayError."""
        lines, same = wire.split(b"\n"), True
        for number, line in enumerate(lines):
            said = line[len(DATA) :].strip() if line.startswith(DATA) else b""
            if said[:1] == b"{":
                judged = await self.whole(said)
                if judged is not said:
                    same = False
                    lines[number] = b"data: " + judged + (b"\r" if line.endswith(b"\r") else b"")
        return wire if same else b"\n".join(lines)

    def close(self) -> None:
        """There are no more: write down what the guardrails said."""
        judges, self._judges = self._judges, None
        if judges is not None:
            judges.trial.verdicts.close()
