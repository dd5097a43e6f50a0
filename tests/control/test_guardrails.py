"""Guardrail routes: kinds, packs, trying a text, findings of the caller's tenant."""

from __future__ import annotations

import json

import pytest

from tests.control.asking import application, ask
from tests.control.book import ListBook
from torana.control.admission import PREFIX


async def test_kinds_come_with_their_settings_and_packs_with_their_names() -> None:
    (kind,) = (await ask(application(), "GET", PREFIX + "/guardrails", "admin")).body["items"]
    assert (kind["kind"], kind["ids"], kind["settings"]) == ("keywords", ["words"], {"type": "object"})
    names = (await ask(application(), "GET", PREFIX + "/guardrails/policies", "admin")).body["items"]
    assert [one["name"] for one in names] == ["gdpr", "bfsi"]
    assert (await ask(application(), "GET", PREFIX + "/guardrails/bfsi", "admin")).body["items"] == [{"name": "bfsi"}]


@pytest.mark.parametrize(("text", "blocked"), [("bad", True), ("good", False)])
async def test_a_text_is_tried_for_the_caller(text: str, blocked: bool) -> None:
    book = ListBook()
    body = json.dumps({"text": text, "policy": "default", "is_input": False}).encode()
    said = await ask(application(book=book), "POST", PREFIX + "/guardrails/test", "admin", body)
    assert (said.body["blocked"], said.body["passed"]) == (blocked, not blocked)
    assert book.tried == [("acme", text, "default", "False")]


async def test_findings_are_those_of_the_callers_tenant_page_by_page() -> None:
    path = PREFIX + "/guardrails/findings?limit=2&kind=email&cursor=9-0xyz"
    said = await ask(application(), "GET", path, "admin")
    assert said.body["items"] == [{"tenant": "acme", "limit": 2, "after": [9, "0xyz"], "kind": "email"}]
    assert said.body["next_cursor"] == "7-0abc"


@pytest.mark.parametrize("query", ["cursor=x", "cursor=1-';--", "limit=0", "limit=501"])
async def test_a_page_that_cannot_be_is_refused(query: str) -> None:
    said = await ask(application(), "GET", f"{PREFIX}/guardrails/findings?{query}", "admin")
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
