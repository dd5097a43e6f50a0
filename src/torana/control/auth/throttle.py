"""How often somebody may try to sign in: by account and by client address, in the database that replicas share.

An account that does not exist is counted like one that does. It verifies no password. Called by the sign-in routes.
"""

from __future__ import annotations

from collections.abc import Mapping

from torana.ports.database import Connection

FREE_BY_ACCOUNT = 5
"""Failures in a row before an account is locked for a while."""
FREE_BY_ADDRESS = 30
"""The same for an address: many people may share one."""
FREE_BY_ADDRESS_SSO = 100
"""Sign-ins that may be begun from an address and come to nothing: no account is known yet."""
FIRST_LOCK_S = 30.0
"""Doubled by each further failure."""
LONGEST_LOCK_S = 900.0
FORGOTTEN_AFTER_S = 3600.0
"""After so long without a failure all are forgotten."""

Named = Mapping[str, int]
"""What is counted → how many failures are free."""

_TOUCH = (
    "INSERT INTO sign_in_attempts (named, failures, last_at, locked_until) VALUES (?, 0, ?, 0)"
    " ON CONFLICT (named) DO UPDATE SET failures ="
    " CASE WHEN sign_in_attempts.last_at < ? THEN 0 ELSE sign_in_attempts.failures END"
)
_READ = "SELECT failures, locked_until FROM sign_in_attempts WHERE named = ?"
_COUNT = "UPDATE sign_in_attempts SET failures = ?, last_at = ?, locked_until = ? WHERE named = ?"
_FORGET = "DELETE FROM sign_in_attempts WHERE last_at < ?"


def attempt(connection: Connection, named: Named, now: float) -> float:
    """Seconds to wait before the next try, 0: go on. A try that may go on is counted as failed until ``forgive`` says otherwise.

    Counted beforehand, so that a thousand tries at one moment are not a thousand tries.
    """
    found: dict[str, int] = {}
    wait = 0.0
    for name in sorted(named):  # always in one order: two tries that lock rows must not wait for each other
        connection.execute(_TOUCH, (name, now, now - FORGOTTEN_AFTER_S))
        failures, locked_until = connection.execute(_READ, (name,)).fetchone()
        found[name] = failures
        wait = max(wait, locked_until - now)
    if wait > 0:
        return wait
    for name, failures in found.items():
        lock = lock_s(failures + 1 - named[name])
        connection.execute(_COUNT, (failures + 1, now, now + lock if lock else 0.0, name))
    return 0.0


def lock_s(over: int) -> float:
    """Seconds for which the failure that is the ``over``-th beyond the free ones locks; 0 for a free one."""
    return 0.0 if over < 0 else min(FIRST_LOCK_S * 2.0 ** min(over, 16), LONGEST_LOCK_S)


def forgive_address(connection: Connection, address: str, now: float) -> None:
    """A try was good that is counted by its address alone. Old rows are dropped."""
    forgive(connection, "", address, now)


def forgive(connection: Connection, account: str, address: str, now: float) -> None:
    """The try was good: the account begins anew, the address has one failure less. Old rows are dropped."""
    connection.execute(_FORGET, (now - FORGOTTEN_AFTER_S,))
    connection.execute("DELETE FROM sign_in_attempts WHERE named = ?", (account,))
    connection.execute(
        "UPDATE sign_in_attempts SET failures = failures - 1, locked_until = 0 WHERE named = ? AND failures > 0",
        (address,),
    )
