"""``torana COMMAND``: finds the command's file and runs it.

Each command is one file beside this one with ``EXAMPLES``, ``configure(parser)`` and ``run(args) -> int``; only the one
that is asked for is imported, so that ``torana version`` answers at once. Called by the ``torana`` script.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from torana.wiring.cli.say import say

COMMANDS = {
    "serve": "run the gateway",
    "init": "write a first torana.yaml and .env.example here",
    "keys": "make, list and revoke virtual keys",
    "users": "make, list and change people",
    "tokens": "end tokens that others issued",
    "config": "check, show and compare configurations",
    "audit": "prove the audit trail, take it away as a file",
    "export": "write usage, requests, the audit trail or the configuration into a file",
    "secrets": "seal stored secrets with another key",
    "migrate": "bring the database to the schema of this version",
    "doctor": "look for what would keep the gateway from working here",
    "guardrails": "measure what the guardrails find, and what they miss",
    "dashboard": "show providers, budgets, cost and findings in a browser (extra streamlit)",
    "bench": "measure the gateway beside nginx (in a checkout)",
    "version": "say which version this is",
}
BROKEN_PIPE = 141
"""128 + SIGPIPE, as a program that the signal had ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0: well; 1: a problem was found and said; 2: the command line is wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["--version"], ["-V"]):
        given[0] = "version"
    if not given or given[0] not in COMMANDS:
        overview().parse_args(given or ["--help"])
        return 2
    module = importlib.import_module(f"torana.wiring.cli.{given[0]}")
    parser = argparse.ArgumentParser(
        prog=f"torana {given[0]}",
        description=(module.__doc__ or "").strip().splitlines()[0].split(": ", 1)[-1],
        epilog=module.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    try:
        return int(module.run(parser.parse_args(given[1:])))
    except BrokenPipeError:
        return BROKEN_PIPE
    except KeyboardInterrupt:
        say("", err=True)
        return 130


def overview() -> argparse.ArgumentParser:
    """The parser that knows the commands' names only: for ``--help`` and for words that are no command."""
    width = max(len(name) for name in COMMANDS)
    rows = "\n".join(f"  {name:<{width}}  {about}" for name, about in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="torana",
        description="Torana, the enterprise AI gateway.",
        epilog=f"commands:\n{rows}\n\n`torana COMMAND --help` explains one, with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="torana COMMAND [options]",
    )
    parser.add_argument("command", choices=list(COMMANDS), metavar="COMMAND", help="one of those below")
    return parser
