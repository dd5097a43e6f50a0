"""``torana secrets``: seal what is sealed in the database with another master key."""

from __future__ import annotations

import argparse

from torana.core.secret import Secret
from torana.stores import sql
from torana.wiring.cli import installation
from torana.wiring.cli.say import refuse, say
from torana.wiring.cli.stored import desk_of
from torana.wiring.keyring import demand_strong
from torana.wiring.object_desk import reseal
from torana.wiring.problems import ConfigError, Place
from torana.wiring.sealing import MASTER, Unsealable, sealer_with

NEW = "TORANA_NEW_MASTER_KEY"
EXAMPLES = f"""examples:
  export {NEW}=$(openssl rand -base64 48)
  torana secrets reencrypt       from {MASTER}, or the file in the data folder, to {NEW}

Then start every gateway with the new key as {MASTER}. Until then those that run keep what they know, and take no change.
Keys are given by the environment: command lines are seen by others of the host.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    ways = parser.add_subparsers(dest="way", metavar="reencrypt", required=True)
    one = ways.add_parser("reencrypt", help="all versions of all stored objects, or none", allow_abbrev=False)
    installation.add_config_options(one)


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done."""
    try:
        given = installation.environment().get(NEW, "").strip()
        demand_strong(given, Place("environment"), NEW, None)
        count = reseal(desk_of(args), sealer_with(Secret(given)))
    except ConfigError as fault:
        return refuse(fault)
    except sql.faults(ValueError, Unsealable) as fault:
        say(f"torana secrets: {fault}; nothing was changed", err=True)
        return 1
    say(f"{count} version{'' if count == 1 else 's'} sealed with the new key: give it as {MASTER} from now on")
    return 0
