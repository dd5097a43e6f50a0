"""Key routes: secrets shown once, terms that hold for requests at once, rotation, revocation, leaks, and whose keys are seen."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from tests.control.standing import ADMIN, ROLES, Said, Standing, key_of
from tests.e2e.process import until

KEYS = f"{ADMIN}/api-keys"


def made(standing: Standing, maker: str = "", **asked: Any) -> Any:
    said = standing.ask("POST", KEYS, maker or key_of("admin"), {"name": "a key", **asked})
    assert said.status == 201, said.body
    return said.body


def chat(standing: Standing, secret: str, model: str = "echo-1") -> Said:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    return standing.ask("POST", "/v1/chat/completions", secret, body)


def code(said: Said) -> tuple[int, str]:
    return said.status, said.body["error_code"]


def test_a_key_serves_at_once_and_its_secret_is_shown_this_once(standing: Standing) -> None:
    key = made(standing, name="checkout", environment="production", metadata={"plan": "gold"})
    assert key["key"] == key["secret"]
    assert key["secret"].startswith("sk-torana-")
    assert chat(standing, key["secret"]).status == 200
    shown = standing.ask("GET", f"{KEYS}/{key['id']}", key_of("admin"))
    assert (shown.body["name"], shown.body["status"], shown.body["environment"]) == ("checkout", "active", "production")
    assert "secret" not in shown.body
    assert key["secret"] not in shown.raw.decode() + standing.process.output()


def test_a_revoked_key_is_refused_at_once_and_for_good(standing: Standing) -> None:
    key = made(standing)
    assert standing.ask("DELETE", f"{KEYS}/{key['id']}", key_of("admin")).body["status"] == "revoked"
    assert code(chat(standing, key["secret"])) == (401, "TOKEN_REVOKED")
    again = standing.ask("DELETE", f"{KEYS}/{key['id']}", key_of("admin"))
    assert (again.status, again.body["revoked_by"].partition(":")[0]) == (200, "key")
    assert code(standing.ask("PATCH", f"{KEYS}/{key['id']}", key_of("admin"), {"name": "x"})) == (409, "CONFLICT")
    assert code(standing.ask("POST", f"{KEYS}/{key['id']}/rotate", key_of("admin"), {})) == (409, "CONFLICT")


def test_after_a_rotation_both_secrets_count_until_the_grace_ends(standing: Standing) -> None:
    key = made(standing)
    fresh = standing.ask("POST", f"{KEYS}/{key['id']}/rotate", key_of("admin"), {"grace_s": 3600}).body
    assert fresh["id"] == key["id"]
    assert fresh["secret"] != key["secret"]
    assert fresh["old_secret_until"] is not None
    assert chat(standing, key["secret"]).status == chat(standing, fresh["secret"]).status == 200
    last = standing.ask("POST", f"{KEYS}/{key['id']}/rotate", key_of("admin"), {"grace_s": 0}).body
    assert last["old_secret_until"] is None
    assert [chat(standing, one["secret"]).status for one in (key, fresh, last)] == [401, 401, 200]


def test_revoking_ends_the_secret_in_its_grace_period_too(standing: Standing) -> None:
    key = made(standing)
    fresh = standing.ask("POST", f"{KEYS}/{key['id']}/rotate", key_of("admin")).body
    standing.ask("DELETE", f"{KEYS}/{key['id']}", key_of("admin"))
    assert [chat(standing, one["secret"]).status for one in (key, fresh)] == [401, 401]


def test_what_a_key_may_ask_holds_for_its_requests(standing: Standing) -> None:
    key = made(standing, models=["other-*"])
    assert code(chat(standing, key["secret"])) == (403, "MODEL_NOT_ALLOWED")
    assert standing.ask("PATCH", f"{KEYS}/{key['id']}", key_of("admin"), {"models": ["echo-1"]}).status == 200
    assert chat(standing, key["secret"]).status == 200
    assert standing.ask("PATCH", f"{KEYS}/{key['id']}", key_of("admin"), {"ip_allow": ["203.0.113.0/24"]}).status == 200
    assert code(chat(standing, key["secret"])) == (403, "PERMISSION_DENIED")
    standing.ask("PATCH", f"{KEYS}/{key['id']}", key_of("admin"), {"ip_allow": None})
    assert chat(standing, key["secret"]).status == 200


def test_a_limit_of_a_key_holds_for_this_key_only(standing: Standing) -> None:
    key, other = made(standing, limits=[{"requests": 2, "per_s": 3600}]), made(standing)
    assert [chat(standing, key["secret"]).status for _ in range(3)] == [200, 200, 429]
    assert [chat(standing, other["secret"]).status for _ in range(3)] == [200, 200, 200]
    assert standing.ask("PATCH", f"{KEYS}/{key['id']}", key_of("admin"), {"limits": []}).body["limits"] == []
    assert chat(standing, key["secret"]).status == 200


def test_a_budget_of_a_key_holds_for_this_key_only(standing: Standing) -> None:
    key = made(standing, budgets=[{"limit": "0.000001", "per": "day"}])
    assert key["budgets"] == [{"limit": "0.000001", "per": "day", "hard": True, "alerts": []}]
    assert code(chat(standing, key["secret"])) == (402, "BUDGET_EXCEEDED")
    assert chat(standing, made(standing)["secret"]).status == 200


def test_a_policy_of_a_key_holds_for_this_key_only(standing: Standing) -> None:
    document = {"models_denied": ["echo-1"], "attach": [{"tenant": "acme", "team": "web"}]}
    assert standing.ask("PUT", f"{ADMIN}/policies/narrow", key_of("admin"), {"document": document}).status == 200
    key = made(standing, policy="narrow")
    assert chat(standing, key["secret"]).status == 403
    assert standing.ask("PATCH", f"{KEYS}/{key['id']}", key_of("admin"), {"policy": None}).status == 200
    assert chat(standing, key["secret"]).status == 200
    said = standing.ask("POST", KEYS, key_of("admin", "globex"), {"name": "x", "policy": "narrow"})
    assert code(said) == (400, "REQUEST_INVALID"), "another tenant's policy is not there"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("models", []),
        ("models", ["a*b"]),
        ("limits", [{"requests": 1}]),
        ("limits", [{"requests": 1, "tokens": 1, "per_s": 60}]),
        ("limits", [{"concurrency": 1, "per_s": 60}]),
        ("limits", [{"requests": 1, "per_s": 60, "burst": 3}]),
        ("budgets", [{"limit": "0"}]),
        ("budgets", [{"limit": "1", "per": "fortnight"}]),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "2030-01-01T00:00:00"),
        ("ip_allow", ["not a network"]),
        ("metadata", {"a b": "c"}),
        ("policy", "no-such-policy"),
        ("team", "no-such-team"),
        ("user", "nobody"),
        ("permissions", ["no.such"]),
        ("permissions", ["role:emperor"]),
        ("tenant", "globex"),
    ],
)
def test_what_no_key_may_have_is_refused_by_its_field(standing: Standing, field: str, value: Any) -> None:
    said = standing.ask("POST", KEYS, key_of("admin"), {"name": "x", field: value})
    assert code(said) == (400, "REQUEST_INVALID")
    assert field in said.body["details"]["field"]


def test_keys_are_listed_in_pages_with_those_of_the_file_last(standing: Standing) -> None:
    mine = {made(standing, name=f"page {number}", environment="paging")["id"] for number in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = standing.ask("GET", f"{KEYS}?limit=2&environment=paging&cursor={cursor}", key_of("admin")).body
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert len(seen) == 5
    assert set(seen) == mine
    everything = standing.ask("GET", f"{KEYS}?limit=500", key_of("admin")).body["items"]
    file = [one for one in everything if one["source"] == "file"]
    assert len(file) == len(ROLES)
    assert everything[-len(file) :] == file
    assert code(standing.ask("DELETE", f"{KEYS}/{file[0]['id']}", key_of("admin"))) == (409, "CONFLICT")


def test_users_make_and_see_their_own_keys_only(standing: Standing) -> None:
    own = made(standing, key_of("user"), name="ann's")
    assert (own["user"], own["team"], own["department"]) == ("ann", "books", "finance")
    other = made(standing, name="somebody's", team="books")
    listed = standing.ask("GET", f"{KEYS}?limit=500", key_of("user")).body["items"]
    assert {one["user"] for one in listed} == {"ann"}
    for method, more in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")):
        body = None if method == "GET" else {}
        assert code(standing.ask(method, f"{KEYS}/{other['id']}{more}", key_of("user"), body)) == (404, "NOT_FOUND")
    for wrong in ({"user": "robot"}, {"user": ""}, {"team": "web"}):
        assert standing.ask("POST", KEYS, key_of("user"), {"name": "x", **wrong}).status == 403


def test_managers_reach_their_department_and_no_further(standing: Standing) -> None:
    mine = made(standing, key_of("manager"), name="of finance")
    assert (mine["department"], mine["team"]) == ("finance", "")
    assert made(standing, key_of("manager"), team="tax")["department"] == "finance"
    assert standing.ask("POST", KEYS, key_of("manager"), {"name": "x", "team": "web"}).status == 403
    beyond = made(standing, team="web")
    assert code(standing.ask("GET", f"{KEYS}/{beyond['id']}", key_of("manager"))) == (404, "NOT_FOUND")
    listed = standing.ask("GET", f"{KEYS}?limit=500", key_of("manager")).body["items"]
    assert {one["department"] for one in listed} == {"finance"}


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", 403), ("auditor", 403), ("service", 403), ("admin", 201), ("operator", 201)]
)
def test_who_may_make_keys(standing: Standing, role: str, may: int) -> None:
    assert standing.ask("POST", KEYS, key_of(role), {"name": "x"}).status == may


def test_the_keys_of_another_tenant_are_like_keys_that_there_are_not(standing: Standing) -> None:
    key = made(standing, key_of("admin", "globex"))
    for method, more in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")):
        body = None if method == "GET" else {}
        theirs = standing.ask(method, f"{KEYS}/{key['id']}{more}", key_of("admin"), body)
        nobodys = standing.ask(method, f"{KEYS}/key_nobodys{more}", key_of("admin"), body)
        assert code(theirs) == code(nobodys) == (404, "NOT_FOUND")
        assert theirs.body["message"] == nobodys.body["message"]
    assert chat(standing, key["secret"]).status == 200
    listed = standing.ask("GET", f"{KEYS}?limit=500", key_of("admin")).body["items"]
    assert {one["tenant"] for one in listed} == {"acme"}


def test_nobody_gives_a_key_more_than_they_have(standing: Standing) -> None:
    for wanted in (["role:admin"], ["users.write"], ["config.reload"]):
        said = standing.ask("POST", KEYS, key_of("user"), {"name": "x", "permissions": wanted})
        assert code(said) == (403, "PERMISSION_DENIED")
    assert standing.ask("POST", KEYS, key_of("admin"), {"name": "x", "permissions": ["config.reload"]}).status == 403
    admin = made(standing, permissions=["role:admin"])
    assert standing.ask("GET", KEYS, admin["secret"]).status == 200


def test_a_key_with_permissions_sees_no_more_than_the_one_it_belongs_to(standing: Standing) -> None:
    made(standing, name="of web", team="web")
    own = made(standing, key_of("user"), permissions=["keys.read"])
    listed = standing.ask("GET", f"{KEYS}?limit=500", own["secret"]).body["items"]
    assert {one["user"] for one in listed} == {"ann"}


def test_a_leaked_key_ends_whoever_reports_it_and_nobody_learns_whether_it_was_one(standing: Standing) -> None:
    one, other = made(standing), made(standing)
    digest = sha256(other["secret"].encode()).hexdigest()
    reports = (
        {"secret": one["secret"], "url": "https://paste.example/1"},
        {"prefix": other["prefix"], "hash": digest},
        {"secret": "sk-torana-nobodys"},
        {"prefix": one["prefix"], "hash": digest},
    )
    said = [standing.ask("POST", f"{KEYS}/report-leak", body=body) for body in reports[:1] + reports[3:] + reports[1:3]]
    assert {(one.status, one.body["status"]) for one in said} == {(202, "received")}
    assert [chat(standing, key["secret"]).status for key in (one, other)] == [401, 401]


def test_a_leaked_key_of_the_file_ends_too(standing: Standing) -> None:
    leaked = key_of("service", "globex")
    assert chat(standing, leaked).status == 200
    standing.ask("POST", f"{KEYS}/report-leak", body={"secret": leaked})
    assert code(chat(standing, leaked)) == (401, "TOKEN_REVOKED")


def test_a_key_says_when_it_was_used_last(standing: Standing) -> None:
    key = made(standing)
    assert key["last_used_at"] is None
    chat(standing, key["secret"])

    def used() -> bool:
        return standing.ask("GET", f"{KEYS}/{key['id']}", key_of("admin")).body["last_used_at"] is not None

    assert until(used, 15)


def test_a_key_never_has_more_than_the_role_that_its_owner_has_now(standing: Standing) -> None:
    body = {"name": "Other", "email": "other-admin@acme.test", "role": "admin"}
    assert standing.ask("POST", f"{ADMIN}/users", key_of("admin"), body).status == 201
    body = {"name": "Mighty", "email": "mighty@acme.test", "role": "admin", "department": "finance"}
    owner = standing.ask("POST", f"{ADMIN}/users", key_of("admin"), body).body
    key = made(standing, user=owner["id"], permissions=["role:admin"])
    assert standing.ask("GET", f"{ADMIN}/audit/logs", key["secret"]).status == 200
    assert standing.ask("PUT", f"{ADMIN}/users/{owner['id']}", key_of("admin"), {"role": "user"}).status == 200
    assert standing.ask("GET", f"{ADMIN}/audit/logs", key["secret"]).status == 403
    listed = standing.ask("GET", f"{KEYS}?limit=500", key["secret"]).body["items"]
    assert {one["user"] for one in listed} == {owner["id"]}


def test_new_keys_are_as_the_tenants_settings_have_them(standing: Standing) -> None:
    path = f"{ADMIN}/tenants/acme"
    settings = {"defaults": {"models": ["echo-*"], "key_days": 30}}
    assert standing.ask("PUT", path, key_of("admin"), {"settings": settings}).status == 200
    key = made(standing)
    assert (key["models"], key["expires_at"] is not None) == (["echo-*"], True)
    assert made(standing, expires_at=None)["expires_at"] is None
    standing.ask("PUT", path, key_of("admin"), {"settings": {"defaults": None}})
    assert made(standing)["expires_at"] is None
