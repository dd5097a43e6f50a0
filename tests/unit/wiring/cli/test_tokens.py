"""``torana tokens``: ends one token or all of a subject, in a tenant that there is, and lists what was ended."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.wiring.cli.conftest import Run
from torana.core.tokens import BY_ID, BY_SUBJECT, Revocation
from torana.stores import sql
from torana.stores.sql.revoked_tokens import SqlRevocations

DATABASE = "sqlite:///data/torana.db"


@pytest.fixture(autouse=True)
def tree(tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("tenants: [{id: acme}]\n")


def kept() -> list[Revocation]:
    with closing(SqlRevocations(DATABASE)) as stored:
        return list(stored.load())


def test_a_token_is_ended_by_its_id_and_listed(run: Run) -> None:
    assert run("tokens", "list").err.strip() == "no token was revoked"
    ran = run("tokens", "revoke", "--jti", "t1", "--issuer", "https://a.test")
    assert (ran.code, ran.out.strip()) == (0, "revoked in acme: the token t1")
    assert kept() == [Revocation("acme", BY_ID, "t1", issuer="https://a.test")]
    assert "the token t1" in run("tokens", "list").out


def test_all_of_a_subject_are_ended_up_to_a_moment(run: Run) -> None:
    assert run("tokens", "revoke", "--subject", "ann", "--before", "2025-06-15T15:06:40Z").code == 0
    assert kept() == [Revocation("acme", BY_SUBJECT, "ann", 1_750_000_000.0)]
    assert run("tokens", "revoke", "--subject", "ann").code == 0
    (row,) = kept()
    assert row.before > 1_750_000_000.0
    assert "those of ann issued before" in run("tokens", "list").out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--jti", "t1", "--before", "2025-01-01"], "--before goes with --subject"),
        (["--subject", "ann", "--before", "2999-01-01"], "lies in the future"),
        (["--jti", "t1", "--tenant", "acne"], "acme"),
    ],
)
def test_what_means_nothing_is_refused(run: Run, words: list[str], why: str) -> None:
    ran = run("tokens", "revoke", *words)
    assert ran.code == 1
    assert why in ran.err


def test_among_several_tenants_one_must_be_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("tenants: [{id: acme}, {id: globex}]\n")
    ran = run("tokens", "revoke", "--jti", "t1")
    assert (ran.code, "--tenant is needed" in ran.err) == (1, True)
    assert run("tokens", "revoke", "--jti", "t1", "--tenant", "globex").code == 0


def test_what_is_ended_is_in_the_trail(run: Run) -> None:
    assert run("tokens", "revoke", "--subject", "ann").code == 0
    with closing(sql.connect(DATABASE)) as connection:
        rows = connection.execute("SELECT tenant, kind, action, target, actor_name FROM audit_entries").fetchall()
    assert [tuple(row) for row in rows] == [("acme", "security", "tokens.revoke", "user:ann", "torana tokens")]
