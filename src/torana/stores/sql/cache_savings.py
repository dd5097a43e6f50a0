"""What the cache saved, by tenant, day, team and model: added to in the transaction that writes the usage of the same Receipts.

It decides nothing and counts only requests for which the cache was asked. ``Savings`` is given to the database sink and runs in its
thread; ``saved`` is read for the control plane.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from torana.core.saved import Saved
from torana.ports.database import Connection
from torana.ports.receipt import Receipt

DAY_S = 86_400
LONGEST = 256
TRIAL = "cache:would_hit@"
"""How the verdict begins of a request that the semantic cache would have answered, were it not on trial."""
KEY = ("tenant", "day", "team", "model", "currency")
SUMS = ("hits", "semantic_hits", "misses", "shadow_hits", "tokens", "saved_nano", "saved_ms")
COUNTED = {"hit": 0, "semantic-hit": 1, "miss": 2}
"""What the Receipt says of the cache → the sum that counts it."""
_ADDED = ", ".join(f"{name} = cache_savings.{name} + excluded.{name}" for name in SUMS)
_ENDING = f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {_ADDED}"
_SAVED = (
    f"SELECT team, model, {', '.join(f'CAST(SUM({name}) AS BIGINT)' for name in SUMS)}"  # noqa: S608 - our own names
    " FROM cache_savings WHERE tenant = ? AND currency = ? AND day >= ? GROUP BY team, model ORDER BY team, model"
)


class Savings:
    """Implements the sink's ``Also``."""

    def __call__(self, connection: Any, batch: Sequence[Receipt], /) -> None:
        """Add the batch. Raises what the driver raises."""
        alike: defaultdict[tuple[str, str, str, str, str, float], list[Receipt]] = defaultdict(list)
        for one in batch:
            if one.cache in COUNTED:
                alike[one.cache, one.tenant, one.team, one.model, one.currency, one.at // DAY_S].append(one)
        rows: defaultdict[tuple[str, int, str, str, str], list[int]] = defaultdict(_nothing)
        for (cache, tenant, team, model, currency, day), ones in alike.items():
            sums = rows[tenant, int(day), _kept(team), _kept(model), currency]
            sums[COUNTED[cache]] += len(ones)
            if cache == "miss":
                sums[3] += sum(
                    any(verdict.startswith(TRIAL) for verdict in one.verdicts) for one in ones if one.verdicts
                )
            else:
                sums[4] += sum([one.input_tokens + one.output_tokens for one in ones])
                sums[5] += sum([one.saved_nano for one in ones])
                sums[6] += sum([one.saved_ms for one in ones])
        # In one order everywhere: two gateways that add to the same rows wait for each other, and never in a ring.
        values = [value for key in sorted(rows) for value in (*key, *rows[key])]
        if values:
            connection.insert("cache_savings", (*KEY, *SUMS), values, _ENDING)

    def undone(self) -> None:
        """Nothing is remembered."""


def saved(connection: Connection, tenant: str, currency: str, since: float = 0.0) -> list[Saved]:
    """The tenant's sums, since the beginning of the day (UTC) of ``since`` (epoch seconds)."""
    rows = connection.execute(_SAVED, (tenant, currency, int(since) // DAY_S)).fetchall()
    return [Saved(row[0], row[1], *map(int, row[2:])) for row in rows]


def _nothing() -> list[int]:
    return [0] * len(SUMS)


def _kept(name: str) -> str:
    return name[:LONGEST].replace("\0", "\ufffd")
