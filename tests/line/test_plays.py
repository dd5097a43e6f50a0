"""Plays for the whole line. They know only the surface: the same play holds in process and over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.line.conftest import Stage

CHAT = "/v1/chat/completions"
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def events(text: str) -> list[Any]:
    """The data of a stream's events, ``[DONE]`` left out."""
    lines = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def said(chunks: list[Any]) -> str:
    """The text of a stream."""
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def assert_refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """An error in the dialect's shape and ours."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["error_code"] == code
    assert body["status"] == "error"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert set(body["error"]) >= {"message", "type", "param", "code"}
    assert body["error"]["message"] == body["message"]
    assert answer.headers["content-type"] == "application/json"
    return body


# --- answers


async def test_a_chat_is_answered_with_usage_and_who_answered(stage: Stage) -> None:
    answer = await stage.chat("say this")
    assert answer.status_code == 200
    body = answer.json()
    assert body["choices"][0]["message"]["content"] == "say this"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]
    heads = answer.headers
    assert heads["x-torana-attempts"] == "1"
    assert heads["x-torana-cache"] == "bypass"
    assert {"x-torana-model", "x-torana-provider", "x-torana-policy", "x-torana-overhead-ms", "x-request-id"} <= set(
        heads
    )
    if stage.recorder is not None:
        (receipt,) = stage.recorder.receipts
        assert (receipt.ending, receipt.output_tokens) == ("completed", body["usage"]["completion_tokens"])


async def test_a_stream_says_the_same_as_the_whole_answer(stage: Stage) -> None:
    answer = await stage.chat("one two three four five", stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    chunks = events(answer.text)
    assert said(chunks) == "one two three four five"
    assert len(chunks) > 2, "it did not come in pieces"
    assert all("usage" not in chunk or chunk["usage"] is None for chunk in chunks), "nobody asked for usage"


async def test_the_usage_of_a_stream_comes_when_it_is_asked_for(stage: Stage) -> None:
    whole = (await stage.chat("how much is this")).json()["usage"]
    answer = await stage.chat("how much is this", stream=True, stream_options={"include_usage": True})
    last = events(answer.text)[-1]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == whole["completion_tokens"]


async def test_the_last_comment_of_a_stream_tells_what_its_head_could_not(stage: Stage) -> None:
    answer = await stage.chat(stream=True)
    comment = [line for line in answer.text.split("\n") if line.startswith(": torana ")][-1]
    facts = json.loads(comment.removeprefix(": torana "))
    assert facts["request_id"] == answer.headers["x-request-id"]
    assert facts["output_tokens"] > 0


@pytest.mark.parametrize("stream", [False, True])
async def test_a_tool_is_called(stage: Stage, stream: bool) -> None:
    answer = await stage.chat("look", tools=[TOOL], tool_choice="required", stream=stream)
    if stream:
        chunks = events(answer.text)
        names = [
            call["function"].get("name")
            for chunk in chunks for choice in chunk["choices"] for call in choice["delta"].get("tool_calls") or []
        ]  # fmt: skip
        finishes = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    else:
        (choice,) = answer.json()["choices"]
        names = [call["function"]["name"] for call in choice["message"]["tool_calls"]]
        finishes = [choice["finish_reason"]]
    assert "look" in names
    assert finishes[-1] == "tool_calls"


async def test_a_schema_is_kept(stage: Stage) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema, "strict": True}}
    answer = await stage.chat("where", response_format=wanted)
    assert set(json.loads(answer.json()["choices"][0]["message"]["content"])) == {"city"}


async def test_embeddings_are_numbers_one_list_an_input(stage: Stage) -> None:
    answer = await stage.post("/v1/embeddings", {"model": stage.embedding_model, "input": ["one", "two", "one"]})
    assert answer.status_code == 200
    one, two, again = (row["embedding"] for row in answer.json()["data"])
    assert one == again != two


async def test_unknown_fields_and_content_types_are_no_reason_to_refuse(stage: Stage) -> None:
    body = json.dumps(stage.asking("hi", an_unknown_field={"x": [1]})).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"):
        headers = {"authorization": f"Bearer {stage.key}", "content-type": kind}
        assert (await stage.post(CHAT, body, headers)).status_code == 200


@pytest.mark.parametrize("text", ["नमस्ते", "🤖👩‍👩‍👧", "e\u0301", 'quotes " and \\ and \n lines', "\u2028", "</script>"])
@pytest.mark.parametrize("stream", [False, True])
async def test_text_of_any_script_comes_back_as_it_went(stage: Stage, text: str, stream: bool) -> None:
    answer = await stage.chat(text, stream=stream)
    back = said(events(answer.text)) if stream else answer.json()["choices"][0]["message"]["content"]
    assert back == text


async def test_the_alias_answers_like_the_path(stage: Stage) -> None:
    for path in (CHAT, "/v1/embeddings", "/v1/models"):
        if path == "/v1/models":
            there, here = await stage.get(path), await stage.get("/api" + path)
        else:
            body = stage.asking() if path == CHAT else {"model": stage.embedding_model, "input": "x"}
            there, here = await stage.post(path, body), await stage.post("/api" + path, body)
        assert there.status_code == here.status_code == 200
        assert set(there.json()) == set(here.json())


async def test_many_at_once_each_get_their_own_answer(stage: Stage) -> None:
    answers = await asyncio.gather(*(stage.chat(f"number {number}", stream=number % 2 == 0) for number in range(40)))
    for number, answer in enumerate(answers):
        back = said(events(answer.text)) if number % 2 == 0 else answer.json()["choices"][0]["message"]["content"]
        assert back == f"number {number}"
    assert len({answer.headers["x-request-id"] for answer in answers}) == 40


# --- models


async def test_models_are_listed_and_each_can_be_asked_for(stage: Stage) -> None:
    listed = (await stage.get("/v1/models")).json()
    assert stage.model in [one["id"] for one in listed["data"]]
    one = (await stage.get(f"/v1/models/{stage.model}")).json()
    assert (one["id"], one["object"]) == (stage.model, "model")
    assert_refused(await stage.get("/v1/models/no-such-model"), 404, "MODEL_NOT_FOUND")


async def test_an_unknown_model_is_not_found(stage: Stage) -> None:
    body = assert_refused(await stage.chat(model="no-such-model"), 404, "MODEL_NOT_FOUND")
    assert body["error"]["param"] == "model"


# --- keys


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key", "api-key"])
async def test_the_key_counts_in_each_header(stage: Stage, header: str) -> None:
    value = f"Bearer {stage.key}" if header == "authorization" else stage.key
    assert (await stage.post(CHAT, stage.asking(), {header: value})).status_code == 200


async def test_the_same_key_in_two_headers_is_one_key(stage: Stage) -> None:
    headers = {"authorization": f"Bearer {stage.key}", "x-api-key": stage.key}
    assert (await stage.post(CHAT, stage.asking(), headers)).status_code == 200


async def test_two_different_keys_are_refused(stage: Stage) -> None:
    headers = {"authorization": f"Bearer {stage.key}", "x-api-key": "sk-other"}
    assert_refused(await stage.post(CHAT, stage.asking(), headers), 400, "REQUEST_INVALID")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer sk-nobody"},
        {"authorization": "Basic eDp5"},
        {"x-api-key": "k" * 600},
        {"authorization": ""},
    ],
    ids=str,
)
async def test_without_a_known_key_nothing_is_served(stage: Stage, headers: dict[str, str]) -> None:
    for body in (stage.asking(), b"not json"):
        answer = await stage.post(CHAT, body, headers)
        refused = assert_refused(answer, 401, "KEY_INVALID")
        assert refused["error"]["code"] == "invalid_api_key"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["x-should-retry"] == "false"


# --- bad input

BAD: dict[str, bytes] = {
    "empty": b"",
    "no json": b"hello",
    "cut": b'{"model":"m","messages":[{"role":"us',
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "no messages": b'{"model":"m"}',
    "messages no list": b'{"model":"m","messages":"hi"}',
    "message no object": b'{"model":"m","messages":[1]}',
    "stream no bool": b'{"model":"m","messages":[],"stream":"yes"}',
    "model no text": b'{"model":1,"messages":[]}',
    "not utf-8": b'{"model":"m","messages":[{"role":"user","content":"\xff\xfe"}]}',
    "member twice": b'{"model":"a","model":"b","messages":[]}',
    "deep": b'{"model":"m","messages":[],"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep objects": b'{"model":"m","messages":[],"x":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
}


@pytest.mark.parametrize("name", BAD)
async def test_a_body_that_breaks_its_format_is_refused_with_a_reason(stage: Stage, name: str) -> None:
    body = assert_refused(await stage.post(CHAT, BAD[name]), 400, "REQUEST_INVALID")
    assert body["error"]["type"] == "invalid_request_error"
    assert len(body["message"]) > 10
    assert (await stage.chat("still there")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/chat", "/nope", "/v1/completions/x", "/.env"])
async def test_a_path_nobody_serves_is_not_found(stage: Stage, path: str) -> None:
    assert_refused(await stage.get(path), 404, "NOT_FOUND")


async def test_a_path_of_ai_takes_post_alone(stage: Stage) -> None:
    answer = await stage.get(CHAT)
    assert_refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"


# --- request ids and health


async def test_a_sane_request_id_comes_back_any_other_is_replaced(stage: Stage) -> None:
    for given, back in (("mine-1", True), ("not sane", False), ("x" * 200, False)):
        headers = {"authorization": f"Bearer {stage.key}", "x-request-id": given}
        answer = await stage.post(CHAT, stage.asking(), headers)
        assert (answer.headers["x-request-id"] == given) is back
        refused = await stage.post(CHAT, b"{", headers)
        assert (refused.headers["x-request-id"] == given) is back


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/metrics"])
async def test_health_and_metrics_need_no_key(stage: Stage, path: str) -> None:
    answer = await stage.client.get(path)
    assert answer.status_code == 200
    head = await stage.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
