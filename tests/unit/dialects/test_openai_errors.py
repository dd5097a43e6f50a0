"""openai_errors: refusals in OpenAI's shape and ours at once, as real SDKs see them."""

from __future__ import annotations

import json

import httpx
import openai
import pytest

from torana.core.errors import CODES, GatewayError, UpstreamAnswered
from torana.dialects import openai_chat
from torana.dialects.openai_errors import FAMILIAR, refuse, refuse_event


def answered(body: bytes, passed_on: bool = True) -> UpstreamAnswered:
    return UpstreamAnswered(
        "REQUEST_INVALID", "The provider refused the request (400).", upstream_status=400, body=body,
        dialect="openai_chat", passed_on=passed_on,
    )  # fmt: skip


def test_a_refusal_carries_both_shapes() -> None:
    error = GatewayError("RATE_LIMIT_EXCEEDED", "Too many.", details={"limit": 100}, param="model")
    assert json.loads(refuse(error, "req-1")) == {
        "error": {"message": "Too many.", "type": "rate_limit_error", "param": "model", "code": "rate_limit_exceeded"},
        "request_id": "req-1", "status": "error", "error_code": "RATE_LIMIT_EXCEEDED", "message": "Too many.",
        "details": {"limit": 100},
    }  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_shape(code: str) -> None:
    error = json.loads(refuse(GatewayError(code, "m"), "r"))["error"]
    assert error["code"] == FAMILIAR.get(code, code.lower())
    assert error["type"] == CODES[code].kind


def test_familiar_codes_are_codes_of_ours() -> None:
    assert set(FAMILIAR) <= set(CODES)


def test_the_providers_own_error_is_kept_when_passed_on() -> None:
    own = {"message": "bad seed", "type": "invalid_request_error", "param": "seed", "code": None, "x": [1]}
    out = json.loads(refuse(answered(json.dumps({"error": own, "secret": 1}).encode()), "r"))
    assert out["error"] == own
    assert (out["message"], out["error_code"], out["details"]) == (
        "bad seed",
        "REQUEST_INVALID",
        {"upstream_status": 400},
    )
    assert "secret" not in out


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"error":"text"}',
        b'{"error":{}}',
        b'{"detail":"x"}',
        b"[" * 9999,
        b'{"error":{"message":"m","x":' + b"[" * 3000 + b"]" * 3000 + b"}}",
    ],
)
def test_a_body_without_an_error_object_gives_ours_alone(body: bytes) -> None:
    out = json.loads(refuse(answered(body), "r"))
    assert out["error"]["message"] == out["message"] == "The provider refused the request (400)."


def test_the_providers_body_stays_here_when_not_passed_on() -> None:
    assert b"sk-up" not in refuse(answered(b'{"error":{"message":"bad key sk-up"}}', passed_on=False), "r")


class _Canned(httpx.BaseTransport):
    def __init__(self, status: int, kind: str, body: bytes) -> None:
        self.answer = (status, kind, body)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        status, kind, body = self.answer
        return httpx.Response(status, headers={"content-type": kind}, content=body)


def sdk(status: int, kind: str, body: bytes) -> openai.OpenAI:
    http = httpx.Client(transport=_Canned(status, kind, body))
    return openai.OpenAI(api_key="k", base_url="http://gateway.test/v1", http_client=http, max_retries=0)


def listen(client: openai.OpenAI, into: list[str | None]) -> None:
    for chunk in client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}], stream=True):
        into.append(chunk.choices[0].delta.content)


def test_the_openai_sdk_raises_the_right_class_with_our_code() -> None:
    error = GatewayError("MODEL_NOT_FOUND", "No model x.", param="model")
    with sdk(404, "application/json", refuse(error, "r")) as client, pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="x", messages=[{"role": "user", "content": "hi"}])
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize("done_follows", [False, True])
def test_the_openai_sdk_raises_on_the_last_event_of_a_broken_stream(done_follows: bool) -> None:
    first = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
    last = refuse_event(GatewayError("UPSTREAM_ERROR", "It broke."), "r") + (
        b"data: [DONE]\n\n" if done_follows else b""
    )
    seen: list[str | None] = []
    with sdk(200, "text/event-stream", first + last) as client, pytest.raises(openai.APIError) as caught:
        listen(client, seen)
    assert seen == ["hi"]
    assert caught.value.message == "It broke."
    assert caught.value.code == "upstream_error"


def test_the_last_event_is_one_event_of_one_line() -> None:
    event = openai_chat.refuse_event(GatewayError("INTERNAL", "a\nb\r\n\nc"), "r")
    assert event.count(b"\n") == 2
    assert event.endswith(b"\n\n")
