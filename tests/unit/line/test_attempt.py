"""Walking a plan: what is tried, how often, after which pause, and what is left open: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import HANG, PLAIN, STREAM, Script, ScriptedProvider, World, model, quiet, snapshot, text
from torana.core.call import Ask, Chunk, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import (
    AnswerMalformed,
    AnswerTooLarge,
    ConnectFailed,
    ConnectionBroken,
    CredentialsParked,
    DeadlinePassed,
    FirstTokenTimeout,
    Injection,
    StatusFault,
    TotalTimeout,
    UpstreamFault,
)
from torana.core.snapshot import Breaker
from torana.core.tickets import Attempt, Plan
from torana.line.attempt import FIRST_PAUSE_S, LONGEST_PAUSE_S, Patience, Walker

GOOD = Script([text("data: a\n\n"), text("data: b\n\n")])


def failing(*faults: BaseException) -> Script:
    """A try that fails before its head is in."""
    return Script(before=faults)


def world_of(*scripts: Script, second: tuple[Script, ...] = (), **facts: object) -> World:
    """Provider ``p`` plays ``scripts``, provider ``q`` the others; the plan tries them in this order."""
    providers = {"p": ScriptedProvider(*scripts)}
    if second:
        providers["q"] = ScriptedProvider(*second)
    return World(snapshot(model("m", tuple(providers)), **facts), providers)


def prompt_of(world: World, ask: Ask = STREAM) -> Prompt:
    call = world.call(ask=ask)
    return Prompt(call, "m", call.body)


async def walk(world: World, prompt: Prompt) -> Reply:
    deployments = world.snapshot.models["m"].deployments
    plan = Plan(tuple(Attempt(one, number) for number, one in enumerate(deployments, 1)))
    return await world.rooms.walker.walk(plan, prompt)


async def failure(world: World, prompt: Prompt) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await walk(world, prompt)
    assert all(source.given_back for source in world.sources)
    return caught.value


def outcomes(prompt: Prompt) -> list[tuple[str, str]]:
    return [(one.provider, one.outcome) for one in prompt.trail.attempted]


async def test_a_stream_is_read_up_to_its_first_content_and_no_further() -> None:
    world = world_of(Script([quiet("one"), quiet("two"), text("three"), text("four")], credential="2"))
    prompt = prompt_of(world)
    reply = await walk(world, prompt)
    assert [chunk.wire for chunk in reply.seen] == [b"one", b"two", b"three"]
    assert (await anext(reply.source)).wire == b"four"
    assert outcomes(prompt) == [("p", "ok")]
    assert prompt.trail.attempted[0].credential == "2"
    assert prompt.trail.sent
    assert world.pauses == []


async def test_a_plain_answer_is_one_chunk_that_was_seen() -> None:
    world = world_of(PLAIN)
    reply = await walk(world, prompt_of(world, Ask("m")))
    assert len(reply.seen) == 1 and reply.seen[0].content


async def test_ten_thousand_quiet_chunks_before_the_content_are_all_kept_in_order() -> None:
    world = world_of(Script([*(quiet(str(number)) for number in range(10_000)), text("content")]))
    reply = await walk(world, prompt_of(world))
    assert [chunk.wire for chunk in reply.seen[:-1]] == [str(number).encode() for number in range(10_000)]


RETRIED: list[UpstreamFault] = [
    ConnectFailed(), FirstTokenTimeout(), ConnectionBroken(), AnswerMalformed(),
    *(StatusFault(status, b"") for status in (408, 429, 500, 502, 503, 504)),
]  # fmt: skip


@pytest.mark.parametrize("fault", RETRIED, ids=str)
async def test_what_may_pass_is_tried_again_then_elsewhere(fault: UpstreamFault) -> None:
    world = world_of(failing(fault), second=(GOOD,), retries=2)
    prompt = prompt_of(world)
    reply = await walk(world, prompt)
    assert reply.attempt.deployment.provider == "q"
    assert [provider for provider, _ in outcomes(prompt)] == ["p", "p", "p", "q"]
    assert len(world.pauses) == 2


@pytest.mark.parametrize(
    "fault",
    [*(StatusFault(status, b"") for status in (401, 402, 403, 404)), AnswerTooLarge(), CredentialsParked(60.0)],
    ids=str,
)
async def test_what_will_not_change_is_tried_elsewhere_at_once(fault: UpstreamFault) -> None:
    world = world_of(failing(fault), second=(GOOD,), retries=2)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert [provider for provider, _ in outcomes(prompt)] == ["p", "q"]
    assert world.pauses == []


@pytest.mark.parametrize(
    "fault", [*(StatusFault(status, b"{}") for status in (400, 413, 422)), TotalTimeout()], ids=str
)
async def test_what_is_the_requests_own_fault_is_tried_nowhere_else(fault: UpstreamFault) -> None:
    world = world_of(failing(fault), second=(GOOD,), retries=2)
    prompt = prompt_of(world)
    await failure(world, prompt)
    assert len(prompt.trail.attempted) == 1
    assert not world.providers["q"].attempts


async def test_a_retry_that_succeeds_is_the_answer() -> None:
    world = world_of(failing(ConnectFailed()), failing(StatusFault(503, b"")), GOOD, retries=2)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert outcomes(prompt) == [("p", "connect"), ("p", "503"), ("p", "ok")]


async def test_the_last_failure_is_what_the_caller_is_told() -> None:
    world = world_of(failing(ConnectFailed()), second=(failing(StatusFault(500, b"")),))
    error = await failure(world, prompt_of(world))
    assert error.code == "UPSTREAM_ERROR"
    assert isinstance(error.__cause__, StatusFault)


async def test_a_plan_without_attempts_is_unavailable_and_each_caller_gets_an_error_of_its_own() -> None:
    world = World(snapshot(model("m", ())))
    first, second = await failure(world, prompt_of(world)), await failure(world, prompt_of(world))
    assert first.code == "UPSTREAM_UNAVAILABLE" and first.retry_after_s is not None
    assert first is not second


async def test_a_provider_that_will_not_carry_it_was_sent_nothing_and_the_next_is_asked() -> None:
    refused = GatewayError("CAPABILITY_MISSING", "no tools", details={"missing": ["tools"]})
    world = world_of(failing(refused), second=(GOOD,))
    prompt = prompt_of(world)
    assert (await walk(world, prompt)).attempt.deployment.provider == "q"
    alone = world_of(failing(refused))
    prompt = prompt_of(alone)
    error = await failure(alone, prompt)
    assert (error.code, error.details) == ("CAPABILITY_MISSING", {"missing": ["tools"]})
    assert not prompt.trail.sent


# --- credentials of a pool


def of_pool(status: int, credential: str, another: bool, hint: float | None = None) -> Script:
    """A try whose credential is refused or limited."""
    fault = StatusFault(status, b"", retry_after_s=hint)
    fault.credential, fault.another = credential, another
    return failing(fault)


def credentials(prompt: Prompt) -> list[tuple[str, str]]:
    return [(one.outcome, one.credential) for one in prompt.trail.attempted]


@pytest.mark.parametrize("status", [401, 402, 403, 429])
async def test_another_credential_of_the_pool_is_tried_at_once_and_is_no_retry(status: int) -> None:
    good = Script(GOOD.steps, credential="2")
    world = world_of(of_pool(status, "0", True, 7.0), of_pool(status, "1", True, 7.0), good, second=(GOOD,), retries=0)
    prompt = prompt_of(world)
    reply = await walk(world, prompt)
    assert reply.attempt.deployment.provider == "p"
    assert credentials(prompt) == [(str(status), "0"), (str(status), "1"), ("ok", "2")]
    assert world.pauses == []


async def test_when_the_pool_is_through_the_table_goes_on() -> None:
    world = world_of(of_pool(401, "0", True), of_pool(401, "1", False), second=(GOOD,), retries=3)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert outcomes(prompt) == [("p", "401"), ("p", "401"), ("q", "ok")]
    assert world.pauses == []


async def test_tries_with_other_credentials_leave_all_retries_to_the_last() -> None:
    limited = [of_pool(429, "0", True), of_pool(429, "1", False), of_pool(429, "1", False)]
    world = world_of(*limited, Script(GOOD.steps, credential="0"), retries=2)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert credentials(prompt) == [("429", "0"), ("429", "1"), ("429", "1"), ("ok", "0")]
    assert len(world.pauses) == 2
    assert world.pauses[0] <= FIRST_PAUSE_S, "the first pause is that of a first try"


async def test_a_provider_that_always_has_another_is_still_asked_once_a_credential() -> None:
    world = world_of(of_pool(403, "0", True), of_pool(403, "1", True), of_pool(403, "0", True), retries=5)
    prompt = prompt_of(world)
    await failure(world, prompt)
    assert credentials(prompt) == [("403", "0"), ("403", "1"), ("403", "0")]


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_what_another_credential_does_not_change_is_not_tried_with_one(status: int) -> None:
    world = world_of(of_pool(status, "0", True), GOOD, retries=0)
    prompt = prompt_of(world)
    await failure(world, prompt)
    assert credentials(prompt) == [(str(status), "0")]


async def test_no_other_credential_is_tried_after_the_deadline() -> None:
    world = world_of(failing(), deadline_s=10.0)
    late = StatusFault(401, b"")
    late.another = True
    world.providers["p"].scripts = [Script(before=[lambda: world.clock.advance(11.0), late]), GOOD]
    prompt = prompt_of(world)
    await failure(world, prompt)
    assert outcomes(prompt) == [("p", "401")]


async def test_a_parked_pool_is_passed_over_unsent_and_named_in_the_receipt() -> None:
    world = world_of(failing(CredentialsParked(31.0)), retries=3)
    prompt = prompt_of(world)
    error = await failure(world, prompt)
    assert (error.code, error.retry_after_s) == ("UPSTREAM_UNAVAILABLE", 31.0)
    assert credentials(prompt) == [("parked", "")]
    assert not prompt.trail.sent


async def test_a_failure_after_the_head_names_the_credential_too() -> None:
    world = world_of(Script([quiet(), ConnectionBroken()], credential="1"))
    prompt = prompt_of(world)
    await failure(world, prompt)
    assert credentials(prompt) == [("broken", "1")]


# --- pauses


async def test_pauses_grow_are_bounded_and_never_shorter_than_half() -> None:
    world = world_of(failing(ConnectFailed()), retries=9, deadline_s=1e6)
    await failure(world, prompt_of(world))
    for number, pause in enumerate(world.pauses):
        full = min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S)
        assert full / 2 <= pause <= full
    assert all(one <= two for one, two in pairwise(world.pauses))


@given(st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 100))
async def test_a_providers_retry_after_is_a_floor(draw: float, hint: float | None) -> None:
    world = world_of(failing(StatusFault(429, b"", retry_after_s=hint)), GOOD, retries=1, deadline_s=1e6)
    world.draws = lambda: draw
    world.rooms = world.build()
    await walk(world, prompt_of(world))
    (pause,) = world.pauses
    assert pause >= (hint or 0.0)
    assert pause >= FIRST_PAUSE_S / 2


async def test_a_retry_after_beyond_the_deadline_is_not_waited_for_but_another_deployment_is_asked() -> None:
    world = world_of(failing(StatusFault(429, b"", retry_after_s=61.0)), second=(GOOD,), retries=2, deadline_s=60.0)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert outcomes(prompt) == [("p", "429"), ("q", "ok")]
    assert world.pauses == []


@pytest.mark.parametrize("hint", [float("inf"), float("nan"), -5.0])
async def test_a_nonsense_retry_after_holds_nobody_up(hint: float) -> None:
    world = world_of(failing(StatusFault(503, b"", retry_after_s=hint)), second=(GOOD,), retries=1)
    await walk(world, prompt_of(world))
    assert sum(world.pauses) <= FIRST_PAUSE_S


# --- deadlines


async def test_after_the_deadline_nothing_more_is_tried() -> None:
    world = world_of(failing(), second=(GOOD,), deadline_s=10.0)
    clock = world.clock
    world.providers["p"].scripts = [Script(before=[lambda: clock.advance(11.0), ConnectFailed()])]
    prompt = prompt_of(world)
    await failure(world, prompt)
    assert outcomes(prompt) == [("p", "connect")]


async def test_a_stream_without_content_before_the_deadline_is_given_up_and_closed() -> None:
    world = world_of(Script([quiet(), HANG]), deadline_s=0.02)
    prompt = prompt_of(world)
    error = await failure(world, prompt)
    assert error.code == "UPSTREAM_TIMEOUT"
    assert isinstance(error.__cause__, DeadlinePassed)
    assert world.sources[0].closed == 1
    assert prompt.trail.sent, "the provider may bill it"


async def test_a_head_that_does_not_come_before_the_deadline_is_given_up() -> None:
    world = world_of(Script(before=[HANG]), deadline_s=0.02)
    prompt = prompt_of(world)
    error = await failure(world, prompt)
    assert isinstance(error.__cause__, DeadlinePassed)
    assert outcomes(prompt) == [("p", "deadline")]


async def test_a_plain_answer_begun_in_time_may_take_longer_than_the_deadline() -> None:
    world = world_of(failing(), deadline_s=0.01)
    world.providers["p"].scripts = [Script([lambda: world.clock.advance(30.0), *PLAIN.steps])]
    reply = await walk(world, prompt_of(world, Ask("m")))
    assert reply.seen


# --- what was sent, and what is left open


@pytest.mark.parametrize(
    ("faults", "sent"),
    [
        ([ConnectFailed()], False),
        ([StatusFault(500, b"")], False),
        ([ConnectFailed(), ConnectFailed()], False),
        ([FirstTokenTimeout()], True),
        ([ConnectionBroken()], True),
        ([ConnectionBroken(sent=False)], False),
        ([FirstTokenTimeout(), ConnectFailed()], True),
        ([ConnectionBroken(), StatusFault(500, b"")], True),
        ([StatusFault(429, b""), GatewayError("CAPABILITY_MISSING", "no")], False),
        ([ConnectionBroken(), GatewayError("CAPABILITY_MISSING", "no")], True),
    ],
    ids=str,
)
async def test_the_trail_knows_whether_any_try_may_have_been_seen(faults: list[Exception], sent: bool) -> None:
    world = world_of(*(failing(fault) for fault in faults), retries=len(faults) - 1, deadline_s=1e6)
    prompt = prompt_of(world)
    await failure(world, prompt)
    assert len(prompt.trail.attempted) == len(faults)
    assert (prompt.trail.sent or bool(prompt.trail.lost)) is sent


@pytest.mark.parametrize("steps", [[], [quiet()], [quiet(), quiet()]], ids=len)
async def test_an_answer_without_content_is_malformed_and_tried_again(steps: list[Chunk]) -> None:
    world = world_of(Script(steps), GOOD, retries=1)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert outcomes(prompt) == [("p", "malformed"), ("p", "ok")]
    assert world.sources[0].given_back


@pytest.mark.parametrize(
    "fault", [*RETRIED, TotalTimeout(), StatusFault(400, b"{}"), ValueError("a bug"), OSError()], ids=repr
)
async def test_a_source_that_fails_before_its_content_is_closed(fault: Exception) -> None:
    world = world_of(Script([quiet(), fault]))
    prompt = prompt_of(world)
    with pytest.raises((GatewayError, ValueError, OSError)):
        await walk(world, prompt)
    assert [source.closed for source in world.sources] == [1]


@pytest.mark.parametrize(
    "script", [Script(before=[HANG]), Script([HANG]), Script([quiet(), HANG])], ids=["head", "first", "quiet"]
)
@pytest.mark.parametrize("ask", [STREAM, Ask("m")], ids=["stream", "plain"])
async def test_a_cancelled_walk_closes_its_source_and_names_the_try(script: Script, ask: Ask) -> None:
    world = world_of(script)
    prompt = prompt_of(world, ask)
    task = asyncio.create_task(walk(world, prompt))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(source.closed == 1 for source in world.sources)
    assert outcomes(prompt) == [("p", "cancelled")]
    assert prompt.trail.sent


async def test_after_the_first_content_nothing_else_is_tried() -> None:
    world = world_of(Script([text("a"), ConnectionBroken()]), second=(GOOD,), retries=5)
    prompt = prompt_of(world)
    reply = await walk(world, prompt)
    with pytest.raises(ConnectionBroken):
        await anext(reply.source)
    assert outcomes(prompt) == [("p", "ok")]
    assert not world.providers["q"].attempts


async def test_a_bug_of_a_provider_is_not_taken_for_a_failure_of_its_service() -> None:
    world = world_of(failing(KeyError("choices")), second=(GOOD,), retries=3)
    prompt = prompt_of(world)
    with pytest.raises(KeyError):
        await walk(world, prompt)
    assert not world.providers["q"].attempts


async def test_each_try_notes_how_long_it_took() -> None:
    world = world_of(failing(), retries=1)
    clock = world.clock
    world.providers["p"].scripts = [
        Script(before=[lambda: clock.advance(0.5), ConnectFailed()]),
        Script([lambda: clock.advance(1.25), *GOOD.steps]),
    ]
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert [one.duration_ms for one in prompt.trail.attempted] == [500, 1250]
    assert prompt.trail.upstream_s == pytest.approx(1.75)


async def test_usage_seen_with_the_first_content_stays_on_its_chunk() -> None:
    usage = Usage(uncached=3)
    world = world_of(Script([quiet(usage=usage), text("a")]))
    assert (await walk(world, prompt_of(world))).seen[0].usage is usage


# --- fallbacks that are kept for one refusal

TOO_LONG = StatusFault(400, b"prompt is too long: 9 tokens > 8 maximum")
AGAINST = StatusFault(400, b"Output blocked by content filtering policy")
PLAN_OF_KINDS = (
    ("p", ""),
    ("q", ""),
    ("long", "context_window"),
    ("longer", "context_window"),
    ("lax", "content_policy"),
)


async def walked(**scripts: Script) -> tuple[str, list[tuple[str, str]]]:
    """Who answered (or the error's code), and what was tried; providers without a script answer well."""
    names = [name for name, _ in PLAN_OF_KINDS]
    providers = {name: ScriptedProvider(scripts.get(name, GOOD)) for name in names}
    world = World(snapshot(model("m", tuple(names)), retries=0), providers)
    prompt = prompt_of(world)
    attempts = [
        Attempt(where, number, only=only)
        for number, (where, (_, only)) in enumerate(
            zip(world.snapshot.models["m"].deployments, PLAN_OF_KINDS, strict=True), 1
        )
    ]
    try:
        reply = await world.rooms.walker.walk(Plan(tuple(attempts)), prompt)
    except GatewayError as error:
        return error.code, outcomes(prompt)
    return reply.attempt.deployment.provider, outcomes(prompt)


async def test_a_prompt_that_is_too_long_goes_on_to_what_is_kept_for_it_only() -> None:
    assert await walked(p=failing(TOO_LONG)) == ("long", [("p", "400"), ("long", "ok")])


async def test_content_against_a_policy_goes_on_to_what_is_kept_for_it_only() -> None:
    assert await walked(p=failing(AGAINST)) == ("lax", [("p", "400"), ("lax", "ok")])


async def test_a_plain_failure_never_reaches_what_is_kept() -> None:
    down = failing(StatusFault(500, b""))
    assert await walked(p=down, q=down) == ("UPSTREAM_ERROR", [("p", "500"), ("q", "500")])


async def test_another_bad_request_goes_nowhere() -> None:
    assert await walked(p=failing(StatusFault(400, b"no"))) == ("REQUEST_INVALID", [("p", "400")])


async def test_a_plain_fallback_may_meet_the_refusal_too() -> None:
    tried = [("p", "500"), ("q", "400"), ("long", "ok")]
    assert await walked(p=failing(StatusFault(500, b"")), q=failing(TOO_LONG)) == ("long", tried)


async def test_what_is_kept_may_fail_in_any_way_and_the_next_of_its_kind_is_tried() -> None:
    tried = [("p", "400"), ("long", "500"), ("longer", "ok")]
    assert await walked(p=failing(TOO_LONG), long=failing(StatusFault(500, b""))) == ("longer", tried)
    tried = [("p", "400"), ("long", "400"), ("longer", "ok")]
    assert await walked(p=failing(TOO_LONG), long=failing(TOO_LONG)) == ("longer", tried)


async def test_what_was_too_long_may_then_be_against_a_policy() -> None:
    tried = [("p", "400"), ("long", "400"), ("lax", "ok")]
    assert await walked(p=failing(TOO_LONG), long=failing(AGAINST)) == ("lax", tried)


async def test_when_none_that_is_kept_takes_it_the_caller_hears_the_refusal() -> None:
    too_long = failing(TOO_LONG)
    code, tried = await walked(p=too_long, long=too_long, longer=too_long)
    assert (code, len(tried)) == ("CONTEXT_TOO_LONG", 3)


# --- deployments that begin to rest while a request is under way

DOWN = StatusFault(500, b"")


def resting_world(first: Script, failures: int, retries: int = 4) -> World:
    return world_of(first, second=(GOOD,), retries=retries, breaker=Breaker(failures, 30.0, 30.0))


async def test_tries_that_open_the_breaker_are_the_last_ones_there_and_nobody_waits_for_more() -> None:
    world = resting_world(failing(DOWN), failures=2)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert outcomes(prompt) == [("p", "500"), ("p", "500"), ("q", "ok")]
    assert len(world.pauses) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_provider_that_asks_to_be_left_alone_is_not_waited_for_while_another_can_be_asked(status: int) -> None:
    world = world_of(failing(StatusFault(status, b"", retry_after_s=20.0)), second=(GOOD,), retries=4)
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert outcomes(prompt) == [("p", str(status)), ("q", "ok")]
    assert world.pauses == []


async def test_a_breaker_that_others_open_during_the_pause_ends_the_tries() -> None:
    world = resting_world(failing(DOWN), failures=5)
    prompt = prompt_of(world)
    deployment = world.snapshot.models["m"].deployments[0]

    def others_fail() -> None:
        now = world.clock.monotonic()
        for _ in range(4):
            world.rooms.health.begin(deployment, now).failed("500", now, now, Breaker(4, 30.0, 30.0))

    async def walk_with(sleep: Callable[[], None]) -> Reply:
        async def paused(seconds: float) -> None:
            world.clock.advance(seconds)
            sleep()

        patience = Patience(4, 60.0, Breaker(5, 30.0, 30.0))
        walker = Walker(world.providers, patience, world.clock, lambda: 0.5, paused, world.rooms.health)
        deployments = world.snapshot.models["m"].deployments
        return await walker.walk(Plan(tuple(Attempt(one, at) for at, one in enumerate(deployments, 1))), prompt)

    await walk_with(others_fail)
    assert outcomes(prompt) == [("p", "500"), ("q", "ok")]


async def test_with_nothing_else_to_try_an_open_breaker_ends_no_tries() -> None:
    world = world_of(failing(DOWN), failing(DOWN), GOOD, retries=2, breaker=Breaker(1, 30.0, 30.0))
    prompt = prompt_of(world)
    await walk(world, prompt)
    assert outcomes(prompt) == [("p", "500"), ("p", "500"), ("p", "ok")]


@pytest.mark.parametrize(("last", "tried"), [(True, ["p", "q"]), (False, ["p", "r"])])
async def test_the_next_one_is_passed_over_when_it_rests_by_now_unless_it_is_the_last(
    last: bool, tried: list[str]
) -> None:
    names = ("p", "q") if last else ("p", "q", "r")
    providers = {name: ScriptedProvider(failing(StatusFault(404, b"")) if name == "p" else GOOD) for name in names}
    world = World(snapshot(model("m", names)), providers)
    prompt = prompt_of(world)
    rests = world.snapshot.models["m"].deployments[1]
    world.rooms.health.of(rests).cool(60.0, world.clock.monotonic())
    await walk(world, prompt)
    assert [provider for provider, _ in outcomes(prompt)] == tried
    assert [(one.provider, one.reason[:12]) for one in prompt.trail.dropped] == (
        [] if last else [("q", "cooling down")]
    )


# --- faults that an operator asked for


async def test_an_injected_fault_touches_no_provider_bills_nothing_and_hurts_nobodys_health() -> None:
    world = world_of(GOOD, second=(GOOD,), retries=1, breaker=Breaker(1, 30.0, 30.0))
    prompt = prompt_of(world)
    prompt.trail.inject = (Injection("503"),)
    reply = await walk(world, prompt)
    assert reply.attempt.deployment.provider == "q"
    assert outcomes(prompt) == [("p", "injected 503"), ("p", "injected 503"), ("q", "ok")]
    assert world.providers["p"].attempts == []
    assert prompt.trail.lost == []
    deployment = world.snapshot.models["m"].deployments[0]
    assert world.rooms.health.rest(deployment) is None
    assert world.rooms.health.busy(deployment) == 0


async def test_an_injected_fault_that_nothing_answers_is_told_like_a_real_one() -> None:
    world = world_of(GOOD, retries=0)
    prompt = prompt_of(world)
    prompt.trail.inject = (Injection("first_token", "*"),)
    assert (await failure(world, prompt)).code == "UPSTREAM_TIMEOUT"
    assert not prompt.trail.sent
