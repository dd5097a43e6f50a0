"""``torana tokens``: end tokens that others issued, in the database of an installation."""

from __future__ import annotations

import argparse
import getpass
from contextlib import closing
from datetime import UTC, datetime

from torana.control.audit.entries import Actor, Entry
from torana.core.clock import SystemClock
from torana.core.tokens import BY_ID, BY_SUBJECT, Revocation
from torana.stores import sql
from torana.wiring.cli import installation
from torana.wiring.cli.say import refuse, say, table
from torana.wiring.cli.stored import trail_of
from torana.wiring.database import has_schema, open_revocations
from torana.wiring.keyring import open_keyring
from torana.wiring.options import Overrides
from torana.wiring.paths import database_url, secrets_dir
from torana.wiring.problems import ConfigError, did_you_mean
from torana.wiring.settings import Mode, Settings
from torana.wiring.settings_people_checks import DEFAULT_TENANT, tree_of

EXAMPLES = """examples:
  torana tokens revoke --jti zP7qozWgrkf1
  torana tokens revoke --subject ananya@acme.example          all that were issued before now
  torana tokens revoke --subject ananya@acme.example --before 2027-01-31T09:00:00Z --issuer https://login.example.com/
  torana tokens list

A running gateway knows within a second. Tokens that are issued afterwards count again: the issuer must end the account.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of each."""
    ways = parser.add_subparsers(dest="way", metavar="revoke|list", required=True)
    revoke = ways.add_parser("revoke", help="end a token, or all of a subject", allow_abbrev=False)
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("--jti", help="the id of one token")
    which.add_argument("--subject", help="the `sub` of tokens, or the user that they stand for")
    revoke.add_argument("--before", type=_moment, metavar="WHEN", help="with --subject: issued before (default: now)")
    revoke.add_argument("--issuer", default="", help="whose tokens (default: every issuer's)")
    revoke.add_argument("--tenant", default="", help="their tenant (default: the only one there is)")
    listing = ways.add_parser("list", help="show what was revoked", allow_abbrev=False)
    for one in (revoke, listing):
        installation.add_config_options(one)
        one.add_argument("--demo", action="store_true", help="as with `serve --demo`: with its tenant")


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done."""
    ways = {"revoke": _revoke, "list": _list}
    try:
        overrides = Overrides(data_dir=args.data_dir)
        loaded = installation.loaded(args.config, overrides, installation.environment(), Mode(demo=args.demo))
        return ways[args.way](args, loaded.settings)
    except ConfigError as fault:
        return refuse(fault)
    except sql.faults(ValueError) as fault:
        say(f"torana tokens: {fault}", err=True)
        return 1


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write a date such as 2027-01-31T09:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _revoke(args: argparse.Namespace, settings: Settings) -> int:
    now = SystemClock().now()
    if args.before is not None and args.jti:
        raise ValueError("--before goes with --subject")
    before = now if args.before is None else args.before
    if before > now:
        raise ValueError("--before lies in the future: whoever signs in again would be refused until then")
    tenant = _tenant(args.tenant, settings)
    if args.jti:
        row = Revocation(tenant, BY_ID, args.jti, issuer=args.issuer)
    else:
        row = Revocation(tenant, BY_SUBJECT, args.subject, before, args.issuer)
    with closing(open_revocations(database_url(settings))) as store:
        store.add(row, f"command line, {getpass.getuser()}", now)
    _tell(settings, row)
    say(f"revoked in {tenant}: {_shown(row)}")
    return 0


def _tell(settings: Settings, row: Revocation) -> None:
    """Write it into the audit trail."""
    clock = SystemClock()
    ring = open_keyring(secrets_dir(settings), installation.environment(), dev=True)
    trail = trail_of(settings, ring.hash_key, clock)
    target = f"token:{row.value}" if row.kind == BY_ID else f"user:{row.value}"
    told = {"kind": row.kind, "named": row.value, "issuer": row.issuer}
    with closing(sql.connect(database_url(settings))) as connection, connection:
        trail.append(
            connection, Actor(row.tenant, "system", "torana tokens"), Entry("security", "tokens.revoke", target, told)
        )


def _tenant(given: str, settings: Settings) -> str:
    tenants = tree_of(settings).teams
    named = [tenant for tenant in tenants if tenant != DEFAULT_TENANT]
    if not given and len(named) > 1:
        raise ValueError(f"--tenant is needed: one of {', '.join(sorted(named))}")
    tenant = given or (named[0] if named else DEFAULT_TENANT)
    if tenant not in tenants:
        near = did_you_mean(tenant, tenants)
        raise ValueError(f'tenant "{tenant}" is not in tenants of the configuration' + (f" ({near})" if near else ""))
    return tenant


def _list(args: argparse.Namespace, settings: Settings) -> int:
    url = database_url(settings)
    rows = []
    if has_schema(url):
        with closing(open_revocations(url)) as store:
            rows = [[one.tenant, one.issuer or "every", _shown(one)] for one in store.load()]
    if not rows:
        say("no token was revoked", err=True)
        return 0
    say(table(["tenant", "issuer", "tokens"], rows))
    return 0


def _shown(row: Revocation) -> str:
    if row.kind == BY_ID:
        return f"the token {row.value}"
    return f"those of {row.value} issued before {datetime.fromtimestamp(row.before, UTC):%Y-%m-%d %H:%M:%S} UTC"
