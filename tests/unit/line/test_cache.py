"""Equal requests are answered from the cache, unequal ones never; nobody waits for what never comes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line.caching import (
    END,
    PLAIN_SCRIPT,
    STREAM,
    STREAM_SCRIPT,
    USAGE,
    WHOLE,
    asked,
    body,
    call,
    event,
    opened,
    piece,
    read,
    upstream,
    world,
)
from tests.line.world import HANG, HASH_KEY, KEY_ENTRY, PRICES, Script, ScriptedProvider, World, model, snapshot
from torana.core.call import Chunk
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.core.keys import key_digest
from torana.core.policies import Attachment, Document, Stance
from torana.core.secret import Secret
from torana.core.snapshot import Deployment
from torana.core.tickets import Rule
from torana.line.answer import answer
from torana.line.cache import CacheRoom
from torana.line.cache_make import Exact
from torana.line.guard import Guard
from torana.line.worth import cost_of
from torana.ports.guardrail import Finding

NO_STORE = (("cache-control", "no-store"),)
NO_CACHE = (("cache-control", "no-cache"),)


async def test_without_a_cache_every_request_passes_by() -> None:
    passing = World()
    made = call(passing, body())
    assert await CacheRoom().find(None, made) is None  # type: ignore[arg-type]
    assert made.trail.cache == "bypass"


async def test_an_equal_request_is_answered_without_asking_again_and_costs_nothing() -> None:
    stage = world()
    first, missed = await asked(stage)
    stage.clock.advance(7.5)
    second, hit = await asked(stage)
    assert first == second == WHOLE
    assert (upstream(stage), missed.cache, hit.cache) == (1, "miss", "hit")
    assert (missed.cost_nano, hit.cost_nano, hit.saved_nano) == (cost_of(PRICES, USAGE), 0, cost_of(PRICES, USAGE))
    assert (hit.input_tokens, hit.output_tokens, hit.ending, hit.provider) == (11, 3, "completed", "")
    assert stage.tally.holds_open == 0


async def test_a_hit_says_how_old_it_is_which_it_is_and_where_it_came_from() -> None:
    stage = world()
    await asked(stage)
    stage.clock.advance(61)
    closing = await opened(stage)
    await read(closing)
    said = dict(closing.reply.headers)
    assert (said["age"], len(said["x-torana-cache-id"])) == ("61", 64)
    assert closing.reply.attempt.deployment.provider == "p"


async def test_a_hit_costs_the_share_that_is_configured_and_saves_the_rest() -> None:
    stage = world(exact=Exact(price_millionths=250_000))
    _, missed = await asked(stage)
    _, hit = await asked(stage)
    assert (hit.cost_nano * 4, hit.saved_nano + hit.cost_nano) == (missed.cost_nano, missed.cost_nano)


async def test_an_answer_is_kept_for_its_time_and_no_longer() -> None:
    stage = world(exact=Exact(ttl_s=60))
    await asked(stage)
    stage.clock.advance(59)
    assert (await asked(stage))[1].cache == "hit"
    stage.clock.advance(2)
    assert (await asked(stage))[1].cache == "miss"
    assert upstream(stage) == 2


@pytest.mark.parametrize(
    ("said", "cache", "kept"),
    [
        (NO_CACHE, "miss", True),
        (NO_STORE, "hit", False),
        ((("x-torana-cache", "off"),), "bypass", False),
        ((("cache-control", "max-age=10"),), "miss", True),
        ((("cache-control", "max-age=100"),), "hit", False),
        ((("x-torana-cache-max-age", "10"),), "miss", True),
        ((("cache-control", "max-stale, only-if-cached"),), "hit", False),
    ],
)
async def test_a_caller_says_whether_a_kept_answer_will_do(said: Any, cache: str, kept: bool) -> None:
    stage = world()
    await asked(stage)
    stage.clock.advance(50)
    assert (await asked(stage, said=said))[1].cache == cache
    (entry,) = stage.caching.entries._entries.values()  # type: ignore[union-attr,attr-defined]
    assert (entry[0].made_at == stage.clock.now()) is kept


async def test_what_must_not_be_stored_is_not() -> None:
    stage = world()
    await asked(stage, said=NO_STORE)
    assert (await asked(stage))[1].cache == "miss"


async def test_a_caller_may_shorten_the_time_that_its_answer_is_kept() -> None:
    stage = world()
    await asked(stage, body(cache={"ttl": 5}))
    stage.clock.advance(6)
    assert (await asked(stage))[1].cache == "miss"


@pytest.mark.parametrize("exact", [Exact(), None])
async def test_the_member_cache_is_read_and_never_sent(exact: Exact | None) -> None:
    stage = world(exact=exact)
    sent: list[bytes] = []
    send = stage.providers["p"].send

    async def noted(attempt: Any, prompt: Any) -> Any:
        sent.append(prompt.body)
        return await send(attempt, prompt)

    stage.providers["p"].send = noted  # type: ignore[method-assign]
    await asked(stage, body(cache={"no-cache": True}, temperature=0.5))
    assert [json.loads(one) for one in sent] == [json.loads(body(temperature=0.5))]


async def test_a_member_cache_that_is_somebody_elses_is_sent_as_it_is() -> None:
    stage = world()
    made = call(stage, body(cache={"kind": "theirs"}))
    closing = await answer(made, stage.rooms)
    await read(closing)
    assert b"theirs" in made.body


async def test_our_own_words_misspelt_are_refused_by_name() -> None:
    stage = world()
    for said, wire in (
        ((("x-torana-cache", "sometimes"),), body()),
        ((("x-torana-cache-ttl", "soon"),), body()),
        ((), body(cache={"ttl": "soon"})),
        ((), body(cache={"no-cache": "yes"})),
    ):
        with pytest.raises(GatewayError) as refused:
            await asked(stage, wire, said=said)
        assert (refused.value.code, refused.value.param is not None) == ("REQUEST_INVALID", True)
        assert "soon" not in refused.value.message
    assert (upstream(stage), stage.tally.holds_open) == (0, 0)


@pytest.mark.parametrize(
    "other",
    [
        body("Capital of Spain?"),
        body(temperature=0.1),
        body(seed=7),
        body(max_tokens=5),
        body(tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}]),
        body(response_format={"type": "json_object"}),
        body(logit_bias={"1": 2}),
        body(metadata={"a": "b"}),
        json.dumps({"model": "m", "messages": [{"role": "system", "content": "Be brief"},
                    {"role": "user", "content": "Capital of France?"}]}).encode(),
        json.dumps({"model": "m", "messages": [{"role": "assistant", "content": "Capital of France?"}]}).encode(),
    ],
)  # fmt: skip
async def test_whatever_may_change_the_answer_keeps_answers_apart(other: bytes) -> None:
    stage = world()
    await asked(stage)
    assert (await asked(stage, other))[1].cache == "miss"
    assert upstream(stage) == 2


@pytest.mark.parametrize(
    "same",
    [
        body(user="ann"),
        body(safety_identifier="x"),
        json.dumps({"messages": [{"content": "Capital of France?", "role": "user"}], "model": "m"}, indent=3).encode(),
    ],
)
async def test_how_a_body_is_written_and_for_whom_changes_nothing(same: bytes) -> None:
    stage = world()
    await asked(stage)
    assert (await asked(stage, same))[1].cache == "hit"


async def test_a_body_that_two_readers_understand_differently_has_no_part_in_it() -> None:
    """A provider that takes the first of two members would fill the cache of those who meant the second."""
    stage = world()
    doubled = b'{"model":"m","messages":[{"role":"user","content":"evil","content":"Capital of France?"}]}'
    assert (await asked(stage, doubled))[1].cache == "bypass"
    assert (await asked(stage))[1].cache == "miss"


async def test_a_stream_is_kept_and_given_again_as_a_stream() -> None:
    stage = world(STREAM_SCRIPT)
    wire = body(stream=True)
    first, _ = await asked(stage, wire)
    second, hit = await asked(stage, wire)
    assert first == second
    assert (hit.cache, hit.stream, hit.finish, hit.output_tokens, upstream(stage)) == ("hit", True, "stop", 3, 1)


async def test_a_plain_answer_is_given_as_a_stream_and_a_stream_as_a_plain_answer() -> None:
    plain, streamed = world(), world(STREAM_SCRIPT)
    await asked(plain)
    wire, hit = await asked(plain, body(stream=True, stream_options={"include_usage": True}))
    assert (hit.cache, wire.endswith(b"data: [DONE]\n\n"), b"Paris it is" in wire) == ("hit", True, True)
    assert b'"usage"' in wire
    await asked(streamed, body(stream=True))
    wire, hit = await asked(streamed)
    said = json.loads(wire)
    assert (hit.cache, said["choices"][0]["message"]["content"]) == ("hit", "Paris it is")
    assert said["usage"]["completion_tokens"] == 3


async def test_a_stream_without_usage_is_given_to_who_did_not_ask_for_one() -> None:
    stage = world(STREAM_SCRIPT)
    await asked(stage, body(stream=True))
    wire, hit = await asked(stage, body(stream=True, stream_options={"include_usage": True}))
    assert (hit.cache, b'"usage"' in wire) == ("hit", True)


CUT = Chunk(piece("Par") + event(choices=[{"index": 0, "delta": {}, "finish_reason": "length"}]), finish="length")
CALLS = Chunk(
    event(choices=[{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "t", "type": "function",
          "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": None}]) + END, finish="stop",
)  # fmt: skip
DONE = STREAM[-1]


@pytest.mark.parametrize(
    "script",
    [
        Script([CUT, DONE]),
        Script([STREAM[0], Chunk(END, finish="content_filter"), DONE]),
        Script([STREAM[0], StatusFault(500, b"")]),
        Script([replace(STREAM[0], sealed=("abc",)), STREAM[2], DONE]),
        Script([CALLS, DONE]),
    ],
    ids=["length", "filtered", "broken", "sealed", "tools"],
)
async def test_only_whole_answers_that_nobody_else_must_read_are_kept(script: Script) -> None:
    stage = world(script, STREAM_SCRIPT)
    wire = body(stream=True, tools=[{"type": "function", "function": {"name": "f"}}])
    try:
        await asked(stage, wire)
    except GatewayError:
        pass
    assert (await asked(stage, wire))[1].cache == "miss"
    assert upstream(stage) == 2
    assert stage.caching is not None
    assert stage.caching.flights == {}


async def test_answers_that_call_tools_are_kept_where_that_is_allowed() -> None:
    stage = world(Script([CALLS, DONE]), exact=Exact(tool_calls=True))
    wire = body(stream=True, tools=[{"type": "function", "function": {"name": "f"}}])
    await asked(stage, wire)
    assert (await asked(stage, wire))[1].cache == "hit"


async def test_an_answer_of_a_fallback_is_not_kept_as_the_models_own() -> None:
    seen = snapshot(model("m", providers=("q",), fallbacks=("n",)), model("n"))
    stage = world(seen=seen)
    stage.providers["q"] = ScriptedProvider(Script(before=[StatusFault(500, b"")]))
    stage.rooms = stage.build()
    await asked(stage)
    assert (await asked(stage))[1].cache == "miss"


async def test_who_asks_for_several_answers_wants_them_to_differ() -> None:
    stage = world()
    await asked(stage, body(n=2))
    assert (await asked(stage, body(n=2)))[1].cache == "bypass"


async def test_an_answer_that_a_callers_own_key_pays_for_is_neither_looked_up_nor_kept() -> None:
    stage = world()
    await asked(stage)
    made = call(stage)
    made.own_key = Secret("sk-theirs")
    prompt_cache = made.trail
    with pytest.raises(GatewayError):
        await answer(made, stage.rooms)
    assert prompt_cache.cache == "bypass"


async def test_a_policy_may_forbid_it() -> None:
    policy = Document("strict", "1", Stance({"cache": False}))
    stage = world(seen=snapshot(policies=(policy,)))
    await asked(stage)
    assert (await asked(stage))[1].cache == "bypass"
    assert upstream(stage) == 2


async def test_an_answer_longer_than_what_is_kept_passes_by_and_is_counted() -> None:
    stage = world(STREAM_SCRIPT, exact=Exact(most_bytes=100))
    await asked(stage, body(stream=True))
    assert (await asked(stage, body(stream=True)))[1].cache == "miss"
    assert stage.caching is not None
    assert stage.caching.too_long == 2


# --- whoever comes while an equal request is under way ---------------------------------------------------------------


async def test_ten_thousand_equal_requests_make_one_upstream_call() -> None:
    stage = world(Script(PLAIN_SCRIPT.steps, before=[lambda: None] * 3))
    answers = await asyncio.gather(*(asked(stage) for _ in range(10_000)))
    assert upstream(stage) == 1
    assert {wire for wire, _ in answers} == {WHOLE}
    caches = [one.cache for one in stage.recorder.receipts]
    assert (caches.count("miss"), caches.count("hit")) == (1, 9_999)
    assert sum(one.cost_nano for one in stage.recorder.receipts) == cost_of(PRICES, USAGE)


async def test_streams_and_plain_requests_wait_for_each_other() -> None:
    stage = world(Script(STREAM, before=[lambda: None] * 3))
    wires = await asyncio.gather(asked(stage, body(stream=True)), *(asked(stage) for _ in range(5)))
    assert upstream(stage) == 1
    assert all(json.loads(wire)["choices"][0]["message"]["content"] == "Paris it is" for wire, _ in wires[1:])


async def test_who_waits_is_not_failed_by_a_leader_who_hangs_up() -> None:
    stage = world(Script(before=[HANG]), PLAIN_SCRIPT)
    leader = asyncio.ensure_future(asked(stage))
    await asyncio.sleep(0.01)
    followers = [asyncio.ensure_future(asked(stage)) for _ in range(50)]
    await asyncio.sleep(0.01)
    leader.cancel()
    wires = await asyncio.gather(*followers)
    assert {wire for wire, _ in wires} == {WHOLE}
    assert upstream(stage) == 2  # the leader's, and one for all the others


async def test_who_waits_is_freed_when_the_leader_fails_and_asks_for_itself() -> None:
    stage = world(Script(before=[lambda: None, lambda: None, StatusFault(500, b"")]), PLAIN_SCRIPT)
    outcomes = await asyncio.gather(*(asked(stage) for _ in range(4)), return_exceptions=True)
    assert [isinstance(one, GatewayError) for one in outcomes] == [True, False, False, False]
    assert upstream(stage) == 4
    assert stage.caching is not None
    assert stage.caching.flights == {}


async def test_one_who_waits_and_leaves_takes_nobody_along() -> None:
    stage = world(Script(PLAIN_SCRIPT.steps, before=[lambda: None] * 20))
    tasks = [asyncio.ensure_future(asked(stage)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[1].cancel()
    first, gone, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(gone, asyncio.CancelledError)
    assert isinstance(first, tuple)
    assert isinstance(third, tuple)
    assert (upstream(stage), stage.tally.holds_open) == (1, 0)


async def test_nobody_waits_for_longer_than_it_is_told() -> None:
    stage = world(Script(before=[HANG]), PLAIN_SCRIPT, exact=Exact(wait_s=0.01))
    leader = asyncio.ensure_future(asked(stage))
    await asyncio.sleep(0.005)
    assert (await asked(stage))[0] == WHOLE
    leader.cancel()


async def test_a_caller_who_leaves_before_the_last_event_keeps_nothing_half() -> None:
    stage = world(STREAM_SCRIPT)
    closing = await opened(stage, body(stream=True))
    for _ in range(3):
        await closing.__anext__()
    await closing.aclose()
    assert stage.recorder.receipts[-1].ending == "completed"
    assert (await asked(stage, body(stream=True)))[1].cache == "miss"


# --- guardrails ------------------------------------------------------------------------------------------------------


class Says:
    """A guardrail that finds a word."""

    triggers = None

    def __init__(self, word: str) -> None:
        self._word = word

    def check(self, text: str, where: Any) -> list[Finding]:
        at = text.find(self._word)
        return [Finding("word", at, at + len(self._word))] if at >= 0 else []


def guarded(mode: str, script: Script = PLAIN_SCRIPT) -> World:
    rules = (Rule("w", mode, "output"),)
    return world(script, seen=snapshot(guardrails=rules), guards={"w": Guard("w", Says("Paris"))})


async def test_guardrails_look_at_a_kept_answer_again() -> None:
    stage = guarded("redact")
    first, _ = await asked(stage)
    second, hit = await asked(stage)
    assert (hit.cache, first == second, b"Paris" in second) == ("hit", True, False)
    assert hit.verdicts
    assert stage.caching is not None
    (entry,) = stage.caching.entries._entries.values()  # type: ignore[attr-defined]
    assert b"Paris" in entry[0].chunks[0].wire


@pytest.mark.parametrize("script", [PLAIN_SCRIPT, STREAM_SCRIPT], ids=["plain", "stream"])
async def test_an_answer_that_a_guardrail_refuses_is_not_kept(script: Script) -> None:
    stage = guarded("block", script)
    for _ in range(2):
        with pytest.raises(GatewayError):
            await asked(stage, body(stream=script is STREAM_SCRIPT))
    assert upstream(stage) == 2


async def test_what_guardrails_take_out_of_requests_is_no_part_of_what_tells_them_apart() -> None:
    rules = (Rule("w", "redact", "input"),)
    stage = world(seen=snapshot(guardrails=rules), guards={"w": Guard("w", Says("12345"))})
    await asked(stage, body("My number is 12345."))
    assert (await asked(stage, body("My number is 12345.")))[1].cache == "hit"


# --- who may be given what -------------------------------------------------------------------------------------------

TENANTS, MODELS, KEYS = ("acme", "bolt"), ("m", "n"), ("one", "two")
BARRED = ("bolt", "two")
SYSTEMS, TOOLS, QUESTIONS = (None, "Be brief", "Be long"), (None, "f", "g"), ("a", "b")


@st.composite
def askings(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """Tenant, key of the tenant, body."""
    said: dict[str, Any] = {"model": draw(st.sampled_from(MODELS))}
    system, tool = draw(st.sampled_from(SYSTEMS)), draw(st.sampled_from(TOOLS))
    said["messages"] = [] if system is None else [{"role": "system", "content": system}]
    said["messages"].append({"role": "user", "content": draw(st.sampled_from(QUESTIONS))})
    if tool is not None:
        said["tools"] = [{"type": "function", "function": {"name": tool}}]
    if (heat := draw(st.sampled_from((None, 0, 1)))) is not None:
        said["temperature"] = heat
    said["stream"] = draw(st.booleans())
    return draw(st.sampled_from(TENANTS)), draw(st.sampled_from(KEYS)), json.dumps(said).encode()


def identity(tenant: str, key: str, wire: bytes) -> tuple[Any, ...]:
    """What two requests must share to be given one answer. Of bolt each key has a policy of its own."""
    said = json.loads(wire)
    del said["stream"]
    return tenant, key if tenant == "bolt" else "", json.dumps(said, sort_keys=True)


def many_tenants() -> World:
    """Two tenants with two keys each. Bolt's second key may not have the model n."""
    keys = {
        key_digest(HASH_KEY, f"{tenant}-{key}"): replace(
            KEY_ENTRY, tenant=tenant, key_id=f"{tenant}-{key}", models=("m",) if (tenant, key) == BARRED else ("*",)
        )
        for tenant in TENANTS
        for key in KEYS
    }
    policies = tuple(
        Document(f"for-{key}", "1", Stance({"assumed_max_tokens": 100 + number}), (Attachment("bolt", key=f"bolt-{key}"),))
        for number, key in enumerate(KEYS)
    )  # fmt: skip
    seen = replace(snapshot(model("m"), model("n")), keys=keys, policies=policies)
    return world(seen=seen)


@settings(max_examples=60, deadline=None)
@given(st.lists(askings(), min_size=1, max_size=14))
async def test_no_answer_crosses_tenants_policies_models_tools_system_prompts_nor_to_keys_that_may_not_see_it(
    wanted: list[tuple[str, str, bytes]],
) -> None:
    """Every answer is marked with what was asked for when it was made; nobody ever reads another's mark."""
    stage = many_tenants()
    marks: dict[tuple[Any, ...], str] = {}
    for tenant, key, wire in wanted:
        mark = identity(tenant, key, wire)
        fresh = f"answer {len(marks)} of {mark!r}"
        said = json.loads(WHOLE)
        said["choices"][0]["message"]["content"] = fresh
        streams = json.loads(wire)["stream"]
        answers = [Chunk(piece(fresh)), *STREAM[2:]] if streams else [Chunk(json.dumps(said).encode(), finish="stop")]
        stage.providers["p"].scripts = [Script(answers)]
        try:
            given_back, receipt = await asked(stage, wire, key=f"{tenant}-{key}")
        except GatewayError as refused:
            assert (refused.code, (tenant, key), json.loads(wire)["model"]) == ("MODEL_NOT_ALLOWED", BARRED, "n")
            continue
        assert (receipt.cache == "hit") is (mark in marks)
        marks.setdefault(mark, fresh)
        assert json.dumps(marks[mark])[1:-1].encode() in given_back
    assert stage.tally.holds_open == 0


async def test_where_deployments_are_for_certain_callers_so_are_their_answers() -> None:
    chosen = (Deployment("p", "a", when=(("caller.user", "ann"),)), Deployment("p", "b"))
    other = replace(KEY_ENTRY, user="bob", key_id="key-2")
    seen = snapshot(model("m", deployments=chosen))
    stage = world(seen=replace(seen, keys={**seen.keys, key_digest(HASH_KEY, "bobs"): other}))
    await asked(stage)
    assert (await asked(stage, key="bobs"))[1].cache == "miss"
    assert (await asked(stage))[1].cache == "hit"


async def test_a_model_that_is_moved_elsewhere_has_none_of_its_old_answers() -> None:
    stage = world()
    await asked(stage)
    stage.snapshot = replace(stage.snapshot, models={"m": model("m", deployments=(Deployment("p", "newer"),))})
    stage.rooms = stage.build()
    assert (await asked(stage))[1].cache == "miss"
