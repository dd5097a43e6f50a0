"""``torana users``: people are made and changed as by the admin routes, on both databases."""

from __future__ import annotations

import io
import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.wiring.cli.conftest import Ran, Run
from torana.control.auth.account_routes import reset_by, whose_reset
from torana.control.auth.passwords import HASHER
from torana.core.clock import SystemClock
from torana.core.keys import key_digest
from torana.stores import sql

GOOD = "a long password of hers"
ANN, BO = "ann@acme.test", "bo@acme.test"


@pytest.fixture(autouse=True)
def url(tmp_path: Path, database_url: str) -> str:
    tree = [{"id": "acme", "departments": [{"id": "finance", "teams": ["books"]}]}, {"id": "globex"}]
    settings = {"database_url": database_url, "tenants": tree, "auth": {"mail": {"public_url": "https://ai.acme.test"}}}
    (tmp_path / "torana.yaml").write_text(json.dumps(settings))
    return database_url


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(sql.connect(url)) as connection:
        return [tuple(row) for row in connection.execute(statement).fetchall()]


def create(run: Run, email: str = ANN, role: str = "admin", *more: str) -> Ran:
    ran = run("users", "create", email, "--tenant", "acme", "--role", role, *more)
    assert ran.code == 0, ran.err
    return ran


def people(run: Run, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("users", "list", "--json", *more).out)
    return found


def begin_session(url: str, user: str) -> None:
    with closing(sql.connect(url)) as connection, connection:
        connection.execute(
            "INSERT INTO sessions (id, tenant, user_id, refresh_digest, last_token, created_at, refreshed_at, expires_at,"
            " ended_why, address, agent) VALUES ('ses_1', 'acme', ?, ?, '', 0, 0, 4e9, '', '', '')",
            (user, b"digest"),
        )


def token_of(ran: Ran) -> str:
    found = re.fullmatch(r"https://ai\.acme\.test/reset-password#token=(tot_\S+)\n", ran.out)
    assert found, ran.out
    return found[1]


def use(url: str, folder: Path, token: str) -> str:
    """Set a password by the link, as its route does. Whose it is."""
    digest = key_digest(bytes.fromhex((folder / "data" / "secrets" / "key_hash_key").read_text()), token)
    now = SystemClock().now()
    with closing(sql.connect(url)) as connection, connection:
        person = whose_reset(connection, digest, now)
        assert person is not None
        reset_by(connection, digest, HASHER.hash(GOOD), now)
    return person.email


def test_somebody_made_sets_a_password_by_the_link_and_only_its_digest_is_kept(
    run: Run, url: str, tmp_path: Path
) -> None:
    ran = create(run, "Ann@Acme.test", "admin", "--name", "Ann", "--team", "books")
    token = token_of(ran)
    (ann,) = people(run)
    assert ann == {
        "id": ann["id"], "email": ANN, "name": "Ann", "role": "admin", "status": "active", "tenant": "acme",
        "department": "finance", "team": "books", "last_sign_in_at": None, "operator": False,
    }  # fmt: skip
    assert rows(url, "SELECT password, operator FROM users") == [("", 0)]
    assert token not in str(rows(url, "SELECT digest FROM one_time_tokens"))
    assert use(url, tmp_path, token) == ANN
    ((kept,),) = rows(url, "SELECT password FROM users")
    assert HASHER.verify(kept, GOOD)


def test_a_password_may_be_given_on_standard_input(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(GOOD + "\n"))
    assert create(run, ANN, "admin", "--password-stdin").out == ""
    ((kept,),) = rows(url, "SELECT password FROM users")
    assert HASHER.verify(kept, GOOD)
    listed = run("users", "list")
    assert ANN in listed.out
    assert "argon2" not in listed.out + run("users", "list", "--json").out
    assert rows(url, "SELECT digest FROM one_time_tokens") == []


@pytest.mark.parametrize(
    ("given", "said"), [("short", "shorter than 12"), ("", "standard input"), (ANN, "tried first|password")]
)
def test_a_bad_password_makes_nobody(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given + "\n"))
    ran = run("users", "create", ANN, "--tenant", "acme", "--role", "admin", "--password-stdin")
    assert ran.code == 1
    assert re.search(said, ran.err)
    assert rows(url, "SELECT id FROM users") == []


def test_an_address_is_taken_once_in_a_tenant(run: Run) -> None:
    create(run)
    ran = run("users", "create", ANN.upper(), "--tenant", "acme", "--role", "user")
    assert (ran.code, ran.out) == (1, "")
    assert "in the tenant already" in ran.err
    assert run("users", "create", ANN, "--tenant", "globex", "--role", "user").code == 0
    assert [one["tenant"] for one in people(run)] == ["acme", "globex"]
    assert [one["tenant"] for one in people(run, "--tenant", "globex")] == ["globex"]


def test_the_last_admin_is_neither_suspended_nor_demoted(run: Run, url: str) -> None:
    create(run)
    create(run, BO, "user")
    written = rows(url, "SELECT COUNT(*) FROM audit_entries")
    for command in (("suspend", ANN), ("role", ANN, "user")):
        ran = run("users", *command, "--tenant", "acme")
        assert ran.code == 1
        assert "no administrator any more" in ran.err
    assert rows(url, "SELECT COUNT(*) FROM audit_entries") == written
    assert run("users", "role", BO, "admin", "--tenant", "acme").code == 0
    assert run("users", "suspend", ANN, "--tenant", "acme").code == 0
    assert [(one["email"], one["role"], one["status"]) for one in people(run)] == [
        (ANN, "admin", "suspended"), (BO, "admin", "active"),
    ]  # fmt: skip


def test_suspending_ends_sessions_and_tokens(run: Run, url: str) -> None:
    create(run)
    create(run, BO, "user")
    (bo,) = [one["id"] for one in people(run) if one["email"] == BO]
    begin_session(url, bo)
    assert run("users", "suspend", BO, "--tenant", "acme").code == 0
    assert rows(url, "SELECT ended_why FROM sessions") == [("suspended",)]
    assert rows(url, "SELECT tenant, named FROM revoked_tokens") == [("acme", "ses_1")]
    assert [one["email"] for one in people(run, "--status", "suspended")] == [BO]
    ran = run("users", "password", BO, "--tenant", "acme")
    assert (ran.code, ran.out) == (1, "")
    assert "torana users activate" in ran.err
    assert run("users", "activate", BO, "--tenant", "acme").code == 0
    assert people(run, "--status", "suspended") == []


def test_another_role_ends_the_tokens_that_name_the_old_one(run: Run, url: str) -> None:
    create(run, BO, "user")
    assert run("users", "role", BO, "manager", "--tenant", "acme").code == 0
    (bo,) = people(run)
    assert bo["role"] == "manager"
    assert rows(url, "SELECT named FROM revoked_tokens") == [(bo["id"],)]


def test_a_new_link_counts_instead_of_the_old_and_ends_sessions_when_used(run: Run, url: str, tmp_path: Path) -> None:
    token_of(create(run))
    (ann,) = people(run)
    begin_session(url, ann["id"])
    token = token_of(run("users", "password", ANN, "--tenant", "acme"))
    assert rows(url, "SELECT COUNT(*) FROM one_time_tokens") == [(1,)]
    assert rows(url, "SELECT ended_at FROM sessions") == [(None,)]
    use(url, tmp_path, token)
    assert rows(url, "SELECT ended_why FROM sessions") == [("new password",)]


def test_every_change_is_in_the_trail_of_the_tenant(run: Run, url: str) -> None:
    token = token_of(create(run, BO, "user"))
    for command in (("role", BO, "viewer"), ("suspend", BO), ("activate", BO), ("password", BO)):
        assert run("users", *command, "--tenant", "acme").code == 0
    kept = rows(url, "SELECT tenant, action, actor, actor_name, details FROM audit_entries ORDER BY id")
    assert [row[:4] for row in kept] == [
        ("acme", action, "system", "torana users")
        for action in ("users.create", "users.update", "users.update", "users.update", "auth.password.forgot")
    ]
    assert json.loads(kept[1][4]) == {"fields": ["role"], "role": "viewer", "status": "active"}
    assert token not in str(kept)
    assert run("audit", "verify", "--database").code == 0


def test_a_tenant_made_in_the_database_is_known(run: Run, url: str) -> None:
    with closing(sql.connect(url)) as connection, connection:
        connection.execute(
            "INSERT INTO tenants (id, name, status, settings, created_at, updated_at, version)"
            " VALUES ('initech', 'Initech', 'active', '{}', 0, 0, 1)"
        )
    assert run("users", "create", ANN, "--tenant", "initech", "--role", "admin").code == 0
    assert [one["tenant"] for one in people(run)] == ["initech"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", ANN, "--role", "user", "--tenant", "acne"), 'did you mean "acme".*there are: acme, globex'),
        (("create", ANN, "--role", "user"), "--tenant is needed: one of acme, globex"),
        (("create", ANN, "--role", "user", "--tenant", "acme", "--team", "rde"), "team: the tenant has no team"),
        (("suspend", ANN, "--tenant", "acme"), "nobody with the address .*torana users list --tenant acme"),
        (("list", "--tenant", "acne"), "there are: acme, globex"),
    ],
)
def test_what_is_not_there_is_named_with_the_remedy(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("users", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert re.search(said, ran.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "ann", "--role", "user"),
        ("create", ANN),
        ("create", ANN, "--role", "user", "--name", "x" * 121),
        ("role", ANN, "king"),
        ("role", ANN, "service"),
        ("list", "--status", "x"),
    ],
)
def test_wrong_use_is_told_as_such(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("users", *arguments).code == 2


def test_whoever_is_invited_is_not_let_in_by_the_command(run: Run, url: str) -> None:
    create(run, BO, "user")
    with closing(sql.connect(url)) as connection, connection:
        connection.execute("UPDATE users SET status = 'invited'")
    for way in ("activate", "password"):
        assert run("users", way, BO, "--tenant", "acme").code == 1
    assert [one["status"] for one in people(run, "--status", "invited")] == ["invited"]


def test_the_first_person_is_told_not_to_be_an_operator(run: Run) -> None:
    ran = create(run)
    assert "no operator" in ran.err
    assert f"torana users role {ANN} admin --operator" in ran.err
    assert "no operator" not in create(run, BO).err


def test_an_operator_can_be_made_and_is_told_of(run: Run, url: str) -> None:
    ran = create(run, ANN, "admin", "--operator")
    assert "operates the installation" in ran.err
    assert "no operator" not in ran.err
    create(run, BO, "viewer")
    assert rows(url, "SELECT email, operator FROM users ORDER BY email") == [(ANN, 1), (BO, 0)]
    kept = rows(url, "SELECT details FROM audit_entries ORDER BY id")
    assert [json.loads(row[0])["operator"] for row in kept] == [True, False]
    for option, operator in (("--operator", True), ("--no-operator", False)):
        ran = run("users", "role", BO, "viewer", "--tenant", "acme", option)
        assert (ran.code, "operate the installation" in ran.out) == (0, True)
        assert [one["operator"] for one in people(run)] == [True, operator]
    assert run("users", "role", ANN, "admin", "--tenant", "acme").code == 0
    assert [one["operator"] for one in people(run)] == [True, False], "nothing was said of it"


@pytest.mark.parametrize("name", [" ", "a\nb", "a\x1bb", "x" * 121])
def test_a_name_is_one_line(run: Run, name: str) -> None:
    ran = run("users", "create", ANN, "--tenant", "acme", "--role", "user", "--name", name)
    assert (ran.code, "one line" in ran.err) == (2, True)


def test_without_the_address_of_the_console_the_path_is_printed(run: Run, tmp_path: Path, url: str) -> None:
    (tmp_path / "torana.yaml").write_text(json.dumps({"database_url": url, "tenants": [{"id": "acme"}]}))
    ran = run("users", "create", ANN, "--role", "admin")
    assert "/reset-password#token=tot_" in ran.out


def test_listing_makes_no_database(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("tenants: [{id: acme}]")
    ran = run("users", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "torana users create" in ran.err
    assert not (tmp_path / "data").exists()


def test_where_people_come_through_their_provider_alone_only_operators_get_links(run: Run, url: str) -> None:
    create(run, BO, "user")
    with closing(sql.connect(url)) as connection, connection:
        connection.execute(
            "INSERT INTO tenants (id, name, status, settings, created_at, updated_at, version)"
            """ VALUES ('acme', 'Acme', 'active', '{"passwords": false}', 0, 0, 1)"""
        )
    for command in (("create", ANN, "--role", "admin"), ("password", BO)):
        ran = run("users", *command, "--tenant", "acme")
        assert (ran.code, ran.out, "identity provider" in ran.err) == (1, "", True)
    assert [one["email"] for one in people(run)] == [BO]
    token_of(create(run, ANN, "admin", "--operator"))
    token_of(run("users", "password", ANN, "--tenant", "acme"))
