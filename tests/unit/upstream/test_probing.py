"""A probe says little and asks for little."""

from __future__ import annotations

from tests.contract.provider.memory import Canned, MemoryUpstream
from torana.core.snapshot import Deadlines
from torana.upstream.probing import MOST_BYTES, answers

LIMITS = Deadlines(1.0, 1.0, 1.0, 1.0)


async def test_it_sends_what_a_credential_is_dressed_as_without_a_body_of_its_kind() -> None:
    upstream = MemoryUpstream(Canned(pieces=[b"[]"]))
    headers = (("accept", "text/event-stream"), ("content-type", "application/json"), ("x-key", "k"))
    assert await answers(upstream, "https://host/models", headers, LIMITS, "way-out") is True
    (sent,) = upstream.sent
    assert tuple(sent.headers) == (("accept", "application/json"), ("x-key", "k"))
    assert (sent.network, sent.max_answer_bytes) == ("way-out", MOST_BYTES)
