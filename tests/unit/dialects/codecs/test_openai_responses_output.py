"""Items of a stream: their indexes, their ids, the parts they open and close."""

from __future__ import annotations

import json

from torana.core.events import Cited, ToolBegan
from torana.dialects.codecs.openai_responses_output import Call, Message, Output, Thought


def kinds(out: Output) -> list[str]:
    return [line.removeprefix("event: response.") for line in out.take().decode().split("\n") if line[:6] == "event:"]


def test_items_are_numbered_and_named_in_their_order() -> None:
    out = Output()
    out.name = "x"
    Message(out)
    Thought(out, "rs_own")
    Call(out, ToolBegan(0, "c", "f"))
    assert [item["id"] for item in out.items] == ["msg_x_0", "rs_own", "fc_x_2"]
    assert kinds(out) == ["output_item.added"] * 3


def test_text_and_refusal_are_parts_of_their_own() -> None:
    out = Output()
    message = Message(out)
    message.text("a", b"")
    message.refusal("b")
    message.text("c", b"")
    message.close("completed")
    assert [part["type"] for part in out.items[0]["content"]] == ["output_text", "refusal", "output_text"]  # type: ignore[attr-defined]
    assert out.refused
    assert kinds(out).count("content_part.done") == 3


def test_logprobs_of_all_pieces_are_one_list() -> None:
    out = Output()
    message = Message(out)
    for one in (b'[{"token":"a"}]', b" [ ] ", b'[{"token":"b"},{"token":"c"}]'):
        message.text("x", one)
    message.close("completed")
    done = json.loads(out.take().decode().split("data: ")[-1])
    assert [one["token"] for one in done["item"]["content"][0]["logprobs"]] == ["a", "b", "c"]


def test_a_source_whose_place_is_not_told_covers_the_text_so_far() -> None:
    out = Output()
    message = Message(out)
    message.text("abc", b"")
    message.cite(Cited("https://x.test", "X"))
    message.cite(Cited(title="doc", document=1, start=0, end=2))
    (part,) = out.items[0]["content"]  # type: ignore[misc]
    assert part["annotations"] == [
        {"type": "url_citation", "url": "https://x.test", "title": "X", "start_index": 0, "end_index": 3},
        {"type": "file_citation", "file_id": "document_1", "filename": "doc", "index": 2},
    ]


def test_reasoning_without_words_has_no_summary() -> None:
    out = Output()
    thought = Thought(out, "")
    thought.sealed = "gAAAA"
    thought.close("completed")
    assert kinds(out) == ["output_item.added", "output_item.done"]
    assert out.items[0].items() >= {"summary": [], "encrypted_content": "gAAAA"}.items()
