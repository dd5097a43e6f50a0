"""Files that a model made, in answers of a running process: judged like those that callers send, whole and streamed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import made_files as made
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.road import straight
from tests.e2e.stage import Stage
from torana.files import opening
from torana.ports.files import How
from torana.testing.plays import Exchange, Play

pytestmark = straight

MAIL = "ann.smith@example.org"
LETTER = base64.b64encode(made.a_docx(["Dear reader", f"write to {MAIL} today"])).decode()
CLEAN = base64.b64encode(made.a_docx(["Dear reader"])).decode()
USED = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


def gemini(data: str) -> dict[str, Any]:
    parts = [{"text": "here it is"}, {"inlineData": {"mimeType": "application/octet-stream", "data": data}}]
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7}
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": usage,
    }


def pictures(data: str) -> dict[str, Any]:
    return {"created": 1, "data": [{"b64_json": data}], "usage": USED}


def response(data: str) -> dict[str, Any]:
    call = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": data}
    return {"id": "resp_1", "object": "response", "model": "u", "status": "completed", "output": [call], "usage": USED}


def says(data: str) -> Play:
    """A provider whose answers bring this file, whatever it is asked."""

    async def play(exchange: Exchange) -> None:
        target, kind = exchange.request.target, "application/json"
        said = pictures(data) if "images" in target else response(data) if "responses" in target else gemini(data)
        body = json.dumps(said).encode()
        if "alt=sse" in target:
            body, kind = b"data: " + body + b"\r\n\r\n", "text/event-stream"
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        await exchange.write(head.encode() + body)

    return play


@pytest.fixture(scope="module")
def far() -> Iterator[Stage]:
    with Stage(says(LETTER)) as found:
        yield found


@pytest.fixture(scope="module")
def served(far: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    kinds = {"gpt": "openai", "gem": "gemini"}
    providers = [{**provider(kind, far.origin), "kind": kind} for kind in kinds.values()]
    config = configuration(providers, [model(name, kind, "u") for name, kind in kinds.items()])
    config["guardrails"] = [{"id": "pii", "kinds": ["email"], "mode": "redact", "side": "both"}]
    config["policies"] = [{"name": "default", "guardrails": ["pii"]}]
    config["files"] = {"workers": 1}
    found = Gateway(tmp_path_factory.mktemp("answers") / "gateway", config)
    yield found
    assert found.process.stop() == 0, found.process.tail()


def ask(served: Gateway, path: str, body: dict[str, Any]) -> httpx.Response:
    headers = {"authorization": f"Bearer {CALLER_KEY}", "x-goog-api-key": CALLER_KEY}
    return httpx.post(served.origin + path, json=body, headers=headers, timeout=60)


def texts(data: str) -> str:
    return "\n".join(piece.text for piece in opening.read(base64.b64decode(data), How(ocr=False), None).pieces)


GEMINI = {"contents": [{"role": "user", "parts": [{"text": "write a letter"}]}]}
WAYS = {
    "gemini": ("/v1beta/models/gem:generateContent", GEMINI,
               lambda said: said["candidates"][0]["content"]["parts"][1]["inlineData"]["data"]),
    "gemini stream": ("/v1beta/models/gem:streamGenerateContent?alt=sse", GEMINI,
                      lambda said: said["candidates"][0]["content"]["parts"][1]["inlineData"]["data"]),
    "images": ("/v1/images/generations", {"model": "gpt", "prompt": "a letter"}, lambda said: said["data"][0]["b64_json"]),
    "responses": ("/v1/responses", {"model": "gpt", "store": False, "input": "draw"}, lambda said: said["output"][0]["result"]),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_file_in_an_answer_is_judged_and_a_clean_one_passes(served: Gateway, far: Stage, way: str) -> None:
    path, body, data_of = WAYS[way]
    far.play(says(LETTER))
    answer = ask(served, path, body)
    assert answer.status_code == 200, answer.text
    said = json.loads(answer.text.removeprefix("data: "))
    assert "write to" in texts(data_of(said)) and MAIL not in texts(data_of(said))
    far.play(says(CLEAN))
    clean = json.loads(ask(served, path, body).text.removeprefix("data: "))
    assert data_of(clean) == CLEAN


def test_a_broken_file_of_a_model_does_not_leave(served: Gateway, far: Stage) -> None:
    path, body, _ = WAYS["images"]
    far.play(says(LETTER[:4000]))
    assert ask(served, path, body).status_code >= 400
