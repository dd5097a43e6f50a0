"""``torana config export|apply|diff``: what is stored, as code, of a database or of a running gateway.

It judges nothing itself. Called by ``config``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from torana.core.clock import Clock, SystemClock
from torana.core.errors import GatewayError
from torana.records.entries import Entries
from torana.wiring import find, withdrawing
from torana.wiring.auditing import Auditing
from torana.wiring.cli import installation
from torana.wiring.cli.say import say, say_problems
from torana.wiring.environment import Environ
from torana.wiring.keyring import open_keyring
from torana.wiring.masking import mask_of
from torana.wiring.object_desk import Desk, changes, exported, keep, problems_of, stored_rows
from torana.wiring.object_documents import document_of
from torana.wiring.object_overlay import row_beneath
from torana.wiring.object_pages import differing
from torana.wiring.objecting import laying_of
from torana.wiring.options import Overrides
from torana.wiring.paths import secrets_dir
from torana.wiring.sealing import sealer_of
from torana.wiring.secret_stores import send
from torana.wiring.settings import Mode, Settings

KEY = "TORANA_API_KEY"
"""The key for a running gateway: command lines are seen by others of the host."""
ADMIN = "/api/v1/admin"
OK = 200


class _Quiet:
    """A log that nobody reads: the command says what is to be said."""

    def info(self, event: str, **fields: object) -> None:
        """Nothing."""

    warning = error = info


def configure(ways: Any) -> None:
    """The options of each."""
    diff = ways.add_parser("diff", help="compare two files, or what is stored with a file", allow_abbrev=False)
    diff.add_argument("old", nargs="?", type=Path, metavar="FILE")
    diff.add_argument("new", nargs="?", type=Path, metavar="OTHER", help="another file: only the two are compared")
    export = ways.add_parser("export", help="what is stored, as YAML", allow_abbrev=False)
    export.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    apply_ = ways.add_parser("apply", help="write what a YAML file says, all or nothing", allow_abbrev=False)
    apply_.add_argument("file", type=Path, metavar="FILE")
    for one in (diff, apply_):
        one.add_argument("--prune", action="store_true", help="withdraw stored objects that the file does not name")
    gone = ways.add_parser("withdraw", help="withdraw what is stored of one name", allow_abbrev=False)
    gone.add_argument("kind", metavar="KIND", help="models, providers, limits, budgets, guardrails, policies …")
    gone.add_argument("name", metavar="NAME")
    gone.add_argument("--tenant", default="", help="whose it is (default: the installation's)")
    installation.add_config_options(gone)
    apply_.add_argument("--dry-run", action="store_true", help="say what would change")
    for one in (diff, export, apply_):
        installation.add_config_options(one)
        one.add_argument("--url", metavar="URL", help=f"a running gateway, with an admin's key in {KEY}")


def export(args: argparse.Namespace) -> int:
    """Print what is stored, or write it to a file."""
    try:
        text = _ask(args.url, "GET", "/config/export") if args.url else exported(desk_of(args))
    except GatewayError as fault:
        return _refuse(fault)
    if args.out is None:
        say(text.rstrip("\n"))
    else:
        args.out.write_text(text, encoding="utf-8")
    return 0


def apply(args: argparse.Namespace) -> int:
    """Write what a file says."""
    return _applied(args, args.file, args.dry_run)


def diff(args: argparse.Namespace) -> int:
    """What a file would change; without one, what is stored beside the configuration. 1: something."""
    if args.old is not None:
        return min(1, _applied(args, args.old, dry_run=True, counts=True))
    try:
        lines = _beside(args)
    except GatewayError as fault:
        return _refuse(fault)
    say("\n".join(lines) if lines else "nothing is stored", err=not lines)
    return 1 if lines else 0


def withdraw(args: argparse.Namespace) -> int:
    """Withdraw one row."""
    try:
        left = withdrawing.withdraw(desk_of(args), args.tenant, args.kind, args.name)
    except GatewayError as fault:
        return _refuse(fault)
    whose = f" of {args.tenant}" if args.tenant else ""
    say(f"withdrawn {args.kind} {args.name}{whose}; running gateways know within a second")
    say_problems(left)
    return 0


def _applied(args: argparse.Namespace, file: Path, dry_run: bool, counts: bool = False) -> int:
    """0: done; with ``counts``, 1 when there is something to change."""
    try:
        text = file.read_text(encoding="utf-8")
        rows = _apply_there(args, text, dry_run) if args.url else _apply_here(args, text, dry_run)
    except GatewayError as fault:
        return _refuse(fault)
    except OSError as fault:
        say(f"{file}: cannot be read: {fault.strerror}", err=True)
        return 2
    for change, kind, name, tenant in rows:
        say(f"{change} {kind} {name}" + (f" of {tenant}" if tenant else ""))
    if not rows:
        say("nothing differs", err=True)
    return 1 if counts and rows else 0


Rows = list[tuple[str, str, str, str]]


def _apply_here(args: argparse.Namespace, text: str, dry_run: bool) -> Rows:
    desk = desk_of(args)
    counted, rows = changes(desk, text, args.prune)
    if rows and not dry_run:
        keep(desk, rows, counted)
    return [("withdrawn" if one.document is None else "written", one.kind, one.name, one.tenant) for one in rows]


def _apply_there(args: argparse.Namespace, text: str, dry_run: bool) -> Rows:
    body = {"yaml": text, "prune": args.prune, "dry_run": dry_run}
    said = json.loads(_ask(args.url, "POST", "/config/apply", body))
    return [(one["change"], one["kind"], one["name"], one["tenant"]) for one in said["changes"]]


def _beside(args: argparse.Namespace) -> list[str]:
    lines: list[str] = []
    if args.url:
        for one in json.loads(_ask(args.url, "GET", "/config/diff"))["items"]:
            lines += _told(f"{one['kind']} {one['name']}", one["tenant"], one["fields"])
        return lines
    desk = desk_of(args)
    for row in stored_rows(desk):
        beneath = row_beneath(desk.settings, row.tenant, row.kind, row.name)
        file = None if beneath is None else document_of(desk.settings, row.kind, beneath)
        lines += _told(f"{row.kind} {row.name}", row.tenant, differing(file, row.document))
    return lines


def _told(name: str, tenant: str, fields: Any) -> list[str]:
    """``- path: value`` of the file, ``+ path: value`` of what is stored."""
    begin = f"{name}@{tenant}" if tenant else name
    lines = []
    for one in fields:
        for sign, side in (("-", "file"), ("+", "stored")):
            if one[side] is not None:
                lines.append(f"{sign} {begin}: {one['field']}: {one[side]}")
    return lines


def desk_of(args: argparse.Namespace) -> Desk:
    """The database of the installation. Raises ConfigError."""
    return desk_at(args.config, args)


def desk_at(file: Path | None, args: argparse.Namespace) -> Desk:
    """The same, with this file. Raises ConfigError."""
    environ = installation.environment()
    settings = installation.loaded(
        file, Overrides(data_dir=args.data_dir), environ, Mode(demo=getattr(args, "demo", False))
    ).settings
    ring = open_keyring(secrets_dir(settings), environ, dev=True)
    sealer = sealer_of(secrets_dir(settings), environ)
    clock = SystemClock()
    trail = trail_of(settings, ring.hash_key, clock)
    return Desk(settings, laying_of(find.available(), sealer, environ), clock, trail, "torana config")


def trail_of(settings: Settings, hash_key: bytes, clock: Clock) -> Auditing:
    """The audit trail in the database of the installation; nothing is sent on to places outside."""
    return Auditing(mask_of(settings.audit, hash_key), clock, Entries(None, (), clock, _Quiet()))


def _ask(url: str, method: str, path: str, body: object | None = None) -> str:
    """The answer of a running gateway. Raises GatewayError with what it refused."""
    environ: Environ = installation.environment()
    key = environ.get(KEY, "").strip()
    if not key:
        raise GatewayError("KEY_INVALID", f"{KEY} is not set: give an admin's key of {url} in it.")
    if urlsplit(url).scheme not in ("http", "https"):
        raise GatewayError("REQUEST_INVALID", f"{url!r} is no address of a gateway.")
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    sent = b"" if body is None else json.dumps(body).encode()
    try:
        answered = send(method, f"{url.rstrip('/')}{ADMIN}{path}", headers, sent)
    except OSError as fault:
        raise GatewayError("OVERLOADED", f"{url} cannot be reached: {fault}") from fault
    text = answered.body.decode("utf-8", "replace")
    if answered.status == OK:
        return text
    try:
        said = json.loads(text)
        raise GatewayError("REQUEST_INVALID", str(said["message"]), details=said.get("details") or {})
    except (ValueError, KeyError, TypeError):
        raise GatewayError("OVERLOADED", f"{url} answered {answered.status}.") from None


def _refuse(fault: GatewayError) -> int:
    for line in problems_of(fault):
        say(f"torana config: {line}", err=True)
    return 2
