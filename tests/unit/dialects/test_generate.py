"""The smallest dialect: a prompt in, a text out."""

from __future__ import annotations

import json

import pytest

from tests.unit.dialects.test_complete import TOLD
from torana.core.call import ANY_PROVIDER, Ask
from torana.core.errors import GatewayError
from torana.dialects import complete, generate


def test_a_prompt_and_a_bound_are_enough() -> None:
    ask = generate.read(b'{"prompt": "Explain Redis simply", "max_tokens": 100}')
    assert ask == Ask(None, False, 100, provider=ANY_PROVIDER)


def test_a_model_and_a_stream_may_be_asked_for() -> None:
    assert generate.read(b'{"prompt": "x", "model": "m", "stream": true}') == Ask("m", True)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"prompt": ""}', b'{"prompt": ["x"]}', b'{"prompt": "x", "max_tokens": 0}', b"[]", b""]
)
def test_what_is_no_prompt_is_refused(body: bytes) -> None:
    with pytest.raises(GatewayError) as caught:
        generate.read(body)
    assert caught.value.code == "REQUEST_INVALID"


def test_a_whole_answer_has_five_members() -> None:
    answer = json.loads(generate.dress(b'{"content":"hi","finish_reason":"stop"}', TOLD))
    assert answer == {
        "response": "hi",
        "model": "m",
        "cached": False,
        "usage": complete.usage(TOLD),
        "request_id": "req-1",
    }


def test_the_last_event_of_a_stream_says_the_rest() -> None:
    last = json.loads(generate.dress_end(TOLD).removeprefix(b"data: "))
    assert (last["type"], last["model"], last["request_id"]) == ("done", "m", "req-1")
