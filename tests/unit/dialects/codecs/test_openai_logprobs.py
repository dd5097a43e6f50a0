"""Log probabilities of hosts that speak OpenAI's dialect: their own shapes spoil nobody's answer."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Ask, Call, Prompt
from torana.core.trail import Trail
from torana.dialects import gemini_content, openai_responses
from torana.dialects.codecs import openai_chat
from torana.dialects.codecs.openai_logprobs import listed
from torana.dialects.translation import translation

GOOD = b'[{"token":"hi","logprob":-0.5,"bytes":[104,105],"top_logprobs":[{"token":"ho","logprob":null,"more":1}]}]'
ODD = [b'"text"', b"{}", b"[1]", b'[{"token":1}]', b'[{"token":"x","bytes":"x"}]', b"[[]]", b"1", b"[" * 9000]


def test_a_list_of_tokens_is_its_bytes() -> None:
    assert listed(GOOD) == GOOD


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"[ ]", *ODD])
def test_anything_else_is_nothing(raw: bytes) -> None:
    assert listed(raw) == b""


def asked(dialect: str, body: bytes) -> Prompt:
    read = {"gemini_content": lambda raw: gemini_content.read_named(raw, "m", "generateContent")}
    call = Call(dialect, "chat", body, (), read.get(dialect, openai_responses.read), Trail("r", "i", 0.0, 0.0))
    return Prompt(call, "m", body)


@pytest.mark.parametrize("odds", [GOOD, *ODD[:-1]])
@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("gemini_content", b'{"contents":[{"parts":[{"text":"x"}]}]}'),
        ("openai_responses", b'{"model":"m","input":"x"}'),
    ],
)
def test_an_answer_with_odd_ones_is_translated_without_them(dialect: str, body: bytes, odds: bytes) -> None:
    turned = translation(asked(dialect, body), openai_chat, "up")
    said = b'{"id":"x","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"logprobs":{"content":'
    chunk = turned.read_answer(said + odds + b'},"finish_reason":"stop"}]}', Ask("m"))
    text = json.dumps(json.loads(chunk.wire))
    assert '"hi"' in text
    assert ("-0.5" in text) is (odds == GOOD)
