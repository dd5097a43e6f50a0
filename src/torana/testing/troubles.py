"""Everything that goes wrong with providers, as one play: the first segment of the path says what, the rest which API.

``/status_429/v1/chat/completions`` answers 429 as OpenAI does. Errors spill what a careless provider knows, so that a
gateway that repeats them is found out. Run by ``fake_upstream``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from torana.testing.plays import EVENTS, JSON, Exchange, Headers, Request, chunk, head
from torana.testing.wires import BY_PATH, Wire

ACCOUNT = "org-a1b2c3d4e5f6g7h8i9j0"
"""The account that pays; no caller may learn it."""
TRACE = "Traceback (most recent call last)"
SPILLED: Headers = (("openai-organization", ACCOUNT), ("server", "internal-proxy"), ("x-served-by", "gpu-17.internal"))
BAD_EVENT = b'data: {"this is": no JSON}\n\n'


class Ask(NamedTuple):
    """One request to be answered badly."""

    wire: Wire
    stream: bool
    said: str
    """The message of errors."""

    @property
    def headers(self) -> Headers:
        """Those of a good answer."""
        return (*(EVENTS if self.stream else JSON), *SPILLED)

    def begun(self, late: bool) -> bytes:
        """The stream up to where it goes wrong: before its first content, or after it."""
        return chunk(self.wire.opening) + (chunk(self.wire.content) if late else b"")


Trouble = Callable[[Exchange, Ask, bool], Awaitable[None]]
"""``late``: only once content was given; streams alone."""


async def play(exchange: Exchange) -> None:
    """The play."""
    request = exchange.request
    name = request.target.split("/")[1]
    late = name.startswith("late_")
    asked = read(request)
    name = name.removeprefix("late_")
    kind, _, number = name.partition("_")
    if kind == "status":
        await _status(exchange, asked, int(number.partition("_")[0]), number.partition("_after_")[2])
    elif kind == "error":
        await _error_inside(exchange, asked, int(number), late)
    else:
        await TROUBLES[name](exchange, asked, late)


def read(request: Request) -> Ask:
    """How a request is to be answered."""
    path, _, query = request.target.partition("?")
    wire = next(wire for ending, wire in BY_PATH if path.endswith(ending))
    stream = request.json().get("stream") is True or "alt=sse" in query
    key = (request.header("authorization") or "").removeprefix("Bearer ")
    key = key or request.header("x-api-key") or request.header("x-goog-api-key") or ""
    where = f"http://{request.header('host')}{path}"
    return Ask(wire, stream, f"No: key {key} of {ACCOUNT} at {where}: {TRACE}: File /srv/model.py, line 3")


async def _good(exchange: Exchange, ask: Ask, late: bool) -> None:
    wire = ask.wire
    if ask.stream:
        await exchange.write(head(200, ask.headers) + ask.begun(True) + chunk(wire.ending) + chunk(b""))
    else:
        await exchange.write(head(200, ask.headers, len(wire.whole)) + wire.whole)


async def _status(exchange: Exchange, ask: Ask, status: int, retry_after: str) -> None:
    body = ask.wire.error(status, ask.said)
    more = (("Retry-After", retry_after),) if retry_after else ()
    await exchange.write(head(status, (*JSON, *SPILLED, *more), len(body)) + body)


async def _error_inside(exchange: Exchange, ask: Ask, status: int, late: bool) -> None:
    if ask.stream:
        bad = chunk(ask.wire.error_event(status, ask.said))
        await exchange.write(head(200, ask.headers) + ask.begun(late) + bad + chunk(b""))
    else:
        body = ask.wire.error(status, ask.said)
        await exchange.write(head(200, ask.headers, len(body)) + body)


async def _reset(exchange: Exchange, ask: Ask, late: bool) -> None:
    """A reset instead of an answer; late: in the middle of one."""
    if late:
        await exchange.write(head(200, ask.headers) + ask.begun(True))
    exchange.reset()


async def _silent(exchange: Exchange, ask: Ask, late: bool) -> None:
    """The request is taken, and nothing comes back."""
    await exchange.gone()


async def _stall(exchange: Exchange, ask: Ask, late: bool) -> None:
    """An answer begins, and nothing more comes."""
    await _part(exchange, ask, late)
    await exchange.gone()


async def _truncated(exchange: Exchange, ask: Ask, late: bool) -> None:
    """An answer begins, and the connection is closed in good order."""
    await _part(exchange, ask, late)
    exchange.close()


async def _part(exchange: Exchange, ask: Ask, late: bool) -> None:
    whole = ask.wire.whole
    if ask.stream:
        await exchange.write(head(200, ask.headers) + ask.begun(late))
    else:
        await exchange.write(head(200, ask.headers, len(whole)) + whole[: len(whole) // 2])


async def _bad_event(exchange: Exchange, ask: Ask, late: bool) -> None:
    """An event that is no JSON, and good ones behind it; for a plain answer a body that is none."""
    if ask.stream:
        rest = chunk(BAD_EVENT) + chunk(ask.wire.ending) + chunk(b"")
        await exchange.write(head(200, ask.headers) + ask.begun(late) + rest)
    else:
        await exchange.write(head(200, ask.headers, 9) + b"<oh dear>")


async def _half(exchange: Exchange, ask: Ask, late: bool) -> None:
    """Half of the JSON, and an end that HTTP takes for a good one."""
    wire = ask.wire
    half = (wire.ending.partition(b"\n\n")[0] if ask.stream else wire.whole)[:-20]
    if ask.stream:
        await exchange.write(head(200, ask.headers) + ask.begun(late) + chunk(half) + chunk(b""))
    else:
        await exchange.write(head(200, ask.headers, len(half)) + half)


async def _empty(exchange: Exchange, ask: Ask, late: bool) -> None:
    """A good end before the answer's own: with nothing in it, or late: after some of it."""
    if ask.stream:
        await exchange.write(head(200, ask.headers) + (ask.begun(True) if late else b"") + chunk(b""))
    else:
        await exchange.write(head(200, ask.headers, 0))


TROUBLES: Mapping[str, Trouble] = {
    "good": _good,
    "reset": _reset,
    "silent": _silent,
    "stall": _stall,
    "truncated": _truncated,
    "bad_event": _bad_event,
    "half": _half,
    "empty": _empty,
}
"""Beside ``status_NNN`` with or without ``_after_SECONDS``, and ``error_NNN``: a 200 with an error inside. All but the
statuses also ``late_``."""
