"""Guardrails for tests: one that finds words, one that finds patterns of changing length, some that break."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from torana.ports.guardrail import Finding, Where

NOWHERE = Where()


class Finds:
    """Finds one word and remembers what it was shown."""

    triggers: Sequence[str] | None = None

    def __init__(self, word: str, kind: str = "word") -> None:
        self.word = word
        self.kind = kind
        self.shown: list[str] = []
        self.roles: list[str] = []

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        self.shown.append(text)
        self.roles.append(where.role)
        return [Finding(self.kind, one.start(), one.end()) for one in re.finditer(re.escape(self.word), text)]

    def tail(self, text: str) -> int:
        for length in range(min(len(self.word) - 1, len(text)), 0, -1):
            if self.word.startswith(text[-length:]):
                return len(text) - length
        return len(text)


class Emails:
    """Finds addresses: as long as they go on, they are not complete."""

    triggers: Sequence[str] | None = (r"[a-z0-9.]@[a-z0-9]",)
    _pattern = re.compile(r"[A-Za-z0-9.]+@[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)+")
    _tail = re.compile(r"[A-Za-z0-9.]+(?:@[A-Za-z0-9.]*)?$")

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        return [Finding("email", one.start(), one.end()) for one in self._pattern.finditer(text)]

    def tail(self, text: str) -> int:
        found = self._tail.search(text)
        return found.start() if found else len(text)


class Cards:
    """Finds sixteen digits, in groups of four or together."""

    triggers: Sequence[str] | None = (r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}",)
    _pattern = re.compile(r"(?<!\d)\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}(?!\d)")
    _tail = re.compile(r"\d[\d -]{0,20}$")

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        return [Finding("credit_card", one.start(), one.end()) for one in self._pattern.finditer(text)]

    def tail(self, text: str) -> int:
        found = self._tail.search(text)
        return found.start() if found else len(text)


class Breaks:
    """Has a bug."""

    triggers = None

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        raise self.fault

    def tail(self, text: str) -> int:
        raise self.fault


class Raves:
    """Says what makes no sense."""

    triggers = None

    def __init__(self, said: Any) -> None:
        self.said = said

    def check(self, text: str, where: Where = NOWHERE) -> Any:
        return self.said

    def tail(self, text: str) -> Any:
        return len(text)


class Hangs:
    """Takes its time."""

    triggers = None

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def check(self, text: str, where: Where = NOWHERE) -> Sequence[Finding]:
        time.sleep(self.seconds)
        return []

    def tail(self, text: str) -> int:
        return len(text)


class Asks:
    """A judge that finds a word, and counts how often it was asked about how much."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[list[str]] = []

    async def judge(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
        self.asked.append([text for text, _ in texts])
        return [
            [Finding("judged", text.index(self.word), text.index(self.word) + len(self.word))]
            if self.word in text
            else []
            for text, _ in texts
        ]
