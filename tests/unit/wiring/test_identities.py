"""Secrets of identity providers under their seal. Signing in by them: tests/control."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from torana.control.sso.queries import ProviderRow, about, provider, write
from torana.core.errors import GatewayError
from torana.core.secret import Secret
from torana.wiring.identities import opened, reseal_providers
from torana.wiring.sealing import sealer_with

OLD, NEW = (sealer_with(Secret(f"a master key of the tests, {number}, long enough to be one")) for number in (1, 2))


def kept(*secrets: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE sso_providers (tenant, id, name, document, secret, enabled, by_operator, created_at, updated_at, version)"
    )
    for number, secret in enumerate(secrets):
        row = ProviderRow("acme", f"sso_{number}", "x", {}, "", 1, 0, 0.0, 0.0, 1)
        write(connection, row._replace(secret=OLD.seal(secret, about(row)) if secret else ""))
    return connection


def test_every_secret_is_sealed_anew() -> None:
    with closing(kept("one", "", "two")) as connection:
        assert reseal_providers(connection, OLD, NEW) == 2
        for number, secret in ((0, "one"), (2, "two")):
            row = provider(connection, "acme", f"sso_{number}")
            assert row is not None
            assert opened(NEW, row.secret, about(row)) == secret


def test_a_secret_opens_only_where_it_stands_and_with_the_key_it_was_sealed_with() -> None:
    with closing(kept("what-is-sealed")) as connection:
        row = provider(connection, "acme", "sso_0")
    assert row is not None
    for sealer, place in ((NEW, about(row)), (OLD, about(row._replace(tenant="globex")))):
        with pytest.raises(GatewayError) as refused:
            opened(sealer, row.secret, place)
        assert refused.value.code == "UPSTREAM_UNAVAILABLE"
        assert "what-is-sealed" not in refused.value.message
