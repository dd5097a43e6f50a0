"""``torana keys``: a key is shown once, found by its digest, listed without itself, ended at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run
from torana.control.keys.queries import found_by
from torana.core.clock import SystemClock
from torana.core.keys import key_digest, shown_prefix
from torana.ports.store import StoredKey
from torana.stores import sql
from torana.stores.sql import SqlKeys

TREE = (
    "tenants: [{id: acme, departments: [{id: it, teams: [red]}]}]\nkeys: [{name: file key, key: sk-0123456789-file}]\n"
)


@pytest.fixture(autouse=True)
def tree(tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text(TREE)


def created(run: Run, *arguments: str) -> tuple[str, str]:
    """The key and its id."""
    ran = run("keys", "create", "--name", "ci bot", *arguments)
    assert ran.code == 0, ran.err
    (identity,) = re.findall(r"key_[0-9a-f]+", ran.err)
    return ran.out.strip(), identity


def stored_keys() -> list[StoredKey]:
    with closing(SqlKeys("sqlite:///data/torana.db", SystemClock())) as stored:
        return list(stored.load())


def test_a_key_is_made_and_only_its_digest_is_kept(run: Run, tmp_path: Path) -> None:
    options = ("--team", "red", "--user", "ann", "--model", "gpt-*", "--model", "m", "--permission", "audit:read",
               "--ip", "10.0.0.1/8", "--expires", "2100-01-01")  # fmt: skip
    text, identity = created(run, *options)
    (stored,) = stored_keys()
    hash_key = bytes.fromhex((tmp_path / "data" / "secrets" / "key_hash_key").read_text())
    assert stored.digest == key_digest(hash_key, text)
    entry = stored.entry
    assert (entry.key_id, entry.name, entry.tenant, entry.department, entry.team, entry.user) == (
        identity, "ci bot", "acme", "it", "red", "ann",
    )  # fmt: skip
    assert (entry.models, entry.permissions, entry.ip_allow) == (("gpt-*", "m"), {"audit:read"}, ("10.0.0.0/8",))
    assert entry.expires_at == 4102444800.0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert text.encode() not in kept


def test_an_expiry_may_be_a_time_from_now(run: Run) -> None:
    before = SystemClock().now()
    created(run, "--expires", "30d")
    (stored,) = stored_keys()
    assert stored.entry.expires_at is not None
    assert before + 30 * 86400 <= stored.entry.expires_at <= SystemClock().now() + 30 * 86400


def test_keys_of_file_and_database_are_listed_without_themselves(run: Run) -> None:
    text, identity = created(run)
    ran = run("keys", "list")
    assert ran.code == 0
    assert identity in ran.out
    assert "file-file-key" in ran.out
    assert text not in ran.out
    assert "sk-0123456789-file" not in ran.out


def test_listing_makes_no_database(run: Run, tmp_path: Path) -> None:
    assert run("keys", "list").code == 0
    assert not (tmp_path / "data").exists()


def test_a_revoked_key_is_listed_as_such(run: Run) -> None:
    _, identity = created(run)
    assert run("keys", "revoke", identity).code == 0
    assert re.search(rf"{identity}.*revoked", run("keys", "list").out)


def test_a_key_that_does_not_exist_cannot_be_revoked(run: Run) -> None:
    _, identity = created(run)
    ran = run("keys", "revoke", identity[:-1])
    assert ran.code == 1
    assert f'did you mean "{identity}"' in ran.err
    assert run("keys", "revoke", identity, "--tenant", "other").code == 1


def test_a_key_of_the_file_is_ended_in_the_file(run: Run) -> None:
    ran = run("keys", "revoke", "file-file-key")
    assert ran.code == 1
    assert "remove its row" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tenant", "acne"), 'did you mean "acme"'),
        (("--team", "rde"), 'did you mean "red"'),
        (("--department", "x"), "is not in tenants"),
        (("--ip", "office"), "office"),
    ],
)
def test_names_that_the_configuration_has_not_are_refused(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("keys", "create", "--name", "x", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


def test_with_several_tenants_one_must_be_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("tenants: [{id: a}, {id: b}]")
    ran = run("keys", "create", "--name", "x")
    assert ran.code == 1
    assert "--tenant is needed: one of a, b" in ran.err


def test_a_key_can_be_made_for_the_demo(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").unlink()
    (tmp_path / ".env").write_text("DEFAULT_MODEL=gpt-4\n")
    assert run("keys", "create", "--name", "x").code == 1
    assert run("keys", "create", "--name", "x", "--demo", "--tenant", "demo", "--team", "finance-team").code == 0


@pytest.mark.parametrize("when", ["soon", "30", "-1d", "2027-13-01"])
def test_an_expiry_that_is_none_is_wrong_use(run: Run, when: str) -> None:
    assert run("keys", "create", "--name", "x", f"--expires={when}").code == 2


def test_the_digest_of_a_key_can_stand_in_the_file(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "torana.wiring.cli", "keys", "hash"],
        input="sk-0123456789-other\n", capture_output=True, text=True, check=True, cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    hash_key = bytes.fromhex((tmp_path / "data" / "secrets" / "key_hash_key").read_text())
    assert ran.stdout.strip() == key_digest(hash_key, "sk-0123456789-other").hex()


def test_a_bad_configuration_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("serve: 1")
    assert run("keys", "list").code == 1


def audited() -> list[tuple[str, str, str, str]]:
    with closing(sql.connect("sqlite:///data/torana.db")) as connection:
        rows = connection.execute("SELECT tenant, action, target, actor_name FROM audit_entries ORDER BY id").fetchall()
    return [tuple(row) for row in rows]


def test_what_is_made_and_ended_is_in_the_trail_once(run: Run) -> None:
    _, identity = created(run, "--team", "red")
    for _ in range(2):
        assert run("keys", "revoke", identity).code == 0
    assert audited() == [
        ("acme", "keys.create", f"key:{identity}", "torana keys"), ("acme", "keys.revoke", f"key:{identity}", "torana keys"),
    ]  # fmt: skip
    assert run("audit", "verify", "--database").code == 0


def test_a_key_that_leaked_is_found_by_what_is_shown_of_it_and_its_hash(run: Run) -> None:
    text, identity = created(run)
    fingerprint = sha256(text.encode()).hexdigest()
    with closing(sql.connect("sqlite:///data/torana.db")) as connection:
        assert found_by(connection, bytes(32), shown_prefix(text), fingerprint) == ("acme", identity)


@pytest.mark.parametrize("name", [" ", "a\nb"])
def test_a_name_is_one_line(run: Run, name: str) -> None:
    assert run("keys", "create", "--name", name).code == 2
