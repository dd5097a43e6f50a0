"""Every dialect to every other: what the provider says arrives in the caller's dialect, wherever the bytes are cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Ask, Call, Chunk, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.events import (
    Began,
    Counted,
    Ended,
    Event,
    Format,
    Media,
    Request,
    Sampling,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    Tool,
    ToolBegan,
    ToolCall,
    ToolPiece,
    ToolResult,
    Turn,
)
from torana.core.faults import ConnectionBroken
from torana.core.trail import Trail
from torana.dialects import anthropic_messages, embeddings, gemini_content, openai_chat, openai_responses
from torana.dialects.codecs import openai_chat as chat_codec
from torana.dialects.sealed import mark_in
from torana.dialects.translation import CODECS, Translation, marks_under, translation
from torana.ports.codec import Codec, Written

READS = {one.ID: one.read for one in (anthropic_messages, gemini_content, openai_chat, openai_responses)}
WAYS = list(itertools.permutations(sorted(CODECS), 2))
USAGE = Usage(uncached=5, cache_read=3, output=4)
TEXT: tuple[Event, ...] = (Began("id-1", "m", 7), TextPiece("Hi "), TextPiece("you"), Ended("stop"), Counted(USAGE))
CALLS: tuple[Event, ...] = (
    Began("id-1", "m", 7),
    ToolBegan(0, "call_1", "get"),
    ToolPiece(0, '{"a":'),
    ToolPiece(0, " 1.50}"),
    ToolBegan(1, "call_2", "put"),
    ToolPiece(1, "{}"),
    Ended("tools"),
    Counted(USAGE),
)
ASKED = Request(
    model="m",
    system=(Text("be brief"),),
    turns=(
        Turn("user", (Text("look"), Media("image", "image/png", data="aGk="))),
        Turn("assistant", (ToolCall("call_1", "get", '{"a":1}'),)),
        Turn("user", (ToolResult("call_1", (Text("one"),), "get"),)),
    ),
    tools=(Tool("get", "gets", b'{"type":"object","properties":{"a":{"type":"integer"}}}'),),
    sampling=Sampling(max_output=64, temperature=0.5),
)


def joined(client: str, provider: str, stream: bool = True) -> Translation:
    return Translation(CODECS[client], CODECS[provider], ASKED._replace(stream=stream), "up")


def wire_of(provider: str, row: tuple[Event, ...]) -> bytes:
    """The provider's stream; Gemini says each call whole, so each event is written at once."""
    writer = CODECS[provider].writer(ASKED._replace(stream=True))
    return writer.write(row) + writer.finish()


def through(translated: Translation, pieces: list[bytes]) -> list[Chunk]:
    decoder = translated.decoder(Ask("m", stream=True))
    return [*itertools.chain.from_iterable(decoder.feed(piece) for piece in pieces), *decoder.finish()]


def said(codec: Codec, wire: bytes) -> tuple[str, dict[int, tuple[str, str]], list[str]]:
    """Text, calls by place (name, arguments) and endings, as a client of the dialect reads them."""
    reader = codec.reader()
    return told([*reader.feed(wire), *reader.finish()])


def told(events: list[Event]) -> tuple[str, dict[int, tuple[str, str]], list[str]]:
    text = "".join(event.text for event in events if isinstance(event, TextPiece))
    calls = {event.place: (event.name, "") for event in events if isinstance(event, ToolBegan)}
    for event in events:
        if isinstance(event, ToolPiece):
            name, arguments = calls[event.place]
            calls[event.place] = (name, arguments + event.text)
    return text, calls, [event.reason for event in events if isinstance(event, Ended)]


def same(found: dict[int, tuple[str, str]], wanted: dict[int, tuple[str, str]], exact: bool) -> bool:
    """Gemini's arguments are an object of its wire, so their spacing is not the model's own."""
    if exact:
        return found == wanted
    return {at: (name, json.loads(text)) for at, (name, text) in found.items()} == {
        at: (name, json.loads(text)) for at, (name, text) in wanted.items()
    }


@pytest.mark.parametrize(("client", "provider"), WAYS)
@pytest.mark.parametrize("row", [TEXT, CALLS], ids=["text", "tools"])
def test_a_stream_arrives_in_the_callers_dialect(client: str, provider: str, row: tuple[Event, ...]) -> None:
    chunks = through(joined(client, provider), [wire_of(provider, row)])
    text, calls, endings = said(CODECS[client], b"".join(chunk.wire for chunk in chunks))
    wanted = told(list(row))
    assert (text, endings) == (wanted[0], wanted[2])
    assert same(calls, wanted[1], exact="gemini_content" not in (client, provider))
    assert any(chunk.content for chunk in chunks)
    assert [chunk.usage for chunk in chunks if chunk.usage][-1] == USAGE


@pytest.mark.parametrize(("client", "provider"), WAYS)
def test_a_stream_is_the_same_wherever_it_is_cut(client: str, provider: str) -> None:
    wire = wire_of(provider, CALLS)
    whole = said(CODECS[client], b"".join(chunk.wire for chunk in through(joined(client, provider), [wire])))
    step = max(1, len(wire) // 60)
    for cut in range(0, len(wire), step):
        chunks = through(joined(client, provider), [wire[:cut], wire[cut:]])
        assert said(CODECS[client], b"".join(chunk.wire for chunk in chunks)) == whole


@pytest.mark.parametrize(("client", "provider"), WAYS)
def test_a_stream_that_was_cut_short_is_no_whole_answer(client: str, provider: str) -> None:
    wire = CODECS[provider].writer(ASKED._replace(stream=True)).write(TEXT[:2])
    with pytest.raises(ConnectionBroken):
        through(joined(client, provider), [wire])


@pytest.mark.parametrize(("client", "provider"), WAYS)
@pytest.mark.parametrize("row", [TEXT, CALLS], ids=["text", "tools"])
def test_a_whole_answer_arrives_in_the_callers_dialect(client: str, provider: str, row: tuple[Event, ...]) -> None:
    body = CODECS[provider].write_whole(row, ASKED)
    chunk = joined(client, provider, stream=False).read_answer(body, Ask("m"))
    text, calls, endings = told(list(CODECS[client].read_whole(chunk.wire)))
    wanted = told(list(row))
    assert (text, endings, chunk.usage) == (wanted[0], wanted[2], USAGE)
    assert same(calls, wanted[1], exact="gemini_content" not in (client, provider))


@pytest.mark.parametrize(("client", "provider"), WAYS)
def test_a_request_means_the_same_to_the_provider(client: str, provider: str) -> None:
    asked = CODECS[client].read_request(CODECS[client].write_request(ASKED, "m").body)
    heard = CODECS[provider].read_request(CODECS[provider].write_request(asked, "m").body)
    assert [part.text for part in heard.system] == ["be brief"]
    flat = [part for turn in heard.turns for part in turn.parts]
    assert [part.text for part in flat if isinstance(part, Text)] == ["look"]
    assert [part.data for part in flat if isinstance(part, Media)] == ["aGk="]
    assert [(part.name, json.loads(part.arguments)) for part in flat if isinstance(part, ToolCall)] == [
        ("get", {"a": 1})
    ]
    results = [part for part in flat if isinstance(part, ToolResult)]
    assert [[part.text for part in result.parts if isinstance(part, Text)] for result in results] == [["one"]]
    assert [tool.name for tool in heard.tools] == ["get"]
    assert (heard.sampling.max_output, heard.sampling.temperature) == (64, 0.5)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), min_size=1, max_size=5))
def test_tool_arguments_cross_as_the_bytes_that_came(pieces: list[str]) -> None:
    row = (Began("i", "m", 1), ToolBegan(0, "c", "f"), *(ToolPiece(0, piece) for piece in pieces), Ended("tools"))
    for client, provider in itertools.permutations(sorted(set(CODECS) - {"gemini_content"}), 2):
        chunks = through(joined(client, provider), [wire_of(provider, row)])
        _, calls, _ = said(CODECS[client], b"".join(chunk.wire for chunk in chunks))
        assert calls[0] == ("f", "".join(pieces))


def prompt_of(module: object, body: bytes, began_at: float = 0) -> Prompt:
    trail = Trail("r", "i", began_at, 0)
    call = Call(module.ID, module.OPERATION, body, (), module.read, trail)  # type: ignore[attr-defined]
    return Prompt(call, "m", body)


def test_what_is_not_said_on_the_other_side_is_named_once() -> None:
    body = {"messages": [{"role": "user", "content": "x"}], "logit_bias": {"1": 1}, "seed": 1, "store": True}
    found = translation(prompt_of(openai_chat, json.dumps(body).encode()), CODECS["anthropic_messages"], "up")
    assert dict(found.headers)["x-torana-dropped"].split(", ") == ["logit_bias", "store", "seed"]


def test_an_operation_that_is_no_chat_is_refused() -> None:
    with pytest.raises(GatewayError) as refused:
        translation(prompt_of(embeddings, b'{"input":"x"}'), CODECS["anthropic_messages"], "up")
    assert refused.value.code == "CAPABILITY_MISSING"


def test_hosts_without_stream_options_are_not_sent_any() -> None:
    found = Translation(CODECS["anthropic_messages"], chat_codec, ASKED._replace(stream=True), "up")  # type: ignore[arg-type]
    ask = Ask("m", stream=True)
    assert "stream_options" not in json.loads(found.retarget(b"", ask, "up", stream_usage=False))
    assert json.loads(found.retarget(b"", ask, "up", stream_usage=True))["stream_options"] == {"include_usage": True}


def test_a_wanted_shape_reaches_dialects_that_know_shapes() -> None:
    request = ASKED._replace(format=Format("schema", "answer", b'{"type":"object"}'))
    for name, codec in CODECS.items():
        written = codec.write_request(request, "m")
        assert b'"object"' in written.body or written.dropped, name


SEALED: tuple[Event, ...] = (
    Began("id-1", "m", 7),
    ThinkingPiece("I think", "c2ln"),
    ToolBegan(0, "call_1", "get", 0, "Y2FsbA=="),
    ToolPiece(0, '{"a":1}'),
    Ended("tools"),
)
SIGNED_CALLS = ["anthropic_messages", "gemini_content", "openai_chat", "openai_responses"]
"""Clients that can carry the signature of a tool call."""


class Host:
    """A provider of a dialect that signs; its answers are given, its requests kept."""

    ID = "signer"

    def __init__(self) -> None:
        self.heard: Request | None = None

    def write_request(self, request: Request, model: str) -> Written:
        self.heard = request
        return Written(b"{}")

    def read_whole(self, body: bytes) -> tuple[Event, ...]:
        return SEALED


def calls_of(request: Request) -> list[ToolCall]:
    return [part for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]


@pytest.mark.parametrize("client", SIGNED_CALLS)
@pytest.mark.parametrize("origin", ["one", "two"])
def test_a_signature_goes_back_to_the_provider_that_made_it_and_to_no_other(client: str, origin: str) -> None:
    host: Any = Host()
    codec = CODECS[client]
    wire = Translation(codec, host, ASKED, "up", "one").read_answer(b"", Ask("m")).wire
    body = again(client, wire)
    sent = Translation(codec, host, codec.read_request(body), "up", origin)
    (call,) = calls_of(host.heard)
    assert call.signature == ("Y2FsbA==" if origin == "one" else "")
    assert ("thought_signature" in sent.dropped) is (origin == "two")


def again(client: str, wire: bytes) -> bytes:
    """The body in which a client of the dialect sends the answer back, as its SDK does: the items as they came."""
    said = json.loads(wire)
    result = "4"
    match client:
        case "openai_chat":
            message = said["choices"][0]["message"]
            answer = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": result}
            return json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}, message, answer]}).encode()
        case "openai_responses":
            call = next(item for item in said["output"] if item["type"] == "function_call")
            answer = {"type": "function_call_output", "call_id": call["call_id"], "output": result}
            return json.dumps(
                {"model": "m", "input": [{"role": "user", "content": "x"}, *said["output"], answer]}
            ).encode()
        case "anthropic_messages":
            call = next(block for block in said["content"] if block["type"] == "tool_use")
            block = {"type": "tool_result", "tool_use_id": call["id"], "content": result}
            turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": said["content"]}]
            turns.append({"role": "user", "content": [block]})
            return json.dumps({"model": "m", "max_tokens": 9, "messages": turns}).encode()
        case _:
            content = said["candidates"][0]["content"]
            return json.dumps({"contents": [{"role": "user", "parts": [{"text": "x"}]}, content]}).encode()


@pytest.mark.parametrize("client", SIGNED_CALLS)
def test_signed_thinking_comes_back_to_its_maker_as_it_was(client: str) -> None:
    host: Any = Host()
    codec = CODECS[client]
    wire = Translation(codec, host, ASKED, "up", "one").read_answer(b"", Ask("m")).wire
    assert b"TORANAv1" in wire or client == "gemini_content"
    Translation(codec, host, codec.read_request(again(client, wire)), "up", "one")
    thoughts = [part for turn in host.heard.turns for part in turn.parts if isinstance(part, Thinking)]
    assert [(part.text, part.signature) for part in thoughts if part.signature] == [("I think", "c2ln")]


def test_a_schema_is_brought_to_the_providers_level_and_the_loss_has_a_header_of_its_own() -> None:
    schema = b'{"type":"object","properties":{"a":{"type":"string","minLength":1}},"required":["a"],"additionalProperties":false}'
    request = ASKED._replace(tools=(), format=Format("schema", "s", schema))
    found = Translation(CODECS["openai_chat"], CODECS["anthropic_messages"], request, "claude-opus-4-6")
    assert dict(found.headers)["x-torana-schema-dropped"] == "response_format#/properties/a/minLength"
    assert b"minLength" not in found.body
    same = Translation(CODECS["openai_chat"], CODECS["openai_responses"], request, "gpt")
    assert b"minLength" in same.body
    assert "x-torana-schema-dropped" not in dict(same.headers)


def test_beta_features_of_the_callers_dialect_are_named_when_it_is_translated() -> None:
    body = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}'
    prompt = prompt_of(anthropic_messages, body)
    prompt.carried = (("anthropic-version", "2023-06-01"), ("anthropic-beta", "context-1m-2025-08-07, b2"))
    found = translation(prompt, CODECS["openai_chat"], "up")
    assert found.dropped == ("anthropic-beta context-1m-2025-08-07", "anthropic-beta b2")


@pytest.mark.parametrize("client", SIGNED_CALLS)
def test_what_an_answer_seals_is_known_again_in_the_next_request_of_any_client(client: str) -> None:
    host: Any = Host()
    found = Translation(CODECS[client], host, ASKED, "up", "one").read_answer(b"", Ask("m"))
    assert found.sealed
    assert all(mark_in(one) in marks_under("one", "up") for one in found.sealed)
    asked = READS[client](again(client, found.wire))
    assert set(asked.sealed) & set(found.sealed)
    assert asked.sealed[-1] in found.sealed


@pytest.mark.parametrize(("client", "provider"), WAYS)
def test_an_answer_that_seals_nothing_says_so(client: str, provider: str) -> None:
    translated = joined(client, provider)
    assert all(chunk.sealed == () for chunk in through(translated, [wire_of(provider, TEXT)]))


def test_a_stream_that_seals_something_says_so_where_it_stands() -> None:
    row = (Began("id-1", "m", 7), ThinkingPiece("t"), ThinkingPiece(signature="c2ln"), TextPiece("x"), Ended("stop"))
    translated = Translation(
        CODECS["openai_chat"], CODECS["anthropic_messages"], ASKED._replace(stream=True), "up", "one"
    )
    sealed = [one for chunk in through(translated, [wire_of("anthropic_messages", row)]) for one in chunk.sealed]
    assert [mark_in(one) in marks_under("one", "up") for one in sealed] == [True]
    assert sealed[0].endswith("c2ln")


def test_marks_of_claude_are_good_on_every_host_of_the_model() -> None:
    here, there = marks_under("one", "claude-opus-4-6"), marks_under("two", "anthropic.claude-opus-4-6-v1:0")
    assert here & there
    assert not marks_under("one", "up") & marks_under("two", "up")


@pytest.mark.parametrize(("client", "name"), [
    (openai_chat, "chatcmpl-i"), (openai_responses, "resp_i"), (anthropic_messages, "msg_i"),
])  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_its_provider_neither_names_nor_dates_is_named_and_dated_here(
    client: object, name: str, stream: bool
) -> None:
    body = b'{"model":"m","max_tokens":9,"input":"x","messages":[{"role":"user","content":"x"}]}'
    translated = translation(prompt_of(client, body, 1750000000.9), CODECS["gemini_content"], "gemini-2.5-flash")
    told = b'{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP"}]}'
    chunks = through(translated, [b"data: " + told + b"\n\n"]) if stream else [translated.read_answer(told, Ask("m"))]
    wire = b"".join(chunk.wire for chunk in chunks).decode()
    assert f'"{name}"' in wire
    assert client is anthropic_messages or ":1750000000," in wire


def test_what_says_nothing_at_all_is_named_too() -> None:
    prompt = prompt_of(openai_chat, b'{"messages":[{"role":"user","content":"x"}]}', 1750000000)
    translated = translation(prompt, CODECS["gemini_content"], "gemini-2.5-flash")
    said = json.loads(translated.read_answer(b'{"promptFeedback":{"blockReason":"SAFETY"}}', Ask("m")).wire)
    assert (said["id"], said["created"], said["model"]) == ("chatcmpl-i", 1750000000, "m")


def test_the_name_and_date_of_a_provider_are_kept() -> None:
    prompt = prompt_of(openai_chat, b'{"messages":[{"role":"user","content":"x"}]}', 1750000000)
    translated = translation(prompt, CODECS["openai_responses"], "up")
    told = CODECS["openai_responses"].write_whole([Began("resp_7", "up", 5), TextPiece("hi"), Ended("stop")], ASKED)
    said = json.loads(translated.read_answer(told, Ask("m")).wire)
    assert (said["id"], said["created"]) == ("resp_7", 5)
