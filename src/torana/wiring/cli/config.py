"""``torana config``: check, show, compare and import configurations, and list what they may name."""

from __future__ import annotations

import argparse
from pathlib import Path

from torana.core.clock import SystemClock
from torana.wiring import find
from torana.wiring.cli import imports, installation, stored
from torana.wiring.cli.say import refuse, say, say_problems, table
from torana.wiring.keyring import weak_ones
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.rehearsing import rehearsed
from torana.wiring.settings import Loaded, Mode
from torana.wiring.settings_issuers import own_jwt_secret
from torana.wiring.settings_page import page
from torana.wiring.settings_text import differences, shown
from torana.wiring.withdrawing import misfits

EXAMPLES = """examples:
  torana config check                     the file that `serve` would read, with the environment as it is now
  torana config check other.yaml          every problem with file, line and column
  torana config check --stored            also whether the rows in the database fit it, and what to do with those that do not
  torana config withdraw models cheap --tenant acme     withdraw a stored row, without a running gateway
  torana config show                      what is in force after file, environment and defaults; secrets masked
  torana config diff old.yaml new.yaml    which settings of two files differ
  torana config diff                      what was written in the console or by the API, beside the file
  torana config export --out stored.yaml  the same as YAML: providers, models, limits, budgets …; secrets as masks
  torana config diff stored.yaml          what `apply` would change
  torana config apply stored.yaml         write all of it, or nothing; again: nothing changes. --prune withdraws the rest
  torana config apply stored.yaml --url https://gateway.example     of a running gateway, with the key in TORANA_API_KEY
  torana config kinds                     kinds of provider, strategies, guardrails
  torana config reference                 every setting and environment name (docs/configuration.md)
  torana config import-litellm config.yaml --out torana.yaml     a LiteLLM proxy's file as ours, and what was lost
  torana config import-portkey config.json --report report.txt   a Portkey config as ours, on standard output

exit codes: 0 well (diff: the same; import: all carried), 1 errors (diff: different; import: something was lost),
2 wrong use (import: a file that cannot be read or written)
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of each."""
    ways = parser.add_subparsers(
        dest="way",
        metavar="check|show|diff|export|apply|withdraw|kinds|reference|import-litellm|import-portkey",
        required=True,
    )
    for name, about in (("check", "find every problem"), ("show", "print what is in force")):
        one = ways.add_parser(name, help=about, allow_abbrev=False)
        one.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: the file that `serve` would read")
        one.add_argument("--config", type=Path, metavar="FILE", help="the same, as other commands have it")
        one.add_argument("--demo", action="store_true", help="as with `serve --demo`")
        one.add_argument("--dev", action="store_true", help="as with `serve --dev`: weak secrets are let pass")
        if name == "check":
            one.add_argument("--stored", action="store_true", help="also whether what is stored in the database fits")
            one.add_argument("--data-dir", metavar="D", help="folder for database and secrets, for --stored")
    stored.configure(ways)
    ways.add_parser("kinds", help="list what a configuration may name")
    ways.add_parser("reference", help="print the reference of settings")
    imports.configure(ways)


def run(args: argparse.Namespace) -> int:
    """Do it."""
    ways = {"check": _check, "show": _show, "diff": _diff, "kinds": _kinds, "reference": _reference}
    ways |= {"export": stored.export, "apply": stored.apply, "withdraw": stored.withdraw}
    ways |= {"import-litellm": imports.run, "import-portkey": imports.run}
    if args.way in ("check", "show") and args.file is None:
        args.file = args.config
    try:
        return ways[args.way](args)
    except ConfigError as fault:
        return refuse(fault)


def _read(file: Path | None, demo: bool = False) -> Loaded:
    return installation.loaded(file, Overrides(), installation.environment(), Mode(demo=demo))


def _check(args: argparse.Namespace) -> int:
    try:
        loaded = _read(args.file, args.demo)
    except ConfigError as fault:
        say_problems(fault.warnings)
        say_problems(fault.problems)
        say(f"{_count(len(fault.problems), 'error')}, {_count(len(fault.warnings), 'warning')}", err=True)
        return 1
    say_problems(loaded.warnings)
    weak = weak_ones(installation.environment(), own_jwt_secret(loaded.settings), dev=args.dev)
    if refused := [*(one for one in weak if one.level == "error"), *rehearsed(loaded.settings, SystemClock())]:
        say_problems(refused)
        say(f"{_count(len(refused), 'error')}, {_count(len(loaded.warnings), 'warning')}", err=True)
        return 1
    name = loaded.source or "no file; defaults and environment"
    if args.stored and (problems := misfits(stored.desk_at(args.file, args))):
        say_problems(problems)
        say(f"{name}: good by itself; what is stored does not fit it", err=True)
        return 1
    say(f"{name}: good, {_count(len(loaded.warnings), 'warning')}")
    return 0


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _show(args: argparse.Namespace) -> int:
    loaded = _read(args.file, args.demo)
    say_problems(loaded.warnings)
    say(shown(loaded.settings).rstrip("\n"))
    return 0


def _diff(args: argparse.Namespace) -> int:
    if args.new is None:
        return stored.diff(args)
    lines = differences(_read(args.old).settings, _read(args.new).settings)
    if not lines:
        say("no setting differs", err=True)
        return 0
    say("\n".join(lines))
    return 1


def _kinds(args: argparse.Namespace) -> int:
    known = find.available()
    rows = [["provider", name, one.secret] for name, one in sorted(known.providers.items())]
    rows += [["strategy", name, ""] for name in sorted(known.strategies)]
    rows += [["guardrail", name, ""] for name in sorted(known.guardrails)]
    say(table(["what", "kind", "key in the environment"], rows))
    return 0


def _reference(args: argparse.Namespace) -> int:
    say(page(find.available()).rstrip("\n"))
    return 0
