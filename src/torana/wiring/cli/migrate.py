"""``torana migrate``: bring the database of an installation to the schema of this version, or all its rows to PostgreSQL."""

from __future__ import annotations

import argparse

from torana.stores import sql
from torana.stores.migrations import upgrade
from torana.wiring.cli import installation
from torana.wiring.cli.say import refuse, say
from torana.wiring.moving import move
from torana.wiring.options import Overrides
from torana.wiring.paths import database_url
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Mode, Settings
from torana.wiring.stopped import shared_spools, stopped

EXAMPLES = """examples:
  torana migrate --check            says what would be done, changes nothing; exit code 3 when there is something
  torana migrate                    brings the database up to date, in one transaction
  torana migrate --to-revision 0001 takes it back, for an older version; what only the newer one keeps is lost
  torana migrate --to postgresql://torana@db/torana
                                    copies everything from SQLite to an empty PostgreSQL, or nothing; the gateway is stopped

Give a password with PGPASSWORD or a ~/.pgpass rather than in the URL, which other users of the host can see.
Gateways that run go on with the schema they know while it is changed under a lock; back the database up first.
"""
PENDING = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    installation.add_config_options(parser)
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--to", metavar="URL", help="copy all rows to this empty PostgreSQL")
    parser.add_argument("--to-revision", metavar="REVISION", help="another revision than the newest")


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done."""
    if args.to is not None and (args.check or args.to_revision):
        say("torana migrate: --to goes with neither --check nor --to-revision", err=True)
        return 2
    try:
        loaded = installation.loaded(args.config, Overrides(data_dir=args.data_dir), installation.environment(), Mode())
        if args.to is not None:
            return _move(loaded.settings, args.to)
        return _migrate(database_url(loaded.settings), args.to_revision or sql.REVISION, check=args.check)
    except ConfigError as fault:
        return refuse(fault)
    except sql.faults(ValueError) as fault:
        say(f"torana migrate: {fault}", err=True)
        return 1


def _move(settings: Settings, target: str) -> int:
    source = database_url(settings)
    with stopped(settings):
        move(source, target, _moved, shared_spools(settings))
    say("done: name it as `database_url` and start the gateway. The old database is as it was.")
    return 0


def _moved(table: str, rows: int) -> None:
    say(f"{table}: {rows:,} rows")


def _migrate(url: str, wanted: str, *, check: bool) -> int:
    known = upgrade.revisions()
    there = sql.revision(url)
    if wanted not in known:
        raise ValueError(f"there is no revision {wanted}; known: {', '.join(known)}")
    if there is not None and there not in known:
        raise ValueError(
            f"the database has schema {there}, which this version does not know: use the version that made it"
        )
    if there == wanted:
        say(f"the database has schema {wanted}: nothing to do")
        return 0
    said = f"schema {there or 'none'} -> {wanted}"
    if check:
        say(f"{said}: to be done")
        return PENDING
    if there is not None and known.index(wanted) < known.index(there):
        upgrade.downgrade(url, wanted)
    else:
        upgrade.upgrade(url, wanted)
    say(f"{said}: done")
    return 0
