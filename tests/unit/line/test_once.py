"""A request that comes again under its idempotency key gets what it got, and is billed once."""

from __future__ import annotations

import asyncio

import pytest

from tests.line.caching import (
    EXACT,
    PLAIN_SCRIPT,
    STREAM,
    STREAM_SCRIPT,
    USAGE,
    WHOLE,
    asked,
    body,
    call,
    opened,
    read,
    upstream,
    world,
)
from tests.line.world import HANG, PRICES, Script
from torana.core.call import Chunk, Prompt
from torana.core.errors import GatewayError
from torana.core.faults import ConnectionBroken, StatusFault
from torana.line.cache_make import Exact
from torana.line.once import digest_of
from torana.line.worth import cost_of

KEYED = (("idempotency-key", "order-17"),)
COST = cost_of(PRICES, USAGE)


@pytest.mark.parametrize("exact", [None, EXACT], ids=["cache off", "cache on"])
@pytest.mark.parametrize(("script", "stream"), [(PLAIN_SCRIPT, False), (STREAM_SCRIPT, True)], ids=["plain", "stream"])
async def test_the_same_request_gets_the_same_bytes_and_is_billed_once(
    exact: Exact | None, script: Script, stream: bool
) -> None:
    stage = world(script, exact=exact)
    first, _ = await asked(stage, body(stream=stream), said=KEYED)
    closing = await opened(stage, body(stream=stream), said=KEYED)
    second = await read(closing)
    assert first == second
    assert upstream(stage) == 1
    assert [one.cost_nano for one in stage.recorder.receipts] == [COST, 0]
    assert ("idempotency-replayed", "true") in closing.reply.headers
    assert stage.tally.holds_open == 0


async def test_another_request_under_the_key_is_refused() -> None:
    stage = world(exact=None)
    await asked(stage, said=KEYED)
    with pytest.raises(GatewayError) as refused:
        await asked(stage, body("Another?"), said=KEYED)
    assert (refused.value.status, refused.value.details) == (409, {"reason": "another_request"})
    assert upstream(stage) == 1


async def test_while_it_runs_the_second_is_refused() -> None:
    stage = world(Script(before=[HANG]), exact=None)
    first = asyncio.ensure_future(asked(stage, said=KEYED))
    await asyncio.sleep(0.01)
    with pytest.raises(GatewayError) as refused:
        await asked(stage, said=KEYED)
    assert (refused.value.status, refused.value.details["reason"]) == (409, "running")
    first.cancel()


async def test_what_was_refused_before_anything_was_sent_may_come_again() -> None:
    stage = world(Script(before=[StatusFault(500, b"")]), PLAIN_SCRIPT, exact=None)
    with pytest.raises(GatewayError):
        await asked(stage, said=KEYED)
    assert (await asked(stage, said=KEYED))[0] == WHOLE


async def test_what_broke_after_it_was_sent_is_never_billed_again() -> None:
    stage = world(Script([STREAM[0], ConnectionBroken("gone")]), STREAM_SCRIPT, exact=None)
    with pytest.raises(GatewayError):
        await asked(stage, body(stream=True), said=KEYED)
    with pytest.raises(GatewayError) as refused:
        await asked(stage, body(stream=True), said=KEYED)
    assert (refused.value.status, refused.value.details["reason"]) == (409, "ended")
    assert upstream(stage) == 1


async def test_an_answer_too_long_to_keep_is_still_not_billed_again() -> None:
    stage = world(Script([Chunk(b'{"choices":[]}' + b" " * 2_000_000, finish="stop", usage=USAGE)]), exact=None)
    await asked(stage, said=KEYED)
    with pytest.raises(GatewayError) as refused:
        await asked(stage, said=KEYED)
    assert refused.value.details["reason"] == "not_kept"


async def test_keys_are_each_callers_own_and_well_formed() -> None:
    stage = world(exact=None)
    for bad in ("", "x" * 256, "sn\u00f6"):
        with pytest.raises(GatewayError) as refused:
            await asked(stage, said=(("idempotency-key", bad),))
        assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", "Idempotency-Key")


def test_the_boundary_of_a_form_is_no_part_of_what_is_equal() -> None:
    def prompt(boundary: bytes, text: bytes = b"hello") -> Prompt:
        stage = world()
        made = stage.call(b"--%b\r\n\r\n%b\r\n--%b--\r\n" % (boundary, text, boundary))
        return Prompt(made, "m", made.body)

    assert digest_of(prompt(b"a1b2")) == digest_of(prompt(b"c3"))
    assert digest_of(prompt(b"a1b2")) != digest_of(prompt(b"a1b2", b"other"))
    assert call(world()).trail.said == ()
