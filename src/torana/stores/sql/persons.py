"""Pseudonyms of the audit trail's chains, and what is sealed with each person's own key (AES-256-GCM).

A person who is erased has no key any more: what was sealed is unreadable for good, and the chains stay whole. Called
within transactions of those who append.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from torana.ports.database import Connection

KEPT = 10_000
LOOKED_UP = 200
NONCE_BYTES = 12
ERASED = "erased"
VERSION = "audit_persons"
"""What grows when somebody is erased: whoever remembers persons asks again then."""

_FIND = "SELECT person, pseudonym, key FROM audit_persons WHERE tenant = ? AND person IN ({})"
_ADD = "INSERT INTO audit_persons (tenant, person, pseudonym, key) VALUES (?, ?, ?, ?) ON CONFLICT (tenant, person) DO NOTHING"
_ERASE = "DELETE FROM audit_persons WHERE tenant = ? AND person = ?"
_BEHIND = "SELECT pseudonym, person, key FROM audit_persons WHERE tenant = ?"


class Person(NamedTuple):
    """Somebody in the trail."""

    pseudonym: str
    key: bytes

    def __repr__(self) -> str:
        return f"<Person {self.pseudonym}>"

    def sealed(self, text: str) -> str:
        """The text, readable only with the person's key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = AESGCM(self.key).encrypt(nonce, text.encode(), self.pseudonym.encode())
        return base64.b64encode(nonce + box).decode()

    def opened(self, sealed: str) -> str:
        """What was sealed. Raises ValueError for what was not sealed with this key."""
        try:
            data = base64.b64decode(sealed, validate=True)
            return AESGCM(self.key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], self.pseudonym.encode()).decode()
        except (ValueError, InvalidTag) as fault:
            raise ValueError("this was not sealed with the person's key") from fault


class Persons:
    """The people of all tenants, those asked for lately kept. For one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Person] = {}

    def of(self, connection: Connection, tenant: str, persons: Iterable[str]) -> dict[str, Person]:
        """The persons by name, each made when it is new. Forget them when the transaction is undone."""
        wanted = set(persons)
        found = {one: self._known[tenant, one] for one in wanted if (tenant, one) in self._known}
        missing = sorted(wanted - found.keys())
        if missing:
            if len(self._known) > KEPT:
                self._known.clear()
            found |= self._learnt(connection, tenant, missing)
        return found

    def forget(self) -> None:
        """Ask the database again."""
        self._known.clear()

    def _learnt(self, connection: Connection, tenant: str, missing: list[str]) -> dict[str, Person]:
        there = _find(connection, tenant, missing)
        new = [one for one in missing if one not in there]
        for one in new:
            connection.execute(_ADD, (tenant, one, f"p_{secrets.token_hex(8)}", secrets.token_bytes(32)))
        if new:
            there |= _find(connection, tenant, new)
        self._known |= {(tenant, one): person for one, person in there.items()}
        return there


def erase(connection: Connection, tenant: str, person: str) -> bool:
    """Forget who stands behind a pseudonym, and its key; False when nobody did."""
    return bool(connection.execute(_ERASE, (tenant, person)).rowcount)


def behind(connection: Connection, tenant: str) -> dict[str, tuple[str, Person]]:
    """Pseudonym → name and person, for all of a tenant that were not erased."""
    rows = connection.execute(_BEHIND, (tenant,)).fetchall()
    return {pseudonym: (person, Person(pseudonym, bytes(key))) for pseudonym, person, key in rows}


def _find(connection: Connection, tenant: str, names: list[str]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for start in range(0, len(names), LOOKED_UP):
        part = names[start : start + LOOKED_UP]
        rows = connection.execute(_FIND.format(", ".join("?" * len(part))), (tenant, *part)).fetchall()
        found |= {person: Person(pseudonym, bytes(key)) for person, pseudonym, key in rows}
    return found
