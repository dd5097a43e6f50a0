"""What a provider says when it refuses may repeat the request, or tell what is no business of the caller's: it is judged
as answers are.

What guardrails refuse of it is withheld, and the refusal stays what it is. Called by the guard room, for refusals of a
request and for those inside a stream.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TypeGuard

from torana.core.errors import GatewayError
from torana.core.faults import StatusFault, UpstreamFault
from torana.line.outcome import PASSED_ON

UNREAD: Mapping[str, object] = {"kinds": ["not_evaluated"]}
"""Why words are withheld at which nobody could look."""


async def readable(judged: Awaitable[bytes]) -> tuple[bytes, Mapping[str, object]]:
    """The words that may be told; and why none may, empty where they may."""
    try:
        return await judged, {}
    except GatewayError as no:
        return b"", no.details or UNREAD
    except RecursionError:  # nested too deep to be read
        return b"", UNREAD


def has_words(fault: UpstreamFault | None) -> TypeGuard[StatusFault]:
    """Whether its words would reach the caller."""
    return isinstance(fault, StatusFault) and fault.status in PASSED_ON and bool(fault.body)
