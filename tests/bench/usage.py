"""Loads usage rows as the recorder would and asks what dashboards ask: ``python -m tests.bench.usage --engine postgres``.

It judges nothing and prints a table for docs/benchmarks.md. Called by ``make bench-usage``; PostgreSQL is durable here
(fsync on), as an installation would run it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.bench import cpu
from tests.control.usage import idle_metering
from tests.postgres import SAFE, Server
from torana.control.billing import periods
from torana.control.usage import queries as pages
from torana.core.tickets import Attempted
from torana.ports.receipt import Receipt
from torana.sinks import database
from torana.stores import sql
from torana.stores.migrations.upgrade import upgrade
from torana.stores.sql import request_log
from torana.stores.sql import usage_queries as ask
from torana.stores.sql.connections import Connection
from torana.stores.sql.retention import Keep, Retention
from torana.testing.clock import FakeClock

DAY = 86_400
SINCE = 20_600 * DAY
BATCH = 10_000
TENANTS = [f"tenant-{number}" for number in range(20)]
MODELS = [("gpt-4o-mini", "openai"), ("gpt-4.1", "azure"), ("claude-haiku", "anthropic"), ("gemini-flash", "gemini"),
          ("llama-70b", "vllm"), ("embed-small", "openai")]  # fmt: skip
USERS = 1000
SUMMED = (
    "usage_hourly",
    "usage_daily",
    "usage_hourly_by_team",
    "usage_hourly_by_model",
    "latency_hourly",
    "latency_daily",
    "team_latency_daily",
)
REPEATS = 5
KEPT_OF_TEN = 6
"""Of ten days so many stay when the oldest are dropped."""


class Size(NamedTuple):
    """How much is loaded: as many rows over so many days."""

    rows: int
    days: int = 30

    @property
    def until(self) -> int:
        """The epoch second after the last."""
        return SINCE + self.days * DAY


def receipts(size: Size, dice: random.Random) -> Iterator[Receipt]:
    """In the order of time, half of them of the first tenant, users by a long tail."""
    step = size.days * DAY / size.rows
    for number in range(size.rows):
        at = SINCE + number * step
        tenant = 0 if dice.random() < 0.5 else dice.randrange(1, len(TENANTS))
        user = int(USERS * dice.random() ** 3)
        model, provider = MODELS[int(len(MODELS) * dice.random() ** 2)]
        failed = dice.random() < 0.03
        tokens = dice.randrange(50, 8000)
        identity = f"{int(at * 1000):012x}{dice.getrandbits(64):016x}"
        yield Receipt(
            receipt_id=identity,
            request_id=f"req_{identity}",
            at=at,
            tenant=TENANTS[tenant],
            department=f"department-{user % 8}",
            team=f"team-{user % 40}",
            user=f"user-{user}",
            key_id=f"key_{user:032x}",
            dialect="openai_chat",
            operation="chat",
            model=model,
            provider=provider,
            upstream_model=f"{model}-2026-01-01",
            stream=dice.random() < 0.6,
            status=502 if failed else 200,
            ending="upstream_error" if failed else "completed",
            error_code="UPSTREAM_ERROR" if failed else "",
            finish="" if failed else "stop",
            input_tokens=tokens,
            cache_read_tokens=0,
            cache_write_tokens=0,
            output_tokens=0 if failed else tokens // 4,
            reasoning_tokens=0,
            usage_estimated=False,
            cost_nano=tokens * 150,
            currency="USD",
            priced=True,
            held_nano=tokens * 900,
            duration_ms=dice.randrange(200, 20_000),
            first_chunk_ms=dice.randrange(100, 900),
            upstream_ms=dice.randrange(90, 890),
            overhead_us=dice.randrange(300, 1500),
            request_bytes=tokens * 4,
            response_bytes=tokens,
            cache="bypass",
            policy="default@1",
            snapshot=1,
            address=f"192.0.2.{user % 250}",
            attempts=[Attempted(provider, model, "502" if failed else "ok", 300)],
            dropped=[],
            verdicts=[],
            price="catalogue 2026-05-01",
        )


def load(url: str, size: Size, say: Callable[[str], None]) -> None:
    """Write them all; the time of making them is not counted."""
    made = receipts(size, random.Random(7))
    spent: list[float] = []
    own = 0.0
    opened: list[Connection] = []

    def connect(to: str) -> Connection:
        opened.append(sql.connect(to))
        return opened[-1]

    with closing(database.open(database.Settings(url=url), connect)) as sink:
        position = 0
        while batch := [receipt for _, receipt in zip(range(BATCH), made, strict=False)]:
            position += len(batch)
            began, began_cpu = time.perf_counter(), time.process_time()
            sink.write(batch, position)
            spent.append((time.perf_counter() - began) / len(batch))
            own += time.process_time() - began_cpu
        if sql.is_postgres(url):
            backend = int(opened[0].execute("SELECT pg_backend_pid()").fetchone()[0])
            say(f"| ingest, CPU of PostgreSQL's process | {cpu.seconds(backend) / size.rows * 1e6:.1f} µs a row |")
    last = spent[-max(1, len(spent) // 10) :]
    # Of the sink's writing, to the end of each commit; rows are made before the clock runs.
    say(f"| ingest, all | {size.rows / sum(s * BATCH for s in spent):,.0f} rows/s |")
    say(f"| ingest, the last tenth | {1 / statistics.mean(last):,.0f} rows/s |")
    say(f"| ingest, CPU of the gateway's thread | {own / size.rows * 1e6:.1f} µs a row |")


def questions(connection: Connection, size: Size) -> Iterator[tuple[str, Callable[[], object]]]:
    """What pages of a console ask, about the tenant with half of all rows."""
    whole = ask.Window(TENANTS[0], SINCE - DAY, size.until + DAY)
    week = whole._replace(since=size.until - 7 * DAY, grain="hour")
    one_user = whole._replace(where={"user": "user-77"})
    middle = ask.Place((SINCE + size.until) // 2 * 1000, "")
    page, _ = ask.requests(connection, whole, middle)
    yield "totals of 30 days", lambda: ask.totals(connection, whole)
    yield "30 days by day", lambda: ask.series(connection, whole)
    yield "30 days by day and model", lambda: ask.series(connection, whole, "model")
    yield "7 days by hour", lambda: ask.series(connection, week)
    yield "7 days by hour and team", lambda: ask.series(connection, week, "team")
    yield "top users by cost", lambda: ask.top(connection, whole, "user", "cost")
    yield "top keys by latency", lambda: ask.top(connection, whole, "key", "latency")
    yield "one user by day", lambda: ask.series(connection, one_user)
    yield "requests, first page", lambda: ask.requests(connection, whole)
    yield "requests, from the middle", lambda: ask.requests(connection, whole, middle)
    yield "requests of one user", lambda: ask.requests(connection, one_user)
    metering = idle_metering()
    rare = whole._replace(where={"model": MODELS[-1][0], "team": "team-39"})
    yield "the dashboard, all of it", lambda: pages.glance(connection, metering, whole)
    yield "the dashboard of one user", lambda: pages.glance(connection, metering, one_user)
    yield "the hours of the week", lambda: pages.week(connection, metering, whole, ZoneInfo("Asia/Kolkata"))
    yield "requests that are rare, a page", lambda: request_log.sought(connection, rare, {"status": 502}, None, 50)
    yield "the bill of a month", lambda: periods.usage_of(connection, metering, [whole])
    yield "who was active in a month", lambda: periods.active_users(connection, metering, [whole])
    yield "one request by its id", lambda: ask.request(connection, TENANTS[0], page[0]["request_id"])


def dashboards(url: str, size: Size, say: Callable[[str], None]) -> None:
    """Each question REPEATS times: the first answer and the median."""
    with closing(sql.connect(url)) as connection:
        for name, question in questions(connection, size):
            times = []
            for _ in range(REPEATS):
                began = time.perf_counter()
                question()
                times.append((time.perf_counter() - began) * 1000)
            say(f"| {name} | first {times[0]:.0f} ms, median {statistics.median(times):.0f} ms |")


def sizes(url: str, size: Size, say: Callable[[str], None]) -> None:
    """Bytes a row."""
    with closing(sql.connect(url)) as connection:
        if not sql.is_postgres(url):
            whole = sql.sqlite_path(url).stat().st_size
            say(f"| whole file | {whole / size.rows:.0f} bytes a row |")
            return
        query = "SELECT SUM(pg_relation_size(relid)), SUM(pg_total_relation_size(relid)) FROM pg_partition_tree('usage_facts')"
        table, whole = connection.execute(query).fetchone()
        say(f"| fact rows | {int(table) / size.rows:.0f} bytes a row, {int(whole) / size.rows:.0f} with indexes |")
        for name in SUMMED:
            (bytes_,) = connection.execute(f"SELECT pg_total_relation_size('{name}')").fetchone()
            (rows,) = connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()
            say(f"| {name} | {rows:,} rows, {bytes_ / 1e6:.0f} MB |")


def drop(url: str, size: Size, say: Callable[[str], None]) -> None:
    """Let four tenths of the days grow too old, then one more, then none."""
    clock = FakeClock(float(size.until + 60))
    keep = Keep(rows_days=size.days * KEPT_OF_TEN // 10)
    retention = Retention(lambda: sql.connect(url), keep, clock, by_day=sql.is_postgres(url))
    for what, later in ((f"four tenths of {size.rows:,} rows", 0), ("one day more", DAY), ("nothing is due", 0)):
        clock.advance(later)
        began = time.perf_counter()
        swept = retention.sweep()
        spent = time.perf_counter() - began
        gone = f"{swept.partitions} partitions" if swept.partitions else f"{swept.rows:,} rows"
        say(f"| retention: {what} | {spent * 1000:,.0f} ms, {gone} |")


def measure(url: str, size: Size, say: Callable[[str], None]) -> None:
    """All of it on one database."""
    upgrade(url)
    load(url, size, say)
    with closing(sql.connect(url)) as connection:
        connection.execute("ANALYZE")
        connection.commit()
    sizes(url, size, say)
    dashboards(url, size, say)
    drop(url, size, say)


def main(arguments: list[str]) -> int:
    """Measure one engine."""
    parser = argparse.ArgumentParser(prog="tests.bench.usage")
    parser.add_argument("--engine", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument(
        "--days", type=int, default=30, help="over which they lie; fewer rows over fewer days are as dense"
    )
    given = parser.parse_args(arguments)
    size = Size(given.rows, given.days)

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    say(f"| {given.engine}, {given.rows:,} rows over {given.days} days | |\n|---|---|")
    if given.engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            measure(f"sqlite:///{Path(folder) / 'torana.db'}", size, say)
        return 0
    server = Server(SAFE)
    try:
        measure(server.fresh(), size, say)
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
