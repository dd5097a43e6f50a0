"""Issuers of the settings: what verifies outlives changes that are none of its business, and mints with our secret only."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.contract.provider.memory import Canned, MemoryUpstream
from tests.issuing import NOW, SECRET, claims, key_set, published, token
from tests.line.world import HASH_KEY, World
from tests.unit.wiring.offer import read, written
from tests.unit.wiring.test_keyring import STRONG
from torana.core.errors import GatewayError
from torana.core.secret import Secret
from torana.core.snapshot import Snapshot
from torana.core.tickets import Caller
from torana.line.identify import Gate
from torana.testing.clock import FakeClock
from torana.wiring.issuers import Issuers, issuer_entries
from torana.wiring.settings import Settings
from torana.wiring.settings_people_checks import tree_of

URL_ROW = '{issuer: "https://login.test/", jwks_url: "https://login.test/jwks", audience: torana, models: ["*"]%s}'
KEYS = Canned(pieces=[key_set(published("RS256"))])


class Silent:
    def warning(self, event: str, **fields: object) -> None: ...


class Stand:
    """A process with issuers, whose settings a test changes."""

    def __init__(self, folder: Path, *answers: Canned) -> None:
        self.folder = folder
        self.upstream = MemoryUpstream(*answers)
        self.clock = FakeClock(NOW)
        self.issuers = Issuers(Secret(STRONG), Silent())

    def settings(self, rows: str) -> Settings:
        text = f"tenants: [{{id: acme, teams: [red]}}]\nauth: {{jwt: [{rows}]}}"
        return read(written(self.folder, text)).settings

    def gate(self, rows: str) -> Gate:
        settings = self.settings(rows)
        tree = tree_of(settings)
        seen = Snapshot(1, "", {}, {}, {}, issuers=issuer_entries(settings), teams=tree.teams)
        bearers = self.issuers.bearers(settings, seen, self.upstream, self.clock)
        return Gate({}, HASH_KEY, self.clock, bearers=bearers)

    async def caller(self, gate: Gate, text: str) -> Caller:
        return await gate.identify(World(clock=self.clock).call(key=text))


async def test_keys_are_read_once_however_often_the_settings_change_elsewhere(tmp_path: Path) -> None:
    stand = Stand(tmp_path, KEYS)
    for more in ("", "", ", team: red", ", audience: another, clock_skew_s: 5", ""):
        gate = stand.gate(URL_ROW % (more if "audience" not in more and "team" not in more else ""))
        assert (await stand.caller(gate, token())).user == "ananya"
    changed = stand.gate(URL_ROW.replace("audience: torana", "audience: another") % "")
    with pytest.raises(GatewayError):
        await stand.caller(changed, token())
    assert (await stand.caller(changed, token(said=claims(aud="another")))).tenant == "acme"
    assert len(stand.upstream.sent) == 1


async def test_keys_of_another_place_are_read_anew(tmp_path: Path) -> None:
    stand = Stand(tmp_path, KEYS, KEYS)
    await stand.caller(stand.gate(URL_ROW % ""), token())
    moved = (URL_ROW % "").replace("test/jwks", "test/keys")
    await stand.caller(stand.gate(moved), token())
    assert [one.url for one in stand.upstream.sent] == ["https://login.test/jwks", "https://login.test/keys"]


async def test_an_issuer_with_a_secret_is_verified_by_it(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    gate = stand.gate(f'{{issuer: "https://login.test/", secret: "{SECRET}"}}')
    assert (await stand.caller(gate, token("HS256"))).user == "ananya"
    with pytest.raises(GatewayError):
        await stand.caller(gate, token("HS256", number=1))


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
async def test_our_own_tokens_are_minted_and_accepted_with_our_secret(tmp_path: Path, algorithm: str) -> None:
    stand = Stand(tmp_path)
    row = f"{{issuer: torana, algorithm: {algorithm}, expiration_hours: 2, audience: me}}"
    mint = stand.issuers.mint(stand.settings(row), stand.clock)
    assert mint is not None
    minted = mint({"sub": "ann", "team": "red", "models": ["*"], "permissions": ["tokens.revoke"]})
    assert minted.expires_in_s == 7200
    caller = await stand.caller(stand.gate(row), minted.text)
    assert (caller.tenant, caller.team, caller.key.permissions) == ("acme", "red", {"tokens.revoke"})


async def test_without_a_row_nothing_is_minted_and_only_people_who_signed_in_bear_tokens(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    settings = stand.settings("")
    assert stand.issuers.mint(settings, stand.clock) is None
    gate = stand.gate("")
    signed_in = stand.issuers.console_mint(900, stand.clock)({"sub": "usr_1", "tenant": "default", "role": "admin"})
    caller = await stand.caller(gate, signed_in.text)
    assert (caller.tenant, caller.user, caller.key.permissions) == ("default", "usr_1", {"role:admin"})
    with pytest.raises(GatewayError, match="issuer"):
        await stand.caller(gate, token())


async def test_keys_are_read_in_the_background_and_their_state_is_told(tmp_path: Path) -> None:
    stand = Stand(tmp_path, KEYS)
    assert stand.issuers.state() == ""
    gate = stand.gate(URL_ROW % "")
    assert stand.issuers.state() == "unavailable"
    work = asyncio.create_task(stand.issuers.keep_fresh())
    while stand.issuers.state() != "ok":
        await asyncio.sleep(0.01)
    await stand.caller(gate, token())
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert len(stand.upstream.sent) == 1
