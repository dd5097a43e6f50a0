"""Ids as an argument: sortable, unguessable enough to be references, never secrets.

It does not make keys or tokens (``new_secret_text`` here is the one exception, and says so).
Given to the edge and the CLI by ``wiring``; tests give a counting maker instead.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,127}")

OURS = re.compile(r"[a-z]+_([0-9a-f]{12})[0-9a-f]{16}")

NewId = Callable[[], str]


def id_maker(prefix: str, now: Callable[[], float]) -> NewId:
    """A function that gives ``prefix`` + 12 hex of the millisecond + 16 hex, sortable by time.

    Eight random bytes start the tail and a counter is added to them, so that two ids of one
    process never meet and ids of two processes meet with the odds of 2⁻⁶⁴ a pair.
    """
    state = int.from_bytes(os.urandom(8), "big")
    mask = (1 << 64) - 1
    millisecond, beginning = -1, ""

    def new_id() -> str:
        nonlocal state, millisecond, beginning
        state = (state + 0x9E3779B97F4A7C15) & mask
        at = int(now() * 1000)
        if at != millisecond:
            millisecond, beginning = at, f"{prefix}{at:012x}"
        return beginning + "%016x" % state  # noqa: UP031 - half the price of an f-string here

    return new_id


def made_at(id_: str) -> float | None:
    """When an id of ours was made, in epoch seconds; None for an id of somebody else."""
    found = OURS.fullmatch(id_)
    return None if found is None else int(found[1], 16) / 1000


def new_secret_text(prefix: str) -> str:
    """A fresh secret: ``prefix`` and 192 random bits in URL-safe letters."""
    return prefix + secrets.token_urlsafe(24)


def sane_request_id(text: str) -> bool:
    """Whether a caller's own request id may be taken over: short, and safe in logs and headers."""
    return SANE_REQUEST_ID.fullmatch(text) is not None
