"""Trying guardrails on files, and uploads, against a running process: forms, answers, copies, refusals, who may."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import made_files as made
from tests.e2e.gateway import CALLER_KEY, NARROW_KEY, Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stage import Stage
from torana.files import opening
from torana.ports.files import How
from torana.testing.plays import Exchange

pytestmark = straight

MAIL = "ann.smith@example.org"
CARD = "4111111111111111"
SHEET = made.an_xlsx([["Name", "Mail", "Card"], ["Ann", MAIL, int(CARD)]], hidden=MAIL)
ROUTES = ["/api/v1/admin/files/scan", "/api/v1/admin/guardrails/test-file"]


async def keeps(exchange: Exchange) -> None:
    """A provider that keeps a file."""
    body = json.dumps(
        {"id": "file-1", "object": "file", "purpose": "user_data", "bytes": 3, "filename": "f", "created_at": 1}
    ).encode()
    await exchange.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )


@pytest.fixture(scope="module")
def far() -> Iterator[Stage]:
    with Stage(keeps) as found:
        yield found


@pytest.fixture(scope="module")
def served(far: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = configuration([provider("p", far.origin)], [model("m", "p", "u")])
    config["keys"][0]["permissions"] = ["files.scan"]  # type: ignore[index]
    config["guardrails"] = [{"id": "pii", "kinds": ["email", "credit_card"], "mode": "redact"}]
    config["policies"] = [
        {"name": "default", "guardrails": ["pii"], "files": {"ocr": "off"}},
        {"name": "strict", "guardrails": ["pii"], "files": {"mode": "block", "active": "block"}, "attach": [{"tenant": "acme", "team": "x"}]},
    ]  # fmt: skip
    config["tenants"] = [{"id": "acme", "departments": [{"id": "engineering", "teams": ["engineers", "x"]}]}]
    config["files"] = {"workers": 1, "max_mb": 1}
    found = Gateway(tmp_path_factory.mktemp("routes") / "gateway", config)
    assert until(lambda: scan(found, b"hi").status_code == 200, 60.0), found.process.tail()
    yield found
    assert found.process.stop() == 0, found.process.tail()


def scan(
    served: Gateway, content: bytes, route: str = ROUTES[0], key: str = CALLER_KEY, **fields: str
) -> httpx.Response:
    return httpx.post(
        served.origin + route,
        files={"file": ("f.bin", content)},
        data=fields,
        headers={"authorization": f"Bearer {key}"},
        timeout=60,
    )


@pytest.mark.parametrize("route", ROUTES)
def test_a_scan_tells_type_places_and_what_is_hidden_and_never_a_value(served: Gateway, route: str) -> None:
    answer = scan(served, SHEET, route, copy="true")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    places = [
        one["path"].removeprefix("file sheet ") for one in said["findings"] if one["guardrail"].startswith("pii@")
    ]
    assert places == ["Pay cell B2", "Pay cell C2", "Quiet cell B2"]
    assert (said["type"], said["blocked"], said["passed"]) == ("xlsx", False, False)
    assert [one["kind"] for one in said["notes"]] == ["hidden_sheet"]
    copy = base64.b64decode(said.pop("copy_base64"))
    assert MAIL not in json.dumps(said) and CARD not in json.dumps(said)
    texts = [piece.text for piece in opening.read(copy, How(ocr=False), None).pieces]
    assert "[EMAIL]" in texts and "[CREDIT_CARD]" in texts and MAIL not in texts


def test_a_clean_file_passes(served: Gateway) -> None:
    said = scan(served, made.a_docx(["Dear all,", "we meet at noon."])).json()
    assert said["passed"] and said["copy_base64"] is None and said["text"].startswith("Dear all,")
    assert said["verdicts"][-2] == "files:pass" and said["verdicts"][-1].endswith(":pass:files")


def test_a_policy_and_a_mode_may_be_named(served: Gateway) -> None:
    said = scan(served, SHEET, mode="block").json()
    assert said["blocked"] and said["text"] == "" and "refused" in said["message"]
    assert scan(served, b"hi", policy="strict").json()["policy"].startswith("strict@")
    assert scan(served, b"hi", policy="none").status_code == 404
    assert scan(served, b"hi", mode="eat").status_code == 400


def test_a_hostile_file_is_a_refusal_with_its_reason(served: Gateway) -> None:
    for name, (bomb, reason) in made.BOMBS.items():
        if reason == "too_deep" or name == "many zips of zeros" or len(content := bomb()) > 1_000_000:
            continue  # an archive, which this policy does not open
        answer = scan(served, content)
        assert (answer.status_code, answer.json()["details"].get("reason")) == (400, reason), name


def test_who_may_not_scan_is_told_so_and_what_is_no_form_is_refused(served: Gateway) -> None:
    assert scan(served, b"hi", key=NARROW_KEY).status_code == 403
    headers = {"authorization": f"Bearer {CALLER_KEY}", "content-type": "multipart/form-data; boundary=x"}
    answer = httpx.post(served.origin + ROUTES[0], content=b"no form", headers=headers, timeout=20)
    assert answer.status_code == 400 and answer.json()["error_code"] == "REQUEST_INVALID"
    assert scan(served, b"x" * 2_000_000).status_code == 413


def upload(served: Gateway, content: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {CALLER_KEY}"}
    files: dict[str, Any] = {"file": ("f.xlsx", content)}
    return httpx.post(
        served.origin + "/v1/files", files=files, data={"purpose": "user_data"}, headers=headers, timeout=60
    )


def test_an_upload_is_judged_and_the_provider_gets_the_copy(served: Gateway, far: Stage) -> None:
    answer = upload(served, SHEET)
    assert answer.status_code == 200, answer.text
    body = far.last.body
    kept = body[body.index(b"PK\x03\x04") :]
    kept = kept[: kept.rindex(b"\r\n--")]
    assert MAIL not in [piece.text for piece in opening.read(kept, How(ocr=False), None).pieces]
    clean = made.an_xlsx([["a", "b"]])
    assert upload(served, clean).status_code == 200 and clean in far.last.body


def test_a_broken_upload_never_leaves(served: Gateway, far: Stage) -> None:
    before = len(far._fake.requests)
    answer = upload(served, SHEET[:2000])
    assert answer.status_code == 400 and "f.xlsx" in answer.json()["error"]["message"]
    assert len(far._fake.requests) == before
