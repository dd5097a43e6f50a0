"""``torana migrate``: bring the database of an installation to the schema of this version."""

from __future__ import annotations

import argparse

from torana.stores import sql
from torana.stores.migrations import upgrade
from torana.wiring.cli import installation
from torana.wiring.cli.say import refuse, say
from torana.wiring.options import Overrides
from torana.wiring.paths import database_url
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Mode

EXAMPLES = """examples:
  torana migrate --check            says what would be done, changes nothing; exit code 3 when there is something
  torana migrate                    brings the database up to date, in one transaction
  torana migrate --to-revision 0001 takes it back, for an older version; what only the newer one keeps is lost

Gateways that run go on with the schema they know while it is changed under a lock; back the database up first.
"""
PENDING = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    installation.add_config_options(parser)
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--to-revision", metavar="REVISION", help="another revision than the newest")


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done."""
    try:
        loaded = installation.loaded(args.config, Overrides(data_dir=args.data_dir), installation.environment(), Mode())
        return _migrate(database_url(loaded.settings), args.to_revision or sql.REVISION, check=args.check)
    except ConfigError as fault:
        return refuse(fault)
    except sql.faults(ValueError) as fault:
        say(f"torana migrate: {fault}", err=True)
        return 1


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
