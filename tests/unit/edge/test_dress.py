"""Answers that tell of their own way: our own dialects, and the envelope around all others."""

from __future__ import annotations

import json

from tests.line.asgi import CHAT, Visit, body_of, house_of
from tests.line.finders import Emails
from tests.line.world import KEY, PLAIN, PRICES, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Usage
from torana.core.faults import ConnectFailed
from torana.core.tickets import Found, Rule
from torana.dialects import complete
from torana.dialects.envelope import MEDIA_TYPE
from torana.edge.dress import replaced
from torana.edge.house import House
from torana.line.guard_team import Guard
from torana.line.worth import cost_of

USAGE = Usage(uncached=11, output=3)
ANSWER = '{"content":"hi","finish_reason":"stop"}'
PROMPT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()
ACCEPT = [("authorization", f"Bearer {KEY}"), ("accept", MEDIA_TYPE)]


def world_of(*scripts: Script, **facts: object) -> World:
    return World(snapshot(**facts), providers={"p": ScriptedProvider(*scripts)})  # type: ignore[arg-type]


def own(world: World) -> House:
    house = house_of(world)
    house.dialects = {"/v1/complete": complete}
    return house


async def test_a_plain_answer_says_what_only_the_line_knows() -> None:
    world = world_of(Script([text(ANSWER, usage=USAGE, finish="stop")]))
    visit = await Visit(own(world), path="/v1/complete", body=[PROMPT]).run()
    answer = visit.json()
    assert (answer["content"], answer["provider_used"], answer["model_used"], answer["model"]) == (
        "hi",
        "p",
        "up-m",
        "m",
    )
    assert answer["usage"]["total_tokens"] == 14
    (receipt,) = world.recorder.receipts
    assert receipt.cost_nano == cost_of(PRICES, USAGE)
    assert answer["usage"]["cost"] == visit.head["x-torana-cost"].split()[0]
    assert visit.head["content-length"] == str(len(visit.text))


async def test_a_usage_that_nobody_told_is_estimated_and_says_so() -> None:
    world = world_of(Script([text(ANSWER)]))
    usage = (await Visit(own(world), path="/v1/complete", body=[PROMPT]).run()).json()["usage"]
    (receipt,) = world.recorder.receipts
    assert usage["estimated"] is True
    assert (usage["input_tokens"], usage["output_tokens"]) == (receipt.input_tokens, receipt.output_tokens)


async def test_without_a_price_the_cost_is_null_and_not_nothing() -> None:
    world = World(snapshot(model(prices=None)), providers={"p": ScriptedProvider(PLAIN, Script([text(ANSWER)]))})
    world.providers["p"].scripts.pop(0)
    usage = (await Visit(own(world), path="/v1/complete", body=[PROMPT]).run()).json()["usage"]
    assert (usage["cost"], usage["currency"]) == (None, None)


async def test_a_stream_ends_with_what_a_plain_answer_says_and_then_our_comment() -> None:
    steps = [
        text('data: {"type":"text","text":"hi"}\n\n'),
        text('data: {"type":"end"}\n\n', finish="stop", usage=USAGE),
    ]
    world = world_of(Script(steps))
    body = json.dumps({**json.loads(PROMPT), "stream": True}).encode()
    visit = await Visit(own(world), path="/v1/complete", body=[body]).run()
    done = json.loads(visit.events[-2].removeprefix(b"data: "))
    assert (done["type"], done["provider_used"], done["usage"]["output_tokens"]) == ("done", "p", 3)
    assert visit.events[-1].startswith(b": torana ")


async def test_any_chat_answers_in_the_envelope_when_accept_asks_for_it() -> None:
    said = '{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'
    world = world_of(Script([text(said, usage=USAGE, finish="stop")]))
    visit = await Visit(house_of(world), body=[body_of()], headers=ACCEPT).run()
    answer = visit.json()
    assert (answer["status"], answer["model"], answer["response"]) == ("success", "m", "hi")
    assert answer["metadata"]["tokens_used"] == 14
    assert answer["request_id"] == visit.head["x-request-id"]
    (receipt,) = world.recorder.receipts
    assert (receipt.dialect, receipt.ending) == ("openai_chat", "completed")


async def test_an_error_comes_in_the_envelope_too() -> None:
    world = world_of(Script(before=[ConnectFailed()]))
    visit = await Visit(house_of(world), body=[body_of()], headers=ACCEPT).run()
    assert visit.status == 503
    assert set(visit.json()) == {"request_id", "status", "error_code", "message", "details"}


async def test_an_answer_that_fits_into_no_envelope_is_the_providers_fault() -> None:
    world = world_of(Script([text("{}")]))
    visit = await Visit(house_of(world), body=[body_of()], headers=ACCEPT).run()
    assert (visit.status, visit.json()["error_code"]) == (502, "UPSTREAM_ERROR")
    assert (world.tally.holds_open, world.tally.in_flight) == (0, 0)


async def test_the_envelope_is_for_chats_alone() -> None:
    world = world_of(Script([text('{"data":[]}', usage=USAGE)]))
    visit = await Visit(
        house_of(world), path="/v1/embeddings", body=[b'{"model":"m","input":"x"}'], headers=ACCEPT
    ).run()
    assert visit.json() == {"data": []}


async def test_without_it_an_answer_keeps_its_bytes() -> None:
    world = world_of(Script([text(ANSWER)]))
    assert (await Visit(house_of(world), path=CHAT, body=[body_of()]).run()).text == ANSWER.encode()


def test_what_was_replaced_is_counted_by_kind_once_for_each_place_and_what_only_was_seen_is_not() -> None:
    trail = World().trail()
    trail.findings = [
        Found("pii@1", "email", "input", "messages[0].content", 0, 5, "d", "redact"),
        Found("words@1", "email", "input", "messages[0].content", 0, 5, "d", "mask"),
        Found("pii@1", "email", "output", "messages[0].content", 0, 5, "d", "tokenise"),
        Found("pii@1", "credit_card", "input", "messages[0].content", 9, 25, "e", "mask"),
        Found("pii@1", "phone", "input", "messages[0].content", 30, 40, "f", "flag"),
        Found("pii@1", "phone", "input", "messages[0].content", 30, 40, "f", "shadow"),
    ]
    assert replaced(trail) == {"credit_card": 1, "email": 2}


async def test_an_answer_tells_kinds_and_counts_of_what_was_replaced() -> None:
    world = world_of(
        Script([text('{"content":"I am bob@example.org","finish_reason":"stop"}', usage=USAGE, finish="stop")]),
        guardrails=(Rule("pii", "redact"),),
    )
    world.guards = {"pii": Guard("pii", Emails())}
    world.rooms = world.build()
    asked = PROMPT.replace(b"hello", b"ann@example.org, cid@example.org")
    answer = (await Visit(own(world), path="/v1/complete", body=[asked]).run()).json()
    assert answer["content"] == "I am [EMAIL]"
    assert answer["pii_summary"] == {"redacted": {"email": 3}, "guardrails": ["pii:redact", "pii:redact:output"]}
