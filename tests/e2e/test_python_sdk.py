"""The unmodified openai Python SDK through the gateway, against upstreams written by others."""

from __future__ import annotations

import json

import openai
import pytest
from pydantic import BaseModel

from tests.e2e.mocks import Aimock, Llmock
from tests.e2e.road import Road, straight
from tests.e2e.shapes import CITIES, EVENT_FORMAT, EVENT_QUESTION, HELLO, PICTURE_QUESTION, PIXEL, WEATHER_TOOL


class Event(BaseModel):
    """What ``.parse`` gives back."""

    name: str
    date: str
    participants: list[str]


def last_body(road: Road) -> dict[str, object]:
    """The last chat or embedding body the mock was sent."""
    body = dict(road.mock.seen()[-1]["body"])  # type: ignore[call-overload]
    body.pop("_endpointType", None)  # aimock's own addition
    return body


def test_a_chat_call_gives_text_and_usage(client: openai.OpenAI, road: Road) -> None:
    answer = client.chat.completions.create(model=road.chat_model, messages=HELLO)
    assert answer.object == "chat.completion"
    assert answer.model == road.chat_model
    assert "hello" in (answer.choices[0].message.content or "").lower()
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_text_of_every_script_arrives_unharmed(aimock_road: Road) -> None:
    with aimock_road.client() as client:
        answer = client.chat.completions.create(model=aimock_road.chat_model, messages=HELLO)
    assert answer.choices[0].message.content == "Hello from the other side, नमस्ते 🙏, in more than one piece."
    assert answer.id == "chatcmpl-hello"


def test_a_stream_with_include_usage_ends_with_a_usage_chunk(client: openai.OpenAI, road: Road) -> None:
    plain = client.chat.completions.create(model=road.chat_model, messages=HELLO)
    with client.chat.completions.create(
        model=road.chat_model,
        messages=HELLO,
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == plain.choices[0].message.content
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == plain.usage
    assert sum(c.usage is not None for c in chunks) == 1


def test_a_stream_without_include_usage_has_no_usage_chunk(client: openai.OpenAI, road: Road) -> None:
    with client.chat.completions.create(model=road.chat_model, messages=HELLO, stream=True) as stream:
        chunks = list(stream)
    assert all(chunk.choices for chunk in chunks), "an empty choices list was not asked for"
    assert all(chunk.usage is None for chunk in chunks)


def test_parallel_tool_calls_arrive_whole(aimock_road: Road) -> None:
    with aimock_road.client() as client:
        answer = client.chat.completions.create(model=aimock_road.chat_model, messages=CITIES, tools=[WEATHER_TOOL])
    calls = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls"
    assert calls is not None
    assert [call.id for call in calls] == ["call_delhi", "call_paris"]
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Delhi", 'Paris "the\\ city"']


def test_streamed_arguments_of_parallel_tool_calls_can_be_put_together(aimock_road: Road) -> None:
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    with (
        aimock_road.client() as client,
        client.chat.completions.create(
            model=aimock_road.chat_model,
            messages=CITIES,
            tools=[WEATHER_TOOL],
            stream=True,
            parallel_tool_calls=True,
        ) as stream,
    ):
        pieces = [piece for chunk in stream if chunk.choices for piece in chunk.choices[0].delta.tool_calls or []]
    for piece in pieces:
        assert piece.function is not None
        if piece.function.name:
            assert piece.index not in names, "a tool call was announced twice"
            names[piece.index] = piece.function.name
        arguments[piece.index] = arguments.get(piece.index, "") + (piece.function.arguments or "")
    assert names == {0: "get_weather", 1: "get_weather"}
    assert json.loads(arguments[0]) == {"city": "Delhi", "unit": "celsius", "days": [1, 2, 3]}
    assert json.loads(arguments[1]) == {"city": 'Paris "the\\ city"', "unit": "celsius", "days": []}
    assert len(pieces) > 4, "the arguments came in one piece: nothing was proved"


def test_the_stream_accumulator_of_the_sdk_puts_tool_calls_together(client: openai.OpenAI, road: Road) -> None:
    with client.chat.completions.stream(model=road.chat_model, messages=CITIES, tools=[WEATHER_TOOL]) as stream:
        final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert calls
    assert all({"city", "unit"} <= set(json.loads(call.function.arguments)) for call in calls)


def test_a_tool_result_reaches_the_model_and_ends_the_loop(client: openai.OpenAI, road: Road) -> None:
    first = client.chat.completions.create(model=road.chat_model, messages=CITIES, tools=[WEATHER_TOOL])
    calls = first.choices[0].message.tool_calls or []
    results = [{"role": "tool", "tool_call_id": call.id, "content": '{"celsius": 31}'} for call in calls]
    conversation = [*CITIES, first.choices[0].message.model_dump(exclude_none=True), *results]
    second = client.chat.completions.create(model=road.chat_model, messages=conversation, tools=[WEATHER_TOOL])
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content
    assert last_body(road)["messages"] == conversation


def test_json_schema_output_follows_the_schema(client: openai.OpenAI, road: Road) -> None:
    answer = client.chat.completions.create(
        model=road.chat_model,
        messages=EVENT_QUESTION,
        response_format=EVENT_FORMAT,  # type: ignore[arg-type]
    )
    assert set(json.loads(answer.choices[0].message.content or "")) == {"name", "date", "participants"}
    assert last_body(road)["response_format"] == EVENT_FORMAT


def test_parse_gives_an_object_of_the_class_asked_for(client: openai.OpenAI, road: Road) -> None:
    answer = client.chat.completions.parse(model=road.chat_model, messages=EVENT_QUESTION, response_format=Event)
    assert isinstance(answer.choices[0].message.parsed, Event)


def test_a_picture_as_data_url_reaches_the_model_unharmed(client: openai.OpenAI, road: Road) -> None:
    answer = client.chat.completions.create(model=road.chat_model, messages=PICTURE_QUESTION)
    assert answer.choices[0].message.content
    messages = last_body(road)["messages"]
    assert messages == PICTURE_QUESTION, f"{PIXEL[:30]}… came through changed"


def test_fields_nobody_knows_reach_the_model(client: openai.OpenAI, road: Road) -> None:
    client.chat.completions.create(
        model=road.chat_model,
        messages=HELLO,
        seed=7,
        logit_bias={"50256": -100},
        metadata={"case": "4711"},
        extra_body={"field_of_next_year": {"deep": [1, 2.50, None, "\u2028"]}},
    )
    body = last_body(road)
    assert body["field_of_next_year"] == {"deep": [1, 2.5, None, "\u2028"]}
    assert (body["seed"], body["logit_bias"], body["metadata"]) == (7, {"50256": -100}, {"case": "4711"})


@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}])
def test_embeddings_come_as_vectors(client: openai.OpenAI, road: Road, encoding: dict[str, str]) -> None:
    answer = client.embeddings.create(
        model=road.embedding_model,
        input=["embed me", "embed me too"],
        **encoding,  # type: ignore[arg-type]
    )
    assert [item.index for item in answer.data] == [0, 1]
    assert all(item.embedding for item in answer.data)
    if isinstance(road.mock, Aimock):
        assert answer.data[0].embedding == [0.25, -0.5, 0.125, 1.0, -0.0625]


@pytest.mark.parametrize("stream", [False, True])
def test_a_time_out_of_the_sdk_is_raised_as_such(llmock_road: Road, stream: bool) -> None:
    assert isinstance(llmock_road.mock, Llmock)
    # Every request is late until the next script: the one that the test before gave up may still be on its way.
    llmock_road.mock.script({"type": "delay", "seconds": 1.5, "times": None})
    with llmock_road.client() as client, pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3).chat.completions.create(
            model=llmock_road.chat_model,
            messages=HELLO,
            stream=stream,
        )


async def test_the_async_client_chats_streams_and_embeds(road: Road) -> None:
    async with openai.AsyncOpenAI(base_url=road.base_url, api_key=road.key, max_retries=0, timeout=20) as client:
        plain = await client.chat.completions.create(model=road.chat_model, messages=HELLO)
        stream = await client.chat.completions.create(model=road.chat_model, messages=HELLO, stream=True)
        text = "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])
        vectors = await client.embeddings.create(model=road.embedding_model, input="embed me")
    assert text == plain.choices[0].message.content
    assert len(vectors.data) == 1


def test_models_can_be_listed(client: openai.OpenAI, road: Road) -> None:
    listed = list(client.models.list())
    assert "gpt-4o" in {entry.id for entry in listed}
    assert all(entry.object == "model" and isinstance(entry.created, int) for entry in listed)


@straight
def test_one_model_can_be_looked_up(client: openai.OpenAI, road: Road) -> None:
    found = client.models.retrieve(road.chat_model)
    assert (found.id, found.object) == (road.chat_model, "model")
    assert isinstance(found.created, int)
