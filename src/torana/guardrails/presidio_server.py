"""Personal data found by a Presidio analyser that runs as a server of its own: ``POST /analyze``.

It finds nothing itself and keeps no text. Asked by the guard room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.ports.guardrail import Fetch, Finding, Judge, Request, Tools, Where
from torana.scan.presidio_entities import ENTITIES, KINDS, USUAL, apart, unknown
from torana.upstream import target

SIDES = ("input", "output")
PRICE_CLASS = "slow"
UNIT = "sentence"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")
NEEDS_TOOLS = True
AT_ONCE = 8
"""Texts of one request that are asked about at the same time."""
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it is and what to look for."""

    url: str
    """Of the server, without ``/analyze``."""
    kinds: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = USUAL
    """Kinds of personal data."""
    threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    """How sure the server must be."""
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}$")] = "en"
    """One that the server has a model for."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0
    """For all texts of a request together."""
    allow_private: bool = False
    """Whether the server may have a private, loopback or link-local address."""

    def __post_init__(self) -> None:
        target.parse(self.url)
        if (kind := unknown(self.kinds)) is not None:
            raise ValueError(f"kinds: there is no {kind!r}; there are {', '.join(ENTITIES)}")


SAMPLE = Settings(url="http://presidio.example.com:3000", kinds=("person", "email"))
MUST_CATCH = ("My name is Priya Sharma and I live here.", "Please write to priya.sharma@example.com about it.")
MUST_PASS = ("", "The weather is nice today.")


class _Question(msgspec.Struct):
    text: str
    language: str
    entities: list[str]
    score_threshold: float


class _Result(msgspec.Struct):
    entity_type: str
    start: Annotated[int, msgspec.Meta(ge=0)]
    end: int
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[_Result]).decode


class PresidioServer:
    """Asks it about each text."""

    __slots__ = ("_entities", "_fetch", "_settings", "_url")

    def __init__(self, settings: Settings, fetch: Fetch) -> None:
        self._settings = settings
        self._fetch = fetch
        self._url = settings.url.rstrip("/") + "/analyze"
        self._entities = [entity for kind in settings.kinds for entity in ENTITIES[kind]]

    async def judge(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
        """The findings in each text.

        Raises OSError when the server does not answer in time or with anything but 200, ValueError for an answer that
        is none.
        """
        turns = asyncio.Semaphore(AT_ONCE)
        async with asyncio.timeout(self._settings.timeout_s):
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._one(text, turns)) for text, _ in texts]
            except ExceptionGroup as faults:
                raise faults.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _one(self, text: str, turns: asyncio.Semaphore) -> list[Finding]:
        if not text or text.isspace():
            return []
        # A lone surrogate has no UTF-8 form; in its place stands one sign, so that offsets hold.
        clean = text.encode("utf-8", "replace").decode()
        settings = self._settings
        body = _encode(_Question(clean, settings.language, self._entities, settings.threshold))
        headers = (("content-type", "application/json"), ("accept", "application/json"))
        request = Request(
            self._url, headers, body, settings.timeout_s, MAX_ANSWER_BYTES, allow_private=settings.allow_private
        )
        async with turns:
            answer = await self._fetch(request)
        if answer.status != 200:
            raise OSError(f"Presidio's server answered {answer.status}")
        return apart(self._findings(answer.body, len(text)))

    def _findings(self, body: bytes, length: int) -> list[Finding]:
        """Those of the kinds asked for. Raises ValueError for what is no list of results within the text."""
        found = []
        for one in _decode(body):
            if one.end > length:
                raise ValueError("Presidio's server found something outside the text")
            kind = KINDS.get(one.entity_type, "")
            if kind in self._settings.kinds and one.start < one.end and one.score >= self._settings.threshold:
                found.append(Finding(kind, one.start, one.end, one.score))
        return found


def open(settings: Settings, tools: Tools) -> Judge:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return PresidioServer(settings, tools.fetch)
