"""``torana doctor``: look for what would keep the gateway from working here, and say what to do about it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from torana.core.clock import SystemClock
from torana.wiring.cli import installation
from torana.wiring.cli.findings import (
    FAIL,
    MARKS,
    OK,
    WARN,
    Finding,
    look_at_clock,
    look_at_data_dir,
    look_at_file_limit,
    look_at_packages,
    look_at_port,
    look_at_providers,
    look_at_python,
)
from torana.wiring.cli.say import say
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.rehearsing import rehearsed
from torana.wiring.settings import Loaded, Mode

EXAMPLES = """examples:
  torana doctor                     looks at this machine only
  torana doctor --connect           also opens a TCP connection to each provider, and sends nothing
  torana doctor --config other.yaml

exit codes: 0 nothing failed, 1 something did
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    installation.add_config_options(parser)
    parser.add_argument("--port", type=installation.port, help="as with `serve --port`")
    parser.add_argument("--demo", action="store_true", help="as with `serve --demo`")
    parser.add_argument("--connect", action="store_true", help="also try to reach each provider (TCP connect only)")


def run(args: argparse.Namespace) -> int:
    """Look at everything; each finding a line."""
    worst = 0
    for finding in findings(args):
        advice = f"\n       {finding.advice}" if finding.advice and finding.level != OK else ""
        say(f"{MARKS[finding.level]:<5}{finding.what}: {finding.said}{advice}")
        worst = max(worst, finding.level)
    return 1 if worst == FAIL else 0


def findings(args: argparse.Namespace) -> Iterator[Finding]:
    """Everything that was found, in the order in which a start would meet it."""
    yield look_at_python()
    yield look_at_packages()
    yield look_at_file_limit()
    yield look_at_clock()
    environ = installation.environment()
    try:
        overrides = Overrides(port=args.port, data_dir=args.data_dir)
        loaded = installation.loaded(args.config, overrides, environ, Mode(demo=args.demo))
    except ConfigError as fault:
        for problem in fault.problems:
            yield Finding(FAIL, "configuration", str(problem))
        return
    yield from _about_settings(loaded)
    yield look_at_data_dir(loaded.settings)
    yield look_at_port(loaded.settings)
    if args.connect:
        yield from look_at_providers(loaded.settings)
    else:
        yield Finding(OK, "providers", f"{len(loaded.settings.providers)} configured, not contacted (--connect does)")


def _about_settings(loaded: Loaded) -> Iterator[Finding]:
    yield Finding(OK, "configuration", loaded.source or "no file; defaults and environment")
    for warning in loaded.warnings:
        yield Finding(WARN, "configuration", str(warning))
    for problem in rehearsed(loaded.settings, SystemClock()):
        yield Finding(FAIL, "configuration", str(problem))
    if not loaded.settings.models:
        yield Finding(WARN, "models", "none is configured", "add `models`, set a provider's key, or try --demo")
