"""Rates past requests again, one by one, after a price was put right: what each would cost now, against what was recorded.

It reads and adds up; ``adjustments`` keeps what it came to. Called by the routes of re-rating.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
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
NAMES = ("department", "team", "user_id", "key_id", "model", "provider")


class Whose(NamedTuple):
    """A Group in whatever currency."""

    day: int
    department: str
    team: str
    user: str
    key: str
    model: str
    provider: str


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
    summed: Counter[Whose] = field(default_factory=Counter)
    """Requests that the sums by day know of, from before any was looked at."""
    seen: Counter[Whose] = field(default_factory=Counter)
    """Requests that were looked at."""

    def take(self, rows: Iterable[Row], again: set[str]) -> None:
        """Rate a page of requests; ``again``: receipt ids of those that took more than one try."""
        zone = self.metering.zone if isinstance(self.metering.zone, ZoneInfo) else None
        for row in rows:
            self.looked_at += 1
            day = day_of(row["at_ms"] // 1000, zone)
            self.seen[Whose(day, *(row[name] for name in NAMES))] += 1
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
                group = Group._make((day, *(row[name] for name in NAMES), prices.currency))
                self._add(group, row, cost_of(prices, usage))

    def _add(self, group: Group, row: Row, nano: int) -> None:
        sums = self.groups.setdefault(group, [0, 0, 0])
        sums[0] += 1
        sums[2] += nano
        if row["cost_nano"]:
            # Recorded in another currency, it is taken off in that one: it was billed, or will be.
            self.groups.setdefault(group._replace(currency=row["currency"]), [0, 0, 0])[1] += row["cost_nano"]

    def differences(self, earlier: Mapping[Group, int]) -> list[Rerated]:
        """What changes, given what earlier adjustments came to; the largest first.

        Where a part of somebody's requests of a day is gone, the rest says nothing of what was adjusted before: left alone.
        """
        found = [
            Rerated(group, count, recorded, rated, rated - recorded - earlier.get(group, 0))
            for group, (count, recorded, rated) in self.groups.items()
            if self._is_whole(Whose(*group[:-1]))
        ]
        changed = [one for one in found if one.difference_nano]
        return sorted(changed, key=lambda one: (-abs(one.difference_nano), one.group))

    @property
    def complete(self) -> bool:
        """Whether every request of these days was looked at."""
        return all(map(self._is_whole, self.summed))

    def _is_whole(self, whose: Whose) -> bool:
        return self.seen[whose] >= self.summed[whose]


def sums(connection: Connection, tally: Tally, window: Window) -> None:
    """Note how many requests the sums know of; before the first page, for more are written meanwhile."""
    after: tuple[int, ...] | None = None
    while True:
        rows, after = tally.metering.rows.used(connection, window, after, PAGE)
        for row in rows:
            tally.summed[Whose(row.at, row.department, row.team, row.user, row.key, row.model, row.provider)] += (
                row.requests
            )
        if after is None:
            return


def page(connection: Connection, tally: Tally, window: Window, after: Place | None) -> Place | None:
    """Rate a page of requests; where the next page goes on."""
    metering = tally.metering
    rows, following = metering.log.sought(connection, window, {}, after, PAGE)
    again = metering.rows.tried_again(connection, [(row["receipt_id"], row["at_ms"]) for row in rows])
    tally.take(rows, again)
    return following
