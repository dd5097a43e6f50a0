"""The Responses dialect: what a body asks for, what an answer says, how a refusal looks, bytes that stay."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from openai import APIError, OpenAI

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault
from torana.dialects import openai_responses as dialect

ASK = {"model": "gpt", "input": "hello"}


def body(**members: object) -> bytes:
    return json.dumps({**ASK, **members}).encode()


def test_a_plain_request_is_read() -> None:
    assert dialect.read(body()) == Ask("gpt")
    assert dialect.read(body(stream=True, max_output_tokens=9, user="u")) == Ask("gpt", True, 9, user="u")
    assert dialect.read(body(safety_identifier="s")).user == "s"


def test_what_a_request_needs_is_seen() -> None:
    parts = [{"type": "input_text", "text": "x"}, {"type": "input_image", "image_url": "https://x.test/a.png"}]
    schema = {"format": {"type": "json_schema", "name": "n", "schema": {}}}
    items = [{"role": "user", "content": parts}]
    asked = dialect.read(body(input=items, tools=[{"type": "function", "name": "f"}], text=schema))
    assert asked.needs == {"vision", "tools", "json_schema"}
    output = {"type": "function_call_output", "call_id": "c", "output": parts}
    assert dialect.read(body(input=[output])).needs == {"vision"}
    assert dialect.read(body(input=[{"role": "user", "content": "input_image"}])).needs == frozenset()


@pytest.mark.parametrize("item", [{"content": [1]}, {"content": {"a": 1}}, {"output": 3}, {"type": "new"}])
def test_items_younger_than_this_code_are_let_through(item: dict[str, object]) -> None:
    assert dialect.read(body(input=[item])).needs == frozenset()


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"input": 3}, "input"),
        ({"model": 3}, "model"),
        ({"max_output_tokens": "many"}, "max_output_tokens"),
        ({"stream": 1}, "stream"),
        ({"background": True}, "background"),
    ],
)
def test_what_cannot_be_served_names_its_field(members: dict[str, object], param: str) -> None:
    with pytest.raises(GatewayError) as refused:
        dialect.read(body(**members))
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", param)


def test_another_model_changes_its_name_and_no_other_byte() -> None:
    raw = b'{ "model" : "gpt",\t"new_field": [1, 2] , "input":"x"}'
    assert dialect.retarget(raw, Ask("gpt"), "gpt", True) is raw
    assert dialect.retarget(raw, Ask("gpt"), "other", True) == raw.replace(b'"gpt"', b'"other"')


USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 2},
}


def test_an_answer_is_its_bytes_its_usage_and_its_reason() -> None:
    raw = json.dumps({"object": "response", "status": "completed", "output": [], "usage": USAGE}).encode()
    chunk = dialect.read_answer(raw, Ask("gpt"))
    assert (chunk.wire, chunk.finish) == (raw, "completed")
    assert chunk.usage == Usage(uncached=5, cache_read=4, cache_write=1, output=7, reasoning=2)


def test_an_incomplete_answer_says_why() -> None:
    raw = b'{"output":[],"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}'
    assert dialect.read_answer(raw, Ask("gpt")).finish == "max_output_tokens"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'{"status":"failed","error":{"code":"rate_limit_exceeded","message":"x"},"output":[]}', 429),
        (b'{"status":"failed","output":[]}', 502),
        (b'{"error":{"code":"server_error"}}', 500),
        (b'{"error":{"code":"503"}}', 503),
        (b'{"error":{"code":"image_too_large"}}', 400),
    ],
)
def test_an_error_inside_a_good_answer_is_a_fault(raw: bytes, status: int) -> None:
    with pytest.raises(StatusFault) as fault:
        dialect.read_answer(raw, Ask("m"))
    assert fault.value.status == status


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"half", b'{"output":3}', b"\xff"])
def test_what_is_no_response_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        dialect.read_answer(raw, Ask("m"))


def test_the_sdk_raises_on_the_event_that_ends_a_broken_stream() -> None:
    start = b'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"r"}}\n\n'
    error = GatewayError("UPSTREAM_UNAVAILABLE", "it broke")
    wire = start + dialect.refuse_event(error, "req-1")

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=wire, headers={"content-type": "text/event-stream"})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = OpenAI(api_key="k", base_url="http://h.test/v1", http_client=http)
        stream: Iterator[object] = iter(client.responses.create(model="m", input="x", stream=True))
        next(stream)
        with pytest.raises(APIError, match="it broke"):
            next(stream)


def test_the_last_event_is_also_what_the_api_describes() -> None:
    wire = dialect.refuse_event(GatewayError("RATE_LIMIT_EXCEEDED", "slow down"), "req-1")
    said = json.loads(wire.split(b"data: ")[1])
    assert said.items() >= {"type": "error", "code": "rate_limit_exceeded", "message": "slow down"}.items()


@pytest.mark.parametrize(
    "stored", [{"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"conversation": {"id": "c"}}]
)
def test_what_the_provider_stored_for_somebody_cannot_be_named(stored: dict[str, object]) -> None:
    with pytest.raises(GatewayError) as refused:
        dialect.read(json.dumps({"model": "m", "input": "x", **stored}).encode())
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", next(iter(stored)))
