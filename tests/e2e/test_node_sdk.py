"""The unmodified openai Node SDK through the gateway, against upstreams written by others."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.e2e.mocks import Aimock
from tests.e2e.node import NODE_FOLDER, node_program
from tests.e2e.process import bare_environment
from tests.e2e.road import Road, straight
from tests.e2e.shapes import CITIES, EVENT_FORMAT, EVENT_QUESTION, HELLO, PICTURE_QUESTION, WEATHER_TOOL

Results = dict[str, Any]
_SEEN: dict[tuple[str, str], Results] = {}


@pytest.fixture
def results(road: Road, node_packages: None) -> Results:
    """What the Node SDK saw on this road; run once for each road."""
    way = (road.base_url, road.chat_model)
    if way not in _SEEN:
        argument = {
            "baseURL": road.base_url,
            "key": road.key,
            "wrongKey": "sk-torana-nobody",
            "chatModel": road.chat_model,
            "embeddingModel": road.embedding_model,
            "shapes": {
                "hello": HELLO,
                "cities": CITIES,
                "tool": WEATHER_TOOL,
                "eventQuestion": EVENT_QUESTION,
                "eventFormat": EVENT_FORMAT,
                "pictureQuestion": PICTURE_QUESTION,
            },
        }
        done = subprocess.run(
            [node_program(), str(NODE_FOLDER / "sdk.mjs"), json.dumps(argument)],
            capture_output=True,
            text=True,
            timeout=60,
            env=bare_environment(),
            check=False,
        )
        assert done.returncode == 0, done.stderr
        _SEEN[way] = json.loads(done.stdout)
    return _SEEN[way]


def value(results: Results, case: str) -> Any:
    """What the case gave; fails with what it threw."""
    assert "value" in results[case], f"{case}: {results[case]}"
    return results[case]["value"]


def test_the_lock_file_names_no_host() -> None:
    lock = (NODE_FOLDER / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert "resolved" not in lock
    assert "://" not in lock


def test_a_chat_call_gives_text_and_usage(results: Results, road: Road) -> None:
    answer = value(results, "chat")
    assert "hello" in answer["text"].lower()
    assert (answer["finish"], answer["model"]) == ("stop", road.chat_model)
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]


def test_a_stream_says_the_same_and_shows_no_usage(results: Results) -> None:
    stream = value(results, "stream")
    assert stream["text"] == value(results, "chat")["text"]
    assert (stream["finish"], stream["usages"], stream["withoutChoices"]) == (["stop"], [], 0)


def test_a_stream_with_include_usage_ends_with_one_usage_chunk(results: Results) -> None:
    stream = value(results, "streamWithUsage")
    assert stream["text"] == value(results, "chat")["text"]
    assert stream["usages"] == [value(results, "chat")["usage"]]
    assert stream["lastIsUsage"]


def test_tool_calls_arrive_whole_streamed_or_not(results: Results, road: Road) -> None:
    plain = value(results, "tools")
    streamed = value(results, "streamedTools")
    assert plain["finish"] == "tool_calls"
    assert streamed["finish"] == ["tool_calls"]
    assert [c["function"]["name"] for c in plain["calls"]] == [c["name"] for c in streamed["calls"]]
    assert [json.loads(c["function"]["arguments"]) for c in plain["calls"]] == [
        json.loads(c["arguments"]) for c in streamed["calls"]
    ]
    assert all(call["pieces"] > 2 for call in streamed["calls"])
    assert len(value(results, "accumulatedTools")) == len(plain["calls"])
    if isinstance(road.mock, Aimock):
        assert [call["id"] for call in streamed["calls"]] == ["call_delhi", "call_paris"]


def test_json_schema_output_follows_the_schema(results: Results) -> None:
    assert set(value(results, "schema")) == {"name", "date", "participants"}
    assert set(json.loads(value(results, "parse"))) == {"name", "date", "participants"}


def test_a_picture_as_data_url_is_answered(results: Results) -> None:
    assert value(results, "picture")


def test_embeddings_come_as_vectors(results: Results, road: Road) -> None:
    vectors = value(results, "embeddings")
    assert [item["index"] for item in vectors] == [0, 1]
    assert {item["length"] for item in vectors} == set(value(results, "embeddingsAsFloats"))
    if isinstance(road.mock, Aimock):
        assert [(item["length"], item["first"]) for item in vectors] == [(5, 0.25), (5, 0.25)]


def test_models_can_be_listed(results: Results) -> None:
    assert "gpt-4o" in value(results, "models")


@straight
def test_one_model_can_be_looked_up(results: Results, road: Road) -> None:
    assert value(results, "oneModel") == road.chat_model


def test_a_time_out_of_the_sdk_is_raised_as_such(results: Results) -> None:
    assert value(results, "timedOut")["name"] == "APIConnectionTimeoutError"


def test_leaving_a_stream_early_is_no_error(results: Results) -> None:
    assert value(results, "hangUp") == {"seen": 2, "aborted": True}


@straight
@pytest.mark.parametrize(
    ("case", "name", "status"),
    [
        ("wrongKey", "AuthenticationError", 401),
        ("unknownModel", "NotFoundError", 404),
        ("badRequest", "BadRequestError", 400),
    ],
)
def test_our_refusals_are_the_errors_the_sdk_knows(results: Results, case: str, name: str, status: int) -> None:
    error = value(results, case)
    assert (error["name"], error["status"]) == (name, status)
    assert error["requestID"]
    assert error["type"]


def test_refusals_of_the_model_are_the_errors_the_sdk_knows(results: Results, road: Road) -> None:
    if not isinstance(road.mock, Aimock):
        return  # only aimock's fixtures refuse by what is asked
    refused, limited = value(results, "refusedByModel"), value(results, "rateLimited")
    assert (refused["name"], refused["status"], refused["param"]) == ("BadRequestError", 400, "temperature")
    assert (limited["name"], limited["status"], limited["retryAfter"]) == ("RateLimitError", 429, "7")


@straight
def test_answers_carry_our_headers(results: Results, road: Road) -> None:
    found = value(results, "headers")
    assert found["requestID"] == found["headers"]["x-request-id"]
    assert found["headers"]["x-torana-provider"] == road.mock.name
    assert found["headers"]["x-torana-model"] == road.chat_model
    assert found["headers"]["x-torana-attempts"] == "1"


@straight
def test_the_api_path_and_all_four_key_headers_work(results: Results) -> None:
    assert value(results, "apiPath") == value(results, "chat")["text"]
    assert value(results, "fourHeaders") == dict.fromkeys(
        ("X-API-Key", "x-goog-api-key", "api-key", "Authorization"),
        "stop",
    )
