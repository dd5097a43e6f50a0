"""A prompt of ``/generate`` is one message of a user."""

from __future__ import annotations

import pytest

from torana.core.errors import GatewayError
from torana.core.events import Format, Request, Sampling, Text, Turn
from torana.dialects.codecs import generate

SIMPLE = Request("m", (Turn("user", (Text("hi"),)),), sampling=Sampling(max_output=9, temperature=0.5))


def test_a_prompt_is_one_message_of_a_user() -> None:
    request = generate.read_request(b'{"prompt":"hi","model":"m","max_tokens":9,"temperature":0.5,"top_k":3}')
    assert request == SIMPLE._replace(dropped=("top_k",))


def test_what_is_written_is_read_again() -> None:
    assert generate.read_request(generate.write_request(SIMPLE, "m").body) == SIMPLE


@pytest.mark.parametrize(
    "more",
    [
        {"turns": (*SIMPLE.turns, *SIMPLE.turns)},
        {"turns": ()},
        {"system": (Text("be brief"),)},
        {"format": Format("json")},
    ],
)
def test_more_than_a_prompt_is_refused_aloud(more: dict[str, object]) -> None:
    with pytest.raises(GatewayError) as caught:
        generate.write_request(SIMPLE._replace(**more), "m")  # type: ignore[arg-type]
    assert caught.value.code == "CAPABILITY_MISSING"
