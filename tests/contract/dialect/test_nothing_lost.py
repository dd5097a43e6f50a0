"""What each dialect can say of a request and of an answer: it comes back as it was, or it is named, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from torana.core.call import Usage
from torana.core.errors import GatewayError
from torana.core.events import (
    Began,
    Choice,
    Cited,
    Counted,
    Ended,
    Event,
    Format,
    Media,
    Part,
    Reasoning,
    Refusal,
    RefusalPiece,
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
from torana.dialects.translation import CODECS

CHATS = ("anthropic_messages", "gemini_content", "openai_chat", "openai_responses")
SCHEMA = b'{"type":"object","properties":{"a":{"type":"string"}}}'
TOOLS = (Tool("get", "gets", SCHEMA),)
CALL = ToolCall("c1", "get", '{"a": "b"}')
RESULT = ToolResult("c1", (Text("r"),), "get")
ROOM = Sampling(max_output=30_000)
ALPHA = b'[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]'


class Said(NamedTuple):
    """A request that says one thing, and how it is heard."""

    request: Request
    heard: Callable[[Request], Any]


def turns(*parts: Part) -> tuple[Turn, ...]:
    """A user's turn; after what a model says, one that answers it."""
    if isinstance(parts[0], Text | Media):
        return (Turn("user", parts),)
    back = RESULT if isinstance(parts[0], ToolCall) else Text("go on")
    return (Turn("user", (Text("hi"),)), Turn("assistant", parts), Turn("user", (back,)))


def parts_of(kind: type) -> Callable[[Request], list[Any]]:
    return lambda request: [part for turn in request.turns for part in turn.parts if isinstance(part, kind)]


def each(kind: type, *names: str) -> Callable[[Request], list[Any]]:
    return lambda request: [[getattr(part, name) for name in names] for part in parts_of(kind)(request)]


def asked(heard: str, *parts: Part, **members: Any) -> Said:
    request = Request("m", turns(*(parts or (Text("hi"),))))._replace(**members)
    return Said(request, lambda found: getattr(found, heard))


def said(heard: Callable[[Request], Any], *parts: Part, **members: Any) -> Said:
    return Said(Request("m", turns(*parts))._replace(**members), heard)


def sampled(name: str, value: object) -> Said:
    return Said(
        Request("m", turns(Text("hi")), sampling=Sampling(**{name: value})), lambda found: getattr(found.sampling, name)
    )


PNG = Media("image", "image/png", data="aGk=")
REQUESTS = {
    "system": asked("system", system=(Text("be brief"),)),
    "system cache": asked("system", system=(Text("be brief", "5m"),)),
    "text cache": said(each(Text, "cache"), Text("hi", "1h")),
    "tools": said(
        lambda found: [(tool.name, tool.description, tool.schema) for tool in found.tools], Text("x"), tools=TOOLS
    ),
    "tool cache": asked("tools", tools=(TOOLS[0]._replace(cache="5m"),)),
    "tool strict": asked("tools", tools=(TOOLS[0]._replace(strict=True),)),
    "any tool": asked("choice", tools=TOOLS, choice=Choice("any")),
    "no tool": asked("choice", tools=TOOLS, choice=Choice("none")),
    "one tool": asked("choice", tools=TOOLS, choice=Choice("tool", "get")),
    "one call at a time": asked("parallel_tools", tools=TOOLS, parallel_tools=False),
    "image": said(each(Media, "kind", "data", "media_type"), Text("x"), PNG),
    "image at an address": said(each(Media, "url"), Text("x"), Media("image", url="https://x.example/y.png")),
    "image detail": said(each(Media, "detail"), Text("x"), PNG._replace(detail="low")),
    "image cache": said(each(Media, "cache"), Text("x"), PNG._replace(cache="5m")),
    "document": said(
        each(Media, "kind", "data", "name"), Text("x"), Media("document", "application/pdf", data="JVBE", name="a.pdf")
    ),
    "document at an address": said(each(Media, "url"), Text("x"), Media("document", url="https://x.example/y.pdf")),
    "sound": said(each(Media, "kind", "data", "media_type"), Text("x"), Media("audio", "audio/wav", data="aGk=")),
    "film": said(each(Media, "kind", "data", "media_type"), Text("x"), Media("video", "video/mp4", data="aGk=")),
    "tool call": said(each(ToolCall, "name", "arguments"), CALL, tools=TOOLS),
    "tool call cache": said(each(ToolCall, "cache"), CALL._replace(cache="5m"), tools=TOOLS),
    "tool call signature": said(each(ToolCall, "signature"), CALL._replace(signature="c2ln"), tools=TOOLS),
    "thinking": said(each(Thinking, "text"), Thinking("t"), Text("x")),
    "signed thinking": said(each(Thinking, "text", "signature"), Thinking("t", "sig"), Text("x")),
    "sealed thinking": said(each(Thinking, "data"), Thinking(data="dd"), Text("x")),
    "refusal": said(lambda found: "no" in repr(found.turns), Refusal("no")),
    "failed result": Said(
        Request("m", (*turns(CALL)[:2], Turn("user", (RESULT._replace(failed=True),))), tools=TOOLS),
        each(ToolResult, "failed"),
    ),
    "result cache": Said(
        Request("m", (*turns(CALL)[:2], Turn("user", (RESULT._replace(cache="5m"),))), tools=TOOLS),
        each(ToolResult, "cache"),
    ),
    "name": Said(Request("m", (Turn("user", (Text("x"),), "Ann"),)), lambda found: found.turns[0].name),
    "json": Said(Request("m", turns(Text("x")), format=Format("json")), lambda found: found.format),
    "schema": Said(
        Request("m", turns(Text("x")), format=Format("schema", "s", SCHEMA)),
        lambda found: found.format and found.format.schema,
    ),
    "schema description": Said(
        Request("m", turns(Text("x")), format=Format("schema", "s", SCHEMA, None, "d")),
        lambda found: found.format and found.format.description,
    ),
    "effort": Said(
        Request("m", turns(Text("x")), reasoning=Reasoning("high"), sampling=ROOM),
        lambda found: found.reasoning is not None and (found.reasoning.effort == "high" or found.reasoning.budget),
    ),
    "budget": Said(
        Request("m", turns(Text("x")), reasoning=Reasoning(budget=2000), sampling=ROOM),
        lambda found: found.reasoning and found.reasoning.budget,
    ),
    "user": asked("user", user="u"),
    "tier": asked("tier", tier="flex"),
    "metadata": asked("metadata", metadata=(("a", "b"),)),
    "length": sampled("max_output", 9),
    "temperature": sampled("temperature", 0.5),
    "top_p": sampled("top_p", 0.5),
    "top_k": sampled("top_k", 4),
    "stop": sampled("stop", ("END",)),
    "seed": sampled("seed", 3),
    "frequency penalty": sampled("frequency_penalty", 0.5),
    "presence penalty": sampled("presence_penalty", 0.5),
    "candidates": sampled("candidates", 2),
    "logprobs": sampled("logprobs", 2),
}


@pytest.mark.parametrize("dialect", CHATS)
@pytest.mark.parametrize("thing", REQUESTS)
def test_what_a_request_says_is_said_or_named_or_refused(dialect: str, thing: str) -> None:
    codec = CODECS[dialect]
    request, heard = REQUESTS[thing]
    try:
        body, dropped = codec.write_request(request, "m")
    except GatewayError as refused:
        assert refused.code == "CAPABILITY_MISSING"
        assert refused.details
        return
    found = heard(codec.read_request(body))
    if thing == "effort":
        assert found
    else:
        assert found == heard(request) or dropped


U = Usage(uncached=7, cache_read=3, output=4, reasoning=1)
ANSWERS: dict[str, tuple[Event, ...]] = {
    "text": (TextPiece("a"), Ended("stop")),
    "length": (TextPiece("a"), Ended("length")),
    "usage": (TextPiece("a"), Ended("stop"), Counted(U)),
    "tool call": (ToolBegan(0, "c", "f"), ToolPiece(0, '{"a":1}'), Ended("tools")),
    "signed tool call": (ToolBegan(0, "c", "f", 0, "c2ln"), ToolPiece(0, "{}"), Ended("tools")),
    "thinking": (ThinkingPiece("t"), TextPiece("a"), Ended("stop")),
    "signed thinking": (ThinkingPiece("t", "c2ln"), TextPiece("a"), Ended("stop")),
    "sealed thinking": (ThinkingPiece(data="ZGF0YQ=="), TextPiece("a"), Ended("stop")),
    "refusal": (RefusalPiece("no"), Ended("filtered")),
    "citation": (TextPiece("a"), Cited("https://x.example/", "T", "", 0, 1), Ended("stop")),
    "logprobs": (TextPiece("a", 0, ALPHA), Ended("stop")),
    "candidates": (TextPiece("a"), TextPiece("b", 1), Ended("stop"), Ended("length", 1)),
    "stop sequence": (TextPiece("a"), Ended("sequence", sequence="END")),
}
SAYS = {
    "anthropic_messages": set(ANSWERS) - {"logprobs", "candidates", "refusal", "signed tool call"},
    "gemini_content": set(ANSWERS) - {"refusal", "stop sequence"},
    "openai_chat": set(ANSWERS) - {"stop sequence"},
    "openai_responses": set(ANSWERS) - {"candidates", "stop sequence", "signed tool call"},
}
"""What comes back from an answer as it was. The signature of a tool call comes back from the *request* in all of them;
a refusal becomes text where there is no word for it, and its end says that it was one."""


def facts(row: tuple[Event, ...], marks: bool) -> dict[str, object]:
    """What a row of events tells, however it is cut. ``marks``: what seals it counts as it is, else only that it is."""
    found: dict[str, object] = {}
    for event in row:
        at = getattr(event, "candidate", 0)
        match event:
            case TextPiece(text, _, odds):
                found[f"text {at}"] = str(found.get(f"text {at}", "")) + text
                if odds:
                    found["odds"] = b'"token":"a","logprob":-0.5' in odds
            case ThinkingPiece(text, signature, data):
                found["thought"] = str(found.get("thought", "")) + text
                if signature or data:
                    found["seal"] = (signature, data) if marks else True
            case RefusalPiece(text):
                found["refusal"] = text
            case ToolBegan(place, made, name, _, signature):
                found[f"call {place}"] = (made, name, signature)
            case ToolPiece(place, text):
                found[f"arguments {place}"] = str(found.get(f"arguments {place}", "")) + text
            case Cited(url, title):
                found["cited"] = (url, title)
            case Ended(reason, _, sequence):
                found[f"end {at}"] = (reason, sequence)
            case Counted(usage):
                found["usage"] = usage
    return found


@pytest.mark.parametrize("dialect", CHATS)
@pytest.mark.parametrize("thing", ANSWERS)
def test_what_an_answer_says_comes_back_streamed_and_whole(dialect: str, thing: str) -> None:
    codec = CODECS[dialect]
    row = (Began("i", "m", 1), *ANSWERS[thing])
    request = Request("m", turns(Text("hi")), stream=True)
    writer, reader = codec.writer(request), codec.reader()
    wire = writer.write(row) + writer.finish()
    streamed = (*reader.feed(wire), *reader.finish())
    whole = codec.read_whole(codec.write_whole(row, request))
    marks = dialect != "gemini_content"  # it wraps what others sealed in base64
    wanted = facts(row, marks)
    for found in (facts(tuple(streamed), marks), facts(tuple(whole), marks)):
        if "usage" not in wanted:
            found.pop("usage", None)
        assert (found == wanted) is (thing in SAYS[dialect]), found
