"""What is told of a response twice is given once."""

from __future__ import annotations

from torana.core.events import Ended, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.dialects.codecs.openai_responses_reading import Item, Part, Reading, Response

CALL = Item("function_call", "fc_1", "c1", "look", "{}")


def test_it_begins_once() -> None:
    reading = Reading()
    assert len([*reading.begin(Response("r")), *reading.begin(Response("r"))]) == 1


def test_a_call_begins_once_and_calls_are_numbered_in_their_order() -> None:
    reading = Reading()
    assert list(reading.call(3, CALL)) == [ToolBegan(0, "c1", "look")]
    assert list(reading.call(3, CALL)) == []
    assert list(reading.call(5, Item("function_call", "fc_2", None, "look"))) == [ToolBegan(1, "fc_2", "look")]
    assert (reading.place(5), reading.place(4)) == (1, None)


def test_of_an_item_only_what_was_not_told_is_given() -> None:
    reading = Reading()
    assert list(reading.item(0, CALL)) == [ToolBegan(0, "c1", "look"), ToolPiece(0, "{}")]
    assert list(reading.item(0, CALL)) == []
    message = Item("message", content=[Part("output_text", "x")])
    reading.piece(1, TextPiece("x"))
    assert list(reading.item(1, message)) == []
    thought = Item("reasoning", "rs", summary=[Part("summary_text", "x")], encrypted_content="signature:s")
    reading.piece(2, ThinkingPiece("x"))
    assert list(reading.item(2, thought)) == [ThinkingPiece(signature="s", id="rs")]


def test_the_end_gives_no_items_where_any_was_told() -> None:
    reading = Reading()
    reading.piece(0, TextPiece("x"))
    assert list(reading.end(Response(status="completed", output=[]))) == [Ended("stop")]
