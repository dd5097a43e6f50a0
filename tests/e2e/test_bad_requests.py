"""Requests that are good HTTP and bad in every other way: a clear refusal, and the process is unharmed."""

from __future__ import annotations

import json

import pytest

from tests.e2e.gateway import CALLER_KEY, NARROW_KEY, Gateway
from tests.e2e.mocks import UPSTREAM_KEY, Aimock
from tests.e2e.road import straight
from tests.e2e.shapes import HELLO, assert_refusal
from tests.e2e.wire import Answer, chat, chunked, exchange, parse, request

pytestmark = straight

CANARY = "canary-7f3e-of-the-prompt"
MODEL = Aimock.chat_model
MEGABYTE = 1024 * 1024
LIMIT_MB = 4
JSON = "Content-Type: application/json"


def refused(gateway: Gateway, wire: bytes, status: int, code: str) -> dict[str, object]:
    """The answer is this status with this code in both shapes; the gateway then answers a good call."""
    answer = parse(exchange(gateway.port, wire))
    assert answer.status == status, answer
    found = assert_refusal(answer.body, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"] == found["request_id"]
    assert_unharmed(gateway)
    return dict(found)


def assert_unharmed(gateway: Gateway) -> None:
    """A good call is answered, nothing is left open, and nothing secret was written."""
    answer = good_call(gateway)
    assert answer.status == 200, answer
    written = gateway.left_behind()
    for secret in (CALLER_KEY, NARROW_KEY, UPSTREAM_KEY, CANARY, "sk-torana-nobody-5f"):
        assert secret not in written, f"{secret} was written down"
    assert "Traceback" not in written


def good_call(gateway: Gateway) -> Answer:
    return parse(exchange(gateway.port, chat(MODEL)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b'{"model": "gpt-4o-mini", "messages": [}',
        b'{"model": "gpt-4o-mini",}',
        b"{'model': 'x'}",
        b'{"a": NaN}',
        b"\x00",
        b"\xef\xbb\xbf{",
        b'{"messages": "' + CANARY.encode(),
    ],
    ids=[
        "empty",
        "blank",
        "brace",
        "list",
        "null",
        "number",
        "string",
        "half",
        "comma",
        "quotes",
        "nan",
        "nul",
        "bom",
        "cut",
    ],
)
def test_broken_json_is_refused_as_invalid(gateway: Gateway, body: bytes) -> None:
    refused(gateway, request(body, JSON), 400, "REQUEST_INVALID")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", 7),
        ("model", ["x"]),
        ("messages", CANARY),
        ("messages", {}),
        ("messages", [7]),
        ("messages", []),
        ("messages", None),
        ("stream", "yes"),
        ("n", "two"),
        ("n", 0),
        ("max_tokens", "many"),
        ("max_tokens", 1.5),
        ("stream_options", []),
        ("tools", "all"),
    ],
)
def test_a_wrong_type_is_refused_and_the_field_named(gateway: Gateway, field: str, value: object) -> None:
    body = {"model": MODEL, "messages": HELLO, field: value}
    found = refused(gateway, request(json.dumps(body).encode(), JSON), 400, "REQUEST_INVALID")
    error = found["error"]
    assert isinstance(error, dict)
    assert str(error["param"]).startswith(field), error
    assert CANARY not in str(found), "the refusal repeats the caller's text"


def test_missing_messages_are_named(gateway: Gateway) -> None:
    found = refused(gateway, request(json.dumps({"model": MODEL}).encode(), JSON), 400, "REQUEST_INVALID")
    assert "messages" in str(found["error"])


def test_a_member_that_is_there_twice_is_refused(gateway: Gateway) -> None:
    body = b'{"model": "gpt-4o-mini", "messages": [], "model": "gpt-4o"}'
    refused(gateway, request(body, JSON), 400, "REQUEST_INVALID")


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "\xff\xfe"}]}',
        b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "\xc3"}]}',
        b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "\xed\xa0\x80"}]}',
        '{"model": "gpt-4o-mini"}'.encode("utf-16"),
    ],
    ids=["bytes", "half a letter", "surrogate", "utf-16"],
)
def test_invalid_utf8_is_refused_as_invalid(gateway: Gateway, body: bytes) -> None:
    refused(gateway, request(body, JSON), 400, "REQUEST_INVALID")


@pytest.mark.parametrize("deep", [b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000])
def test_json_ten_thousand_deep_is_refused_as_invalid(gateway: Gateway, deep: bytes) -> None:
    body = b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "x"}], "metadata": ' + deep + b"}"
    refused(gateway, request(body, JSON), 400, "REQUEST_INVALID")


def test_json_ten_thousand_deep_inside_a_tool_schema_is_refused_as_invalid(gateway: Gateway) -> None:
    deep = b'{"items":' * 10_000 + b"{}" + b"}" * 10_000
    body = (
        b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function", '
        b'"function": {"name": "f", "parameters": ' + deep + b"}}]}"
    )
    refused(gateway, request(body, JSON), 400, "REQUEST_INVALID")


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {
            "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
            "$ref": "#/$defs/node",
        },
    ],
    ids=["itself", "each other", "linked list"],
)
@pytest.mark.parametrize("place", ["tools", "response_format"])
def test_a_schema_that_refers_to_itself_passes_as_it_is(
    gateway: Gateway,
    aimock: Aimock,
    schema: dict[str, object],
    place: str,
) -> None:
    value: object = [{"type": "function", "function": {"name": "walk", "parameters": schema}}]
    if place == "response_format":
        value = {"type": "json_schema", "json_schema": {"name": "walk", "schema": schema}}
    answer = parse(exchange(gateway.port, chat(MODEL, **{place: value})))
    assert answer.status == 200, answer
    sent = aimock.seen()[-1]["body"]
    assert isinstance(sent, dict)
    assert sent[place] == value


def big_body(megabytes: int) -> bytes:
    filling = "x" * (megabytes * MEGABYTE)
    return json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "say hello " + filling}]}).encode()


def test_a_body_under_the_bound_is_taken(gateway: Gateway) -> None:
    assert parse(exchange(gateway.port, request(big_body(LIMIT_MB - 1), JSON), quiet_s=10)).status == 200


def test_a_body_declared_over_the_bound_is_refused_before_it_is_sent(gateway: Gateway) -> None:
    head = request(b"", JSON, f"Content-Length: {LIMIT_MB * MEGABYTE + 1}", length=False)
    refused(gateway, head, 413, "REQUEST_TOO_LARGE")


def test_a_body_over_the_bound_is_refused(gateway: Gateway) -> None:
    refused(gateway, request(big_body(LIMIT_MB + 4), JSON), 413, "REQUEST_TOO_LARGE")


def test_a_chunked_body_over_the_bound_is_refused(gateway: Gateway) -> None:
    head = request(b"", JSON, "Transfer-Encoding: chunked", length=False)
    refused(gateway, head + chunked(big_body(LIMIT_MB + 4)), 413, "REQUEST_TOO_LARGE")


def test_a_chunked_body_under_the_bound_is_taken(gateway: Gateway) -> None:
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    head = request(b"", JSON, "Transfer-Encoding: chunked", length=False)
    assert parse(exchange(gateway.port, head + chunked(body, 7))).status == 200


@pytest.mark.parametrize(
    "model", ["no-such-model", "../../etc/passwd", "x" * 5000, "ü\u202e\n\r", "nobody-here/gpt-4o", ""]
)
def test_an_unknown_model_is_not_found(gateway: Gateway, model: str) -> None:
    body = json.dumps({"model": model, "messages": HELLO}).encode()
    found = refused(
        gateway, request(body, JSON), 404 if model else 400, "MODEL_NOT_FOUND" if model else "REQUEST_INVALID"
    )
    assert len(json.dumps(found)) < 2000, "the refusal repeats the whole name"


def test_a_missing_key_is_refused(gateway: Gateway) -> None:
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    refused(gateway, request(body, JSON, key=None), 401, "KEY_INVALID")


@pytest.mark.parametrize("value", ["sk-torana-nobody-5f", "x" * 4000, "Bearer", "", "Basic dXNlcjpwdw==", "sk\u00ff"])
def test_a_wrong_key_is_refused_and_never_repeated(gateway: Gateway, value: str) -> None:
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    found = refused(gateway, request(body, JSON, f"Authorization: Bearer {value}", key=None), 401, "KEY_INVALID")
    if len(value) > 8:
        assert value not in str(found)


def test_a_nobody_is_told_nothing_about_the_body(gateway: Gateway) -> None:
    refused(gateway, request(b"{broken", JSON, key=None), 401, "KEY_INVALID")


def test_different_keys_in_two_headers_are_refused(gateway: Gateway) -> None:
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    refused(gateway, request(body, JSON, f"X-API-Key: {NARROW_KEY}"), 400, "REQUEST_INVALID")


def test_one_header_with_two_different_keys_is_refused(gateway: Gateway) -> None:
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    refused(gateway, request(body, JSON, f"Authorization: Bearer {NARROW_KEY}"), 400, "REQUEST_INVALID")


def test_the_same_key_in_two_headers_is_taken(gateway: Gateway) -> None:
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    assert parse(exchange(gateway.port, request(body, JSON, f"X-API-Key: {CALLER_KEY}"))).status == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_json_is_read_as_json_whatever_its_content_type_says(gateway: Gateway, content_type: str) -> None:
    body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
    lines = [f"Content-Type: {content_type}"] if content_type else []
    assert parse(exchange(gateway.port, request(body, *lines))).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/chat/completions", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/v1/embeddings", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/v1/nothing-here", 404, "NOT_FOUND"),
        ("GET", "/v1/../etc/passwd", 404, "NOT_FOUND"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "NOT_FOUND"),
        ("POST", "//v1/chat/completions", 404, "NOT_FOUND"),
    ],
)
def test_a_path_or_method_nobody_serves_is_refused(
    gateway: Gateway,
    method: str,
    path: str,
    status: int,
    code: str,
) -> None:
    refused(gateway, request(b"{}", JSON, method=method, path=path), status, code)


@pytest.mark.parametrize("sent", ["x" * 300, "two words", "a\tb", "<script>", "é"])
def test_a_request_id_that_is_no_plain_token_is_replaced(gateway: Gateway, sent: str) -> None:
    answer = parse(exchange(gateway.port, chat(MODEL, f"X-Request-Id: {sent}")))
    assert answer.status == 200
    assert answer.headers["x-request-id"] != sent
    assert answer.headers["x-request-id"].isascii()
