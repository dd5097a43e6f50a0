"""``torana keys``: make, list and revoke virtual keys in the database of an installation."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from torana.control.names import one_line
from torana.core.clock import Clock, SystemClock
from torana.core.keys import key_digest
from torana.core.snapshot import KeyEntry
from torana.ports.store import Keys
from torana.stores import sql
from torana.wiring import key_desk
from torana.wiring.cli import installation
from torana.wiring.cli.say import refuse, say, table
from torana.wiring.cli.stored import trail_of
from torana.wiring.database import open_keys, open_tree
from torana.wiring.key_desk import KeyDesk
from torana.wiring.keyring import open_keyring
from torana.wiring.options import Overrides
from torana.wiring.paths import database_url, secrets_dir
from torana.wiring.problems import ConfigError, did_you_mean
from torana.wiring.settings import Mode, Settings
from torana.wiring.settings_forms import seconds
from torana.wiring.settings_people_checks import DEFAULT_TENANT, key_id, tree_of
from torana.wiring.tree_overlay import with_tree

EXAMPLES = """examples:
  torana keys create --name "ci bot" --tenant acme --team engineering-team --model "gpt-4o*" --expires 30d
  torana keys list
  torana keys revoke key_0192f3…        takes effect within a second
  torana keys hash < key.txt            the key_hash of a key, for the file

The key is shown once, by `create`: only a keyed digest is stored. Both are in the audit trail.
"""
DAY_S = 86400.0


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of each."""
    ways = parser.add_subparsers(dest="way", metavar="create|list|revoke|hash", required=True)
    create = ways.add_parser("create", help="make a key and print it once", allow_abbrev=False)
    create.add_argument("--name", required=True, type=_name, help="name shown to people")
    create.add_argument("--tenant", default="", help="its tenant (default: the only one there is)")
    create.add_argument("--department", default="", help="its department (default: that of its team)")
    create.add_argument("--team", default="", help="its team")
    create.add_argument("--user", default="", help="its owner")
    create.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help='a model it may use; "gpt-*" by prefix; again for more',
    )
    create.add_argument(
        "--permission", action="append", default=[], metavar="NAME", help="what else it may do; again for more"
    )
    create.add_argument(
        "--ip", action="append", default=[], metavar="CIDR", help="a network it may be used from; again for more"
    )
    create.add_argument("--expires", type=_expiry, metavar="WHEN", help="30d, 12h, or 2027-01-31")
    listing = ways.add_parser("list", help="show the keys of the file and of the database", allow_abbrev=False)
    revoke = ways.add_parser("revoke", help="end a key now", allow_abbrev=False)
    revoke.add_argument("id", help="its id, from `torana keys list`")
    revoke.add_argument("--tenant", default="", help="its tenant (default: looked up)")
    digest = ways.add_parser("hash", help="the key_hash of a key given on standard input", allow_abbrev=False)
    for one in (create, listing, revoke, digest):
        installation.add_config_options(one)
        one.add_argument("--demo", action="store_true", help="as with `serve --demo`: with its tenant and teams")


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done."""
    ways = {"create": _create, "list": _list, "revoke": _revoke, "hash": _hash}
    environ = installation.environment()
    try:
        loaded = installation.loaded(args.config, Overrides(data_dir=args.data_dir), environ, Mode(demo=args.demo))
        return ways[args.way](args, loaded.settings, environ)
    except ConfigError as fault:
        return refuse(fault)
    except sql.faults(ValueError) as fault:
        say(f"torana keys: {fault}", err=True)
        return 1


def _name(text: str) -> str:
    try:
        return one_line(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def _expiry(text: str) -> tuple[str, float]:
    """``30d`` is from now on, a date is itself: (which, seconds)."""
    try:
        if re.match(r"\d{4}-", text):
            moment = datetime.fromisoformat(text)
            return "at", (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return "in", seconds(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write 30d, 12h, or a date such as 2027-01-31") from None


def _store(settings: Settings, clock: Clock) -> Keys:
    """The keys in the database, its tables made or brought up to date."""
    return open_keys(database_url(settings), clock)


def _create(args: argparse.Namespace, settings: Settings, environ: Mapping[str, str]) -> int:
    which, when = args.expires or ("", 0.0)
    tenant, department = _owner(args, settings)
    desk = _desk(settings, environ)
    wanted = KeyEntry(
        key_id="",
        name=args.name,
        prefix="",
        tenant=tenant,
        department=department,
        team=args.team,
        user=args.user,
        models=tuple(args.model) or ("*",),
        permissions=frozenset(args.permission),
        ip_allow=_networks(args.ip),
        expires_at={"at": when, "in": desk.clock.now() + when}.get(which),
    )
    text, key = key_desk.make(desk, wanted)
    say(text)
    until = f", until {_day(wanted.expires_at)}" if wanted.expires_at else ""
    say(f"{key} ({wanted.name}) of {tenant}{until}. Keep the key now: it is not shown again.", err=True)
    return 0


def _desk(settings: Settings, environ: Mapping[str, str]) -> KeyDesk:
    clock, ring = SystemClock(), open_keyring(secrets_dir(settings), environ, dev=True)
    return KeyDesk(database_url(settings), ring.hash_key, clock, trail_of(settings, ring.hash_key, clock))


def _owner(args: argparse.Namespace, settings: Settings) -> tuple[str, str]:
    """Tenant and department of a new key. Raises ValueError for names that the file does not have."""
    url = database_url(settings)
    if sql.revision(url) is not None:
        with closing(open_tree(url)) as stored:
            settings = with_tree(settings, stored.load())
    tree = tree_of(settings)
    named = [name for name in tree.teams if name != DEFAULT_TENANT]
    tenant = args.tenant or (named[0] if len(named) == 1 else DEFAULT_TENANT)
    if not args.tenant and len(named) > 1:
        raise ValueError(f"--tenant is needed: one of {', '.join(sorted(named))}")
    _known("tenant", tenant, tree.teams)
    _known("team", args.team, tree.teams[tenant])
    _known("department", args.department, tree.departments[tenant])
    return tenant, args.department or tree.teams[tenant].get(args.team, "")


def _known(what: str, name: str, names: Any) -> None:
    if name and name not in names:
        near = did_you_mean(name, names)
        raise ValueError(
            f'{what} "{name}" is not in tenants of the configuration or the database' + (f" ({near})" if near else "")
        )


def _networks(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(ip_network(text, strict=False)) for text in texts)


def _list(args: argparse.Namespace, settings: Settings, environ: Mapping[str, str]) -> int:
    clock = SystemClock()
    now = clock.now()
    rows = [
        [
            key_id(one),
            one.name,
            one.tenant,
            one.team,
            one.user,
            ",".join(one.models),
            _state(False, one.expires_at, now),
            "file",
        ]
        for one in settings.keys
    ]
    if sql.revision(database_url(settings)) is not None:
        with closing(_store(settings, clock)) as store:
            stored = store.load()
        current: dict[str, KeyEntry] = {}
        for row in stored:
            current.setdefault(row.entry.key_id, row.entry)  # in its grace period a rotated key comes twice
        for one in current.values():
            state = _state(one.revoked, one.expires_at, now)
            rows.append([one.key_id, one.name, one.tenant, one.team, one.user, ",".join(one.models), state, one.prefix])
    if not rows:
        say("no keys yet; `torana keys create --name first` makes one", err=True)
        return 0
    say(table(["id", "name", "tenant", "team", "user", "models", "state", "key"], rows))
    return 0


def _state(revoked: bool, expires_at: float | None, now: float) -> str:
    if revoked:
        return "revoked"
    if expires_at is None:
        return "active"
    return f"until {_day(expires_at)}" if expires_at > now else f"expired {_day(expires_at)}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _revoke(args: argparse.Namespace, settings: Settings, environ: Mapping[str, str]) -> int:
    clock = SystemClock()
    if any(key_id(one) == args.id for one in settings.keys):
        raise ValueError(f"{args.id} is a key of the file: remove its row there, and it ends with the next reload")
    with closing(_store(settings, clock)) as store:
        known = [one.entry for one in store.load()]
        found = [one for one in known if one.key_id == args.id]
        tenant = args.tenant or (found[0].tenant if found else "")
    if not key_desk.end(_desk(settings, environ), tenant, args.id):
        near = did_you_mean(args.id, [one.key_id for one in known])
        raise ValueError(f"there is no key {args.id}" + (f" ({near})" if near.startswith("did") else ""))
    say(f"{args.id} is revoked")
    return 0


def _hash(args: argparse.Namespace, settings: Settings, environ: Mapping[str, str]) -> int:
    text = sys.stdin.readline().strip()
    if not text:
        raise ValueError("give the key on standard input: torana keys hash < key.txt")
    ring = open_keyring(secrets_dir(settings), environ, dev=True)
    say(key_digest(ring.hash_key, text).hex())
    return 0
