"""Headers of an answer: what they tell, and that no name can end one and begin another."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.world import PRICES, STREAM, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Ask, Usage
from torana.core.snapshot import Deployment, LimitRule
from torana.edge.reply_head import header_text, reply_headers, trailer
from torana.line.answer import answer
from torana.line.settle import Closing

FIELD_VALUE = re.compile(rb"[\x20-\x7e\xa0-\xff]*")
"""RFC 9110 section 5.5, without the tab."""
USAGE = Usage(uncached=1000, output=10)


async def closing(world: World | None = None, ask: Ask = STREAM, **script: Any) -> Closing:
    world = world or World()
    provider = ScriptedProvider(Script([text("x", usage=USAGE, finish="stop")], **script))
    world.providers.update(dict.fromkeys(world.providers, provider))
    return await answer(world.call(ask=ask), world.rooms)


def headers(reply: Closing, length: int | None = None) -> dict[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in reply_headers(reply, "req-1", length)}


async def test_a_stream_says_that_it_is_one_and_must_not_be_held_back() -> None:
    told = headers(await closing())
    assert told["content-type"].startswith("text/event-stream")
    assert (told["cache-control"], told["x-accel-buffering"]) == ("no-cache", "no")
    assert "content-length" not in told and "x-torana-cost" not in told


async def test_a_plain_answer_says_its_length_and_cost() -> None:
    told = headers(await closing(ask=Ask("m")), 17)
    assert (told["content-type"], told["content-length"]) == ("application/json", "17")
    assert told["x-torana-cost"] == "0.00208 USD"


async def test_without_prices_nothing_is_said_of_cost() -> None:
    told = headers(await closing(World(snapshot(model(prices=None))), Ask("m")), 1)
    assert "x-torana-cost" not in told


async def test_an_answer_says_who_gave_it_and_how() -> None:
    told = headers(await closing(headers=(("x-ratelimit-remaining-requests", "7"),)))
    assert told["x-request-id"] == "req-1"
    assert (told["x-torana-model"], told["x-torana-provider"], told["x-torana-attempts"]) == ("up-m", "p", "1")
    assert (told["x-torana-cache"], told["x-torana-policy"]) == ("bypass", "default@1")
    assert float(told["x-torana-overhead-ms"]) >= 0
    assert told["x-ratelimit-remaining-requests"] == "7"
    assert "x-torana-fallback" not in told and "x-torana-guardrails" not in told


async def test_a_fallback_and_verdicts_are_told() -> None:
    reply = await closing()
    reply.reply = replace(reply.reply, attempt=replace(reply.reply.attempt, fallback=True))
    reply.trail.verdicts += ["w:pass", "x:flag"]
    told = headers(reply)
    assert (told["x-torana-fallback"], told["x-torana-guardrails"]) == ("true", "w:pass,x:flag")


async def test_making_headers_does_not_change_those_of_the_next_stream() -> None:
    first, second = headers(await closing()), headers(await closing())
    assert first == second
    assert len(reply_headers(await closing(), "r", None)) == len(reply_headers(await closing(), "r", None))


NAMES = st.text(max_size=20) | st.sampled_from(
    ["a\r\nset-cookie: x", "a\nb", "a\x00b", "ü", "模型", "a\x85b", "a\u2028b", "\x7f"]
)


@given(NAMES, NAMES, NAMES, NAMES, NAMES)
async def test_no_name_can_break_out_of_its_header(
    provider: str, there: str, value: str, verdict: str, currency: str
) -> None:
    prices = PRICES.__class__(currency, input_nano=1)
    world = World(
        snapshot(model("m", deployments=(Deployment(provider, there),), prices=prices), policy=verdict),
        {provider: ScriptedProvider()},
    )
    reply = await closing(world, Ask("m"), headers=((f"x-{value}", value),))
    reply.trail.verdicts.append(verdict)
    for name, told in reply_headers(reply, "req-1", 5):
        assert FIELD_VALUE.fullmatch(told), (name, told)
        assert b"\r" not in name and b"\n" not in name
    await reply.aclose()


@given(st.text())
def test_text_becomes_one_harmless_header_value(value: str) -> None:
    told = header_text(value)
    assert FIELD_VALUE.fullmatch(told)
    assert len(told) == len(value)
    if value.isascii() and value.isprintable():
        assert told == value.encode()


@given(st.text(max_size=60))
async def test_the_last_comment_is_one_line_whatever_is_in_it(currency: str) -> None:
    world = World(snapshot(model(prices=PRICES.__class__(currency, input_nano=1_000_000_000))))
    reply = await closing(world)
    async for _ in reply:
        pass
    last = trailer(reply)
    assert last.startswith(b": torana {") and last.endswith(b"}\n\n")
    assert last.count(b"\n") == 2 and b"\r" not in last
    facts = json.loads(last.removeprefix(b": torana "))
    assert facts == {
        "request_id": "req-1", "attempts": 1, "input_tokens": 1000, "output_tokens": 10, "usage_estimated": False,
        "cost": "0.001", "currency": currency,
    }  # fmt: skip


@pytest.mark.parametrize("prices", [None, PRICES])
async def test_cost_is_in_the_last_comment_when_there_are_prices(prices: object) -> None:
    reply = await closing(World(snapshot(model(prices=prices))))
    async for _ in reply:
        pass
    assert (b'"cost"' in trailer(reply)) is (prices is not None)


async def test_an_answer_that_is_no_json_says_what_it_is_once() -> None:
    reply = await closing(ask=Ask("m"), headers=(("content-type", "audio/mpeg"), ("x-upstream-request-id", "u")))
    told = reply_headers(reply, "req-1", 3)
    assert [value for name, value in told if name == b"content-type"] == [b"audio/mpeg"]
    assert (b"x-upstream-request-id", b"u") in told


@pytest.mark.parametrize(
    ("algorithm", "burst", "reset"), [("sliding_window", 0, "60.000s"), ("token_bucket", 10, "12.000s")]
)
async def test_answers_say_what_is_left_of_the_tightest_rule_of_each_unit(
    algorithm: str, burst: int, reset: str
) -> None:
    rule = LimitRule("tight", "key", None, "requests", 5, 60.0, algorithm, burst)
    rules = (rule, replace(rule, rule_id="wide", limit=500, burst=500), LimitRule("c", "key", None, "concurrency", 9))
    tokens = LimitRule("t", "key", None, "tokens", 9000, 3600.0)
    told = headers(await closing(World(snapshot(limits=(*rules, tokens)))))
    size = burst or 5
    assert told["x-ratelimit-limit-requests"] == str(size)
    assert told["x-ratelimit-remaining-requests"] == str(size - 1)
    assert told["x-ratelimit-reset-requests"] == reset
    assert told["x-ratelimit-limit-tokens"] == "9000"
    assert 0 < int(told["x-ratelimit-remaining-tokens"]) < 9000


async def test_without_limits_no_such_header_is_sent() -> None:
    assert not [name for name in headers(await closing()) if name.startswith("x-ratelimit")]


async def test_anthropics_sdks_find_the_id_where_they_look_for_it() -> None:
    reply = await closing()
    assert "request-id" not in headers(reply)
    reply.trail.dialect = "anthropic_messages"
    assert headers(reply)["request-id"] == headers(reply)["x-request-id"] == "req-1"
