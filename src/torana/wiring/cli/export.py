"""``torana export``: usage, single requests, the audit trail or the configuration as a file.

It reads only, while the gateway runs too. What stands in a row the admin API decides, what in a trail ``audit_sources`` does.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from torana.control.tables import written
from torana.control.usage.asked import moment
from torana.control.usage.request_shapes import Entry, entry
from torana.core.calendar import day_of
from torana.core.clock import SystemClock
from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.ports.usage import Used, Window
from torana.stores import sql
from torana.stores.sql.roll_up_rows import used
from torana.stores.sql.tenants_with_rows import tenants_named
from torana.stores.sql.usage_queries import LARGEST_PAGE, requests
from torana.wiring.audit_sources import DatabaseSource, exported
from torana.wiring.cli import installation, stored
from torana.wiring.cli.out_file import STANDARD_OUTPUT, Part, refuse_existing, write
from torana.wiring.cli.say import refuse, say
from torana.wiring.database import open_tree
from torana.wiring.object_desk import exported as configuration
from torana.wiring.object_desk import problems_of
from torana.wiring.options import Overrides
from torana.wiring.paths import database_url
from torana.wiring.problems import ConfigError, did_you_mean
from torana.wiring.settings import Mode, Settings
from torana.wiring.settings_people_checks import tree_of
from torana.wiring.tree_overlay import with_tree

EXAMPLES = """examples:
  torana export usage --since 2026-11-01 --until 2026-12-01 --out november.csv     sums by day, team, user, key, model …
  torana export usage --tenant acme --format jsonl | jq .cost                      of one tenant, on standard output
  torana export requests --since 2026-11-21T09:00:00Z --out requests.jsonl         single requests, the newest first
  torana export audit --tenant acme --out audit-acme.jsonl     as `torana audit export`: `torana audit verify` proves it
  torana export config --out stored.yaml --force               as `torana config export`: secrets as masks

A date is the midnight with which that day begins in time_zone of the configuration; --until is not within. Sums are by
whole days: of a time between two midnights, those of the day that it lies in.
No text of a request or an answer is in any of them, nor a key.
"""
USAGE = (
    "day", "tenant", "department", "team", "user", "key", "model", "provider", "currency", "requests", "errors",
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "cost", "saved",
)  # fmt: skip
REQUESTS = ("tenant", *Entry.model_fields)
NOT_OF = {
    "audit": {"since": "a part of a chain proves nothing", "until": "a part of a chain proves nothing"},
    "config": dict.fromkeys(("tenant", "since", "until"), "what is stored is exported whole"),
}
"""What is exported → options that say nothing about it → why."""

Row = Mapping[str, Any]


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("what", choices=("usage", "requests", "audit", "config"), help="what to export")
    parser.add_argument("--tenant", metavar="TENANT", help="whose (default: all)")
    parser.add_argument("--since", metavar="WHEN", help="a date or an RFC 3339 time (default: from the first on)")
    parser.add_argument("--until", metavar="WHEN", help="the end, not within (default: now)")
    parser.add_argument(
        "--format", choices=("csv", "jsonl"), help="of usage and requests (default: csv, or jsonl where FILE ends so)"
    )
    parser.add_argument(
        "--out", default=STANDARD_OUTPUT, metavar="FILE", help="a new file; - for standard output (default)"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    installation.add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done; then no file is written."""
    try:
        _fitting(args)
        refuse_existing(args.out, args.force)
        if args.what == "config":
            text = configuration(stored.desk_of(args))
            return _told(args, [(text.count("\n"), text.encode())], "line")
        return _from_database(args)
    except ConfigError as fault:
        return refuse(fault)
    except GatewayError as fault:
        for line in problems_of(fault):
            say(f"torana export: {line}", err=True)
    except BrokenPipeError:
        raise
    except sql.faults(ValueError) as fault:
        say(f"torana export: {fault}", err=True)
    return 1


def _fitting(args: argparse.Namespace) -> None:
    """Raises ValueError for options that mean nothing here."""
    for name, why in NOT_OF.get(args.what, {}).items():
        if getattr(args, name) is not None:
            raise ValueError(f"--{name} does not go with {args.what}: {why}; leave it out")
    form = {"audit": "jsonl", "config": "yaml"}.get(args.what)
    if form is not None and args.format not in (None, form):
        raise ValueError(f"--format {args.format} does not go with {args.what}: it is always {form}; leave it out")


def _from_database(args: argparse.Namespace) -> int:
    overrides = Overrides(data_dir=args.data_dir)
    settings = installation.loaded(args.config, overrides, installation.environment(), Mode()).settings
    since, until = _times(args, ZoneInfo(settings.time_zone))
    url = database_url(settings)
    if not sql.check(url):
        raise ValueError("the database is empty: nothing was recorded yet")
    with closing(sql.connect(url)) as connection:
        if args.what == "audit":
            connection.at_one_moment()
            _known(args.tenant, [one[0] for one in DatabaseSource(connection).chains()], settings)
            return _told(args, ((1, line) for line in exported(DatabaseSource(connection, args.tenant))), "line")
        if args.what == "usage":
            # All sums of one moment; single requests are not read so, for a log that is read for hours would grow meanwhile.
            connection.at_one_moment()
        there = tenants_named(connection, "usage_daily_by_team")
        _known(args.tenant, there, settings)
        windows = [Window(one, since, until) for one in there if args.tenant in (None, one)]
        return _told(args, _table(args, *_rows(args.what, connection, windows, settings)), "row")


def _times(args: argparse.Namespace, zone: ZoneInfo) -> tuple[int, int]:
    """Epoch seconds. Raises GatewayError, ValueError."""
    since = 0 if args.since is None else moment(args.since, "--since", zone)
    until = int(SystemClock().now()) + 1 if args.until is None else moment(args.until, "--until", zone)
    if since >= until:
        raise ValueError("--since: it must be before --until" + (", which is now" if args.until is None else ""))
    return (day_of(since, zone) if args.what == "usage" else since), until


def _known(tenant: str | None, there: Sequence[str], settings: Settings) -> None:
    """Raises ValueError for a tenant of which there are neither rows nor a name."""
    if tenant is None or tenant in there:
        return
    with closing(open_tree(database_url(settings))) as tree:
        names = {*there, *tree_of(with_tree(settings, tree.load())).teams}
    if tenant not in names:
        near = did_you_mean(tenant, names)
        raise ValueError(f'--tenant: there is no tenant "{tenant}"' + (f" ({near})" if near else ""))


def _rows(
    what: str, connection: sql.Connection, windows: Sequence[Window], settings: Settings
) -> tuple[Sequence[str], Iterator[Sequence[Row]]]:
    """The columns, and the rows page by page."""
    if what == "requests":
        return REQUESTS, _pages(
            lambda window, after: requests(connection, window, after, LARGEST_PAGE),
            lambda window, row: {"tenant": window.tenant, **entry(row)},
            windows,
        )
    zone = ZoneInfo(settings.time_zone)
    return USAGE, _pages(
        lambda window, after: used(connection, window, after, LARGEST_PAGE),
        lambda window, row: _usage(window.tenant, row, zone),
        windows,
    )


def _pages(
    read: Callable[[Window, Any], tuple[Sequence[Any], Any]],
    told: Callable[[Window, Any], Row],
    windows: Sequence[Window],
) -> Iterator[Sequence[Row]]:
    for window in windows:
        page, after = read(window, None)
        yield [told(window, row) for row in page]
        while after is not None:
            page, after = read(window, after)
            yield [told(window, row) for row in page]


def _usage(tenant: str, row: Used, zone: ZoneInfo) -> Row:
    day = datetime.fromtimestamp(row.at, zone).date().isoformat()
    amounts = {"cost": decimal_text(row.cost_nano), "saved": decimal_text(row.saved_nano)}
    return {"day": day, "tenant": tenant, **row._asdict(), **amounts}


def _table(args: argparse.Namespace, columns: Sequence[str], pages: Iterator[Sequence[Row]]) -> Iterator[Part]:
    as_lines = args.format == "jsonl" or (args.format is None and Path(args.out).suffix == ".jsonl")
    if as_lines:
        encode = msgspec.json.Encoder().encode_lines
        return ((len(page), encode([{name: row[name] for name in columns} for row in page])) for page in pages)
    lines = ((len(page), written([row[name] for name in columns] for row in page)) for page in pages)
    return chain([(0, written([columns]))], lines)


def _told(args: argparse.Namespace, parts: Iterator[Part] | Sequence[Part], what: str) -> int:
    count = write(args.out, args.force, parts)
    where = "standard output" if args.out == STANDARD_OUTPUT else args.out
    say(f"{count:,} {what}{'' if count == 1 else 's'} of {args.what} written to {where}", err=True)
    return 0
