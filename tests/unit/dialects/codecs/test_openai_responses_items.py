"""Items become turns: what belongs together stands together, nothing is lost in silence."""

from __future__ import annotations

import json

import msgspec
import pytest

from torana.core.errors import GatewayError
from torana.core.events import Media, Refusal, Text, Thinking, ToolCall, ToolResult, Turn
from torana.dialects.codecs.openai_responses_items import Items

CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": '{"a" :1}'}


def read(*items: object) -> tuple[Items, list[str]]:
    found, dropped = Items(), list[str]()
    found.read([msgspec.Raw(json.dumps(item).encode()) for item in items], dropped)
    return found, dropped


def parts_of(*parts: object) -> tuple[object, ...]:
    (turn,) = read({"role": "user", "content": list(parts)})[0].turns
    return turn.parts


def test_a_turn_of_the_assistant_is_all_it_did_in_a_row() -> None:
    found, _ = read(
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}],
         "encrypted_content": "gAAAA"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "let me look"}]},
        CALL,
        {**CALL, "call_id": "c2"},
        {"type": "function_call_output", "call_id": "c1", "output": "seen"},
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "too"}]},
        {"role": "user", "content": "so?"},
    )  # fmt: skip
    assert found.turns == [
        Turn("user", (Text("hi"),)),
        Turn(
            "assistant",
            (
                Thinking("hm", data="gAAAA", id="rs_1"),
                Text("let me look"),
                ToolCall("c1", "look", '{"a" :1}'),
                ToolCall("c2", "look", '{"a" :1}'),
            ),
        ),
        Turn("user", (ToolResult("c1", (Text("seen"),)), ToolResult("c2", (Text("too"),)))),
        Turn("user", (Text("so?"),)),
    ]


def test_two_messages_of_the_assistant_stay_two() -> None:
    said = {"role": "assistant", "content": "a"}
    assert read(said, said)[0].turns == [Turn("assistant", (Text("a"),))] * 2


def test_what_system_and_developer_say_is_system() -> None:
    found, _ = read({"role": "system", "content": "a"}, {"role": "developer", "content": "b"})
    assert (found.system, found.turns) == ([Text("a"), Text("b")], [])


@pytest.mark.parametrize(
    ("part", "read_as"),
    [
        ({"type": "input_text", "text": "x"}, Text("x")),
        ({"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}, Text("x", "5m")),
        ({"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"ttl": "12h"}}, Text("x", "1h")),
        ({"type": "refusal", "refusal": "no"}, Refusal("no")),
        ({"type": "input_image", "image_url": "https://x.test/a.png", "detail": "low"},
         Media("image", url="https://x.test/a.png", detail="low")),
        ({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}, Media("image", "image/png", "AAAA")),
        ({"type": "input_image", "image_url": "data:image/svg+xml;charset=utf-8,abc"},
         Media("image", "image/svg+xml", "YWJj")),
        ({"type": "input_image", "file_id": "f"}, Media("image", file_id="f")),
        ({"type": "input_file", "file_url": "https://x.test/a.pdf"}, Media("document", url="https://x.test/a.pdf")),
        ({"type": "input_file", "file_data": "AAAA", "filename": "a.pdf"}, Media("document", "", "AAAA", name="a.pdf")),
        ({"type": "input_file", "file_data": "data:application/pdf;base64,AAAA"},
         Media("document", "application/pdf", "AAAA")),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}, Media("audio", "audio/mpeg", "AAAA")),
    ],
)  # fmt: skip
def test_a_part_is_read(part: dict[str, object], read_as: object) -> None:
    assert parts_of(part) == (read_as,)


def test_another_providers_signature_comes_back_as_one() -> None:
    found, _ = read({"type": "reasoning", "summary": [], "encrypted_content": "signature:s"})
    assert found.turns == [Turn("assistant", (Thinking(signature="s"),))]
    google = {**CALL, "extra_content": {"google": {"thought_signature": "g"}}}
    assert read(google)[0].turns[0].parts == (ToolCall("c1", "look", '{"a" :1}', "g"),)


def test_reasoning_in_the_open_is_read_where_there_is_no_summary() -> None:
    content = [{"type": "reasoning_text", "text": "a"}, {"type": "reasoning_text", "text": "b"}]
    assert read({"type": "reasoning", "summary": [], "content": content})[0].turns[0].parts == (Thinking("a\n\nb"),)


def test_calls_that_ran_at_the_provider_are_named() -> None:
    found, dropped = read({"type": "web_search_call", "id": "ws"}, {"role": "assistant", "content": "x", "phase": "c"})
    assert (found.turns, dropped) == ([Turn("assistant", (Text("x"),))], ["input[0] (web_search_call)", "phase"])


@pytest.mark.parametrize("kind", ["item_reference", "computer_call", "custom_tool_call", "compaction"])
def test_items_only_their_provider_can_read_are_refused(kind: str) -> None:
    with pytest.raises(GatewayError) as refused:
        read({"type": kind, "id": "x"})
    assert (refused.value.code, refused.value.details) == ("CAPABILITY_MISSING", {"missing": [kind]})


@pytest.mark.parametrize(
    "item",
    [
        {"role": "judge", "content": "x"},
        {"role": "user"},
        {"role": "user", "content": [{"type": "input_image"}]},
        {"role": "user", "content": [{"type": "poem", "text": "x"}]},
        {"role": "system", "content": [{"type": "input_image", "image_url": "https://x.test"}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png"}]},
        {"type": "function_call", "name": "look"},
        {"type": "function_call_output", "call_id": "c", "output": 3},
        3,
    ],
)
def test_what_cannot_be_understood_names_its_item(item: object) -> None:
    with pytest.raises(GatewayError) as refused:
        read(item)
    assert refused.value.code == "REQUEST_INVALID"
    assert (refused.value.param or "").startswith("input[0]")
