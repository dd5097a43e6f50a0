"""Names, links, cookies and entries of people in the odd case: blank, late, from elsewhere, refused."""

from __future__ import annotations

import itertools
import json
from contextlib import closing
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.control.usage import opened
from tests.e2e.process import until
from torana.stores import sql

PASSWORD = "a walk in the monsoon"
INVALID = (400, "REQUEST_INVALID")
numbers = itertools.count(1)


def code(said: Said) -> tuple[int, str]:
    return said.status, said.body["error_code"]


def ask(standing: Standing, method: str, path: str, key: str = "", body: Any = None) -> Said:
    at = path if path.startswith("/") else f"{ADMIN}/{path}"
    return standing.ask(method, at, key or key_of("admin"), body)


def made(standing: Standing, path: str, body: dict[str, Any], key: str = "") -> Any:
    said = ask(standing, "POST", path, key, body)
    assert said.status == 201, said.body
    return said.body


def person(standing: Standing, **more: Any) -> Any:
    body = {"name": "P", "email": f"odd{next(numbers)}@acme.test", "password": PASSWORD, **more}
    return made(standing, "users", body)


def sign_in(standing: Standing, email: str, password: str = PASSWORD, **headers: str) -> Said:
    body = {"email": email, "password": password}
    return standing.ask("POST", f"{ADMIN}/auth/login", body=body, headers=headers)


def rows(standing: Standing, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Of its database."""
    with closing(sql.connect(json.loads(standing.file.read_text())["database_url"])) as connection:
        return [tuple(row) for row in connection.execute(statement, values).fetchall()]


# --- names


@pytest.mark.parametrize("name", [" ", "\t", "a\r\nb", "a\nb", "\x1b[31mred", "\u200b", "\ud800"])
def test_a_name_is_one_line_of_which_something_is_seen(standing: Standing, name: str) -> None:
    user = person(standing)
    key = made(standing, "api-keys", {"name": "k"})
    for method, path, body in (
        ("POST", "departments", {}), ("POST", "teams", {}), ("POST", "api-keys", {}), ("POST", "sso/scim-tokens", {}),
        ("POST", "users", {"email": "named@acme.test"}), ("POST", "users", {"kind": "service"}),
        ("PUT", f"users/{user['id']}", {}), ("PATCH", f"api-keys/{key['id']}", {}), ("PUT", "tenants/acme", {}),
        ("POST", "auth/invitations", {"email": "named@acme.test"}),
        ("POST", "sso/config", {"issuer": "https://login.acme.test", "client_id": "torana"}),
    ):  # fmt: skip
        said = ask(standing, method, path, "", {"name": name, **body})
        assert code(said) == INVALID, (path, said.body)
        assert said.body["details"]["field"] == "name"
    said = ask(standing, "POST", "tenants", key_of("operator"), {"name": name})
    assert code(said) == INVALID


def test_blanks_around_a_name_are_no_part_of_it(standing: Standing) -> None:
    assert made(standing, "departments", {"name": "  Blue Sky "})["name"] == "Blue Sky"


@pytest.mark.parametrize("email", ["a,b@acme.test", "a@acme.test,evil.test", "a\0b@acme.test", "<a@acme.test>"])
def test_an_address_is_one_address(standing: Standing, email: str) -> None:
    said = ask(standing, "POST", "users", "", {"name": "P", "email": email})
    assert code(said) == INVALID
    assert said.body["details"]["field"] == "email"


def test_names_that_a_provider_keeps_are_brought_to_one_line_and_its_keys_are_refused(standing: Standing) -> None:
    number = next(numbers)
    body = {"userName": f"lines{number}@acme.test", "displayName": "Asha\r\nBcc: all@acme.test"}
    user = made(standing, "/scim/v2/Users", body)
    assert ask(standing, "GET", f"users/{user['id']}").body["name"] == "Asha Bcc: all@acme.test"
    for path, wrong in (("Users", {"userName": "a\nb@acme.test"}), ("Groups", {"displayName": "a\nb"})):
        said = ask(standing, "POST", f"/scim/v2/{path}", "", wrong)
        assert (said.status, said.body["scimType"]) == (400, "invalidValue")


def test_a_provider_is_told_the_address_that_it_can_reach(standing: Standing) -> None:
    for host, base in (
        ("ai.acme.test", "https://ai.acme.test/scim/v2"),
        ("127.0.0.1:80", "http://127.0.0.1:80/scim/v2"),
    ):
        said = standing.ask("POST", f"{ADMIN}/sso/scim-tokens", key_of("admin"), {"name": "Entra"}, {"host": host})
        assert (said.status, said.body["base_url"]) == (201, base), "behind a proxy that ends TLS too"


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "words"),
    [
        ("GET", "users?limit=0", None, "limit", "greater than or equal to 1"),
        ("GET", "users?role=operator", None, "role", "Input should be"),
        ("POST", "users", {"name": "x", "kind": "service", "role": "admin"}, "role", "role: a service account has"),
        (
            "POST",
            "users",
            {"name": "x", "kind": "service", "password": PASSWORD},
            "",
            "A service account has no email and no",
        ),
        ("POST", "users", {"name": "x"}, "email", "email: a person needs one"),
        ("POST", "api-keys", {"name": "x", "models": ["a*b"]}, "models.0", "models.0: a star may stand"),
        ("POST", "api-keys", {"name": "x", "limits": [{}]}, "limits.0", "limits.0: give one of"),
        ("POST", "api-keys/report-leak", {}, "", "Give secret, or prefix and hash."),
        ("PUT", "tenants/acme", {"settings": {"time_zone": "Mars"}}, "settings.time_zone", "no such time zone"),
    ],
)
def test_a_refusal_names_the_field_as_it_was_sent(
    standing: Standing, method: str, path: str, body: Any, field: str, words: str
) -> None:
    said = ask(standing, method, path, "", body)
    assert (*code(said), said.body["details"]["field"]) == (*INVALID, field), said.body
    assert words in said.body["message"]
    assert "Value error" not in said.body["message"]


# --- links for a new password


def links(standing: Standing, user: str) -> int:
    ((found,),) = rows(
        standing,
        "SELECT COUNT(*) FROM one_time_tokens WHERE kind = 'password_reset' AND used_at IS NULL AND user_id = ?",
        user,
    )
    return int(found)


def test_who_has_no_password_gets_none_by_forgetting_it(standing: Standing) -> None:
    with_one, without = person(standing), person(standing, password=None)
    for user in (without, with_one):
        said = ask(standing, "POST", "auth/password/forgot", "", {"email": user["email"]})
        assert (said.status, said.body["status"]) == (202, "accepted")
    assert until(lambda: links(standing, with_one["id"]) == 1, 5)
    assert links(standing, without["id"]) == 0, "it would be a way past their identity provider"
    given = ask(standing, "POST", f"users/{without['id']}/password-reset")
    assert given.status == 201, "an administrator may"


@pytest.mark.parametrize("change", [{"email": "moved@acme.test"}, {"status": "suspended"}])
def test_a_link_counts_no_more_when_the_account_is_another_or_suspended(
    standing: Standing, change: dict[str, str]
) -> None:
    user = person(standing)
    if "email" in change:
        change = {"email": f"moved{next(numbers)}@acme.test"}
    token = ask(standing, "POST", f"users/{user['id']}/password-reset").body["token"]
    assert ask(standing, "PUT", f"users/{user['id']}", "", change).status == 200
    body = {"token": token, "new_password": "another walk in the rain"}
    assert code(standing.ask("POST", f"{ADMIN}/auth/password/reset", body=body)) == INVALID


def test_a_link_counts_no_more_when_a_password_was_chosen_meanwhile(standing: Standing) -> None:
    user = person(standing)
    token = ask(standing, "POST", f"users/{user['id']}/password-reset").body["token"]
    mine = sign_in(standing, user["email"]).body["token"]
    chosen = {"current_password": PASSWORD, "new_password": "a walk of my own choice"}
    assert ask(standing, "POST", "auth/password", mine, chosen).status == 200
    body = {"token": token, "new_password": "another walk in the rain"}
    assert code(standing.ask("POST", f"{ADMIN}/auth/password/reset", body=body)) == INVALID


# --- cookies


def test_no_page_of_another_site_signs_its_visitor_in(standing: Standing) -> None:
    user = person(standing)
    body = {"email": user["email"], "password": PASSWORD, "cookies": True}
    for site, cookies in (("cross-site", 0), ("same-origin", 3), ("none", 3)):
        headers = {"sec-fetch-mode": "navigate", "sec-fetch-site": site, "content-type": "text/plain"}
        said = standing.ask("POST", f"{ADMIN}/auth/login", body=body, headers=headers)
        assert len(said.headers.get_all("set-cookie") or []) == cookies, site


# --- the trail


def test_a_suspended_person_who_knows_their_password_is_in_the_trail(standing: Standing) -> None:
    user = person(standing)
    assert ask(standing, "PUT", f"users/{user['id']}", "", {"status": "suspended"}).status == 200
    assert code(sign_in(standing, user["email"])) == (403, "PERMISSION_DENIED")
    found = ask(standing, "GET", "audit/logs?action=auth.login&outcome=failed&limit=50").body["items"]
    (entry,) = [one for one in found if one["target"] == f"user:{user['id']}"]
    assert "suspended" in entry["details"]["why"]


def test_whoever_guesses_the_password_of_a_session_that_they_found_is_in_the_trail(standing: Standing) -> None:
    user = person(standing)
    token = sign_in(standing, user["email"]).body["token"]
    guess = {"current_password": "is it this one perhaps", "new_password": "a walk of my own choice"}
    assert code(ask(standing, "POST", "auth/password", token, guess)) == (401, "SIGN_IN_FAILED")
    found = ask(standing, "GET", "audit/logs?action=auth.password&outcome=failed&limit=50").body["items"]
    assert [one["actor"] for one in found if one["target"] == f"user:{user['id']}"] == [f"user:{user['id']}"]


# --- places


def test_tokens_of_people_whose_team_moves_or_goes_say_the_old_place_no_more(standing: Standing) -> None:
    team = made(standing, "teams", {"name": f"Moving {next(numbers)}", "department": "finance"})["id"]
    user = person(standing, team=team)
    assert sign_in(standing, user["email"]).status == 200
    ended = "SELECT COUNT(*) FROM revoked_tokens WHERE kind = 'subject' AND named = ?"
    assert rows(standing, ended, user["id"]) == [(0,)]
    assert ask(standing, "PUT", f"teams/{team}", "", {"department": "engineering"}).status == 200
    assert rows(standing, ended, user["id"]) == [(1,)]
    other = made(standing, "teams", {"name": f"Going {next(numbers)}"})["id"]
    user = person(standing, team=other)
    assert sign_in(standing, user["email"]).status == 200
    assert ask(standing, "DELETE", f"teams/{other}?cascade=true").status == 200
    assert rows(standing, ended, user["id"]) == [(1,)]


# --- tenants


def test_nobody_of_a_tenant_that_the_file_suspends_signs_in(standing: Standing) -> None:
    key = key_of("admin", "globex")
    user = made(standing, "users", {"name": "P", "email": f"odd{next(numbers)}@globex.test", "password": PASSWORD}, key)
    there = sign_in(standing, user["email"])
    before = standing.file.read_text()
    config = json.loads(before)
    next(one for one in config["tenants"] if one["id"] == "globex")["status"] = "suspended"
    standing.file.write_text(json.dumps(config))
    assert ask(standing, "POST", "config/reload", key_of("operator")).status == 200
    assert code(sign_in(standing, user["email"])) == (403, "PERMISSION_DENIED")
    spent = standing.ask("POST", f"{ADMIN}/auth/refresh", body={"refresh_token": there.body["refresh_token"]})
    assert code(spent) == (401, "TOKEN_REVOKED")
    woken = ask(standing, "PUT", "tenants/globex", key_of("operator"), {"status": "active"})
    assert (code(woken), "file" in woken.body["message"]) == ((409, "CONFLICT"), True)
    standing.file.write_text(before)
    assert ask(standing, "POST", "config/reload", key_of("operator")).status == 200
    assert sign_in(standing, user["email"]).status == 200


def test_nobody_is_kept_out_by_a_department_or_team_that_the_file_has_no_more(standing: Standing) -> None:
    user = person(standing, team="web", role="manager")
    token = sign_in(standing, user["email"]).body["token"]
    before = standing.file.read_text()
    for departments in (
        [{"id": "finance", "teams": ["books", "tax"]}],
        [{"id": "finance", "teams": ["books", "tax", "web"]}],
    ):
        config = json.loads(before)
        next(one for one in config["tenants"] if one["id"] == "acme")["departments"] = departments
        standing.file.write_text(json.dumps(config))
        assert ask(standing, "POST", "config/reload", key_of("operator")).status == 200
        assert ask(standing, "GET", "auth/me", token).status == 200
        assert ask(standing, "GET", "auth/me", sign_in(standing, user["email"]).body["token"]).status == 200
    standing.file.write_text(before)
    assert ask(standing, "POST", "config/reload", key_of("operator")).status == 200


def test_what_waits_for_a_second_pair_of_eyes_goes_with_its_tenant(standing: Standing) -> None:
    tenant = f"passing-{next(numbers)}"
    made(standing, "tenants", {"name": "Passing", "id": tenant}, key_of("operator"))
    invited = {"email": f"odd{next(numbers)}@passing.test", "tenant": tenant}
    token = made(standing, "auth/invitations", invited, key_of("operator"))["token"]
    come = ask(standing, "POST", "auth/invitations/accept", "", {"token": token, "password": PASSWORD})
    admin = come.body["token"]
    on, off = ({"settings": {"four_eyes": one}} for one in ({"reveal": True}, None))
    assert ask(standing, "PUT", f"tenants/{tenant}", admin, on).status == 200
    assert ask(standing, "PUT", f"tenants/{tenant}", admin, off).status == 202
    waiting = "SELECT COUNT(*) FROM approvals WHERE tenant = ?"
    with opened(standing) as connection:
        assert connection.execute(waiting, (tenant,)).fetchone()[0] == 1
    gone = ask(standing, "DELETE", f"tenants/{tenant}?cascade=true", key_of("operator"))
    assert gone.status == 200, gone.body
    with opened(standing) as connection:
        assert connection.execute(waiting, (tenant,)).fetchone()[0] == 0
