"""Refuses, for a caller who wants nothing left out, what would have to be left out: named, before anything is sent.

It finds nothing itself. Called by whatever takes something out of a request: translations, and the modules of
``providers`` for headers.
"""

from __future__ import annotations

from collections.abc import Sequence

from torana.core.call import Prompt
from torana.core.errors import GatewayError

HEADER = "x-torana-strict"
MOST_NAMED = 32


def refuse_lost(prompt: Prompt, *lost: Sequence[str]) -> None:
    """Raise GatewayError REQUEST_INVALID when the caller is strict and something would be lost: names in ``lost``."""
    if not prompt.trail.strict:
        return
    names = list(dict.fromkeys(name for row in lost for name in row))
    if names:
        message = f"{HEADER}: the provider of this model cannot be told {', '.join(names[:MOST_NAMED])[:1000]}."
        raise GatewayError("REQUEST_INVALID", message, param=names[0][:200], details={"dropped": names[:MOST_NAMED]})
