"""What a tenant wants a second pair of eyes on waits for it: somebody else approves, then it is done once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, configuration, key_of
from torana.stores import sql

SECOND = "sk-torana-test-acme-second-admin-0123456789"
BUDGET = {"scope": "tenant", "limit": "10.00", "per": "month"}


@pytest.fixture(scope="module")
def watched(standing: Standing) -> Iterator[Standing]:
    """The tenant acme wants a second pair of eyes on everything, and has a second admin."""
    config = json.loads(standing.file.read_text())
    config["keys"].append({"name": "second", "key": SECOND, "tenant": "acme", "permissions": ["role:admin"]})
    standing.file.write_text(json.dumps(config))
    standing.ask("POST", f"{ADMIN}/config/reload", key_of("operator"))
    wishes = {"four_eyes": {"budget_raise": True, "policy_change": True, "reveal": True}}
    insert = (
        "INSERT INTO tenants (id, name, status, settings, created_at, updated_at, version) "
        "VALUES ('acme', '', 'active', ?, 0, 0, 1)"
    )
    with closing(sql.connect(config["database_url"])) as connection, connection:
        connection.execute(insert, (json.dumps(wishes),))
    yield standing
    with closing(sql.connect(config["database_url"])) as connection, connection:
        connection.execute("DELETE FROM tenants WHERE id = 'acme'")


def put(standing: Standing, path: str, document: Any, key: str = "") -> Said:
    return standing.ask("PUT", f"{ADMIN}/{path}", key or key_of("admin"), {"document": document})


def decide(standing: Standing, approval: str, how: str, key: str = SECOND) -> Said:
    return standing.ask("POST", f"{ADMIN}/approvals/{approval}/{how}", key, {})


def limit_of(standing: Standing, name: str) -> Any:
    return standing.ask("GET", f"{ADMIN}/budgets/{name}", key_of("admin")).body["document"]["limit"]


def test_a_raise_waits_until_somebody_else_approves_it(watched: Standing) -> None:
    assert put(watched, "budgets/raised", BUDGET).status == 201
    asked = put(watched, "budgets/raised", BUDGET | {"limit": "500.00"})
    assert (asked.status, asked.body["status"], asked.body["action"]) == (202, "pending", "budgets.write")
    assert limit_of(watched, "raised") == "10.00"
    own = decide(watched, asked.body["id"], "approve", key_of("admin"))
    assert (own.status, own.body["error_code"]) == (403, "PERMISSION_DENIED")
    for role in ("manager", "user", "viewer", "auditor"):
        assert decide(watched, asked.body["id"], "approve", key_of(role)).status == 403
    done = decide(watched, asked.body["id"], "approve")
    assert (done.status, done.body["status"], bool(done.body["done_at"])) == (200, "approved", True)
    assert limit_of(watched, "raised") == "500.00"
    assert decide(watched, asked.body["id"], "approve").status == 409


def test_lowering_a_budget_does_not_wait_and_withdrawing_it_does(watched: Standing) -> None:
    assert put(watched, "budgets/lowered", BUDGET).status == 201
    assert put(watched, "budgets/lowered", BUDGET | {"limit": "1.00"}).status == 200
    gone = watched.ask("DELETE", f"{ADMIN}/budgets/lowered", key_of("admin"))
    assert gone.status == 202
    soft = put(watched, "budgets/lowered", BUDGET | {"limit": "1.00", "hard": False})
    assert soft.status == 202
    refused = decide(watched, gone.body["id"], "refuse")
    assert (refused.status, refused.body["status"]) == (200, "refused")
    assert limit_of(watched, "lowered") == "1.00"
    assert decide(watched, gone.body["id"], "approve").status == 409
    text = "budgets: [{id: lowered, tenant: acme, scope: tenant, limit: '99.00'}]"
    applied = watched.ask("POST", f"{ADMIN}/config/apply", key_of("admin"), {"yaml": text})
    assert (applied.status, applied.body["error_code"]) == (409, "CONFLICT")


def test_an_approval_is_carried_out_once_however_many_approve_at_once(watched: Standing) -> None:
    assert put(watched, "budgets/once", BUDGET).status == 201
    asked = put(watched, "budgets/once", BUDGET | {"limit": "20.00"}).body["id"]
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(decide(watched, asked, "approve").status)) for _ in range(6)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == [200, 409, 409, 409, 409, 409]
    versions = watched.ask("GET", f"{ADMIN}/budgets/once/versions", key_of("admin")).body["items"]
    assert [one["version"] for one in versions] == [2, 1]


def test_what_was_changed_since_is_not_approved_over(watched: Standing) -> None:
    assert put(watched, "budgets/moved", BUDGET).status == 201
    asked = put(watched, "budgets/moved", BUDGET | {"limit": "500.00"}).body["id"]
    assert put(watched, "budgets/moved", BUDGET | {"limit": "2.00"}).status == 200
    late = decide(watched, asked, "approve")
    assert (late.status, late.body["error_code"]) == (409, "CONFLICT")
    assert limit_of(watched, "moved") == "2.00"
    there = watched.ask("GET", f"{ADMIN}/approvals/{asked}", key_of("admin")).body
    assert (there["status"], there["done_at"]) == ("pending", None)


def test_a_policy_waits_too(watched: Standing) -> None:
    asked = put(watched, "policies/narrow", {"models": ["echo-*"]})
    assert asked.status == 202, asked.body
    assert watched.ask("GET", f"{ADMIN}/policies/narrow", key_of("admin")).status == 404
    assert decide(watched, asked.body["id"], "approve").status == 200
    found = watched.ask("GET", f"{ADMIN}/policies/narrow", key_of("admin")).body
    assert (found["version"], found["document"]["models"]) == (1, ["echo-*"])


def test_a_reveal_is_made_once_by_whoever_asked_for_the_very_same(watched: Standing) -> None:
    wanted = {"tokens": ["<EMAIL_0123abcd>"], "conversation": "c1", "reason": "complaint 7"}

    def reveal(key: str, **more: Any) -> Said:
        return watched.ask("POST", f"{ADMIN}/guardrails/reveal", key, {**wanted, **more})

    mine = key_of("admin")
    asked = reveal(mine)
    assert asked.status == 202
    approval = asked.body["id"]
    assert reveal(mine, approval=approval).status == 409
    assert decide(watched, approval, "approve").body["done_at"] is None
    assert reveal(mine, approval=approval, conversation="c2").status == 409
    assert reveal(SECOND, approval=approval).status == 409
    assert reveal(mine, approval=approval).body["error_code"] == "NOT_FOUND"  # it was looked up, and stands for nothing
    assert reveal(mine, approval=approval).status == 409


def test_approvals_of_another_tenant_are_not_there(watched: Standing) -> None:
    asked = put(watched, "budgets/theirs", BUDGET).status
    assert asked == 201
    approval = put(watched, "budgets/theirs", BUDGET | {"limit": "11.00"}).body["id"]
    there, unknown = (
        watched.ask("GET", f"{ADMIN}/approvals/{one}", key_of("admin", "globex")) for one in (approval, "apr_none")
    )
    assert (there.status, there.body["message"]) == (unknown.status, unknown.body["message"])
    assert decide(watched, approval, "approve", key_of("admin", "globex")).status == 404
    assert watched.ask("GET", f"{ADMIN}/approvals", key_of("admin", "globex")).body["items"] == []
    page = watched.ask("GET", f"{ADMIN}/approvals?limit=1&status=pending", key_of("admin")).body
    assert [one["id"] for one in page["items"]] == [approval] and page["next_cursor"]
    rest = watched.ask("GET", f"{ADMIN}/approvals?cursor={page['next_cursor']}", key_of("admin")).body["items"]
    assert approval not in {one["id"] for one in rest} and rest


def test_where_nobody_asked_for_it_nothing_waits(watched: Standing) -> None:
    key = key_of("admin", "globex")
    assert put(watched, "budgets/free", BUDGET, key).status == 201
    assert put(watched, "budgets/free", BUDGET | {"limit": "90.00"}, key).status == 200
    assert configuration("")["tenants"][1]["id"] == "globex"
