"""Guardrails over the whole line and the edge: what a caller sees, what a provider sees, what the Receipt says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.line.asgi import Visit, body_of, house_of
from tests.line.finders import Asks, Emails
from tests.line.streams import SPEECHES, heard, wires
from tests.line.world import AT_ONCE, Script, ScriptedProvider, World, model, snapshot
from torana.core.call import Chunk, Usage
from torana.core.tickets import Rule
from torana.line.guard import Guard

GUARDS = {"pii": Guard("pii", Emails(), version="v1")}
CHAT = SPEECHES[0]
MAIL = "ann@example.org"


def world(*rules: Rule, steps: Any = (), guards: Any = GUARDS) -> World:
    facts: dict[str, Any] = {"limits": (AT_ONCE,), "guardrails": rules}
    return World(snapshot(model(), **facts), {"p": ScriptedProvider(Script(steps))}, guards=guards)


def answer(text: str) -> bytes:
    return json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}).encode()


def stream(*pieces: str) -> list[Chunk]:
    chunks = [Chunk(wire) for wire in wires(CHAT, pieces)]
    return [*chunks[:-2], replace(chunks[-2], finish="stop", usage=Usage(uncached=5, output=7)), chunks[-1]]


async def visited(at: World, **members: object) -> Visit:
    visit = await Visit(house_of(at), body=[body_of(**members)]).run()
    assert at.held_back() == 0 and at.money_held() == 0
    assert all(source.given_back for source in at.sources)
    return visit


async def test_a_plain_answer_that_is_refused_is_an_error_and_billed() -> None:
    at = world(Rule("pii"), steps=[Chunk(answer(MAIL), usage=Usage(uncached=5, output=7), finish="stop")])
    visit = await visited(at)
    assert visit.status == 400
    assert visit.json()["error"]["code"] == "content_policy_violation"
    assert MAIL.encode() not in visit.text
    (receipt,) = at.recorder.receipts
    assert (receipt.ending, receipt.error_code) == ("refused", "GUARDRAIL_BLOCKED")
    assert (receipt.input_tokens, receipt.output_tokens) == (5, 7)
    assert receipt.cost_nano > 0
    assert receipt.verdicts == ["pii@v1:pass", "pii@v1:block:output"]
    assert [(one.kind, one.side, one.path) for one in receipt.findings] == [
        ("email", "output", "choices[0].message.content")
    ]


async def test_a_plain_answer_that_is_redacted_tells_its_new_length() -> None:
    at = world(Rule("pii", "redact"), steps=[Chunk(answer(f"I am {MAIL}"), finish="stop")])
    visit = await visited(at)
    assert visit.status == 200
    assert visit.json()["choices"][0]["message"]["content"] == "I am [EMAIL]"
    assert int(visit.head["content-length"]) == len(visit.text)
    assert visit.head["x-torana-guardrails"] == "pii@v1:pass,pii@v1:redact:output"


async def test_a_stream_that_is_refused_ends_with_an_error_of_its_dialect() -> None:
    at = world(Rule("pii"), steps=stream("I am ", "ann@", "example.org", " yes"))
    visit = await visited(at, stream=True)
    assert visit.status == 200
    events = [line[6:] for line in visit.text.split(b"\n") if line.startswith(b"data: {")]
    assert json.loads(events[-1])["error"]["code"] == "content_policy_violation"
    assert b"ann" not in visit.text
    (receipt,) = at.recorder.receipts
    assert (receipt.ending, receipt.error_code) == ("cut", "GUARDRAIL_BLOCKED")
    assert receipt.output_tokens > 0
    assert receipt.verdicts == ["pii@v1:pass", "pii@v1:block:output"]


async def test_a_stream_refused_before_its_first_word_is_a_plain_error() -> None:
    judge = {"j": Guard("j", Asks("bad"), unit="whole", price="slow")}
    at = world(Rule("j", side="output"), steps=stream("a bad ", "day"), guards=judge)
    visit = await visited(at, stream=True)
    assert visit.status in (200, 400)
    assert b"bad" not in visit.text.replace(b"GUARDRAIL", b"")


@pytest.mark.parametrize("mode", ["redact", "mask", "tokenise"])
async def test_a_stream_that_is_changed_is_whole_and_completed(mode: str) -> None:
    at = world(Rule("pii", mode, "output"), steps=stream("I am ", "ann@", "example.org", " yes"))
    visit = await visited(at, stream=True)
    said = heard(CHAT, visit.text)
    assert said.startswith("I am ") and said.endswith(" yes") and "ann@" not in said
    (receipt,) = at.recorder.receipts
    assert (receipt.ending, receipt.finish, receipt.output_tokens) == ("completed", "stop", 7)
    assert receipt.verdicts == [f"pii@v1:{mode}:output"]


async def test_what_is_refused_on_the_way_in_reaches_no_provider() -> None:
    at = world(Rule("pii"))
    visit = await visited(at, messages=[{"role": "user", "content": MAIL}])
    assert visit.status == 400
    assert at.sources == []
    assert at.recorder.receipts[0].findings[0].side == "input"


async def test_a_caller_who_leaves_a_guarded_stream_is_charged_for_what_came() -> None:
    at = world(Rule("pii", "redact"), steps=stream("one ", "two ", "ann@ex"))
    visit = Visit(house_of(at), body=[body_of(stream=True)])
    visit.fails_at = 3
    await visit.run()
    (receipt,) = at.recorder.receipts
    assert receipt.ending in ("client_gone", "completed")
    assert all(source.given_back for source in at.sources)
    assert at.held_back() == 0


async def test_no_member_of_a_request_hides_what_is_in_it() -> None:
    at = world(Rule("pii"), steps=[Chunk(answer("fine"), finish="stop")])
    visit = await visited(at, messages=[{"role": "user", "content": "x", "logprobs": [{"token": MAIL}]}])
    assert visit.status == 400
    assert at.sources == []
