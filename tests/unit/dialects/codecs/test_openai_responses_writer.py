"""Events become a Responses answer that OpenAI's own SDK takes, streamed and whole."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from torana.core.call import Usage
from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    Format,
    Reasoning,
    RefusalPiece,
    Request,
    Sampling,
    Text,
    TextPiece,
    ThinkingPiece,
    Tool,
    ToolBegan,
    ToolPiece,
    Turn,
)
from torana.dialects.codecs.openai_responses_answer import ResponseReader, read_whole
from torana.dialects.codecs.openai_responses_writer import ResponseWriter, write_whole

EVENTS = TypeAdapter(ResponseStreamEvent)
REQUEST = Request("m", (Turn("user", (Text("hi"),)),), stream=True)
LOGPROBS = b'[{"token":"Hel","logprob":-1.5,"bytes":[72],"top_logprobs":[]}]'
ALL: list[Event] = [
    Began("resp_1", "gpt", 7),
    ThinkingPiece("hm "),
    ThinkingPiece("yes"),
    ThinkingPiece(signature="sig"),
    TextPiece("Hel", logprobs=LOGPROBS),
    TextPiece("lo"),
    Cited("https://x.test", "X"),
    ToolBegan(0, "c1", "look"),
    ToolPiece(0, '{"a"'),
    ToolBegan(1, "c2", "look"),
    ToolPiece(1, "{}"),
    ToolPiece(0, " :1}"),
    Counted(Usage(5, 2, 1, 9, 3)),
    Ended("tools"),
]


def wire_of(events: list[Event], request: Request = REQUEST) -> bytes:
    writer = ResponseWriter(request)
    return b"".join(writer.write([event]) for event in events) + writer.finish()


def told(wire: bytes) -> list[dict[str, object]]:
    blocks = wire.decode().removesuffix("\n\n").split("\n\n")
    said = [json.loads(block.split("\ndata: ", 1)[1]) for block in blocks]
    assert [block.split("\n", 1)[0] for block in blocks] == [f"event: {one['type']}" for one in said]
    return said


def final(events: list[Event], request: Request = REQUEST) -> dict[str, object]:
    response = told(wire_of(events, request))[-1]["response"]
    assert isinstance(response, dict)
    return response


def test_a_text_is_told_in_the_whole_sequence_of_the_api() -> None:
    said = told(wire_of([Began("resp_1", "gpt", 7), TextPiece("Hi"), TextPiece("!"), Ended("stop")]))
    assert [one["type"] for one in said] == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
        "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
        "response.content_part.done", "response.output_item.done", "response.completed",
    ]  # fmt: skip
    assert [one["sequence_number"] for one in said] == list(range(10))


def test_every_event_is_one_of_the_sdks_own_types() -> None:
    for one in told(wire_of([*ALL[:-2], RefusalPiece("no"), Cited(title="doc", document=0), *ALL[-2:]])):
        assert EVENTS.validate_python(one).type == one["type"]


def sdk_on(content: bytes, kind: str) -> OpenAI:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"content-type": kind})

    return OpenAI(
        api_key="k", base_url="http://h.test/v1", http_client=httpx.Client(transport=httpx.MockTransport(answer))
    )


def test_the_sdks_own_stream_puts_the_answer_together() -> None:
    with sdk_on(wire_of(ALL), "text/event-stream").responses.stream(model="m", input="hi") as stream:
        kinds = [event.type for event in stream]
        response = stream.get_final_response()
    assert kinds[-1] == "response.completed"
    assert response.output_text == "Hello"
    thought, message, first, second = response.output
    assert (thought.type, message.type, first.type, second.type) == (
        "reasoning",
        "message",
        "function_call",
        "function_call",
    )
    assert thought.encrypted_content == "signature:sig"
    assert (first.call_id, first.arguments, second.arguments) == ("c1", '{"a" :1}', "{}")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.total_tokens) == (8, 17)


def test_the_sdk_reads_a_whole_answer() -> None:
    response = sdk_on(write_whole(ALL, REQUEST), "application/json").responses.create(model="m", input="hi")
    assert (response.id, response.status, response.output_text) == ("resp_1", "completed", "Hello")


def test_a_whole_answer_is_what_ends_the_stream_of_its_events() -> None:
    assert json.loads(write_whole(ALL, REQUEST)) == final(ALL)
    Response.model_validate(final(ALL))


def test_what_is_written_can_be_read_again() -> None:
    whole = read_whole(write_whole(ALL, REQUEST))
    assert whole == [
        ALL[0],
        ThinkingPiece("hm yes", "sig", id="rs_1_0"),
        TextPiece("Hello", logprobs=LOGPROBS),
        Cited("https://x.test", "X", start=0, end=5),
        ToolBegan(0, "c1", "look"),
        ToolPiece(0, '{"a" :1}'),
        ToolBegan(1, "c2", "look"),
        ToolPiece(1, "{}"),
        *ALL[-2:],
    ]


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        ("stop", "completed", None), ("tools", "completed", None), ("sequence", "completed", None),
        ("paused", "completed", None), ("length", "incomplete", "max_output_tokens"),
        ("filtered", "incomplete", "content_filter"), ("refused", "incomplete", "content_filter"),
    ],
)  # fmt: skip
def test_why_an_answer_ended_is_its_status(reason: str, status: str, why: str | None) -> None:
    response = final([TextPiece("x"), Ended(reason)])
    assert (response["status"], response["incomplete_details"]) == (status, why and {"reason": why})
    assert response["output"][0]["status"] == status  # type: ignore[index]
    assert told(wire_of([Ended(reason)]))[-1]["type"] == f"response.{status}"


def test_a_refusal_in_words_is_a_complete_answer() -> None:
    response = final([RefusalPiece("no"), Ended("refused")])
    assert response["status"] == "completed"
    assert response["output"][0]["content"] == [{"type": "refusal", "refusal": "no"}]  # type: ignore[index]


def test_the_response_repeats_what_was_asked() -> None:
    request = Request(
        "m", (), (Text("a"),), (Tool("f", schema=b"{}"),), sampling=Sampling(9, 0.5), format=Format("json"),
        reasoning=Reasoning("low"), user="u",
    )  # fmt: skip
    response = final([], request)
    assert response.items() >= {
        "model": "m", "instructions": "a", "max_output_tokens": 9, "temperature": 0.5, "user": "u",
        "reasoning": {"effort": "low", "summary": "auto"}, "text": {"format": {"type": "json_object"}}, "output": [],
    }.items()  # fmt: skip
    assert "usage" not in response


def test_other_candidates_and_arguments_of_no_call_are_left_out() -> None:
    assert final([TextPiece("x", 1), ToolPiece(4, "{}"), Ended("length", 1)])["output"] == []


@pytest.mark.parametrize("empty", [ThinkingPiece(), Counted(Usage())])
def test_what_says_nothing_begins_no_item(empty: Event) -> None:
    assert final([empty])["output"] == []


def test_a_signature_of_a_call_goes_along() -> None:
    item = final([ToolBegan(0, "c", "f", signature="s"), ToolPiece(0, "{}")])["output"][0]  # type: ignore[index]
    assert item["extra_content"] == {"google": {"thought_signature": "s"}}


text = st.text(min_size=1, max_size=6)
sealed = st.from_regex(r"g[A-Za-z0-9]{1,9}", fullmatch=True).map(lambda data: ThinkingPiece(data=data))
spoken = st.lists(text.map(TextPiece) | text.map(RefusalPiece) | text.map(ThinkingPiece) | sealed, max_size=12)
calls = st.lists(st.lists(text, max_size=3), max_size=3)


@given(spoken, calls)
def test_any_answer_is_read_as_it_was_written(pieces: list[Event], arguments: list[list[str]]) -> None:
    events: list[Event] = [Began("resp_1", "gpt", 7), *pieces]
    for place, parts in enumerate(arguments):
        events.append(ToolBegan(place, f"c{place}", "f"))
        events += (ToolPiece(place, part) for part in parts)
    events.append(Ended("tools" if arguments else "stop"))
    wire = wire_of(events)
    reader = ResponseReader()
    back = [*reader.feed(wire), *reader.finish()]
    assert [event._replace(id="") if isinstance(event, ThinkingPiece) else event for event in back] == events
    for one in told(wire):
        EVENTS.validate_python(one)
