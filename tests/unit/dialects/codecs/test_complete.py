"""Requests of ``/v1/complete`` are OpenAI's chat with members that are meant for us."""

from __future__ import annotations

import json

from torana.core.events import Text, Turn
from torana.dialects.codecs import complete, openai_chat

BODY = {
    "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
    "max_tokens": 256,
    "temperature": 0.7,
}


def test_provider_and_team_are_ours_and_not_lost() -> None:
    request = complete.read_request(json.dumps({**BODY, "provider": "p", "team_id": "t", "odd": 1}).encode())
    assert request.dropped == ("odd",)
    assert request.turns == (Turn("user", (Text("hello"),)),)
    assert (request.sampling.max_output, request.sampling.temperature) == (256, 0.7)


def test_everything_else_is_read_as_chat_is() -> None:
    body = json.dumps({**BODY, "model": "m", "stop": ["x"], "user": "ann"}).encode()
    assert complete.read_request(body) == openai_chat.read_request(body)._replace(wants_usage=True)


def test_what_is_written_is_read_again() -> None:
    request = complete.read_request(json.dumps({**BODY, "model": "m"}).encode())
    assert complete.read_request(complete.write_request(request, "m").body) == request
