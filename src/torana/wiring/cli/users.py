"""``torana users``: make, list and change the people of an installation, in its database."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from torana.control.auth.people_rows import ACTIVE, INVITED, SUSPENDED
from torana.control.auth.shapes import Email
from torana.control.people.shapes import Name
from torana.control.people.user_queries import User
from torana.control.people_desk import Letter
from torana.control.permissions import ROLES, SERVICE
from torana.core.clock import SystemClock
from torana.core.errors import GatewayError
from torana.core.keys import digester
from torana.core.secret import Secret
from torana.stores import sql
from torana.wiring import user_desk
from torana.wiring.cli import installation
from torana.wiring.cli.say import refuse, say, table
from torana.wiring.cli.stored import trail_of
from torana.wiring.database import open_tree
from torana.wiring.keyring import open_keyring
from torana.wiring.letters import link
from torana.wiring.options import Overrides
from torana.wiring.paths import database_url, secrets_dir
from torana.wiring.peopling import place
from torana.wiring.problems import ConfigError, did_you_mean
from torana.wiring.settings import Mode, Settings
from torana.wiring.tree_overlay import with_tree
from torana.wiring.user_desk import NewPerson, UserDesk

EXAMPLES = """examples:
  torana users create ann@acme.example --tenant acme --role admin       prints a link by which she sets a password
  torana users create root@acme.example --tenant acme --role admin --operator   who also runs the installation
  torana users create bo@acme.example --tenant acme --role user --team books --password-stdin < password.txt
  torana users list --tenant acme --status active
  torana users role bo@acme.example manager --tenant acme
  torana users suspend bo@acme.example --tenant acme                    sessions and tokens end, keys are refused
  torana users activate bo@acme.example --tenant acme
  torana users password ann@acme.example --tenant acme                  a new link; when it is used, old sessions end

A running gateway knows within a second. Links work once, within an hour. Every change is in the audit trail.
"""
GIVEN = tuple(one for one in ROLES if one not in (SERVICE, "operator"))
"""The roles of people."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of each."""
    ways = parser.add_subparsers(dest="way", metavar="list|create|role|suspend|activate|password", required=True)
    listing = ways.add_parser("list", help="show people, never their passwords", allow_abbrev=False)
    listing.add_argument("--status", choices=(ACTIVE, INVITED, SUSPENDED), default="", help="only these")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.add_argument("--tenant", default="", help="whose (default: all)")
    create = ways.add_parser("create", help="make somebody and print the link that lets them in", allow_abbrev=False)
    role = ways.add_parser("role", help="give somebody another role", allow_abbrev=False)
    suspend = ways.add_parser("suspend", help="let somebody in no more", allow_abbrev=False)
    activate = ways.add_parser("activate", help="let somebody in again", allow_abbrev=False)
    password = ways.add_parser(
        "password", help="print a link by which somebody sets a new password", allow_abbrev=False
    )
    for one in (create, role, suspend, activate, password):
        one.add_argument("email", metavar="EMAIL", type=_email, help="their address")
        one.add_argument("--tenant", default="", help="their tenant (default: the only one there is)")
    role.add_argument("role", choices=GIVEN, metavar="ROLE", help=", ".join(GIVEN))
    role.add_argument(
        "--operator",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="let them run the installation besides, or no more (default: as it was)",
    )
    create.add_argument(
        "--operator",
        action="store_true",
        help="let them run the installation besides: tenants, what is everybody's, reload",
    )
    create.add_argument("--role", choices=GIVEN, required=True, help="what they may do")
    create.add_argument(
        "--name", type=_name, default=None, help="name shown to people (default: the address before the @)"
    )
    create.add_argument("--department", default="", help="their department (default: that of the team)")
    create.add_argument("--team", default="", help="their team")
    create.add_argument(
        "--password-stdin", action="store_true", help="take their password from standard input, instead of a link"
    )
    for one in (listing, create, role, suspend, activate, password):
        installation.add_config_options(one)
        one.add_argument("--demo", action="store_true", help="as with `serve --demo`: with its tenant and teams")


def run(args: argparse.Namespace) -> int:
    """Do it. 1 when it cannot be done."""
    ways = {
        "list": _list, "create": _create, "role": _role, "suspend": _status, "activate": _status, "password": _password,
    }  # fmt: skip
    environ = installation.environment()
    try:
        loaded = installation.loaded(args.config, Overrides(data_dir=args.data_dir), environ, Mode(demo=args.demo))
        return ways[args.way](args, _in_force(loaded.settings))
    except ConfigError as fault:
        return refuse(fault)
    except GatewayError as fault:
        say(f"torana users: {fault.message}", err=True)
        return 1
    except sql.faults(ValueError) as fault:
        say(f"torana users: {fault}", err=True)
        return 1


def _email(text: str) -> str:
    try:
        found: str = TypeAdapter(Email).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError("this is no e-mail address: write name@host") from None
    return found


def _name(text: str) -> str:
    try:
        found: str = TypeAdapter(Name).validate_python(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(
            "a name is one line of 1 to 120 characters, of which something is seen"
        ) from None
    return found


def _in_force(settings: Settings) -> Settings:
    """The configuration with the tenants of the database."""
    url = database_url(settings)
    if not sql.check(url):
        return settings
    rows = open_tree(url)
    try:
        return with_tree(settings, rows.load())
    finally:
        rows.close()


def _desk(settings: Settings) -> UserDesk:
    clock = SystemClock()
    ring = open_keyring(secrets_dir(settings), installation.environment(), dev=True)
    places = {one.id: place(one, None) for one in settings.tenants}
    return UserDesk(
        database_url(settings), places, digester(ring.hash_key), clock, trail_of(settings, ring.hash_key, clock)
    )


def _tenant(given: str, settings: Settings) -> str:
    """The tenant meant. Raises ValueError for one that there is not."""
    names = sorted(one.id for one in settings.tenants)
    if not names:
        raise ValueError("there is no tenant yet: name one in tenants of the configuration, or make one in the console")
    if not given and len(names) > 1:
        raise ValueError(f"--tenant is needed: one of {', '.join(names)}")
    tenant = given or names[0]
    if tenant not in names:
        near = did_you_mean(tenant, names)
        there = f"there are: {', '.join(names)}"
        near = f"{near}; " if near.startswith("did") else ""
        raise ValueError(f'tenant "{tenant}" is not in the configuration or the database ({near}{there})')
    return tenant


def _list(args: argparse.Namespace, settings: Settings) -> int:
    names = [_tenant(args.tenant, settings)] if args.tenant else sorted(one.id for one in settings.tenants)
    url = database_url(settings)
    found = [user for name in names for user in user_desk.people(url, name, args.status)]
    if args.json:
        say(json.dumps([_plain(one) for one in found], indent=2, ensure_ascii=False))
        return 0
    if not found:
        say("nobody; `torana users create EMAIL --role admin` makes the first", err=True)
        return 0
    heads = ("id", "email", "name", "role", "status", "tenant", "department", "team", "last sign-in", "operator")
    say(table(heads, [["yes" if cell is True else str(cell or "") for cell in _plain(one).values()] for one in found]))
    return 0


def _plain(user: User) -> dict[str, Any]:
    """What is shown of somebody."""
    last = user.last_sign_in_at
    names = ("id", "email", "name", "role", "status", "tenant", "department", "team")
    return {
        **{name: getattr(user, name) for name in names},
        "last_sign_in_at": None if last is None else datetime.fromtimestamp(last, UTC).isoformat(timespec="seconds"),
        "operator": bool(user.operator),
    }


def _create(args: argparse.Namespace, settings: Settings) -> int:
    tenant = _tenant(args.tenant, settings)
    password = None
    if args.password_stdin:
        text = sys.stdin.readline().rstrip("\r\n")
        if not text:
            raise ValueError("give the password on standard input, or leave --password-stdin out for a link")
        password = Secret(text)
    wanted = NewPerson(args.email, args.role, args.name or "", args.department, args.team, password, args.operator)
    made = user_desk.create(_desk(settings), tenant, wanted)
    besides = ", and operates the installation" if args.operator else ""
    say(f"{made.person.id} ({made.person.email}) is {args.role} of {tenant}{besides}", err=True)
    if made.letter is not None:
        _say_link(made.letter, settings)
    if made.first and not args.operator and settings.auth.registration == "first":
        say(
            'They are the first person here, and no operator: with auth.registration "first" nobody can register as'
            f" operator any more. `torana users role {args.email} {args.role} --operator` makes them one.",
            err=True,
        )  # fmt: skip
    return 0


def _role(args: argparse.Namespace, settings: Settings) -> int:
    tenant = _tenant(args.tenant, settings)
    before = user_desk.change(_desk(settings), tenant, args.email, role=args.role, operator=args.operator)
    say(f"{args.email} is {args.role} of {tenant}, and was {before.role}")
    if args.operator is not None and args.operator != bool(before.operator):
        say("They operate the installation now." if args.operator else "They operate the installation no more.")
    return 0


def _status(args: argparse.Namespace, settings: Settings) -> int:
    tenant = _tenant(args.tenant, settings)
    status = SUSPENDED if args.way == "suspend" else ACTIVE
    before = user_desk.change(_desk(settings), tenant, args.email, status=status)
    say(f"{args.email} of {tenant} is {status}, and was {before.status}")
    return 0


def _password(args: argparse.Namespace, settings: Settings) -> int:
    tenant = _tenant(args.tenant, settings)
    _say_link(user_desk.give_reset(_desk(settings), tenant, args.email), settings)
    return 0


def _say_link(letter: Letter, settings: Settings) -> None:
    """The link alone on standard output. Without an address of the console, only its path."""
    until = datetime.fromtimestamp(letter.expires_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    say(link(letter, settings.auth.mail))
    where = "" if settings.auth.mail.public_url else "Put the address of the console before it (auth.mail.public_url). "
    say(f"{where}By this link they set a password, once, until {until}. It is not shown again.", err=True)
