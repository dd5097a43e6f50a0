"""The same call straight to the upstream and through the gateway gives the same bytes, both ways."""

from __future__ import annotations

import http.client
import json
import re
from typing import NamedTuple

import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway
from tests.e2e.mocks import UPSTREAM_KEY, Aimock, Llmock
from tests.e2e.road import straight
from tests.e2e.shapes import CITIES, EVENT_FORMAT, EVENT_QUESTION, HELLO, PICTURE_QUESTION, WEATHER_TOOL

pytestmark = straight

USAGE = {"stream_options": {"include_usage": True}}
CHATS: dict[str, dict[str, object]] = {
    "plain": {"messages": HELLO},
    "stream": {"messages": HELLO, "stream": True, **USAGE},
    "tools": {"messages": CITIES, "tools": [WEATHER_TOOL]},
    "streamed tools": {"messages": CITIES, "tools": [WEATHER_TOOL], "stream": True, **USAGE},
    "schema": {"messages": EVENT_QUESTION, "response_format": EVENT_FORMAT},
    "streamed schema": {"messages": EVENT_QUESTION, "response_format": EVENT_FORMAT, "stream": True, **USAGE},
    "picture": {"messages": PICTURE_QUESTION},
    "unknown fields": {"messages": HELLO, "next_year": [None, 1.50, {"deep": "\u2028"}]},
}
EMBEDDINGS: dict[str, dict[str, object]] = {
    "one": {"input": "embed me"},
    "many as floats": {"input": ["embed me", "embed me too"], "encoding_format": "float"},
    "base64": {"input": "embed me", "encoding_format": "base64"},
}
MADE_UP = [
    # llmock makes these afresh for each answer, always of the same length
    (re.compile(rb'"id":"(chatcmpl-|call_)[0-9a-f]{24}"'), rb'"id":"\1"'),
    (re.compile(rb'"created":\d{10}'), b'"created":0'),
]
OURS = re.compile(rb": torana \{[^\n]*\}\n\n$")
"""The comment with which the gateway ends a stream."""


class Got(NamedTuple):
    status: int
    kind: str
    body: bytes


def post(origin: str, path: str, key: str, body: bytes) -> Got:
    connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=20)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        return Got(answer.status, (answer.headers.get_content_type()), answer.read())
    finally:
        connection.close()


def without_made_up(body: bytes) -> bytes:
    for pattern, instead in MADE_UP:
        body = pattern.sub(instead, body)
    return body


def assert_same(gateway: Gateway, mock: Aimock | Llmock, path: str, body: dict[str, object]) -> None:
    wire = json.dumps(body, ensure_ascii=False, indent=1).encode()
    straight_to = post(mock.origin, path, UPSTREAM_KEY, wire)
    through = post(gateway.origin, path, CALLER_KEY, wire)
    assert straight_to.status == 200, straight_to
    assert (through.status, through.kind) == (straight_to.status, straight_to.kind), through
    expected, found = without_made_up(straight_to.body), without_made_up(OURS.sub(b"", through.body))
    assert found == expected


@pytest.mark.parametrize("case", CHATS)
def test_a_chat_through_the_gateway_is_byte_for_byte_that_of_aimock(
    gateway: Gateway,
    aimock: Aimock,
    case: str,
) -> None:
    assert_same(gateway, aimock, "/v1/chat/completions", {"model": aimock.chat_model, **CHATS[case]})


@pytest.mark.parametrize("case", CHATS)
def test_a_chat_through_the_gateway_is_byte_for_byte_that_of_llmock(
    gateway: Gateway,
    llmock_server: Llmock,
    case: str,
) -> None:
    llmock_server.script()
    assert_same(gateway, llmock_server, "/v1/chat/completions", {"model": llmock_server.chat_model, **CHATS[case]})
    first, second = (seen["body"] for seen in llmock_server.seen())
    assert first == second, "the upstream was not sent what the caller sent"


@pytest.mark.parametrize("case", EMBEDDINGS)
@pytest.mark.parametrize("upstream", ["aimock", "llmock_server"])
def test_embeddings_through_the_gateway_are_byte_for_byte_those_of_the_upstream(
    gateway: Gateway,
    request: pytest.FixtureRequest,
    upstream: str,
    case: str,
) -> None:
    mock = request.getfixturevalue(upstream)
    assert_same(gateway, mock, "/v1/embeddings", {"model": mock.embedding_model, **EMBEDDINGS[case]})


@pytest.mark.parametrize("stream", [False, True])
def test_a_stream_never_shows_usage_that_only_the_gateway_asked_for(
    gateway: Gateway,
    aimock: Aimock,
    stream: bool,
) -> None:
    assert_same(
        gateway,
        aimock,
        "/v1/chat/completions",
        {
            "model": aimock.chat_model,
            "messages": HELLO,
            **({"stream": True} if stream else {}),
        },
    )
