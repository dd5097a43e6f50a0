"""What of a response object is known before the model says anything, and its usage."""

from __future__ import annotations

from openai.types.responses import Response
from openai.types.responses.response_usage import ResponseUsage

from torana.core.call import Usage
from torana.core.events import Began, Choice, Request, Text
from torana.dialects.codecs.openai_responses_echo import echo, usage_said


def test_a_response_is_one_of_the_sdks_from_its_begin() -> None:
    said = Response.model_validate(echo(Began(), Request("m", (), choice=Choice("none"), parallel_tools=False)))
    assert (said.model, said.status, said.tool_choice, said.parallel_tool_calls) == ("m", "in_progress", "none", False)
    assert said.id.startswith("resp_")


def test_what_the_system_says_is_the_instructions() -> None:
    assert echo(Began("r", "gpt"), Request("m", (), (Text("a"), Text("b"))))["instructions"] == "a\n\nb"


def test_cached_and_reasoning_tokens_are_parts_of_their_wholes() -> None:
    said = usage_said(Usage(uncached=5, cache_read=2, cache_write=1, output=9, reasoning=3))
    assert ResponseUsage.model_validate(said).model_dump(exclude_none=True) == {
        "input_tokens": 8, "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
        "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 17,
    }  # fmt: skip
