"""Our own dialects against a running process: ``/v1/complete``, ``/generate`` and the plain envelope."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.gateway import CALLER_KEY, NARROW_KEY, Gateway, configuration, model
from tests.e2e.process import until
from tests.e2e.road import straight
from torana.dialects.envelope import MEDIA_TYPE

pytestmark = straight

MESSAGES = [{"role": "user", "content": "say this back"}]
PATHS = {"/v1/complete": {"messages": MESSAGES}, "/generate": {"prompt": "say this back"}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = configuration(
        [{"id": "first", "kind": "echo"}, {"id": "second", "kind": "echo", "prefix": "second: "}],
        [
            model("m", "first", "echo-1", prices={"input": "1.00", "output": "2.00"}),
            model("n", "second", "echo-2"),
        ],
    )
    config["default_model"] = "m"
    found = Gateway(tmp_path_factory.mktemp("own") / "gateway", config)
    yield found
    assert found.process.stop() == 0, found.process.tail()


@pytest.fixture
def client(served: Gateway) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.origin, headers={"x-api-key": CALLER_KEY}, timeout=20) as found:
        yield found


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]


def test_complete_says_what_was_answered_by_whom_and_at_what_cost(client: httpx.Client, served: Gateway) -> None:
    answer = client.post("/v1/complete", json={"messages": MESSAGES, "max_tokens": 256, "team_id": "finance-team"})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["content"], said["provider_used"], said["model_used"]) == ("say this back", "first", "echo-1")
    assert (said["fallback_triggered"], said["pii_summary"]) == (False, {"redacted": {}, "guardrails": []})
    assert said["request_id"] == answer.headers["x-request-id"]
    until(lambda: any(entry["request_id"] == said["request_id"] for entry in served.audit()), 10)
    entry = next(entry for entry in served.audit() if entry["request_id"] == said["request_id"])
    assert (entry["dialect"], entry["team"]) == ("complete", "engineers"), "the key says which team, not the body"
    assert said["usage"]["total_tokens"] == entry["input_tokens"] + entry["output_tokens"]  # type: ignore[operator]
    assert (said["usage"]["cost"], said["usage"]["currency"]) == (answer.headers["x-torana-cost"].split()[0], "USD")


@pytest.mark.parametrize(("wanted", "used"), [("first", "first"), ("second", "second")])
def test_complete_goes_to_the_provider_that_is_wanted(client: httpx.Client, wanted: str, used: str) -> None:
    said = client.post("/v1/complete", json={"messages": MESSAGES, "provider": wanted}).json()
    assert said["provider_used"] == used


def test_complete_streams_and_ends_with_the_rest(client: httpx.Client) -> None:
    answer = client.post("/v1/complete", json={"messages": MESSAGES, "model": "m", "stream": True})
    found = events(answer)
    assert "".join(one["text"] for one in found if one["type"] == "text") == "say this back"
    assert (found[-1]["type"], found[-1]["provider_used"], found[-1]["usage"]["currency"]) == ("done", "first", "USD")


def test_generate_takes_a_prompt_and_gives_a_response(client: httpx.Client) -> None:
    answer = client.post("/generate", json={"prompt": "say this back", "max_tokens": 100})
    said = answer.json()
    assert set(said) == {"response", "model", "cached", "usage", "request_id"}
    assert (said["response"], said["model"], said["cached"]) == ("say this back", "m", False)


def test_generate_streams_too(client: httpx.Client) -> None:
    found = events(client.post("/generate", json={"prompt": "say this back", "stream": True}))
    assert "".join(one["text"] for one in found if one["type"] == "text") == "say this back"
    assert (found[-1]["type"], found[-1]["model"]) == ("done", "m")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "m", "messages": MESSAGES}),
        ("/api/v1/chat/completions", {"model": "m", "messages": MESSAGES}),
        ("/v1/responses", {"model": "m", "input": "say this back"}),
        ("/v1/messages", {"model": "m", "max_tokens": 99, "messages": MESSAGES}),
        ("/v1beta/models/m:generateContent", {"contents": [{"role": "user", "parts": [{"text": "say this back"}]}]}),
        *PATHS.items(),
    ],
)
def test_every_chat_comes_in_the_envelope_when_asked(client: httpx.Client, path: str, body: dict[str, object]) -> None:
    answer = client.post(path, json=body, headers={"accept": MEDIA_TYPE})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert set(said) == {"request_id", "status", "model", "response", "metadata"}
    assert (said["status"], said["model"], said["response"]) == ("success", "m", "say this back")
    assert said["metadata"]["tokens_used"] > 0
    assert said["metadata"]["timestamp"].endswith("Z")


@pytest.mark.parametrize("path", PATHS)
def test_errors_are_flat(served: Gateway, path: str) -> None:
    url, body = f"{served.origin}{path}", PATHS[path]
    stranger = httpx.post(url, json=body, headers={"x-api-key": "sk-nobody"})
    empty = httpx.post(url, json={}, headers={"x-api-key": CALLER_KEY})
    narrow = httpx.post(url, json={**body, "model": "n"}, headers={"x-api-key": NARROW_KEY})
    assert [one.status_code for one in (stranger, empty, narrow)] == [401, 400, 403]
    for one in (stranger, empty, narrow):
        assert set(one.json()) == {"request_id", "status", "error_code", "message", "details"}


def test_a_stream_and_the_envelope_do_not_go_together(client: httpx.Client) -> None:
    body = {"model": "m", "stream": True, "messages": MESSAGES}
    answer = client.post("/v1/chat/completions", json=body, headers={"accept": MEDIA_TYPE})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "REQUEST_INVALID")
