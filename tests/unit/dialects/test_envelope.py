"""The plain envelope around the answers of any chat dialect."""

from __future__ import annotations

import json

import pytest

from tests.unit.dialects.test_complete import TOLD
from torana.core.errors import GatewayError
from torana.core.events import Counted, Ended, Request, TextPiece
from torana.dialects import anthropic_messages, complete, gemini_content, generate, openai_chat, openai_responses
from torana.dialects.envelope import Envelope
from torana.dialects.translation import CLIENTS

DIALECTS = [openai_chat, openai_responses, anthropic_messages, gemini_content, complete, generate]
EVENTS = (TextPiece("Hi "), TextPiece("you"), Ended("stop"), Counted(TOLD.usage))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda module: module.ID)
def test_every_chat_dialect_fits_into_it(dialect: object) -> None:
    envelope = Envelope(dialect)  # type: ignore[arg-type]
    wire = CLIENTS[envelope.ID].write_whole(EVENTS, Request("m", ()))
    assert json.loads(envelope.dress(wire, TOLD)) == {
        "request_id": "req-1",
        "status": "success",
        "model": "m",
        "response": "Hi you",
        "metadata": {"tokens_used": 14, "latency_ms": 12, "timestamp": "2026-09-21T14:13:20.250Z"},
    }


def test_a_refusal_of_the_model_is_its_response() -> None:
    wire = b'{"choices":[{"index":0,"message":{"role":"assistant","refusal":"no"},"finish_reason":"stop"}]}'
    assert json.loads(Envelope(openai_chat).dress(wire, TOLD))["response"] == "no"


def test_a_stream_in_it_is_refused() -> None:
    body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}'
    with pytest.raises(GatewayError) as caught:
        Envelope(openai_chat).read(body)
    assert (caught.value.code, caught.value.param) == ("REQUEST_INVALID", "stream")


def test_a_request_is_read_in_its_own_dialect() -> None:
    body = b'{"model":"m","max_tokens":3,"messages":[{"role":"user","content":"x"}]}'
    assert Envelope(openai_chat).read(body) == openai_chat.read(body)


def test_its_refusals_are_flat() -> None:
    said = json.loads(Envelope(openai_chat).refuse(GatewayError("KEY_INVALID", "who?"), "req-1"))
    assert said == {
        "request_id": "req-1",
        "status": "error",
        "error_code": "KEY_INVALID",
        "message": "who?",
        "details": {},
    }


def test_an_answer_in_it_is_bounded_as_in_its_own_dialect() -> None:
    assert Envelope(openai_chat).bound is openai_chat.bound
    assert Envelope(anthropic_messages).bound is None
