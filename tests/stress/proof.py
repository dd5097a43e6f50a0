"""What must be true after a stress run, read from what the gateways left behind and from the provider's ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from redis import Redis

from torana.core.money import rounded_nano
from torana.stores import sql

Row = tuple[object, ...]
FACTS = (
    "select t.text, m.text, k.text, e.text, f.receipt_id, f.cost_nano, f.held_nano from usage_facts f "
    "join names t on t.id = f.tenant join names m on m.id = f.team join names k on k.id = f.key_id "
    "join names e on e.id = f.ending"
)


LEFT = {"h": "held", "u": "unknown"}


class Cap(NamedTuple):
    """A hard budget: its scope's column and value, and nano-units."""

    scope: str
    match: str
    nano: int


class Facts(NamedTuple):
    """All usage of the run."""

    rows: Sequence[Row]
    hourly_nano: int
    daily_nano: int
    rolled_requests: int

    def spent(self, scope: str, match: str) -> int:
        """What this tenant, team or key spent."""
        place = ("tenant", "team", "key").index(scope)
        return sum(int(str(row[5])) for row in self.rows if row[place] == match)

    @property
    def total_nano(self) -> int:
        """What all spent."""
        return sum(int(str(row[5])) for row in self.rows)

    @property
    def endings(self) -> Counter[str]:
        """How the requests ended."""
        return Counter(str(row[3]) for row in self.rows)


def read(url: str) -> Facts:
    """Everything in the database."""
    with closing(sql.connect(url)) as connection:
        rows = connection.execute(FACTS).fetchall()
        (hourly, requests), *_ = connection.execute("select sum(cost_nano), sum(requests) from usage_hourly").fetchall()
        (daily,), *_ = connection.execute("select sum(cost_nano) from usage_daily").fetchall()
    return Facts([tuple(row) for row in rows], int(hourly or 0), int(daily or 0), int(requests or 0))


def audited(folders: Sequence[Path]) -> tuple[int, int]:
    """How many entries the audit files have, and what they cost together."""
    number = cost = 0
    for folder in folders:
        with (folder / "audit.jsonl").open("rb") as lines:
            for line in lines:
                entry = json.loads(line)
                number += 1
                cost += int(entry["cost_nano"])
    return number, cost


def billed(ledger: Path, prices: Mapping[str, tuple[int, int]]) -> int:
    """What the provider billed. ``prices``: nano-units per million tokens in and out, by model."""
    total = 0
    with ledger.open("rb") as lines:
        for line in lines:
            _, model, given, made = json.loads(line)
            into, out = prices[model]
            total += rounded_nano(given * into + made * out)
    return total


def wrong_in_store(url: str, facts: Facts, caps: Sequence[Cap]) -> list[str]:
    """What the shared counters say that is not so, once every gateway has ended in peace. None without a ``url``."""
    if not url:
        return []
    found = []
    settled = []
    with closing(Redis.from_url(url.replace("valkey", "redis", 1), decode_responses=True)) as store:
        for key in store.scan_iter("torana:*spend/*"):
            counter: Mapping[str, str] = store.hgetall(key)
            settled.append(int(counter["s"]))
            found += [f"{key} has {counter[of]} nano-units {name}" for of, name in LEFT.items() if int(counter[of])]
    spent = [facts.spent(cap.scope, cap.match) for cap in caps]
    if sorted(filter(None, settled)) != sorted(filter(None, spent)):
        found.append(f"counters have {sorted(settled)}, rows {sorted(spent)}")
    return found


def wrong(facts: Facts, audit: tuple[int, int], caps: Sequence[Cap], billed_nano: int) -> list[str]:
    """Everything that is not as it must be."""
    found = [
        f"{cap.scope} {cap.match} spent {facts.spent(cap.scope, cap.match)} of {cap.nano}"
        for cap in caps
        if facts.spent(cap.scope, cap.match) > cap.nano
    ]
    ids = Counter(row[4] for row in facts.rows)
    checks = {
        "a receipt stands twice": ids.total() != len(ids),
        f"hourly sums {facts.hourly_nano} are not the rows' {facts.total_nano}": facts.hourly_nano != facts.total_nano,
        f"daily sums {facts.daily_nano} are not the rows' {facts.total_nano}": facts.daily_nano != facts.total_nano,
        f"rolled up {facts.rolled_requests} of {len(facts.rows)} requests": facts.rolled_requests != len(facts.rows),
        f"audit files {audit} are not the rows {(len(facts.rows), facts.total_nano)}": audit
        != (len(facts.rows), facts.total_nano),
        f"the provider billed {billed_nano}, more than was settled, {facts.total_nano}": billed_nano > facts.total_nano,
    }
    return found + [said for said, bad in checks.items() if bad]
