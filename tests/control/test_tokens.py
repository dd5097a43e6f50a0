"""Revoking tokens: by id or by subject and time, in the caller's own tenant, with the permission only."""

from __future__ import annotations

import json

import pytest

from tests.control.asking import NOW, Said, application, ask, revoked, trail
from torana.core.tokens import BY_ID, BY_SUBJECT, Revocation

PATH = "/api/v1/admin/tokens/revoke"


async def revoke(body: object, key: str = "security") -> Said:
    revoked.clear()
    return await ask(application(), "POST", PATH, key, json.dumps(body).encode())


async def test_one_token_is_revoked_by_its_id() -> None:
    said = await revoke({"jti": "t1", "issuer": "https://a.test", "expires_at": "2026-01-01T00:00:00Z"})
    assert (said.status, said.body["status"], said.body["jti"], said.body["before"]) == (200, "revoked", "t1", None)
    assert revoked == [("security", Revocation("acme", BY_ID, "t1", 0.0, "https://a.test", 1_767_225_600.0))]


async def test_all_tokens_of_a_subject_are_revoked_up_to_now() -> None:
    said = await revoke({"subject": "ann"})
    assert (said.status, said.body["before"]) == (200, "2025-06-15T15:06:40Z")
    assert revoked == [("security", Revocation("acme", BY_SUBJECT, "ann", NOW))]


async def test_or_up_to_a_moment() -> None:
    await revoke({"subject": "ann", "before": "2025-06-14T17:06:40+02:00"})
    assert revoked[0][1].before == NOW - 86_400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"jti": "a", "subject": "b"},
        {"jti": ""},
        {"jti": "a", "before": "2025-01-01T00:00:00Z"},
        {"subject": "b", "expires_at": "2026-01-01T00:00:00Z"},
        {"subject": "b", "before": "2025-06-15T15:06:41Z"},
        {"subject": "b", "before": "2025-06-01T00:00:00"},
        {"subject": "b" * 513},
        {"jti": "a", "tenant": "globex"},
        [],
    ],
)
async def test_what_means_nothing_is_refused_and_revokes_nothing(body: object) -> None:
    said = await revoke(body)
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
    assert revoked == []


@pytest.mark.parametrize(("key", "status"), [("nobody", 403), ("reader", 403), ("", 401)])
async def test_it_wants_its_permission(key: str, status: int) -> None:
    assert (await revoke({"jti": "t1"}, key)).status == status
    assert revoked == []


async def test_a_list_that_cannot_be_written_is_said() -> None:
    said = await revoke({"jti": "away"})
    assert (said.status, said.headers["retry-after"]) == (503, "2")


async def test_it_is_in_the_trail_with_whoever_did_it() -> None:
    await revoke({"subject": "ann", "issuer": "https://a.test"})
    actor, entry = trail.entries[-1]
    assert (actor.tenant, actor.label) == ("acme", "key:security")
    assert (entry.kind, entry.action, entry.target) == ("security", "tokens.revoke", "user:ann")
    assert entry.details["issuer"] == "https://a.test"
