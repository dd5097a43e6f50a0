"""Texts that come whole in events of a stream: who needs whole texts, or asks somebody, sees what was in no piece."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.line.finders import Asks, Emails, Finds
from tests.line.world import World
from tests.unit.line.test_guard_stream import Stage
from torana.core.errors import GatewayError
from torana.core.tickets import Rule
from torana.line.guard_team import Guard


def wire(*events: Any) -> list[bytes]:
    return [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]


def gemini(*parts: Any, **more: Any) -> Any:
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}],
        "modelVersion": "g",
    }


CALL = {"functionCall": {"name": "send", "args": {"to": "somebody", "text": "a bad day"}}}
ANSWER = wire(gemini({"text": "I will "}), gemini({"text": "do it."}), gemini(CALL, finishReason="STOP"))
ITEM = {"type": "function_call", "id": "i1", "call_id": "c1", "name": "send", "arguments": '{"text": "a bad day"}'}
PLACE = {"item_id": "i1", "output_index": 0}
RESPONSES = wire(
    {"type": "response.output_item.added", "output_index": 0, "item": {**ITEM, "arguments": ""}},
    {"type": "response.function_call_arguments.delta", **PLACE, "delta": ITEM["arguments"][:7]},
    {"type": "response.function_call_arguments.delta", **PLACE, "delta": ITEM["arguments"][7:]},
    {"type": "response.function_call_arguments.done", **PLACE, "arguments": ITEM["arguments"]},
    {"type": "response.output_item.done", "output_index": 0, "item": ITEM},
    {"type": "response.completed", "response": {"id": "r", "model": "g", "output": [ITEM]}},
)


class Whole(Finds):
    """Finds its word in a text that is there as a whole."""

    def tail(self, text: str) -> int:
        return 0


def judge(word: str) -> tuple[Asks, dict[str, Guard]]:
    asks = Asks(word)
    return asks, {"j": Guard("j", asks, ("output",), "slow", "whole")}


async def test_a_judge_sees_arguments_that_come_in_one_event_and_what_is_clean_leaves_as_it_came() -> None:
    asks, guards = judge("nothing")
    assert b"".join(await Stage(guards, Rule("j"), dialect="gemini").play(ANSWER)) == b"".join(ANSWER)
    assert sorted(text for texts in asks.asked for text in texts) == [
        "I will do it.",
        "text: a bad day",
        "to: somebody",
    ]


@pytest.mark.parametrize("kind", ["judge", "whole"])
async def test_what_they_find_there_ends_the_stream_before_the_event(kind: str) -> None:
    guards = judge("bad")[1] if kind == "judge" else {"j": Guard("j", Whole("bad"), unit="whole")}
    stage = Stage(guards, Rule("j"), dialect="gemini")
    with pytest.raises(GatewayError) as caught:
        await stage.play(ANSWER)
    assert caught.value.code == "GUARDRAIL_BLOCKED"
    assert b"bad" not in b"".join(stage.sent)


async def test_what_they_find_there_is_replaced_in_the_event() -> None:
    _, guards = judge("bad")
    sent = b"".join(await Stage(guards, Rule("j", "redact"), dialect="gemini").play(ANSWER))
    assert b"[JUDGED]" in sent and b"bad" not in sent


async def test_what_repeats_the_pieces_is_not_asked_about_again() -> None:
    asks, guards = judge("nothing")
    await Stage(guards, Rule("j"), dialect="openai_responses").play(RESPONSES)
    assert [text for texts in asks.asked for text in texts].count(ITEM["arguments"]) == 1


async def test_arguments_that_are_others_than_the_pieces_said_are_looked_at() -> None:
    asks, guards = judge("bad")
    other = wire(
        {"type": "response.output_item.done", "output_index": 0, "item": {**ITEM, "arguments": '{"a": "bad"}'}}
    )
    clean = [one.replace(b"bad", b"fine") for one in RESPONSES[:4]]
    with pytest.raises(GatewayError):
        await Stage(guards, Rule("j"), dialect="openai_responses").play([*clean, *other])
    assert asks.asked


async def test_tokens_in_such_texts_become_what_they_stand_for_and_a_judge_sees_the_token() -> None:
    asks, guards = judge("nothing")
    stage = Stage(
        {**guards, "pii": Guard("pii", Emails(), ("input",))}, Rule("j"), Rule("pii", "tokenise"), dialect="gemini"
    )
    call = stage_call(stage, "write to ann@example.org")
    prompt = await stage.room.inbound(stage.grant, call)
    token = json.loads(prompt.body)["messages"][0]["content"].removeprefix("write to ")
    args = {"functionCall": {"name": "send", "args": {"to": token}}}
    sent = b"".join(await stage.play(wire(gemini(args, finishReason="STOP"))))
    assert b"ann@example.org" in sent and token.encode() not in sent
    assert [f"to: {token}"] in asks.asked


def stage_call(stage: Stage, text: str) -> Any:
    call = World().call(json.dumps({"messages": [{"role": "user", "content": text}]}).encode())
    call.trail = stage.trail
    return call
