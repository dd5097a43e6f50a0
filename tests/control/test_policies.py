"""Policy routes: who may write what, whose policies are seen, and the short form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.control.asking import Said, application, ask
from tests.control.book import ListBook
from torana.control.admission import PREFIX


async def said(method: str, path: str, key: str, body: Any = None, book: ListBook | None = None) -> Said:
    full = path if path.startswith("/admin") else PREFIX + path
    return await ask(application(book=book), method, full, key, b"" if body is None else json.dumps(body).encode())


async def test_a_tenant_sees_its_own_policies_and_those_for_everybody() -> None:
    mine = (await said("GET", "/policies", "admin")).body["items"]
    assert [one["name"] for one in mine] == ["default", "kept"]
    assert (mine[1]["version"], mine[1]["written_by"], mine[1]["written_at"]) == (3, "key ann", "1970-01-01T00:00:01Z")
    everyones = (await said("GET", "/policies", "operator")).body["items"]
    assert [one["name"] for one in everyones] == ["default", "kept", "theirs"]
    assert (await said("GET", "/policies/theirs", "admin")).status == 404
    assert (await said("GET", "/policies/theirs/versions", "admin")).status == 404


async def test_a_tenants_policy_is_made_to_be_about_that_tenant() -> None:
    book = ListBook()
    answer = await said("PUT", "/policies/mine", "admin", {"document": {"attach": [{"team": "red"}]}}, book)
    assert (answer.status, answer.body["tenant"], answer.body["version"]) == (200, "acme", 1)
    assert book.stored["mine@acme"].document == {"attach": [{"team": "red", "tenant": "acme"}]}
    await said("PUT", "/policies/all", "admin", {"document": {}}, book)
    assert book.stored["all@acme"].document == {"attach": [{"tenant": "acme"}]}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("default", {}), ("mine", {"attach": [{"tenant": "globex"}]}),
        ("mine", {"attach": [{"tenant": "acme"}, {"tenant": "globex"}]}), ("mine", {"upstream_keys": ["p"]}),
    ],
)  # fmt: skip
async def test_what_is_not_a_tenants_to_write_is_denied(name: str, document: dict[str, Any]) -> None:
    book = ListBook()
    answer = await said("PUT", f"/policies/{name}", "admin", {"document": document}, book)
    assert (answer.status, answer.body["error_code"]) == (403, "PERMISSION_DENIED")
    assert book.stored == ListBook().stored


async def test_a_name_that_another_tenant_has_is_free_as_any_other() -> None:
    book = ListBook()
    answers = [
        await said("PUT", f"/policies/{name}", "admin", {"document": {"cache": False}}, book)
        for name in ("theirs", "free")
    ]
    assert [(one.status, one.body["version"]) for one in answers] == [(200, 1), (200, 1)]
    assert [one.body["name"] for one in answers] == ["theirs", "free"]
    assert book.stored["theirs"] == ListBook().stored["theirs"]
    assert (await said("GET", "/policies/theirs", "admin", book=book)).body["document"]["cache"] is False


async def test_an_operator_writes_for_everybody_and_a_tenants_policy_stays_the_tenants() -> None:
    book = ListBook()
    answer = await said("PUT", "/policies", "operator", {"name": "default", "document": {"fallbacks": False}}, book)
    assert (answer.status, answer.body["tenant"], answer.body["document"]) == (200, "", {"fallbacks": False})
    await said("PUT", "/policies/kept", "operator", {"document": {"models": ["b"]}}, book)
    assert (book.stored["kept"].tenant, book.stored["kept"].document) == (
        "acme", {"models": ["b"], "attach": [{"tenant": "acme"}]},
    )  # fmt: skip


async def test_a_version_that_is_not_there_any_more_is_a_conflict() -> None:
    answer = await said("PUT", "/policies/kept", "admin", {"document": {}, "version": 2})
    assert (answer.status, answer.body["error_code"]) == (409, "CONFLICT")
    assert (await said("DELETE", "/policies/kept?version=2", "admin")).status == 409


async def test_a_withdrawn_policy_keeps_its_versions_and_one_of_the_file_cannot_be_withdrawn() -> None:
    book = ListBook()
    answer = await said("DELETE", "/policies/kept", "admin", None, book)
    assert (answer.status, answer.body["version"], answer.body["document"]) == (200, 4, None)
    assert (await said("DELETE", "/policies/default", "operator", None, book)).status == 404


async def test_the_short_form_changes_fields_of_the_tenants_own_policy() -> None:
    book = ListBook()
    first = await said("PUT", "/guardrails/policy", "admin", {"guardrails": ["words"]}, book)
    assert (first.status, first.body["name"]) == (200, "tenant-acme")
    second = await said("POST", "/admin/policy", "admin", {"packs": ["gdpr"], "version": 1}, book)
    assert second.body["document"] == {"attach": [{"tenant": "acme"}], "guardrails": ["words"], "packs": ["gdpr"]}
    third = await said("PUT", "/admin/policy", "admin", {"guardrails": None}, book)
    assert third.body["document"] == {"attach": [{"tenant": "acme"}], "packs": ["gdpr"]}
    assert (await said("GET", "/admin/policy", "admin", None, book)).body["version"] == 3


async def test_before_it_was_written_the_tenants_policy_is_empty() -> None:
    answer = await said("GET", "/admin/policy", "admin")
    assert (answer.body["name"], answer.body["version"], answer.body["document"]) == ("tenant-acme", 0, {})
    assert (await said("GET", "/admin/policy?name=nobodys", "admin")).status == 404


@pytest.mark.parametrize(("field", "value"), [("name", 7), ("version", "one")])
async def test_the_short_form_says_what_it_cannot_read(field: str, value: object) -> None:
    answer = await said("PUT", "/admin/policy", "admin", {field: value})
    assert (answer.status, answer.body["error_code"]) == (400, "REQUEST_INVALID")
    assert field in answer.body["message"]


async def test_a_dry_run_is_of_the_callers_tenant_and_writes_nothing() -> None:
    book = ListBook()
    answer = await said("POST", "/policies/dry-run", "admin", {"document": {"models": []}, "last": 50}, book)
    assert (answer.status, book.tried) == (200, [("dry-run@acme", "acme", "50")])
    assert book.stored == ListBook().stored


async def test_what_holds_for_somebody_is_told_with_the_chain() -> None:
    answer = await said("GET", "/policies/effective?team=red&key=k", "admin")
    assert answer.body["chain"][1] == {"level": "tenant", "policy": "kept"}
    assert answer.body["terms"] == {"who": ["acme", "", "red", "", "k"]}
