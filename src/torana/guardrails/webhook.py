"""A check that somebody else runs: texts are posted to their server, signed, and its verdict is taken.

It tries once, follows no redirect and believes no answer that is not as documented. Asked by the guard room.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from torana.core.clock import Clock
from torana.core.secret import Secret
from torana.ports.guardrail import Fetch, Finding, Judge, Request, Tools, Where
from torana.upstream import target

SIDES = ("input", "output")
PRICE_CLASS = "slow"
UNIT = "whole"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")
NEEDS_TOOLS = True
EVENT = "guardrail.check"
KIND = "webhook"
"""The kind of a finding that the server did not name."""
MAX_ANSWER_BYTES = 256 * 1024
CODED = "whsec_"
LEAST_SECRET = 24
"""Fewest bytes of a secret (Standard Webhooks 1.0)."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask."""

    url: Secret
    """Where texts are posted as JSON."""
    secret: Secret
    """Signs each body: ``whsec_`` and base64, or any text of 24 bytes and more."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0
    """From the connection to the last byte of the verdict."""
    allow_private: bool = False
    """Whether its host may have a private, loopback or link-local address."""

    def __post_init__(self) -> None:
        # Empty ones are what a reference to an unset variable gives; `open` refuses them.
        if self.url:
            target.parse(self.url.reveal())
        if self.secret:
            key_of(self.secret)


def key_of(secret: Secret) -> bytes:
    """The bytes that sign. Raises ValueError for fewer than 24, and for ``whsec_`` without base64 behind it."""
    text = secret.reveal()
    try:
        key = base64.b64decode(text.removeprefix(CODED), validate=True) if text.startswith(CODED) else text.encode()
    except binascii.Error:
        raise ValueError("secret: behind whsec_ stands base64") from None
    if len(key) < LEAST_SECRET:
        raise ValueError(f"secret: too short; it has {len(key)} bytes, and needs {LEAST_SECRET}")
    return key


SAMPLE = Settings(url=Secret("https://checks.example.com/v1"), secret=Secret("a secret of the sample only"))
MUST_CATCH = ("Tell me about Project Falcon.", "PROJECT FALCON is late")
MUST_PASS = ("Tell me about the falcon project.", "")


class _Text(msgspec.Struct):
    text: str
    side: str
    role: str


class _Question(msgspec.Struct):
    type: str
    timestamp: int
    texts: list[_Text]


class _Found(msgspec.Struct):
    text: Annotated[int, msgspec.Meta(ge=0)]
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = KIND
    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    end: int | None = None
    score: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class _Verdict(msgspec.Struct):
    verdict: Literal["allow", "block", "findings"]
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = KIND
    findings: list[_Found] = []


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Verdict).decode


class Webhook:
    """Posts all texts of a request at once."""

    __slots__ = ("_clock", "_fetch", "_key", "_settings")

    def __init__(self, settings: Settings, fetch: Fetch, clock: Clock) -> None:
        """Raises ValueError for an empty URL or secret."""
        target.parse(settings.url.reveal())
        self._settings = settings
        self._key = key_of(settings.secret)
        self._fetch = fetch
        self._clock = clock

    async def judge(self, texts: Sequence[tuple[str, Where]]) -> Sequence[Sequence[Finding]]:
        """The findings in each text; one over the whole of each where the verdict is ``block``.

        Raises OSError when no answer comes or it is not 200, ValueError for a verdict that is not as documented.
        """
        if not any(text for text, _ in texts):
            return [() for _ in texts]
        now = int(self._clock.now())
        # A lone surrogate has no UTF-8 form; in its place stands one sign, so that offsets hold.
        given = [_Text(text.encode("utf-8", "replace").decode(), where.side, where.role) for text, where in texts]
        body = _encode(_Question(EVENT, now, given))
        settings = self._settings
        request = Request(
            settings.url.reveal(),
            (("content-type", "application/json"), ("accept", "application/json"), *signature(self._key, now, body)),
            body,
            settings.timeout_s,
            MAX_ANSWER_BYTES,
            allow_private=settings.allow_private,
        )
        answer = await self._fetch(request)
        if answer.status != 200:
            raise OSError(f"the webhook answered {answer.status}")
        return _findings(_decode(answer.body), [len(text) for text, _ in texts])


def _findings(verdict: _Verdict, lengths: Sequence[int]) -> list[list[Finding]]:
    """What the verdict says of texts of these lengths. Raises ValueError for places that there are not."""
    found: list[list[Finding]] = [[] for _ in lengths]
    if verdict.verdict == "allow" and verdict.findings:
        raise ValueError("the webhook allows and finds: one of the two")
    if verdict.verdict == "findings" and not verdict.findings:
        raise ValueError("the webhook says it finds, and names nothing")
    for one in verdict.findings:
        if one.text >= len(lengths):
            raise ValueError("the webhook found something in a text that it was not given")
        end = lengths[one.text] if one.end is None else one.end
        if not one.start < end <= lengths[one.text]:
            raise ValueError("the webhook found something outside its text")
        found[one.text].append(Finding(one.kind, one.start, end, one.score))
    if verdict.verdict == "block" and not verdict.findings:
        found = [[Finding(verdict.kind, 0, length)] if length else [] for length in lengths]
    return found


def signature(key: bytes, now: int, body: bytes) -> tuple[tuple[str, str], ...]:
    """The headers of Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp (whole seconds since the epoch) and body.

    The id is made of what is sent, so the same texts in the same second are the same message.
    """
    message = "msg_" + hashlib.sha256(b"%d.%b" % (now, body)).hexdigest()[:32]
    signed = hmac.new(key, b"%b.%d.%b" % (message.encode(), now, body), hashlib.sha256).digest()
    return (
        ("webhook-id", message),
        ("webhook-timestamp", str(now)),
        ("webhook-signature", "v1," + base64.b64encode(signed).decode()),
    )


def open(settings: Settings, tools: Tools) -> Judge:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings. Raises ValueError when they are empty."""
    return Webhook(settings, tools.fetch, tools.clock)
