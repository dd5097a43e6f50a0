"""echo: honest answers without a network, in shapes that the SDK's own types accept."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from anthropic.types import Message
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response
from pydantic import BaseModel

from tests.contract.provider.memory import MemoryUpstream, attempt_of, prompt_of
from torana.core.call import Chunk
from torana.core.faults import StatusFault
from torana.dialects import openai_chat
from torana.providers.echo import MOST_TOKENS, Settings
from torana.providers.echo import open as open_echo

TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("look", "book")]


async def chunks(body: dict, dialect: str = "openai_chat", **settings: object) -> list[Chunk]:
    prompt = prompt_of(json.dumps(body).encode(), dialect)
    reply = await open_echo(Settings(**settings), MemoryUpstream()).send(attempt_of(), prompt)
    return [chunk async for chunk in reply.source]


async def answer(content: object = "say this", **members: object) -> ChatCompletion:
    (chunk,) = await chunks({"model": "m", "messages": [{"role": "user", "content": content}], **members})
    return ChatCompletion.model_validate_json(chunk.wire)


async def events(content: str, **members: object) -> tuple[list[Chunk], list[ChatCompletionChunk]]:
    body = {"model": "m", "messages": [{"role": "user", "content": content}], "stream": True, **members}
    out = await chunks(body)
    wire = b"".join(chunk.wire for chunk in out).decode()
    assert wire.endswith("data: [DONE]\n\n")
    lines = wire.removesuffix("data: [DONE]\n\n").strip().split("\n\n")
    return out, [ChatCompletionChunk.model_validate_json(line.removeprefix("data: ")) for line in lines]


async def test_it_says_back_what_the_user_said_last() -> None:
    shown = await answer()
    assert shown.choices[0].message.content == "say this"
    assert shown.model == "up-model"
    assert (
        await answer([{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}])
    ).choices[0].message.content == "a  b"


async def test_the_stream_says_the_same_word_by_word_and_decodes_by_our_own_dialect() -> None:
    out, shown = await events("one two  three", stream_options={"include_usage": True})
    words = [event.choices[0].delta.content for event in shown if event.choices and event.choices[0].delta.content]
    assert words == ["one", " two", " ", " three"]
    assert shown[-1].usage is not None
    decoder = openai_chat.decoder(
        prompt_of(b'{"messages":[{"role":"u"}],"stream":true,"stream_options":{"include_usage":true}}').ask
    )
    again = [chunk for sent in out for chunk in decoder.feed(sent.wire)]
    assert [(chunk.content, chunk.finish, chunk.usage) for chunk in again] == [
        (chunk.content, chunk.finish, chunk.usage) for chunk in out
    ]


async def test_usage_that_nobody_asked_for_is_not_shown() -> None:
    out, shown = await events("a b")
    assert all(event.usage is None for event in shown)
    assert out[-1].usage is not None


async def test_max_tokens_is_honoured() -> None:
    shown = await answer("abcdefghijkl", max_tokens=2)
    assert (shown.choices[0].message.content, shown.choices[0].finish_reason) == ("abcdefgh", "length")
    assert shown.usage is not None
    assert shown.usage.completion_tokens == 2


async def test_candidates_are_made_and_counted() -> None:
    shown = await answer("abcd" * 5, n=3)
    assert [choice.index for choice in shown.choices] == [0, 1, 2]
    assert shown.usage is not None
    assert shown.usage.completion_tokens == 15


async def test_a_long_text_is_bounded() -> None:
    shown = await answer("abcd" * (MOST_TOKENS + 9))
    assert shown.choices[0].finish_reason == "length"


@pytest.mark.parametrize(("content", "choice", "called"), [
    ("hi", "required", "look"), ("hi", {"type": "function", "function": {"name": "book"}}, "book"),
    ("please call book", "auto", "book"), ("hi", "auto", None), ("call look", "none", None),
])  # fmt: skip
async def test_a_tool_is_called_when_forced_or_asked_for(content: str, choice: object, called: str | None) -> None:
    calls = (await answer(content, tools=TOOLS, tool_choice=choice)).choices[0].message.tool_calls
    assert [(one.function.name, one.function.arguments) for one in calls or ()] == ([(called, "{}")] if called else [])
    _, shown = await events(content, tools=TOOLS, tool_choice=choice)
    parts = [event.choices[0].delta.tool_calls[0].function for event in shown if event.choices[0].delta.tool_calls]
    assert "".join(part.name or "" for part in parts) == (called or "")
    assert "".join(part.arguments or "" for part in parts) == ("{}" if called else "")


async def test_a_schema_is_filled_and_one_without_end_does_no_harm() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    form = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    assert (await answer(response_format=form)).choices[0].message.content == '{"a":0}'
    form["json_schema"]["schema"] = {"$ref": "#"}
    assert (await answer(response_format=form)).choices[0].message.content == "null"


async def embedded(**members: object) -> CreateEmbeddingResponse:
    (chunk,) = await chunks({"model": "e", **members}, "embeddings")
    return CreateEmbeddingResponse.model_validate_json(chunk.wire)


async def test_embeddings_are_unit_vectors_that_depend_on_the_text_alone() -> None:
    one = await embedded(input=["a", "b", "a"])
    vectors = [item.embedding for item in one.data]
    assert len(vectors[0]) == 64
    assert vectors[0] == vectors[2] != vectors[1]
    assert sum(number * number for number in vectors[0]) == pytest.approx(1)


async def test_dimensions_and_base64_are_honoured() -> None:
    (chunk,) = await chunks({"input": "a", "dimensions": 8, "encoding_format": "base64"}, "embeddings")
    packed = base64.b64decode(json.loads(chunk.wire)["data"][0]["embedding"])
    plain = (await embedded(input="a", dimensions=8)).data[0].embedding
    assert struct.unpack("<8f", packed) == pytest.approx(plain)


@pytest.mark.parametrize(("value", "count"), [("a", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1], [2]], 2)])
async def test_every_kind_of_input_gets_its_embeddings(value: object, count: int) -> None:
    assert len((await embedded(input=value)).data) == count


@pytest.mark.parametrize(("body", "dialect"), [
    ({"input": ["a"] * 2048, "dimensions": 4096}, "embeddings"),
    ({"messages": [{"role": "user", "content": "x"}], "tools": ["x"]}, "openai_chat"),
])  # fmt: skip
async def test_what_it_cannot_do_is_a_400_as_of_a_provider(body: dict, dialect: str) -> None:
    with pytest.raises(StatusFault) as caught:
        await chunks(body, dialect)
    assert caught.value.status == 400
    assert json.loads(caught.value.body)["error"]["type"] == "invalid_request_error"


ASKED = [{"role": "user", "content": "say this"}]
FOREIGN = [
    ("openai_responses", {"model": "m", "input": "say this"}, Response),
    ("anthropic_messages", {"model": "m", "max_tokens": 99, "messages": ASKED}, Message),
]


@pytest.mark.parametrize(("dialect", "body", "shape"), FOREIGN)
async def test_other_chat_dialects_are_answered_in_their_own_shapes(
    dialect: str, body: dict, shape: type[BaseModel]
) -> None:
    (whole,) = await chunks(body, dialect)
    shape.model_validate_json(whole.wire)
    assert b"say this" in whole.wire
    assert (whole.finish, whole.usage and whole.usage.output) == ("stop", 2)
    streamed = await chunks({**body, "stream": True}, dialect)
    assert [chunk.finish for chunk in streamed if chunk.finish] == ["stop"]
    assert [chunk.usage.output for chunk in streamed if chunk.usage] == [2]
    assert b"event: " in streamed[0].wire


async def test_what_a_translation_leaves_out_is_named() -> None:
    prompt = prompt_of(json.dumps({"model": "m", "input": "x", "store": True}).encode(), "openai_responses")
    reply = await open_echo(Settings(), MemoryUpstream()).send(attempt_of(), prompt)
    assert dict(reply.headers) == {"x-torana-dropped": "store"}


@pytest.mark.parametrize(
    ("dialect", "body", "count"),
    [
        ("gemini_embed_content", {"content": {"parts": [{"text": "hi"}]}}, 1),
        ("gemini_batch_embed", {"requests": [{"content": {"parts": [{"text": one}]}} for one in "ab"]}, 2),
    ],
)
async def test_other_dialects_of_embeddings_are_answered_in_their_own_shapes(
    dialect: str, body: dict, count: int
) -> None:
    prompt = prompt_of(json.dumps(body).encode(), dialect)
    prompt.operation = "embeddings"
    reply = await open_echo(Settings(), MemoryUpstream()).send(attempt_of(), prompt)
    (chunk,) = [chunk async for chunk in reply.source]
    said = json.loads(chunk.wire)
    rows = said["embeddings"] if count > 1 else [said["embedding"]]
    assert [len(row["values"]) for row in rows] == [64] * count
