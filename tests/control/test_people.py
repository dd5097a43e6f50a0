"""People routes: the tree of tenants, departments and teams, users and service accounts, and how far each role reaches."""

from __future__ import annotations

import itertools
import subprocess
import time
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.control.usage import plant, spread
from tests.e2e.process import bare_environment, until

PASSWORD = "a walk in the monsoon"
OPERATOR = key_of("operator")
numbers = itertools.count(1)


def code(said: Said) -> tuple[int, str]:
    return said.status, said.body["error_code"]


def made(standing: Standing, path: str, body: dict[str, Any], key: str = "") -> Any:
    said = standing.ask("POST", f"{ADMIN}/{path}", key or key_of("admin"), body)
    assert said.status == 201, said.body
    return said.body


def person(standing: Standing, key: str = "", **more: Any) -> Any:
    """A user who may sign in."""
    number = next(numbers)
    body = {"name": f"Person {number}", "email": f"person{number}@acme.test", "password": PASSWORD, **more}
    return made(standing, "users", body, key)


def signed_in(standing: Standing, user: Any) -> str:
    """Their access token."""
    said = standing.ask("POST", f"{ADMIN}/auth/login", body={"email": user["email"], "password": PASSWORD})
    assert said.status == 200, said.body
    token: str = said.body["token"]
    return token


def chat(standing: Standing, secret: str) -> Said:
    body = {"model": "echo-1", "messages": [{"role": "user", "content": "hello"}]}
    return standing.ask("POST", "/v1/chat/completions", secret, body)


# --- tenants


def test_a_tenant_made_by_an_operator_has_keys_that_serve(standing: Standing) -> None:
    tenant = made(standing, "tenants", {"name": "Ganga", "settings": {"currency": "INR"}}, OPERATOR)
    assert (tenant["source"], tenant["status"], tenant["settings"]["currency"]) == ("stored", "active", "INR")
    listed = standing.ask("GET", f"{ADMIN}/tenants?limit=500", OPERATOR).body["items"]
    assert {"acme", "globex", tenant["id"]} <= {one["id"] for one in listed}
    assert next(one["source"] for one in listed if one["id"] == "acme") == "file"


def test_a_suspended_tenant_is_refused_at_once_and_serves_again_when_it_is_back(standing: Standing) -> None:
    globex = key_of("service", "globex")
    assert chat(standing, globex).status == 200
    for status, told in (("suspended", 401), ("active", 200)):
        said = standing.ask("PUT", f"{ADMIN}/tenants/globex", OPERATOR, {"status": status})
        assert (said.status, said.body["status"]) == (200, status), said.body
        assert chat(standing, globex).status == told
        assert chat(standing, key_of("service")).status == 200


def test_administrators_write_the_settings_of_their_own_tenant_and_nothing_else(standing: Standing) -> None:
    path = f"{ADMIN}/tenants/acme"
    said = standing.ask(
        "PUT", path, key_of("admin"), {"settings": {"time_zone": "Asia/Kolkata", "four_eyes": {"reveal": True}}}
    )
    assert said.status == 200, said.body
    settings = standing.ask("GET", path, key_of("viewer")).body["settings"]
    assert (settings["time_zone"], settings["four_eyes"]["reveal"]) == ("Asia/Kolkata", True)
    standing.ask("PUT", path, key_of("admin"), {"settings": {"locale": "en-IN"}})
    lifted = standing.ask("PUT", path, key_of("admin"), {"settings": {"four_eyes": None}})
    assert lifted.status == 202, "who could lift it alone could do everything alone"
    approve = f"{ADMIN}/approvals/{lifted.body['id']}/approve"
    assert code(standing.ask("POST", approve, key_of("admin"), {})) == (403, "PERMISSION_DENIED")
    assert standing.ask("POST", approve, OPERATOR, {}).status == 200
    settings = standing.ask("GET", path, key_of("admin")).body["settings"]
    assert (settings["time_zone"], settings["locale"], settings["four_eyes"]) == ("Asia/Kolkata", "en-IN", None)
    assert standing.ask("GET", f"{ADMIN}/auth/me", key_of("admin")).body["settings"]["locale"] == "en-IN"
    assert code(standing.ask("PUT", path, key_of("admin"), {"status": "suspended"})) == (403, "PERMISSION_DENIED")
    assert code(standing.ask("PUT", path, key_of("manager"), {"settings": {}})) == (403, "PERMISSION_DENIED")
    late = standing.ask("PUT", path, key_of("admin"), {"name": "x", "version": 0})
    assert code(late) == (409, "CONFLICT")
    assert [one["id"] for one in standing.ask("GET", f"{ADMIN}/tenants", key_of("admin")).body["items"]] == ["acme"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_another_tenant_is_told_like_one_that_there_is_not(standing: Standing, method: str) -> None:
    body = None if method == "GET" else {"settings": {}}
    theirs, nobodys = (
        standing.ask(method, f"{ADMIN}/tenants/{name}", key_of("admin"), body) for name in ("globex", "nobodys")
    )
    assert code(theirs) == code(nobodys) == (404, "NOT_FOUND")
    assert theirs.body["message"] == nobodys.body["message"]


def test_a_tenant_with_people_is_removed_on_demand_only_and_its_keys_end(standing: Standing) -> None:
    tenant = made(standing, "tenants", {"name": "Kalinga"}, OPERATOR)["id"]
    said = standing.ask("POST", f"{ADMIN}/auth/invitations", OPERATOR, {"email": "x@kalinga.test", "role": "admin"})
    assert said.status == 201, "an operator invites into the tenant of the key"
    empty = standing.ask("DELETE", f"{ADMIN}/tenants/{tenant}", OPERATOR)
    assert (empty.status, empty.body["status"]) == (200, "removed")
    assert standing.ask("GET", f"{ADMIN}/tenants/{tenant}", OPERATOR).status == 404
    assert code(standing.ask("DELETE", f"{ADMIN}/tenants/globex", OPERATOR)) == (409, "CONFLICT"), (
        "it stands in the file"
    )


def test_whose_records_are_kept_is_no_new_tenant_s_id(standing: Standing) -> None:
    tenant = made(standing, "tenants", {"name": "Vanga", "id": "vanga-1"}, OPERATOR)["id"]
    plant(standing, spread(1, time.time() - 60, tenant=tenant))
    assert standing.ask("DELETE", f"{ADMIN}/tenants/{tenant}", OPERATOR).status == 200
    again = standing.ask("POST", f"{ADMIN}/tenants", OPERATOR, {"name": "Somebody else", "id": tenant})
    assert code(again) == (409, "CONFLICT"), again.body
    assert "records of an earlier tenant" in again.body["message"]
    assert made(standing, "tenants", {"name": "Somebody else", "id": "vanga-2"}, OPERATOR)["id"] == "vanga-2"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "rupees"),
        ("time_zone", "Mars/Olympus"),
        ("locale", "!"),
        ("retention", {"requests": 0}),
        ("colour", "red"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(standing: Standing, field: str, value: Any) -> None:
    said = standing.ask("PUT", f"{ADMIN}/tenants/acme", key_of("admin"), {"settings": {field: value}})
    assert code(said) == (400, "REQUEST_INVALID")
    assert field in said.body["details"]["field"]


# --- departments and teams


def test_a_team_made_here_is_known_to_keys_policies_and_requests_at_once(standing: Standing) -> None:
    made(standing, "departments", {"name": "Research"})
    team = made(standing, "teams", {"name": "Deep Sea", "department": "research"})
    assert (team["id"], team["department"], team["source"]) == ("deep-sea", "research", "stored")
    key = made(standing, "api-keys", {"name": "sonar", "team": "deep-sea"})
    assert (key["department"], chat(standing, key["secret"]).status) == ("research", 200)
    document = {"models_denied": ["echo-1"], "attach": [{"tenant": "acme", "team": "deep-sea"}]}
    assert standing.ask("PUT", f"{ADMIN}/policies/no-echo", key_of("admin"), {"document": document}).status == 200
    assert chat(standing, key["secret"]).status == 403
    standing.ask("DELETE", f"{ADMIN}/policies/no-echo", key_of("admin"))
    assert chat(standing, key["secret"]).status == 200


def test_departments_and_teams_of_the_file_are_shown_and_not_changed(standing: Standing) -> None:
    listed = standing.ask("GET", f"{ADMIN}/teams?limit=500", key_of("admin")).body["items"]
    assert {"books", "tax", "web"} <= {one["id"] for one in listed if one["source"] == "file"}
    for path in ("teams/books", "departments/finance"):
        assert code(standing.ask("PUT", f"{ADMIN}/{path}", key_of("admin"), {"name": "x"})) == (409, "CONFLICT")
        assert code(standing.ask("DELETE", f"{ADMIN}/{path}", key_of("admin"))) == (409, "CONFLICT")
    for path, body in (("teams", {"name": "Books"}), ("departments", {"name": "x", "id": "finance"})):
        assert code(standing.ask("POST", f"{ADMIN}/{path}", key_of("admin"), body)) == (409, "CONFLICT")


def test_what_is_in_a_team_keeps_it_from_being_removed_by_mistake(standing: Standing) -> None:
    team = made(standing, "teams", {"name": "Short Lived"})["id"]
    key = made(standing, "api-keys", {"name": "x", "team": team})
    said = standing.ask("DELETE", f"{ADMIN}/teams/{team}", key_of("admin"))
    assert (code(said), said.body["details"]) == ((409, "CONFLICT"), {"keys": 1})
    assert standing.ask("DELETE", f"{ADMIN}/teams/{team}?cascade=true", key_of("admin")).status == 200
    assert standing.ask("GET", f"{ADMIN}/api-keys/{key['id']}", key_of("admin")).body["team"] == ""
    assert chat(standing, key["secret"]).status == 200


def test_a_team_that_moves_takes_its_people_and_keys_along(standing: Standing) -> None:
    team = made(standing, "teams", {"name": "Movers", "department": "finance"})["id"]
    user, key = person(standing, team=team), made(standing, "api-keys", {"name": "x", "team": team})
    assert user["department"] == "finance"
    assert standing.ask("PUT", f"{ADMIN}/teams/{team}", key_of("admin"), {"department": "engineering"}).status == 200
    for path in (f"users/{user['id']}", f"api-keys/{key['id']}"):
        assert standing.ask("GET", f"{ADMIN}/{path}", key_of("admin")).body["department"] == "engineering"
    assert code(standing.ask("GET", f"{ADMIN}/users/{user['id']}", key_of("manager"))) == (404, "NOT_FOUND")


def test_members_come_and_go(standing: Standing) -> None:
    team, other = (made(standing, "teams", {"name": f"Members {one}"})["id"] for one in "ab")
    user = person(standing)
    path = f"{ADMIN}/teams/{team}/members"
    said = standing.ask("PUT", f"{path}/{user['id']}", key_of("admin"), {"role": "lead"})
    assert (said.status, said.body["role"], said.body["main"]) == (200, "lead", True)
    assert standing.ask("PUT", f"{ADMIN}/teams/{other}/members/{user['id']}", key_of("admin"), {}).body["main"] is False
    assert [one["user"] for one in standing.ask("GET", path, key_of("admin")).body["items"]] == [user["id"]]
    assert standing.ask("GET", f"{ADMIN}/teams/{other}", key_of("admin")).body["members"] == 1
    assert standing.ask("DELETE", f"{path}/{user['id']}", key_of("admin")).status == 200
    assert standing.ask("GET", path, key_of("admin")).body["items"] == []
    assert standing.ask("GET", f"{ADMIN}/users/{user['id']}", key_of("admin")).body["team"] == ""
    assert code(standing.ask("PUT", f"{path}/usr_nobody", key_of("admin"), {})) == (404, "NOT_FOUND")


def test_a_manager_puts_nobody_mightier_into_a_team_nor_takes_them_out(standing: Standing) -> None:
    above, mine = person(standing, role="admin"), person(standing, team="tax")
    path = f"{ADMIN}/teams/books/members"
    assert code(standing.ask("PUT", f"{path}/{above['id']}", key_of("manager"), {})) == (404, "NOT_FOUND")
    assert standing.ask("PUT", f"{path}/{above['id']}", key_of("admin"), {}).status == 200
    assert code(standing.ask("DELETE", f"{path}/{above['id']}", key_of("manager"))) == (404, "NOT_FOUND")
    assert standing.ask("PUT", f"{path}/{mine['id']}", key_of("manager"), {"role": "lead"}).status == 200


def test_managers_make_teams_in_their_department_only(standing: Standing) -> None:
    mine = made(standing, "teams", {"name": "Treasury"}, key_of("manager"))
    assert mine["department"] == "finance"
    assert (
        standing.ask("POST", f"{ADMIN}/teams", key_of("manager"), {"name": "x", "department": "engineering"}).status
        == 403
    )
    assert code(standing.ask("PUT", f"{ADMIN}/teams/web", key_of("manager"), {"name": "x"})) == (404, "NOT_FOUND")
    listed = standing.ask("GET", f"{ADMIN}/teams?limit=500", key_of("manager")).body["items"]
    assert {one["department"] for one in listed} == {"finance"}
    assert standing.ask("POST", f"{ADMIN}/departments", key_of("manager"), {"name": "x"}).status == 403
    assert [one["id"] for one in standing.ask("GET", f"{ADMIN}/teams", key_of("user")).body["items"]] == ["books"]


# --- users


def test_a_user_signs_in_with_the_role_that_they_were_given(standing: Standing) -> None:
    user = person(standing, role="viewer")
    token = signed_in(standing, user)
    assert standing.ask("GET", f"{ADMIN}/users/{user['id']}", token).body["name"] == user["name"]
    assert standing.ask("POST", f"{ADMIN}/users", token, {"name": "x", "kind": "service"}).status == 403


def test_a_changed_role_counts_with_the_next_request(standing: Standing) -> None:
    user = person(standing, role="user")
    token = signed_in(standing, user)
    assert standing.ask("GET", f"{ADMIN}/users", token).status == 403
    assert standing.ask("PUT", f"{ADMIN}/users/{user['id']}", key_of("admin"), {"role": "auditor"}).status == 200
    refreshed = signed_in(standing, user)
    assert standing.ask("GET", f"{ADMIN}/users", refreshed).status == 200


def test_suspending_somebody_ends_their_sessions_and_stops_their_keys(standing: Standing) -> None:
    user = person(standing, team="web")
    token = signed_in(standing, user)
    key = made(standing, "api-keys", {"name": "theirs", "user": user["id"]})
    assert [chat(standing, one).status for one in (token, key["secret"])] == [200, 200]
    said = standing.ask("PUT", f"{ADMIN}/users/{user['id']}", key_of("admin"), {"status": "suspended"})
    assert said.body["status"] == "suspended"
    assert [chat(standing, one).status for one in (token, key["secret"])] == [401, 401]
    assert standing.ask("GET", f"{ADMIN}/auth/me", token).status == 401
    login = standing.ask("POST", f"{ADMIN}/auth/login", body={"email": user["email"], "password": PASSWORD})
    assert code(login) == (403, "PERMISSION_DENIED")
    assert standing.ask("GET", f"{ADMIN}/api-keys/{key['id']}", key_of("admin")).body["status"] == "suspended"
    standing.ask("PUT", f"{ADMIN}/users/{user['id']}", key_of("admin"), {"status": "active"})
    assert chat(standing, key["secret"]).status == 200
    assert standing.ask("GET", f"{ADMIN}/auth/me", token).status == 401, "an ended session does not come back"


def test_whoever_owns_keys_is_removed_on_demand_only(standing: Standing) -> None:
    user = person(standing)
    key = made(standing, "api-keys", {"name": "theirs", "user": user["id"]})
    path = f"{ADMIN}/users/{user['id']}"
    assert code(standing.ask("DELETE", path, key_of("admin"))) == (409, "CONFLICT")
    assert standing.ask("DELETE", f"{path}?cascade=true", key_of("admin")).body["keys_revoked"] == 1
    assert chat(standing, key["secret"]).status == 401
    assert code(standing.ask("GET", path, key_of("admin"))) == (404, "NOT_FOUND")


def test_service_accounts_have_keys_and_no_password(standing: Standing) -> None:
    robot = made(standing, "users", {"kind": "service", "name": "nightly", "team": "books"})
    assert (robot["role"], robot["email"], robot["department"]) == ("service", "", "finance")
    key = made(standing, "api-keys", {"name": "nightly", "user": robot["id"], "permissions": ["usage.read"]})
    assert (key["user"], key["team"]) == (robot["id"], "books")
    assert (
        standing.ask(
            "POST", f"{ADMIN}/users", key_of("admin"), {"kind": "service", "name": "x", "password": PASSWORD}
        ).status
        == 400
    )
    assert standing.ask("PUT", f"{ADMIN}/users/{robot['id']}", key_of("admin"), {"role": "admin"}).status == 400


def test_managers_reach_the_people_of_their_department_and_make_nobody_mightier_than_a_user(standing: Standing) -> None:
    mine, beyond = person(standing, key_of("manager"), team="tax"), person(standing, team="web")
    listed = standing.ask("GET", f"{ADMIN}/users?limit=500", key_of("manager")).body["items"]
    assert {one["department"] for one in listed} == {"finance"}
    assert code(standing.ask("GET", f"{ADMIN}/users/{beyond['id']}", key_of("manager"))) == (404, "NOT_FOUND")
    for change in ({"role": "admin"}, {"role": "viewer"}, {"team": "web"}):
        assert code(standing.ask("PUT", f"{ADMIN}/users/{mine['id']}", key_of("manager"), change)) == (
            403,
            "PERMISSION_DENIED",
        )
    above = person(standing, role="admin", department="finance")
    for change in ({"name": "x"}, {"status": "suspended"}):
        said = standing.ask("PUT", f"{ADMIN}/users/{above['id']}", key_of("manager"), change)
        assert code(said) == (403, "PERMISSION_DENIED")
    assert standing.ask("POST", f"{ADMIN}/users/{above['id']}/password-reset", key_of("manager")).status == 403
    body = {"name": "x", "email": "x@acme.test", "role": "manager"}
    assert code(standing.ask("POST", f"{ADMIN}/users", key_of("manager"), body)) == (403, "PERMISSION_DENIED")


def test_an_address_is_taken_once_in_a_tenant_and_free_in_another(standing: Standing) -> None:
    user = person(standing)
    body = {"name": "twin", "email": user["email"].upper()}
    assert code(standing.ask("POST", f"{ADMIN}/users", key_of("admin"), body)) == (409, "CONFLICT")
    assert standing.ask("POST", f"{ADMIN}/users", key_of("admin", "globex"), body).status == 201
    other = person(standing)
    said = standing.ask("PUT", f"{ADMIN}/users/{other['id']}", key_of("admin"), {"email": user["email"]})
    assert code(said) == (409, "CONFLICT")


def test_a_user_is_found_by_part_of_a_name_and_signs_are_no_patterns(standing: Standing) -> None:
    person(standing, name="Hundred 100% sure")
    found = standing.ask("GET", f"{ADMIN}/users?q=100%25", key_of("admin")).body["items"]
    assert [one["name"] for one in found] == ["Hundred 100% sure"]
    assert standing.ask("GET", f"{ADMIN}/users?q=_00%25", key_of("admin")).body["items"] == []


def test_the_last_administrator_stays(standing: Standing) -> None:
    tenant = "globex"
    only = person(standing, key_of("admin", tenant), role="admin", email="only@globex.test")
    path = f"{ADMIN}/users/{only['id']}"
    for method, body in (("PUT", {"role": "user"}), ("PUT", {"status": "suspended"}), ("DELETE", None)):
        assert code(standing.ask(method, path, key_of("admin", tenant), body)) == (409, "CONFLICT")
    person(standing, key_of("admin", tenant), role="admin", email="second@globex.test")
    assert standing.ask("PUT", path, key_of("admin", tenant), {"role": "user"}).status == 200


def test_nobody_changes_their_own_role(standing: Standing) -> None:
    user = person(standing, role="admin")
    token = signed_in(standing, user)
    path = f"{ADMIN}/users/{user['id']}"
    assert code(standing.ask("PUT", path, token, {"role": "user"})) == (403, "PERMISSION_DENIED")
    assert code(standing.ask("DELETE", path, token)) == (409, "CONFLICT")
    assert standing.ask("PUT", path, token, {"name": "Another name"}).body["name"] == "Another name"


# --- invitations, passwords, sessions


def test_whoever_is_invited_chooses_a_password_and_comes_in_once(standing: Standing) -> None:
    invited = made(standing, "auth/invitations", {"email": "ben@acme.test", "role": "manager", "department": "finance"})
    listed = standing.ask("GET", f"{ADMIN}/auth/invitations", key_of("admin")).body["items"]
    assert invited["id"] in {one["id"] for one in listed}
    assert "token" not in listed[0]
    body = {"token": invited["token"], "password": PASSWORD, "name": "Ben"}
    said = standing.ask("POST", f"{ADMIN}/auth/invitations/accept", body=body)
    assert said.status == 200, said.body
    assert (said.body["user"]["role"], said.body["user"]["department"], said.body["user"]["name"]) == (
        "manager",
        "finance",
        "Ben",
    )
    assert standing.ask("GET", f"{ADMIN}/users", said.body["token"]).status == 200
    assert code(standing.ask("POST", f"{ADMIN}/auth/invitations/accept", body=body)) == (400, "REQUEST_INVALID")
    assert code(standing.ask("POST", f"{ADMIN}/auth/invitations", key_of("admin"), {"email": "ben@acme.test"})) == (
        409,
        "CONFLICT",
    )


def test_an_operator_invites_the_first_administrator_of_a_tenant_and_nobody_else(standing: Standing) -> None:
    path = f"{ADMIN}/auth/invitations"
    assert standing.ask("POST", f"{ADMIN}/tenants", OPERATOR, {"name": "Nila", "id": "nila"}).status == 201
    body = {"email": "first@nila.test", "tenant": "nila"}
    assert code(standing.ask("POST", path, key_of("admin"), body)) == (403, "PERMISSION_DENIED")
    for wrong in ({"tenant": "nowhere"}, {"role": "user"}, {"new_tenant": True}):
        assert code(standing.ask("POST", path, OPERATOR, body | wrong)) == (400, "REQUEST_INVALID"), wrong
    said = standing.ask("POST", path, OPERATOR, body)
    assert (said.status, said.body["role"]) == (201, "admin"), said.body
    entered = standing.ask("POST", f"{path}/accept", body={"token": said.body["token"], "password": PASSWORD})
    assert entered.status == 200, entered.body
    assert (entered.body["user"]["tenant"], entered.body["user"]["role"]) == ("nila", "admin")
    assert code(standing.ask("POST", path, OPERATOR, body)) == (409, "CONFLICT")


def test_an_invitation_given_again_replaces_the_one_before_and_can_be_taken_back(standing: Standing) -> None:
    first, second = (made(standing, "auth/invitations", {"email": "cara@acme.test"}) for _ in range(2))
    assert first["id"] == second["id"]
    accept = f"{ADMIN}/auth/invitations/accept"
    assert standing.ask("POST", accept, body={"token": first["token"], "password": PASSWORD}).status == 400
    assert standing.ask("DELETE", f"{ADMIN}/auth/invitations/{second['id']}", key_of("admin")).status == 200
    assert standing.ask("POST", accept, body={"token": second["token"], "password": PASSWORD}).status == 400
    assert code(standing.ask("GET", f"{ADMIN}/users/{second['id']}", key_of("admin"))) == (404, "NOT_FOUND")


def test_managers_invite_users_into_their_department(standing: Standing) -> None:
    invited = made(standing, "auth/invitations", {"email": "dev@acme.test", "team": "tax"}, key_of("manager"))
    assert invited["department"] == "finance"
    for wrong in ({"role": "admin"}, {"team": "web"}):
        said = standing.ask("POST", f"{ADMIN}/auth/invitations", key_of("manager"), {"email": "e@acme.test", **wrong})
        assert code(said) == (403, "PERMISSION_DENIED")


def test_a_changed_password_ends_the_other_sessions(standing: Standing) -> None:
    user = person(standing)
    mine, other = signed_in(standing, user), signed_in(standing, user)
    path = f"{ADMIN}/auth/password"
    wrong = standing.ask("POST", path, mine, {"current_password": "not it", "new_password": "another long password"})
    assert code(wrong) == (401, "SIGN_IN_FAILED")
    said = standing.ask("POST", path, mine, {"current_password": PASSWORD, "new_password": "another long password"})
    assert (said.body["status"], said.body["sessions_ended"]) == ("changed", 1)
    assert [standing.ask("GET", f"{ADMIN}/auth/me", one).status for one in (mine, other)] == [200, 401]
    assert code(standing.ask("POST", path, key_of("admin"), {"current_password": "x", "new_password": "y"}))[0] == 403


def test_a_password_is_reset_once_and_all_sessions_end(standing: Standing) -> None:
    user = person(standing)
    token = signed_in(standing, user)
    leave = made(standing, f"users/{user['id']}/password-reset", {})["token"]
    body = {"token": leave, "new_password": "yet another password"}
    said = standing.ask("POST", f"{ADMIN}/auth/password/reset", body=body)
    assert (said.status, said.body["user"]["id"]) == (200, user["id"])
    assert standing.ask("GET", f"{ADMIN}/auth/me", token).status == 401
    assert code(standing.ask("POST", f"{ADMIN}/auth/password/reset", body=body)) == (400, "REQUEST_INVALID")


def test_a_forgotten_password_is_answered_alike_for_everybody(standing: Standing) -> None:
    user = person(standing)
    known, unknown = (
        standing.ask("POST", f"{ADMIN}/auth/password/forgot", body={"email": email})
        for email in (user["email"], "nobody@acme.test")
    )
    assert (known.status, known.body) == (unknown.status, unknown.body)
    assert (known.status, known.body["status"]) == (202, "accepted")


def test_one_sees_and_ends_ones_own_sessions(standing: Standing) -> None:
    user, stranger = person(standing), person(standing)
    mine, other = signed_in(standing, user), signed_in(standing, user)
    theirs = signed_in(standing, stranger)
    items = standing.ask("GET", f"{ADMIN}/auth/sessions", mine).body["items"]
    assert [one["current"] for one in items].count(True) == 1
    target = next(one["id"] for one in items if not one["current"])
    assert code(standing.ask("DELETE", f"{ADMIN}/auth/sessions/{target}", theirs)) == (404, "NOT_FOUND")
    assert standing.ask("DELETE", f"{ADMIN}/auth/sessions/{target}", mine).status == 200
    assert [standing.ask("GET", f"{ADMIN}/auth/me", one).status for one in (mine, other)] == [200, 401]


# --- permissions for a while


def test_a_temporary_grant_opens_a_route_until_it_ends(standing: Standing) -> None:
    user = person(standing, role="user")
    token = signed_in(standing, user)
    assert standing.ask("GET", f"{ADMIN}/audit/logs", token).status == 403
    body = {"permission": "audit.read", "for_s": 3600, "reason": "incident 42"}
    grant = made(standing, f"users/{user['id']}/grants", body)
    assert standing.ask("GET", f"{ADMIN}/audit/logs", token).status == 200
    assert "audit.read" in standing.ask("GET", f"{ADMIN}/auth/me", token).body["permissions"]
    assert [
        one["id"] for one in standing.ask("GET", f"{ADMIN}/users/{user['id']}/grants", key_of("admin")).body["items"]
    ] == [grant["id"]]
    assert standing.ask("DELETE", f"{ADMIN}/users/{user['id']}/grants/{grant['id']}", key_of("admin")).status == 200
    assert standing.ask("GET", f"{ADMIN}/audit/logs", token).status == 403


@pytest.mark.parametrize(
    ("role", "permission", "told"),
    [("manager", "audit.read", 403), ("admin", "config.reload", 403), ("admin", "no.such", 400)],
)
def test_nobody_gives_what_they_have_not(standing: Standing, role: str, permission: str, told: int) -> None:
    user = person(standing, department="finance")
    body = {"permission": permission, "for_s": 3600, "reason": "because"}
    assert standing.ask("POST", f"{ADMIN}/users/{user['id']}/grants", key_of(role), body).status == told


def test_a_grant_makes_no_key_mightier_than_the_role_of_its_maker(standing: Standing) -> None:
    user = person(standing, role="user")
    body = {"permission": "audit.read", "for_s": 3600, "reason": "incident 42"}
    made(standing, f"users/{user['id']}/grants", body)
    said = standing.ask(
        "POST", f"{ADMIN}/api-keys", signed_in(standing, user), {"name": "x", "permissions": ["audit.read"]}
    )
    assert code(said) == (403, "PERMISSION_DENIED")


# --- the command line


def test_the_first_administrator_of_a_new_tenant_comes_in_by_the_link_of_the_command_line(standing: Standing) -> None:
    tenant = made(standing, "tenants", {"name": "Narmada"}, OPERATOR)["id"]
    printed = users_command(standing, "create", "first@narmada.test", "--tenant", tenant, "--role", "admin")
    body = {"token": printed.partition("token=")[2].strip(), "new_password": PASSWORD}
    said = standing.ask("POST", f"{ADMIN}/auth/password/reset", body=body)
    assert said.status == 200, said.body
    user = said.body["user"]
    assert (user["tenant"], user["role"], user["operator"]) == (tenant, "admin", False)
    first = signed_in(standing, {"email": "first@narmada.test"})
    second = made(standing, "users", {"name": "Second", "email": "second@narmada.test", "password": PASSWORD}, first)
    secret = signed_in(standing, second)
    users_command(standing, "suspend", "second@narmada.test", "--tenant", tenant)
    assert until(lambda: chat(standing, secret).status == 401, 5)
    again = standing.ask("POST", f"{ADMIN}/auth/login", body={"email": second["email"], "password": PASSWORD})
    assert code(again) == (403, "PERMISSION_DENIED")


def users_command(standing: Standing, *arguments: str) -> str:
    """What ``torana users`` prints, run beside the gateway."""
    argv = [
        standing.python,
        "-m",
        "torana.wiring.cli",
        "users",
        *arguments,
        "--config",
        str(standing.file),
        "--data-dir",
        str(standing.data),
    ]
    environment = bare_environment(**standing.environment)
    ran = subprocess.run(argv, cwd=standing.folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
