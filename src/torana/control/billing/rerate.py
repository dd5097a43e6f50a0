"""Rates past requests again, one by one, after a price was put right: what each would cost now, against what was recorded.

It reads and adds up; ``adjustments`` keeps what it came to. Called by the routes of re-rating.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from torana.control.billing.adjustments import Group, Rerated
from torana.control.metering import Metering
from torana.control.usage.cost import HITS, prices_of, usage_of
from torana.core.calendar import day_of
from torana.core.prices import Prices
from torana.line.worth import cost_of
from torana.ports.database import Connection
from torana.ports.usage import Place, Row, Window

PAGE = 1000
MOST = 5_000_000
"""Requests that one re-rating looks at."""


@dataclass(slots=True)
class Tally:
    """What a re-rating has found so far."""

    metering: Metering
    tenant: str
    given: Prices | None
    """Prices to rate with; None: those of the settings in force."""
    looked_at: int = 0
    rated: int = 0
    unpriced: int = 0
    """Left alone: nobody knows a price."""
    several_tries: int = 0
    """Left alone: they were billed for more than one try."""
    from_cache: int = 0
    """Left alone: the cache answered them."""
    groups: dict[Group, list[int]] = field(default_factory=dict)
    """Requests, nano-units recorded, nano-units now."""

    def take(self, rows: Iterable[Row], again: set[str]) -> None:
        """Rate a page of requests; ``again``: receipt ids of those that took more than one try."""
        zone = self.metering.zone if isinstance(self.metering.zone, ZoneInfo) else None
        for row in rows:
            self.looked_at += 1
            usage = usage_of(row)
            if not row["provider"] or not (usage.input or usage.output):
                continue
            if row["cache"] in HITS:
                self.from_cache += 1
            elif row["receipt_id"] in again:
                self.several_tries += 1
            elif (prices := self.given or prices_of(self.metering, self.tenant, row)) is None:
                self.unpriced += 1
            else:
                self.rated += 1
                self._add(_group(row, day_of(row["at_ms"] // 1000, zone), prices), row, cost_of(prices, usage))

    def _add(self, group: Group, row: Row, nano: int) -> None:
        sums = self.groups.setdefault(group, [0, 0, 0])
        sums[0] += 1
        sums[1] += row["cost_nano"] if row["currency"] == group.currency else 0
        sums[2] += nano

    def differences(self, earlier: Mapping[Group, int]) -> list[Rerated]:
        """What changes, given what earlier adjustments came to; the largest first."""
        found = [
            Rerated(group, count, recorded, rated, rated - recorded - earlier.get(group, 0))
            for group, (count, recorded, rated) in self.groups.items()
        ]
        changed = [one for one in found if one.difference_nano]
        return sorted(changed, key=lambda one: (-abs(one.difference_nano), one.group))


def page(connection: Connection, tally: Tally, window: Window, after: Place | None) -> Place | None:
    """Rate a page of requests; where the next page goes on."""
    metering = tally.metering
    rows, following = metering.log.sought(connection, window, {}, after, PAGE)
    again = metering.rows.tried_again(connection, [(row["receipt_id"], row["at_ms"]) for row in rows])
    tally.take(rows, again)
    return following


def _group(row: Row, day: int, prices: Prices) -> Group:
    names = (row[name] for name in ("department", "team", "user_id", "key_id", "model", "provider"))
    return Group._make((day, *names, prices.currency))
