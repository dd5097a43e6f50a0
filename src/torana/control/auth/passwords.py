"""Passwords: what they must be like, and their argon2id hashes (RFC 9106), made in threads of their own.

It stores none. Called by the sign-in routes; one per process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from torana.core.errors import GatewayError

Values = TypeVarTuple("Values")
Found = TypeVar("Found")
SHORTEST, SHORTEST_IN_DEV = 12, 8
LONGEST = 256
AT_ONCE = 2
"""Hashes made at the same time: each takes 19 MiB and a core for some 20 ms."""
MOST_WAITING = 64
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP Password Storage Cheat Sheet, argon2id."""
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$ahmUuGw3soS2nZPk3p/5nQ$21pJSuQ7FIH9NGwHtXGAJNeCzm8PEJQ/ZAU8gfktQZI"
"""A hash in our parameters that no password has: verified in place of one that there is not, so that both take as long."""
KNOWN = frozenset(
    [
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "123456789012",
        "1234567890123",
        "1234567890ab",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiopasdf",
        "adminadmin123",
        "administrator",
        "administrator1",
        "letmeinletmein",
        "iloveyou1234",
        "welcome12345",
        "changeme1234",
        "changemechangeme",
        "passw0rd1234",
        "p@ssw0rd1234",
        "111111111111",
        "000000000000",
        "abcdefghijkl",
        "abcd12345678",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "qazwsxedcrfv",
        "monkeymonkey",
        "dragondragon",
        "football1234",
        "sunshine1234",
        "princess1234",
        "superman1234",
        "trustno1trustno1",
        "correcthorsebatterystaple",
        "torana123456",
        "toranatorana",
    ]
)
"""The first that are tried; a stand-in for a list of all that ever leaked."""


def demand_good(password: str, email: str, dev: bool) -> None:
    """Raise GatewayError REQUEST_INVALID for a password that is guessed at once."""
    shortest = SHORTEST_IN_DEV if dev else SHORTEST
    if len(password) < shortest:
        raise _bad(f"is shorter than {shortest} characters")
    if len(password) > LONGEST:
        raise _bad(f"is longer than {LONGEST} characters")
    if dev:
        return
    plain = password.lower()
    if plain in KNOWN or len(set(plain)) < 5:
        raise _bad("is one of those that are tried first")
    if plain in (email, email.partition("@")[0] * 2):
        raise _bad("is the e-mail address")


def _bad(why: str) -> GatewayError:
    message = f"password: {why}. Take a sentence, or let a password manager make one."
    return GatewayError("REQUEST_INVALID", message, param="password", details={"field": "password"})


class Passwords:
    """Makes and verifies hashes, few at a time."""

    def __init__(self) -> None:
        """Starts no thread yet."""
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    async def hashed(self, password: str) -> str:
        """The hash to keep. Raises GatewayError OVERLOADED when too many wait."""
        return await self._run(_hashed, password)

    async def matches(self, kept: str, password: str) -> bool:
        """Whether the password is that of the hash; takes as long for an empty hash. Raises as ``hashed``."""
        verified = await self._run(_verified, kept or NOBODYS, password)
        return verified and bool(kept)

    async def _run(self, work: Callable[[*Values], Found], *values: *Values) -> Found:
        if self._waiting >= MOST_WAITING:
            raise GatewayError("OVERLOADED", "Too many people sign in at this moment. Try again.", retry_after_s=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *values)
        finally:
            self._waiting -= 1


def _hashed(password: str) -> str:
    return HASHER.hash(password)


def _verified(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
