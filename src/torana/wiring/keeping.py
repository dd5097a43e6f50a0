"""Keeps usage in the database within its times: a sweep when the process has started, and one every hour.

It decides no length of time (``audit.retention_days`` and its kin do) and ends no process when a sweep fails. Run by
``serve``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from torana.core.clock import Clock
from torana.stores import sql
from torana.stores.sql.own_times import Shorter
from torana.stores.sql.retention import Keep, Retention, Swept
from torana.wiring import paths
from torana.wiring.compile_policies import attachment
from torana.wiring.settings import Settings
from torana.wiring.settings_people_checks import key_id
from torana.wiring.settings_policies import Attach

FIRST_AFTER_S = 20.0
"""Not while the first answers are on their way."""
EVERY_S = 3600.0
COLUMNS = {"user": "user_id", "key": "key_id"}
"""What policies name → the column of a row."""


def retention(settings: Callable[[], Settings], clock: Clock) -> Callable[[], Swept]:
    """A sweep by the settings of the moment. Raises what the database raises."""

    def sweep() -> Swept:
        now = settings()
        url = paths.database_url(now)
        if not sql.check(url):
            return Swept()
        audit = now.audit
        keep = Keep(
            audit.retention_days, audit.retention_hourly_days, audit.retention_daily_days, tuple(by_policies(now))
        )
        return Retention(lambda: sql.connect(url), keep, clock, by_day=sql.is_postgres(url)).sweep()

    return sweep


def by_policies(settings: Settings) -> Iterator[Shorter]:
    """The times of policies that are in force, for each of those whom they are about."""
    key_ids = {one.name: key_id(one) for one in settings.keys}
    for policy in settings.policies:
        if policy.retention_days is None or policy.shadow:
            continue
        for row in policy.attach or (Attach(),):
            about = attachment(row, key_ids)._asdict()
            where = {COLUMNS.get(name, name): value for name, value in about.items() if value}
            yield Shorter(policy.retention_days, where)


async def keep_sweeping(sweep: Callable[[], Swept], log: Any) -> None:
    """Sweep until cancelled; a sweep that fails is logged and the next one goes on from there."""
    await asyncio.sleep(FIRST_AFTER_S)
    while True:
        try:
            swept = await asyncio.to_thread(sweep)
        except sql.faults(ValueError) as fault:
            log.warning("retention.failed", error=f"{type(fault).__name__}: {fault}"[:200])
        else:
            if swept.partitions or swept.rows:
                log.info("retention.swept", partitions=swept.partitions, rows=swept.rows)
        await asyncio.sleep(EVERY_S)
