"""``torana config import-litellm`` and ``import-portkey``: other gateways' configurations as ours, with a report.

It writes no file that is there already. Part of ``torana config``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from torana.wiring import find
from torana.wiring.available import Available
from torana.wiring.cli.say import say, say_problems
from torana.wiring.imports.check import loaded
from torana.wiring.imports.draft import Imported
from torana.wiring.imports.litellm import import_litellm
from torana.wiring.imports.portkey import import_portkey
from torana.wiring.problems import ConfigError
from torana.wiring.settings import read_bytes
from torana.wiring.settings_not_yet import NOT_YET

UNREADABLE = 2


def configure(ways: Any) -> None:
    """Their options. ``ways``: the sub-commands of ``torana config``."""
    litellm = ways.add_parser("import-litellm", help="a LiteLLM proxy's YAML as our configuration", allow_abbrev=False)
    portkey = ways.add_parser("import-portkey", help="a Portkey config (JSON) as our configuration", allow_abbrev=False)
    for one in (litellm, portkey):
        one.add_argument("file", type=Path, metavar="FILE", help="the file to import")
        one.add_argument("--out", type=Path, metavar="FILE", help="a new file (default: standard output)")
        one.add_argument("--report", type=Path, metavar="FILE", help="the report as a new file too")
    portkey.add_argument("--model", default="", metavar="NAME", help="what applications ask for (default: the first)")


def run(args: argparse.Namespace) -> int:
    """Import. 0: all was carried; 1: something was not; 2: a file cannot be read or written."""
    available = find.available()
    try:
        result = _imported(args, available)
    except ConfigError as fault:
        say_problems(fault.problems)
        return UNREADABLE
    report = result.findings.text()
    if not _written(args, result.text, report):
        return UNREADABLE
    say(report.rstrip("\n"), err=True)
    try:
        loaded(result, available)
    except ConfigError as fault:
        say_problems(fault.problems)
        say("the result does not load: this is a fault of the import, please report it", err=True)
        return 1
    return 0 if result.findings.complete else 1


def _imported(args: argparse.Namespace, available: Available) -> Imported:
    data, name = read_bytes(args.file), str(args.file)
    if args.way == "import-portkey":
        return import_portkey(data, name, available, args.model)
    return import_litellm(data, name, available, frozenset(one.what for one in NOT_YET))


def _written(args: argparse.Namespace, text: str, report: str) -> bool:
    """Write what was asked for; False, said, when a file is there already or cannot be written."""
    for path in (args.out, args.report):
        if path is not None and path.exists():
            say(f"{path} is there already and stays as it is", err=True)
            return False
    try:
        for path, content in ((args.out, text), (args.report, report)):
            if path is not None:
                with path.open("x", encoding="utf-8") as file:
                    file.write(content)
    except OSError as fault:
        say(f"{fault.filename}: {fault.strerror}", err=True)
        return False
    if args.out is None:
        say(text.rstrip("\n"))
    return True
