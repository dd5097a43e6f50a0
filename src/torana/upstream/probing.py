"""Asks a provider whether it is there, by a GET that costs nothing: what it answers matters little, that it does much.

It judges no credential: one without the right to list models may well generate. Used by the modules of ``providers``.
"""

from __future__ import annotations

from torana.core.faults import AnswerTooLarge
from torana.core.snapshot import Deadlines
from torana.upstream.answers import status_fault
from torana.upstream.pooled import Headers
from torana.upstream.seam import Outgoing, Upstream

MOST_BYTES = 256 * 1024
"""Of a list of models; a longer one is not read to its end."""
NO_SUCH_CALL = 501
"""A 5xx of a host that is well and has no such list (RFC 9110, section 15.6.2)."""
_ACCEPT = ("accept", "application/json")
_OURS = frozenset({"accept", "content-type"})


async def answers(upstream: Upstream, url: str, headers: Headers, deadlines: Deadlines, network: str = "") -> bool:
    """True when the host answers: by every status below 500. ``headers``: what a request says with a credential.

    Raises UpstreamFault: no connection, too slow, broken, StatusFault from 500 on.
    """
    sent = (_ACCEPT, *(row for row in headers if row[0] not in _OURS))
    incoming = await upstream.send(Outgoing("GET", url, sent, b"", deadlines, MOST_BYTES, network))
    if incoming.status >= 500 and incoming.status != NO_SUCH_CALL:
        raise await status_fault(incoming, "")
    try:
        await incoming.read()
    except AnswerTooLarge:
        pass  # long, but alive
    finally:
        await incoming.aclose()
    return True
