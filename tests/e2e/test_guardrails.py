"""Guardrails against a running process: every dialect, whole, streamed and with arguments of tools, in every mode.

What the provider got is read where it arrived, what the caller got byte by byte.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import httpx
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stage import Stage
from torana.testing.plays import Exchange, Play

pytestmark = straight

MAIL = "ann.smith@example.org"
ARGUMENTS = json.dumps({"to": MAIL, "n": 1})
INSTEAD = {"redact": "[EMAIL]", "mask": "a***@example.org"}
CHAT_ONLY = {"kind": "openai_compatible", "operations": ["chat", "completions"]}
"""Everything but chat and completions is translated."""
MODES = ["block", "redact", "mask", "tokenise", "flag"]


class Shape(NamedTuple):
    """How one dialect asks."""

    name: str
    path: str
    stream_path: str
    body: Callable[[str], dict[str, Any]]
    says_tools: bool = True


def messages(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 50, **more}


def gemini(text: str) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


def responses(text: str) -> dict[str, Any]:
    return {
        "model": "m",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": text}]}],
        "store": False,
    }


def generate(text: str) -> dict[str, Any]:
    return {"model": "m", "prompt": text}


GEMINI = "/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent?alt=sse"
SHAPES = [
    Shape("chat", "/v1/chat/completions", "/v1/chat/completions", messages),
    Shape("messages", "/v1/messages", "/v1/messages", messages),
    Shape("responses", "/v1/responses", "/v1/responses", responses),
    Shape("gemini", *GEMINI, gemini),
    Shape("gemini_array", "", "/v1beta/models/m:streamGenerateContent", gemini),
    Shape("complete", "/v1/complete", "/v1/complete", messages),
    Shape("generate", "/generate", "/generate", generate, says_tools=False),
    Shape("completions", "/v1/completions", "/v1/completions", generate, says_tools=False),
]


def says(text: str, arguments: str = "") -> Play:
    """A provider that says the text letter by letter where a stream is asked for, then calls a tool."""

    async def play(exchange: Exchange) -> None:
        asked = exchange.request.json()
        legacy = exchange.request.target.endswith("/completions") and "/chat/" not in exchange.request.target
        body = streamed(text, arguments, legacy) if asked.get("stream") else whole(text, arguments, legacy)
        kind = "text/event-stream" if asked.get("stream") else "application/json"
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        first, blank, rest = body.partition(b"\n\n")
        await exchange.write(head.encode() + first + blank)
        await asyncio.sleep(0.03)  # so that the first word leaves before the others come
        await exchange.write(rest)

    return play


def whole(text: str, arguments: str, legacy: bool) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if arguments:
        call = {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": arguments}}
        message["tool_calls"] = [call]
    choice = {"text": text} if legacy else {"message": message}
    choices = [{"index": 0, "finish_reason": "tool_calls" if arguments else "stop", **choice}]
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "u", "choices": choices, "usage": usage}
    ).encode()


def streamed(text: str, arguments: str, legacy: bool) -> bytes:
    deltas: list[dict[str, Any]] = [{"text": letter} if legacy else {"content": letter} for letter in text]
    if arguments:
        head = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "send", "arguments": ""}}
        deltas.append({"tool_calls": [head]})
        deltas += ({"tool_calls": [{"index": 0, "function": {"arguments": letter}}]} for letter in arguments)
    events = [event(delta, None, legacy) for delta in deltas]
    events.append(event({"text": ""} if legacy else {}, "tool_calls" if arguments else "stop", legacy))
    return b"".join(events) + b"data: [DONE]\n\n"


def event(delta: dict[str, Any], finish: str | None, legacy: bool) -> bytes:
    choice = {"index": 0, "finish_reason": finish, **(delta if legacy else {"delta": delta})}
    said = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "u", "choices": [choice]}
    return f"data: {json.dumps(said)}\n\n".encode()


@pytest.fixture(scope="module")
def far() -> Iterator[Stage]:
    with Stage(says("fine")) as found:
        yield found


@pytest.fixture(scope="module", params=MODES)
def served(request: pytest.FixtureRequest, far: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = configuration([{**provider("p", far.origin), **CHAT_ONLY}], [model("m", "p", "u")])
    config["default_model"] = "m"
    config["guardrails"] = [{"id": "pii", "kind": "pii", "kinds": ["email"], "mode": request.param, "side": "both"}]
    found = Gateway(tmp_path_factory.mktemp("guarded") / "gateway", config)
    found.mode = request.param  # type: ignore[attr-defined]
    yield found
    assert found.process.stop() == 0, found.process.tail()


SHAPES_AND_WAYS = [(shape, way) for shape in SHAPES for way in ("single", "stream") if shape.path or way == "stream"]
EACH = pytest.mark.parametrize(("shape", "way"), SHAPES_AND_WAYS, ids=lambda one: getattr(one, "name", one))


def ask(served: Gateway, shape: Shape, way: str, text: str) -> httpx.Response:
    body = shape.body(text)
    if way == "stream" and not shape.name.startswith("gemini"):
        body["stream"] = True
    path = shape.stream_path if way == "stream" else shape.path
    headers = {"x-api-key": CALLER_KEY, "x-goog-api-key": CALLER_KEY, "anthropic-version": "2023-06-01"}
    return httpx.post(served.origin + path, json=body, headers=headers, timeout=20)


def mode_of(served: Gateway) -> str:
    return str(served.mode)  # type: ignore[attr-defined]


def texts(value: Any) -> Iterator[str]:
    """Every text in JSON, and in JSON in a text."""
    if isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            yield from texts(json.loads(value))
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in texts(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in texts(one))


def audited(served: Gateway, answer: httpx.Response) -> Any:
    name = answer.headers["x-request-id"]
    until(lambda: any(row["request_id"] == name for row in served.audit()), 10)
    return next(row for row in served.audit() if row["request_id"] == name)


@EACH
def test_a_finding_in_a_request_is_not_seen_upstream(served: Gateway, far: Stage, shape: Shape, way: str) -> None:
    far.play(says("fine"))
    mode = mode_of(served)
    before = len(far._fake.requests)
    answer = ask(served, shape, way, f"Please write to {MAIL} today")
    arrived = far._fake.requests[before:]
    row = audited(served, answer)
    version = row["verdicts"][0].split(":")[0]
    assert version.startswith("pii@") and row["verdicts"][0] == f"{version}:{mode}"
    assert [(one[1], one[2]) for one in row["findings"]] == [("email", "input")]
    assert MAIL not in json.dumps(row)
    if mode == "block":
        assert answer.status_code == 400 and arrived == []
        return
    assert answer.status_code == 200, answer.text
    (request,) = arrived
    said = json.dumps(request.json(), ensure_ascii=False)
    if mode == "flag":
        assert f"Please write to {MAIL} today" in said
        return
    assert "ann.smith" not in request.body.decode()
    assert "Please write to " in said and " today" in said
    assert INSTEAD.get(mode, "<EMAIL_") in said


@EACH
@pytest.mark.parametrize("place", ["text", "arguments"])
def test_a_finding_in_an_answer_is_not_seen_by_the_caller(
    served: Gateway, far: Stage, shape: Shape, way: str, place: str
) -> None:
    if place == "arguments" and not shape.says_tools:
        pytest.skip("its answers call no tools")
    far.play(says(f"Write to {MAIL} today") if place == "text" else says("Well, ", ARGUMENTS))
    mode = mode_of(served)
    answer = ask(served, shape, way, "Whom shall I write to?")
    heard = answer.text
    row = audited(served, answer)
    assert row["verdicts"][1].endswith(f":{mode}:output")
    assert {one[2] for one in row["findings"]} == {"output"}
    if mode == "flag":
        assert MAIL in joined(shape, answer, way)
        return
    assert "ann.smith" not in heard and "smith@" not in heard
    if mode == "block":
        # A stream whose first words were held back until the finding came has not begun: that is a plain refusal too.
        endings = [(400, "refused")] if way == "single" else [(400, "refused"), (200, "cut")]
        assert (answer.status_code, row["ending"]) in endings
        assert row["error_code"] == "GUARDRAIL_BLOCKED"
        assert not any(part in heard for part in ("smith", "example", "ann."))
        return
    assert answer.status_code == 200, heard
    assert row["ending"] == "completed"
    assert INSTEAD.get(mode, "<EMAIL_") in heard.replace("\\u003c", "<")


@EACH
@pytest.mark.parametrize("served", ["tokenise"], indirect=True)
def test_a_token_in_an_answer_is_the_value_again(served: Gateway, far: Stage, shape: Shape, way: str) -> None:
    far.play(says("fine"))
    ask(served, shape, way, f"Please write to {MAIL} today")
    token = next(word for text in texts(far.last.json()) for word in text.split() if word.startswith("<EMAIL_"))
    far.play(says(f"I wrote to {token}.", json.dumps({"to": token}) if shape.says_tools else ""))
    answer = ask(served, shape, way, "Did you?")
    heard = joined(shape, answer, way)
    assert f"I wrote to {MAIL}." in heard and token not in heard
    if shape.says_tools:
        assert heard.count(MAIL) >= 2


def joined(shape: Shape, answer: httpx.Response, way: str) -> str:
    """All that was said, pieces put together."""
    if way == "single":
        return "\n".join(texts(answer.json()))
    if shape.name == "gemini_array":
        events = answer.json()
    else:
        lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")]
        events = [json.loads(line) for line in lines]
    return "".join(pieces(events)) + "".join(arguments(events))


def pieces(events: Sequence[Any]) -> Iterator[str]:
    for one in events:
        for choice in one.get("choices", ()):
            yield choice.get("text") or choice.get("delta", {}).get("content") or ""
        for candidate in one.get("candidates", ()):
            yield from (part.get("text", "") for part in candidate.get("content", {}).get("parts", ()))
        delta = one.get("delta")
        if one.get("type") in ("response.output_text.delta", "content_block_delta"):
            yield delta if isinstance(delta, str) else delta.get("text", "")
        if one.get("type") == "text":
            yield one["text"]


def arguments(events: Sequence[Any]) -> Iterator[str]:
    for one in events:
        for choice in one.get("choices", ()):
            yield from (call["function"].get("arguments", "") for call in choice.get("delta", {}).get("tool_calls", ()))
        for candidate in one.get("candidates", ()):
            calls = (part.get("functionCall") for part in candidate.get("content", {}).get("parts", ()))
            yield from (json.dumps(call) for call in calls if call)
        if one.get("type") == "response.function_call_arguments.delta":
            yield one["delta"]
        if one.get("type") == "content_block_delta":
            yield one["delta"].get("partial_json", "")
        if one.get("type") == "tool_arguments":
            yield one["text"]
