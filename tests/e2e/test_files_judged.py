"""Files in requests against a running process: every dialect, every mode, real documents, and what arrived upstream.

What the provider answers does not matter here: what it was sent is read where it arrived.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests import made_files as made
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stage import Stage
from tests.e2e.test_guardrails import says
from torana.files import opening
from torana.ports.files import How

pytestmark = straight

MAIL = "ann.smith@example.org"
CARD = "4111 1111 1111 1111"
MODES = ["block", "redact", "replace", "flag"]
LINES = ["Dear reader", f"write to {MAIL} today", f"card {CARD} is hers"]
WORD = made.a_docx(LINES)
ROWS = [["Name", "Mail", "Card"], ["Ann", MAIL, int(CARD.replace(" ", ""))]]


class Shape(NamedTuple):
    """How one dialect brings a file."""

    name: str
    path: str
    model: str
    body: Callable[[str, str, str], dict[str, Any]]
    """Model, media type, Base64 → the body."""
    file: Callable[[Any], str]
    """The Base64 of the file in a body that arrived."""
    text: Callable[[Any], str]
    """The text that stands in its place there."""


def url(kind: str, data: str) -> str:
    return f"data:{kind};base64,{data}"


def chat(name: str, kind: str, data: str) -> dict[str, Any]:
    part = {"type": "file", "file": {"filename": "letter", "file_data": url(kind, data)}}
    return {"model": name, "messages": [{"role": "user", "content": [{"type": "text", "text": "sum up"}, part]}]}


def responses(name: str, kind: str, data: str) -> dict[str, Any]:
    part = {"type": "input_file", "filename": "letter", "file_data": url(kind, data)}
    content = [{"type": "input_text", "text": "sum up"}, part]
    return {"model": name, "store": False, "input": [{"role": "user", "content": content}]}


def messages(name: str, kind: str, data: str) -> dict[str, Any]:
    part = {"type": "document", "source": {"type": "base64", "media_type": kind, "data": data}}
    content = [{"type": "text", "text": "sum up"}, part]
    return {"model": name, "max_tokens": 9, "messages": [{"role": "user", "content": content}]}


def gemini(name: str, kind: str, data: str) -> dict[str, Any]:
    return {
        "contents": [{"role": "user", "parts": [{"text": "sum up"}, {"inlineData": {"mimeType": kind, "data": data}}]}]
    }


def second(body: Any, *way: str) -> Any:
    """The second part of the first message, or what lies in it."""
    first = (body.get("messages") or body.get("input") or body.get("contents"))[0]
    found = (first.get("content") or first.get("parts"))[1]
    for name in way:
        found = found[name]
    return found


SHAPES = [
    Shape("chat", "/v1/chat/completions", "chat", chat,
          lambda body: second(body, "file", "file_data").partition(",")[2], lambda body: second(body, "text")),
    Shape("responses", "/v1/responses", "chat", responses,
          lambda body: second(body, "file_data").partition(",")[2], lambda body: second(body, "text")),
    Shape("messages", "/v1/messages", "claude", messages,
          lambda body: second(body, "source", "data"), lambda body: second(body, "text")),
    Shape("gemini", "/v1beta/models/gem:generateContent", "gem", gemini,
          lambda body: second(body, "inlineData", "data"), lambda body: second(body, "text")),
]  # fmt: skip
EACH = pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def far() -> Iterator[Stage]:
    with Stage(says("fine")) as found:
        yield found


@pytest.fixture(scope="module", params=MODES)
def served(request: pytest.FixtureRequest, far: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    kinds = {"chat": "openai", "claude": "anthropic", "gem": "gemini"}
    providers = [{**provider(kind, far.origin), "kind": kind} for kind in kinds.values()]
    config = configuration(providers, [model(name, kind, "u") for name, kind in kinds.items()])
    config["guardrails"] = [{"id": "pii", "kinds": ["email", "credit_card"], "mode": "redact"}]
    config["policies"] = [{"name": "default", "guardrails": ["pii"], "files": {"mode": request.param, "ocr": "off"}}]
    config["files"] = {"workers": 1, "max_mb": 1}
    found = Gateway(tmp_path_factory.mktemp("files") / "gateway", config)
    found.mode = request.param  # type: ignore[attr-defined]
    yield found
    assert found.process.stop() == 0, found.process.tail()


ONE_MODE = pytest.mark.parametrize("served", ["redact"], indirect=True)


def ask(served: Gateway, shape: Shape, content: bytes, kind: str = "application/octet-stream") -> httpx.Response:
    headers = {"x-api-key": CALLER_KEY, "x-goog-api-key": CALLER_KEY, "anthropic-version": "2023-06-01"}
    body = shape.body(shape.model, kind, base64.b64encode(content).decode())
    return httpx.post(served.origin + shape.path, json=body, headers=headers, timeout=60)


def audited(served: Gateway, answer: httpx.Response) -> Any:
    name = answer.headers["x-request-id"]
    until(lambda: any(row["request_id"] == name for row in served.audit()), 10)
    return next(row for row in served.audit() if row["request_id"] == name)


def told(content: bytes) -> str:
    """All texts of a file."""
    return "\n".join(piece.text for piece in opening.read(content, How(ocr=False), None).pieces)


@EACH
def test_a_file_is_judged_as_its_text_would_be(served: Gateway, far: Stage, shape: Shape) -> None:
    mode = served.mode  # type: ignore[attr-defined]
    before = len(far._fake.requests)
    answer = ask(served, shape, WORD)
    arrived = far._fake.requests[before:]
    row = audited(served, answer)
    found = [one for one in row["findings"] if one[0].startswith("pii@")]
    assert [one[1] for one in found] == ["email", "credit_card"], answer.text
    assert found[0][3].endswith("paragraph 2") and found[1][3].endswith("paragraph 6")
    assert MAIL not in json.dumps(row)
    if mode == "block":
        assert (answer.status_code, row["error_code"], arrived) == (400, "GUARDRAIL_BLOCKED", [])
        return
    assert len(arrived) == 1, answer.text
    body = arrived[0].json()
    if mode == "replace":
        text = shape.text(body)
        assert "write to [EMAIL] today" in text and "card [CREDIT_CARD] is hers" in text and "Dear reader" in text
        return
    there = told(base64.b64decode(shape.file(body)))
    assert (MAIL in there) == (mode == "flag") and "Dear reader" in there


@EACH
@ONE_MODE
def test_a_clean_file_passes_to_the_byte(served: Gateway, far: Stage, shape: Shape) -> None:
    content = made.a_pdf([["Nothing of note"]])
    ask(served, shape, content)
    assert base64.b64decode(shape.file(far.last.json())) == content


@ONE_MODE
@pytest.mark.parametrize(
    ("content", "place"),
    [
        (made.an_xlsx(ROWS), "sheet Pay cell B2"),
        (made.a_pdf([["one"], [f"mail {MAIL}"]]), "page 2"),
        (made.a_pptx(["a", MAIL]), "slide 2 paragraph 1"),
        (f"name,mail\nAnn,{MAIL}\n".encode(), "cell B2"),
        (b"<p>write</p><p>to <b>ann.smith</b>@example.org", "block 4"),
        (f"a line\nand {MAIL}".encode(), "line 2"),
    ],
    ids=["xlsx", "pdf", "pptx", "csv", "html", "text"],
)  # fmt: skip
def test_what_is_found_is_named_by_its_place_and_gone_from_the_copy(
    served: Gateway, far: Stage, content: bytes, place: str
) -> None:
    answer = ask(served, SHAPES[0], content)
    row = audited(served, answer)
    assert row["findings"][0][3].endswith(place)
    copy = base64.b64decode(SHAPES[0].file(far.last.json()))
    assert copy != content and MAIL not in told(copy)
    assert opening.read(copy, How(ocr=False), None).type == opening.read(content, How(ocr=False), None).type


@ONE_MODE
@pytest.mark.parametrize("name", made.BOMBS)
def test_a_hostile_file_is_a_clear_refusal(served: Gateway, far: Stage, name: str) -> None:
    if name in ("nothing", "many zips of zeros", "zips in zips"):
        pytest.skip("no file at all, or an archive that this policy does not open")
    content = made.BOMBS[name][0]()
    before = len(far._fake.requests)
    answer = ask(served, SHAPES[0], content)
    assert answer.status_code == 400, answer.text
    said = answer.json()["error"]
    assert "file_data" in said["message"] and said["param"].endswith("file.file_data")
    assert len(far._fake.requests) == before


@ONE_MODE
@EACH
def test_a_file_that_lies_elsewhere_is_refused_by_a_policy_about_files(served: Gateway, shape: Shape) -> None:
    body = shape.body(shape.model, "image/png", "AAAA")
    part = second(body)
    part.clear()
    part.update(
        {
            "chat": {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            "responses": {"type": "input_file", "file_id": "file-1"},
            "messages": {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
            "gemini": {"fileData": {"mimeType": "image/png", "fileUri": "gs://a/b"}},
        }[shape.name]
    )
    headers = {"x-api-key": CALLER_KEY, "x-goog-api-key": CALLER_KEY, "anthropic-version": "2023-06-01"}
    answer = httpx.post(served.origin + shape.path, json=body, headers=headers, timeout=20)
    assert answer.status_code == 400 and "names a file that is not in the request" in answer.text


@ONE_MODE
def test_a_file_over_the_limit_is_refused(served: Gateway) -> None:
    answer = ask(served, SHAPES[0], b"a" * 1_500_000)
    assert answer.status_code == 400 and "more than 1,048,576 bytes" in answer.text
