"""One entry of the audit trail for each AI request, chained in the transaction that writes its usage.

What is personal in it is sealed with the person's own key. Given to the database sink; runs in the sink's thread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from torana.core.clock import Clock
from torana.core.money import decimal_text
from torana.ports.database import Connection
from torana.ports.receipt import Receipt
from torana.stores.sql.audit_chain import REQUESTS, append
from torana.stores.sql.persons import VERSION, Person, Persons
from torana.stores.sql.versions import version_of

SEALED_KEPT = 10_000

_encode = msgspec.json.Encoder().encode

PERSONAL = ("who", "sealed")
"""A pseudonym, and the caller's address sealed with its key."""
TOLD = (
    "receipt_id", "request_id", "at", "key_id", "department", "team", "dialect", "operation", "model", "provider",
    "upstream_model", "stream", "status", "ending", "error_code", "finish", "cache", "policy", "snapshot", "cost_nano",
    "currency", "input_tokens", "output_tokens",
)  # fmt: skip
"""Of the Receipt, by its own names."""
REQUEST_FIELDS = (*PERSONAL, *TOLD, "attempts", "verdicts", "findings")
"""What an entry holds, in this order: an array costs a third of an object to write, and a link of them half the room."""
DETAILS = tuple(
    one for one in TOLD if one not in {"receipt_id", "request_id", "at", "operation", "model", "ending", "cost_nano"}
)
"""What people read of it beside what every entry has."""


class RequestTrail:
    """For one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._persons = Persons()
        self._sealed: dict[tuple[str, str], str] = {}
        self._version = -1

    def __call__(self, connection: Connection, batch: Sequence[Receipt]) -> None:
        """Chain an entry for each Receipt, tenant by tenant in the order of their names: so that two who write never wait in a ring."""
        by_tenant: defaultdict[str, list[Receipt]] = defaultdict(list)
        for receipt in batch:
            by_tenant[receipt.tenant].append(receipt)
        now = self._clock.now()
        if (version := version_of(connection, VERSION)) != self._version:
            self.undone()  # by the old pseudonym of somebody who was erased, and is here again, all of it would be told
            self._version = version
        for tenant in sorted(by_tenant):
            receipts = by_tenant[tenant]
            names = list(map(person_of, receipts))
            persons = self._persons.of(connection, tenant, set(names))
            entries = [_encode(self._entry(one, persons[name])) for one, name in zip(receipts, names, strict=True)]
            append(connection, tenant, REQUESTS, entries, now)

    def undone(self) -> None:
        """The transaction was undone: who was made in it is not there."""
        self._persons.forget()
        self._sealed.clear()

    def _entry(self, one: Receipt, person: Person) -> tuple[object, ...]:
        """The values of REQUEST_FIELDS. Written out: to take TOLD by its names costs twice as much."""
        return (
            person.pseudonym, self._address(person, one.address),
            one.receipt_id, one.request_id, one.at, one.key_id, one.department, one.team, one.dialect, one.operation,
            one.model, one.provider, one.upstream_model, one.stream, one.status, one.ending, one.error_code, one.finish,
            one.cache, one.policy, one.snapshot, one.cost_nano, one.currency, one.input_tokens, one.output_tokens,
            len(one.attempts), one.verdicts,
            [(each.guardrail, each.kind, each.side, each.digest, each.does) for each in one.findings],
        )  # fmt: skip

    def _address(self, person: Person, address: str) -> str:
        if not address:
            return ""
        known = self._sealed.get((person.pseudonym, address))
        if known is None:
            if len(self._sealed) > SEALED_KEPT:
                self._sealed.clear()
            known = self._sealed[person.pseudonym, address] = person.sealed(address)
        return known


def shown(entry: Sequence[Any], people: Mapping[str, tuple[str, Person]]) -> dict[str, Any]:
    """An entry as people read those of the other chain; ``people``: pseudonym → name and person, of whom none was erased."""
    told = dict(zip(REQUEST_FIELDS, entry, strict=False))
    name, person = people.get(told["who"], (told["who"], None))
    address = ""
    if person is not None and told["sealed"]:
        with suppress(ValueError):  # sealed before its person was erased, who is known again
            address = person.opened(told["sealed"])
    details = {one: told[one] for one in (*DETAILS, "attempts", "verdicts", "findings")}
    return {
        "id": told["receipt_id"], "at": told["at"], "kind": "request", "action": f"ai.{told['operation']}",
        "outcome": told["ending"], "actor": name, "actor_name": "", "actor_role": "", "target": f"model:{told['model']}",
        "address": address, "request_id": told["request_id"],
        "details": {**details, "cost": decimal_text(told["cost_nano"])},
    }  # fmt: skip


def person_of(receipt: Receipt) -> str:
    """Who stands behind a request: its user, else its key."""
    return f"user:{receipt.user}" if receipt.user else f"key:{receipt.key_id}"
