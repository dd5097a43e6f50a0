"""Closing a request: usage, cost and the Receipt, once, whichever way it ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.line.world import (
    AT_ONCE,
    BODY,
    HANG,
    PRICES,
    STREAM,
    ScriptedSource,
    Step,
    World,
    model,
    quiet,
    snapshot,
    text,
)
from torana.core.call import Ask, Chunk, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectionBroken, IdleTimeout, StatusFault, TotalTimeout, UpstreamFault
from torana.core.snapshot import Breaker, Deployment, Prices
from torana.core.tickets import Attempt, Attempted, Caller, Dropped, Found, Hold
from torana.core.trace import Timed, Trace
from torana.core.trail import Hit
from torana.line.settle import LONGEST_NAME, Closing
from torana.line.worth import BYTES_PER_TOKEN, cost_of, estimate, of_a_part
from torana.ports.receipt import Receipt

USAGE = Usage(uncached=100, cache_read=50, output=20, reasoning=5)


async def held(world: World, ask: Ask = STREAM) -> Hold:
    """A Hold as the line would have it just before the Reply."""
    call = world.call(ask=ask)
    caller = await world.rooms.gate.identify(call)
    hold = await world.rooms.limits.reserve(world.rooms.policy.allow(caller, call), call)
    call.trail.sent = True
    call.trail.prices = hold.grant.model.prices
    call.trail.attempted.append(Attempted("p", "up-m", "ok", 5))
    return hold


async def closing(world: World, *steps: Step, seen: tuple[Chunk, ...] = (), ask: Ask = STREAM) -> Closing:
    hold = await held(world, ask)
    attempt = Attempt(hold.grant.model.deployments[0], 1)
    reply = Reply(attempt, 200, "openai_chat", ask.stream, ScriptedSource(steps), seen=seen)
    return world.rooms.ledger.close_out(hold, reply)


async def read(reply: Closing) -> list[bytes]:
    return [chunk.wire async for chunk in reply]


async def test_every_member_of_a_receipt_is_filled_of_refused_and_of_answered_requests() -> None:
    world = World(snapshot())
    call = world.call()
    world.rooms.ledger.refuse(call.trail, GatewayError("KEY_INVALID", "no"))
    world.rooms.ledger.close(await held(world), "completed")
    for receipt in world.recorder.receipts:
        assert [name for name in Receipt.__struct_fields__ if not hasattr(receipt, name)] == []


async def test_every_value_stands_in_its_own_place() -> None:
    world = World(snapshot())
    hold = await held(world)
    trail, began_s = hold.trail, hold.trail.started_s
    world.clock.advance(9.0)
    hold.amount_nano, hold.budgets = 1001, ("budget",)
    trail.caller = Caller("c-tenant", "c-key", hold.grant.caller.key, "c-department", "c-team", "c-user")
    trail.dialect, trail.operation, trail.address = "t-dialect", "t-operation", "t-address"
    trail.finish, trail.status, trail.cache, trail.stream = "t-finish", 201, "t-cache", True
    trail.attempted = [Attempted("first", "m1", "503", 5), Attempted("a-provider", "a-model", "ok", 6)]
    trail.dropped, trail.verdicts = (Dropped("d", "m", "why"),), ["verdict"]
    trail.findings = [Found("pii@1", "email", "input", "place", 0, 1, "digest", "flag")]
    trail.usage = hold.costed = Usage(100, 20, 3, 40, 5, estimated=True)
    trail.cost_nano, trail.request_bytes, trail.output_bytes = 1002, 1003, 1004
    trail.first_chunk_s, trail.upstream_s, trail.waited_s = began_s + 4.0, 2.0, 1.5
    trail.prices = replace(PRICES, currency="XYZ", source="p-source")
    trail.hit = Hit(1, 1005, 1006)
    trail.trace = Trace("1" * 32, "2" * 16, True, "", trail.receipt_id)
    trail.trace.timed.append(Timed("cache", "hit", 1, 2))
    world.rooms.ledger.close(hold, "cut", "A_CODE")
    (receipt,) = world.recorder.receipts
    assert structs.asdict(receipt) == {
        "receipt_id": trail.receipt_id, "request_id": trail.request_id, "at": trail.started_at,
        "tenant": "c-tenant", "department": "c-department", "team": "c-team", "user": "c-user", "key_id": "c-key",
        "dialect": "t-dialect", "operation": "t-operation", "model": hold.grant.model.name,
        "provider": "a-provider", "upstream_model": "a-model", "stream": True, "status": 201,
        "ending": "cut", "error_code": "A_CODE", "finish": "t-finish",
        "input_tokens": 123, "cache_read_tokens": 20, "cache_write_tokens": 3, "output_tokens": 40,
        "reasoning_tokens": 5, "usage_estimated": True, "cost_nano": 1002, "currency": "XYZ", "priced": True,
        "held_nano": 1001, "duration_ms": 9000, "first_chunk_ms": 4000, "upstream_ms": 2000, "overhead_us": 500_000,
        "request_bytes": 1003, "response_bytes": 1004, "cache": "t-cache", "policy": hold.grant.policy,
        "snapshot": world.snapshot.version, "address": "t-address", "attempts": trail.attempted,
        "dropped": list(trail.dropped), "verdicts": ["verdict"], "price": "p-source", "budgets": ["budget"],
        "waited_ms": 1500, "findings": trail.findings, "saved_nano": 1005, "saved_ms": 1006,
        "trace": trail.trace.text, "timed": trail.trace.timed,
    }  # fmt: skip


def assert_settled_once(world: World, ending: str) -> None:
    (receipt,) = world.recorder.receipts
    assert receipt.ending == ending
    assert (world.tally.holds_open, world.held_back()) == (0, 0)


@pytest.fixture
def world() -> World:
    return World(snapshot(limits=(AT_ONCE,)))


async def test_chunks_leave_in_order_the_seen_ones_first_and_silent_ones_not_at_all(world: World) -> None:
    silent = Chunk(b"", content=False, usage=USAGE)
    reply = await closing(world, text("c"), silent, text("d", finish="stop"), seen=(quiet("a"), silent, text("b")))
    assert await read(reply) == [b"a", b"b", b"c", b"d"]
    assert_settled_once(world, "completed")


async def test_a_whole_stream_is_settled_with_its_last_usage(world: World) -> None:
    reply = await closing(world, text("b"), quiet("u", USAGE), seen=(text("a", usage=Usage(uncached=1)),))
    await read(reply)
    (receipt,) = world.recorder.receipts
    assert (receipt.input_tokens, receipt.cache_read_tokens, receipt.output_tokens, receipt.reasoning_tokens) == (
        150, 50, 20, 5,
    )  # fmt: skip
    assert not receipt.usage_estimated and receipt.priced
    assert receipt.cost_nano == cost_of(PRICES, USAGE) == 100 * 2000 + 50 * 1000 + 20 * 8000
    assert receipt.response_bytes == 3
    assert world.recorder.holds == [reply.hold]


async def test_the_hold_is_open_until_the_last_chunk_left(world: World) -> None:
    reply = await closing(world, text("b"), seen=(text("a"),))
    await anext(reply)
    await anext(reply)
    assert world.tally.holds_open == 1 and world.recorder.receipts == []
    with pytest.raises(StopAsyncIteration):
        await anext(reply)
    assert_settled_once(world, "completed")


async def test_reading_and_closing_again_settles_nothing_again(world: World) -> None:
    reply = await closing(world, seen=(text("a"),))
    await read(reply)
    for _ in range(3):
        await reply.aclose()
    world.rooms.ledger.close(reply.hold, "internal")
    world.rooms.ledger.abandon(reply.hold, ValueError())
    assert_settled_once(world, "completed")


async def test_a_stream_that_never_tells_its_usage_is_estimated_upward_and_marked(world: World) -> None:
    reply = await closing(world, text("b", events=3), quiet(), seen=(text("a"),))
    await read(reply)
    (receipt,) = world.recorder.receipts
    assert receipt.usage_estimated
    assert receipt.output_tokens == 4
    assert receipt.input_tokens == -(-len(BODY) // BYTES_PER_TOKEN)
    assert 0 < receipt.cost_nano <= receipt.held_nano


# --- endings after the Reply began

BROKEN: list[tuple[UpstreamFault, str, str]] = [
    (ConnectionBroken(), "upstream_broken", "UPSTREAM_ERROR"),
    (AnswerMalformed(), "upstream_broken", "UPSTREAM_ERROR"),
    (IdleTimeout(), "upstream_broken", "UPSTREAM_TIMEOUT"),
    (StatusFault(500, b""), "upstream_broken", "UPSTREAM_ERROR"),
    (TotalTimeout(), "deadline", "UPSTREAM_TIMEOUT"),
]


@pytest.mark.parametrize(("fault", "ending", "code"), BROKEN, ids=lambda value: type(value).__name__)
async def test_a_provider_that_fails_in_mid_answer_ends_it_with_an_error(
    world: World, fault: UpstreamFault, ending: str, code: str
) -> None:
    reply = await closing(world, text("b"), fault, seen=(text("a"),))
    with pytest.raises(GatewayError) as caught:
        await read(reply)
    assert caught.value.code == code
    assert_settled_once(world, ending)
    (receipt,) = world.recorder.receipts
    assert (receipt.error_code, receipt.usage_estimated, receipt.output_tokens) == (code, True, 2)
    assert reply.reply.source.closed == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [ValueError("a bug"), KeyError("x"), OSError("a bug"), RecursionError()], ids=repr)
async def test_a_bug_in_mid_answer_is_ours_not_the_callers_leaving(world: World, fault: Exception) -> None:
    reply = await closing(world, fault, seen=(text("a"),))
    with pytest.raises(type(fault)):
        await read(reply)
    await reply.aclose()
    assert_settled_once(world, "internal")
    assert world.recorder.receipts[0].error_code == "INTERNAL"


LEAVINGS = [
    (None, "client_gone", ""),
    ("client_gone", "client_gone", ""),
    ("shutdown", "shutdown", "OVERLOADED"),
    ("revoked", "revoked", "TOKEN_REVOKED"),
]


@pytest.mark.parametrize(("why", "ending", "code"), LEAVINGS)
async def test_an_answer_that_is_closed_early_says_who_closed_it(
    world: World, why: str | None, ending: str, code: str
) -> None:
    reply = await closing(world, text("b"), seen=(text("a"),))
    await anext(reply)
    reply.trail.leaving = why
    await reply.aclose()
    assert_settled_once(world, ending)
    assert world.recorder.receipts[0].error_code == code
    assert reply.reply.source.closed == 1  # type: ignore[attr-defined]


async def test_a_reply_that_nobody_ever_read_is_settled_when_it_is_closed(world: World) -> None:
    """An async generator that was never started would run no ``finally``: the trap that Closing is there for."""
    reply = await closing(world, HANG, seen=(text("a", usage=USAGE),))
    await reply.aclose()
    assert_settled_once(world, "client_gone_early")
    (receipt,) = world.recorder.receipts
    assert receipt.cost_nano == cost_of(PRICES, USAGE), "what came is billed, whether it left or not"
    assert receipt.response_bytes == 0
    assert reply.reply.source.closed == 1  # type: ignore[attr-defined]


async def test_content_that_came_but_did_not_leave_counts_in_the_estimate(world: World) -> None:
    reply = await closing(world, HANG, seen=(quiet(), text("a", events=9)))
    await anext(reply)
    await reply.aclose()
    assert_settled_once(world, "client_gone_early")
    assert world.recorder.receipts[0].output_tokens == 9


async def test_a_caller_who_hangs_up_on_the_finish_has_had_the_whole_answer(world: World) -> None:
    reply = await closing(world, HANG, seen=(text("a", finish="stop"),))
    await anext(reply)
    await reply.aclose()
    assert_settled_once(world, "completed")
    assert world.recorder.receipts[0].finish == "stop"


async def test_a_finish_that_never_left_is_no_whole_answer(world: World) -> None:
    reply = await closing(world, HANG, seen=(text("a", finish="stop"),))
    await reply.aclose()
    assert_settled_once(world, "client_gone_early")


@pytest.mark.parametrize("reads", [0, 1, 2])
async def test_a_cancelled_reader_settles_once(world: World, reads: int) -> None:
    reply = await closing(world, text("b"), HANG, seen=(text("a"),))

    async def reader() -> None:
        try:
            for _ in range(reads):
                await anext(reply)
            await asyncio.Event().wait()
        finally:
            await reply.aclose()

    task = asyncio.create_task(reader())
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert_settled_once(world, "client_gone" if reads else "client_gone_early")


async def test_the_hold_is_settled_before_closing_first_waits(world: World) -> None:
    """Cancelled while it closes: nothing may hang on the end of that wait."""
    reply = await closing(world, HANG, seen=(text("a"),))
    steps = reply.aclose()
    steps.send(None)  # up to the first wait
    assert_settled_once(world, "client_gone_early")
    steps.close()


# --- endings before the Reply


@pytest.mark.parametrize(
    ("error", "leaving", "attempted", "ending", "code", "status"),
    [
        (GatewayError("KEY_INVALID", ""), None, False, "refused", "KEY_INVALID", 401),
        (GatewayError("RATE_LIMIT_EXCEEDED", ""), None, False, "refused", "RATE_LIMIT_EXCEEDED", 429),
        (GatewayError("UPSTREAM_ERROR", ""), None, True, "upstream_error", "UPSTREAM_ERROR", 502),
        (GatewayError("INTERNAL", ""), None, True, "internal", "INTERNAL", 500),
        (ValueError("a bug"), None, False, "internal", "INTERNAL", 500),
        (asyncio.CancelledError(), None, False, "client_gone_early", "", 0),
        (asyncio.CancelledError(), "client_gone", True, "client_gone_early", "", 0),
        (asyncio.CancelledError(), "shutdown", False, "shutdown", "OVERLOADED", 503),
        (asyncio.CancelledError(), "revoked", False, "revoked", "TOKEN_REVOKED", 401),
        (asyncio.CancelledError(), "body_timeout", False, "refused", "REQUEST_TIMEOUT", 408),
    ],
)
@pytest.mark.parametrize("with_hold", [True, False])
async def test_a_request_without_a_reply_has_a_receipt_that_says_how_it_ended(
    world: World, error: BaseException, leaving: str | None, attempted: bool, ending: str, code: str, status: int,
    with_hold: bool,
) -> None:  # fmt: skip
    if with_hold:
        hold = await held(world)
        trail = hold.trail
    else:
        trail = world.trail()
        trail.attempted.append(Attempted("p", "m", "500", 1))
    if not attempted:
        trail.attempted.clear()
    trail.leaving = leaving
    if with_hold:
        world.rooms.ledger.abandon(hold, error)
    else:
        world.rooms.ledger.refuse(trail, error)
    assert_settled_once(world, ending)
    (receipt,) = world.recorder.receipts
    assert (receipt.error_code, receipt.status) == (code, status)


@pytest.mark.parametrize("sent", [True, False])
async def test_what_was_not_sent_is_released_what_was_sent_is_settled_by_estimate(world: World, sent: bool) -> None:
    hold = await held(world)
    hold.trail.sent = sent
    world.rooms.ledger.abandon(hold, GatewayError("UPSTREAM_UNAVAILABLE", ""))
    (receipt,) = world.recorder.receipts
    assert (receipt.cost_nano > 0) is sent
    assert receipt.usage_estimated is sent
    assert receipt.held_nano == hold.amount_nano > 0


# --- the Receipt


async def test_a_receipt_says_who_what_how_long_and_by_which_rules() -> None:
    world = World()
    call = world.call(ask=Ask("m" * 300, stream=True))
    call.trail.address = "10.0.0.1"
    call.trail.dialect, call.trail.operation = "openai_chat", "chat"
    caller = await world.rooms.gate.identify(call)
    with pytest.raises(GatewayError) as caught:
        world.rooms.policy.allow(caller, call)
    world.clock.advance(1.5)
    world.rooms.ledger.refuse(call.trail, caught.value)
    (receipt,) = world.recorder.receipts
    assert (receipt.request_id, receipt.receipt_id, receipt.at) == ("req-1", "rcpt-0", world.clock.now() - 1.5)
    assert (receipt.tenant, receipt.department, receipt.team, receipt.user, receipt.key_id) == (
        "acme", "dep", "red", "ann", "key-1",
    )  # fmt: skip
    assert (receipt.dialect, receipt.operation, receipt.stream, receipt.address) == (
        "openai_chat", "chat", True, "10.0.0.1",
    )  # fmt: skip
    assert receipt.model == "m" * LONGEST_NAME
    assert (receipt.duration_ms, receipt.overhead_us) == (1500, 1_500_000)
    assert (receipt.policy, receipt.snapshot, receipt.currency, receipt.priced) == ("default@1", 3, "USD", False)
    assert world.recorder.holds == [None]


async def test_overhead_is_the_time_that_was_not_the_providers() -> None:
    world = World()
    hold = await held(world)
    world.clock.advance(0.75)
    hold.trail.upstream_s = 0.5
    reply = Reply(Attempt(hold.grant.model.deployments[0], 1), 200, "openai_chat", True, ScriptedSource([]))
    done = world.rooms.ledger.close_out(hold, reply)
    world.clock.advance(2.0)
    await done.aclose()
    (receipt,) = world.recorder.receipts
    assert (receipt.first_chunk_ms, receipt.duration_ms, receipt.upstream_ms) == (750, 2750, 500)
    assert receipt.overhead_us == 250_000


async def test_a_model_without_prices_costs_nothing_and_the_receipt_says_that_this_says_nothing() -> None:
    world = World(snapshot(model(prices=None), currency="INR"))
    await read(await closing(world, seen=(text("a", usage=USAGE),)))
    (receipt,) = world.recorder.receipts
    assert (receipt.cost_nano, receipt.priced, receipt.currency, receipt.output_tokens) == (0, False, "INR", 20)


async def test_a_refused_request_counts_as_priced_when_its_deployments_have_prices() -> None:
    priced_there = replace(model("m", prices=None), deployments=(Deployment("p", "x", prices=PRICES),))
    for entry, known in ((priced_there, True), (model("m", prices=None), False)):
        world = World(snapshot(entry))
        hold = await held(world)
        hold.trail.attempted.clear()
        hold.trail.sent = False
        world.rooms.ledger.close(hold, "refused", "INTERNAL")
        assert world.recorder.receipts[0].priced is known


async def test_the_cost_of_a_plain_answer_is_known_before_its_head_leaves(world: World) -> None:
    reply = await closing(world, seen=(text("{}", usage=USAGE),), ask=Ask("m"))
    assert reply.trail.cost_nano == cost_of(PRICES, USAGE)
    await read(reply)
    assert world.recorder.receipts[0].cost_nano == cost_of(PRICES, USAGE)


COUNT = st.integers(0, 10**7)


@given(
    st.builds(Usage, COUNT, COUNT, COUNT, COUNT), st.builds(Prices, st.just("USD"), COUNT, COUNT, COUNT, COUNT, COUNT)
)
def test_a_cost_never_goes_down_when_usage_goes_up(usage: Usage, prices: Prices) -> None:
    more = replace(usage, uncached=usage.uncached + 1, output=usage.output + 1)
    assert cost_of(prices, more) >= cost_of(prices, usage) >= prices.request_nano


def test_nothing_known_costs_nothing() -> None:
    assert cost_of(None, USAGE) == cost_of(PRICES, None) == 0


def test_reasoning_is_part_of_the_output_and_not_billed_twice() -> None:
    assert cost_of(PRICES, Usage(output=10, reasoning=10)) == cost_of(PRICES, Usage(output=10))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_estimate_is_within_what_was_held(request_bytes: int, events: int) -> None:
    trail = World().trail()
    trail.request_bytes, trail.content_events = request_bytes, events
    trail.stream, trail.most_output = True, 4096
    usage = estimate(trail)
    assert usage.estimated
    assert usage.input <= request_bytes
    assert usage.output == min(events, 4096)


@pytest.mark.parametrize(
    ("events", "letters", "tokens"), [(10, 30, 10), (10, 400, 100), (10, 0, 10), (10, 99_999, 4096)]
)
def test_events_that_bring_much_text_count_for_it(events: int, letters: int, tokens: int) -> None:
    trail = World().trail()
    trail.content_events, trail.letters = events, letters
    trail.stream, trail.most_output = True, 4096
    assert estimate(trail).output == tokens
    assert of_a_part(Usage(uncached=7, output=1), trail).output == tokens


# --- answers that break off


@pytest.mark.parametrize(
    ("fault", "breaker"),
    [
        (ConnectionBroken(), "open"),
        (IdleTimeout(), "open"),
        (StatusFault(500, b""), "open"),
        (StatusFault(401, b""), "closed"),
        (StatusFault(429, b""), "closed"),
    ],
    ids=repr,
)
async def test_a_refusal_inside_an_answer_is_no_failure_of_the_deployment(fault: UpstreamFault, breaker: str) -> None:
    world = World(snapshot(breaker=Breaker(1, 30.0, 30.0)))
    reply = await closing(world, fault, seen=(text("a"),))
    where = reply.reply.attempt.deployment
    reply.trail.vitals = world.rooms.health.begin(where, world.clock.monotonic())
    with pytest.raises(GatewayError):
        await read(reply)
    assert world.rooms.health.condition(where).breaker == breaker
    assert world.rooms.health.busy(where) == 0


async def test_a_provider_that_asks_within_an_answer_to_be_left_alone_is(world: World) -> None:
    reply = await closing(world, StatusFault(429, b"", retry_after_s=30.0), seen=(text("a"),))
    where = reply.reply.attempt.deployment
    reply.trail.vitals = world.rooms.health.begin(where, world.clock.monotonic())
    with pytest.raises(GatewayError):
        await read(reply)
    assert world.rooms.health.condition(where).cooling_until is not None


@pytest.mark.parametrize("leaves", [True, False], ids=["the caller leaves", "it breaks"])
async def test_usage_told_at_the_beginning_of_a_stream_is_not_all_that_a_broken_one_cost(
    world: World, leaves: bool
) -> None:
    begun = Usage(uncached=100, output=1)
    rest: tuple[Step, ...] = () if leaves else (ConnectionBroken(),)
    reply = await closing(world, text("b", events=6), *rest, seen=(text("a", usage=begun),))
    await anext(reply)
    await anext(reply)
    if leaves:
        await reply.aclose()
    else:
        with pytest.raises(GatewayError):
            await anext(reply)
    (receipt,) = world.recorder.receipts
    assert (receipt.input_tokens, receipt.output_tokens, receipt.usage_estimated) == (100, 7, True)


async def test_usage_that_counts_more_than_the_events_is_kept_when_a_stream_breaks(world: World) -> None:
    reply = await closing(world, ConnectionBroken(), seen=(text("a", usage=USAGE),))
    with pytest.raises(GatewayError):
        await read(reply)
    (receipt,) = world.recorder.receipts
    assert (receipt.output_tokens, receipt.usage_estimated) == (USAGE.output, False)
