"""The list of revoked tokens: shared through the database, known at once where it was added to, kept for a start without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.line.world import KEY_ENTRY
from tests.unit.wiring.test_keyring import STRONG
from torana.core.errors import GatewayError
from torana.core.secret import Secret
from torana.core.tickets import Caller
from torana.core.tokens import BY_ID, Revocation, Token
from torana.ports.tokens import Revocations
from torana.stores.sql.revoked_tokens import SqlRevocations
from torana.testing.clock import FakeClock
from torana.wiring.database import has_schema, open_revocations
from torana.wiring.issuers import Issuers
from torana.wiring.revoking import Revoking

CALLER = Caller("acme", "key-1", KEY_ENTRY)
ROW = Revocation("acme", BY_ID, "t1")
TOKEN = Token("i", "ann", "t1", None, 9e9, {})


class Silent:
    def warning(self, event: str, **fields: object) -> None: ...


class Replica:
    """One process's knowledge of the list."""

    def __init__(self, url: str, folder: Path, issuers: bool = True) -> None:
        folder.mkdir(exist_ok=True)
        self.url = url
        self.opened = 0
        self.issuers = Issuers(Secret(STRONG), Silent())
        self.revoking = Revoking(self.open, folder, self.issuers, FakeClock())

    def open(self) -> Revocations:
        self.opened += 1
        return open_revocations(self.url)

    async def start(self) -> None:
        await self.revoking.before_serving(lambda: has_schema(self.url))

    @property
    def knows(self) -> bool:
        return self.issuers.revoked.names("acme", "ann", TOKEN)


async def test_what_one_replica_revokes_another_knows_from_its_start_on(database_url: str, tmp_path: Path) -> None:
    one = Replica(database_url, tmp_path / "a")
    await one.start()
    await one.revoking.revoke_for(CALLER, ROW)
    assert one.knows
    other = Replica(database_url, tmp_path / "b")
    assert not other.knows
    await other.start()
    assert other.knows
    for replica in (one, other):
        replica.revoking.close()
    store = SqlRevocations(database_url)
    assert store.load() == [ROW]
    store.close()


async def test_the_last_known_list_serves_when_the_database_is_away(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'torana.db'}"
    first = Replica(url, tmp_path / "a")
    await first.revoking.revoke_for(CALLER, ROW)
    away = f"sqlite:///{tmp_path / 'a' / 'data.db' / 'nowhere.db'}"
    (tmp_path / "a" / "data.db").touch()
    again = Replica(away, tmp_path / "a")
    await again.start()
    assert again.knows
    with pytest.raises(GatewayError) as caught:
        await again.revoking.revoke_for(CALLER, ROW)
    assert (caught.value.code, caught.value.retry_after_s) == ("OVERLOADED", 2)
    for replica in (first, again):
        replica.revoking.close()


async def test_a_new_installation_makes_no_schema_before_it_serves(tmp_path: Path) -> None:
    replica = Replica(f"sqlite:///{tmp_path / 'torana.db'}", tmp_path / "a")
    await replica.start()
    assert (replica.opened, replica.knows) == (0, False)


async def test_the_list_counts_where_nobody_else_issues_tokens(database_url: str, tmp_path: Path) -> None:
    replica = Replica(database_url, tmp_path / "a", issuers=False)
    await replica.start()
    assert replica.opened == 1
    replica.revoking.close()
