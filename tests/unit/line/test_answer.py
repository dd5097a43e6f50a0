"""The whole line: the Hold is settled exactly once and one Receipt is written, in every ending there is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line.world import (
    AT_ONCE,
    HANG,
    KEY,
    PRICES,
    STREAM,
    Script,
    ScriptedProvider,
    ScriptedSource,
    World,
    model,
    quiet,
    snapshot,
    text,
)
from torana.core.call import Ask, Call, Chunk, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import (
    AnswerMalformed,
    ConnectFailed,
    ConnectionBroken,
    FirstTokenTimeout,
    IdleTimeout,
    StatusFault,
    TotalTimeout,
    UpstreamFault,
)
from torana.core.snapshot import LimitRule
from torana.core.tickets import ENDINGS, Attempt, Grant, Rule
from torana.line.answer import answer
from torana.line.guard import Guard
from torana.line.rooms import Rooms
from torana.line.settle import Closing
from torana.line.worth import cost_of, lost_usage
from torana.ports.guardrail import Finding
from torana.ports.receipt import Receipt

PLAIN_ASK = Ask("m")
USAGE = Usage(uncached=11, output=3)
A, B = text("data: a\n\n"), text("data: b\n\n")
LAST = text("data: c\n\n", finish="stop", usage=USAGE)
WHOLE = text('{"whole":true}', finish="stop", usage=USAGE)
ASKS = pytest.mark.parametrize("ask", [STREAM, PLAIN_ASK], ids=["stream", "plain"])


def world_of(*scripts: Script, **facts: Any) -> World:
    return World(snapshot(limits=(AT_ONCE,), **facts), {"p": ScriptedProvider(*scripts)})


def good(ask: Ask) -> Script:
    return Script([A, B, LAST] if ask.stream else [WHOLE])


async def read(reply: Closing) -> list[bytes]:
    """Read to the end and close, as the edge does."""
    try:
        return [chunk.wire async for chunk in reply]
    finally:
        await reply.aclose()


def settled_once(world: World, ending: str, code: str = "") -> Receipt:
    """The one Receipt; nothing is left open anywhere."""
    (receipt,) = world.recorder.receipts
    assert (receipt.ending, receipt.error_code) == (ending, code)
    nothing_left_open(world)
    return receipt


def nothing_left_open(world: World) -> None:
    assert world.tally.holds_open == 0
    assert world.held_back() == 0
    assert all(source.given_back for source in world.sources)


async def in_a_task(world: World, call: Call, reads: int, turns: int, leaving: str | None) -> None:
    """Serve in a task that reads a few chunks and waits; cancel it after some turns of the loop."""

    async def serve() -> None:
        reply = await answer(call, world.rooms)
        try:
            for _ in range(reads):
                await anext(reply)
            await asyncio.Event().wait()
        finally:
            await reply.aclose()

    task = asyncio.create_task(serve())
    for _ in range(turns):
        await asyncio.sleep(0)
    call.trail.leaving = leaving
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# --- the ordinary ending


@ASKS
async def test_a_whole_answer_is_completed_and_priced_exactly(ask: Ask) -> None:
    world = world_of(good(ask))
    chunks = await read(await answer(world.call(ask=ask), world.rooms))
    assert chunks == ([A.wire, B.wire, LAST.wire] if ask.stream else [WHOLE.wire])
    receipt = settled_once(world, "completed")
    assert receipt.cost_nano == cost_of(PRICES, USAGE) > 0
    assert (receipt.usage_estimated, receipt.finish, receipt.status) == (False, "stop", 200)
    assert [(one.provider, one.outcome) for one in receipt.attempts] == [("p", "ok")]
    assert receipt.held_nano >= receipt.cost_nano


async def test_the_rooms_are_gone_through_in_their_order() -> None:
    """Who is unknown learns nothing of models, who may not have a model nothing of limits, and so on."""
    limits = (LimitRule("none", "key", None, "requests", 0, 60.0),)
    world = World(snapshot(limits=limits, guardrails=(Rule("w"),)), guards={"w": Guard("w", Says("hello"))})
    unknown = world.call(ask=Ask("nope"), key="sk-nobody")
    assert (await refusal(world, unknown)).code == "KEY_INVALID"
    assert (await refusal(world, world.call(ask=Ask("nope")))).code == "MODEL_NOT_FOUND"
    assert (await refusal(world, world.call())).code == "RATE_LIMIT_EXCEEDED"
    world.snapshot = replace(world.snapshot, limits=())
    world.rooms = world.build()
    assert (await refusal(world, world.call())).code == "GUARDRAIL_BLOCKED"
    assert world.providers["p"].attempts == []


# --- refused in each room


class Says:
    def __init__(self, word: str) -> None:
        self.word = word

    triggers = None

    def check(self, text: str, where: object = None) -> Sequence[Finding]:
        return [Finding("word", 0, 1)] if self.word in text else []


async def refusal(world: World, call: Call) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await answer(call, world.rooms)
    return caught.value


def unreadable(body: bytes) -> Ask:
    raise GatewayError("REQUEST_INVALID", "no JSON")


@ASKS
@pytest.mark.parametrize("room", ["identify", "read", "policy", "limits", "guard", "route"])
async def test_a_refusal_in_any_room_has_one_receipt_and_costs_nothing(room: str, ask: Ask) -> None:
    full = LimitRule("full", "key", None, "requests", 0, 60.0)
    worlds = {
        "limits": lambda: World(snapshot(limits=(AT_ONCE, full))),
        "guard": lambda: World(
            snapshot(limits=(AT_ONCE,), guardrails=(Rule("w"),)), guards={"w": Guard("w", Says("hello"))}
        ),
        "route": lambda: World(snapshot(model("m", ("closed",)), limits=(AT_ONCE,))),
    }
    world = worlds.get(room, world_of)()
    wanted = replace(ask, model="nope") if room == "policy" else ask
    call = world.call(ask=wanted, key="sk-nobody" if room == "identify" else KEY)
    if room == "read":
        call = Call("d", "chat", b"{", call.credentials, unreadable, call.trail)
    error = await refusal(world, call)
    receipt = settled_once(world, "refused", error.code)
    assert (receipt.cost_nano, receipt.usage_estimated, receipt.status) == (0, False, error.status)
    assert receipt.key_id == ("" if room == "identify" else "key-1")
    assert world.providers["p"].attempts == []


# --- a fault of ours in each room


class Faulty:
    """Any room, with a bug."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        async def later(*given: object) -> None:
            raise self.error

        def now(*given: object) -> None:
            raise self.error

        return later if name in {"identify", "reserve", "inbound", "find", "walk", "outbound"} else now


class FaultyOutbound(Faulty):
    """Guards that pass everything in and break on the way out."""

    def __getattr__(self, name: str) -> Any:
        if name == "inbound":

            async def inbound(grant: Grant, call: Call) -> Prompt:
                return Prompt(call, "m", call.body)

            return inbound
        return super().__getattr__(name)


class FaultyCloseOut:
    """A ledger that breaks when the Reply is there."""

    def __init__(self, ledger: Any, error: BaseException) -> None:
        self._ledger = ledger
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def close_out(self, *given: object) -> Closing:
        raise self._error


def broken(world: World, room: str, error: BaseException) -> Rooms:
    if room == "outbound":
        return world.build(guards=FaultyOutbound(error))
    if room == "close_out":
        return world.build(ledger=FaultyCloseOut(world.rooms.ledger, error))
    return world.build(**{room: Faulty(error)})


ROOMS = ["gate", "policy", "limits", "guards", "cache", "router", "walker", "outbound", "close_out"]


@ASKS
@pytest.mark.parametrize(
    "error", [KeyError("bug"), ZeroDivisionError(), MemoryError(), asyncio.CancelledError()], ids=repr
)
@pytest.mark.parametrize("room", ROOMS)
async def test_whatever_breaks_in_whatever_room_one_receipt_is_written(
    room: str, error: BaseException, ask: Ask
) -> None:
    world = world_of(good(ask))
    with pytest.raises(type(error)):
        await answer(world.call(ask=ask), broken(world, room, error))
    cancelled = isinstance(error, asyncio.CancelledError)
    receipt = settled_once(world, "client_gone_early" if cancelled else "internal", "" if cancelled else "INTERNAL")
    assert (receipt.cost_nano > 0) is (room in {"outbound", "close_out"})


@ASKS
@pytest.mark.parametrize("fault", [KeyError("bug"), OSError("bug"), RecursionError()], ids=repr)
@pytest.mark.parametrize("place", ["before", "first", "later"])
async def test_a_bug_of_a_provider_is_internal_and_its_source_is_closed(place: str, fault: Exception, ask: Ask) -> None:
    scripts = {"before": Script(before=[fault]), "first": Script([fault]), "later": Script([A, fault])}
    world = world_of(scripts[place])
    with pytest.raises(type(fault)):
        await read(await answer(world.call(ask=ask), world.rooms))
    settled_once(world, "internal", "INTERNAL")


# --- the provider fails

EARLY: list[tuple[UpstreamFault, str, str, bool]] = [
    (ConnectFailed(), "upstream_error", "UPSTREAM_UNAVAILABLE", False),
    (StatusFault(500, b""), "upstream_error", "UPSTREAM_ERROR", False),
    (StatusFault(400, b"{}"), "upstream_error", "REQUEST_INVALID", False),
    (StatusFault(429, b""), "upstream_error", "RATE_LIMIT_EXCEEDED", False),
    (ConnectionBroken(), "upstream_error", "UPSTREAM_ERROR", True),
    (AnswerMalformed(), "upstream_error", "UPSTREAM_ERROR", True),
    (FirstTokenTimeout(), "upstream_error", "UPSTREAM_TIMEOUT", True),
    (TotalTimeout(), "deadline", "UPSTREAM_TIMEOUT", True),
]


@ASKS
@pytest.mark.parametrize("place", ["before the head", "before the first content"])
@pytest.mark.parametrize(("fault", "ending", "code", "billed"), EARLY, ids=str)
async def test_a_provider_that_fails_before_its_content_is_billed_only_if_it_may_have_seen_the_request(
    fault: UpstreamFault, ending: str, code: str, billed: bool, place: str, ask: Ask
) -> None:
    world = world_of(Script([quiet(), fault]) if place == "before the first content" else Script(before=[fault]))
    error = await refusal(world, world.call(ask=ask))
    receipt = settled_once(world, ending, code)
    assert receipt.status == error.status
    assert (receipt.cost_nano > 0) is receipt.usage_estimated is billed
    assert receipt.cost_nano <= receipt.held_nano


@pytest.mark.parametrize(
    ("fault", "ending"),
    [(ConnectionBroken(), "upstream_broken"), (IdleTimeout(), "upstream_broken"), (AnswerMalformed(), "upstream_broken"),
     (StatusFault(500, b""), "upstream_broken"), (TotalTimeout(), "deadline")],
    ids=str,
)  # fmt: skip
async def test_a_provider_that_fails_after_its_content_ends_the_stream_with_an_error(
    fault: UpstreamFault, ending: str
) -> None:
    world = world_of(Script([A, B, fault]))
    reply = await answer(world.call(ask=STREAM), world.rooms)
    seen: list[bytes] = []
    with pytest.raises(GatewayError) as caught:
        async for chunk in reply:
            seen.append(chunk.wire)
    await reply.aclose()
    assert seen == [A.wire, B.wire]
    receipt = settled_once(world, ending, caught.value.code)
    assert receipt.usage_estimated and receipt.output_tokens == 2
    assert receipt.status == 200, "the head had left"


async def test_usage_that_came_before_the_failure_is_taken_as_it_is() -> None:
    world = world_of(Script([A, quiet(usage=USAGE), ConnectionBroken()]))
    with pytest.raises(GatewayError):
        await read(await answer(world.call(ask=STREAM), world.rooms))
    receipt = settled_once(world, "upstream_broken", "UPSTREAM_ERROR")
    assert receipt.cost_nano == cost_of(PRICES, USAGE)
    assert not receipt.usage_estimated


# --- deadline


async def test_no_content_before_the_deadline_ends_in_deadline() -> None:
    world = world_of(Script([quiet(), HANG]), deadline_s=0.02)
    await refusal(world, world.call(ask=STREAM))
    receipt = settled_once(world, "deadline", "UPSTREAM_TIMEOUT")
    assert receipt.status == 504 and receipt.usage_estimated


# --- the caller leaves, or we do

MOMENTS = {
    "before the head": (Script(before=[HANG]), 0, "early"),
    "before the first content": (Script([quiet(), HANG]), 0, "early"),
    "before it was ever read": (Script([A, HANG]), 0, "early"),
    "after the first content": (Script([A, HANG]), 1, "late"),
    "between two contents": (Script([A, B, HANG]), 2, "late"),
    "waiting for the next": (Script([A, HANG]), 2, "late"),
}


@pytest.mark.parametrize("leaving", [None, "client_gone", "shutdown", "revoked"])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_whoever_leaves_at_whatever_moment_the_stream_is_settled_once(moment: str, leaving: str | None) -> None:
    script, reads, when = MOMENTS[moment]
    world = world_of(script)
    await in_a_task(world, world.call(ask=STREAM), reads, turns=8, leaving=leaving)
    gone = "client_gone" if when == "late" else "client_gone_early"
    code = {"shutdown": "OVERLOADED", "revoked": "TOKEN_REVOKED"}.get(leaving or "", "")
    receipt = settled_once(world, gone if leaving in {None, "client_gone"} else str(leaving), code)
    assert receipt.usage_estimated and receipt.cost_nano > 0, "the provider may bill it"
    assert receipt.provider == "p"


@pytest.mark.parametrize("leaving", ["client_gone", "shutdown"])
@pytest.mark.parametrize("script", [Script(before=[HANG]), Script([HANG])], ids=["head", "body"])
async def test_whoever_leaves_a_plain_answer_before_it_came_settles_it_once(script: Script, leaving: str) -> None:
    world = world_of(script)
    await in_a_task(world, world.call(ask=PLAIN_ASK), reads=0, turns=8, leaving=leaving)
    settled_once(world, *(("client_gone_early", "") if leaving == "client_gone" else ("shutdown", "OVERLOADED")))


async def test_a_caller_who_leaves_while_the_walker_pauses_after_nothing_was_sent_pays_nothing() -> None:
    world = world_of(Script(before=[ConnectFailed()]), retries=3)

    async def never(seconds: float) -> None:
        await asyncio.Event().wait()

    world.sleep = never  # type: ignore[method-assign]
    world.rooms = world.build()
    await in_a_task(world, world.call(ask=STREAM), reads=0, turns=5, leaving="client_gone")
    receipt = settled_once(world, "client_gone_early")
    assert (receipt.cost_nano, receipt.usage_estimated) == (0, False)


# --- hits of a cache


class Kept:
    """A cache room with one answer."""

    def __init__(self, source: ScriptedSource) -> None:
        self.source = source

    async def find(self, grant: Grant, prompt: Prompt) -> Reply | None:
        prompt.trail.cache = "hit"
        return Reply(Attempt(grant.model.deployments[0], 0), 200, prompt.dialect, True, self.source)


async def test_a_cache_hit_is_settled_like_any_answer_and_nothing_is_sent() -> None:
    world = world_of()
    source = ScriptedSource([A, Chunk(b"", content=False)])
    await read(await answer(world.call(ask=STREAM), world.build(cache=Kept(source))))
    receipt = settled_once(world, "completed")
    assert (receipt.cache, receipt.cost_nano, receipt.attempts) == ("hit", 0, [])
    assert source.given_back and world.providers["p"].attempts == []


# --- any script


SOFT = [ConnectFailed, ConnectionBroken, FirstTokenTimeout, AnswerMalformed, IdleTimeout, TotalTimeout]
FAULTS = st.sampled_from(SOFT).map(lambda kind: kind()) | st.sampled_from([400, 401, 404, 429, 500, 503]).map(
    lambda status: StatusFault(status, b"{}")
)
BUGS = st.sampled_from([KeyError, ValueError, OSError]).map(lambda kind: kind("bug"))
CHUNKS = st.builds(
    Chunk,
    st.binary(max_size=3),
    st.booleans(),
    st.none() | st.builds(Usage, st.integers(0, 60), st.just(0), st.just(0), st.integers(0, 4096)),
    st.sampled_from([None, None, None, "stop"]),
    st.integers(1, 3),
).map(lambda chunk: replace(chunk, wire=chunk.wire + b"!") if chunk.content else chunk)
TROUBLE = FAULTS | st.just(HANG) | BUGS
STEPS = st.tuples(st.lists(CHUNKS, max_size=6), st.none() | TROUBLE).map(
    lambda pair: [*pair[0], *filter(None, pair[1:])]
)
SCRIPTS = st.lists(
    st.builds(Script, STEPS, st.lists(TROUBLE, max_size=1)) | st.builds(Script, STEPS), min_size=1, max_size=3
)


@dataclass
class Client:
    """Reads so many chunks (None: all), and is cancelled after so many turns of the loop (None: never)."""

    reads: int | None
    cancel_after: int | None
    leaving: str | None


CLIENTS = st.builds(
    Client,
    st.none() | st.integers(0, 4),
    st.none() | st.integers(1, 20),
    st.sampled_from([None, "client_gone", "shutdown", "revoked"]),
)


async def play(world: World, call: Call, client: Client) -> BaseException | None:
    """Serve one request as the edge does; what it ended with."""

    async def serve() -> None:
        reply = await answer(call, world.rooms)
        try:
            taken = 0
            while client.reads is None or taken < client.reads:
                await anext(reply)
                taken += 1
        except StopAsyncIteration:
            pass
        finally:
            await reply.aclose()

    task = asyncio.create_task(serve())
    turns = 60 if client.cancel_after is None else client.cancel_after
    for _ in range(turns):
        if task.done():
            break
        await asyncio.sleep(0)
    if not task.done():
        call.trail.leaving = client.leaving
        task.cancel()
    try:
        await task
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - what it ended with is the result
        return error
    return None


@settings(max_examples=400)
@given(SCRIPTS, SCRIPTS, CLIENTS, st.booleans(), st.integers(0, 2), st.booleans())
async def test_whatever_provider_and_caller_do_the_hold_is_settled_once(
    first: list[Script], second: list[Script], client: Client, stream: bool, retries: int, flagged: bool
) -> None:
    facts: dict[str, Any] = {
        "retries": retries,
        "limits": (AT_ONCE,),
        "guardrails": (Rule("w", "flag"),) if flagged else (),
    }
    world = World(
        snapshot(model("m", ("p", "q")), **facts),
        {"p": ScriptedProvider(*first), "q": ScriptedProvider(*second)},
        guards={"w": Guard("w", Says("hello"))},
    )
    call = world.call(ask=Ask("m", stream=stream))
    error = await play(world, call, client)

    (receipt,) = world.recorder.receipts
    nothing_left_open(world)
    assert receipt.ending in ENDINGS
    tried = [attempt for provider in world.providers.values() for attempt in provider.attempts]
    noted = [one.outcome for one in receipt.attempts]
    unnoted = isinstance(error, KeyError | ValueError | OSError) or receipt.ending == "internal"
    assert len(noted) == len(tried) or (unnoted and len(noted) + 1 == len(tried))
    assert_fair_price(receipt, call)
    assert_honest_ending(receipt, error, client)


def assert_fair_price(receipt: Receipt, call: Call) -> None:
    """Nothing sent costs nothing; what was sent costs its usage, told or estimated, at the model's prices."""
    usage = call.trail.usage
    lost = cost_of(PRICES, lost_usage(len(call.body))) * len(call.trail.lost)
    assert receipt.cost_nano == cost_of(PRICES, usage) + lost
    if not call.trail.sent and not call.trail.lost:
        assert (usage, receipt.cost_nano, receipt.usage_estimated) == (None, 0, False)
    elif call.trail.sent:
        assert usage is not None
        assert receipt.usage_estimated is usage.estimated
    assert receipt.cost_nano <= receipt.held_nano


def assert_honest_ending(receipt: Receipt, error: BaseException | None, client: Client) -> None:
    """The ending is what the one who served the request saw."""
    gone = {"client_gone", "client_gone_early"}
    match error:
        case None:
            assert receipt.ending in {"completed", *gone}
            assert client.reads is not None or receipt.ending == "completed"
        case GatewayError():
            assert receipt.ending in {"upstream_error", "upstream_broken", "deadline"}
            assert receipt.error_code == error.code
        case asyncio.CancelledError():
            left = {None: gone, "client_gone": gone}.get(client.leaving, {client.leaving})
            # It may have been cancelled on its way out, after all was said.
            assert (
                receipt.ending
                in left | {"completed", "internal", "upstream_error", "upstream_broken", "deadline"} | gone
            )
        case _:
            assert (receipt.ending, receipt.error_code) == ("internal", "INTERNAL")


async def test_a_hundred_requests_at_once_leave_nothing_open() -> None:
    """Interleaved, a third of them cut: counters are shared, nothing else is."""
    world = World(snapshot(limits=(replace(AT_ONCE, limit=1000),)), {"p": ScriptedProvider(Script([A, B, LAST]))})
    calls = [world.call(ask=STREAM) for _ in range(100)]
    clients = [Client(None, 1 + number % 9 if number % 3 == 0 else None, "client_gone") for number in range(100)]
    await asyncio.gather(*(play(world, call, client) for call, client in zip(calls, clients, strict=True)))
    assert len(world.recorder.receipts) == 100
    nothing_left_open(world)
