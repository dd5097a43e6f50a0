"""Ways round the rules that somebody might try: with another's secret, in another's name, as two, or with odd values."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.e2e.process import until

PASSWORD = "a walk in the monsoon"
numbers = itertools.count(1)
DENIED = (403, "PERMISSION_DENIED")
INVALID = (400, "REQUEST_INVALID")


def code(said: Said) -> tuple[int, str]:
    return said.status, said.body["error_code"]


def ask(standing: Standing, method: str, path: str, key: str, body: Any = None) -> Said:
    return standing.ask(method, f"{ADMIN}/{path}", key, body)


def made(standing: Standing, path: str, key: str, body: dict[str, Any]) -> Any:
    said = ask(standing, "POST", path, key, body)
    assert said.status == 201, said.body
    return said.body


def person(standing: Standing, tenant: str = "acme", **more: Any) -> tuple[Any, str]:
    """Somebody, and their access token."""
    body = {"name": "P", "email": f"overreach{next(numbers)}@{tenant}.test", "password": PASSWORD, **more}
    user = made(standing, "users", key_of("admin", tenant), body)
    return user, sign_in(standing, user["email"], tenant=tenant).body["token"]


def sign_in(standing: Standing, email: str, password: str = PASSWORD, **more: str) -> Said:
    return ask(standing, "POST", "auth/login", "", {"email": email, "password": password, **more})


# --- keys


@pytest.mark.parametrize("owned", [False, True])
def test_a_manager_gets_no_secret_of_a_key_that_may_do_more(standing: Standing, owned: bool) -> None:
    _, manager = person(standing, role="manager", team="books")
    admin, token = person(standing, role="admin", team="books")
    body = {"name": "mighty", "team": "books", "permissions": ["role:admin"]} | ({"user": admin["id"]} if owned else {})
    key = made(standing, "api-keys", token, body)
    assert code(ask(standing, "POST", f"api-keys/{key['id']}/rotate", manager, {})) == DENIED
    assert code(ask(standing, "PATCH", f"api-keys/{key['id']}", manager, {"ip_allow": []})) == DENIED
    plain = made(standing, "api-keys", token, {"name": "plain"})
    assert (plain["user"], plain["team"]) == (admin["id"], "books")
    assert code(ask(standing, "POST", f"api-keys/{plain['id']}/rotate", manager, {})) == DENIED
    assert ask(standing, "DELETE", f"api-keys/{key['id']}", manager).status == 200, (
        "a leak may be ended by whoever sees it"
    )
    assert ask(standing, "POST", f"api-keys/{plain['id']}/rotate", token, {}).status == 200


def test_a_manager_makes_no_key_in_the_name_of_somebody_else(standing: Standing) -> None:
    _, manager = person(standing, role="manager", team="books")
    mine, _ = person(standing, team="books")
    theirs, _ = person(standing, team="web")
    mightier, _ = person(standing, role="admin", team="books")
    for user, told in ((mine, 201), (theirs, 400), (mightier, 403)):
        said = ask(standing, "POST", "api-keys", manager, {"name": "k", "team": "books", "user": user["id"]})
        assert said.status == told, said.body
    unknown = ask(standing, "POST", "api-keys", manager, {"name": "k", "team": "books", "user": "usr_nobody"})
    there = ask(standing, "POST", "api-keys", manager, {"name": "k", "team": "books", "user": theirs["id"]})
    assert (unknown.body["message"], unknown.body["details"]) == (there.body["message"], there.body["details"])


# --- the tree


def test_a_manager_of_a_team_takes_it_out_of_no_department(standing: Standing) -> None:
    team = made(standing, "teams", key_of("admin"), {"name": f"Moving {next(numbers)}", "department": "finance"})["id"]
    _, manager = person(standing, role="manager", team=team)
    for department in ("engineering", ""):
        assert code(ask(standing, "PUT", f"teams/{team}", manager, {"department": department})) == DENIED
    said = ask(standing, "PUT", f"teams/{team}", manager, {"name": "Other", "department": "finance"})
    assert (said.status, said.body["name"], said.body["department"]) == (200, "Other", "finance")


def test_whoever_is_put_into_a_team_is_of_its_department_and_their_tokens_say_so(standing: Standing) -> None:
    user, token = person(standing)
    assert ask(standing, "GET", "auth/me", token).status == 200
    put = ask(standing, "PUT", f"teams/books/members/{user['id']}", key_of("admin"), {"role": "member"})
    assert (put.status, put.body["main"]) == (200, True)
    now = ask(standing, "GET", f"users/{user['id']}", key_of("admin")).body
    assert (now["department"], now["team"]) == ("finance", "books")
    elsewhere, _ = person(standing, department="engineering")
    put = ask(standing, "PUT", f"teams/books/members/{elsewhere['id']}", key_of("admin"), {"role": "member"})
    assert (put.status, put.body["main"]) == (200, False)
    now = ask(standing, "GET", f"users/{elsewhere['id']}", key_of("admin")).body
    assert (now["department"], now["team"]) == ("engineering", "")


def test_a_manager_takes_nobody_in_who_is_beyond_their_reach(standing: Standing) -> None:
    _, manager = person(standing, role="manager", team="books")
    nowhere, _ = person(standing)
    robot = made(standing, "users", key_of("admin"), {"kind": "service", "name": "everybody's"})
    for user in (nowhere, robot):
        assert code(ask(standing, "GET", f"users/{user['id']}", manager)) == (404, "NOT_FOUND")
        put = ask(standing, "PUT", f"teams/books/members/{user['id']}", manager, {})
        assert code(put) == (404, "NOT_FOUND"), "their password and keys would be the manager's to change"
        assert ask(standing, "PUT", f"teams/books/members/{user['id']}", key_of("admin"), {}).status == 200
        assert ask(standing, "GET", f"users/{user['id']}", manager).status == 200


def test_no_operator_locks_themselves_out(standing: Standing) -> None:
    assert code(ask(standing, "PUT", "tenants/acme", key_of("operator"), {"status": "suspended"})) == (409, "CONFLICT")


# --- two pairs of eyes


def test_nobody_is_a_second_pair_of_eyes_by_a_key_of_their_own(standing: Standing) -> None:
    admin, token = person(standing, "globex", role="admin")
    other = person(standing, "globex", role="admin")[1]
    settings = {"settings": {"four_eyes": {"budget_raise": True}}}
    assert ask(standing, "PUT", "tenants/globex", token, settings).status == 200
    budget = {"scope": "tenant", "limit": "1000000", "per": "year"}
    assert ask(standing, "PUT", "budgets/watched", token, {"document": budget}).status == 201
    sock = made(standing, "api-keys", token, {"name": "sock", "user": "", "permissions": ["role:admin"]})["secret"]
    behind = made(standing, "api-keys", sock, {"name": "behind", "user": "", "permissions": ["role:admin"]})["secret"]
    asks = {"document": budget | {"limit": "2000000"}}
    waits = ask(standing, "PUT", "budgets/watched", token, asks)
    assert (waits.status, waits.body["asked_by"]) == (202, f"user:{admin['id']}")
    for key in (token, sock, behind):
        assert code(ask(standing, "POST", f"approvals/{waits.body['id']}/approve", key, {})) == DENIED
    again = ask(standing, "PUT", "budgets/watched", behind, asks)
    assert (again.status, again.body["asked_by"]) == (202, f"user:{admin['id']}")
    assert code(ask(standing, "POST", f"approvals/{again.body['id']}/approve", token, {})) == DENIED
    assert ask(standing, "POST", f"approvals/{again.body['id']}/approve", other, {}).status == 200
    for settings in ({"four_eyes": None}, {"four_eyes": {"reveal": True}}, {"four_eyes": {"budget_raise": False}}):
        lifted = ask(standing, "PUT", "tenants/globex", token, {"settings": settings})
        assert (lifted.status, lifted.body["action"]) == (202, "tenant.write")
    assert ask(standing, "PUT", "budgets/watched", token, {"document": budget | {"limit": "3000000"}}).status == 202
    assert code(ask(standing, "POST", f"approvals/{lifted.body['id']}/approve", sock, {})) == DENIED
    assert ask(standing, "POST", f"approvals/{lifted.body['id']}/approve", other, {}).status == 200
    assert ask(standing, "GET", "tenants/globex", token).body["settings"]["four_eyes"]["budget_raise"] is False
    assert ask(standing, "PUT", "budgets/watched", token, {"document": budget | {"limit": "3000000"}}).status == 200
    assert ask(standing, "DELETE", "budgets/watched", token).status == 200


# --- other tenants


def test_no_tenant_locks_out_another_by_the_address_of_one_of_its_people(standing: Standing) -> None:
    user, _ = person(standing)
    twin = {"name": "twin", "email": user["email"], "password": "another walk in the monsoon"}
    made(standing, "users", key_of("admin", "globex"), twin)
    theirs = sign_in(standing, user["email"], twin["password"], tenant="globex")
    assert theirs.body["user"]["tenant"] == "globex"
    mine = sign_in(standing, user["email"])
    assert (mine.status, mine.body.get("user", {}).get("tenant")) == (200, "acme"), mine.body
    assert code(sign_in(standing, user["email"], "neither of the two")) == (401, "SIGN_IN_FAILED")


def test_the_name_of_a_tenants_own_policy_is_nobody_elses(standing: Standing) -> None:
    there = ask(standing, "PUT", "policies/tenant-acme", key_of("admin", "globex"), {"document": {"models": ["*"]}})
    not_there = ask(standing, "PUT", "policies/tenant-none", key_of("admin", "globex"), {"document": {"models": ["*"]}})
    assert code(there) == code(not_there) == DENIED
    assert there.body["message"] == not_there.body["message"]
    assert standing.ask("PUT", "/admin/policy", key_of("admin"), {"models": ["*"]}).status == 200


def test_tenants_use_the_same_name_of_a_policy_and_learn_nothing_of_each_others(standing: Standing) -> None:
    said = {}
    for tenant, note in (("acme", "of acme"), ("globex", "of globex")):
        key = key_of("admin", tenant)
        document = {"models": ["*"], "cache": tenant == "acme", "attach": [{"key": f"nobody-of-{tenant}"}]}
        there = ask(standing, "PUT", "policies/shared-name", key, {"document": document})
        assert (there.status, there.body["name"], there.body["version"]) == (200, "shared-name", 1), there.body
        made_key = made(standing, "api-keys", key, {"name": note, "policy": "shared-name"})
        assert made_key["policy"] == "shared-name"
        said[tenant] = ask(standing, "GET", "policies/shared-name", key).body["document"]["cache"]
        listed = [one for one in ask(standing, "GET", "policies", key).body["items"] if "shared-name" in one["name"]]
        assert [(one["name"], one["tenant"]) for one in listed] == [("shared-name", tenant)]
        assert len(ask(standing, "GET", "policies/shared-name/versions", key).body["items"]) == 1
        held = ask(standing, "DELETE", "policies/shared-name", key)
        assert (held.status, held.body["details"]["keys"]) == (409, [made_key["id"]])
        assert ask(standing, "DELETE", f"api-keys/{made_key['id']}", key).status == 200
    assert said == {"acme": True, "globex": False}
    for name in ("shared-name@acme", "shared-name@globex"):
        assert ask(standing, "GET", f"policies/{name}", key_of("admin", "globex")).status == (
            200 if "globex" in name else 404
        )
    assert ask(standing, "DELETE", "policies/shared-name", key_of("admin")).status == 200
    assert ask(standing, "GET", "policies/shared-name", key_of("admin")).status == 404
    assert ask(standing, "GET", "policies/shared-name", key_of("admin", "globex")).status == 200
    assert ask(standing, "DELETE", "policies/shared-name", key_of("admin", "globex")).status == 200


# --- odd values


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "billing/summary?since=9999-12-01", None),
        ("GET", "billing/summary?since=2026-01-01&until=9999-12-31", None),
        ("GET", "billing/summary?since=0001-01-01", None),
        ("POST", "billing/invoice", {"since": "9999-12-01"}),
        ("PUT", "tenants/acme", {"settings": {"time_zone": "localtime"}}),
        ("POST", "api-keys", b'{"name":'),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(standing: Standing, method: str, path: str, body: Any) -> None:
    said = ask(standing, method, path, key_of("admin"), body)
    assert code(said) == INVALID
    assert said.body["details"].get("field") in ("since", "until", "settings.time_zone", "8")
    if isinstance(body, bytes):
        assert said.body["message"].startswith("The body is not JSON")


def test_a_text_that_no_column_takes_is_the_callers_fault(standing: Standing) -> None:
    for method, path, body in (
        ("POST", "departments", {"name": "a\0b"}),
        ("GET", "users?q=%00", None),
        ("GET", "users/%00", None),
    ):
        assert ask(standing, method, path, key_of("admin"), body).status < 500


def test_the_trail_as_a_table_tells_times_as_everything_else(standing: Standing) -> None:
    ask(standing, "POST", "departments", key_of("admin"), {"name": "D", "id": f"d{next(numbers)}"})
    said = ask(standing, "POST", "audit/export", key_of("admin"), {"format": "csv", "kinds": ["admin"]})
    header, first = said.raw.decode().splitlines()[:2]
    at = first.split(",")[header.split(",").index("at")]
    assert at[4] + at[10] == "-T" and at.endswith("Z"), at


# --- invitations


def test_a_manager_neither_changes_nor_takes_back_the_invitation_of_somebody_mightier(standing: Standing) -> None:
    _, manager = person(standing, role="manager", team="books")
    mail = f"overreach{next(numbers)}@acme.test"
    waits = made(standing, "auth/invitations", key_of("admin"), {"email": mail, "role": "admin", "team": "books"})
    assert code(ask(standing, "POST", "auth/invitations", manager, {"email": mail})) == (409, "CONFLICT")
    assert code(ask(standing, "DELETE", f"auth/invitations/{waits['id']}", manager)) == (404, "NOT_FOUND")
    come = ask(standing, "POST", "auth/invitations/accept", "", {"token": waits["token"], "password": PASSWORD})
    assert (come.status, come.body["user"]["role"]) == (200, "admin")


def test_keys_of_somebody_whose_invitation_is_taken_back_end(standing: Standing) -> None:
    mail = f"overreach{next(numbers)}@acme.test"
    waits = made(standing, "auth/invitations", key_of("admin"), {"email": mail})
    key = made(standing, "api-keys", key_of("admin"), {"name": "early", "user": waits["id"]})
    assert standing.ask("GET", "/v1/models", key["secret"]).status == 200
    assert ask(standing, "DELETE", f"auth/invitations/{waits['id']}", key_of("admin")).status == 200
    assert standing.ask("GET", "/v1/models", key["secret"]).status == 401


# --- at the same moment


def test_two_who_change_different_things_at_once_undo_nothing(standing: Standing) -> None:
    key = made(standing, "api-keys", key_of("admin"), {"name": "shared"})["id"]

    def change(path: str, body: Any) -> int:
        return ask(standing, "PATCH" if path.startswith("api-keys") else "PUT", path, key_of("admin"), body).status

    for number in range(8):
        changes = [
            (f"api-keys/{key}", {"environment": f"e{number}"}),
            (f"api-keys/{key}", {"metadata": {"n": str(number)}}),
            ("tenants/acme", {"settings": {"locale": f"en-{number:03}"}}),
            ("tenants/acme", {"settings": {"currency": f"XX{'ABCDEFGH'[number]}"}}),
        ]
        with ThreadPoolExecutor(len(changes)) as threads:
            assert set(threads.map(lambda one: change(*one), changes)) == {200}
        shown = ask(standing, "GET", f"api-keys/{key}", key_of("admin")).body
        assert (shown["environment"], shown["metadata"]) == (f"e{number}", {"n": str(number)})
        settings = ask(standing, "GET", "tenants/acme", key_of("admin")).body["settings"]
        assert (settings["locale"], settings["currency"]) == (f"en-{number:03}", f"XX{'ABCDEFGH'[number]}")
    reset = {"settings": {"locale": None, "currency": None}}
    assert ask(standing, "PUT", "tenants/acme", key_of("admin"), reset).status == 200


# --- erasure


def test_whoever_is_erased_is_named_beside_nothing_that_they_wrote_or_asked_for(standing: Standing) -> None:
    user, token = person(standing, role="manager", team="books")
    written = made(standing, "budgets", token, {"name": "written", "document": {"scope": "team", "limit": "1"}})
    assert user["email"] in written["written_by"]
    said = ask(standing, "POST", "audit/erasures", key_of("admin"), {"user": user["id"], "reason": "asked for"})
    assert said.status == 200, said.body
    assert ask(standing, "DELETE", f"users/{user['id']}", key_of("admin")).status == 200
    name = f"user:{user['id']}"
    assert until(lambda: ask(standing, "GET", "budgets/written", key_of("admin")).body["written_by"] == name, 5)
    for path in ("budgets/written/versions", "audit/logs?limit=500", "approvals"):
        assert user["email"] not in ask(standing, "GET", path, key_of("admin")).raw.decode(), path
    assert ask(standing, "DELETE", "budgets/written", key_of("admin")).status == 200


# --- removing


def test_what_a_budget_or_a_policy_is_about_is_not_removed_beneath_it(standing: Standing) -> None:
    about, ruled, free = (
        made(standing, "teams", key_of("admin"), {"name": "T", "id": f"team{next(numbers)}"})["id"] for _ in range(3)
    )
    budget = {"name": "about-a-team", "document": {"scope": "team", "match": about, "limit": "1"}}
    made(standing, "budgets", key_of("admin"), budget)
    policy = {"document": {"attach": [{"team": ruled}], "models": ["*"]}}
    assert ask(standing, "PUT", "policies/about-a-team", key_of("admin"), policy).status == 200
    for team in (about, ruled):
        said = ask(standing, "DELETE", f"teams/{team}?cascade=true", key_of("admin"))
        assert (code(said), "about-a-team" in said.body["message"]) == ((409, "CONFLICT"), True), said.body
    assert ask(standing, "DELETE", f"teams/{free}", key_of("admin")).status == 200
    assert ask(standing, "GET", f"teams/{free}", key_of("admin")).status == 404
    assert ask(standing, "DELETE", "budgets/about-a-team", key_of("admin")).status == 200
    assert ask(standing, "DELETE", "policies/about-a-team", key_of("admin")).status == 200
    for team in (about, ruled):
        assert ask(standing, "DELETE", f"teams/{team}", key_of("admin")).status == 200
        assert ask(standing, "GET", f"teams/{team}", key_of("admin")).status == 404


def test_a_tenant_takes_along_what_it_configured(standing: Standing) -> None:
    who = {"name": "Leaving", "email": f"leaving{next(numbers)}@x.test", "password": PASSWORD}
    invited = made(standing, "auth/invitations", key_of("operator"), {"email": who["email"], "new_tenant": True})
    config = json.loads(standing.file.read_text())
    standing.file.write_text(json.dumps(config | {"auth": {"registration": "invitation"}}))
    assert ask(standing, "POST", "config/reload", key_of("operator")).status == 200
    leaving = made(standing, "auth/register", "", who | {"invitation": invited["token"]})
    tenant, token = leaving["user"]["tenant"], leaving["token"]
    for path, body in (
        ("budgets", {"name": "leaving", "document": {"scope": "tenant", "limit": "1"}}),
        ("providers", {"name": "leaving", "document": {"kind": "echo"}}),
    ):
        made(standing, path, token, body)
    assert ask(standing, "PUT", "policies/leaving", token, {"document": {"models": ["*"]}}).status == 200
    assert ask(standing, "DELETE", f"tenants/{tenant}?cascade=true", key_of("operator")).status == 200
    assert until(lambda: ask(standing, "GET", f"tenants/{tenant}", key_of("operator")).status == 404, 5)
    for path in ("budgets/leaving/versions", "policies/leaving/versions", "providers/leaving/versions"):
        assert ask(standing, "GET", path, key_of("operator")).status == 404, path
    problems = ask(standing, "GET", "system/info", key_of("operator")).body["configuration"]["problems"]
    assert problems == []


def test_a_policy_that_keys_name_is_not_withdrawn_from_them(standing: Standing) -> None:
    assert ask(standing, "PUT", "policies/100%_named", key_of("admin"), {"document": {"cache": False}}).status == 400
    policy = {"document": {"cache": False, "attach": [{"key": "nobody"}]}}
    assert ask(standing, "PUT", "policies/named", key_of("admin"), policy).status == 200
    key = made(standing, "api-keys", key_of("admin"), {"name": "guarded", "policy": "named"})["id"]
    said = ask(standing, "DELETE", "policies/named", key_of("admin"))
    assert (code(said), said.body["details"]["keys"]) == ((409, "CONFLICT"), [key])
    assert ask(standing, "PATCH", f"api-keys/{key}", key_of("admin"), {"policy": None}).status == 200
    assert ask(standing, "DELETE", "policies/named", key_of("admin")).status == 200
