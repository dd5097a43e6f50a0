"""``/passthrough/{provider}/…`` against a running process: bytes both ways, and what must not go through."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import httpx
import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, NARROW_KEY, Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stage import Stage
from torana.testing.plays import EVENTS, JSON, Exchange, chat_event, chunk, head, usage_event

pytestmark = straight

UPSTREAM_KEY = "sk-upstream-never-shown"
NOTHING = b'{"error":{"message":"no such file","type":"invalid_request_error"}}'
BYTES = bytes(range(256)) * 40
OTHER_KEY = "sk-torana-e2e-globex-2Bn6Xc9Vf"


async def play(exchange: Exchange) -> None:
    """Something of every kind, by path."""
    request = exchange.request
    path = request.target.partition("?")[0]
    if path.endswith("/chat/completions") and request.json().get("stream"):
        events = [chat_event({"content": "hi"}), chat_event({}, "stop"), usage_event(1), b"data: [DONE]\n\n"]
        await exchange.write(head(200, EVENTS) + b"".join(chunk(event) for event in events) + chunk(b""))
    elif path.endswith("/missing"):
        await exchange.write(head(404, JSON, len(NOTHING)) + NOTHING)
    elif path.endswith("/content"):
        await exchange.write(
            head(200, [("Content-Type", "application/pdf"), ("Set-Cookie", "a=b")], len(BYTES)) + BYTES
        )
    elif path.endswith("/gone"):
        await exchange.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    elif path.endswith("/broken"):
        await exchange.write(head(500, JSON, 2) + b"{}")
    else:
        said = {"method": request.method, "target": request.target, "body": request.body.decode("latin-1")}
        if path.endswith("/chat/completions"):
            said |= {"choices": [{"finish_reason": "stop"}], "usage": {"prompt_tokens": 1000, "completion_tokens": 10}}  # type: ignore[dict-item]
        body = json.dumps(said).encode()
        await exchange.write(head(200, JSON, len(body)) + body)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(play) as found:
        yield found


@pytest.fixture(scope="module")
def served(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = configuration(
        [
            provider("open", stage.origin, api_key=UPSTREAM_KEY, passthrough=True),
            provider("shut", stage.origin, api_key=UPSTREAM_KEY),
        ],
        [model("m", "open", "gpt-4o-mini", prices={"input": "1.00", "output": "2.00"})],
        routing={"retries": 2},
    )
    config["keys"] = [{**key, "permissions": ["passthrough.use"]} for key in config["keys"]]  # type: ignore[attr-defined]
    config["keys"].append({"name": "plain", "key": "sk-torana-e2e-plain-3Kd8", "tenant": "acme"})  # type: ignore[attr-defined]
    other = {
        "name": "globex",
        "key": OTHER_KEY,
        "tenant": "globex",
        "permissions": ["passthrough.use"],
        "models": ["*"],
    }
    config["keys"].append(other)  # type: ignore[attr-defined]
    config["tenants"].append({"id": "globex"})  # type: ignore[attr-defined]
    config["guardrails"] = [
        {"id": "words", "kind": "keywords", "mode": "block", "side": "input", "words": ["bluebird"]}
    ]
    found = Gateway(tmp_path_factory.mktemp("passed") / "gateway", config)
    yield found
    assert found.process.stop() == 0, found.process.tail()


@pytest.fixture
def client(served: Gateway) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {CALLER_KEY}"}
    with httpx.Client(base_url=f"{served.origin}/passthrough/open", headers=headers, timeout=20) as found:
        yield found


def entry_of(served: Gateway, request_id: str) -> dict[str, object]:
    """The audit entry of one request, once it is there."""
    until(lambda: any(entry["request_id"] == request_id for entry in served.audit()), 10)
    return next(entry for entry in served.audit() if entry["request_id"] == request_id)


def raw(served: Gateway, target: str) -> int:
    """The status of a GET whose path is sent as it stands: clients like to tidy paths."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    try:
        connection.putrequest("GET", target, skip_host=False)
        connection.putheader("Authorization", f"Bearer {CALLER_KEY}")
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_any_method_and_path_go_through_as_they_are(client: httpx.Client, stage: Stage, method: str) -> None:
    body = b'{ "odd" :  "spacing" }' if method not in ("GET", "DELETE") else b""
    headers = {"cookie": "session=mine", "openai-organization": "org-mine", "openai-beta": "assistants=v2"}
    answer = client.request(method, "/v1/odd/thing%20x?after=a&key=AIzaMine", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"method": method, "target": "/v1/odd/thing%20x?after=a", "body": body.decode()}
    assert answer.headers["x-torana-dropped"] == "query key"
    sent = {name.lower(): value for name, value in stage.last.headers}
    assert (sent["authorization"], sent["openai-beta"]) == (f"Bearer {UPSTREAM_KEY}", "assistants=v2")
    assert not {"cookie", "openai-organization", "x-forwarded-for"} & set(sent)
    assert CALLER_KEY not in repr(stage.last)


def test_an_sdk_runs_through_it_and_what_it_used_is_priced(served: Gateway) -> None:
    with openai.OpenAI(base_url=f"{served.origin}/passthrough/open", api_key=CALLER_KEY, max_retries=0) as sdk:
        answer = sdk.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "hello"}],
            extra_headers={"x-request-id": "passed-whole"},
        )
        assert answer.usage is not None and answer.usage.prompt_tokens == 1000
        events = sdk.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": "hello"}],
            stream=True,
            extra_headers={"x-request-id": "passed-stream"},
        )
        assert "hi" in [event.choices[0].delta.content for event in events if event.choices]
    whole, stream = entry_of(served, "passed-whole"), entry_of(served, "passed-stream")
    assert (whole["operation"], whole["input_tokens"], whole["output_tokens"]) == ("passthrough", 1000, 10)
    assert (whole["priced"], whole["cost_nano"]) == (True, 1_020_000)
    assert (stream["output_tokens"], stream["usage_estimated"]) == (1, False)


def test_a_stream_is_its_bytes_and_nothing_more(client: httpx.Client) -> None:
    body = {"model": "gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    answer = client.post("/chat/completions", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith("data: [DONE]\n\n")


def test_bytes_come_whole_and_no_cookie_with_them(client: httpx.Client) -> None:
    answer = client.get("/files/f/content")
    assert (answer.content, answer.headers["content-type"]) == (BYTES, "application/octet-stream")
    assert "set-cookie" not in answer.headers


def test_the_providers_refusal_is_its_own(client: httpx.Client) -> None:
    answer = client.get("/files/missing")
    assert (answer.status_code, answer.content) == (404, NOTHING)


def test_an_answer_without_a_body_and_a_head_end_where_they_should(client: httpx.Client) -> None:
    answer = client.delete("/gone")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers
    assert client.head("/files").content == b""
    assert client.get("/files").status_code == 200, "the connection goes on"


def test_what_may_have_been_done_is_not_done_again(client: httpx.Client, served: Gateway) -> None:
    answer = client.post("/jobs/broken", json={"job": 1}, headers={"x-request-id": "passed-broken"})
    assert answer.status_code == 502
    assert len(entry_of(served, "passed-broken")["attempts"]) == 1  # type: ignore[arg-type]


def test_two_tenants_never_share_an_idempotency_key(served: Gateway, stage: Stage) -> None:
    def arrived(key: str) -> str:
        headers = {"authorization": f"Bearer {key}", "idempotency-key": "order-1"}
        assert httpx.post(f"{served.origin}/passthrough/open/odd", json={}, headers=headers).status_code == 200
        return {name.lower(): value for name, value in stage.last.headers}["idempotency-key"]

    ours, again, theirs = arrived(CALLER_KEY), arrived(CALLER_KEY), arrived(OTHER_KEY)
    assert ours == again != theirs


def test_text_is_looked_at(client: httpx.Client) -> None:
    for answer in (
        client.post("/odd", json={"deep": [{"x": "a bluebird sings"}]}),
        client.post("/odd", content=b"a bluebird sings", headers={"content-type": "text/plain"}),
        client.post("/files", files={"file": ("f.txt", b"a bluebird sings")}, data={"purpose": "x"}),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (400, "GUARDRAIL_BLOCKED")


def test_only_whom_and_where_it_is_allowed(served: Gateway) -> None:
    def status(provider_id: str, key: str, body: dict[str, object]) -> int:
        url = f"{served.origin}/passthrough/{provider_id}/chat/completions"
        return httpx.post(url, json=body, headers={"authorization": f"Bearer {key}"}).status_code

    asked: dict[str, object] = {"model": "gpt-4o-mini", "messages": []}
    assert status("open", CALLER_KEY, asked) == 200
    assert status("open", NARROW_KEY, asked) == 200
    assert status("open", NARROW_KEY, {**asked, "model": "o1-dear"}) == 403
    assert status("open", NARROW_KEY, {"messages": []}) == 403
    assert status("open", "sk-torana-e2e-plain-3Kd8", asked) == 403
    assert status("shut", CALLER_KEY, asked) == 404
    assert status("nobody", CALLER_KEY, asked) == 404
    assert status("open", "sk-nobody", asked) == 401


@pytest.mark.parametrize(
    "target",
    [
        "/passthrough/open/../shut/files",
        "/passthrough/open/%2e%2e/%2e%2e/x",
        "/passthrough/open/..%2f..%2fx",
        "/passthrough/open//evil.example/x",
        "/passthrough/open/http://evil.example/x",
        "/passthrough/open/%252e%252e/x",
        "/passthrough/open/a\\..\\b",
        "/passthrough/open/@evil.example/%00",
    ],
)
def test_nobody_leaves_the_providers_address(served: Gateway, stage: Stage, target: str) -> None:
    last = stage.last
    assert raw(served, target) in (400, 404)
    assert stage.last is last, "nothing was sent"


def test_no_credential_of_the_provider_is_left_anywhere(served: Gateway) -> None:
    assert UPSTREAM_KEY not in served.left_behind()
