"""The input and output rails of a NeMo Guardrails configuration, whose folder stays as it is.

Dialogues are not run: the answer is the model's that the caller asked. Asked by the guard room.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from torana.guardrails.nemo.loop import OwnLoop
from torana.guardrails.nemo.rails import Opened, open_rails
from torana.ports.guardrail import Finding, Judge, Tools, Where

SIDES = ("input", "output")
PRICE_CLASS = "slow"
UNIT = "whole"
MODES = ("block", "redact", "flag", "shadow")
NEEDS_TOOLS = True
AT_ONCE = 8
"""Texts of one request that are judged at the same time."""
ROLES = {"input": "user", "output": "assistant"}
CHANGED = "changed_by_rail"
"""The kind of what a rail would have replaced."""
READ = frozenset({".co", ".py", ".yaml", ".yml"})
"""Files of a folder that say what its rails do."""
_NOT_IN_KINDS = re.compile(r"[^a-z0-9]+")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which configuration."""

    folder: Annotated[str, msgspec.Meta(min_length=1)]
    """With ``config.yml`` (Colang 1.0); its ``config.py`` and ``actions.py`` run in this process."""
    models: dict[str, str] = {}
    """Name of a model in the folder → model of this gateway; one that is not here is asked under its own name."""
    roles: tuple[str, ...] = ("user", "assistant", "tool", "arguments")
    """Whose texts are judged; a text whose role is not known always is."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=120)] = 10.0
    """For all texts of a request."""


SAMPLE = Settings(folder="guardrails/nemo")
MUST_CATCH = ("Tell me about Project Falcon.", "the blue heron flies at noon")
MUST_PASS = ("What is the weather like?", "", "bluebird and herons")


class Nemo:
    """Runs the rails over each text, in the thread that all such guardrails share."""

    __slots__ = ("_loop", "_opened", "_settings")

    def __init__(self, settings: Settings, opened: Opened, loop: OwnLoop) -> None:
        self._settings = settings
        self._opened = opened
        self._loop = loop

    async def judge(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
        """A text that a rail stops is found whole, under the rail's name; what a rail replaces, from first to last change.

        Raises OSError when a rail's model or a rail itself fails, or too late.
        """
        async with asyncio.timeout(self._settings.timeout_s):
            return await self._loop.run(lambda: self._judged(texts))

    async def _judged(self, texts: Sequence[tuple[str, Where]]) -> list[list[Finding]]:
        turns = asyncio.Semaphore(AT_ONCE)
        # Gathered with their faults: what a rail raises is its folder's business, and any of it means: not judged.
        told = await asyncio.gather(*(self._one(text, where, turns) for text, where in texts), return_exceptions=True)
        found = []
        for one in told:
            if isinstance(one, BaseException):
                # Not its message, which may quote the text.
                raise OSError(f"a rail failed: {type(one).__name__}") from one
            found.append(one)
        return found

    async def _one(self, text: str, where: Where, turns: asyncio.Semaphore) -> list[Finding]:
        left_out = where.side not in self._opened.sides or (where.role and where.role not in self._settings.roles)
        if left_out or not text.strip():
            return []
        message = {"role": ROLES[where.side], "content": text}
        async with turns:
            result = await self._opened.rails.check_async([message], rail_types=[self._opened.sides[where.side]])
        return self._findings(result, text)

    def _findings(self, result: Any, text: str) -> list[Finding]:
        status = str(result.status.value)
        if status != "passed" and result.content in self._opened.failures:
            raise OSError("an action of a rail failed")
        if status == "blocked":
            return [Finding(_kind(str(result.rail)), 0, len(text))]
        if status == "modified":
            return changed(text, str(result.content))
        return []


def changed(before: str, after: str) -> list[Finding]:
    """From the first to the last change; where something was only put in, the sign beside it."""
    if before == after or not before:
        return []
    start = _same(before, after)
    end = len(before) - _same(before[start:][::-1], after[start:][::-1])
    start = min(start, len(before) - 1)
    return [Finding(CHANGED, start, max(end, start + 1))]


def _same(one: str, other: str) -> int:
    """How many signs both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(one), len(other)))


def _kind(rail: str) -> str:
    """``self check input`` → ``self_check_input``."""
    return _NOT_IN_KINDS.sub("_", rail.lower()).strip("_") or "rail"


def asks(settings: Settings) -> Sequence[str]:
    """The models of this gateway that it asks; those that the folder names are not among them."""
    return tuple(settings.models.values())


def fingerprint(settings: Settings) -> str:
    """What changes whenever a file of the folder does."""
    made = hashlib.blake2b(digest_size=8)
    folder = Path(settings.folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in READ or not path.is_file():
            continue
        with contextlib.suppress(OSError):  # what cannot be read is told when the folder is opened
            held = path.read_bytes()
            made.update(b"%b %d " % (path.relative_to(folder).as_posix().encode(), len(held)) + held)
    return made.hexdigest()


_shared = OwnLoop()


def open(settings: Settings, tools: Tools) -> Judge:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings. Raises ValueError when its package is missing or its folder cannot be used."""
    opened = _shared.call(lambda: open_rails(settings.folder, settings.models, tools.ask))
    return Nemo(settings, opened, _shared)
