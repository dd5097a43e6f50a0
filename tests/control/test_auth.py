"""Signing in: registering, passwords, sessions, refresh tokens, cookies, and what a wrong guess is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.control.conftest import made_database
from tests.control.standing import ADMIN, Said, Standing, configuration, key_of
from tests.databases import ENGINES

AUTH = f"{ADMIN}/auth"
PASSWORD = "a walk in the monsoon"
BROWSER = {"sec-fetch-mode": "cors"}


@pytest.fixture(scope="module", params=ENGINES)
def gate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A gateway where anybody may register a tenant."""
    folder = tmp_path_factory.mktemp("gate")
    url = made_database(request, folder)
    found = Standing(folder, url, configuration(url, auth={"registration": "open"}))
    yield found
    code = found.process.stop()
    assert code == 0, f"the gateway ended with {code}:\n{found.process.tail()}"


def registered(gate: Standing, name: str, **headers: str) -> Said:
    body = {"name": name, "email": f"{name.lower()}@people.test", "password": PASSWORD}
    said = gate.ask("POST", f"{AUTH}/register", body=body, headers=headers)
    assert said.status == 201, said.body
    return said


def login(gate: Standing, email: str, password: str = PASSWORD, **more: Any) -> Said:
    return gate.ask("POST", f"{AUTH}/login", body={"email": email, "password": password, **more})


def me(gate: Standing, token: str) -> int:
    return gate.ask("GET", f"{AUTH}/me", token).status


def asks_a_model(gate: Standing, token: str) -> Said:
    body = {"model": "echo-1", "messages": [{"role": "user", "content": "hello"}]}
    return gate.ask("POST", "/v1/chat/completions", token, body)


def jar_of(said: Said) -> dict[str, str]:
    """Cookies that were set: name → value and attributes as they were sent."""
    rows = said.headers.get_all("set-cookie") or []
    return {row.partition("=")[0]: row.partition("=")[2] for row in rows}


def sent_back(jar: dict[str, str]) -> str:
    return "; ".join(f"{name}={value.partition(';')[0]}" for name, value in jar.items())


def test_whoever_registers_is_admin_of_a_new_tenant_and_signed_in(gate: Standing) -> None:
    body = registered(gate, "Kadamba").body
    assert set(body) == {"access_token", "token", "token_type", "expires_in", "refresh_token", "user"}
    assert (body["token"], body["token_type"], body["expires_in"]) == (body["access_token"], "bearer", 900)
    said = gate.ask("GET", f"{AUTH}/me", body["access_token"])
    assert (said.status, said.body) == (200, body["user"])
    assert (said.body["role"], said.body["tenant_name"], said.body["email"]) == (
        "admin",
        "Kadamba",
        "kadamba@people.test",
    )
    assert said.body["tenant"].startswith("kadamba-")
    assert said.body["settings"] == {"currency": "USD", "time_zone": "UTC", "locale": "en"}
    assert "users.write" in said.body["permissions"]


def test_the_token_of_a_person_serves_ai_requests_at_once(gate: Standing) -> None:
    token = registered(gate, "Pallava").body["token"]
    assert asks_a_model(gate, token).status == 200


def test_an_account_that_there_is_not_is_refused_like_a_wrong_password(gate: Standing) -> None:
    registered(gate, "Chola")
    wrong = login(gate, "chola@people.test", "not the password")
    nobody = login(gate, "nobody-of-chola@people.test", "not the password")
    for said in (wrong, nobody):
        assert (said.status, said.body["error_code"]) == (401, "SIGN_IN_FAILED")
    assert wrong.body["message"] == nobody.body["message"]
    assert {name for name in wrong.headers if name != "x-request-id"} == {
        n for n in nobody.headers if n != "x-request-id"
    }
    assert login(gate, "Chola@People.test").status == 200


def test_an_account_is_locked_after_five_failures_whether_it_exists_or_not(gate: Standing) -> None:
    registered(gate, "Pandya")
    for email in ("pandya@people.test", "nobody-of-pandya@people.test"):
        assert [login(gate, email, "wrong").status for _ in range(6)] == [401] * 5 + [429]
        said = login(gate, email)
        assert (said.status, said.body["error_code"]) == (429, "RATE_LIMIT_EXCEEDED")
        assert 0 < int(said.headers["retry-after"]) <= 30


def test_signing_out_ends_the_tokens_for_the_admin_api_and_for_ai_requests(gate: Standing) -> None:
    body = registered(gate, "Rashtrakuta").body
    other = login(gate, "rashtrakuta@people.test").body
    assert gate.ask("POST", f"{AUTH}/logout", body["token"]).body["sessions_ended"] == 1
    assert me(gate, body["token"]) == 401
    assert asks_a_model(gate, body["token"]).body["error_code"] == "TOKEN_REVOKED"
    assert gate.ask("POST", f"{AUTH}/refresh", body={"refresh_token": body["refresh_token"]}).status == 401
    assert me(gate, other["token"]) == 200


def test_signing_out_everywhere_ends_every_session(gate: Standing) -> None:
    first = registered(gate, "Satavahana").body
    second = login(gate, "satavahana@people.test").body
    said = gate.ask("POST", f"{AUTH}/logout", first["token"], {"everywhere": True})
    assert said.body["sessions_ended"] == 2
    assert me(gate, first["token"]) == me(gate, second["token"]) == 401
    assert asks_a_model(gate, second["token"]).status == 401


def test_a_refresh_token_counts_once_and_shown_again_it_ends_the_session(gate: Standing) -> None:
    first = registered(gate, "Hoysala").body
    second = gate.ask("POST", f"{AUTH}/refresh", body={"refresh_token": first["refresh_token"]}).body
    third = gate.ask("POST", f"{AUTH}/refresh", body={"refresh_token": second["refresh_token"]}).body
    assert me(gate, third["token"]) == 200
    said = gate.ask("POST", f"{AUTH}/refresh", body={"refresh_token": first["refresh_token"]})
    assert (said.status, said.body["error_code"]) == (401, "TOKEN_REVOKED")
    assert me(gate, third["token"]) == 401
    assert gate.ask("POST", f"{AUTH}/refresh", body={"refresh_token": third["refresh_token"]}).status == 401


@pytest.mark.parametrize("text", ["x", "trf_ses_1.abc.def", "trf_..", ""])
def test_a_text_that_is_no_refresh_token_of_ours_is_refused(gate: Standing, text: str) -> None:
    said = gate.ask("POST", f"{AUTH}/refresh", body={"refresh_token": text})
    assert (said.status, said.body["error_code"]) == (401, "TOKEN_INVALID")


def test_a_refresh_token_of_another_session_is_not_made_by_changing_its_name(gate: Standing) -> None:
    one = registered(gate, "Ganga").body["refresh_token"]
    other = login(gate, "ganga@people.test").body["refresh_token"]
    forged = ".".join([one.split(".")[0], *other.split(".")[1:]])
    assert gate.ask("POST", f"{AUTH}/refresh", body={"refresh_token": forged}).body["error_code"] == "TOKEN_INVALID"


def test_browsers_get_cookies_that_pages_of_others_cannot_send_nor_scripts_read(gate: Standing) -> None:
    jar = jar_of(registered(gate, "Vijayanagara", **BROWSER))
    assert set(jar) == {"torana_session", "torana_refresh", "torana_csrf"}
    for name, row in jar.items():
        assert "samesite=strict" in row.lower()
        assert ("httponly" in row.lower()) == (name != "torana_csrf")
        assert "; secure" not in row.lower(), "on loopback without TLS the browser would not send it back"
    assert "path=/api/v1/admin/auth;" in jar["torana_refresh"].lower()
    elsewhere = gate.ask(
        "POST", f"{AUTH}/login", body={"email": "vijayanagara@people.test", "password": PASSWORD, "cookies": True},
        headers={"host": "ai.acme.test"},
    )  # fmt: skip
    assert all("; secure" in row.lower() for row in jar_of(elsewhere).values())
    assert jar_of(login(gate, "vijayanagara@people.test")) == {}


def test_a_change_by_cookie_needs_the_header_that_repeats_the_cookie(gate: Standing) -> None:
    jar = jar_of(registered(gate, "Chalukya", **BROWSER))
    sent = {"cookie": sent_back(jar)}
    assert gate.ask("GET", f"{AUTH}/me", headers=sent).status == 200
    for path in ("refresh", "logout"):
        assert gate.ask("POST", f"{AUTH}/{path}", body={}, headers=sent).status == 403
    sent["x-torana-csrf"] = jar["torana_csrf"].partition(";")[0]
    renewed = gate.ask("POST", f"{AUTH}/refresh", body={}, headers=sent)
    assert renewed.status == 200, renewed.body
    fresh = jar_of(renewed)
    assert set(fresh) == set(jar)
    sent = {"cookie": sent_back(fresh), "x-torana-csrf": fresh["torana_csrf"].partition(";")[0]}
    left = gate.ask("POST", f"{AUTH}/logout", body={}, headers=sent)
    assert left.status == 200, left.body
    assert all("max-age=0" in row.lower() for row in jar_of(left).values())
    assert gate.ask("GET", f"{AUTH}/me", headers=sent).status == 401


def test_two_pages_of_one_browser_may_refresh_at_once(gate: Standing) -> None:
    jar = jar_of(registered(gate, "Maratha", **BROWSER))
    sent = {"cookie": sent_back(jar), "x-torana-csrf": jar["torana_csrf"].partition(";")[0]}
    first, second = (gate.ask("POST", f"{AUTH}/refresh", body={}, headers=sent) for _ in range(2))
    assert (first.status, second.status) == (200, 200)
    assert second.body["refresh_token"] is None
    assert "torana_refresh" not in jar_of(second)
    assert me(gate, second.body["token"]) == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "no address"), ("password", "zq9kx"), ("name", ""), ("password", ""), ("role", "admin")],
)
def test_a_registration_that_cannot_be_says_which_field_and_never_the_value(
    gate: Standing, field: str, value: str
) -> None:
    body = {"name": "Odd", "email": "odd@people.test", "password": PASSWORD, field: value}
    said = gate.ask("POST", f"{AUTH}/register", body=body)
    assert (said.status, said.body["error_code"], said.body["details"]["field"]) == (400, "REQUEST_INVALID", field)
    assert len(value) < 5 or value not in said.raw.decode()


def test_a_key_knows_who_it_is_too(gate: Standing) -> None:
    said = gate.ask("GET", f"{AUTH}/me", key_of("user"))
    assert (said.status, said.body["id"], said.body["team"], said.body["kind"]) == (200, "ann", "books", "key")
    assert gate.ask("GET", f"{AUTH}/me").status == 401


def test_the_first_who_registers_runs_the_installation_and_nobody_registers_after_them(standing: Standing) -> None:
    body = {"name": "First", "email": "first@people.test", "password": PASSWORD}
    first = standing.ask("POST", f"{AUTH}/register", body=body)
    assert (first.status, first.body["user"]["operator"]) == (201, True)
    assert standing.ask("GET", f"{ADMIN}/config", first.body["token"]).status == 200
    later = standing.ask("POST", f"{AUTH}/register", body={**body, "name": "Later"})
    assert (later.status, later.body["error_code"]) == (403, "PERMISSION_DENIED")


@pytest.fixture(scope="module")
def invited(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A gateway where whom an operator invites may register a tenant."""
    folder = tmp_path_factory.mktemp("invited")
    shutil.copy(sqlite_template, folder / "torana.db")
    url = f"sqlite:///{folder / 'torana.db'}"
    found = Standing(folder, url, configuration(url, auth={"registration": "invitation"}))
    yield found
    assert found.process.stop() == 0, found.process.tail()


def test_of_many_who_register_first_one_runs_the_installation(invited: Standing) -> None:
    def register(number: int) -> Said:
        body = {"name": f"Many {number}", "email": f"many{number}@people.test", "password": PASSWORD}
        return invited.ask("POST", f"{AUTH}/register", body=body)

    with ThreadPoolExecutor(6) as threads:
        said = list(threads.map(register, range(6)))
    assert sorted(one.status for one in said) == [201, 403, 403, 403, 403, 403]
    assert next(one.body["user"]["operator"] for one in said if one.status == 201) is True


def test_whom_an_operator_invites_registers_a_tenant_once(invited: Standing) -> None:
    ask = {"email": "guest@people.test", "new_tenant": True}
    assert invited.ask("POST", f"{AUTH}/invitations", key_of("admin"), ask).status == 403
    token = invited.ask("POST", f"{AUTH}/invitations", key_of("operator"), ask).body["token"]
    body = {"name": "Guest", "email": "guest@people.test", "password": PASSWORD, "invitation": token}
    said = invited.ask("POST", f"{AUTH}/register", body=body)
    assert (said.status, said.body["user"]["operator"]) == (201, False)
    assert invited.ask("POST", f"{AUTH}/register", body={**body, "name": "Again"}).status == 403


def test_every_way_in_and_every_refusal_is_in_the_audit_trail_without_secrets(gate: Standing) -> None:
    token = registered(gate, "Shunga").body["token"]
    login(gate, "shunga@people.test", "not the password")
    login(gate, "shunga@people.test")
    said = gate.ask("GET", f"{ADMIN}/audit/logs?limit=100", token)
    done = [(one["action"], one["outcome"]) for one in said.body["items"]]
    assert {("auth.register", "ok"), ("auth.login", "failed"), ("auth.login", "ok")} <= set(done)
    assert PASSWORD not in said.raw.decode() + gate.process.output()


def test_good_registrations_lock_nobody_out(gate: Standing) -> None:
    for number in range(33):
        registered(gate, f"Village{number}")
