"""Tokens of one tenant in memory: what the routes that reveal talk to in these tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torana.control.revealer import Wanted
from torana.core.tickets import Caller
from torana.ports.vault import Reveal

KNOWN = {("acme", "conversation c1"): {"<EMAIL_0123abcd>": "ann@example.org"}}
asked: list[tuple[str, Wanted]] = []
"""Who looked for what, in any test."""


class ListRevealer:
    """Implements ``control.revealer.Revealer``."""

    async def reveal(self, caller: Caller, wanted: Wanted) -> Mapping[str, str]:
        asked.append((caller.key_id, wanted))
        known = KNOWN.get((caller.tenant, wanted.place), {})
        return {token: known[token] for token in wanted.tokens if token in known}

    async def revealed(self, tenant: str, most: int, before: str) -> Sequence[Reveal]:
        row = Reveal("0a", tenant, 1.5, "key-1 ann", "conversation c1", ("<A_01234567>",), (), "a complaint")
        return [row._replace(reveal_id=f"{before}{number}") for number in range(min(most, 2))]
