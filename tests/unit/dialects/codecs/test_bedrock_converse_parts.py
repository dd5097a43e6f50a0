"""Parts of a message as content blocks."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.core.events import Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from torana.dialects.codecs.bedrock_converse_parts import Blocks, tool_id

PNG = base64.b64encode(b"\x89PNG").decode()


def blocks(*parts: Part) -> list[dict[str, object]]:
    return json.loads(msgspec.json.encode(Blocks([]).of(parts)))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("part", "block"), [
    (Text("hi"), {"text": "hi"}),
    (Refusal("no"), {"text": "no"}),
    (Media("image", "image/png", PNG), {"image": {"format": "png", "source": {"bytes": PNG}}}),
    (Media("image", "image/jpg", PNG), {"image": {"format": "jpeg", "source": {"bytes": PNG}}}),
    (Media("image", url="s3://bucket/a.webp"), {"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://bucket/a.webp"}}}}),
    (Media("document", "application/pdf", PNG, name="Q1_report: final.pdf"),
     {"document": {"format": "pdf", "name": "Q1 report final", "source": {"bytes": PNG}}}),
    (Media("document", text="plain"),
     {"document": {"format": "txt", "name": "document", "source": {"bytes": base64.b64encode(b"plain").decode()}}}),
    (Media("audio", "audio/mpeg", PNG), {"audio": {"format": "mp3", "source": {"bytes": PNG}}}),
    (Media("video", "video/mp4", PNG), {"video": {"format": "mp4", "source": {"bytes": PNG}}}),
    (ToolCall("t1", "look", '{"a": 1.0}'), {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"a": 1.0}}}),
    (ToolCall("t1", "look", ""), {"toolUse": {"toolUseId": "t1", "name": "look", "input": {}}}),
    (ToolResult("t1", (Text("ok"), Media("image", "image/gif", PNG))),
     {"toolResult": {"toolUseId": "t1", "content": [{"text": "ok"}, {"image": {"format": "gif", "source": {"bytes": PNG}}}]}}),
    (ToolResult("t1", (Text("boom"),), failed=True),
     {"toolResult": {"toolUseId": "t1", "content": [{"text": "boom"}], "status": "error"}}),
    (ToolResult("t1", (Text(""),)), {"toolResult": {"toolUseId": "t1", "content": [{"text": ""}]}}),
    (ToolResult("t1", (), failed=True),
     {"toolResult": {"toolUseId": "t1", "content": [{"text": "The tool failed."}], "status": "error"}}),
    (Thinking("hm", "sig"), {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}}),
    (Thinking(data="AAAA"), {"reasoningContent": {"redactedContent": "AAAA"}}),
])  # fmt: skip
def test_a_part_becomes_its_block(part: Part, block: dict[str, object]) -> None:
    assert blocks(part) == [block]


def test_a_cache_mark_stands_behind_what_it_marks() -> None:
    said = blocks(
        Text("a", "5m"), Media("image", "image/png", PNG, cache="1h"), ToolResult("t", (Text("x"),), cache="5m")
    )
    assert [next(iter(block)) for block in said] == [
        "text",
        "cachePoint",
        "image",
        "cachePoint",
        "toolResult",
        "cachePoint",
    ]
    assert said[1] == {"cachePoint": {"type": "default"}}
    assert said[3] == {"cachePoint": {"type": "default", "ttl": "1h"}}


def test_what_says_nothing_is_left_out_and_a_mark_never_stands_alone() -> None:
    assert blocks(Text(" \n"), Text("", "5m")) == []
    assert blocks(Text("a"), Text("", "5m")) == [{"text": "a"}, {"cachePoint": {"type": "default"}}]


def test_thinking_that_nobody_signed_is_left_out_and_named() -> None:
    dropped: list[str] = []
    assert Blocks(dropped).of((Thinking("hm"),)) == []
    assert dropped == ["thinking"]


def test_documents_of_one_request_have_names_of_their_own() -> None:
    writer = Blocks([])
    one = Media("document", "application/pdf", PNG, name="a.pdf")
    names = [block["document"]["name"] for _ in range(3) for block in writer.of((one,))]  # type: ignore[index]
    assert names == ["a", "a 2", "a 3"]


@given(st.lists(st.text(max_size=300), max_size=5))
def test_every_name_of_a_document_is_one_the_api_allows(names: list[str]) -> None:
    writer = Blocks([])
    said = [writer.of((Media("document", "text/csv", PNG, name=name),))[0]["document"]["name"] for name in names]  # type: ignore[index]
    assert len(set(said)) == len(said)
    for name in said:
        assert 0 < len(name) <= 200
        assert "  " not in name
        assert all(letter.isascii() and (letter.isalnum() or letter in " -()[]") for letter in name)


@pytest.mark.parametrize("part", [
    Media("image", "image/tiff", PNG), Media("image", url="https://example.com/a.png"), Media("document", file_id="f"),
    Media("document", "application/zip", PNG), Media("image", url="s3://bucket/thing"),
])  # fmt: skip
def test_a_medium_that_cannot_be_carried_is_refused_aloud(part: Media) -> None:
    with pytest.raises(GatewayError) as refused:
        blocks(part)
    assert (refused.value.code, refused.value.details) == ("CAPABILITY_MISSING", {"missing": [part.kind]})


@pytest.mark.parametrize("arguments", ["[1]", "nonsense", '{"a":', "{}{}", "[" * 5000])
def test_arguments_that_are_no_object_are_refused(arguments: str) -> None:
    with pytest.raises(GatewayError) as refused:
        blocks(ToolCall("t", "look", arguments))
    assert refused.value.code == "REQUEST_INVALID"


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)),
    st.sampled_from([None, 1]),
)
def test_arguments_are_kept_byte_for_byte(value: object, indent: int | None) -> None:
    text = json.dumps({"a": value}, indent=indent, ensure_ascii=False)
    wire = msgspec.json.encode(Blocks([]).of((ToolCall("t", "n", text),)))
    assert b'"input":' + text.encode() in wire


@given(st.text(max_size=100))
def test_an_id_is_always_one_the_api_takes_and_always_the_same(wanted: str) -> None:
    made = tool_id(wanted)
    assert made == tool_id(wanted)
    assert 0 < len(made) <= 64
    assert all(letter.isascii() and (letter.isalnum() or letter in "_.:-") for letter in made)


def test_an_id_the_api_takes_stays() -> None:
    assert tool_id("tooluse_kZJMlvQmRJ6eAyJE5GIl7Q") == "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q"
    assert tool_id("a b") != tool_id("a/b")
