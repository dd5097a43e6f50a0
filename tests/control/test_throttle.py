"""How often somebody may try: counted before the try, locked for longer each time, forgotten in time, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from torana.control.auth import throttle
from torana.control.auth.passwords import NOBODYS, Passwords, demand_good
from torana.control.auth.throttle import FIRST_LOCK_S, FORGOTTEN_AFTER_S, LONGEST_LOCK_S, attempt, forgive, lock_s
from torana.core.errors import GatewayError
from torana.stores.sql.several_connections import SeveralConnections

NAMED = {"account a": throttle.FREE_BY_ACCOUNT, "address x": throttle.FREE_BY_ADDRESS}
NOW = 1_750_000_000.0


@pytest.fixture
def several(database_url: str) -> Iterator[SeveralConnections]:
    found = SeveralConnections(database_url)
    yield found
    found.close()


def tries(several: SeveralConnections, named: dict[str, int], now: float) -> float:
    with several.writing() as connection:
        return attempt(connection, named, now)


def test_the_free_failures_are_free_and_each_further_one_doubles_the_wait(several: SeveralConnections) -> None:
    now, waits = NOW, []
    for _ in range(12):
        assert tries(several, NAMED, now) == 0
        wait = tries(several, NAMED, now)
        if wait == 0:
            waits.append(0.0)
            continue
        waits.append(wait)
        now += wait
    assert waits[:2] == [0.0, 0.0]
    locked = [one for one in waits if one]
    assert locked == sorted(locked)
    assert locked[0] == FIRST_LOCK_S
    assert locked[-1] == LONGEST_LOCK_S


def test_a_locked_try_counts_nothing(several: SeveralConnections) -> None:
    for _ in range(5):
        assert tries(several, NAMED, NOW) == 0
    assert [tries(several, NAMED, NOW + at) for at in (1, 2, 3)] == [29, 28, 27]
    assert tries(several, NAMED, NOW + 30) == 0


def test_a_try_that_came_a_moment_before_another_waits_for_nothing(several: SeveralConnections) -> None:
    assert [tries(several, NAMED, NOW - at) for at in (0.0, 0.001, 0.002)] == [0.0, 0.0, 0.0]


def test_a_good_try_forgets_the_accounts_failures_and_one_of_the_address(several: SeveralConnections) -> None:
    for _ in range(5):
        tries(several, NAMED, NOW)
    with several.writing() as connection:
        forgive(connection, "account a", "address x", NOW + 31)
        rows = dict(connection.execute("SELECT named, failures FROM sign_in_attempts").fetchall())
    assert rows == {"address x": 4}
    assert tries(several, NAMED, NOW + 31) == 0


def test_an_address_that_tries_many_accounts_is_locked_too(several: SeveralConnections) -> None:
    waits = [tries(several, {f"account {one}": 5, "address x": 30}, NOW) for one in range(31)]
    assert waits == [0.0] * 30 + [FIRST_LOCK_S]


def test_after_an_hour_without_a_failure_all_is_forgotten(several: SeveralConnections) -> None:
    for _ in range(5):
        tries(several, NAMED, NOW)
    later = NOW + FORGOTTEN_AFTER_S + 1
    assert [tries(several, NAMED, later) for _ in range(6)] == [0.0] * 5 + [FIRST_LOCK_S]


def test_no_failure_locks_for_longer_than_a_quarter_of_an_hour() -> None:
    assert [lock_s(over) for over in (-4, -1, 0, 1, 2, 5, 100_000)] == [0, 0, 30, 60, 120, 900, 900]


@pytest.mark.parametrize(
    "password",
    ["zq9kx", "password1234", "Password1234", "aaaaaaaaaaaaaaaa", "ann@acme.test.in", "x" * 257, "annannannann"],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(GatewayError) as refused:
        demand_good(password, "annann@x.test" if password.startswith("annann") else "ann@acme.test.in", dev=False)
    assert refused.value.code == "REQUEST_INVALID"
    assert password not in refused.value.message


async def test_a_hash_is_verified_and_none_is_never_right() -> None:
    passwords = Passwords()
    kept = await passwords.hashed("a walk in the monsoon")
    assert kept.startswith("$argon2id$")
    assert await passwords.matches(kept, "a walk in the monsoon")
    assert not await passwords.matches(kept, "a walk in the rain")
    assert not await passwords.matches("", "")
    assert not await passwords.matches("", "a walk in the monsoon")
    assert kept.split("$")[2:4] == NOBODYS.split("$")[2:4], "whoever is not here takes as long to verify"
